/* SPDX-License-Identifier: MIT */
/*
 * A ragged batch: sequences laid one after the other, row offsets[s] .. offsets[s+1] being sequence
 * s. There is no padding anywhere.
 */
#ifndef HEED_TENSOR_RAGGED_H
#define HEED_TENSOR_RAGGED_H

#include <stdint.h>

typedef struct heed__ragged {
    int64_t n;       /* sequences */
    int64_t rows;    /* tokens in all = offsets[n] */
    int64_t longest; /* length of the longest sequence */
    /* NULL in a batch that only stands for the largest one when memory is planned. */
    const int64_t *offsets; /* [n + 1] */
    const int64_t *order;   /* [n] sequences, longest first, equal ones in their order */
    const int64_t *ids;     /* [n] what a sequence is called in the data: dropout depends on it */
} heed__ragged;

static inline int64_t heed__ragged_length(const heed__ragged *ragged, int64_t s)
{
    return ragged->offsets[s + 1] - ragged->offsets[s];
}

#endif
