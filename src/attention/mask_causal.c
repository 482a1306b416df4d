/* SPDX-License-Identifier: MIT */
/* Causal: query i sees keys j <= i + offset. */
#include "attention/tables.h"

static heed__cover causal_cover(const heed__mask_node *node, const heed__place *place,
                                const heed__block *b)
{
    (void)node;
    int64_t first = b->query + place->offset, last = first + b->queries - 1;
    if (b->key > last) return HEED_EMPTY;
    return b->key + b->keys - 1 <= first ? HEED_FULL : HEED_PARTIAL;
}

static void causal_row(const heed__mask_node *node, const heed__place *place, int64_t i, int64_t j,
                       int64_t n, unsigned char *visible)
{
    (void)node;
    for (int64_t t = 0; t < n; t++) visible[t] = j + t <= i + place->offset;
}

const heed__mask heed__mask_causal = {
    .entry = {.name = "causal", .help = "query i sees keys j <= i + query_offset"},
    .uses_positions = 1,
    .cover = causal_cover,
    .row = causal_row,
};
