/* SPDX-License-Identifier: MIT */
/* The contract, as far as it needs layouts and poison of its own. */
#include "check.h"

#include "attention/naive.h"

#include <stdio.h>

/* Calls test for the kinds of score and the engines that stream (test_mechanism_contract.c walks
 * the tables). */
static void for_each(void (*test)(const char *score, const char *engine))
{
    static const char *const scores[] = {"scaled_dot", "dot", "additive"};
    for (int s = 0; s < 3; s++) {
        test(scores[s], "tiled");
        test(scores[s], "reference");
    }
}

static void expect_all(const char *what, const heed_real *x, int64_t n, heed_real wanted)
{
    for (int64_t i = 0; i < n; i++)
        if (!(x[i] == wanted)) fail_msg("%s[%lld] is %g", what, (long long)i, (double)x[i]);
}

static const char *scaled_is_null(const char *score)
{
    return strcmp(score, "scaled_dot") == 0 ? NULL : score;
}

/* Rows that see no key: none at all, or all hidden by the mask; their own q and do are NaN. */
static void empty_rows(const char *score, const char *engine)
{
    const int64_t offset[] = {0, -3};
    problem p = {.sequences = 2,
                 .score = scaled_is_null(score),
                 .heads = 2,
                 .size = 5,
                 .causal = 1,
                 .offset = offset,
                 .tq = {4, 70},
                 .tk = {0, 70}};
    problem_fill(&p);
    int64_t rows = 4 + 3;
    for (int64_t i = 0; i < rows * 2 * 5; i++) p.q[i] = p.d_o[i] = (heed_real)NAN;
    problem_run(&p, NULL, NULL, engine);
    expect_all("o", p.o, rows * 2 * 5, 0);
    expect_all("lse", p.lse, rows * 2, -(heed_real)INFINITY);
    expect_all("dq", p.dq, rows * 2 * 5, 0);
    for (int64_t i = 0; i < 70 * 2 * 5; i++) assert_true(isfinite(p.dk[i]) && isfinite(p.dv[i]));
    expect_all("dk of keys nobody sees", p.dk + 67 * 2 * 5, 3 * 2 * 5, 0);
    expect_all("dv of keys nobody sees", p.dv + 67 * 2 * 5, 3 * 2 * 5, 0);
    for (int64_t i = 0; i < 10; i++) assert_true(isfinite(p.dw[i]));
    problem_free(&p);
}

static void test_empty_rows(void **state)
{
    (void)state;
    for_each(empty_rows);
}

/* NaN and infinity in keys and values that a row does not see change nothing in it. */
static void hidden_poison(const char *score, const char *engine)
{
    const heed_real bad[] = {(heed_real)NAN, (heed_real)INFINITY, -(heed_real)INFINITY};
    problem p = {.sequences = 1,
                 .score = scaled_is_null(score),
                 .size = 6,
                 .causal = 1,
                 .tq = {100},
                 .tk = {100}};
    problem q = p;
    int64_t seen = 40; /* queries before this key do not see it */
    problem_fill(&p);
    problem_run(&p, NULL, NULL, engine);
    for (int b = 0; b < 3; b++) {
        problem_fill(&q);
        for (int64_t d = 0; d < 6; d++) q.k[seen * 6 + d] = q.v[seen * 6 + d] = bad[b];
        problem_run(&q, NULL, NULL, engine);
        assert_memory_equal(p.o, q.o, (size_t)(seen * 6) * sizeof *p.o);
        assert_memory_equal(p.lse, q.lse, (size_t)seen * sizeof *p.lse);
        assert_memory_equal(p.dq, q.dq, (size_t)(seen * 6) * sizeof *p.dq);
        problem_free(&q);
    }
    problem_free(&p);
}

static void test_hidden_poison(void **state)
{
    (void)state;
    for_each(hidden_poison);
}

/* A NaN query (and its gradient) does not reach keys it does not see. */
static void hidden_query(const char *score, const char *engine)
{
    problem p = {.sequences = 1,
                 .score = scaled_is_null(score),
                 .size = 6,
                 .causal = 1,
                 .tq = {100},
                 .tk = {100}};
    problem_fill(&p);
    for (int64_t d = 0; d < 6; d++) p.q[30 * 6 + d] = p.d_o[30 * 6 + d] = (heed_real)NAN;
    problem_run(&p, NULL, NULL, engine);
    for (int64_t i = 31 * 6; i < 100 * 6; i++) assert_true(isfinite(p.dk[i]) && isfinite(p.dv[i]));
    for (int64_t i = 0; i < 31 * 6; i++) assert_true(isnan(p.dk[i]) && isnan(p.dv[i]));
    problem_free(&p);
}

