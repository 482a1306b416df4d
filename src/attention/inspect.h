/* SPDX-License-Identifier: MIT */
/* Looking inside: the weights of chosen rows, and sums over all of them. */
#ifndef HEED_ATTENTION_INSPECT_H
#define HEED_ATTENTION_INSPECT_H

#include "attention/rows.h"

/* The look's scratch: of whole rows, and of one tile. */
typedef struct heed__inspect_scratch {
    heed__rows_scratch rows;
    heed_real *weights; /* [QUERY_BLOCK, KEY_BLOCK] */
    heed_real *stats;   /* [QUERY_BLOCK, STATS] */
    heed_real *values;  /* [Dv, KEY_BLOCK]: v, turned */
    heed_real *d;       /* [QUERY_BLOCK, KEY_BLOCK]: gradient of the weights */
} heed__inspect_scratch;

/* In heed_reals, for all threads. */
size_t heed__inspect_workspace(const heed_attention_plan *plan);
heed__inspect_scratch heed__inspect_scratch_at(const heed_attention_plan *plan,
                                               heed_real *workspace, int thread);

/* The queries from `first` (a multiple of QUERY_BLOCK, or any for a look at one block), ready for
 * tiles. */
heed__queries heed__inspect_queries(const heed__stage *stage, int64_t first, int64_t count,
                                    const heed__inspect_scratch *room);

/* P of the queries against the key block from `first`, into room->weights; masked ones are 0.
 * Returns the number of keys. */
int64_t heed__inspect_tile(const heed__stage *stage, const heed__queries *queries, int64_t first,
                           const heed__inspect_scratch *room);

/* Does any of the queries see any of the n keys from `first`? */
int heed__inspect_sees(const heed__stage *stage, const heed__queries *queries, int64_t first,
                       int64_t n);

/* What passes by of one (sequence, head) when it is summed up. */
typedef struct heed__tally {
    const heed__stage *stage;
    const heed_attention_summary *out;
    const heed__inspect_scratch *room;
    const heed__queries *queries; /* the block */
    int64_t first, n;             /* the keys */
    /* Of each row's distances so far: the sum of weights, their mean, and the sum of weighted
     * squares about it. */
    heed_real (*moments)[3];
} heed__tally;

/* Clears the outputs of a (sequence, head). */
void heed__tally_clear(const heed__stage *stage, const heed_attention_summary *out);

/* Adds the tile in room->weights. */
void heed__tally_keys(const heed__tally *tally);
void heed__tally_rows(const heed__tally *tally);

/* The block of queries has met all its keys. */
void heed__tally_finish(const heed__tally *tally);

/* Checks and fills a run for looking. */
heed_status heed__inspect_run(heed__run *run, const heed_attention_inspect_tensors *tensors,
                              const heed_real *workspace);

/* Are these rows of a side, of a sequence and query head of the batch, there? */
heed_status heed__inspect_choice(const heed__run *run, heed__side side, int64_t sequence,
                                 int64_t head, int64_t first, int64_t count);

#endif
