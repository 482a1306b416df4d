/* SPDX-License-Identifier: MIT */
/*
 * Drawing a token by weights exp((score - most) / temperature), where a uniform number in [0, 1)
 * says at which share of the running sum. Scores are log-probabilities or logits of one row; -inf
 * weighs nothing. Bits are the same on every machine.
 */
#ifndef HEED_MODEL_DRAW_H
#define HEED_MODEL_DRAW_H

#include "kernels/kernels.h"

/* How a row's scores become weights: the likeliest weighs 1. */
typedef struct heed__weighing {
    const heed__kernels *kernels;
    float scale, shift;
} heed__weighing;

/* most: the greatest score of the row, finite. */
heed__weighing heed__weighing_of(float most, double temperature);

/* The weights of n scores, in place or not; returns their sum. */
double heed__weigh_all(const heed__weighing *w, int64_t n, const float *scores, float *weights);

/* The token at which the running sum passes share x the total; no room for all weights needed. */
int32_t heed__draw_token(const heed__weighing *w, int64_t n, const float *scores, double share);

/* The fewest weights, greatest first, whose sum reaches what is wanted: those above `least`, and
 * the first `of_least` that are equal to it. */
typedef struct heed__nucleus {
    float least;
    int64_t of_least;
    double total;
} heed__nucleus;

/* n >= 1 weights above 0, which are put into another order; wanted is above 0. */
heed__nucleus heed__nucleus_of(int64_t n, float *weights, double wanted);
/* The token of all weights [n] at which the running sum over the nucleus passes share x total. */
int32_t heed__draw_from_nucleus(const heed__nucleus *nucleus, int64_t n, const float *weights,
                                double share);

/* 53 bits of a Philox block to a number in [0, 1). */
static inline double heed__draw_share(uint32_t high, uint32_t low)
{
    return (double)((uint64_t)high << 21 | low >> 11) * 0x1p-53;
}

#endif
