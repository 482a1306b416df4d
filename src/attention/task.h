/* SPDX-License-Identifier: MIT */
/* Cutting a batch into tasks by its own sizes, and dividing a workspace. */
#ifndef HEED_ATTENTION_TASK_H
#define HEED_ATTENTION_TASK_H

#include "attention/run.h"

static inline int64_t heed__least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t heed__blocks(int64_t n, int64_t block)
{
    return (n + block - 1) / block;
}

/* Hands out parts of a workspace, each aligned to 64 bytes. With base NULL it only counts. */
typedef struct heed__carver {
    heed_real *base;
    size_t used;
} heed__carver;

heed_real *heed__carve(heed__carver *carver, size_t count);
int64_t *heed__carve_integers(heed__carver *carver, size_t count);

/* The pieces of `size` rows that sequences are cut into: piece p belongs to the sequence s with
 * first[s] <= p < first[s + 1]. */
typedef struct heed__pieces {
    int64_t size;
    int64_t *first; /* [sequences + 1] */
    int64_t count;
} heed__pieces;

/* `first` has room for sequences + 1. */
void heed__pieces_cut(heed__pieces *pieces, const heed_attention_rows *rows, int64_t sequences,
                      int64_t size);

/* Piece p's sequence and its first row. */
void heed__piece_at(const heed__pieces *pieces, int64_t sequences, int64_t piece, int64_t *sequence,
                    int64_t *row);

/* Gradients of the learned arrays: each (piece of 64 rows of the slot's side, head) has a partial
 * sum, and they are added up in order. */
typedef struct heed__partials {
    heed__pieces pieces[2];      /* of the queries, of the keys */
    heed_real *sums[HEED_SLOTS]; /* [pieces, heads, columns] */
} heed__partials;

/* Carves room for the largest batch; for a run also cuts its rows and zeroes the sums. */
void heed__partials_start(heed__partials *partials, heed__carver *carver,
                          const heed_attention_plan *plan, const heed__run *run);

/* Is the gradient of parameter `index` wanted in this call? */
static inline int heed__wants(const heed__run *run, int index)
{
    return run->d_parameters && run->d_parameters[index];
}

/* Is that of any array that `finish` of one side adds to? */
int heed__learns_at_finish(const heed__run *run, heed__side side);

/* Is any of those with sums of a query's own? */
int heed__wants_row_sums(const heed__run *run);

/* Where a mechanism adds to a query's own sums (row: [row_columns], NULL = none). */
void heed__row_sums(const heed__run *run, const heed__fitted *fit, heed_real *row,
                    heed_real *dp[HEED_SELF_SLOTS]);

/* Adds the own sums of query `row` (of its block) to the partial sums. */
void heed__row_sums_add(const heed__partials *partials, const heed__run *run,
                        const heed__place *place, int64_t row, const heed_real *sums);

/* Where `finish` of one side adds: the partial sums that row `row` of (sequence, head) belongs to.
 */
void heed__finish_sums(const heed__partials *partials, const heed__run *run, heed__side side,
                       int64_t sequence, int64_t head, int64_t row, heed_real *dp[HEED_SELF_SLOTS]);

/* gradient += all partial sums, in order. */
void heed__partials_finish(const heed__partials *partials, const heed__run *run);

#endif
