/* SPDX-License-Identifier: MIT */
/*
 * ALiBi (Press, Smith, Lewis 2022): s - slope x, x = |i + offset - j|. Slopes are 2^(-8h / H) for
 * the h-th of H heads, H a power of two; else those of the largest power of two P below, then the
 * 1st, 3rd, 5th ... of 2P. Learned: dslope = -sum of ds x.
 */
#include "attention/relative.h"
#include "attention/tables.h"
#include "base/elementary.h"
#include "base/fail.h"

static void add_slope(const heed__self *self, const heed__line *line, heed_real slope, heed_real *s)
{
    heed_real distance[HEED_KEY_BLOCK];
    heed__distances(line, distance);
    self->kernels->axpy(line->n, -slope, distance, s);
}

static void fixed_forward(const heed__self *self, const heed__line *line, heed_real *s)
{
    const heed_real *slopes = self->built;
    add_slope(self, line, slopes[line->place->head], s);
}

static void learned_forward(const heed__self *self, const heed__line *line, heed_real *s)
{
    add_slope(self, line, self->parameter[0][line->place->head], s);
}

static void learned_backward(const heed__self *self, const heed__line *line, const heed_real *s,
                             heed_real *d)
{
    heed_real distance[HEED_KEY_BLOCK];
    (void)s;
    if (!line->dp[0]) return;
    heed__distances(line, distance);
    line->dp[0][0] -= self->kernels->dot(line->n, d, distance);
}

/* ---- the paper's slopes */

static double slope_of(int64_t head, int64_t heads)
{
    int64_t power = 1;
    while (2 * power <= heads) power *= 2;
    double number = head < power ? (double)(head + 1) / (double)power
                                 : (double)(2 * (head - power) + 1) / (double)(2 * power);
    return heed__power(2, -8 * number);
}

static heed_status alibi_build(heed__arena *arena, const void *record,
                               const heed_attention_options *options, const void **out)
{
    const heed_attention_alibi *r = record;
    heed_real *slopes = NULL;
    HEED_TRY(heed__arena_take(arena, (size_t)options->heads, sizeof *slopes, "an attention plan",
                              &slopes));
    for (int64_t h = 0; h < options->heads; h++)
        slopes[h] =
            r && r->slopes.count ? r->slopes.data[h] : (heed_real)slope_of(h, options->heads);
    *out = slopes;
    return HEED_OK;
}

static heed_status alibi_check(const void *record, const heed_attention_options *options)
{
    const heed_attention_alibi *r = record;
    if (!r || !r->slopes.count) return HEED_OK;
    if (r->slopes.count != (size_t)options->heads)
        return heed__fail(
            HEED_E_INVALID,
            "stage \"alibi\": %zu slopes for %lld heads; give one a head, or none for "
            "the paper's",
            r->slopes.count, (long long)options->heads);
    for (int64_t h = 0; h < options->heads; h++)
        if (!(r->slopes.data[h] - r->slopes.data[h] == 0))
            return heed__fail(HEED_E_INVALID,
                              "stage \"alibi\": slopes[%lld] = %g; it must be finite", (long long)h,
                              (double)r->slopes.data[h]);
    return HEED_OK;
}

static int64_t one(const heed_attention_options *options, const void *record)
{
    (void)options, (void)record;
    return 1;
}

static const heed__field fields[] = {
    {"slopes", HEED_ATTENTION_REALS, offsetof(heed_attention_alibi, slopes),
     "one a head; the paper's"},
    {.name = NULL},
};

const heed__shaper heed__stage_alibi = {
    .entry = {.name = "alibi",
              .help = "takes slope x distance off, a fixed slope for each head",
              .record = sizeof(heed_attention_alibi),
              .fields = fields,
              .check = alibi_check,
              .build = alibi_build,
              .uses_positions = 1},
    .forward = fixed_forward,
};

/* Where the fixed ones are. */
static void begin(const heed__beginning *b, int64_t head, heed_real *row)
{
    row[0] = (heed_real)slope_of(head, b->heads);
}

const heed__shaper heed__stage_alibi_learned = {
    .entry = {.name = "alibi_learned",
              .help = "takes slope x distance off, a learned slope for each head",
              .slots = {{.name = "alibi.slope", .columns = one, .side = HEED_SIDE_QUERY}},
              .begin = {begin},
              .uses_positions = 1},
    .forward = learned_forward,
    .backward = learned_backward,
};
