/* SPDX-License-Identifier: MIT */
/*
 * One use of the operator, named by the text of its mechanisms: ragged sequences, packed; every
 * array that it reads or writes is in one list, so that tests need not know which there are.
 */
#ifndef HEED_TESTS_MECHANISM_TRIAL_H
#define HEED_TESTS_MECHANISM_TRIAL_H

#include "attention/plan.h"
#include "base/memory.h"
#include "base/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIAL_SEQUENCES = 4, TRIAL_STAGES = 4, TRIAL_ARRAYS = 3 + HEED_SLOTS + HEED_EXTRAS };

typedef struct trial {
    const char *score, *normaliser, *mask, *position, *stages[TRIAL_STAGES];
    int64_t heads, key_heads, size, value_size; /* 0 = 4, heads, 4, size */
    int64_t sequences, tq[TRIAL_SEQUENCES], tk[TRIAL_SEQUENCES];
    const int64_t *offset; /* one a sequence */
    double dropout;
    double low, high; /* arrays with one number a query lie in there; 0, 0 = -1 to 1 */
    int rough;        /* not differentiable in its scores by finite differences */
} trial;

/* A real array that is read, and its gradient. */
typedef struct trial_array {
    char name[64];
    heed_real *data, *gradient;
    int64_t count;
} trial_array;

typedef struct trial_run {
    trial t;
    heed_attention_spec *spec[4 + TRIAL_STAGES];
    heed_attention_plan *plan;
    heed_attention_sizes sizes;
    heed_attention_batch batch;
    heed_attention_forward_tensors forward;
    heed_attention_backward_tensors backward;
    trial_array arrays[TRIAL_ARRAYS]; /* q, k, v, parameters, extras of reals */
    int count;
    heed_attention_extra extras[HEED_EXTRAS];
    void *extra_data[HEED_EXTRAS];
    const heed_real *parameters[HEED_SLOTS];
    heed_real *d_parameters[HEED_SLOTS];
    int64_t q_offsets[TRIAL_SEQUENCES + 1], k_offsets[TRIAL_SEQUENCES + 1];
    heed_real *o, *lse, *d_o, *d_lse, *workspace;
    int64_t o_count, lse_count;
} trial_run;

static inline heed_real *trial_reals(int64_t n)
{
    heed_real *x = NULL;
    check_ok(heed__alloc((size_t)n + 16, sizeof *x, "a test array", &x));
    return x;
}

/* Numbers from a key and a counter. */
typedef struct dice {
    uint32_t key[2], counter[4];
} dice;

static inline int64_t roll(dice *d, int64_t sides)
{
    uint32_t out[4];
    d->counter[0]++;
    heed__philox(d->key, d->counter, out);
    return (int64_t)(out[0] % (uint32_t)sides);
}

/* Uniform in [low, high), by place. */
static inline void trial_fill(heed_real *x, int64_t n, uint32_t what, double low, double high)
{
    for (int64_t i = 0; i < n; i++) {
        uint32_t key[2] = {77, what}, counter[4] = {(uint32_t)i, 0, 0, 0}, out[4];
        heed__philox(key, counter, out);
        x[i] = (heed_real)(low + (high - low) * ((double)(out[0] >> 8) * 0x1p-24));
    }
}

static inline void trial_add(trial_run *r, const char *name, int64_t n, double low, double high)
{
    trial_array *a = &r->arrays[r->count];
    snprintf(a->name, sizeof a->name, "%s", name);
    a->data = trial_reals(n);
    a->gradient = trial_reals(n);
    a->count = n;
    trial_fill(a->data, n, (uint32_t)r->count++, low, high);
}

/* Stage "user" of the trials: s + a s / (1 + s^2) + b (position - key) / 8, [a, b] learned. */
static inline void trial_user_forward(void *user, const heed_attention_user_row *row, heed_real *s)
{
    const heed_real *p = row->parameter;
    (void)user;
    for (int64_t t = 0; t < row->keys; t++)
        s[t] +=
            p[0] * s[t] / (1 + s[t] * s[t]) + p[1] * (heed_real)(row->position - row->key - t) / 8;
}

