/* SPDX-License-Identifier: MIT */
/* Softmax of a row as long as a vocabulary, for losses that keep two numbers of it only. */
#ifndef HEED_OPS_SOFTMAX_ROWS_H
#define HEED_OPS_SOFTMAX_ROWS_H

#include "kernels/kernels.h"

typedef struct heed__row_softmax {
    heed_real most; /* the greatest logit */
    heed_real rest; /* 1 / sum of exp(z - most) */
} heed__row_softmax;

/* Of n >= 1 logits; the sum is over 16 lanes. scratch [n]. *lse receives log sum exp(z). */
heed__row_softmax heed__row_softmax_of(const heed__kernels *kernels, int64_t n, const heed_real *z,
                                       heed_real *scratch, heed_real *lse);

/* dz += scale * softmax(z). scratch [n]. */
void heed__row_softmax_add(const heed__kernels *kernels, int64_t n, const heed_real *z,
                           heed__row_softmax of, heed_real scale, heed_real *scratch,
                           heed_real *dz);
/* The same into dz, whatever is there; dz may be z. */
void heed__row_softmax_set(const heed__kernels *kernels, int64_t n, const heed_real *z,
                           heed__row_softmax of, heed_real scale, heed_real *dz);

#endif
