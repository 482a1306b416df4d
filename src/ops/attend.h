/* SPDX-License-Identifier: MIT */
/* The attention operator on the tape. A layer owns an heed__attender, which keeps its plan. */
#ifndef HEED_OPS_ATTEND_H
#define HEED_OPS_ATTEND_H

#include "autograd/op.h"
#include "heed/attention.h"
#include "tensor/ragged.h"

/* The descriptor and the plan made for the largest batch so far. Zero it, set options, and end with
 * heed__attender_clear. */
typedef struct heed__attender {
    heed_attention_options options;
    heed_attention_capacity capacity;
    heed_attention_plan *plan;
    /* For mechanisms that learn from what a sequence costs (REINFORCE), else NULL: its share of the
     * loss, [capacity.sequences], to be there before backward; op cross_entropy leaves it (each).
     * The advantage is that less the mean of the others. */
    heed_real *costs;
} heed__attender;

void heed__attender_clear(heed__attender *attender);

/* Keys and values that lie in a cache, for inference: sequence s reads rows starts[s] to starts[s]
 * + lengths[s] - 1 of k and v, where several sequences may read the same rows. */
typedef struct heed__slots {
    int64_t n;             /* sequences */
    int64_t rows, longest; /* at least those of this batch; give the most that will come */
    /* [n] each; NULL in a batch that only stands for the largest one. */
    const int64_t *starts, *lengths;
    const int64_t
        *query_offset; /* the key position of each sequence's first query, for masks that
                          go by position (decoding: its length - its queries); else NULL */
} heed__slots;

/* Inputs: q, k, v (which may be one value three times), then the plan's learned arrays, then those
 * that have one number for each query and head (all that it may read of a batch, save advantages).
 * Output [query rows, H * Dv]. Saved: log-sum-exp [query rows, H]. */
typedef struct heed__attend {
    heed__attender *attender;
    const heed__ragged *queries; /* NULL: one query a sequence, row s of q, or its only row */
    const heed__ragged *keys;    /* the first rows of k and v: there may be more */
    int64_t q_column, k_column, v_column; /* where the heads begin in a row */
    const heed__slots *slots; /* in the place of keys, which is NULL then; no backward */
    int64_t position; /* without slots: the key at which the first query of a sequence stands */
} heed__attend;

extern const heed__op heed__op_attend;

/* The most learned arrays and arrays of queries that the operator takes on a tape. */
enum { HEED_ATTEND_MORE = HEED_OP_INPUTS - 3 };

/* The operator's view of a recorded call, for looking at weights after a run; without extras. It
 * points into *attend. */
heed_attention_batch heed__attend_batch(const heed__attend *attend);
/* An array with one number for each query and head, [query rows, heads]. */
heed_attention_extra heed__attend_extra(const heed__attend *attend, const heed_real *data,
                                        heed_real *gradient);
heed_attention_input heed__attend_input(const heed_real *data, int64_t rows, int64_t cols,
                                        int64_t column, int64_t head_size, int per_sequence);

#endif
