/* SPDX-License-Identifier: MIT */
/* A product score that changes both sides before the product: here x~ = x * x, so that its results
 * are those of "dot" on squares, and its gradients 2 x times those. */
#include "check.h"

#include "attention/attention_case.h"

static void square(const heed__self *self, int64_t head, const heed_real *x, heed_real *out)
{
    (void)head;
    for (int64_t d = 0; d < self->width; d++) out[d] = x[d] * x[d];
}

static void square_back(const heed__self *self, int64_t head, const heed_real *x,
                        const heed_real *d, heed_real *gradient, heed_real *const *dp)
{
    (void)head, (void)dp;
    for (int64_t i = 0; i < self->width; i++) gradient[i] += 2 * x[i] * d[i];
}

static const heed__score squares = {
    .entry = {.name = "squares", .help = "<q q, k k>"},
    .product = 1,
    .prepare = {square, square},
    .finish = {square_back, square_back},
};

/* As problem_run, with `squares` in the plan. */
static void run_squares(problem *p, heed_context *context, const char *engine)
{
    setup x;
    setup_make(p, &x, context, NULL, engine);
    x.plan->score = &squares;
    x.plan->score_fit.entry = &squares.entry;
    check_ok(heed_attention_plan_sizes(x.plan, &x.sizes));
    heed__free(x.workspace);
    x.workspace = reals((int64_t)(x.sizes.forward + x.sizes.backward));
    check_ok(heed_attention_forward(x.plan, &x.batch, &x.forward, x.workspace));
    check_ok(heed_attention_backward(x.plan, &x.batch, &x.backward, x.workspace));
    copy_laid(p, &x.o, p->tq, p->heads, p->value_size, p->o, 1);
    copy_laid(p, &x.dq, p->tq, p->heads, p->size, p->dq, 1);
    copy_laid(p, &x.dk, p->tk, p->key_heads, p->size, p->dk, 1);
    copy_laid(p, &x.dv, p->tk, p->key_heads, p->value_size, p->dv, 1);
    setup_free(&x);
}

static void expect_scaled(const heed_real *x, const heed_real *raw, const heed_real *plain,
                          int64_t n)
{
    for (int64_t i = 0; i < n; i++) assert_true(x[i] == 2 * raw[i] * plain[i]);
}

static void compare(problem p, heed_context *context, const char *engine)
{
    problem dot = p;
    dot.score = "dot";
    problem_fill(&p);
    problem_fill(&dot);
    int64_t nq = rows_of(p.tq, p.sequences) * p.heads,
            nk = rows_of(p.tk, p.sequences) * p.key_heads;
    for (int64_t i = 0; i < nq * p.size; i++) dot.q[i] *= dot.q[i];
    for (int64_t i = 0; i < nk * p.size; i++) dot.k[i] *= dot.k[i];
    problem_run(&dot, NULL, NULL, "reference");
    run_squares(&p, context, engine);
    assert_memory_equal(p.o, dot.o, (size_t)(nq * p.value_size) * sizeof *p.o);
    assert_memory_equal(p.dv, dot.dv, (size_t)(nk * p.value_size) * sizeof *p.dv);
    expect_scaled(p.dq, p.q, dot.dq, nq * p.size);
    expect_scaled(p.dk, p.k, dot.dk, nk * p.size);
    problem_free(&p);
    problem_free(&dot);
}

static void test_both_sides_prepared(void **state)
{
    (void)state;
    const int64_t offset[] = {20, -5};
    problem p = {.sequences = 2,
                 .heads = 4,
                 .key_heads = 2,
                 .size = 6,
                 .causal = 1,
                 .offset = offset,
                 .tq = {70, 300},
                 .tk = {90, 290}};
    heed_context *context = NULL;
    check_ok(heed_context_create(&(heed_context_options){.threads = 3}, &context));
    for (int padded = 0; padded < 2; padded++) {
        p.padded = padded;
        compare(p, NULL, "reference");
        compare(p, NULL, "tiled");    /* backward whole */
        compare(p, context, "tiled"); /* backward in halves */
    }
    heed_context_destroy(&context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_both_sides_prepared)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
