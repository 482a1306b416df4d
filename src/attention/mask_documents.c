/* SPDX-License-Identifier: MIT */
/*
 * Documents packed into one sequence: a pair is seen where query and key have the same id. Ids come
 * with the batch and may stand in any order; where they ascend, blocks without a common id are
 * known by their ends alone.
 */
#include "attention/extra.h"
#include "attention/tables.h"

typedef struct ids {
    const int64_t *data;
    int64_t stride;
} ids;

static ids ids_of(const heed__mask_node *node, const heed__place *place, heed__side side)
{
    const heed_attention_extra *x = heed__mask_extra(node, place, (int)side);
    return (ids){heed__extra_ids(x, place, side), x->row_stride};
}

typedef struct range {
    int64_t least, most;
} range;

static range range_of(ids x, int64_t first, int64_t n)
{
    range r = {x.data[first * x.stride], x.data[first * x.stride]};
    for (int64_t i = first + 1; i < first + n; i++) {
        int64_t id = x.data[i * x.stride];
        if (id < r.least) r.least = id;
        if (id > r.most) r.most = id;
    }
    return r;
}

static int inside(int64_t id, range r)
{
    return id >= r.least && id <= r.most;
}

static int any_equal(ids queries, ids keys, range common, const heed__block *b)
{
    for (int64_t i = b->query; i < b->query + b->queries; i++) {
        int64_t id = queries.data[i * queries.stride];
        if (!inside(id, common)) continue;
        for (int64_t j = b->key; j < b->key + b->keys; j++)
            if (keys.data[j * keys.stride] == id) return 1;
    }
    return 0;
}

static heed__cover documents_cover(const heed__mask_node *node, const heed__place *place,
                                   const heed__block *b)
{
    ids queries = ids_of(node, place, HEED_SIDE_QUERY), keys = ids_of(node, place, HEED_SIDE_KEY);
    range q = range_of(queries, b->query, b->queries), k = range_of(keys, b->key, b->keys);
    if (q.least > k.most || k.least > q.most) return HEED_EMPTY;
    if (q.least == q.most && k.least == k.most) return HEED_FULL;
    return any_equal(queries, keys, k, b) ? HEED_PARTIAL : HEED_EMPTY;
}

static void documents_row(const heed__mask_node *node, const heed__place *place, int64_t i,
                          int64_t j, int64_t n, unsigned char *visible)
{
    ids queries = ids_of(node, place, HEED_SIDE_QUERY), keys = ids_of(node, place, HEED_SIDE_KEY);
    int64_t id = queries.data[i * queries.stride];
    for (int64_t t = 0; t < n; t++) visible[t] = keys.data[(j + t) * keys.stride] == id;
}

/* The first row of one side whose id is in the other side's range. */
static int64_t documents_seek(const heed__mask_node *node, const heed__place *place,
                              const heed__block *b, heed__side side)
{
    heed__side other = side == HEED_SIDE_KEY ? HEED_SIDE_QUERY : HEED_SIDE_KEY;
    ids own = ids_of(node, place, side), others = ids_of(node, place, other);
    int64_t at = side == HEED_SIDE_KEY ? b->key : b->query;
    int64_t end = at + (side == HEED_SIDE_KEY ? b->keys : b->queries);
    range r = side == HEED_SIDE_KEY ? range_of(others, b->query, b->queries)
                                    : range_of(others, b->key, b->keys);
    while (at < end && !inside(own.data[at * own.stride], r)) at++;
    return at;
}

const heed__mask heed__mask_documents = {
    .entry = {.name = "documents",
              .help = "a pair is seen where its ids, given with the batch, are equal",
              .extras = {{"documents.query_ids", HEED_ATTENTION_QUERY_IDS},
                         {"documents.key_ids", HEED_ATTENTION_KEY_IDS}}},
    .cover = documents_cover,
    .row = documents_row,
    .seek = documents_seek,
};
