/* SPDX-License-Identifier: MIT */
/*
 * A linear chain: each word has one of K states, a sequence's score is the sum of its words' logits
 * and of the moves between them: moves [K + 2, K], row i from state i, row K from the beginning,
 * row K + 1 to the end. Sums over all sequences, as logarithms, go from word to word: alpha[t][j] =
 * z[t][j] + log sum_i exp(alpha[t-1][i] + moves[i][j]) beta[t][i]  = log sum_j exp(moves[i][j] +
 * z[t+1][j] + beta[t+1][j]) With m = max alpha[t-1] the sum is m + log (exp(alpha[t-1] - m) E), E =
 * exp(moves): one small product for a word.
 */
#ifndef HEED_OPS_CHAIN_H
#define HEED_OPS_CHAIN_H

#include "kernels/kernels.h"

typedef struct heed__chain {
    const heed__kernels *kernels;
    int64_t K;
    const heed_real *moves;
    const heed_real *forth, *back; /* [K, K] E, and turned */
} heed__chain;

/* Fills forth and back. */
void heed__chain_start(const heed__kernels *kernels, int64_t K, const heed_real *moves,
                       heed_real *forth, heed_real *back);

/* Of n >= 1 words; z [n, K]; scratch [2 K]. Returns the logarithm of the sum over all sequences. */
heed_real heed__chain_alpha(const heed__chain *chain, int64_t n, const heed_real *z,
                            heed_real *scratch, heed_real *alpha);
void heed__chain_beta(const heed__chain *chain, int64_t n, const heed_real *z, heed_real *scratch,
                      heed_real *beta);

#endif
