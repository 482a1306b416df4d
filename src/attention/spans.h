/* SPDX-License-Identifier: MIT */
/* Masks where each query sees the keys of one span, found row by row: exact, at a look at each
 * query of a block. */
#ifndef HEED_ATTENTION_SPANS_H
#define HEED_ATTENTION_SPANS_H

#include "attention/mechanism.h"

/* Keys first to last; last < first = none. */
typedef struct heed__span {
    int64_t first, last;
} heed__span;

typedef heed__span (*heed__span_of)(const heed__mask_node *node, const heed__place *place,
                                    int64_t query);

heed__cover heed__spans_cover(heed__span_of span_of, const heed__mask_node *node,
                              const heed__place *place, const heed__block *block);
void heed__span_row(heed__span span, int64_t j, int64_t n, unsigned char *visible);
int64_t heed__spans_seek(heed__span_of span_of, const heed__mask_node *node,
                         const heed__place *place, const heed__block *block, heed__side side);

#endif
