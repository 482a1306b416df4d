/* SPDX-License-Identifier: MIT */
/*
 * Attention of one query a sequence, with its weights as a value: what coverage, copying and
 * guidance of a step-by-step decoder are made of. Scores, softmax, then the weighted sum; nothing
 * larger than one number a pair is kept.
 */
#ifndef HEED_OPS_MEMORY_H
#define HEED_OPS_MEMORY_H

#include "autograd/op.h"
#include "tensor/ragged.h"

/* Who looks where: query i looks at the memory's sequence that begins at row starts[i]. Several
 * queries may look at one sequence (hypotheses of a search), none at another (a sentence that has
 * ended); two sequences have no row in common. What belongs to a pair of query and memory row is a
 * value [P,1]: query i's pairs are its rows offsets[i] .. offsets[i+1] - 1 of `pairs`, one for each
 * row of the sequence. So with sequences in a fixed order of which the first n are still alive, the
 * pairs of fewer queries are the first rows of those of more. A batch that only stands for the
 * largest has NULL offsets and starts. */
typedef struct heed__look {
    const heed__ragged *pairs; /* n queries, P rows; order and ids are not read */
    const int64_t *starts;     /* [n] */
} heed__look;

/* Fills offsets [n + 1], starts [n] and *pairs (order and ids NULL) for queries that look at these
 * sequences of the memory. */
void heed__look_fill(const heed__ragged *memory, const int64_t *sequences, int64_t n,
                     int64_t *offsets, int64_t *starts, heed__ragged *pairs);

/* y [P,1] = w . tanh(q + k (+ c w_c)): q [n,A] and k [memory rows,A] already projected, w [1,A];
 * with coverage c [at least P rows,1] (those past P are not looked at) and w_c [1,A] (Bahdanau et
 * al., arXiv 1409.0473; See et al., arXiv 1704.04368). Attributes: heed__look. */
extern const heed__op heed__op_additive_scores;

/* y [P,1] = scale q . k, q [n,A], k [memory rows,A] */
typedef struct heed__dot_look {
    heed__look look;
    float scale;
} heed__dot_look;
extern const heed__op heed__op_dot_scores;

/* y [P,1] = softmax of x [P,1] inside each sequence of the attributes' ragged (heed__segment): of
 * nothing but -inf, zeros. A NaN stays. */
extern const heed__op heed__op_softmax;

/* y [n,C] = sum over query i's pairs of weight [P,1] x its row of the memory [memory rows,C]; no
 * rows, zeros. Attributes: heed__look. */
extern const heed__op heed__op_read;

/* y [1,1] = scale * sum over pairs of min(a, c): weights a [P,1], coverage c [at least P rows,1]
 * before them. Where both are equal the gradient is a's. */
typedef struct heed__coverage_loss {
    float scale; /* 1 / what the mean is over */
} heed__coverage_loss;
extern const heed__op heed__op_coverage_loss;

#endif
