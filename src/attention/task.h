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

/* The gradient of the score's learned array: each (piece of QUERY_BLOCK rows, head) has a partial
 * sum, and they are added up in order. */
typedef struct heed__partials {
    heed__pieces pieces;
    int64_t columns; /* 0 = the score has none */
    heed_real *sums; /* [pieces, H, columns] */
} heed__partials;

/* Carves room for the largest batch; for a run also cuts its queries and zeroes the sums. */
void heed__partials_start(heed__partials *partials, heed__carver *carver,
                          const heed_attention_plan *plan, const heed__run *run);

/* The partial sum that query row `row` (a multiple of QUERY_BLOCK) of (sequence, head) adds to;
 * NULL where no gradient is wanted. */
heed_real *heed__partial_at(const heed__partials *partials, const heed__run *run, int64_t sequence,
                            int64_t head, int64_t row);

/* gradient += all partial sums, in order. */
void heed__partials_finish(const heed__partials *partials, const heed__run *run);

#endif
