/* SPDX-License-Identifier: MIT */
/* How far exp, log, tanh, sigmoid, erf and softmax's weights are from the truth, and their special
 * values. */
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

/* Of a score x under its row's largest: at most 1, off by 2^-24 at most, and by few units for each
 * 1 of |x|; all levels alike. */
static void hold_weights(const heed__kernels *k, const heed__kernels *scalar)
{
    float x[STEP], y[STEP], z[STEP];
    for (uint32_t start = 0; start < (uint32_t)STEP * STEP; start += STEP) {
        for (uint32_t i = 0; i < STEP; i++) x[i] = -0x1.08p-16f * (float)(start + i);
        k->exp_sum(STEP, x, 0, y);
        scalar->exp_sum(STEP, x, 0, z);
        assert_memory_equal(y, z, sizeof y);
        for (int i = 0; i < STEP; i++) {
            double truth = exp((double)x[i]), off = error_in_ulps(y[i], truth);
            if (x[i] < -60) assert_true(y[i] == 0);
            if (x[i] < -60) continue;
            assert_true(y[i] <= 1 && fabs((double)y[i] - truth) <= 0x1p-24);
            if (off > 1.5 - 1.25 * (double)x[i])
                fail_msg("off by %.3f ulp at %a", off, (double)x[i]);
        }
    }
}

static void test_weights(void **state)
{
    const heed__kernels *scalar = heed__kernels_at(HEED_LEVEL_SCALAR);
    (void)state;
    for (int l = 0; l < HEED_LEVELS; l++) {
        const heed__kernels *k = heed__kernels_at((heed__level)l);
        float x[] = {0, -0.0f, NAN, -INFINITY, -60, -0x1p-149f}, y[6];
        if (!k) continue;
        hold_weights(k, scalar);
        k->exp_sum(6, x, 0, y);
        assert_true(y[0] == 1 && y[1] == 1 && isnan(y[2]) && y[3] == 0 && y[4] > 0 && y[5] == 1);
    }
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
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_special_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
