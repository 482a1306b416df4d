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

/* A token and its score. */
typedef struct heed__scored {
    float score;
    int32_t token;
} heed__scored;

/* The k greatest of scores[n], by (greater score, lower token), in that order; those of -inf are
 * left out. Returns how many there are, or -1 when a score is NaN or +inf. out: room for
 * min(k, n). One pass; a full sort of nothing but what is kept. */
int64_t heed__top(int64_t n, const float *scores, int64_t k, heed__scored *out);

#endif
