/* SPDX-License-Identifier: MIT */
/*
 * The order in which ragged targets are walked step by step: targets stand longest first, so that
 * those still alive at a step are the first ones, and the sources of those are the first rows of
 * the memory, once it stands in the same order.
 */
#ifndef HEED_MODEL_UNROLL_H
#define HEED_MODEL_UNROLL_H

#include "tensor/ragged.h"

#include "heed/status.h"

#include <stddef.h>

/* All arrays belong to it and last until the next fill. Zero it before; end with clear. Filled from
 * ragged batches without offsets (planning), sizes are upper bounds and arrays hold nothing. */
typedef struct heed__unroll {
    int64_t steps;      /* the longest target */
    int64_t *alive;     /* [steps] targets longer than the step */
    int64_t *first;     /* [steps + 1] rows before a step, all steps' rows one after another */
    int64_t *forth;     /* [first[steps]] which target row each of those is */
    int64_t *back;      /* [target rows] which of those each target row is */
    int64_t *prefix;    /* [targets] 0, 1, 2, ... */
    int64_t *ids;       /* [targets] in the order of walking */
    int64_t *sentences; /* [targets] which target stands at each place: longest first */
    int64_t *memory;    /* [memory rows] which row of the memory each is, in the order of walking */
    int64_t *first_rows; /* [targets] first and last row of each source, where the memory is; */
    int64_t *last_rows;  /* -1 where there is none */
    int64_t *offsets;    /* [targets + 1] of the sources, in the order of walking */
    heed__ragged *views; /* [steps] sources of the targets alive, in the order of walking */
    heed__ragged whole;  /* all sources, in the order of walking */
    void *block;
    size_t capacity;
    /* What pairs fills: each target row with each row of its source. */
    heed__ragged pairs;   /* a sequence a target row */
    int64_t *pair_starts; /* [target rows] where its source begins in the memory as it was given */
    int64_t *pair_back;   /* [pairs.rows] which of the pairs of all steps, one after another */
    void *pair_block;
    size_t pair_capacity;
} heed__unroll;

/* memory NULL: no sources. Errors HEED_E_INVALID (another number of sources), HEED_E_NOMEM. */
heed_status heed__unroll_fill(heed__unroll *unroll, const heed__ragged *targets,
                              const heed__ragged *memory);
/* After fill, with the same batches. */
heed_status heed__unroll_pairs(heed__unroll *unroll, const heed__ragged *targets,
                               const heed__ragged *memory);
void heed__unroll_clear(heed__unroll *unroll);

#endif
