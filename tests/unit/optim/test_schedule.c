/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "optim/schedule.h"

#include <math.h>
#include <string.h>

static heed__schedule start(const char *kind, double peak, uint64_t warmup, uint64_t total)
{
    heed__schedule schedule;
    check_ok(heed__schedule_start(heed__schedule_find(kind), NULL, peak, warmup, total, &schedule));
    return schedule;
}

static void test_all_warm_up_to_the_peak(void **state)
{
    (void)state;
    size_t count;
    const heed__schedule_kind *const *kinds = heed__schedule_kinds(&count);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        heed__schedule s = start(kinds[i]->name, 0.5, 4, 100);
        assert_true(heed__schedule_rate(&s, 0) == 0.125);
        assert_true(heed__schedule_rate(&s, 1) == 0.25);
        assert_true(heed__schedule_rate(&s, 3) == 0.5);
        assert_true(heed__schedule_rate(&s, 4) <= 0.5);
        heed__schedule cold = start(kinds[i]->name, 0.5, 0, 100);
        assert_true(heed__schedule_rate(&cold, 0) == 0.5);
    }
}

static void test_constant_stays(void **state)
{
    (void)state;
    heed__schedule s = start("constant", 0.1, 2, 0);
    assert_true(heed__schedule_rate(&s, 2) == 0.1);
    assert_true(heed__schedule_rate(&s, 1000000) == 0.1);
}

/* Against libm, which is near enough for a check. */
static void test_cosine_is_half_a_wave(void **state)
{
    (void)state;
    const double last[] = {0.1};
    heed__schedule s;
    check_ok(heed__schedule_start(heed__schedule_find("cosine"), last, 2, 10, 1010, &s));
    for (uint64_t step = 10; step < 1010; step++) {
        double wave = (1 + cos(3.14159265358979323846 * (double)(step - 10) / 1000)) / 2;
        assert_true(fabs(heed__schedule_rate(&s, step) - 2 * (0.1 + 0.9 * wave)) < 1e-15 * 4);
    }
    assert_true(heed__schedule_rate(&s, 10) == 2);
    assert_true(heed__schedule_rate(&s, 1010) == 0.2);
    assert_true(heed__schedule_rate(&s, 99999) == 0.2);
    check_fails(heed__schedule_start(heed__schedule_find("cosine"), NULL, 1, 10, 0, &s),
                HEED_E_INVALID, "number of steps");
}

static void test_inverse_sqrt_falls_from_the_peak(void **state)
{
    (void)state;
    heed__schedule s = start("inverse_sqrt", 1, 100, 0);
    assert_true(heed__schedule_rate(&s, 99) == 1);
    assert_true(heed__schedule_rate(&s, 399) == 0.5);
    assert_true(heed__schedule_rate(&s, 100) < 1);
    heed__schedule cold = start("inverse_sqrt", 1, 0, 0);
    assert_true(heed__schedule_rate(&cold, 3) == 0.5);
}

static void test_plateau_waits_and_lowers(void **state)
{
    (void)state;
    const double settings[] = {0.5, 1, 0.01, 0.3}; /* factor, patience, gain, least */
    heed__schedule s;
    check_ok(heed__schedule_start(heed__schedule_find("plateau"), settings, 8, 0, 0, &s));
    const struct {
        double metric, rate;
    } seen[] = {
        {-5, 8},     {-4, 8},              /* better, whatever the sign */
        {-3.995, 8}, {-4, 4},              /* too small a gain once, then twice */
        {-3, 4},     {-3, 4},   {-3, 2.4}, /* the count starts again; never below least */
        {-3, 2.4},   {-3, 2.4},
    };
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
        heed__schedule_observe(&s, seen[i].metric);
        if (fabs(heed__schedule_rate(&s, i) - seen[i].rate) > 1e-12)
            fail_msg("after %zu: %g", i, heed__schedule_rate(&s, i));
    }
    heed__schedule again; /* a checkpoint keeps `state` */
    check_ok(heed__schedule_start(heed__schedule_find("plateau"), settings, 8, 0, 0, &again));
    memcpy(again.state, s.state, sizeof s.state);
    assert_true(heed__schedule_rate(&again, 50) == heed__schedule_rate(&s, 50));
}

static void test_bad_rates_and_settings_are_refused(void **state)
{
    (void)state;
    heed__schedule s;
    const double last[] = {1.5};
    const heed__schedule_kind *constant = heed__schedule_find("constant");
    check_fails(heed__schedule_start(constant, NULL, 0, 0, 0, &s), HEED_E_INVALID, "above 0");
    check_fails(heed__schedule_start(constant, NULL, NAN, 0, 0, &s), HEED_E_INVALID, "nan");
    check_fails(heed__schedule_start(constant, NULL, INFINITY, 0, 0, &s), HEED_E_INVALID, "inf");
    check_fails(heed__schedule_start(heed__schedule_find("cosine"), last, 1, 0, 9, &s),
                HEED_E_INVALID, "cosine: last = 1.5");
    assert_null(heed__schedule_find("linear"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_warm_up_to_the_peak),
        cmocka_unit_test(test_constant_stays),
        cmocka_unit_test(test_cosine_is_half_a_wave),
        cmocka_unit_test(test_inverse_sqrt_falls_from_the_peak),
        cmocka_unit_test(test_plateau_waits_and_lowers),
        cmocka_unit_test(test_bad_rates_and_settings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
