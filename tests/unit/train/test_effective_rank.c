/* SPDX-License-Identifier: MIT */
/* The effective rank against matrices whose singular values are known. */
#include "check.h"

#include "train/effective_rank.h"

#include <math.h>

static void check_rank(const float *x, int64_t rows, int64_t columns, int64_t stride, double wanted)
{
    double gram[16];
    double rank = heed__effective_rank(x, rows, columns, stride, gram);
    if (fabs(rank - wanted) > 1e-6) fail_msg("rank %.9f, wanted %.9f", rank, wanted);
}

static void test_known(void **state)
{
    (void)state;
    static const float zeros[8], alike[] = {1, 2, 1, 2, 1, 2}, one[] = {3, 0, 0, 3, 9, 9};
    static const float turned[] = {1.5f, 1.5f, -0.5f,
                                   0.5f}; /* singular values 1.5, 0.5 (x sqrt 2) */
    static const float wide[] = {2, 0, 0, 7, 0, 2, 0, 7};
    double entropy = -(0.75 * log(0.75) + 0.25 * log(0.25));
    check_rank(zeros, 2, 4, 4, 0);
    check_rank(alike, 3, 2, 2, 1);
    check_rank(one, 2, 2, 2, 2);
    check_rank(turned, 2, 2, 2, exp(entropy));
    check_rank(wide, 2, 3, 4, 2); /* the last column is beside it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_known)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
