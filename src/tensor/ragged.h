/* SPDX-License-Identifier: MIT */
/*
 * A ragged batch: sequences laid one after the other, row offsets[s] .. offsets[s+1] being sequence
 * s. There is no padding anywhere.
 */
#ifndef HEED_TENSOR_RAGGED_H
#define HEED_TENSOR_RAGGED_H

#include <stdint.h>
#include <string.h>

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

/* Sequences longest first, equal ones in their order: fills ragged->order. count is scratch of
 * longest + 2 items. */
static inline void heed__order_fill(const heed__ragged *ragged, int64_t *order, int64_t *count)
{
    int64_t longest = ragged->longest;
    memset(count, 0, (size_t)(longest + 2) * sizeof *count);
    /* count[k] becomes the place of the first sequence that is k shorter than the longest. */
    for (int64_t s = 0; s < ragged->n; s++) count[longest - heed__ragged_length(ragged, s) + 1]++;
    for (int64_t k = 0; k <= longest; k++) count[k + 1] += count[k];
    for (int64_t s = 0; s < ragged->n; s++)
        order[count[longest - heed__ragged_length(ragged, s)]++] = s;
}

#endif
