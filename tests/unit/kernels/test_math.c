/* SPDX-License-Identifier: MIT */
/* How far exp, log, tanh, sigmoid and erf are from the truth, and their special values. */
#include "check.h"

#include "kernels/kernels.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef void (*map_function)(int64_t, const heed_real *, heed_real *);

static double sigmoid_truth(double x)
{
    return 1 / (1 + exp(-x));
}

/* In units of the last place of the truth's neighbourhood in float32. */
static double error_in_ulps(float got, double truth)
{
    if (isnan(truth)) return isnan(got) ? 0 : INFINITY;
    if ((double)got == truth || (isinf(got) && (double)got == (double)(float)truth)) return 0;
    int exponent;
    frexp(truth, &exponent);
    if (exponent < -125) exponent = -125; /* denormals */
    return fabs((double)got - truth) / ldexp(1, exponent - 24);
}

enum { STEP = 2048 };

/* Every STEP-th float of the whole range, both signs, NaNs and infinities among them. */
static void hold_to_truth(const char *name, map_function f, double (*truth)(double), double bound)
{
    double worst = 0;
    float at = 0, x[STEP], y[STEP];
    for (uint64_t start = 0; start < (uint64_t)1 << 32; start += (uint64_t)STEP * STEP) {
        for (uint32_t i = 0; i < STEP; i++) {
            uint32_t bits = (uint32_t)start + i * STEP + (uint32_t)(start >> 20) % STEP;
            memcpy(&x[i], &bits, sizeof bits);
        }
        f(STEP, x, y);
        for (int i = 0; i < STEP; i++) {
            double error = error_in_ulps(y[i], truth((double)x[i]));
            if (error > worst) worst = error, at = x[i];
        }
    }
    print_message("%s: %.3f ulp at %a\n", name, worst, (double)at);
    if (worst > bound) fail_msg("%s is off by %.3f ulp at %a", name, worst, (double)at);
}

static void test_errors(void **state)
{
    (void)state;
    const heed__kernels *k = heed__kernels_best();
    hold_to_truth("exp", k->exp, exp, 1.0);
    hold_to_truth("log", k->log, log, 1.0);
    hold_to_truth("tanh", k->tanh, tanh, 2.5);
    hold_to_truth("sigmoid", k->sigmoid, sigmoid_truth, 2.5);
    hold_to_truth("erf", k->erf, erf, 1.0);
}

static float at(map_function f, float x)
{
    float y;
    f(1, &x, &y);
    return y;
}

static void test_special_values(void **state)
{
    (void)state;
    const heed__kernels *k = heed__kernels_best();
    assert_true(at(k->exp, -INFINITY) == 0 && !signbit(at(k->exp, -INFINITY)));
    assert_true(at(k->exp, INFINITY) == INFINITY && at(k->exp, 89) == INFINITY);
    assert_true(at(k->exp, 0) == 1 && at(k->exp, -0.0f) == 1 && at(k->exp, 0x1p-149f) == 1);
    assert_true(at(k->exp, -103.0f) == 0x1p-149f && at(k->exp, -FLT_MAX) == 0);
    assert_true(at(k->log, 0) == -INFINITY && at(k->log, -0.0f) == -INFINITY);
    assert_true(at(k->log, 1) == 0 && at(k->log, INFINITY) == INFINITY);
    assert_true(isnan(at(k->log, -1)) && isnan(at(k->log, -0x1p-149f)));
    assert_true(isnan(at(k->log, -INFINITY)));
    assert_true(at(k->tanh, 20) == 1 && at(k->tanh, -INFINITY) == -1);
    assert_true(at(k->tanh, 0) == 0 && signbit(at(k->tanh, -0.0f)));
    assert_true(at(k->tanh, 0x1p-149f) == 0x1p-149f);
    assert_true(at(k->sigmoid, INFINITY) == 1 && at(k->sigmoid, -INFINITY) == 0);
    assert_true(at(k->sigmoid, 0) == 0.5f && at(k->sigmoid, -100) > 0);
    assert_true(at(k->erf, 4.5f) == 1 && at(k->erf, -INFINITY) == -1);
    assert_true(at(k->erf, 0) == 0 && signbit(at(k->erf, -0.0f)));
    map_function all[] = {k->exp, k->log, k->tanh, k->sigmoid, k->erf};
    for (int i = 0; i < 5; i++) assert_true(isnan(at(all[i], NAN)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_special_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
