/* SPDX-License-Identifier: MIT */
/* What the two programs that time thresholds share. */
#ifndef HEED_BENCH_TUNE_H
#define HEED_BENCH_TUNE_H

#include "base/fail.h"
#include "base/memory.h"
#include "base/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline void must(heed_status status)
{
    if (status == HEED_OK) return;
    fprintf(stderr, "%s\n", heed_status_message());
    exit(1);
}

static inline heed_real *numbers(size_t count)
{
    heed__random random;
    heed_real *x = NULL;
    heed__random_start(&random, 1, HEED_RANDOM_CHECK);
    must(heed__alloc(count + 16, sizeof *x, "numbers", &x));
    for (size_t i = 0; i < count; i++) x[i] = heed__random_uniform(&random) - 0.5f;
    return x;
}

#endif
