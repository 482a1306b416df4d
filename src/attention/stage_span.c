/* SPDX-License-Identifier: MIT */
/*
 * Adaptive span (Sukhbaatar et al. 2019): each head learns how far it looks. With x = |i + offset -
 * j|,
 *
 *     m = (z longest - x) / ramp + 1, held within 0 and 1       z held within 0 and 1
 *     P = m exp(s) / sum of m exp(s)
 *
 * which is s + ln m before the softmax: the paper's renormalised weights, without its 1e-8. Keys of
 * m = 0 are hidden, so that their blocks are skipped. Dynamic span: z of each query and head comes
 * with the batch. dz = sum of ds longest / (ramp m) where 0 < m < 1.
 */
#include "attention/relative.h"
#include "attention/run.h"
#include "attention/tables.h"
#include "base/fail.h"

typedef struct span {
    heed_real longest, ramp;
} span;

static span span_of(const heed__self *self)
{
    const heed_attention_span *r = self->record;
    span x = {1024, 32};
    if (r && r->longest) x.longest = (heed_real)r->longest;
    if (r && r->ramp != 0) x.ramp = r->ramp;
    return x;
}

/* A NaN stays one. */
static heed_real hold(heed_real x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* Falls with the distance, also as rounded. */
static heed_real share(span x, heed_real z, int64_t step)
{
    return hold((hold(z) * x.longest - heed__distance(step)) / x.ramp + 1);
}

static void fade(const heed__self *self, const heed__line *line, heed_real z, heed_real *s)
{
    int64_t step = heed__first_step(line);
    heed_real m[HEED_KEY_BLOCK];
    span x = span_of(self);
    for (int64_t t = 0; t < line->n; t++) m[t] = share(x, z, step + t);
    self->kernels->log(line->n, m, m);
    self->kernels->add(line->n, m, s);
}

/* The gradient of z from a line's keys. */
static heed_real fade_back(const heed__self *self, const heed__line *line, heed_real z,
                           const heed_real *d)
{
    int64_t step = heed__first_step(line);
    heed_real sum = 0;
    span x = span_of(self);
    if (hold(z) != z) return 0; /* z is held */
    for (int64_t t = 0; t < line->n; t++) {
        heed_real m = share(x, z, step + t);
        if (m > 0 && m < 1) sum += d[t] * (x.longest / (x.ramp * m));
    }
    return sum;
}

static heed__cover cover_of(const heed__self *self, const heed__place *place,
                            const heed__block *block, heed_real least, heed_real most)
{
    int64_t nearest, farthest;
    span x = span_of(self);
    heed__block_distances(place, block, &nearest, &farthest);
    if (share(x, most, nearest) <= 0) return HEED_EMPTY;
    return share(x, least, farthest) <= 0 ? HEED_PARTIAL : HEED_FULL;
}

static void row_of(const heed__self *self, const heed__place *place, heed_real z, int64_t i,
                   int64_t j, int64_t n, unsigned char *visible)
{
    span x = span_of(self);
    int64_t step = j - (i + place->offset);
    for (int64_t t = 0; t < n; t++) visible[t] = (unsigned char)!(share(x, z, step + t) <= 0);
}

static heed_status span_check(const void *record, const heed_attention_options *options)
{
    const heed_attention_span *r = record;
    (void)options;
    if (!r) return HEED_OK;
    if (r->longest < 0 || r->longest > 1 << 24)
        return heed__fail(HEED_E_INVALID,
                          "stage \"%s\": longest = %lld; it must be 1 to 2^24 (0 = 1024)",
                          r->part.name, (long long)r->longest);
    if (!(r->ramp >= 0 && r->ramp - r->ramp == 0))
        return heed__fail(HEED_E_INVALID,
                          "stage \"%s\": ramp = %g; it must be above 0 (0 = 32) and finite",
                          r->part.name, (double)r->ramp);
    return HEED_OK;
}

static const heed__field fields[] = {
    {"longest", HEED_ATTENTION_INTEGER, offsetof(heed_attention_span, longest),
     "the span of z = 1; 1024"},
    {"ramp", HEED_ATTENTION_REAL, offsetof(heed_attention_span, ramp), "above 0; 32"},
    {.name = NULL},
};

/* ---- one z a head */

static heed_real z_of(const heed__self *self, const heed__place *place)
{
    return self->parameter[0][place->head];
}

static void span_forward(const heed__self *self, const heed__line *line, heed_real *s)
{
    fade(self, line, z_of(self, line->place), s);
}

static void span_backward(const heed__self *self, const heed__line *line, const heed_real *s,
                          heed_real *d)
{
    (void)s;
    if (line->dp[0]) line->dp[0][0] += fade_back(self, line, z_of(self, line->place), d);
}

static heed__cover span_cover(const heed__self *self, const heed__place *place,
                              const heed__block *block)
{
    heed_real z = z_of(self, place);
    return cover_of(self, place, block, z, z);
}

static void span_row(const heed__self *self, const heed__place *place, int64_t i, int64_t j,
                     int64_t n, unsigned char *visible)
{
    row_of(self, place, z_of(self, place), i, j, n, visible);
}

static int64_t one(const heed_attention_options *options, const void *record)
{
    (void)options, (void)record;
    return 1;
}

const heed__shaper heed__stage_span = {
    .entry = {.name = "span",
              .help = "adaptive span: each head learns how far it looks",
              .record = sizeof(heed_attention_span),
              .fields = fields,
              .check = span_check,
              .slots = {{"span.z", one, HEED_SIDE_QUERY, 0}},
              .uses_positions = 1},
    .forward = span_forward,
    .backward = span_backward,
    .cover = span_cover,
    .row = span_row,
};

/* ---- one z a query */

static int64_t place_of(const heed__self *self, const heed__place *place, int64_t i)
{
    const heed_attention_extra *z = self->extra[0];
    return heed__start(&self->batch->queries, place->sequence, z->sequence_stride, z->row_stride) +
           i * z->row_stride + place->head * z->head_stride;
}

static heed_real query_z(const heed__self *self, const heed__place *place, int64_t i)
{
    return ((const heed_real *)self->extra[0]->data)[place_of(self, place, i)];
}

static void dynamic_forward(const heed__self *self, const heed__line *line, heed_real *s)
{
    fade(self, line, query_z(self, line->place, line->query), s);
}

static void dynamic_backward(const heed__self *self, const heed__line *line, const heed_real *s,
                             heed_real *d)
{
    heed_real *gradient = self->extra[0]->gradient;
    (void)s;
    if (!line->owner || !gradient) return;
    gradient[place_of(self, line->place, line->query)] +=
        fade_back(self, line, query_z(self, line->place, line->query), d);
}

static heed__cover dynamic_cover(const heed__self *self, const heed__place *place,
                                 const heed__block *block)
{
    heed_real least = query_z(self, place, block->query), most = least;
    for (int64_t r = 1; r < block->queries; r++) {
        heed_real z = query_z(self, place, block->query + r);
        if (z != z) return HEED_PARTIAL;
        least = z < least ? z : least;
        most = z > most ? z : most;
    }
    if (least != least || most != most) return HEED_PARTIAL;
    return cover_of(self, place, block, least, most);
}

static void dynamic_row(const heed__self *self, const heed__place *place, int64_t i, int64_t j,
                        int64_t n, unsigned char *visible)
{
    row_of(self, place, query_z(self, place, i), i, j, n, visible);
}

const heed__shaper heed__stage_dynamic_span = {
    .entry = {.name = "dynamic_span",
              .help = "adaptive span, its z given with the batch for each query and head",
              .record = sizeof(heed_attention_span),
              .fields = fields,
              .check = span_check,
              .extras = {{"dynamic_span.z", HEED_ATTENTION_QUERY_REALS}},
              .ranges = {HEED_ATTENTION_SHARES},
              .uses_positions = 1},
    .forward = dynamic_forward,
    .backward = dynamic_backward,
    .cover = dynamic_cover,
    .row = dynamic_row,
};
