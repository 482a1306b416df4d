/* SPDX-License-Identifier: MIT */
/* How many blocks of 64 x 64 a plan computes and skips, before there is a batch. */
#ifndef HEED_ATTENTION_SHARE_H
#define HEED_ATTENTION_SHARE_H

#include "attention/plan.h"

/* Blocks of one sequence of the longest lengths, all heads, its last query at its last key. */
typedef struct heed__share {
    int64_t empty, partial, full;
    int64_t unknown; /* the arrays of the batch, or learned ones, decide */
    int sampled;     /* too many: rows of blocks at even distances */
} heed__share;

heed__share heed__share_of(const heed_attention_plan *plan);

#endif
