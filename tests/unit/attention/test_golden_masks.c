/* SPDX-License-Identifier: MIT */
/* Masks against PyTorch: the values of tests/golden/mechanisms_masks.py. */
#include "check.h"
#include "golden.h"

#include "base/memory.h"
#include "heed/attention.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { HEADS = 2, SIZE = 2, MOST = 70 };

/* float32 against float64, on sums of up to 70 terms of order 1. */
static const double tolerance = 5e-6;

typedef struct golden {
    const char *name, *mask, *stage;
    int64_t queries, keys;
} golden;

static const golden cases[] = {
    {"window", "window:left=3,right=1", NULL, 12, 12},
    {"window_far", "window:left=66", NULL, 4, 70},
    {"windows", "windows:left=3/2,right=0/2,dilation=1/3", NULL, 12, 12},
    {"local_m", "local_m:width=2", NULL, 6, 12},
    {"prefix", "prefix:count=5", NULL, 12, 12},
    {"documents", "documents", NULL, 12, 12},
    {"global", "global:tokens=7/0", NULL, 12, 12},
    {"longformer", "longformer:window=2,tokens=4", NULL, 12, 12},
    {"strided", "strided:stride=3", NULL, 12, 12},
    {"fixed", "fixed:stride=4,summary=1", NULL, 12, 12},
    {"bigbird", "bigbird:size=2,random=2,seed=5", NULL, 20, 20},
    {"blocks", "blocks:size=4,pairs=0/0/1/1/2/2/2/0", NULL, 12, 12},
    {"dense", "dense", NULL, 12, 12},
    {"local_p", "local_p:width=2", "gaussian:sigma=1.5", 6, 8},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static heed_real *values(int which, int64_t n)
{
    heed_real *x = NULL;
    check_ok(heed__alloc((size_t)n, sizeof *x, "values", &x));
    for (int64_t i = 0; i < n && which; i++) x[i] = (heed_real)sin(0.7 * (double)i + which);
    return x;
}

static void expect(const char *name, const char *what, const heed_real *x, int64_t n)
{
    expect_golden("tests/golden/mechanisms_masks.txt", tolerance, name, what, x, n);
}

static heed_attention_plan *plan_of(const golden *g, const char *engine)
{
    heed_attention_spec *mask = NULL, *stage = NULL;
    heed_attention_plan *plan = NULL;
    check_ok(heed_attention_spec_parse("mask", g->mask, &mask));
    if (g->stage) check_ok(heed_attention_spec_parse("stage", g->stage, &stage));
    const heed_attention_part *stages[] = {heed_attention_spec_part(stage)};
    heed_attention_options o = {.size = sizeof o,
                                .heads = HEADS,
                                .head_size = SIZE,
                                .mask = heed_attention_spec_part(mask),
                                .stages = stages,
                                .stage_count = g->stage != NULL,
                                .engine = engine};
    heed_attention_capacity room = {
        .size = sizeof room, .sequences = 1, .longest_query = g->queries, .longest_key = g->keys};
    check_ok(heed_attention_plan_create(NULL, &o, &room, &plan));
    heed_attention_spec_destroy(&mask);
    heed_attention_spec_destroy(&stage);
    return plan;
}

/* The arrays that masks and the Gaussian read; d_centre [HEADS, queries]. */
static void fill_extras(const golden *g, const heed_attention_plan *plan,
                        heed_attention_extra *extras, heed_real *d_centre)
{
    static unsigned char flags[MOST * MOST];
    static int64_t ids[MOST];
    static heed_real centres[HEADS * MOST];
    heed_attention_extra_info info;
    for (int64_t i = 0; i < g->queries * g->keys; i++) flags[i] = i % 3 != 1;
    for (int64_t i = 0; i < MOST; i++) ids[i] = i / 5;
    for (int64_t i = 0; i < HEADS * g->queries; i++)
        centres[i] = (heed_real)(3 + 2.5 * sin(0.7 * (double)i + 6));
    for (size_t e = 0; heed_attention_plan_extra(plan, e, &info); e++) {
        if (info.kind == HEED_ATTENTION_PAIR_FLAGS)
            extras[e] = (heed_attention_extra){.data = flags, .row_stride = g->keys};
        else if (info.kind == HEED_ATTENTION_QUERY_REALS)
            extras[e] =
                (heed_attention_extra){.data = centres, .row_stride = 1, .head_stride = g->queries};
        else
            extras[e] = (heed_attention_extra){.data = ids, .row_stride = 1};
        if (strcmp(info.name, "gaussian.centre") == 0) extras[e].gradient = d_centre;
    }
}

static void check_golden(const golden *g, const char *engine)
{
    int64_t tq = g->queries, tk = g->keys, nq = HEADS * tq, nk = HEADS * tk, offset = tk - tq;
    heed_real *q = values(1, nq * SIZE), *k = values(2, nk * SIZE), *v = values(3, nk * SIZE);
    heed_real *d_o = values(4, nq * SIZE), *o = values(0, nq * SIZE), *lse = values(0, nq);
    heed_real *dq = values(0, nq * SIZE), *dk = values(0, nk * SIZE), *dv = values(0, nk * SIZE);
    heed_real *dc = values(0, nq), *workspace;
    heed_attention_plan *plan = plan_of(g, engine);
    heed_attention_sizes sizes = {.size = sizeof sizes};
    heed_attention_extra extras[2];
    check_ok(heed_attention_plan_sizes(plan, &sizes));
    workspace = values(0, (int64_t)(sizes.forward + sizes.backward));
    fill_extras(g, plan, extras, dc);
    heed_attention_batch batch = {.size = sizeof batch,
                                  .sequences = 1,
                                  .queries = {.length = tq},
                                  .keys = {.length = tk},
                                  .query_offset = &offset,
                                  .query_offset_count = 1,
                                  .extras = extras,
                                  .extra_count = sizes.extras};
    heed_attention_input in_q = {q, nq * SIZE, SIZE, tq * SIZE};
    heed_attention_input in_k = {k, nk * SIZE, SIZE, tk * SIZE}, in_v = in_k, in_o = in_q;
    in_v.data = v;
    in_o.data = o;
    heed_attention_output out_q = {dq, nq * SIZE, SIZE, tq * SIZE};
    heed_attention_output out_k = {dk, nk * SIZE, SIZE, tk * SIZE}, out_v = out_k, out_o = out_q;
    out_v.data = dv;
    out_o.data = o;
    heed_attention_forward_tensors forward = {.size = sizeof forward,
                                              .q = in_q,
                                              .k = in_k,
                                              .v = in_v,
                                              .o = out_o,
                                              .lse = {lse, nq, 1, tq}};
    heed_attention_backward_tensors backward = {.size = sizeof backward,
                                                .q = in_q,
                                                .k = in_k,
                                                .v = in_v,
                                                .o = in_o,
                                                .lse = {lse, nq, 1, tq},
                                                .d_o = {d_o, nq * SIZE, SIZE, tq * SIZE},
                                                .dq = out_q,
                                                .dk = out_k,
                                                .dv = out_v};
    check_ok(heed_attention_forward(plan, &batch, &forward, workspace));
    check_ok(heed_attention_backward(plan, &batch, &backward, workspace));
    expect(g->name, "o", o, nq * SIZE);
    expect(g->name, "dq", dq, nq * SIZE);
    expect(g->name, "dk", dk, nk * SIZE);
    expect(g->name, "dv", dv, nk * SIZE);
    if (g->stage) expect(g->name, "dc", dc, nq);
    heed_attention_plan_destroy(&plan);
    heed_real *all[] = {q, k, v, d_o, o, lse, dq, dk, dv, dc, workspace};
    for (size_t a = 0; a < sizeof all / sizeof all[0]; a++) heed__free(all[a]);
}

static void test_masks(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) {
        check_golden(&cases[c], "reference");
        check_golden(&cases[c], "tiled");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_masks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
