/* SPDX-License-Identifier: MIT */
/* Looking inside: the weights of chosen rows, and sums over all of them. */
#ifndef HEED_ATTENTION_INSPECT_H
#define HEED_ATTENTION_INSPECT_H

#include "attention/tile.h"

typedef struct heed__inspect_scratch {
    heed_real *queries, *keys, *turned, *score; /* see tile.h */
    heed_real *weights;                         /* [QUERY_BLOCK, KEY_BLOCK] */
    unsigned char *visible;
} heed__inspect_scratch;

/* In heed_reals, for all threads. */
size_t heed__inspect_workspace(const heed_attention_plan *plan);
heed__inspect_scratch heed__inspect_scratch_at(const heed_attention_plan *plan,
                                               heed_real *workspace, int thread);

/* P of the queries against the key block from `first`, into room->weights; masked ones are 0.
 * Returns the number of keys. lse is the first query's, lse_stride apart. */
int64_t heed__inspect_tile(const heed__stage *stage, const heed__queries *queries, int64_t first,
                           const heed_real *lse, int64_t lse_stride,
                           const heed__inspect_scratch *room);

/* Checks and fills a run for looking. */
heed_status heed__inspect_run(heed__run *run, const heed_attention_inspect_tensors *tensors,
                              const heed_real *workspace);

#endif
