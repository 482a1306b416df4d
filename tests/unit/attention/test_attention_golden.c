/* SPDX-License-Identifier: MIT */
/* Values from PyTorch (tests/golden/attention.py), for the one-call form and for plans. */
#include "check.h"
#include "golden.h"

#include "base/memory.h"
#include "heed/attention.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* float32 against float64 on sums of up to 70 terms of order 1. */
static const double tolerance = 5e-6;

typedef struct shape {
    const char *name, *score;
    int64_t batch, heads, key_heads, queries, keys, size, value_size;
    int causal;
    const int64_t *lengths;
} shape;

static const int64_t some_keys[] = {2, 6};

static const shape shapes[] = {
    {"plain", NULL, 2, 2, 2, 3, 5, 4, 4, 0, NULL},
    {"causal", NULL, 1, 2, 2, 6, 6, 4, 3, 1, NULL},
    {"grouped", NULL, 1, 4, 2, 3, 70, 2, 2, 0, NULL},
    {"lengths", NULL, 2, 1, 1, 2, 6, 4, 4, 0, some_keys},
    {"additive", "additive", 2, 1, 1, 3, 5, 4, 2, 0, NULL},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static heed_real *values(int which, int64_t n)
{
    heed_real *x = NULL;
    check_ok(heed__alloc((size_t)n, sizeof *x, "values", &x));
    for (int64_t i = 0; i < n && which; i++) x[i] = (heed_real)sin(0.7 * (double)i + which);
    return x;
}

static void expect(const char *name, const char *what, const heed_real *x, int64_t n)
{
    expect_golden("tests/golden/attention.txt", tolerance, name, what, x, n);
}

static void test_one_call(void **state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++) {
        const shape *s = &shapes[i];
        if (s->score) continue;
        int64_t nq = s->batch * s->heads * s->queries, nk = s->batch * s->key_heads * s->keys;
        heed_real *q = values(1, nq * s->size), *k = values(2, nk * s->size);
        heed_real *v = values(3, nk * s->value_size), *o = values(0, nq * s->value_size);
        heed_real *lse = values(0, nq);
        check_ok(heed_attention_padded(
            NULL,
            &(heed_attention_arrays){sizeof(heed_attention_arrays), s->batch, s->heads,
                                     s->key_heads, s->queries, s->keys, s->size, s->value_size, q,
                                     k, v, NULL, s->lengths, s->causal, NULL, o, lse}));
        expect(s->name, "o", o, nq * s->value_size);
        expect(s->name, "lse", lse, nq);
        heed_real *all[] = {q, k, v, o, lse};
        for (int a = 0; a < 5; a++) heed__free(all[a]);
    }
}

static heed_attention_plan *plan_of(const shape *s, const char *engine)
{
    heed_attention_plan *plan = NULL;
    heed_attention_part causal = {sizeof causal, "causal"}, score = {sizeof score, s->score};
    heed_attention_options options = {.size = sizeof options,
                                      .heads = s->heads,
                                      .key_heads = s->key_heads,
                                      .head_size = s->size,
                                      .value_size = s->value_size,
                                      .score = s->score ? &score : NULL,
                                      .mask = s->causal ? &causal : NULL,
                                      .engine = engine};
    heed_attention_capacity room = {.size = sizeof room,
                                    .sequences = s->batch,
                                    .longest_query = s->queries,
                                    .longest_key = s->keys};
    check_ok(heed_attention_plan_create(NULL, &options, &room, &plan));
    return plan;
}

static void check_shape(const shape *s, const char *engine)
{
    int64_t nq = s->batch * s->heads * s->queries, nk = s->batch * s->key_heads * s->keys;
    int64_t d = s->size, dv = s->value_size, hd = s->heads * d;
    heed_real *q = values(1, nq * d), *k = values(2, nk * d), *v = values(3, nk * dv);
    heed_real *d_o = values(4, nq * dv), *w = values(5, hd), *o = values(0, nq * dv);
    heed_real *lse = values(0, nq), *dq = values(0, nq * d), *dk = values(0, nk * d);
    heed_real *d_v = values(0, nk * dv), *dw = values(0, hd), *workspace;
    heed_attention_plan *plan = plan_of(s, engine);
    heed_attention_sizes sizes = {.size = sizeof sizes};
    check_ok(heed_attention_plan_sizes(plan, &sizes));
    workspace = values(0, (int64_t)(sizes.forward + sizes.backward));
    heed_attention_batch batch = {.size = sizeof batch,
                                  .sequences = s->batch,
                                  .queries = {.length = s->queries},
                                  .keys = {.lengths = s->lengths, .length = s->keys}};
    const heed_real *parameters[] = {w};
    heed_real *d_parameters[] = {dw};
    int64_t tq = s->queries, tk = s->keys, h = s->heads, g = s->key_heads;
    heed_attention_forward_tensors forward = {sizeof forward,
                                              {q, h * tq * d, d, tq * d},
                                              {k, g * tk * d, d, tk * d},
                                              {v, g * tk * dv, dv, tk * dv},
                                              {o, h * tq * dv, dv, tq * dv},
                                              {lse, h * tq, 1, tq},
                                              parameters};
    heed_attention_backward_tensors backward = {.size = sizeof backward,
                                                .q = forward.q,
                                                .k = forward.k,
                                                .v = forward.v,
                                                .o = {o, h * tq * dv, dv, tq * dv},
                                                .lse = {lse, h * tq, 1, tq},
                                                .d_o = {d_o, h * tq * dv, dv, tq * dv},
                                                .parameters = parameters,
                                                .dq = {dq, h * tq * d, d, tq * d},
                                                .dk = {dk, g * tk * d, d, tk * d},
                                                .dv = {d_v, g * tk * dv, dv, tk * dv},
                                                .d_parameters = d_parameters};
    check_ok(heed_attention_forward(plan, &batch, &forward, workspace));
    check_ok(heed_attention_backward(plan, &batch, &backward, workspace));
    expect(s->name, "o", o, nq * dv);
    expect(s->name, "lse", lse, nq);
    expect(s->name, "dq", dq, nq * d);
    expect(s->name, "dk", dk, nk * d);
    expect(s->name, "dv", d_v, nk * dv);
    if (s->score) expect(s->name, "dw", dw, hd);
    heed_attention_plan_destroy(&plan);
    heed_real *all[] = {q, k, v, d_o, w, o, lse, dq, dk, d_v, dw, workspace};
    for (size_t a = 0; a < sizeof all / sizeof all[0]; a++) heed__free(all[a]);
}

static void test_plans(void **state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++) {
        check_shape(&shapes[i], "reference");
        check_shape(&shapes[i], "tiled");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_call),
        cmocka_unit_test(test_plans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
