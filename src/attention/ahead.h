/* SPDX-License-Identifier: MIT */
/*
 * The look ahead of the backward pass: what the tiles must know of a whole row before they can turn
 * the gradient of its weights into that of its scores. Softmax needs no look: lse and <do, o> are
 * all. Others get their statistics (and sums over the row) here, once, for every engine.
 */
#ifndef HEED_ATTENTION_AHEAD_H
#define HEED_ATTENTION_AHEAD_H

#include "attention/rows.h"

typedef struct heed__ahead {
    heed__pieces pieces;     /* of QUERY_BLOCK rows */
    int64_t *first;          /* [sequences + 1]: rows before each sequence */
    heed__row_state *states; /* [query rows, H]; NULL where the plan needs no look */
    heed_real *scratch;
    size_t a_thread;
} heed__ahead;

/* What comes before the threads' scratch. */
void heed__ahead_start(heed__ahead *ahead, heed__carver *carver, const heed_attention_plan *plan);

/* Scratch of one thread; 0 where the plan needs no look. */
size_t heed__ahead_scratch(const heed_attention_plan *plan);

/* scratch: that of all threads. */
void heed__ahead_run(heed__ahead *ahead, const heed__run *run, heed_real *scratch);

/* The states of `count` queries from `first`, in the backward pass. */
void heed__row_states(const heed__ahead *ahead, const heed__stage *stage, int64_t first,
                      int64_t count, heed__row_state *states);

#endif
