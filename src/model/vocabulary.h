/* SPDX-License-Identifier: MIT */
/* What is done to rows of numbers as long as a vocabulary. All of it is the same to the bit for any
 * thread count, and a row's result depends on that row only. */
#ifndef HEED_MODEL_VOCABULARY_H
#define HEED_MODEL_VOCABULARY_H

#include "heed/context.h"

#include <stdint.h>

/* Turns each row of logits [rows, n] into natural log-probabilities, in place and in parallel over
 * rows. A row with a NaN or +inf becomes NaN, one of nothing but -inf too. */
void heed__log_softmax(heed_context *context, int64_t rows, int64_t n, float *logits);

/* out[i] = the log-probability of tokens[i] in row i, with the bits that heed__log_softmax gives,
 * without touching the logits. */
void heed__log_softmax_of(heed_context *context, int64_t rows, int64_t n, const float *logits,
                          const int32_t *tokens, float *out);

/* Sets some columns of each row to -inf. */
void heed__forbid_tokens(int64_t rows, int64_t n, float *scores, const int32_t *tokens,
                         int64_t n_tokens);

/* A continuation of row `row` by a token. */
typedef struct heed__candidate {
    double sum; /* of the row before, plus log_prob */
    float log_prob;
    int32_t token;
    int64_t row;
} heed__candidate;

/* The best `room` continuations of one or more rows, by (greater sum, lower row, greater
 * log-probability, lower token); those of -inf are left out. Set room and items (room of them) and
 * n = 0; add rows in ascending order; sort once. While rows are added, items are a heap. */
typedef struct heed__top {
    int64_t n, room;
    heed__candidate *items;
} heed__top;

int heed__candidate_is_better(const heed__candidate *a, const heed__candidate *b);

void heed__top_keep(heed__top *top, const heed__candidate *item);
/* One pass over the row's n scores, with a threshold. 0: a score is NaN or +inf. */
int heed__top_add(heed__top *top, int64_t n, const float *scores, double sum, int64_t row);
/* Best first. */
void heed__top_sort(heed__top *top);

#endif
