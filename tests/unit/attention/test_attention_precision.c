/* SPDX-License-Identifier: MIT */
/* Attention at `high` and `medium`: how far results and gradients are from the definition in
 * double, that bits depend on nothing but a sequence's own queries and keys, and what NaNs do.
 * Without AMX the same calls give what `highest` gives. */
#include "check.h"

#include "attention/naive.h"
#include "attention/narrow.h"

static const heed_precision precisions[] = {HEED_PRECISION_HIGH, HEED_PRECISION_MEDIUM};
static const double bounds[] = {2e-5, 1e-2}; /* of Frobenius norms */
static const int64_t offset[] = {5, 60, -30, 3, 0, 128};

/* Long sequences go through AMX, short ones do not; sizes around its tiles. */
static problem problem_at(int variant)
{
    static const int64_t sizes[][2] = {{64, 64}, {20, 9}, {33, 40}, {128, 32}, {16, 64}};
    problem p = {.sequences = 6,
                 .heads = 4,
                 .key_heads = 2,
                 .size = sizes[variant / 2][0],
                 .value_size = sizes[variant / 2][1],
                 .tq = {64, 63, 130, 0, 7, 270},
                 .tk = {65, 128, 64, 9, 7, 330}};
    if (variant & 1) p.causal = 1, p.offset = offset;
    if (variant / 2 == 4) p.dropout = 0.25;
    return p;
}
enum { VARIANTS = 10 };

static heed_context *context_at(int threads, heed_precision precision)
{
    heed_context *context = NULL;
    check_ok(heed_context_create(&(heed_context_options){.threads = threads}, &context));
    check_ok(heed_context_set_precision(context, precision));
    return context;
}

static double error_of(const heed_real *x, const double *y, int64_t n)
{
    double error = 0, size = 0;
    for (int64_t i = 0; i < n; i++) {
        if (isinf(y[i]) && x[i] == (heed_real)y[i]) continue;
        double d = (double)x[i] - y[i];
        error += d * d, size += y[i] * y[i];
    }
    return sqrt(error / size);
}

static void check_error(const heed_real *x, const double *y, int64_t n, double bound)
{
    double error = error_of(x, y, n);
    assert_true(error <= bound);
    if (heed__amx_best()) assert_true(error > bound / 100); /* it did not hide */
}

static void test_errors(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        heed_context *context = context_at(1, precisions[k]);
        for (int variant = 0; variant < VARIANTS; variant++) {
            problem p = problem_at(variant);
            int64_t rows = rows_of(p.tq, p.sequences) * p.heads;
            int64_t key_rows = rows_of(p.tk, p.sequences) * p.key_heads;
            problem_fill(&p);
            problem_run(&p, context, NULL, NULL);
            naive n = naive_run(&p);
            check_error(p.o, n.o, rows * p.value_size, bounds[k]);
            check_error(p.dq, n.dq, rows * p.size, bounds[k]);
            check_error(p.dk, n.dk, key_rows * p.size, bounds[k]);
            check_error(p.dv, n.dv, key_rows * p.value_size, bounds[k]);
            assert_true(error_of(p.lse, n.lse, rows) <= bounds[k]);
            naive_free(&n);
            problem_free(&p);
        }
        heed_context_destroy(&context);
    }
}

static void same(const heed_real *x, const heed_real *y, int64_t n)
{
    assert_memory_equal(x, y, (size_t)n * sizeof *x);
}

/* All that is in x, and in y from sequence `s` on. */
static void same_results(const problem *x, const problem *y, int64_t s)
{
    int64_t rows = rows_of(x->tq, x->sequences), row = rows_of(y->tq, s);
    int64_t keys = rows_of(x->tk, x->sequences), key = rows_of(y->tk, s);
    int64_t q = x->heads * x->size, o = x->heads * x->value_size;
    int64_t k = x->key_heads * x->size, v = x->key_heads * x->value_size;
    same(x->o, y->o + row * o, rows * o);
    same(x->dq, y->dq + row * q, rows * q);
    same(x->dk, y->dk + key * k, keys * k);
    same(x->dv, y->dv + key * v, keys * v);
}

/* Other threads, padded, and each sequence without the others. */
static void check_bits(heed_precision precision, int variant)
{
    problem p = problem_at(variant), q = problem_at(variant);
    problem_fill(&p);
    problem_fill(&q);
    for (int threads = 1; threads <= 8; threads += threads) {
        heed_context *context = context_at(threads, precision);
        q.padded = threads == 8;
        problem_run(threads == 1 ? &p : &q, context, NULL, NULL);
        if (threads > 1) same_results(&q, &p, 0);
        heed_context_destroy(&context);
    }
    problem_free(&q);
    heed_context *context = context_at(3, precision);
    for (int64_t s = 0; s < p.sequences; s++) {
        problem one = problem_at(variant);
        one.sequences = 1, one.first_id = (uint64_t)s;
        one.tq[0] = p.tq[s], one.tk[0] = p.tk[s];
        one.offset = p.offset ? p.offset + s : NULL;
        problem_fill(&one);
        problem_run(&one, context, NULL, NULL);
        same_results(&one, &p, s);
        problem_free(&one);
    }
    heed_context_destroy(&context);
    problem_free(&p);
}