static void test_hidden_query(void **state)
{
    (void)state;
    for_each(hidden_query);
}

/* A NaN that is seen is shown: in o and lse of the rows that see it, in no other. */
static void seen_nan(const char *score, const char *engine)
{
    problem p = {
        .sequences = 2, .score = scaled_is_null(score), .size = 6, .tq = {3, 70}, .tk = {70, 3}};
    problem_fill(&p);
    p.k[65 * 6] = (heed_real)NAN;
    problem_run(&p, NULL, NULL, engine);
    for (int64_t i = 0; i < 3 * 6; i++) assert_true(isnan(p.o[i]));
    for (int64_t i = 0; i < 3; i++) assert_true(isnan(p.lse[i]));
    for (int64_t i = 3 * 6; i < 73 * 6; i++) assert_true(isfinite(p.o[i]) && isfinite(p.dq[i]));
    problem_free(&p);
}

static void test_seen_nan(void **state)
{
    (void)state;
    for_each(seen_nan);
}

/* Padding is poisoned with NaN in every padded test; here, that outputs leave it alone. */
static void padding_untouched(const char *score, const char *engine)
{
    problem p = {.sequences = 2,
                 .score = scaled_is_null(score),
                 .heads = 2,
                 .size = 4,
                 .padded = 1,
                 .tq = {3, 5},
                 .tk = {7, 2}};
    setup x;
    problem_fill(&p);
    setup_make(&p, &x, NULL, NULL, engine);
    check_ok(heed_attention_forward(x.plan, &x.batch, &x.forward, x.workspace));
    check_ok(heed_attention_backward(x.plan, &x.batch, &x.backward, x.workspace));
    for (int64_t h = 0; h < 2; h++)
        for (int64_t d = 0; d < 4; d++) {
            for (int64_t i = 3; i < 5; i++) {
                assert_true(x.o.data[h * 20 + i * 4 + d] == untouched);
                assert_true(x.dq.data[h * 20 + i * 4 + d] == untouched);
                assert_true(x.lse.data[h * 5 + i] == untouched);
            }
            for (int64_t j = 2; j < 7; j++) {
                assert_true(x.dk.data[56 + h * 28 + j * 4 + d] == untouched);
                assert_true(x.dv.data[56 + h * 28 + j * 4 + d] == untouched);
            }
        }
    setup_free(&x);
    problem_free(&p);
}

static void test_padding_untouched(void **state)
{
    (void)state;
    for_each(padding_untouched);
}

/* Large scores neither overflow nor lose their order. */
static void test_large_scores(void **state)
{
    (void)state;
    problem p = {.sequences = 1, .score = "dot", .size = 4, .tq = {3}, .tk = {70}};
    problem_fill(&p);
    for (int64_t i = 0; i < 12; i++) p.q[i] *= 1000;
    for (int64_t i = 0; i < 280; i++) p.k[i] *= 1000;
    problem_run(&p, NULL, NULL, NULL);
    naive n = naive_run(&p);
    assert_true(distance(p.lse, n.lse, 3) < 1e-6);
    for (int64_t i = 0; i < 12; i++) assert_true(isfinite(p.o[i]) && fabs(p.o[i]) <= 1);
    naive_free(&n);
    problem_free(&p);
}

/* Gradients add to what is there; those not wanted are not needed. */
static void gradients_add(const char *score, const char *engine)
{
    problem p = {.sequences = 1, .score = scaled_is_null(score), .size = 4, .tq = {5}, .tk = {6}};
    setup x;
    problem_fill(&p);
    problem_run(&p, NULL, NULL, engine);
    setup_make(&p, &x, NULL, NULL, engine);
    check_ok(heed_attention_forward(x.plan, &x.batch, &x.forward, x.workspace));
    for (int64_t i = 0; i < 20; i++) x.dq.data[i] = 100;
    x.backward.dk.data = x.backward.dv.data = NULL;
    x.backward.d_parameters = NULL;
    check_ok(heed_attention_backward(x.plan, &x.batch, &x.backward, x.workspace));
    for (int64_t i = 0; i < 20; i++) assert_true(fabs(x.dq.data[i] - 100 - p.dq[i]) < 1e-4);
    setup_free(&x);
    problem_free(&p);
}

static void test_gradients_add(void **state)
{
    (void)state;
    for_each(gradients_add);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_rows),        cmocka_unit_test(test_hidden_poison),
        cmocka_unit_test(test_hidden_query),      cmocka_unit_test(test_seen_nan),
        cmocka_unit_test(test_padding_untouched), cmocka_unit_test(test_large_scores),
        cmocka_unit_test(test_gradients_add),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
