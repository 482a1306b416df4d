/* SPDX-License-Identifier: MIT */
/*
 * Guided alignment (Chen et al., arXiv 1607.01628; Garg et al., arXiv 1909.02074): attention is
 * trained towards links given for some target rows. Both losses are 1 x 1:
 *   -(sum over links (i,j) of log P_ij) / (rows i that have a link); without links 0.
 */
#ifndef HEED_OPS_GUIDE_H
#define HEED_OPS_GUIDE_H

#include "autograd/op.h"
#include "tensor/ragged.h"

/* Row i is linked to the positions items[first[i]] .. items[first[i+1]-1] of what it looks at, from
 * 0 in each sequence; a position that is there twice counts twice. */
typedef struct heed__guide_links {
    const int64_t *first; /* [rows + 1] */
    const int32_t *items;
} heed__guide_links;

/* P = softmax(scale q . k) of one head over the keys of its sequence: what an attention with these
 * inputs has, without its dropout; so its projections are trained. Inputs q [query rows, columns]
 * and k [key rows, columns], which may be one value. P is made row by row, twice, and never kept;
 * log P is finite for finite scores, so that nothing is clamped. */
typedef struct heed__guide_dot {
    const heed__ragged *queries, *keys; /* sequence s looks at sequence s */
    int64_t q_column, k_column;         /* where the head begins in a row */
    int64_t head_size;
    float scale;
    heed__guide_links links; /* of the query rows */
} heed__guide_dot;
extern const heed__op heed__op_guide_dot;

/* P given: weights [P,1] of a look's pairs. log P is that of at least 1e-18, and below it has no
 * gradient. */
typedef struct heed__guide_weights {
    const heed__ragged *pairs; /* as heed__look has them */
    heed__guide_links links;   /* of the queries */
} heed__guide_weights;
extern const heed__op heed__op_guide_weights;

#endif
