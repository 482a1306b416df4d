/* SPDX-License-Identifier: MIT */
/* Summaries and products without the matrix, to 1e-12 of the matrix's in float64. */
#include "check.h"

#include "attention/summary_trial.h"

static void test_summaries(void **state)
{
    (void)state;
    summary_check_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_summaries)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
