/* SPDX-License-Identifier: MIT */
/*
 * Softmax between products on AMX (amx.h): it reads float32 scores and writes its results in
 * bfloat16 where the next product wants them, so that no pass only lays numbers out.
 *
 * Weights below e^-60 of the row's largest are 0; the others' relative error is below 2^-18, of one
 * part 2^-13 before they are rounded.
 */
#ifndef HEED_KERNELS_AMX_SOFTMAX_H
#define HEED_KERNELS_AMX_SOFTMAX_H

#include "kernels/amx.h"

/* Keys of a tile, which are two chunks. */
enum { HEED_AMX_KEYS = 2 * HEED_AMX_CHUNK };

/* Scores of at most BLOCK queries against n <= HEED_AMX_KEYS keys. */
typedef struct heed__amx_scores {
    int64_t rows, n;
    const heed_real *s;
    int64_t row; /* stride */
} heed__amx_scores;

/* What a strip of scores becomes backwards. k of `by_query` runs over queries: it is an operand b,
 * whose columns are keys in the order of heed__amx_key; a strip's is chunk `chunk` of the `chunks`
 * that each of its blocks of keys has. */
typedef struct heed__amx_back {
    heed__amx_scores scores;
    const heed_real *d;           /* as scores: <do, v>, or if `given` the gradient of s */
    const heed_real *lse, *delta; /* [rows]; NULL = given: s and d are weights and gradient */
    heed_real *weights;           /* by query; NULL = unwanted */
    heed_real *d_by_query;        /* likewise */
    heed_real *d_by_key;          /* operand a: rows are queries; NULL = unwanted */
    int64_t chunk, chunks;
} heed__amx_back;

/* Products of other strips, which AMX makes while the vectors are at this one's softmax: whole
 * blocks, that neither read nor write what the softmax does. */
typedef struct heed__amx_beside {
    const heed__amx_block *blocks;
    int64_t count;
} heed__amx_beside;

typedef struct heed__amx_softmax {
    /* As softmax_online of kernels.h; the weights become operand a: rows are queries. An infinite
     * score, or a NaN, makes sum NaN. */
    void (*online)(int parts, const heed__amx_scores *scores, heed_real *top, heed_real *sum,
                   heed_real *factor, heed_real *weights, const heed__amx_beside *beside);
    /* Returns whether any of it is infinite, NaN or above 1e19: then it must not be used. */
    int (*back)(int parts, const heed__amx_back *back);
} heed__amx_softmax;

/* NULL where heed__amx_best is. */
const heed__amx_softmax *heed__amx_softmax_best(void);

/* The key whose column stands at `column` by query: neighbours are joined four by four. */
static inline int64_t heed__amx_key(int64_t column)
{
    return column / 32 * 32 + column % 16 / 4 * 8 + column / 16 % 2 * 4 + column % 4;
}

#endif
