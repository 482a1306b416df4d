/* SPDX-License-Identifier: MIT */
/* A list of the blocks that are seen: pairs of a query block and a key block, of any size. */
#include "attention/grid.h"
#include "attention/tables.h"
#include "base/fail.h"

#include <stdlib.h>

typedef struct pair {
    int64_t query, key;
} pair;

typedef struct list {
    heed__grid grid;
    const pair *pairs; /* each once, ascending */
    int64_t count;
} list;

static int compare(const void *x, const void *y)
{
    const pair *a = x, *b = y;
    if (a->query != b->query) return a->query < b->query ? -1 : 1;
    return (a->key > b->key) - (a->key < b->key);
}

static int64_t blocks_next(const heed__mask_node *node, const heed__place *place, int64_t query,
                           int64_t key, int64_t last)
{
    const list *l = node->built;
    pair wanted = {query, key};
    int64_t low = 0, high = l->count;
    (void)place;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (compare(&l->pairs[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == l->count || l->pairs[low].query != query || l->pairs[low].key > last)
        return last + 1;
    return l->pairs[low].key;
}

static heed_status blocks_check(const void *record, const heed_attention_options *options)
{
    const heed_attention_blocks *r = record;
    (void)options;
    if (r->size < 0)
        return heed__fail(HEED_E_INVALID,
                          "mask \"blocks\": size = %lld; it must be 1 or more (0 = 64)",
                          (long long)r->size);
    if (!r->pairs.count || r->pairs.count % 2)
        return heed__fail(HEED_E_INVALID,
                          "mask \"blocks\": pairs has %zu numbers; it must have two for each block "
                          "that is seen, the query's and the key's",
                          r->pairs.count);
    for (size_t p = 0; p < r->pairs.count; p++)
        if (r->pairs.data[p] < 0)
            return heed__fail(HEED_E_INVALID,
                              "mask \"blocks\": pairs[%zu] = %lld; it must be 0 or more", p,
                              (long long)r->pairs.data[p]);
    return HEED_OK;
}

static heed_status blocks_build(heed__arena *arena, const void *record,
                                const heed_attention_options *options, const void **out)
{
    const heed_attention_blocks *r = record;
    size_t count = r->pairs.count / 2;
    pair *pairs = NULL;
    list *l = NULL;
    (void)options;
    HEED_TRY(heed__arena_take(arena, count, sizeof *pairs, "a mask's blocks", &pairs));
    HEED_TRY(heed__arena_take(arena, 1, sizeof *l, "a mask's blocks", &l));
    for (size_t p = 0; p < count; p++)
        pairs[p] = (pair){r->pairs.data[2 * p], r->pairs.data[2 * p + 1]};
    qsort(pairs, count, sizeof *pairs, compare);
    *l = (list){{r->size ? r->size : 64}, pairs, 0};
    for (size_t p = 0; p < count; p++)
        if (!p || compare(&pairs[p], &pairs[p - 1]) != 0) pairs[l->count++] = pairs[p];
    *out = l;
    return HEED_OK;
}

static const heed__field fields[] = {
    {"size", HEED_ATTENTION_INTEGER, offsetof(heed_attention_blocks, size),
     "queries and keys of a block, 1 or more; 64"},
    {"pairs", HEED_ATTENTION_INTEGERS, offsetof(heed_attention_blocks, pairs),
     "query block, key block, query block, key block, ..."},
    {.name = NULL},
};

const heed__mask heed__mask_blocks = {
    .entry = {.name = "blocks",
              .help = "the listed pairs of a block of queries and a block of keys",
              .record = sizeof(heed_attention_blocks),
              .fields = fields,
              .check = blocks_check,
              .build = blocks_build,
              .uses_positions = 1},
    .cover = heed__grid_cover,
    .row = heed__grid_row,
    .seek = heed__grid_seek,
    .next = blocks_next,
};
