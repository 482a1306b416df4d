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

/* Refuses a look past the memory's rows. */
heed_status heed__look_check(const char *op, const heed__look *look, int64_t memory_rows);

/* Every query in its own task: for what only queries and pairs are written by. cost = elements
 * touched a pair. */
void heed__for_queries(const heed__call *call, const heed__look *look, int64_t cost,
                       heed__glance_task task, void *extra);
/* Queries that look at the same sequence are in one task, in order: for what adds to the memory. */
void heed__for_lookers(const heed__call *call, const heed__look *look, int64_t memory_rows,
                       int64_t cost, heed__glance_task task, void *extra);

/* What a gradient check looks at: sequences of 2, 4 and 1 of the 7 memory rows, and an empty one; 5
 * queries, two of them at the same sequence. */
enum { HEED_CHECK_QUERIES = 5, HEED_CHECK_PAIRS = 11, HEED_CHECK_MEMORY = 7 };
const heed__look *heed__look_example(void);

#endif
