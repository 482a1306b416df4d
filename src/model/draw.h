/* SPDX-License-Identifier: MIT */
/*
 * Drawing a token by weights exp((score - most) / temperature), where a uniform number in [0, 1)
 * says at which share of the running sum. Scores are log-probabilities or logits of one row; -inf
 * weighs nothing. Bits are the same on every machine.
 */
#ifndef HEED_MODEL_DRAW_H
#define HEED_MODEL_DRAW_H

#include "kernels/kernels.h"

enum { HEED_WEIGHING_CHUNK = 256 };

/* How a row's scores become weights: the likeliest weighs 1. */
typedef struct heed__weighing {
    const heed__kernels *kernels;
    float scale, shift;
} heed__weighing;

/* most: the greatest score of the row, finite. */
heed__weighing heed__weighing_of(float most, double temperature);

/* The weights of n <= HEED_WEIGHING_CHUNK scores; returns their sum. */
double heed__weigh(const heed__weighing *w, int64_t n, const float *scores, float *weights);
double heed__weigh_all(const heed__weighing *w, int64_t n, const float *scores);

/* The token at which the running sum passes share x the total. */
int32_t heed__draw_token(const heed__weighing *w, int64_t n, const float *scores, double share);

/* 53 bits of a Philox block to a number in [0, 1). */
static inline double heed__draw_share(uint32_t high, uint32_t low)
{
    return (double)((uint64_t)high << 21 | low >> 11) * 0x1p-53;
}

#endif
