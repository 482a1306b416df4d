/* SPDX-License-Identifier: MIT */
/* One call of a plan: its batch and arrays, checked, and where their rows are. */
#ifndef HEED_ATTENTION_RUN_H
#define HEED_ATTENTION_RUN_H

#include "attention/plan.h"

typedef struct heed__run {
    const heed_attention_plan *plan;
    const heed_attention_batch *batch;
    heed__self score, normaliser, position, stage[HEED_STAGES + 1];
    heed_attention_input q, k, v;
    heed_attention_output out, out_lse;      /* forward */
    heed_attention_input o, lse, d_o, d_lse; /* backward; lse also to inspect */
    heed_attention_output dq, dk, dv;        /* backward */
    heed_real *const *d_parameters;          /* NULL = none wanted */
    int drops;                               /* dropout is on in this call */
    int unweighed;                           /* the last so many stages do not weigh */
} heed__run;

/* Rows of one sequence on one side. */
static inline int64_t heed__length(const heed_attention_rows *rows, int64_t sequence)
{
    if (rows->offsets) return rows->offsets[sequence + 1] - rows->offsets[sequence];
    return rows->lengths ? rows->lengths[sequence] : rows->length;
}

static inline int64_t heed__start(const heed_attention_rows *rows, int64_t sequence,
                                  int64_t sequence_stride, int64_t row_stride)
{
    if (rows->offsets) return rows->offsets[sequence] * row_stride;
    if (rows->starts) return rows->starts[sequence] * row_stride;
    return sequence * sequence_stride;
}

/* Row 0 of (sequence, head); NULL where the array is not there. */
static inline const heed_real *heed__read_at(const heed_attention_input *x,
                                             const heed_attention_rows *rows, int64_t sequence,
                                             int64_t head)
{
    if (!x->data) return NULL;
    return x->data + heed__start(rows, sequence, x->sequence_stride, x->row_stride) +
           head * x->head_stride;
}

static inline heed_real *heed__write_at(const heed_attention_output *x,
                                        const heed_attention_rows *rows, int64_t sequence,
                                        int64_t head)
{
    if (!x->data) return NULL;
    return x->data + heed__start(rows, sequence, x->sequence_stride, x->row_stride) +
           head * x->head_stride;
}

heed__place heed__place_of(const heed__run *run, int64_t sequence, int64_t head);

/* The key/value head that a query head reads. */
static inline int64_t heed__key_head(const heed_attention_plan *plan, int64_t head)
{
    return head / (plan->options.heads / plan->options.key_heads);
}

/* The place of the first query head that reads a key head. */
static inline heed__place heed__first_of_group(const heed__run *run, int64_t sequence,
                                               int64_t key_head)
{
    const heed_attention_options *o = &run->plan->options;
    return heed__place_of(run, sequence, key_head * (o->heads / o->key_heads));
}

/* Checks and fills a run; `run` holds plan, batch and arrays already. */
heed_status heed__run_check(heed__run *run, const heed_real *const *parameters);

/* "q" is the name in messages. */
heed_status heed__check_input(const char *name, const heed_attention_input *x,
                              const heed_attention_rows *rows);
heed_status heed__check_output(const char *name, const heed_attention_output *x,
                               const heed_attention_rows *rows, int64_t sequences, int64_t heads);
heed_status heed__check_struct(const char *name, size_t size, size_t wanted);
heed_status heed__check_workspace(const heed_real *workspace, size_t wanted);

#endif
