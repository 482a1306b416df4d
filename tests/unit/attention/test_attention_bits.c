/* SPDX-License-Identifier: MIT */
/* Results are the same to the bit for any engine, level, number of threads, layout and neighbours.
 */
#include "check.h"

#include "attention/attention_case.h"
#include "attention/engine_tiled.h"

#include <stdio.h>

static const int64_t offset[] = {5, 60, -30, 3, 0, 128};

/* Sizes around the blocks, long enough for tasks to be cut; with and without each part. */
static problem problem_at(int variant)
{
    problem p = {.sequences = 6,
                 .heads = 4,
                 .key_heads = 2,
                 .size = 20,
                 .value_size = 9,
                 .tq = {60, 65, 130, 0, 7, 270},
                 .tk = {65, 128, 64, 9, 7, 330}};
    if (variant & 1) p.causal = 1, p.offset = offset;
    if (variant & 2) p.dropout = 0.2;
    if (variant & 4) p.score = "additive";
    return p;
}
enum { VARIANTS = 8 };

static void same(const char *what, const char *name, const heed_real *x, const heed_real *y,
                 int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (memcmp(&x[i], &y[i], sizeof x[i]) != 0 && !(isnan(x[i]) && isnan(y[i])))
            fail_msg("%s: %s[%lld] is %.9g, not %.9g", what, name, (long long)i, (double)x[i],
                     (double)y[i]);
}

static void same_results(const char *what, const problem *p, const problem *q)
{
    int64_t nq = rows_of(p->tq, p->sequences) * p->heads;
    int64_t nk = rows_of(p->tk, p->sequences) * p->key_heads;
    same(what, "o", p->o, q->o, nq * p->value_size);
    same(what, "lse", p->lse, q->lse, nq);
    same(what, "dq", p->dq, q->dq, nq * p->size);
    same(what, "dk", p->dk, q->dk, nk * p->size);
    same(what, "dv", p->dv, q->dv, nk * p->value_size);
    same(what, "dw", p->dw, q->dw, p->heads * p->size);
}

static void test_engines_and_layouts(void **state)
{
    (void)state;
    for (int variant = 0; variant < VARIANTS; variant++) {
        problem p = problem_at(variant), q = problem_at(variant);
        problem_fill(&p);
        problem_fill(&q);
        problem_run(&p, NULL, NULL, "reference");
        problem_run(&q, NULL, NULL, "tiled");
        same_results("tiled", &q, &p);
        q.padded = 1;
        problem_run(&q, NULL, NULL, "tiled");
        same_results("tiled padded", &q, &p);
        problem_run(&q, NULL, NULL, "reference");
        same_results("reference padded", &q, &p);
        q.padded = 0, q.slots = 1;
        problem_run(&q, NULL, NULL, "tiled");
        same_results("tiled slots", &q, &p);
        problem_run(&q, NULL, NULL, "reference");
        same_results("reference slots", &q, &p);
        problem_free(&p);
        problem_free(&q);
    }
}

/* A few queries a sequence, with their heads side by side or far apart, see all their keys. */
static problem few_at(int variant)
{
    static const int64_t after[] = {400, 400, 400, 400, 400, 400};
    problem p = {.sequences = 6, .heads = 4, .key_heads = 2, .size = 20, .value_size = 9};
    const int64_t tq[] = {1, 4, 0, 16, 3, 9}, tk[] = {20, 65, 7, 330, 0, 64};
    memcpy(p.tq, tq, sizeof tq);
    memcpy(p.tk, tk, sizeof tk);
    if (variant & 1) p.causal = 1, p.offset = after;
    if (variant & 2) p.heads = 32, p.key_heads = 8, p.size = 48, p.tq[3] = 1, p.tq[5] = 2;
    if (variant & 4) p.padded = 1;
    if (variant & 8) p.slots = 1, p.padded = 0;
    if (variant & 16) p.score = "dot";
    return p;
}

