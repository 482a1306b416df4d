/* SPDX-License-Identifier: MIT */
/*
 * The pointer-generator (See, Liu, Manning, arXiv 1704.04368): a word is written from the
 * vocabulary or copied from the source,
 *   p(w) = g softmax(logits)_w + (1 - g) sum of a_j over the source words j that are w,
 * over a vocabulary extended by source words it does not have (ids from V on). Everything is done
 * with logarithms: no share is lost however small g, 1 - g or the softmax is. Copied sums below
 * 1e-30 count as none, except that a word only the source can give costs no more than as if its sum
 * were 1e-30 (and such a sum has no gradient).
 */
#ifndef HEED_OPS_POINTER_H
#define HEED_OPS_POINTER_H

#include "heed/context.h"
#include "ops/memory.h"

/* Inputs: logits [n,V]; the gate [n,1] before its sigmoid, g = sigmoid(gate); weights a [P,1].
 * Output [1,1]: mean over labelled rows of -(1-e) log p(label) - e mean over w < V of log
 * softmax(logits)_w, e the label smoothing: it acts on what is generated only. */
typedef struct heed__pointer {
    heed__look look;       /* starts: of each row's source in words */
    const int32_t *words;  /* [source rows] id in the extended vocabulary; -1 = never copied */
    const int32_t *labels; /* [n] ids in the extended vocabulary; -1 = none */
    float smoothing;       /* in [0, 1) */
    int64_t added;         /* ids past V; read by the scores only */
} heed__pointer;
extern const heed__op heed__op_pointer_loss;

/* The same inputs; output [n, V + added]: log p of the extended vocabulary. labels and smoothing
 * are not read. */
extern const heed__op heed__op_pointer_scores;

/* log p of the extended vocabulary, out [n, extended], extended >= V; -inf where nothing gives a
 * word (past V, and not in the source). labels and smoothing are not read. A row's numbers depend
 * on that row only, and not on `extended`. Allocates nothing. */
void heed__pointer_log_probs(heed_context *context, const heed__pointer *pointer, int64_t classes,
                             const heed_real *logits, const heed_real *gate,
                             const heed_real *weights, int64_t extended, heed_real *out);

#endif
