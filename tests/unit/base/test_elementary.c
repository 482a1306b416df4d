/* SPDX-License-Identifier: MIT */
/* heed's own elementary functions against the long doubles of libm. */
#include "check.h"

#include "base/elementary.h"

#include <math.h>

static void near(double found, long double wanted, long double allowed)
{
    long double error = fabsl((long double)found - wanted);
    if (!(error <= allowed)) fail_msg("%.17g, not %.20Lg", found, wanted);
}

static void test_power(void **state)
{
    static const double bases[] = {1, 2, 10000, 500000, 1.0625, 1e9};
    (void)state;
    for (size_t b = 0; b < sizeof bases / sizeof *bases; b++)
        for (int n = -200; n <= 200; n++) {
            long double wanted = powl(bases[b], n / 48.0);
            near(heed__power(bases[b], n / 48.0), wanted, 1e-14L * wanted);
        }
    near(heed__power(2, 10), 1024, 0);
    near(heed__power(3, 0), 1, 0);
    near(heed__power(16, -0.5), 0.25L, 0);
}

static void test_natural_log(void **state)
{
    (void)state;
    for (int n = -400; n <= 400; n++) {
        double x = exp(n / 8.0 + 1e-3);
        long double wanted = logl(x);
        near(heed__natural_log(x), wanted, 1e-15L * (1 + fabsl(wanted)));
    }
    near(heed__natural_log(1), 0, 0);
    near(heed__natural_log(0x1p-1022), logl(0x1p-1022L), 1e-12L);
}

static void test_sine_cosine(void **state)
{
    (void)state;
    for (int n = -256; n <= 256; n++) {
        double sine, cosine;
        heed__sine_cosine(n / 256.0, &sine, &cosine);
        near(sine, sinl(n / 256.0L), 3e-16L);
        near(cosine, cosl(n / 256.0L), 3e-16L);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_power),
                                       cmocka_unit_test(test_natural_log),
                                       cmocka_unit_test(test_sine_cosine)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
