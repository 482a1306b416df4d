/* SPDX-License-Identifier: MIT */
/* Rounds at another program's pace, so that two can be timed in alternation in one run. */
#define _DEFAULT_SOURCE /* clock_gettime */
#include "cli/bench.h"

#include "cli/output.h"
#include "cli/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* All that is wanted, once. */
static heed_status run_once(bench_case *c, heed_real *workspace)
{
    heed_status status = HEED_OK;
    for (int d = 0; d < BENCH_DIRECTIONS && status == HEED_OK; d++)
        if (c->pass[d].wanted) status = bench_run(c, (bench_direction)d, workspace);
    return status;
}

static heed_status answer(bench_case *c, heed_real *workspace, double least)
{
    double start = seconds(CLOCK_MONOTONIC), worked = seconds(CLOCK_PROCESS_CPUTIME_ID), spent;
    int times = 0;
    heed_status status = HEED_OK;
    do {
        status = run_once(c, workspace);
        spent = seconds(CLOCK_MONOTONIC) - start;
        times++;
    } while (status == HEED_OK && spent < least);
    worked = seconds(CLOCK_PROCESS_CPUTIME_ID) - worked;
    if (status == HEED_OK) output_format("%.9e %.9e\n", spent / times, worked / times);
    return status == HEED_OK ? output_flush() : status;
}

heed_status bench_paced(bench_case *c)
{
    const heed_attention_sizes *sizes = &c->a.sizes;
    size_t reals = sizes->forward > sizes->backward ? sizes->forward : sizes->backward;
    heed_real *workspace = aligned_alloc(64, (reals * sizeof(heed_real) + 64) / 64 * 64);
    if (!workspace) return report(HEED_E_NOMEM, "no memory for the workspace");
    heed_status status = bench_run(c, BENCH_FORWARD, workspace); /* backward reads what it leaves */
    char line[64];
    while (status == HEED_OK && fgets(line, sizeof line, stdin))
        status = answer(c, workspace, strtod(line, NULL));
    free(workspace);
    return status;
}
