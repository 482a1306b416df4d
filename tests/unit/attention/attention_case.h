/* SPDX-License-Identifier: MIT */
/*
 * A problem for the attention operator: values that depend on (sequence, row, head, element) only,
 * so that it can be laid out packed or padded, alone or among others, and run forward and backward.
 *
 * Canonical order of every array here: sequence, row, head, element.
 */
#ifndef HEED_TESTS_ATTENTION_CASE_H
#define HEED_TESTS_ATTENTION_CASE_H

#include "attention/dropout.h"
#include "attention/plan.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CASE_SEQUENCES = 8 };

typedef struct problem {
    int64_t sequences, heads, key_heads, size, value_size;
    int64_t tq[CASE_SEQUENCES], tk[CASE_SEQUENCES];
    const char *score; /* NULL = scaled_dot */
    heed_real scale;
    int causal;
    const int64_t *offset; /* one a sequence, or NULL */
    double dropout;
    int padded;       /* layout */
    int slots;        /* layout: later sequences first, a hole after each, found by starts */
    int shared_query; /* padded, tq all equal: sequence_stride 0, values of sequence 0 */
    uint64_t first_id;
    uint64_t data_seed;
    /* canonical values, made by problem_fill */
    heed_real *q, *k, *v, *w, *d_o, *d_lse;
    /* canonical results */
    heed_real *o, *lse, *dq, *dk, *dv, *dw;
} problem;

static inline int64_t rows_of(const int64_t *t, int64_t n)
{
    int64_t sum = 0;
    for (int64_t s = 0; s < n; s++) sum += t[s];
    return sum;
}

static inline int64_t longest_of(const int64_t *t, int64_t n)
{
    int64_t most = 0;
    for (int64_t s = 0; s < n; s++) most = t[s] > most ? t[s] : most;
    return most;
}

static inline heed_real *reals(int64_t n)
{
    heed_real *x = NULL;
    check_ok(heed__alloc((size_t)n + 16, sizeof *x, "a test array", &x));
    return x;
}

/* Uniform in (-1, 1), by place. */
static inline heed_real value_at(uint64_t seed, uint32_t what, int64_t s, int64_t i, int64_t h,
                                 int64_t d)
{
    uint32_t key[2] = {(uint32_t)seed, what}, out[4];
    uint32_t counter[4] = {(uint32_t)s, (uint32_t)i, (uint32_t)h, (uint32_t)d};
    heed__philox(key, counter, out);
    return (heed_real)((double)(out[0] >> 8) * 0x1p-23 - 1);
}

static inline heed_real *values(const problem *p, uint32_t what, const int64_t *t, int64_t heads,
                                int64_t width)
{
    heed_real *x = reals(rows_of(t, p->sequences) * heads * width), *at = x;
    for (int64_t s = 0; s < p->sequences; s++)
        for (int64_t i = 0; i < t[s]; i++)
            for (int64_t h = 0; h < heads; h++)
                for (int64_t d = 0; d < width; d++)
                    *at++ = value_at(p->data_seed, what,
                                     p->shared_query && what == 1 ? 0 : s + (int64_t)p->first_id, i,
                                     h, d);
    return x;
}

static inline void problem_fill(problem *p)
{
    if (!p->heads) p->heads = 1;
    if (!p->key_heads) p->key_heads = p->heads;
    if (!p->value_size) p->value_size = p->size;
    int64_t nq = rows_of(p->tq, p->sequences) * p->heads;
    int64_t nk = rows_of(p->tk, p->sequences) * p->key_heads;
    p->q = values(p, 1, p->tq, p->heads, p->size);
    p->k = values(p, 2, p->tk, p->key_heads, p->size);
    p->v = values(p, 3, p->tk, p->key_heads, p->value_size);
    p->d_o = values(p, 4, p->tq, p->heads, p->value_size);
    p->d_lse = values(p, 5, p->tq, p->heads, 1);
    p->w = reals(p->heads * p->size);
    for (int64_t h = 0; h < p->heads; h++)
        for (int64_t d = 0; d < p->size; d++)
            p->w[h * p->size + d] = value_at(p->data_seed, 6, 0, 0, h, d);
    p->o = reals(nq * p->value_size);
    p->lse = reals(nq);
    p->dq = reals(nq * p->size);
    p->dk = reals(nk * p->size);
    p->dv = reals(nk * p->value_size);
    p->dw = reals(p->heads * p->size);
}

static inline void problem_free(problem *p)
{
    heed_real *all[] = {p->q, p->k,   p->v,  p->w,  p->d_o, p->d_lse,
                        p->o, p->lse, p->dq, p->dk, p->dv,  p->dw};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) heed__free(all[i]);
}

/* An array in the problem's layout. */
typedef struct laid {
    heed_real *data;
    int64_t count, sequence_stride, row_stride, head_stride;
} laid;

/* The first row of a sequence where p->slots. */
static inline int64_t slot_of(const problem *p, const int64_t *t, int64_t s)
{
    return 2 + rows_of(t + s + 1, p->sequences - s - 1) + p->sequences - s - 1;
}

