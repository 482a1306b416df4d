/* SPDX-License-Identifier: MIT */
/* What is done to rows of numbers as long as a vocabulary. All of it is the same to the bit for any
 * thread count, and a row's result depends on that row only. */
#ifndef HEED_MODEL_VOCABULARY_H
#define HEED_MODEL_VOCABULARY_H

#include "heed/context.h"

#include <stdint.h>

/* A row of scores as a model gives it: log-probabilities, or logits, whose softmax is found without
 * writing it. */
typedef struct heed__scored_row {
    int64_t n;
    const float *scores;
    float shift[2];    /* a token's log-probability is its score less these, one after the other */
    const float *most; /* the greatest score of each HEED_ROW_BLOCK */
    const int32_t *barred; /* [n_barred] tokens that are none of its continuations */
    int64_t n_barred;
} heed__scored_row;

enum { HEED_ROW_BLOCK = 256 };

/* Nothing is barred. most: room for a number a block. Of logits with a NaN or +inf, or nothing but
 * -inf, all log-probabilities are NaN. */
heed__scored_row heed__row_of(int64_t n, const float *scores, int logits, float *most);

static inline float heed__row_log_prob(const heed__scored_row *row, int32_t token)
{
    return row->scores[token] - row->shift[0] - row->shift[1];
}

/* The greatest score: NaN if one is, or where it is infinite. */
float heed__row_most(const heed__scored_row *row);
int heed__row_bars(const heed__scored_row *row, int32_t token);
/* The log-probabilities [n], -inf of what is barred. */
void heed__row_write(const heed__scored_row *row, float *out);

/* out[i] = the log-probability of tokens[i] in row i of logits [rows, n], in parallel over rows. */
void heed__log_softmax_of(heed_context *context, int64_t rows, int64_t n, const float *logits,
                          const int32_t *tokens, float *out);

/* A continuation of row `row` by a token. */
typedef struct heed__candidate {
    double sum; /* of the row before, plus log_prob */
    float log_prob;
    float score; /* which log_prob was rounded from */
    int32_t token;
    int64_t row;
} heed__candidate;

/* The best `room` continuations of one or more rows, by (greater sum, lower row, greater score,
 * lower token); those of -inf and barred ones are left out. Set room and items
 * (room of them) and n = 0; add rows in ascending order; sort once. While rows are added, items are
 * a heap. */
typedef struct heed__top {
    int64_t n, room;
    heed__candidate *items;
} heed__top;

int heed__candidate_is_better(const heed__candidate *a, const heed__candidate *b);

void heed__top_keep(heed__top *top, const heed__candidate *item);
/* Row number `row`, whose hypothesis has that sum: reads the blocks that can matter. 0: a score is
 * NaN or +inf. */
int heed__top_add(heed__top *top, const heed__scored_row *scored, double sum, int64_t row);
/* Best first. */
void heed__top_sort(heed__top *top);

#endif
