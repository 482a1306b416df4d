/* SPDX-License-Identifier: MIT */
/* The gradient of arrays of pairs (a dense bias): n x n by nature, and shared in any way. */
#ifndef HEED_ATTENTION_PAIRS_H
#define HEED_ATTENTION_PAIRS_H

#include "attention/engine_tiled.h"

/* Scratch of one thread; 0 where no stage has such an array. */
size_t heed__pairs_scratch(const heed_attention_plan *plan);

/* 1 + a stage each of whose pairs has one (sequence, head, query), whose tile may add its gradient;
 * 0 where there is none. */
int heed__pairs_in_tiles(const heed__run *run);

/* Adds to each wanted gradient, but for that stage's. job: its look ahead is done; its workspace is
 * used up. */
void heed__pairs_backward(const heed__tiled_job *job);

#endif
