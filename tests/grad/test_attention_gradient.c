/* SPDX-License-Identifier: MIT */
/* Gradients of the operator in float64 against finite differences of
 * L = sum(o * d_o) + sum(lse * d_lse), for every engine and score. */
#include "check.h"

#include "attention/attention_case.h"

#include <stdio.h>

/* Central differences with step 1e-5 on values of order 1: error near 1e-10 relative to L. */
static const double step = 1e-5, allowed = 2e-8;

static double loss(problem *p, setup *x)
{
    double sum = 0;
    check_ok(heed_attention_forward(x->plan, &x->batch, &x->forward, x->workspace));
    copy_laid(p, &x->o, p->tq, p->heads, p->value_size, p->o, 1);
    copy_laid(p, &x->lse, p->tq, p->heads, 1, p->lse, 1);
    int64_t nq = rows_of(p->tq, p->sequences) * p->heads;
    for (int64_t i = 0; i < nq * p->value_size; i++) sum += p->o[i] * p->d_o[i];
    for (int64_t i = 0; i < nq; i++)
        if (!isinf(p->lse[i])) sum += p->lse[i] * p->d_lse[i];
    return sum;
}

/* Every fifth element of the array is moved. */
static void check_array(problem *p, setup *x, const char *name, heed_real *canonical, laid *array,
                        const int64_t *t, int64_t heads, int64_t width, const heed_real *gradient)
{
    int64_t n = t ? rows_of(t, p->sequences) * heads * width : heads * width;
    for (int64_t i = 0; i < n; i += 5) {
        heed_real here = canonical[i], side[2];
        for (int s = 0; s < 2; s++) {
            canonical[i] = here + (s ? -step : step);
            if (array) copy_laid(p, array, t, heads, width, canonical, 0);
            side[s] = loss(p, x);
        }
        canonical[i] = here;
        double found = (side[0] - side[1]) / (2 * step);
        if (!(fabs(found - gradient[i]) <= allowed * (1 + fabs(found))))
            fail_msg("%s[%lld]: %.12g, by differences %.12g", name, (long long)i, gradient[i],
                     found);
    }
    if (array) copy_laid(p, array, t, heads, width, canonical, 0);
}

static void check_gradients(problem p, const char *engine)
{
    setup x;
    problem_fill(&p);
    setup_make(&p, &x, NULL, NULL, engine);
    problem_run(&p, NULL, NULL, engine);
    check_array(&p, &x, "dq", p.q, &x.q, p.tq, p.heads, p.size, p.dq);
    check_array(&p, &x, "dk", p.k, &x.k, p.tk, p.key_heads, p.size, p.dk);
    check_array(&p, &x, "dv", p.v, &x.v, p.tk, p.key_heads, p.value_size, p.dv);
    if (x.sizes.parameters) check_array(&p, &x, "dw", p.w, NULL, NULL, p.heads, p.size, p.dw);
    setup_free(&x);
    problem_free(&p);
}

static void check_both(problem p)
{
    check_gradients(p, "reference");
    check_gradients(p, "tiled");
    p.padded = 1;
    check_gradients(p, "tiled");
}

static const int64_t offset[] = {62, -1, 0};

static problem base(const char *score)
{
    return (problem){.sequences = 3,
                     .score = score,
                     .heads = 4,
                     .key_heads = 2,
                     .size = 3,
                     .value_size = 2,
                     .tq = {5, 3, 1},
                     .tk = {66, 4, 1}};
}

static void test_scaled_dot(void **state)
{
    (void)state;
    check_both(base(NULL));
}

static void test_dot(void **state)
{
    (void)state;
    check_both(base("dot"));
}

static void test_additive(void **state)
{
    (void)state;
    check_both(base("additive"));
}

static void test_causal_ragged_grouped_dropped(void **state)
{
    (void)state;
    const char *scores[] = {NULL, "additive"};
    for (int s = 0; s < 2; s++) {
        problem p = base(scores[s]);
        p.causal = 1;
        p.offset = offset;
        p.dropout = 0.3;
        check_both(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scaled_dot),
        cmocka_unit_test(test_dot),
        cmocka_unit_test(test_additive),
        cmocka_unit_test(test_causal_ragged_grouped_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
