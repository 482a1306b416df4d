/* SPDX-License-Identifier: MIT */
/* Merging in float64: the whole and its gradients to rounding, and finite differences. */
#include "check.h"

#include "attention/merge_case.h"

static void near(const heed_real *x, const heed_real *y, size_t n, double allowed, const char *what)
{
    for (size_t i = 0; i < n; i++)
        if (x[i] != y[i] && !(fabs(x[i] - y[i]) <= allowed * (1 + fabs(y[i]))))
            fail_msg("%s[%zu] = %.15g, wanted %.15g", what, i, x[i], y[i]);
}
#define NEAR(member, allowed)                                                                      \
    near(found.member, whole.member, sizeof whole.member / sizeof *whole.member, allowed, #member)

static heed_attention_partials_gradient gradient_of(const heed_real *d_o, const heed_real *d_lse,
                                                    heed_real *o0, heed_real *o1, heed_real *lse0,
                                                    heed_real *lse1)
{
    return (heed_attention_partials_gradient){
        .size = sizeof(heed_attention_partials_gradient),
        .d_o = rows_in(d_o, MERGE_H, MERGE_DV),
        .d_lse = rows_in(d_lse, MERGE_H, 1),
        .o = {rows_out(o0, MERGE_H, MERGE_DV), rows_out(o1, MERGE_H, MERGE_DV)},
        .lse = {rows_out(lse0, MERGE_H, 1), rows_out(lse1, MERGE_H, 1)}};
}

/* Back through the merge and both parts: the gradients of the whole. */
static void test_through_both_parts(void **state)
{
    (void)state;
    static const int64_t offsets[] = {MERGE_TK, 66, -3};
    for (int k = 0; k < 3; k++) {
        static merge_result whole, part[2], found;
        merge_case c = merge_case_make(offsets[k]);
        memset(&whole, 0, sizeof whole), memset(part, 0, sizeof part);
        memset(&found, 0, sizeof found);
        attend_some(&c, 0, MERGE_TK, &whole, NULL, NULL);
        for (int i = 0; i < MERGE_TQ * MERGE_H; i++)
            if (isinf(whole.lse[i])) c.d_lse[i] = 0;
        attend_some(&c, 0, MERGE_TK, &whole, c.d_o, c.d_lse);
        int64_t cut = 70, first[2] = {0, cut}, count[2] = {cut, MERGE_TK - cut};
        for (int p = 0; p < 2; p++) attend_some(&c, first[p], count[p], &part[p], NULL, NULL);
        merge_two(&part[0], &part[1], &found);
        heed_real d_o[2][MERGE_TQ * MERGE_H * MERGE_DV] = {{0}},
                                              d_lse[2][MERGE_TQ * MERGE_H] = {{0}};
        heed_attention_partials parts = partials_of(&part[0], &part[1]);
        heed_attention_partials_gradient g =
            gradient_of(c.d_o, c.d_lse, d_o[0], d_o[1], d_lse[0], d_lse[1]);
        check_ok(heed_attention_merge_backward(NULL, &parts, &g));
        for (int p = 0; p < 2; p++) {
            memcpy(part[p].dq, found.dq, sizeof found.dq);
            attend_some(&c, first[p], count[p], &part[p], d_o[p], d_lse[p]);
            memcpy(found.dq, part[p].dq, sizeof found.dq);
            memcpy(found.dk + first[p] * MERGE_HKV * MERGE_D,
                   part[p].dk + first[p] * MERGE_HKV * MERGE_D,
                   (size_t)(count[p] * MERGE_HKV * MERGE_D) * sizeof(heed_real));
            memcpy(found.dv + first[p] * MERGE_HKV * MERGE_DV,
                   part[p].dv + first[p] * MERGE_HKV * MERGE_DV,
                   (size_t)(count[p] * MERGE_HKV * MERGE_DV) * sizeof(heed_real));
        }
        NEAR(o, 1e-14), NEAR(lse, 1e-14), NEAR(dq, 1e-13), NEAR(dk, 1e-13), NEAR(dv, 1e-13);
    }
}

static double loss(const merge_result *a, const merge_result *b, const merge_case *c)
{
    static merge_result out;
    double sum = 0;
    merge_two(a, b, &out);
    for (size_t i = 0; i < sizeof out.o / sizeof *out.o; i++) sum += out.o[i] * c->d_o[i];
    for (size_t i = 0; i < sizeof out.lse / sizeof *out.lse; i++)
        if (!isinf(out.lse[i])) sum += out.lse[i] * c->d_lse[i];
    return sum;
}

static void difference(heed_real *x, size_t n, const heed_real *gradient, merge_result part[2],
                       const merge_case *c, const char *what)
{
    const double step = 1e-5;
    for (size_t i = 0; i < n; i++) {
        double here = x[i], side[2];
        for (int s = 0; s < 2; s++) {
            x[i] = here + (s ? -step : step);
            side[s] = loss(&part[0], &part[1], c);
        }
        x[i] = here;
        double found = (side[0] - side[1]) / (2 * step);
        if (!(fabs(found - gradient[i]) <= 1e-8 * (1 + fabs(found))))
            fail_msg("d %s[%zu] = %.12g, by differences %.12g", what, i, gradient[i], found);
    }
}

/* Added to what is there; an empty part gets nothing. */
static void test_finite_differences(void **state)
{
    (void)state;
    enum { N = MERGE_TQ * MERGE_H, NV = N * MERGE_DV };
    static merge_result part[2];
    merge_case c = merge_case_make(0);
    heed_real d_o[2][NV], d_lse[2][N];
    for (int p = 0; p < 2; p++) {
        merge_values(part[p].o, NV, 7 + p);
        merge_values(part[p].lse, N, 9 + p);
        for (int i = 0; i < NV; i++) d_o[p][i] = 0.5;
        for (int i = 0; i < N; i++) d_lse[p][i] = 0.5;
    }
    part[0].lse[3] = part[1].lse[5] = part[0].lse[8] = part[1].lse[8] = -INFINITY;
    heed_attention_partials parts = partials_of(&part[0], &part[1]);
    heed_attention_partials_gradient g =
        gradient_of(c.d_o, c.d_lse, d_o[0], d_o[1], d_lse[0], d_lse[1]);
    check_ok(heed_attention_merge_backward(NULL, &parts, &g));
    for (int p = 0; p < 2; p++) {
        for (int i = 0; i < NV; i++) d_o[p][i] -= 0.5;
        for (int i = 0; i < N; i++) d_lse[p][i] -= 0.5;
        difference(part[p].o, NV, d_o[p], part, &c, "o");
        difference(part[p].lse, N, d_lse[p], part, &c, "lse");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_through_both_parts),
                                       cmocka_unit_test(test_finite_differences)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
