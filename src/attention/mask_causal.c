/* SPDX-License-Identifier: MIT */
/* Causal: query i sees keys j <= i + offset. */
#include "attention/tables.h"

#include <string.h>

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
    int64_t seen = i + place->offset - j + 1;
    if (seen < 0) seen = 0;
    if (seen > n) seen = n;
    memset(visible, 1, (size_t)seen);
    memset(visible + seen, 0, (size_t)(n - seen));
}

const heed__mask heed__mask_causal = {
    .entry = {.name = "causal",
              .help = "query i sees keys j <= i + query_offset",
              .uses_positions = 1},
    .cover = causal_cover,
    .row = causal_row,
};
