/* SPDX-License-Identifier: MIT */
/*
 * Masks that show whole blocks of their own size: the query at key position p = i + offset belongs
 * to block floor(p / size), key j to block j / size. These are the three functions of a mask whose
 * `built` begins with a heed__grid, and whose `next` gives the first key block from `key` to `last`
 * that query block `query` sees; last + 1 = none.
 */
#ifndef HEED_ATTENTION_GRID_H
#define HEED_ATTENTION_GRID_H

#include "attention/mechanism.h"

typedef struct heed__grid {
    int64_t size; /* of a block, 1 or more */
} heed__grid;

heed__cover heed__grid_cover(const heed__mask_node *node, const heed__place *place,
                             const heed__block *block);
void heed__grid_row(const heed__mask_node *node, const heed__place *place, int64_t i, int64_t j,
                    int64_t n, unsigned char *visible);
int64_t heed__grid_seek(const heed__mask_node *node, const heed__place *place,
                        const heed__block *block, heed__side side);

#endif
