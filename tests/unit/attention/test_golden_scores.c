/* SPDX-License-Identifier: MIT */
/* Scores, and stages that scale or gate, against PyTorch (tests/golden/mechanisms_scores.py). */
#include "check.h"
#include "golden.h"

#include "attention/mechanism_trial.h"
#include "heed/attention_textbook.h"

/* float32 against float64 on sums of up to 70 terms of order 1. */
static const double tolerance = 2e-5;

static const struct golden {
    const char *name;
    trial t;
} cases[] = {
#define ONE  .heads = 2, .size = 4, .value_size = 3, .sequences = 1, .tq = {3}, .tk = {5}
#define LONG .heads = 2, .key_heads = 1, .value_size = 3, .sequences = 1, .tq = {3}, .tk = {70}
    {"cosine", {.score = "cosine:scale=5", ONE}},
    {"cosine_long", {.score = "cosine:scale=5", .size = 3, LONG}},
    {"gaussian", {.score = "gaussian:sigma=1.5", ONE}},
    {"gaussian_learned", {.score = "gaussian:sigma=1.5,learned=1", .key_heads = 1, ONE}},
    {"distance", {.score = "distance:scale=0.5", ONE}},
    {"additive_projected",
     {.score = "additive_projected:hidden=6",
      .heads = 4,
      .key_heads = 2,
      .size = 4,
      .value_size = 3,
      .sequences = 1,
      .tq = {3},
      .tk = {5}}},
    {"concat", {.score = "concat:hidden=3", ONE}},
    {"concat_long", {.score = "concat", .size = 4, LONG}},
    {"concat_tanh_sum", {.score = "concat_tanh_sum:hidden=3", ONE}},
    {"general",
     {.score = "general",
      .heads = 1,
      .size = 4,
      .value_size = 3,
      .sequences = 1,
      .tq = {3},
      .tk = {5}}},
    {"dot", {.score = "dot", ONE}},
    {"softcap", {.stages = {"softcap:cap=2"}, ONE}},
    {"softcap_before_scale", {.stages = {"softcap:cap=1", "scale:learned=1"}, ONE}},
    {"scale", {.stages = {"scale:factor=2,learned=1"}, ONE}},
    {"temperature", {.stages = {"scale:factor=2,learned=1,temperature=1"}, ONE}},
    {"gate", {.stages = {"gate"}, ONE}},
    {"sigmoid_gate", {.stages = {"gate:sigmoid=1"}, ONE}},
};

static void fill(heed_real *x, int64_t n, int which)
{
    for (int64_t i = 0; i < n; i++) x[i] = (heed_real)sin(0.7 * (double)i + 1 + which);
}

static void expect(const char *name, const char *what, const heed_real *x, int64_t n)
{
    expect_golden("tests/golden/mechanisms_scores.txt", tolerance, name, what, x, n);
}

static void check_case(const struct golden *g, const char *engine)
{
    trial_run r;
    char what[16];
    assert_true(trial_make(&r, &g->t, NULL, NULL, engine));
    for (int a = 0; a < r.count; a++) fill(r.arrays[a].data, r.arrays[a].count, a);
    fill(r.d_o, r.o_count, 20);
    r.backward.d_lse.data = NULL;
    trial_forward(&r);
    trial_backward(&r);
    expect(g->name, "o", r.o, r.o_count);
    expect(g->name, "lse", r.lse, r.lse_count);
    for (int a = 0; a < r.count; a++) {
        snprintf(what, sizeof what, "%d", a);
        expect(g->name, what, r.arrays[a].gradient, r.arrays[a].count);
    }
    trial_free(&r);
}

static void test_mechanisms(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        check_case(&cases[c], "reference");
        check_case(&cases[c], "tiled");
    }
}

static void test_concat_linear(void **state)
{
    heed_real q[24], k[12], v[30], weight[30], bias[5], d_o[18], p[30], o[18];
    heed_real dq[24] = {0}, dk[12] = {0}, dv[30] = {0}, d_weight[30] = {0}, d_bias[5] = {0};
    heed_textbook_concat_linear rule = {.size = sizeof rule,
                                        .batch = 2,
                                        .rows = 3,
                                        .values = 5,
                                        .query_size = 4,
                                        .key_size = 2,
                                        .value_size = 3,
                                        .q = q,
                                        .k = k,
                                        .v = v,
                                        .w = weight,
                                        .b = bias,
                                        .weights = p,
                                        .o = o};
    heed_textbook_concat_linear_gradient g = {sizeof g, d_o, dq, dk, dv, d_weight, d_bias};
    (void)state;
    fill(q, 24, 0), fill(k, 12, 1), fill(v, 30, 2), fill(weight, 30, 3), fill(bias, 5, 4);
    fill(d_o, 18, 20);
    check_ok(heed_textbook_concat_linear_forward(NULL, &rule));
    check_ok(heed_textbook_concat_linear_backward(NULL, &rule, &g));
    expect("concat_linear", "w", p, 30);
    expect("concat_linear", "o", o, 18);
    expect("concat_linear", "0", dq, 24);
    expect("concat_linear", "1", dk, 12);
    expect("concat_linear", "2", dv, 30);
    expect("concat_linear", "3", d_weight, 30);
    expect("concat_linear", "4", d_bias, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mechanisms),
                                       cmocka_unit_test(test_concat_linear)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
