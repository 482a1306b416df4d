/* SPDX-License-Identifier: MIT */
/* The operator against the same with the matrix: every engine, score, layout and head grouping. */
#include "check.h"

#include "attention/naive.h"

#include <stdio.h>

/* float32 over up to 300 keys, relative to the array's largest entry. */
static const double tolerance = 2e-5;

static void expect_near(const char *name, const char *what, const heed_real *x, const double *y,
                        int64_t n)
{
    double d = distance(x, y, n);
    if (!(d <= tolerance)) fail_msg("%s: %s is off by %g", name, what, d);
}

static void compare(problem p, const char *engine, const char *name)
{
    char text[200];
    problem_fill(&p);
    snprintf(text, sizeof text, "%s, %s engine, %s", name, engine, p.padded ? "padded" : "packed");
    problem_run(&p, NULL, NULL, engine);
    naive n = naive_run(&p);
    int64_t nq = rows_of(p.tq, p.sequences) * p.heads,
            nk = rows_of(p.tk, p.sequences) * p.key_heads;
    expect_near(text, "o", p.o, n.o, nq * p.value_size);
    expect_near(text, "lse", p.lse, n.lse, nq);
    expect_near(text, "dq", p.dq, n.dq, nq * p.size);
    expect_near(text, "dk", p.dk, n.dk, nk * p.size);
    expect_near(text, "dv", p.dv, n.dv, nk * p.value_size);
    if (p.score && strcmp(p.score, "additive") == 0)
        expect_near(text, "dw", p.dw, n.dw, p.heads * p.size);
    naive_free(&n);
    problem_free(&p);
}

static void compare_all(problem p, const char *name)
{
    for (int padded = 0; padded < 2; padded++) {
        p.padded = padded;
        compare(p, "reference", name);
        compare(p, "tiled", name);
    }
}

static void test_short_rows(void **state)
{
    (void)state;
    compare_all((problem){.sequences = 5,
                          .heads = 2,
                          .size = 16,
                          .tq = {5, 60, 1, 0, 17},
                          .tk = {5, 60, 1, 0, 17}},
                "self");
}

static void test_cross_with_lengths_around_blocks(void **state)
{
    (void)state;
    compare_all((problem){.sequences = 6,
                          .heads = 2,
                          .size = 8,
                          .value_size = 12,
                          .tq = {63, 64, 65, 3, 0, 130},
                          .tk = {65, 64, 63, 0, 4, 129}},
                "cross");
}

static void test_long_sequence(void **state)
{
    (void)state;
    compare_all((problem){.sequences = 1, .size = 24, .value_size = 5, .tq = {300}, .tk = {290}},
                "long");
}

static void test_grouped_heads(void **state)
{
    (void)state;
    for (int group = 2; group <= 7; group += 5)
        compare_all((problem){.sequences = 2,
                              .heads = 2 * group,
                              .key_heads = 2,
                              .size = 7,
                              .tq = {70, 9},
                              .tk = {66, 33}},
                    "grouped");
}

static void test_dot_and_own_scale(void **state)
{
    (void)state;
    compare_all((problem){.sequences = 1, .score = "dot", .size = 3, .tq = {20}, .tk = {30}},
                "dot");
    compare_all((problem){.sequences = 1, .scale = 3, .size = 3, .tq = {20}, .tk = {30}}, "scale");
}

static void test_additive(void **state)
{
    (void)state;
    compare_all((problem){.sequences = 3,
                          .score = "additive",
                          .heads = 4,
                          .key_heads = 2,
                          .size = 19,
                          .value_size = 10,
                          .tq = {3, 70, 1},
                          .tk = {66, 130, 1}},
                "additive");
}

static void test_causal_with_offsets(void **state)
{
    (void)state;
    const int64_t offset[] = {0, 30, -20, -80, 200};
    problem p = {.sequences = 5,
                 .heads = 2,
                 .size = 8,
                 .causal = 1,
                 .offset = offset,
                 .tq = {70, 40, 70, 70, 65},
                 .tk = {70, 70, 70, 70, 67}};
    compare_all(p, "causal");
    p.score = "additive";
    compare_all(p, "causal additive");
    p = (problem){.sequences = 2, .size = 8, .causal = 1, .tq = {129, 7}, .tk = {129, 7}};
    compare_all(p, "causal square");
}

static void test_dropout(void **state)
{
    (void)state;
    const int64_t offset[] = {60, 0};
    compare_all((problem){.sequences = 2,
                          .heads = 2,
                          .size = 8,
                          .causal = 1,
                          .offset = offset,
                          .dropout = 0.25,
                          .tq = {70, 40},
                          .tk = {130, 40}},
                "dropout");
}