static inline int64_t place_in(const problem *p, const laid *x, const int64_t *t, int64_t s,
                               int64_t i, int64_t h)
{
    int64_t row = p->slots ? slot_of(p, t, s) : p->padded ? 0 : rows_of(t, s);
    return s * x->sequence_stride + (row + i) * x->row_stride + h * x->head_stride;
}

static inline void copy_laid(const problem *p, laid *x, const int64_t *t, int64_t heads,
                             int64_t width, heed_real *canonical, int back)
{
    for (int64_t s = 0; s < p->sequences; s++)
        for (int64_t i = 0; i < t[s]; i++)
            for (int64_t h = 0; h < heads; h++)
                for (int64_t d = 0; d < width; d++) {
                    heed_real *there = x->data + place_in(p, x, t, s, i, h) + d;
                    if (back)
                        *canonical++ = *there;
                    else
                        *there = *canonical++;
                }
}

/* Padding holds `fill`; canonical NULL = zeros among it. */
static inline laid lay(const problem *p, const int64_t *t, int64_t heads, int64_t width,
                       heed_real *canonical, heed_real fill)
{
    int64_t longest = longest_of(t, p->sequences);
    laid x = {.row_stride = heads * width, .head_stride = width};
    x.count = rows_of(t, p->sequences) * heads * width;
    if (p->slots) x.count += (p->sequences + 2) * heads * width;
    if (p->padded) {
        x = (laid){.sequence_stride = heads * longest * width,
                   .row_stride = width,
                   .head_stride = longest * width};
        x.count = p->sequences * heads * longest * width;
    }
    x.data = reals(x.count);
    heed_real *zeros = canonical ? NULL : reals(rows_of(t, p->sequences) * heads * width);
    for (int64_t i = 0; i < x.count; i++) x.data[i] = fill;
    copy_laid(p, &x, t, heads, width, canonical ? canonical : zeros, 0);
    heed__free(zeros);
    return x;
}

static inline heed_attention_input in_of(laid x)
{
    return (heed_attention_input){x.data, x.sequence_stride, x.row_stride, x.head_stride};
}

static inline heed_attention_output out_of(laid x)
{
    return (heed_attention_output){x.data, x.sequence_stride, x.row_stride, x.head_stride};
}

/* All that a call needs, in the problem's layout. */
typedef struct setup {
    heed_attention_plan *plan;
    heed_attention_batch batch;
    heed_attention_forward_tensors forward;
    heed_attention_backward_tensors backward;
    const heed_real *parameters[1];
    heed_real *d_parameters[1];
    int64_t q_offsets[CASE_SEQUENCES + 1], k_offsets[CASE_SEQUENCES + 1];
    int64_t q_starts[CASE_SEQUENCES], k_starts[CASE_SEQUENCES];
    uint64_t ids[CASE_SEQUENCES];
    laid q, k, v, o, lse, d_o, d_lse, dq, dk, dv;
    heed_real *workspace;
    heed_attention_sizes sizes;
} setup;

/* What a row is compared with where it must not have been written. */
static const heed_real untouched = (heed_real)12345;

static inline void setup_plan(const problem *p, setup *x, heed_context *context,
                              const heed__kernels *kernels, const char *engine)
{
    heed_attention_scaled_dot scaled = {{sizeof scaled, "scaled_dot"}, p->scale};
    heed_attention_part named = {sizeof named, p->score}, causal = {sizeof causal, "causal"};
    heed_attention_options options = {.size = sizeof options,
                                      .heads = p->heads,
                                      .key_heads = p->key_heads,
                                      .head_size = p->size,
                                      .value_size = p->value_size,
                                      .score = p->score ? &named : &scaled.part,
                                      .mask = p->causal ? &causal : NULL,
                                      .dropout = p->dropout,
                                      .engine = engine};
    heed_attention_capacity room = {.size = sizeof room,
                                    .sequences = p->sequences,
                                    .longest_query = longest_of(p->tq, p->sequences),
                                    .longest_key = longest_of(p->tk, p->sequences)};
    check_ok(heed__attention_plan_create_on(context, kernels, &options, &room, &x->plan));
    x->sizes.size = sizeof x->sizes;
    check_ok(heed_attention_plan_sizes(x->plan, &x->sizes));
    size_t most = x->sizes.forward > x->sizes.backward ? x->sizes.forward : x->sizes.backward;
    if (x->sizes.inspect > most) most = x->sizes.inspect;
    x->workspace = reals((int64_t)most);
    for (size_t i = 0; i < most; i++)
        x->workspace[i] = (heed_real)NAN; /* content must not matter */
}

