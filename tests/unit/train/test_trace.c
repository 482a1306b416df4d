/* SPDX-License-Identifier: MIT */
/* The trace of a run between two validations. */
#include "check.h"

#include "train/trace.h"

#include <math.h>

static void few_steps_are_kept_as_they_are(void **state)
{
    (void)state;
    heed__trace t = {0};
    assert_true(isnan(heed__trace_norm(&t)));
    for (int64_t i = 1; i <= HEED_TRACE_POINTS; i++)
        heed__trace_add(&t, i, 1 / (double)i, (double)i, 0.5);
    assert_int_equal(t.n, HEED_TRACE_POINTS);
    assert_int_equal(t.points[4].step, 5);
    assert_float_equal(t.points[4].loss, 0.2, 0);
    assert_float_equal(heed__trace_norm(&t), (1 + HEED_TRACE_POINTS) / 2.0, 1e-12);
}

/* However many there are, each counts once, and points are equally wide but for the last. */
static void many_steps_become_means(void **state)
{
    (void)state;
    for (int64_t steps = 1; steps <= 1000; steps += 37) {
        heed__trace t = {0};
        int64_t count = 0;
        double sum = 0;
        for (int64_t i = 1; i <= steps; i++) heed__trace_add(&t, i, (double)i, (double)i, 1);
        assert_in_range(t.n, 1, HEED_TRACE_POINTS);
        for (int i = 0; i < t.n; i++) {
            count += t.points[i].count;
            sum += t.points[i].loss;
            assert_int_equal(t.points[i].step, count);
            if (i + 1 < t.n) assert_int_equal(t.points[i].count, t.width);
        }
        assert_int_equal(count, steps);
        assert_float_equal(sum, (double)(steps * (steps + 1)) / 2, 1e-6);
        assert_float_equal(heed__trace_norm(&t), (double)(steps + 1) / 2, 1e-9);
    }
}

static void a_run_that_goes_back_takes_later_steps_out(void **state)
{
    (void)state;
    heed__trace t = {0};
    for (int64_t i = 1; i <= 9; i++) heed__trace_add(&t, i, 1, 1, 1);
    heed__trace_add(&t, 4, 7, 7, 7);
    assert_int_equal(t.n, 4);
    assert_int_equal(t.points[3].step, 4);
    assert_float_equal(t.points[3].loss, 7, 0);
}

static void data_has_a_column_for_each_figure(void **state)
{
    (void)state;
    heed__trace t = {0};
    heed__trace_add(&t, 1, 0.5, 2, 0.25);
    heed__trace_add(&t, 2, NAN, 2, 0.25);
    json_t *all = heed__trace_json(&t);
    assert_int_equal(json_array_size(json_object_get(all, "step")), 2);
    assert_float_equal(json_real_value(json_array_get(json_object_get(all, "loss"), 0)), 0.5, 0);
    assert_true(json_is_null(json_array_get(json_object_get(all, "loss"), 1)));
    assert_float_equal(json_real_value(json_array_get(json_object_get(all, "lr"), 1)), 0.25, 0);
    json_decref(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_steps_are_kept_as_they_are),
        cmocka_unit_test(many_steps_become_means),
        cmocka_unit_test(a_run_that_goes_back_takes_later_steps_out),
        cmocka_unit_test(data_has_a_column_for_each_figure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