static void test_dropout_drops_its_share_and_depends_on_all(void **state)
{
    (void)state;
    heed_attention_batch batch = {.seed = 1, .step = 2, .layer = 3}, other;
    uint32_t key[2], changed[2];
    heed_real keep[64];
    int64_t dropped = 0, rows = 4000;
    heed__draw_key(&batch, 0, 0, HEED_RANDOM_DROPOUT, key);
    for (int64_t i = 0; i < rows; i++) {
        heed__drop_tile drop = {{key[0], key[1]}, 65536 / 10, 2, (uint64_t)i, 8};
        heed__kernels_best()->drop_tile(1, 64, &drop, keep, 64);
        for (int t = 0; t < 64; t++) {
            assert_true(keep[t] == 0 || keep[t] == 2);
            dropped += keep[t] == 0;
        }
    }
    double share = (double)dropped / (double)(rows * 64);
    assert_true(fabs(share - 0.1) < 0.003); /* 5 standard deviations */
    for (int what = 0; what < 5; what++) {
        other = batch;
        if (what == 0) other.seed++;
        if (what == 1) other.step++;
        if (what == 2) other.layer++;
        heed__draw_key(&other, what == 3, what == 4, HEED_RANDOM_DROPOUT, changed);
        assert_true(changed[0] != key[0] || changed[1] != key[1]);
    }
}

static void test_keep_all_switches_dropout_off(void **state)
{
    (void)state;
    problem p = {.sequences = 1, .size = 8, .dropout = 0.5, .tq = {20}, .tk = {20}};
    problem_fill(&p);
    setup x;
    setup_make(&p, &x, NULL, NULL, NULL);
    x.batch.keep_all = 1;
    check_ok(heed_attention_forward(x.plan, &x.batch, &x.forward, x.workspace));
    problem without = p;
    without.dropout = 0;
    naive n = naive_run(&without);
    assert_true(distance(x.o.data, n.o, 20 * 8) < tolerance);
    naive_free(&n);
    setup_free(&x);
    problem_free(&p);
}

/* One learned query for all sequences: stride 0, and a dq of its own for each. */
static void test_shared_query(void **state)
{
    (void)state;
    problem p = {.sequences = 3,
                 .heads = 2,
                 .size = 8,
                 .padded = 1,
                 .shared_query = 1,
                 .tq = {1, 1, 1},
                 .tk = {7, 0, 66}};
    compare(p, "reference", "shared query");
    compare(p, "tiled", "shared query");
}

/* q, k, v as views into one [T, 3 C] projection, and dq, dk, dv into its gradient. */
static void test_views_into_one_projection(void **state)
{
    (void)state;
    problem p = {.sequences = 2, .heads = 2, .size = 8, .tq = {9, 70}, .tk = {9, 70}};
    problem_fill(&p);
    problem_run(&p, NULL, NULL, NULL);
    int64_t width = p.heads * p.size, rows = 79;
    heed_real *fused = reals(rows * 3 * width), *gradient = reals(rows * 3 * width);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < width; c++) {
            fused[r * 3 * width + c] = p.q[r * width + c];
            fused[(r * 3 + 1) * width + c] = p.k[r * width + c];
            fused[(r * 3 + 2) * width + c] = p.v[r * width + c];
        }
    setup x;
    setup_make(&p, &x, NULL, NULL, NULL);
    x.forward.q = (heed_attention_input){fused, 0, 3 * width, p.size};
    x.forward.k = (heed_attention_input){fused + width, 0, 3 * width, p.size};
    x.forward.v = (heed_attention_input){fused + 2 * width, 0, 3 * width, p.size};
    x.backward.q = x.forward.q, x.backward.k = x.forward.k, x.backward.v = x.forward.v;
    x.backward.dq = (heed_attention_output){gradient, 0, 3 * width, p.size};
    x.backward.dk = (heed_attention_output){gradient + width, 0, 3 * width, p.size};
    x.backward.dv = (heed_attention_output){gradient + 2 * width, 0, 3 * width, p.size};
    check_ok(heed_attention_forward(x.plan, &x.batch, &x.forward, x.workspace));
    check_ok(heed_attention_backward(x.plan, &x.batch, &x.backward, x.workspace));
    assert_memory_equal(x.o.data, p.o, (size_t)(rows * width) * sizeof *p.o);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < width; c++) {
            assert_true(gradient[r * 3 * width + c] == p.dq[r * width + c]);
            assert_true(gradient[(r * 3 + 1) * width + c] == p.dk[r * width + c]);
            assert_true(gradient[(r * 3 + 2) * width + c] == p.dv[r * width + c]);
        }
    heed__free(fused);
    heed__free(gradient);
    setup_free(&x);
    problem_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_short_rows),
        cmocka_unit_test(test_cross_with_lengths_around_blocks),
        cmocka_unit_test(test_long_sequence),
        cmocka_unit_test(test_grouped_heads),
        cmocka_unit_test(test_dot_and_own_scale),
        cmocka_unit_test(test_additive),
        cmocka_unit_test(test_causal_with_offsets),
        cmocka_unit_test(test_dropout),
        cmocka_unit_test(test_dropout_drops_its_share_and_depends_on_all),
        cmocka_unit_test(test_keep_all_switches_dropout_off),
        cmocka_unit_test(test_shared_query),
        cmocka_unit_test(test_views_into_one_projection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