static void test_few_queries(void **state)
{
    (void)state;
    heed_context *context;
    check_ok(heed_context_create(&(heed_context_options){.threads = 3}, &context));
    for (int variant = 0; variant < 32; variant++) {
        problem p = few_at(variant), q = few_at(variant);
        setup x;
        problem_fill(&p);
        problem_fill(&q);
        setup_make(&q, &x, NULL, NULL, "tiled");
        heed__run run = {.plan = x.plan, .batch = &x.batch};
        assert_true(heed__few_takes(&run));
        char text[4000];
        heed_attention_plan_describe(x.plan, text, sizeof text);
        assert_non_null(strstr(text, "several heads a task"));
        setup_free(&x);
        problem_run(&p, NULL, NULL, "reference");
        problem_run(&q, NULL, NULL, "tiled");
        same_results("few", &q, &p);
        problem_run(&q, context, NULL, "tiled");
        same_results("few, threads", &q, &p);
        for (int level = 0; level < HEED_LEVELS; level++) {
            const heed__kernels *kernels = heed__kernels_at((heed__level)level);
            if (!kernels) continue;
            problem_run(&q, NULL, kernels, "tiled");
            same_results("few, levels", &q, &p);
        }
        problem_free(&p);
        problem_free(&q);
    }
    heed_context_destroy(&context);
}

static void test_threads(void **state)
{
    (void)state;
    const int threads[] = {1, 2, 3, 8};
    for (int variant = 0; variant < VARIANTS; variant++) {
        problem p = problem_at(variant), q = problem_at(variant);
        problem_fill(&p);
        problem_fill(&q);
        problem_run(&p, NULL, NULL, NULL);
        for (int t = 0; t < 4; t++) {
            heed_context *context = NULL;
            check_ok(heed_context_create(&(heed_context_options){.threads = threads[t]}, &context));
            problem_run(&q, context, NULL, NULL);
            same_results("threads", &q, &p);
            heed_context_destroy(&context);
        }
        problem_free(&p);
        problem_free(&q);
    }
}

/* One long sequence and head: too few tasks, so backward goes in halves. */
static void test_backward_in_halves(void **state)
{
    (void)state;
    heed_context *context = NULL;
    check_ok(heed_context_create(&(heed_context_options){.threads = 3}, &context));
    for (int variant = 0; variant < VARIANTS; variant++) {
        problem p = problem_at(variant);
        p.sequences = 1, p.tq[0] = 600, p.tk[0] = 530, p.heads = p.key_heads = 1;
        problem q = p;
        problem_fill(&p);
        problem_fill(&q);
        problem_run(&p, NULL, NULL, "tiled");
        problem_run(&q, context, NULL, "tiled");
        same_results("halves", &q, &p);
        problem_run(&q, context, NULL, "reference");
        same_results("halves", &q, &p);
        problem_free(&p);
        problem_free(&q);
    }
    heed_context_destroy(&context);
}

static void test_levels(void **state)
{
    (void)state;
    const heed__kernels *scalar = heed__kernels_at(HEED_LEVEL_SCALAR);
    assert_non_null(scalar);
    for (int variant = 0; variant < VARIANTS; variant++) {
        problem p = problem_at(variant), q = problem_at(variant);
        problem_fill(&p);
        problem_fill(&q);
        problem_run(&p, NULL, scalar, NULL);
        for (int level = 1; level < HEED_LEVELS; level++) {
            const heed__kernels *kernels = heed__kernels_at((heed__level)level);
            if (!kernels) continue;
            problem_run(&q, NULL, kernels, NULL);
            same_results(heed__level_name((heed__level)level), &q, &p);
        }
        problem_free(&p);
        problem_free(&q);
    }
}

/* A sequence alone gives what it gave among others (the sum over sequences, dw, aside). */
static void test_neighbours(void **state)
{
    (void)state;
    for (int variant = 0; variant < VARIANTS; variant++) {
        problem p = problem_at(variant);
        problem_fill(&p);
        problem_run(&p, NULL, NULL, NULL);
        for (int64_t s = 0; s < p.sequences; s++) {
            problem one = problem_at(variant);
            one.sequences = 1;
            one.tq[0] = p.tq[s], one.tk[0] = p.tk[s], one.first_id = (uint64_t)s;
            if (one.offset) one.offset += s;
            problem_fill(&one);
            problem_run(&one, NULL, NULL, NULL);
            int64_t q0 = rows_of(p.tq, s) * p.heads, k0 = rows_of(p.tk, s) * p.key_heads;
            int64_t nq = p.tq[s] * p.heads, nk = p.tk[s] * p.key_heads;
            same("alone", "o", one.o, p.o + q0 * p.value_size, nq * p.value_size);
            same("alone", "lse", one.lse, p.lse + q0, nq);
            same("alone", "dq", one.dq, p.dq + q0 * p.size, nq * p.size);
            same("alone", "dk", one.dk, p.dk + k0 * p.size, nk * p.size);
            same("alone", "dv", one.dv, p.dv + k0 * p.value_size, nk * p.value_size);
            problem_free(&one);
        }
        problem_free(&p);
    }
}

