/* SPDX-License-Identifier: MIT */
/* A flag for each query and key, given with the batch: not 0 = the pair is seen. Strides of 0 share
 * it over sequences, heads or queries. */
#include "attention/tables.h"

/* The flag of query i and key j. */
static const unsigned char *flags_at(const heed__mask_node *node, const heed__place *place,
                                     int64_t i, int64_t j)
{
    const heed_attention_extra *x = heed__mask_extra(node, place, 0);
    return (const unsigned char *)x->data + place->sequence * x->sequence_stride +
           place->head * x->head_stride + i * x->row_stride + j;
}

static heed__cover dense_cover(const heed__mask_node *node, const heed__place *place,
                               const heed__block *b)
{
    int some = 0, none = 0;
    for (int64_t i = b->query; i < b->query + b->queries && !(some && none); i++) {
        const unsigned char *flags = flags_at(node, place, i, b->key);
        for (int64_t t = 0; t < b->keys && !(some && none); t++) {
            some |= flags[t] != 0;
            none |= flags[t] == 0;
        }
    }
    if (!some) return HEED_EMPTY;
    return none ? HEED_PARTIAL : HEED_FULL;
}

static void dense_row(const heed__mask_node *node, const heed__place *place, int64_t i, int64_t j,
                      int64_t n, unsigned char *visible)
{
    const unsigned char *flags = flags_at(node, place, i, j);
    for (int64_t t = 0; t < n; t++) visible[t] = flags[t] != 0;
}

const heed__mask heed__mask_dense = {
    .entry = {.name = "dense",
              .help = "a flag for each query and key, given with the batch: not 0 = seen",
              .extras = {{"dense.flags", HEED_ATTENTION_PAIR_FLAGS}}},
    .cover = dense_cover,
    .row = dense_row,
};
