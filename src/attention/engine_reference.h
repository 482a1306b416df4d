/* SPDX-License-Identifier: MIT */
/* What the two halves of the reference engine share. */
#ifndef HEED_ATTENTION_ENGINE_REFERENCE_H
#define HEED_ATTENTION_ENGINE_REFERENCE_H

#include "attention/ahead.h"
#include "attention/engine.h"
#include "attention/stages.h"
#include "attention/task.h"
#include "base/parallel.h"

/* One thread's scratch. */
typedef struct heed__reference_scratch {
    heed_real *query;   /* [width]: prepared */
    heed_real *keys;    /* [KEY_BLOCK, width]: prepared */
    heed_real *score;   /* the score's own */
    heed_real *row;     /* [longest key]: a whole row, of a normaliser that needs it */
    heed_real *d_query; /* [width]: gradient of the prepared query */
    heed_real *d_keys;  /* [longest key, width]: of the prepared keys; NULL where they need none */
    heed_real *sums;    /* [row_columns]: the query's own sums */
} heed__reference_scratch;

typedef struct heed__reference_job {
    const heed__run *run;
    heed_real *workspace;
    size_t a_thread; /* reals of scratch */
    heed__partials partials;
    heed__ahead ahead;
} heed__reference_job;

heed__reference_scratch heed__reference_scratch_at(const heed__reference_job *job, int thread,
                                                   int backward);
size_t heed__reference_scratch_size(const heed_attention_plan *plan, int backward);

heed_real heed__chain(int64_t n, const heed_real *x, const heed_real *y);
void heed__chain_add(int64_t n, heed_real a, const heed_real *x, heed_real *y);

/* Query i prepared for the score, in room or as it is. */
const heed_real *heed__reference_query(const heed__run *run, const heed__place *place, int64_t i,
                                       heed_real *room);

/* The block of `count` keys from `first`, prepared. */
heed__keys heed__reference_keys(const heed__run *run, const heed__place *place, int64_t first,
                                int64_t count, heed_real *room);

void heed__reference_scores(const heed__run *run, int64_t head, const heed_real *q,
                            const heed__keys *keys, heed_real *s, heed_real *room);

size_t heed__reference_backward_workspace(const heed_attention_plan *plan);

/* Which keys of a block query i sees: *visible NULL = all. Returns 0 where it sees none. */
int heed__reference_look(const heed__stage *stage, int64_t i, int64_t key, int64_t keys,
                         unsigned char *room, const unsigned char **visible);

void heed__reference_backward(const heed__run *run, heed_real *workspace);

#endif