/* A causal prefix computed whole, or later queries against the same keys: decoding with a cache,
 * at every level. */
static void rows_one_by_one(const heed__kernels *kernels)
{
    problem whole = {.sequences = 1, .heads = 2, .size = 16, .causal = 1, .tq = {100}, .tk = {100}};
    problem_fill(&whole);
    problem_run(&whole, NULL, NULL, NULL);
    for (int64_t i = 0; i < 100; i += 9) {
        const int64_t at[] = {i};
        problem row = whole;
        row.tq[0] = 1, row.tk[0] = i + 1, row.offset = at, row.slots = (int)(i % 2);
        problem_fill(&row);
        memcpy(row.q, whole.q + i * 32, 32 * sizeof *row.q);
        problem_run(&row, NULL, kernels, NULL);
        same("one row", "o", row.o, whole.o + i * 32, 32);
        same("one row", "lse", row.lse, whole.lse + i * 2, 2);
        problem_free(&row);
    }
    problem_free(&whole);
}

static void test_rows_one_by_one(void **state)
{
    (void)state;
    for (int level = 0; level < HEED_LEVELS; level++) {
        const heed__kernels *kernels = heed__kernels_at((heed__level)level);
        if (kernels) rows_one_by_one(kernels);
    }
}

/* Keys that are the values, with one array for both gradients: their sum, the same for any number
 * of threads and at any level. */
static void shared_gradient(problem *p, heed_context *context, const heed__kernels *kernels,
                            const char *engine, heed_real *out)
{
    setup x;
    int64_t n = rows_of(p->tk, p->sequences) * p->key_heads * p->size;
    setup_make(p, &x, context, kernels, engine);
    x.forward.v = x.backward.v = x.forward.k;
    x.backward.dv = x.backward.dk;
    check_ok(heed_attention_forward(x.plan, &x.batch, &x.forward, x.workspace));
    check_ok(heed_attention_backward(x.plan, &x.batch, &x.backward, x.workspace));
    memcpy(out, x.backward.dk.data, (size_t)n * sizeof *out);
    setup_free(&x);
}

static void test_keys_that_are_values(void **state)
{
    (void)state;
    heed_context *context = NULL;
    check_ok(heed_context_create(&(heed_context_options){.threads = 3}, &context));
    for (int variant = 0; variant < 2 * VARIANTS; variant++) {
        problem p = problem_at(variant % VARIANTS);
        p.value_size = p.size;
        if (variant >= VARIANTS) /* in halves */
            p.sequences = 1, p.tq[0] = 600, p.tk[0] = 530, p.heads = p.key_heads = 1;
        problem_fill(&p);
        int64_t n = rows_of(p.tk, p.sequences) * p.key_heads * p.size;
        memcpy(p.v, p.k, (size_t)n * sizeof *p.v);
        problem_run(&p, NULL, NULL, NULL);
        heed_real *first = reals(n), *other = reals(n);
        shared_gradient(&p, NULL, NULL, "tiled", first);
        shared_gradient(&p, context, NULL, "tiled", other);
        same("threads", "dk + dv", other, first, n);
        shared_gradient(&p, NULL, heed__kernels_at(HEED_LEVEL_SCALAR), "tiled", other);
        same("scalar", "dk + dv", other, first, n);
        shared_gradient(&p, NULL, NULL, "reference", other); /* sums in another order */
        for (int64_t i = 0; i < n; i++) {
            assert_true(fabs((double)first[i] - p.dk[i] - p.dv[i]) < 1e-4);
            assert_true(fabs((double)other[i] - p.dk[i] - p.dv[i]) < 1e-4);
        }
        heed__free(first);
        heed__free(other);
        problem_free(&p);
    }
    heed_context_destroy(&context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_engines_and_layouts),
        cmocka_unit_test(test_few_queries),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_backward_in_halves),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_neighbours),
        cmocka_unit_test(test_rows_one_by_one),
        cmocka_unit_test(test_keys_that_are_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
