/* SPDX-License-Identifier: MIT */
/* s = w . tanh(q~ + k~) over n hidden units, for scores that differ in what q~ and k~ are. */
#ifndef HEED_ATTENTION_SCORE_ADDITIVE_H
#define HEED_ATTENTION_SCORE_ADDITIVE_H

#include "attention/mechanism.h"

typedef struct heed__additive {
    const heed__kernels *kernels;
    int64_t n;
    const heed_real *w; /* NULL = all 1 */
} heed__additive;

/* Scratch of both. */
size_t heed__additive_scratch(int64_t n);

void heed__additive_row(const heed__additive *score, const heed_real *q, const heed__keys *keys,
                        heed_real *s, heed_real *scratch);

/* As a score's row_backward; dw likewise. */
void heed__additive_row_backward(const heed__additive *score, const heed_real *q,
                                 const heed__keys *keys, const heed_real *ds, heed_real *dq,
                                 heed_real *dk, int64_t dk_stride, heed_real *dw,
                                 heed_real *scratch);

#endif