static inline void trial_user_backward(void *user, const heed_attention_user_row *row,
                                       const heed_real *s, heed_real *d)
{
    (void)user;
    for (int64_t t = 0; t < row->keys; t++) {
        heed_real below = 1 + s[t] * s[t], x = (heed_real)(row->position - row->key - t) / 8;
        if (d[t] == 0) continue;
        if (row->gradient) {
            row->gradient[0] += d[t] * s[t] / below;
            row->gradient[1] += d[t] * x;
        }
        d[t] *= 1 + row->parameter[0] * (1 - s[t] * s[t]) / (below * below);
    }
}

static const heed_attention_user trial_user = {.part = {sizeof trial_user, "user"},
                                               .forward = trial_user_forward,
                                               .backward = trial_user_backward,
                                               .columns = 2,
                                               .uses_positions = 1};

static inline const heed_attention_part *trial_part(trial_run *r, int index, const char *table,
                                                    const char *text)
{
    if (text && strcmp(text, "user") == 0) return &trial_user.part;
    if (text) check_ok(heed_attention_spec_parse(table, text, &r->spec[index]));
    return heed_attention_spec_part(r->spec[index]);
}

static inline int64_t trial_longest(const int64_t *t, int64_t n)
{
    int64_t most = 0;
    for (int64_t s = 0; s < n; s++) most = t[s] > most ? t[s] : most;
    return most;
}

/* Makes the plan; HEED_E_UNSUPPORTED where the engine cannot. */
static inline heed_status trial_plan(trial_run *r, heed_context *context,
                                     const heed__kernels *kernels, const char *engine)
{
    const trial *t = &r->t;
    const heed_attention_part *stages[TRIAL_STAGES];
    heed_attention_options o = {.size = sizeof o,
                                .heads = t->heads,
                                .key_heads = t->key_heads,
                                .head_size = t->size,
                                .value_size = t->value_size,
                                .score = trial_part(r, 0, "score", t->score),
                                .normaliser = trial_part(r, 1, "normaliser", t->normaliser),
                                .mask = trial_part(r, 2, "mask", t->mask),
                                .position = trial_part(r, 3, "position", t->position),
                                .stages = stages,
                                .dropout = t->dropout,
                                .engine = engine};
    for (; o.stage_count < TRIAL_STAGES && t->stages[o.stage_count]; o.stage_count++)
        stages[o.stage_count] =
            trial_part(r, 4 + (int)o.stage_count, "stage", t->stages[o.stage_count]);
    heed_attention_capacity room = {.size = sizeof room,
                                    .sequences = t->sequences,
                                    .longest_query = trial_longest(t->tq, t->sequences),
                                    .longest_key = trial_longest(t->tk, t->sequences)};
    heed_status status = heed__attention_plan_create_on(
        context, kernels ? kernels : heed__kernels_best(), &o, &room, &r->plan);
    for (int i = 0; i < 4 + TRIAL_STAGES; i++) heed_attention_spec_destroy(&r->spec[i]);
    return status;
}

static inline void trial_parameters(trial_run *r)
{
    heed_attention_parameter p;
    for (size_t i = 0; heed_attention_plan_parameter(r->plan, i, &p); i++) {
        trial_add(r, p.name, p.rows * p.columns, -0.9, 0.9);
        r->parameters[i] = r->arrays[r->count - 1].data;
        r->d_parameters[i] = r->arrays[r->count - 1].gradient;
    }
}

/* Documents of three tokens; pairs are one matrix a head, the same for all sequences; of flags,
 * every fifth is 0, and all of query 1. */
