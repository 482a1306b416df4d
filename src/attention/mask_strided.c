/* SPDX-License-Identifier: MIT */
/*
 * The two patterns of the Sparse Transformer (Child et al. 2019), each as one causal head that sees
 * the union; p = i + offset is the query's position:
 *
 *     strided   j <= p, and p - j <= stride or stride divides p - j
 *     fixed     j <= p, and j is in p's block of `stride` keys or among the last `summary` of any
 */
#include "attention/band.h"
#include "attention/tables.h"
#include "base/fail.h"

typedef struct pattern {
    heed__band near, far; /* strided */
    int64_t stride, summary;
} pattern;

static heed__cover strided_cover(const heed__mask_node *node, const heed__place *place,
                                 const heed__block *block)
{
    const pattern *p = node->built;
    heed__cover near = heed__band_cover(&p->near, place, block);
    if (near == HEED_FULL) return near;
    heed__cover far = heed__band_cover(&p->far, place, block);
    if (far == HEED_FULL) return far;
    return near == HEED_EMPTY && far == HEED_EMPTY ? HEED_EMPTY : HEED_PARTIAL;
}

static void strided_row(const heed__mask_node *node, const heed__place *place, int64_t i, int64_t j,
                        int64_t n, unsigned char *visible)
{
    unsigned char far[HEED_KEY_BLOCK];
    const pattern *p = node->built;
    heed__band_row(&p->near, place, i, j, n, visible);
    heed__band_row(&p->far, place, i, j, n, far);
    for (int64_t t = 0; t < n; t++) visible[t] |= far[t];
}

static int64_t strided_seek(const heed__mask_node *node, const heed__place *place,
                            const heed__block *block, heed__side side)
{
    const pattern *p = node->built;
    int64_t near = heed__band_seek(&p->near, place, block, side);
    int64_t far = heed__band_seek(&p->far, place, block, side);
    return near < far ? near : far;
}

/* The first key from `key` on that is a summary (or is none). */
static int64_t next_summary(const pattern *p, int64_t key, int is)
{
    int64_t rest = key % p->stride, first = p->stride - p->summary;
    if (is) return rest >= first ? key : key - rest + first;
    if (!first) return INT64_MAX; /* all are */
    return rest < first ? key : key - rest + p->stride;
}

/* The last key of the block of `key`, which is 0 or more. */
static int64_t block_end(const pattern *p, int64_t key)
{
    return key - key % p->stride + p->stride - 1;
}

static heed__cover fixed_cover(const heed__mask_node *node, const heed__place *place,
                               const heed__block *b)
{
    const pattern *p = node->built;
    int64_t first = b->query + place->offset, last = first + b->queries - 1;
    int64_t last_key = b->key + b->keys - 1, reached = last_key < last ? last_key : last;
    if (b->key > last) return HEED_EMPTY;
    if (next_summary(p, b->key, 1) > reached && block_end(p, reached) < first) return HEED_EMPTY;
    if (last_key > first) return HEED_PARTIAL;
    /* all keys are behind: those before the last query's block must be summaries */
    int64_t behind = last - last % p->stride - 1;
    if (behind > last_key) behind = last_key;
    return next_summary(p, b->key, 0) > behind ? HEED_FULL : HEED_PARTIAL;
}

static void fixed_row(const heed__mask_node *node, const heed__place *place, int64_t i, int64_t j,
                      int64_t n, unsigned char *visible)
{
    const pattern *p = node->built;
    int64_t own = i + place->offset;
    for (int64_t t = 0; t < n; t++)
        visible[t] = j + t <= own &&
                     (block_end(p, j + t) >= own || (j + t) % p->stride >= p->stride - p->summary);
}

