/* SPDX-License-Identifier: MIT */
/* Values of an independent system: a file of "name count" and that many numbers, from a script in
 * tests/golden. */
#ifndef HEED_TESTS_GOLDEN_H
#define HEED_TESTS_GOLDEN_H

#include "heed/real.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* x [n] equals the values "name.what" of the file, within tolerance, relative above 1. */
static inline void expect_golden(const char *path, double tolerance, const char *name,
                                 const char *what, const heed_real *x, int64_t n)
{
    char wanted[160], label[64];
    FILE *file = fopen(path, "r");
    long long count = 0;
    int found = 0;
    assert_non_null(file);
    snprintf(wanted, sizeof wanted, "%s.%s", name, what);
    while (!found && fscanf(file, "%63s %lld", label, &count) == 2) {
        found = strcmp(label, wanted) == 0;
        if (found) assert_int_equal(count, n);
        for (long long i = 0; i < count; i++) {
            double value;
            assert_int_equal(fscanf(file, "%lf", &value), 1);
            if (found && !(fabs((double)x[i] - value) <= tolerance * (1 + fabs(value))))
                fail_msg("%s[%lld] is %.9g, %s has %.9g", wanted, i, (double)x[i], path, value);
        }
    }
    fclose(file);
    if (!found) fail_msg("%s lacks %s", path, wanted);
}

#endif
