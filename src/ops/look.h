/* SPDX-License-Identifier: MIT */
/* What the operations of one query a sequence share. */
#ifndef HEED_OPS_LOOK_H
#define HEED_OPS_LOOK_H

#include "ops/memory.h"

/* The pairs of one query. */
typedef struct heed__glance {
    int64_t query;
    int64_t first, count; /* of the pairs' rows */
    int64_t memory;       /* first row of the memory */
} heed__glance;

typedef void (*heed__glance_task)(const heed__call *call, const heed__glance *glance, void *extra);

/* Refuses rows of q (input 0, unless queries = 0) or memory (input `memory`) that the look does not
 * have. */
heed_status heed__look_check(const heed__shapes *shapes, const char *op, const heed__look *look,
                             int queries, int memory);

/* Every query in its own task: for what only queries and pairs are written by. cost = elements
 * touched a pair. */
void heed__for_queries(const heed__call *call, const heed__look *look, int64_t cost,
                       heed__glance_task task, void *extra);
/* Queries that look at the same sequence follow each other in order: for what adds to the memory.
 */
void heed__for_lookers(const heed__call *call, const heed__look *look, int64_t cost,
                       heed__glance_task task, void *extra);

/* What a gradient check looks at: 4 sequences (one empty, one of a single row) of 7 memory rows, 5
 * queries, two of them at the same sequence, one at the empty one. */
enum { HEED_CHECK_QUERIES = 5, HEED_CHECK_PAIRS = 12, HEED_CHECK_MEMORY = 7 };
const heed__look *heed__look_example(void);

#endif