static void test_bits(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++)
        for (int variant = 0; variant < VARIANTS; variant++) check_bits(precisions[k], variant);
}

enum { T = 200, D = 40, HIDDEN = 150 };

/* Causal: a NaN in key and value HIDDEN is seen by queries from there on, and by no other. */
static void test_nan(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++)
        for (int in_key = 0; in_key < 2; in_key++) {
            heed_context *context = context_at(2, precisions[k]);
            static const int64_t none[] = {0};
            problem p = {.sequences = 1, .heads = 1, .size = D, .tq = {T}, .tk = {T}};
            p.causal = 1, p.offset = none;
            problem_fill(&p);
            (in_key ? p.k : p.v)[HIDDEN * D + 3] = HEED_REAL(NAN);
            problem_run(&p, context, NULL, NULL);
            for (int64_t i = 0; i < T; i++)
                for (int64_t d = 0; d < D; d++) {
                    heed_real o = p.o[i * D + d];
                    int bad = i >= HIDDEN && (in_key || d == 3);
                    assert_int_equal(o != o, bad);
                }
            problem_free(&p);
            heed_context_destroy(&context);
        }
}

static void same_odd(const heed_real *x, const heed_real *y, int64_t n, int *some)
{
    for (int64_t i = 0; i < n; i++) {
        int finite = y[i] - y[i] == 0;
        assert_int_equal(x[i] - x[i] == 0, finite);
        *some |= !finite;
    }
}

/* A NaN or an infinity somewhere in q, k, v or do spoils what it does at `highest`, and no more. */
static void test_odd_gradients(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++)
        for (int where = 0; where < 8; where++) {
            static const int64_t none[] = {0};
            int some = 0;
            problem p[2];
            for (int i = 0; i < 2; i++) {
                heed_context *context = context_at(2, i ? precisions[k] : HEED_PRECISION_HIGHEST);
                p[i] = (problem){.sequences = 1, .heads = 1, .size = D, .tq = {T}, .tk = {T}};
                p[i].causal = 1, p[i].offset = none;
                problem_fill(&p[i]);
                heed_real *const arrays[] = {p[i].q, p[i].k, p[i].v, p[i].d_o};
                arrays[where / 2][HIDDEN * D + 3] =
                    where % 2 ? HEED_REAL(INFINITY) : HEED_REAL(NAN);
                problem_run(&p[i], context, NULL, NULL);
                heed_context_destroy(&context);
            }
            same_odd(p[1].o, p[0].o, T * D, &some);
            same_odd(p[1].dq, p[0].dq, T * D, &some);
            same_odd(p[1].dk, p[0].dk, T * D, &some);
            same_odd(p[1].dv, p[0].dv, T * D, &some);
            assert_true(some);
            problem_free(&p[0]);
            problem_free(&p[1]);
        }
}

static void test_plan_says_it(void **state)
{
    (void)state;
    heed_context *context = context_at(1, HEED_PRECISION_HIGH);
    heed_attention_options o = {.size = sizeof o, .heads = 1, .head_size = 8};
    heed_attention_capacity room = {
        .size = sizeof room, .sequences = 1, .longest_query = 64, .longest_key = 64};
    const char *const queries[] = {"two bfloat16 to a number", "fewer than 64 queries"};
    for (int less = 0; less < 2; less++) {
        heed_attention_plan *plan = NULL;
        char text[2000];
        room.longest_query = 64 - less;
        check_ok(heed_attention_plan_create(context, &o, &room, &plan));
        heed_attention_plan_describe(plan, text, sizeof text);
        assert_non_null(strstr(text, heed__amx_best() ? queries[less] : "no AMX"));
        heed_attention_plan_destroy(&plan);
    }
    heed_context_destroy(&context);
}

/* A plan made when its context asked for less gives what is asked for now. */
static void test_more_is_asked_for(void **state)
{
    (void)state;
    for (int now = HEED_PRECISION_HIGHEST; now < HEED_PRECISION_MEDIUM; now++) {
        problem p = problem_at(1), q = problem_at(1);
        heed_context *context = context_at(2, HEED_PRECISION_MEDIUM);
        char text[2000];
        setup x;
        problem_fill(&p);
        problem_fill(&q);
        setup_make(&q, &x, context, NULL, NULL);
        check_ok(heed_context_set_precision(context, (heed_precision)now));
        setup_run(&q, &x);
        heed_attention_plan_describe(x.plan, text, sizeof text);
        assert_null(strstr(text, "on AMX"));
        if (heed__amx_best() && now == HEED_PRECISION_HIGH)
            assert_non_null(strstr(text, "made at another precision"));
        setup_free(&x);
        heed_context_destroy(&context);
        problem_run(&p, NULL, NULL, NULL);
        same_results(&q, &p, 0);
        problem_free(&p);
        problem_free(&q);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors),       cmocka_unit_test(test_bits),
        cmocka_unit_test(test_nan),          cmocka_unit_test(test_odd_gradients),
        cmocka_unit_test(test_plan_says_it), cmocka_unit_test(test_more_is_asked_for),
    };
    if (!heed__amx_best()) print_message("no AMX here: high and medium are highest\n");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