static int64_t fixed_seek(const heed__mask_node *node, const heed__place *place,
                          const heed__block *b, heed__side side)
{
    const pattern *p = node->built;
    int64_t first = b->query + place->offset, last = first + b->queries - 1;
    if (side == HEED_SIDE_QUERY) { /* not before the first key */
        int64_t query = b->key - place->offset;
        if (query <= b->query) return b->query;
        return query < b->query + b->queries ? query : b->query + b->queries;
    }
    if (b->key > last) return b->key + b->keys;
    int64_t found = next_summary(p, b->key, 1), own = first - first % p->stride;
    if (block_end(p, b->key) >= first) return b->key;
    if (own >= b->key && own < found) found = own;
    return found < b->key + b->keys ? found : b->key + b->keys;
}

static heed_status check(const char *mask, int64_t stride, int64_t summary)
{
    const int64_t far = INT64_C(1) << 31;
    if (stride < 0 || stride > far)
        return heed__fail(HEED_E_INVALID,
                          "mask \"%s\": stride = %lld; it must be 1 or more (0 = "
                          "128)",
                          mask, (long long)stride);
    if (!stride) stride = 128;
    if (summary < 0 || summary > stride)
        return heed__fail(HEED_E_INVALID,
                          "mask \"%s\": summary = %lld; it must be 1 to stride, %lld (0 = 8)", mask,
                          (long long)summary, (long long)stride);
    return HEED_OK;
}

static heed_status make(heed__arena *arena, int64_t stride, int64_t summary, const void **out)
{
    pattern *p = NULL;
    HEED_TRY(heed__arena_take(arena, 1, sizeof *p, "a mask", &p));
    p->stride = stride ? stride : 128;
    p->summary = summary ? summary : 8;
    if (p->summary > p->stride) p->summary = p->stride;
    p->near = heed__band_of(p->stride, 0, 1);
    p->far = heed__band_of(-1, 0, p->stride);
    *out = p;
    return HEED_OK;
}

static heed_status strided_check(const void *record, const heed_attention_options *options)
{
    (void)options;
    return check("strided", ((const heed_attention_strided *)record)->stride, 0);
}

static heed_status strided_build(heed__arena *arena, const void *record,
                                 const heed_attention_options *options, const void **out)
{
    (void)options;
    return make(arena, ((const heed_attention_strided *)record)->stride, 0, out);
}

static heed_status fixed_check(const void *record, const heed_attention_options *options)
{
    const heed_attention_fixed *r = record;
    (void)options;
    return check("fixed", r->stride, r->summary);
}

static heed_status fixed_build(heed__arena *arena, const void *record,
                               const heed_attention_options *options, const void **out)
{
    const heed_attention_fixed *r = record;
    (void)options;
    return make(arena, r->stride, r->summary, out);
}

static const heed__field strided_fields[] = {
    {"stride", HEED_ATTENTION_INTEGER, offsetof(heed_attention_strided, stride),
     "how many keys near, and how far apart the others are, 1 or more; 128"},
    {.name = NULL},
};

static const heed__field fixed_fields[] = {
    {"stride", HEED_ATTENTION_INTEGER, offsetof(heed_attention_fixed, stride),
     "keys of a block, 1 or more; 128"},
    {"summary", HEED_ATTENTION_INTEGER, offsetof(heed_attention_fixed, summary),
     "last keys of each block that all later queries see, 1 to stride; 8"},
    {.name = NULL},
};

const heed__mask heed__mask_strided = {
    .entry = {.name = "strided",
              .help = "causal: the last stride keys, and every stride-th before",
              .record = sizeof(heed_attention_strided),
              .fields = strided_fields,
              .check = strided_check,
              .build = strided_build,
              .uses_positions = 1},
    .cover = strided_cover,
    .row = strided_row,
    .seek = strided_seek,
};

const heed__mask heed__mask_fixed = {
    .entry = {.name = "fixed",
              .help = "causal: the query's own block, and the last keys of each block before",
              .record = sizeof(heed_attention_fixed),
              .fields = fixed_fields,
              .check = fixed_check,
              .build = fixed_build,
              .uses_positions = 1},
    .cover = fixed_cover,
    .row = fixed_row,
    .seek = fixed_seek,
};
