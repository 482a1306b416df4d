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
} heed__attender;

void heed__attender_clear(heed__attender *attender);

/* Inputs: q, k, v (which may be one value three times), then the score's parameters, if any.
 * Output [query rows, H * Dv]. Saved: log-sum-exp [query rows, H]. */
typedef struct heed__attend {
    heed__attender *attender;
    const heed__ragged *queries; /* NULL: one query a sequence, row s of q, or its only row */
    const heed__ragged *keys;
    int64_t q_column, k_column, v_column; /* where the heads begin in a row */
} heed__attend;

extern const heed__op heed__op_attend;

/* The operator's view of a recorded call, for looking at weights after a run. */
heed_attention_batch heed__attend_batch(const heed__attend *attend);
heed_attention_input heed__attend_input(const heed_real *data, int64_t rows, int64_t cols,
                                        int64_t column, int64_t head_size, int per_sequence);

#endif
