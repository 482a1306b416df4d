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
 * with the batch. dz = sum of ds longest / (ramp m) where 0 < m < 1. The price of long spans is not
 * paid here, where there is no loss: a plan tells it to whoever learns z.
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

/* The shares of n <= KEY_BLOCK keys from `step` on: share() in a loop for the compiler's vectors,
 * which have conversions of short integers only. */
static void shares(span x, heed_real z, int64_t step, int64_t n, heed_real *m)
{
    const heed_real reach = hold(z) * x.longest;
    if (step <= -(1 << 30) || step >= 1 << 30) {
        for (int64_t t = 0; t < n; t++) m[t] = share(x, z, step + t);
        return;
    }
    for (int t = 0; t < (int)n; t++) {
        int far = (int)step + t;
        heed_real y = (reach - (heed_real)(far < 0 ? -far : far)) / x.ramp + 1;
        y = y < 0 ? 0 : y;
        m[t] = y > 1 ? 1 : y;
    }
}

/* Do all the line's keys have a share of 1? */
static int is_near(span x, heed_real z, const heed__line *line)
{
    int64_t step = heed__first_step(line), last = step + line->n - 1;
    return share(x, z, step) == 1 && share(x, z, last) == 1;
}

static void fade(const heed__self *self, const heed__line *line, heed_real z, heed_real *s)
{
    heed_real m[HEED_KEY_BLOCK];
    span x = span_of(self);
    if (is_near(x, z, line)) return;
    shares(x, z, heed__first_step(line), line->n, m);
    self->kernels->log(line->n, m, m);
    self->kernels->add(line->n, m, s);
}

/* The gradient of z from a line's keys. */
static heed_real fade_back(const heed__self *self, const heed__line *line, heed_real z,
                           const heed_real *d)
{
    heed_real m[HEED_KEY_BLOCK], terms[HEED_KEY_BLOCK];
    span x = span_of(self);
    if (hold(z) != z || is_near(x, z, line)) return 0; /* z is held; nothing fades */
    shares(x, z, heed__first_step(line), line->n, m);
    for (int64_t t = 0; t < line->n; t++) {
        heed_real slope = x.longest / (x.ramp * (m[t] > 0 ? m[t] : 1));
        terms[t] = m[t] > 0 && m[t] < 1 ? d[t] * slope : 0;
    }
    return self->kernels->sum(line->n, terms);
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
    heed_real m[HEED_KEY_BLOCK];
    shares(span_of(self), z, j - (i + place->offset), n, m);
    for (int64_t t = 0; t < n; t++) visible[t] = (unsigned char)!(m[t] <= 0);
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
    if (!(r->price >= 0 && r->price - r->price == 0))
        return heed__fail(HEED_E_INVALID,
                          "stage \"%s\": price = %g; it must be 0 or more, and finite",
                          r->part.name, (double)r->price);
    return HEED_OK;
}

/* The first is of "span" alone: a sum over queries of what the input asks for is no learned number.
 */
static const heed__field fields[] = {
    {"price", HEED_ATTENTION_REAL, offsetof(heed_attention_span, price),
     "what the loss pays, in training, for a key of the heads' mean span; 0 or more; 0"},
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

static heed_real price_of(const heed_attention_options *options, const void *record)
{
    heed__self self = {.record = record};
    const heed_attention_span *r = record;
    return r ? r->price * span_of(&self).longest / (heed_real)options->heads : 0;
}

static heed_real keys_of(const void *record, heed_real z)
{
    heed__self self = {.record = record};
    return hold(z) * span_of(&self).longest;
}

const heed__shaper heed__stage_span = {
    .entry = {.name = "span",
              .help = "adaptive span: each head learns how far it looks",
              .record = sizeof(heed_attention_span),
              .fields = fields,
              .check = span_check,
              .slots = {{.name = "span.z",
                         .columns = one,
                         .range = HEED_ATTENTION_SHARES,
                         .price = price_of,
                         .reads = "span",
                         .reading = keys_of}},
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

static heed_status dynamic_check(const void *record, const heed_attention_options *options)
{
    const heed_attention_span *r = record;
    if (r && r->price != 0)
        return heed__fail(HEED_E_INVALID,
                          "stage \"%s\": price = %g; only \"span\" has one, leave it 0",
                          r->part.name, (double)r->price);
    return span_check(record, options);
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
              .fields = fields + 1,
              .check = dynamic_check,
              .extras = {{"dynamic_span.z", HEED_ATTENTION_QUERY_REALS}},
              .ranges = {HEED_ATTENTION_SHARES},
              .uses_positions = 1},
    .forward = dynamic_forward,
    .backward = dynamic_backward,
    .cover = dynamic_cover,
    .row = dynamic_row,
};
