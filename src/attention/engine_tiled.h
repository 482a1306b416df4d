/* SPDX-License-Identifier: MIT */
/* What the two halves of the tiled engine share. */
#ifndef HEED_ATTENTION_ENGINE_TILED_H
#define HEED_ATTENTION_ENGINE_TILED_H

#include "attention/ahead.h"
#include "attention/engine.h"
#include "attention/tile.h"
#include "base/parallel.h"

typedef struct heed__tiled_job {
    const heed__run *run;
    heed__pieces pieces;
    heed__partials partials; /* backward */
    heed__ahead ahead;       /* backward */
    heed_real *workspace;
    size_t a_thread; /* reals of one thread's scratch */
    int whole;       /* backward: a task owns all keys and also makes dq */
    /* Backward: 1 + the stage whose pairs get their gradient in the tiles (heed__pairs_in_tiles) */
    int pairs_in_tiles;
} heed__tiled_job;

/* How the backward pass of the largest batch goes. */
void heed__tiled_backward_say(const heed_attention_plan *plan, heed__writer *writer);

size_t heed__tiled_backward_workspace(const heed_attention_plan *plan);
void heed__tiled_backward(const heed__run *run, heed_real *workspace);

/* Forward where each sequence has a few queries that see all of its keys: does it take the batch?
 * Workspace 0 = it takes none of the plan's. */
size_t heed__few_workspace(const heed_attention_plan *plan);
int heed__few_takes(const heed__run *run);
void heed__few_say(const heed_attention_plan *plan, heed__writer *writer);
void heed__few_forward(const heed__run *run, heed_real *workspace);

#endif
