/* SPDX-License-Identifier: MIT */
/* What operations share: spreading rows over threads, sums over rows, and refusing shapes. */
#ifndef HEED_OPS_ROWS_H
#define HEED_OPS_ROWS_H

#include "autograd/op.h"
#include "base/fail.h"

#define HEED_COUNT(array) (sizeof(array) / sizeof *(array))

static inline int64_t heed__lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t heed__greater(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Does rows begin .. end of the call's operation. */
typedef void (*heed__row_task)(const heed__call *call, int64_t begin, int64_t end, void *extra);

/* Cuts `rows` into pieces of about the same work (cost = elements touched a row) and runs them on
 * the context's threads. Pieces depend on rows and cost only. */
void heed__for_rows(const heed__call *call, int64_t rows, int64_t cost, heed__row_task task,
                    void *extra);

/* The same for tasks that need scratch: `thread` < the context's threads says whose is free. */
typedef void (*heed__scratch_task)(const heed__call *call, int64_t begin, int64_t end, int thread,
                                   void *extra);
void heed__for_scratch_rows(const heed__call *call, int64_t rows, int64_t cost,
                            heed__scratch_task task, void *extra);

/* The same as heed__for_rows for tasks that own begin .. end of `rows` rows and walk through a list
 * for what falls on them; work = elements touched in all. */
void heed__for_owners(const heed__call *call, int64_t rows, int64_t work, heed__row_task task,
                      void *extra);

/* The gradient d of n elements of input i goes to dx as it is: added, or where it is fresh stored
 * (d may be dx then). */
void heed__pass_gradient(const heed__call *call, int i, int64_t n, const heed_real *d,
                         heed_real *dx);

/* sums[j] += sum over rows of x[i][j], each column one chain in order of rows. */
void heed__column_sums(const heed__call *call, const heed_real *x, int64_t rows, int64_t cols,
                       heed_real *sums);

/* Rows of a chunk where operations make several products with weights of k columns before the next
 * rows: weights and their gradient pass by once a chunk, and each row is read some six times; with
 * 2 k rows what is saved is three times what it costs. Whole pieces of products' sums. */
static inline int64_t heed__chunk_rows(int64_t rows, int64_t k)
{
    const int64_t piece = 512;
    int64_t chunk = piece * (2 * k > piece ? (2 * k + piece - 1) / piece : 1);
    return rows < chunk ? rows : chunk;
}

/* The gradient of a value that an operation over no rows stores. */
void heed__zero_fresh(const heed__matrix *value);

/* HEED_OK when input i has this shape; -1 stands for any. */
heed_status heed__want_shape(const heed__shapes *shapes, const char *op, int i, const char *name,
                             int64_t rows, int64_t cols);

#endif
