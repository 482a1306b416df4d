/* SPDX-License-Identifier: MIT */
/* Masks against PyTorch: the values of tests/golden/mechanisms_masks.py. */
#include "check.h"
#include "golden.h"

#include "attention/mechanism_trial.h"

/* float32 against float64, on sums of up to 70 terms of order 1. */
static const double tolerance = 5e-6;

static const char path[] = "tests/golden/mechanisms_masks.txt";

static const struct golden {
    const char *name, *mask, *stage;
    int64_t queries, keys;
} cases[] = {
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

static void fill(heed_real *x, int64_t n, int which)
{
    for (int64_t i = 0; i < n; i++) x[i] = (heed_real)sin(0.7 * (double)i + which);
}

/* The arrays that masks and the Gaussian read. */
static void fill_extras(trial_run *r)
{
    heed_attention_extra_info info;
    int64_t queries = r->t.tq[0], keys = r->t.tk[0];
    for (size_t e = 0; heed_attention_plan_extra(r->plan, e, &info); e++) {
        heed_attention_extra *x = &r->extras[e];
        unsigned char *flags = r->extra_data[e];
        int64_t *ids = r->extra_data[e];
        if (info.kind == HEED_ATTENTION_PAIR_FLAGS) {
            for (int64_t i = 0; i < queries * keys; i++) flags[i] = i % 3 != 1;
            x->head_stride = 0;
        } else if (info.kind == HEED_ATTENTION_QUERY_REALS) {
            x->row_stride = 1, x->head_stride = queries;
        } else {
            for (int64_t i = 0; i < keys; i++) ids[i] = i / 5;
        }
    }
    for (int a = 3; a < r->count; a++)
        for (int64_t i = 0; i < r->arrays[a].count; i++)
            r->arrays[a].data[i] = (heed_real)(3 + 2.5 * sin(0.7 * (double)i + 6));
}

/* As the script has them: all rows of a head together. */
static void heads_first(trial_run *r)
{
    int64_t d = r->t.size, tq = r->t.tq[0] * d, tk = r->t.tk[0] * d;
    const trial_array *x = r->arrays;
    r->forward.q = r->backward.q = (heed_attention_input){x[0].data, 0, d, tq};
    r->forward.k = r->backward.k = (heed_attention_input){x[1].data, 0, d, tk};
    r->forward.v = r->backward.v = (heed_attention_input){x[2].data, 0, d, tk};
    r->forward.o = (heed_attention_output){r->o, 0, d, tq};
    r->backward.o = (heed_attention_input){r->o, 0, d, tq};
    r->backward.d_o = (heed_attention_input){r->d_o, 0, d, tq};
    r->backward.dq = (heed_attention_output){x[0].gradient, 0, d, tq};
    r->backward.dk = (heed_attention_output){x[1].gradient, 0, d, tk};
    r->backward.dv = (heed_attention_output){x[2].gradient, 0, d, tk};
}

static void check_golden(const struct golden *g, const char *engine)
{
    static const char *const gradients[] = {"dq", "dk", "dv"};
    const int64_t offset = g->keys - g->queries;
    const trial t = {.mask = g->mask,
                     .stages = {g->stage},
                     .heads = 2,
                     .size = 2,
                     .sequences = 1,
                     .tq = {g->queries},
                     .tk = {g->keys},
                     .offset = &offset};
    trial_run r;
    assert_true(trial_make(&r, &t, NULL, NULL, engine));
    for (int a = 0; a < 3; a++) fill(r.arrays[a].data, r.arrays[a].count, a + 1);
    fill(r.d_o, r.o_count, 4);
    fill_extras(&r);
    heads_first(&r);
    r.backward.d_lse.data = NULL;
    trial_forward(&r);
    trial_backward(&r);
    expect_golden(path, tolerance, g->name, "o", r.o, r.o_count);
    for (int a = 0; a < 3; a++)
        expect_golden(path, tolerance, g->name, gradients[a], r.arrays[a].gradient,
                      r.arrays[a].count);
    for (int a = 3; a < r.count; a++)
        if (strcmp(r.arrays[a].name, "gaussian.centre") == 0)
            expect_golden(path, tolerance, g->name, "dc", r.arrays[a].gradient, r.arrays[a].count);
    trial_free(&r);
}

static void test_masks(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        check_golden(&cases[c], "reference");
        check_golden(&cases[c], "tiled");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_masks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