static inline void trial_extras(trial_run *r)
{
    const trial *t = &r->t;
    heed_attention_extra_info info;
    int64_t rows[2] = {r->q_offsets[t->sequences], r->k_offsets[t->sequences]};
    int64_t tq = trial_longest(t->tq, t->sequences), tk = trial_longest(t->tk, t->sequences);
    for (size_t e = 0; heed_attention_plan_extra(r->plan, e, &info); e++) {
        heed_attention_extra *x = &r->extras[e];
        int64_t pairs = t->heads * tq * tk, n = rows[info.kind == HEED_ATTENTION_KEY_IDS];
        if (info.kind == HEED_ATTENTION_QUERY_REALS || info.kind == HEED_ATTENTION_PAIR_REALS) {
            int by_row = info.kind == HEED_ATTENTION_QUERY_REALS;
            int given = by_row && t->high > t->low;
            trial_add(r, info.name, by_row ? n * t->heads : pairs, given ? t->low : -1,
                      given ? t->high : 1);
            x->data = r->arrays[r->count - 1].data;
            x->gradient = info.backward_only ? NULL : r->arrays[r->count - 1].gradient;
            x->row_stride = by_row ? t->heads : tk;
            x->head_stride = by_row ? 1 : tq * tk;
            continue;
        }
        r->extra_data[e] = calloc((size_t)(pairs + n) + 1, sizeof(int64_t));
        x->data = r->extra_data[e];
        x->row_stride = 1;
        if (info.kind == HEED_ATTENTION_PAIR_FLAGS) {
            x->row_stride = tk;
            x->head_stride = tq * tk;
            for (int64_t i = 0; i < pairs; i++)
                ((unsigned char *)r->extra_data[e])[i] = i % 5 != 0 && i / tk % tq != 1;
            continue;
        }
        const int64_t *offsets = info.kind == HEED_ATTENTION_KEY_IDS ? r->k_offsets : r->q_offsets;
        for (int64_t s = 0; s < t->sequences; s++)
            for (int64_t i = offsets[s]; i < offsets[s + 1]; i++)
                ((int64_t *)r->extra_data[e])[i] = (i - offsets[s]) / 3;
    }
}

static inline void trial_tensors(trial_run *r)
{
    const trial *t = &r->t;
    int64_t h = t->heads, g = t->key_heads, d = t->size, dv = t->value_size;
    const heed_real *q = r->arrays[0].data, *k = r->arrays[1].data, *v = r->arrays[2].data;
    r->batch = (heed_attention_batch){.size = sizeof r->batch,
                                      .sequences = t->sequences,
                                      .queries = {.offsets = r->q_offsets},
                                      .keys = {.offsets = r->k_offsets},
                                      .query_offset = t->offset,
                                      .query_offset_count = t->offset ? t->sequences : 0,
                                      .seed = 99,
                                      .step = 7,
                                      .layer = 3,
                                      .extras = r->extras,
                                      .extra_count = r->sizes.extras};
    r->forward = (heed_attention_forward_tensors){.size = sizeof r->forward,
                                                  .q = {q, 0, h * d, d},
                                                  .k = {k, 0, g * d, d},
                                                  .v = {v, 0, g * dv, dv},
                                                  .o = {r->o, 0, h * dv, dv},
                                                  .lse = {r->lse, 0, h, 1},
                                                  .parameters = r->parameters};
    r->backward = (heed_attention_backward_tensors){
        .size = sizeof r->backward,
        .q = r->forward.q,
        .k = r->forward.k,
        .v = r->forward.v,
        .o = {r->o, 0, h * dv, dv},
        .lse = {r->lse, 0, h, 1},
        .d_o = {r->d_o, 0, h * dv, dv},
        .d_lse = {r->plan->normaliser->lse_gradient ? r->d_lse : NULL, 0, h, 1},
        .parameters = r->parameters,
        .dq = {r->arrays[0].gradient, 0, h * d, d},
        .dk = {r->arrays[1].gradient, 0, g * d, d},
        .dv = {r->arrays[2].gradient, 0, g * dv, dv},
        .d_parameters = r->d_parameters};
}

