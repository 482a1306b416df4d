/* SPDX-License-Identifier: MIT */
/* Attention over keys in chunks, merged, beside attention over all of them at once. */
#ifndef HEED_TESTS_MERGE_CASE_H
#define HEED_TESTS_MERGE_CASE_H

#include "base/memory.h"
#include "base/real.h"
#include "heed/attention.h"

#include <math.h>
#include <string.h>

enum {
    CHUNKS = 4,
    MERGE_H = 4,
    MERGE_HKV = 2,
    MERGE_TQ = 7,
    MERGE_TK = 150,
    MERGE_D = 5,
    MERGE_DV = 3
};
static const int64_t chunk_at[CHUNKS + 1] = {0, 64, 70, 70, MERGE_TK}; /* one is empty */

/* Results and gradients, [Tq, H, ...] and [Tk, Hkv, ...]. */
typedef struct merge_result {
    heed_real o[MERGE_TQ * MERGE_H * MERGE_DV], lse[MERGE_TQ * MERGE_H];
    heed_real dq[MERGE_TQ * MERGE_H * MERGE_D];
    heed_real dk[MERGE_TK * MERGE_HKV * MERGE_D], dv[MERGE_TK * MERGE_HKV * MERGE_DV];
} merge_result;

typedef struct merge_case {
    heed_real q[MERGE_TQ * MERGE_H * MERGE_D];
    heed_real k[MERGE_TK * MERGE_HKV * MERGE_D], v[MERGE_TK * MERGE_HKV * MERGE_DV];
    heed_real d_o[MERGE_TQ * MERGE_H * MERGE_DV], d_lse[MERGE_TQ * MERGE_H];
    const char *normaliser;
    heed_real sink[MERGE_H]; /* of normaliser "sink" */
    int64_t offset;          /* of the causal mask */
} merge_case;

static inline void merge_values(heed_real *x, size_t n, double start)
{
    for (size_t i = 0; i < n; i++) x[i] = (heed_real)(1.2 * sin(0.7 * (double)i + start));
}

static inline merge_case merge_case_make(int64_t offset)
{
    merge_case c = {.offset = offset};
    merge_values(c.q, sizeof c.q / sizeof *c.q, 1);
    merge_values(c.k, sizeof c.k / sizeof *c.k, 2);
    merge_values(c.v, sizeof c.v / sizeof *c.v, 3);
    merge_values(c.d_o, sizeof c.d_o / sizeof *c.d_o, 4);
    merge_values(c.d_lse, sizeof c.d_lse / sizeof *c.d_lse, 5);
    merge_values(c.sink, MERGE_H, 6);
    return c;
}

static inline heed_attention_input rows_in(const heed_real *x, int64_t heads, int64_t size)
{
    return (heed_attention_input){x, 0, heads * size, size};
}

static inline heed_attention_output rows_out(heed_real *x, int64_t heads, int64_t size)
{
    return (heed_attention_output){x, 0, heads * size, size};
}

/* Keys first to first + count - 1: forward into r, or backward with d_o and d_lse, added to r. */
static inline void attend_some(const merge_case *c, int64_t first, int64_t count, merge_result *r,
                               const heed_real *d_o, const heed_real *d_lse)
{
    heed_attention_part causal = {sizeof causal, "causal"}, normaliser = {sizeof normaliser, NULL};
    normaliser.name = c->normaliser ? c->normaliser : "softmax";
    heed_attention_options options = {.size = sizeof options,
                                      .heads = MERGE_H,
                                      .key_heads = MERGE_HKV,
                                      .head_size = MERGE_D,
                                      .value_size = MERGE_DV,
                                      .normaliser = &normaliser,
                                      .mask = &causal};
    heed_attention_capacity room = {
        .size = sizeof room, .sequences = 1, .longest_query = MERGE_TQ, .longest_key = MERGE_TK};
    int64_t offset = c->offset - first; /* where query 0 stands among these keys */
    heed_attention_batch batch = {.size = sizeof batch,
                                  .sequences = 1,
                                  .queries = {.length = MERGE_TQ},
                                  .keys = {.length = count},
                                  .query_offset = &offset,
                                  .query_offset_count = 1};
    const heed_real *parameters[] = {c->sink};
    const heed_real *k = c->k + first * MERGE_HKV * MERGE_D;
    const heed_real *v = c->v + first * MERGE_HKV * MERGE_DV;
    heed_attention_plan *plan = NULL;
    heed_attention_sizes sizes = {.size = sizeof sizes};
    heed_real *workspace = NULL;
    check_ok(heed_attention_plan_create(NULL, &options, &room, &plan));
    check_ok(heed_attention_plan_sizes(plan, &sizes));
    check_ok(heed__alloc(sizes.forward + sizes.backward, sizeof *workspace, "room", &workspace));
    heed_attention_forward_tensors forward = {.size = sizeof forward,
                                              .q = rows_in(c->q, MERGE_H, MERGE_D),
                                              .k = rows_in(k, MERGE_HKV, MERGE_D),
                                              .v = rows_in(v, MERGE_HKV, MERGE_DV),
                                              .o = rows_out(r->o, MERGE_H, MERGE_DV),
                                              .lse = rows_out(r->lse, MERGE_H, 1),
                                              .parameters = parameters};
    heed_attention_backward_tensors backward = {
        .size = sizeof backward,
        .q = forward.q,
        .k = forward.k,
        .v = forward.v,
        .o = rows_in(r->o, MERGE_H, MERGE_DV),
        .lse = rows_in(r->lse, MERGE_H, 1),
        .d_o = rows_in(d_o, MERGE_H, MERGE_DV),
        .d_lse = rows_in(d_lse, MERGE_H, 1),
        .parameters = parameters,
        .dq = rows_out(r->dq, MERGE_H, MERGE_D),
        .dk = rows_out(r->dk + first * MERGE_HKV * MERGE_D, MERGE_HKV, MERGE_D),
        .dv = rows_out(r->dv + first * MERGE_HKV * MERGE_DV, MERGE_HKV, MERGE_DV)};
    if (d_o)
        check_ok(heed_attention_backward(plan, &batch, &backward, workspace));
    else
        check_ok(heed_attention_forward(plan, &batch, &forward, workspace));
    heed__free(workspace);
    heed_attention_plan_destroy(&plan);
}

static inline heed_attention_partials partials_of(const merge_result *a, const merge_result *b)
{
    return (heed_attention_partials){
        .size = sizeof(heed_attention_partials),
        .sequences = 1,
        .rows = MERGE_TQ,
        .heads = MERGE_H,
        .value_size = MERGE_DV,
        .o = {rows_in(a->o, MERGE_H, MERGE_DV), rows_in(b->o, MERGE_H, MERGE_DV)},
        .lse = {rows_in(a->lse, MERGE_H, 1), rows_in(b->lse, MERGE_H, 1)}};
}

static inline void merge_two(const merge_result *a, const merge_result *b, merge_result *out)
{
    heed_attention_partials parts = partials_of(a, b);
    heed_attention_output o = rows_out(out->o, MERGE_H, MERGE_DV);
    heed_attention_output lse = rows_out(out->lse, MERGE_H, 1);
    check_ok(heed_attention_merge(NULL, &parts, &o, &lse));
}

#endif