static inline void setup_batch(const problem *p, setup *x)
{
    int64_t n = p->sequences;
    x->batch = (heed_attention_batch){.size = sizeof x->batch,
                                      .sequences = n,
                                      .query_offset = p->offset,
                                      .query_offset_count = p->offset ? n : 0,
                                      .seed = 99,
                                      .step = 7,
                                      .layer = 3,
                                      .sequence_ids = x->ids};
    for (int64_t s = 0; s <= n; s++) {
        x->q_offsets[s] = rows_of(p->tq, s);
        x->k_offsets[s] = rows_of(p->tk, s);
    }
    for (int64_t s = 0; s < n; s++) {
        x->ids[s] = p->first_id + (uint64_t)s;
        x->q_starts[s] = slot_of(p, p->tq, s);
        x->k_starts[s] = slot_of(p, p->tk, s);
    }
    if (p->padded || p->slots) {
        const int64_t *q_starts = p->slots ? x->q_starts : NULL;
        const int64_t *k_starts = p->slots ? x->k_starts : NULL;
        x->batch.queries = (heed_attention_rows){NULL, p->tq, longest_of(p->tq, n), q_starts};
        x->batch.keys = (heed_attention_rows){NULL, p->tk, longest_of(p->tk, n), k_starts};
    } else {
        x->batch.queries.offsets = x->q_offsets;
        x->batch.keys.offsets = x->k_offsets;
    }
}

static inline void setup_arrays(problem *p, setup *x)
{
    const heed_real nan = (heed_real)NAN;
    x->q = lay(p, p->tq, p->heads, p->size, p->q, nan);
    if (p->shared_query) x->q.sequence_stride = 0;
    x->k = lay(p, p->tk, p->key_heads, p->size, p->k, nan);
    x->v = lay(p, p->tk, p->key_heads, p->value_size, p->v, nan);
    x->d_o = lay(p, p->tq, p->heads, p->value_size, p->d_o, nan);
    x->d_lse = lay(p, p->tq, p->heads, 1, p->d_lse, nan);
    x->o = lay(p, p->tq, p->heads, p->value_size, p->o, untouched);
    x->lse = lay(p, p->tq, p->heads, 1, p->lse, untouched);
    x->dq = lay(p, p->tq, p->heads, p->size, NULL, untouched);
    x->dk = lay(p, p->tk, p->key_heads, p->size, NULL, untouched);
    x->dv = lay(p, p->tk, p->key_heads, p->value_size, NULL, untouched);
    memset(p->dw, 0, (size_t)(p->heads * p->size) * sizeof *p->dw);
    x->parameters[0] = p->w;
    x->d_parameters[0] = p->dw;
    x->forward = (heed_attention_forward_tensors){.size = sizeof x->forward,
                                                  .q = in_of(x->q),
                                                  .k = in_of(x->k),
                                                  .v = in_of(x->v),
                                                  .o = out_of(x->o),
                                                  .lse = out_of(x->lse),
                                                  .parameters = x->parameters};
    x->backward = (heed_attention_backward_tensors){.size = sizeof x->backward,
                                                    .q = in_of(x->q),
                                                    .k = in_of(x->k),
                                                    .v = in_of(x->v),
                                                    .o = in_of(x->o),
                                                    .lse = in_of(x->lse),
                                                    .d_o = in_of(x->d_o),
                                                    .d_lse = in_of(x->d_lse),
                                                    .parameters = x->parameters,
                                                    .dq = out_of(x->dq),
                                                    .dk = out_of(x->dk),
                                                    .dv = out_of(x->dv),
                                                    .d_parameters = x->d_parameters};
}

static inline void setup_make(problem *p, setup *x, heed_context *context,
                              const heed__kernels *kernels, const char *engine)
{
    memset(x, 0, sizeof *x);
    setup_plan(p, x, context, kernels ? kernels : heed__kernels_best(), engine);
    setup_batch(p, x);
    setup_arrays(p, x);
}

static inline void setup_free(setup *x)
{
    heed_real *all[] = {x->q.data,     x->k.data,  x->v.data,  x->o.data,  x->lse.data, x->d_o.data,
                        x->d_lse.data, x->dq.data, x->dk.data, x->dv.data, x->workspace};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) heed__free(all[i]);
    heed_attention_plan_destroy(&x->plan);
}

/* Forward and backward; results to the canonical arrays. */
static inline void setup_run(problem *p, setup *x)
{
    uint64_t before = heed__alloc_count();
    check_ok(heed_attention_forward(x->plan, &x->batch, &x->forward, x->workspace));
    check_ok(heed_attention_backward(x->plan, &x->batch, &x->backward, x->workspace));
    assert_int_equal(heed__alloc_count(), before);
    copy_laid(p, &x->o, p->tq, p->heads, p->value_size, p->o, 1);
    copy_laid(p, &x->lse, p->tq, p->heads, 1, p->lse, 1);
    copy_laid(p, &x->dq, p->tq, p->heads, p->size, p->dq, 1);
    copy_laid(p, &x->dk, p->tk, p->key_heads, p->size, p->dk, 1);
    copy_laid(p, &x->dv, p->tk, p->key_heads, p->value_size, p->dv, 1);
}

static inline void problem_run(problem *p, heed_context *context, const heed__kernels *kernels,
                               const char *engine)
{
    setup x;
    setup_make(p, &x, context, kernels, engine);
    setup_run(p, &x);
    setup_free(&x);
}

#endif
