/* SPDX-License-Identifier: MIT */
/*
 * What every engine does to one row of scores against one key block, between the two products:
 * mask, normalise, drop; and its derivative. One place, so that all engines agree to the bit.
 */
#ifndef HEED_ATTENTION_STAGES_H
#define HEED_ATTENTION_STAGES_H

#include "attention/run.h"

/* A (sequence, head) of a run, with dropout's key. */
typedef struct heed__stage {
    const heed__run *run;
    heed__place place;
    uint32_t drop_key[2];
} heed__stage;

heed__stage heed__stage_of(const heed__run *run, int64_t sequence, int64_t head);

/* FULL where there is no mask. */
heed__cover heed__cover_of(const heed__stage *stage, const heed__block *block);

/* Which of the n keys from j query i sees. */
void heed__visible(const heed__stage *stage, int64_t i, int64_t j, int64_t n,
                   unsigned char *visible);

/* Scores s of query i against the n keys from j (a key block's start) become unnormalised weights
 * with dropout applied. visible NULL = all. Returns the factor for the row's output so far. */
heed_real heed__stage_forward(const heed__stage *stage, int64_t i, int64_t j, int64_t n,
                              const unsigned char *visible, heed_real *s, heed_real *top,
                              heed_real *sum);

/* Scores s become weights P. */
void heed__stage_weights(const heed__stage *stage, int64_t n, const unsigned char *visible,
                         heed_real lse, heed_real *s);

/* Scores s become dropped weights (what v was multiplied with), and d, the gradient of those,
 * becomes the gradient of the scores, exactly 0 where masked. */
void heed__stage_backward(const heed__stage *stage, int64_t i, int64_t j, int64_t n,
                          const unsigned char *visible, heed_real lse, heed_real delta,
                          heed_real *s, heed_real *d);

/* D values that are NaN or infinite among rows x n? */
int heed__all_finite(int64_t rows, int64_t n, const heed_real *x, int64_t stride);

#endif
