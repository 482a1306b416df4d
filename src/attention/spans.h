/* SPDX-License-Identifier: MIT */
/* Masks where each query sees the keys of one span: the three functions of a mask that has `span`.
 * It is found row by row: exact, at a look at each query of a block. */
#ifndef HEED_ATTENTION_SPANS_H
#define HEED_ATTENTION_SPANS_H

#include "attention/mechanism.h"

heed__cover heed__spans_cover(const heed__mask_node *node, const heed__place *place,
                              const heed__block *block);
void heed__spans_row(const heed__mask_node *node, const heed__place *place, int64_t i, int64_t j,
                     int64_t n, unsigned char *visible);
int64_t heed__spans_seek(const heed__mask_node *node, const heed__place *place,
                         const heed__block *block, heed__side side);

#endif
