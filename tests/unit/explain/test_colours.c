/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "explain/colour.h"

#include <math.h>
#include <string.h>

static void test_colours(void **state)
{
    (void)state;
    double before[2][2] = {{2, 2}, {2, 2}};
    for (int step = 0; step <= 100; step++)
        for (int dark = 0; dark < 2; dark++)
            for (int sign = 0; sign < 2; sign++) {
                heed__rgb c = heed__colour_of((float)(sign ? -step : step) / 100, dark);
                assert_true(heed__contrast(c, heed__text_colour(c)) >= 4.5);
                /* stronger means farther from the page, step by step */
                heed__rgb page = heed__colour_of(0, dark);
                double far = heed__contrast(c, page);
                assert_true(step == 0 || far >= before[dark][sign] - 0.02);
                before[dark][sign] = far;
                assert_true(step < 100 || far > 3.0);
            }
    for (int index = 16; index < 256; index++) {
        heed__rgb c = heed__colour_from_256(index);
        heed__rgb same = heed__colour_from_256(heed__colour_256(c));
        assert_memory_equal(&c, &same, sizeof c);
        assert_true(heed__contrast(c, heed__text_colour(c)) >= 4.5);
    }
    heed__rgb black = {0, 0, 0}, white = {255, 255, 255};
    assert_true(fabs(heed__contrast(black, white) - 21) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_colours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