/* Everything but running. Returns 0 where the engine cannot do it. */
static inline int trial_make(trial_run *r, const trial *given, heed_context *context,
                             const heed__kernels *kernels, const char *engine)
{
    memset(r, 0, sizeof *r);
    r->t = *given;
    trial *t = &r->t;
    if (!t->heads) t->heads = 4;
    if (!t->key_heads) t->key_heads = t->heads;
    if (!t->size) t->size = 4;
    if (!t->value_size) t->value_size = t->size;
    heed_status status = trial_plan(r, context, kernels, engine);
    if (status == HEED_E_UNSUPPORTED) return 0;
    check_ok(status);
    for (int64_t s = 0; s < t->sequences; s++) {
        r->q_offsets[s + 1] = r->q_offsets[s] + t->tq[s];
        r->k_offsets[s + 1] = r->k_offsets[s] + t->tk[s];
    }
    int64_t nq = r->q_offsets[t->sequences], nk = r->k_offsets[t->sequences];
    trial_add(r, "q", nq * t->heads * t->size, -1.5, 1.5);
    trial_add(r, "k", nk * t->key_heads * t->size, -1.5, 1.5);
    trial_add(r, "v", nk * t->key_heads * t->value_size, -1, 1);
    trial_parameters(r);
    trial_extras(r);
    r->sizes.size = sizeof r->sizes;
    check_ok(heed_attention_plan_sizes(r->plan, &r->sizes));
    r->o_count = nq * t->heads * t->value_size;
    r->lse_count = nq * t->heads;
    r->o = trial_reals(r->o_count);
    r->d_o = trial_reals(r->o_count);
    r->lse = trial_reals(r->lse_count);
    r->d_lse = trial_reals(r->lse_count);
    trial_fill(r->d_o, r->o_count, 1000, -1, 1);
    trial_fill(r->d_lse, r->lse_count, 1001, -1, 1);
    size_t most = r->sizes.forward > r->sizes.backward ? r->sizes.forward : r->sizes.backward;
    if (r->sizes.inspect > most) most = r->sizes.inspect;
    r->workspace = trial_reals((int64_t)most);
    for (size_t i = 0; i < most; i++) r->workspace[i] = (heed_real)NAN; /* must not matter */
    trial_tensors(r);
    return 1;
}

static inline void trial_forward(trial_run *r)
{
    check_ok(heed_attention_forward(r->plan, &r->batch, &r->forward, r->workspace));
}

static inline void trial_backward(trial_run *r)
{
    for (int a = 0; a < r->count; a++)
        memset(r->arrays[a].gradient, 0, (size_t)r->arrays[a].count * sizeof(heed_real));
    check_ok(heed_attention_backward(r->plan, &r->batch, &r->backward, r->workspace));
}

static inline void trial_free(trial_run *r)
{
    for (int a = 0; a < r->count; a++) {
        heed__free(r->arrays[a].data);
        heed__free(r->arrays[a].gradient);
    }
    for (int e = 0; e < HEED_EXTRAS; e++) free(r->extra_data[e]);
    heed__free(r->o), heed__free(r->lse), heed__free(r->d_o), heed__free(r->d_lse);
    heed__free(r->workspace);
    heed_attention_plan_destroy(&r->plan);
}

/* "softmax, causal, ..." */
static inline void trial_name(const trial *t, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "score %s, normaliser %s, mask %s, position %s",
                                   t->score ? t->score : "-", t->normaliser ? t->normaliser : "-",
                                   t->mask ? t->mask : "-", t->position ? t->position : "-");
    for (int s = 0; s < TRIAL_STAGES && t->stages[s] && used < size; s++)
        used += (size_t)snprintf(out + used, size - used, ", stage %s", t->stages[s]);
}

static inline void trial_say(const trial *t, const char *who, const char *what, const char *more)
{
    char name[512];
    trial_name(t, name, sizeof name);
    fail_msg("%s, %s: %s%s", name, who, what, more);
}

/* Equal bits, but a NaN is a NaN. */
static inline int trial_same(const heed_real *x, const heed_real *y, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (memcmp(&x[i], &y[i], sizeof *x) != 0 && !(isnan(x[i]) && isnan(y[i]))) return 0;
    return 1;
}

/* All that x has written, and y. */
static inline void trial_compare(const trial_run *x, const trial_run *y, const char *who)
{
    if (!trial_same(x->o, y->o, x->o_count)) trial_say(&x->t, who, "o has other bits", "");
    if (!trial_same(x->lse, y->lse, x->lse_count)) trial_say(&x->t, who, "lse has other bits", "");
    for (int a = 0; a < x->count; a++)
        if (!trial_same(x->arrays[a].gradient, y->arrays[a].gradient, x->arrays[a].count))
            trial_say(&x->t, who, "other bits has the gradient of ", x->arrays[a].name);
}

#endif
