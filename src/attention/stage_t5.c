/* SPDX-License-Identifier: MIT */
/*
 * T5's relative bias (Raffel et al. 2020): s + b[bucket of r], r = j - i - offset, one learned
 * number a bucket and head. Of the n buckets of a side, the first n / 2 hold one distance each (e
 * of them), and bucket e + b begins at distance e (distance / e)^(b / (n - e)). Both sides: keys
 * after the query have the second half of the buckets.
 */
#include "attention/relative.h"
#include "attention/tables.h"
#include "base/elementary.h"
#include "base/fail.h"

typedef struct t5 {
    int64_t side; /* buckets of one side */
    int64_t last; /* the distance from which on all is one bucket */
    int one_sided;
    const int32_t *bucket; /* [last + 1]: by distance */
} t5;

static heed_attention_t5 settings_of(const void *record)
{
    heed_attention_t5 r = {.buckets = 0};
    if (record) r = *(const heed_attention_t5 *)record;
    if (!r.buckets) r.buckets = 32;
    if (!r.distance) r.distance = 128;
    return r;
}

static int64_t side_of(const heed_attention_t5 *r)
{
    return r->one_sided ? r->buckets : r->buckets / 2;
}

static int64_t t5_columns(const heed_attention_options *options, const void *record)
{
    (void)options;
    return settings_of(record).buckets;
}

static heed_status t5_check(const void *record, const heed_attention_options *options)
{
    enum { MOST_BUCKETS = 65536, MOST_DISTANCE = 1 << 24 };
    heed_attention_t5 r = settings_of(record);
    (void)options;
    if (r.one_sided != 0 && r.one_sided != 1)
        return heed__fail(HEED_E_INVALID, "stage \"t5\": one_sided = %lld; it must be 0 or 1",
                          (long long)r.one_sided);
    if (r.buckets < (r.one_sided ? 2 : 4) || r.buckets > MOST_BUCKETS ||
        (!r.one_sided && r.buckets % 2))
        return heed__fail(HEED_E_INVALID,
                          "stage \"t5\": buckets = %lld; it must be %s to %d (0 = 32)",
                          (long long)r.buckets, r.one_sided ? "2" : "even, 4", MOST_BUCKETS);
    if (r.distance <= side_of(&r) / 2 || r.distance > MOST_DISTANCE)
        return heed__fail(HEED_E_INVALID,
                          "stage \"t5\": distance = %lld; it must be above the %lld distances that "
                          "have a bucket each, to %d (0 = 128)",
                          (long long)r.distance, (long long)(side_of(&r) / 2), MOST_DISTANCE);
    return HEED_OK;
}

/* A distance at which a bucket begins exactly belongs to it, whatever the last bits say. */
static heed_status t5_build(heed__arena *arena, const void *record,
                            const heed_attention_options *options, const void **out)
{
    static const double hair = 1e-12;
    heed_attention_t5 r = settings_of(record);
    int64_t side = side_of(&r), exact = side / 2, b = exact;
    double ratio = (double)r.distance / (double)exact, begin = (double)exact;
    t5 *built = NULL;
    int32_t *bucket = NULL;
    (void)options;
    HEED_TRY(heed__arena_take(arena, 1, sizeof *built, "an attention plan", &built));
    HEED_TRY(heed__arena_take(arena, (size_t)r.distance + 1, sizeof *bucket, "an attention plan",
                              &bucket));
    for (int64_t x = 0; x <= r.distance; x++) {
        /* begin: where bucket b does; the last has no end */
        while (x >= exact && b < side && (double)x * (1 + hair) >= begin) {
            b++;
            begin =
                (double)exact * heed__power(ratio, (double)(b - exact) / (double)(side - exact));
        }
        bucket[x] = (int32_t)(x < exact ? x : b - 1);
    }
    *built =
        (t5){.side = side, .last = r.distance, .one_sided = r.one_sided != 0, .bucket = bucket};
    *out = built;
    return HEED_OK;
}

static int64_t bucket_of(const t5 *built, int64_t step)
{
    int64_t x = step < 0 ? -step : step;
    if (step > 0 && built->one_sided) return 0;
    if (x > built->last) x = built->last;
    return built->bucket[x] + (step > 0 ? built->side : 0);
}

static void t5_forward(const heed__self *self, const heed__line *line, heed_real *s)
{
    const heed_real *bias = self->parameter[0] + line->place->head * t5_columns(NULL, self->record);
    int64_t step = heed__first_step(line);
    for (int64_t t = 0; t < line->n; t++) s[t] += bias[bucket_of(self->built, step + t)];
}

static void t5_backward(const heed__self *self, const heed__line *line, const heed_real *s,
                        heed_real *d)
{
    int64_t step = heed__first_step(line);
    (void)s;
    for (int64_t t = 0; t < line->n && line->dp[0]; t++)
        line->dp[0][bucket_of(self->built, step + t)] += d[t];
}

static const heed__field fields[] = {
    {"buckets", HEED_ATTENTION_INTEGER, offsetof(heed_attention_t5, buckets),
     "even, 4 or more; 32"},
    {"distance", HEED_ATTENTION_INTEGER, offsetof(heed_attention_t5, distance),
     "where the last bucket begins; 128"},
    {"one_sided", HEED_ATTENTION_INTEGER, offsetof(heed_attention_t5, one_sided),
     "1 = all buckets for keys before the query; 0"},
    {.name = NULL},
};

const heed__shaper heed__stage_t5 = {
    .entry = {.name = "t5",
              .help = "a learned number for each bucket of distances, fine near, coarse far",
              .record = sizeof(heed_attention_t5),
              .fields = fields,
              .check = t5_check,
              .build = t5_build,
              .slots = {{.name = "t5.bias", .columns = t5_columns, .side = HEED_SIDE_QUERY}},
              .uses_positions = 1},
    .forward = t5_forward,
    .backward = t5_backward,
};
