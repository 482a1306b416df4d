/* SPDX-License-Identifier: MIT */
/*
 * Time and memory of one pass. Its first run is on a workspace that nobody has touched yet: what
 * the process grows by then, at most, is what the pass needs beside its arrays.
 */
#define _DEFAULT_SOURCE /* mmap's MAP_ANONYMOUS, clock_gettime */
#include "cli/bench.h"

#include "cli/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- memory of this process, as Linux counts it */

/* The most it has held since memory_mark; -1 = the system does not say. */
static int64_t memory_most(void)
{
    static const char field[] = "VmHWM:";
    char line[256];
    long long kilobytes = -1;
    FILE *status = fopen("/proc/self/status", "r");
    if (!status) return -1;
    while (kilobytes < 0 && fgets(line, sizeof line, status))
        if (strncmp(line, field, sizeof field - 1) == 0)
            kilobytes = strtoll(line + sizeof field - 1, NULL, 10);
    fclose(status);
    return kilobytes < 0 ? -1 : kilobytes * 1024;
}

/* Makes the most what it holds now, and returns it; -1 likewise. */
static int64_t memory_mark(void)
{
    FILE *peak = fopen("/proc/self/clear_refs", "w");
    if (!peak) return -1;
    int marked = fputs("5", peak) >= 0;
    marked &= fclose(peak) == 0;
    return marked ? memory_most() : -1;
}

/* ---- runs */

heed_status bench_run(bench_case *c, bench_direction direction, heed_real *workspace)
{
    const attend *a = &c->a;
    return direction == BENCH_FORWARD
               ? heed_attention_forward(a->plan, &a->batch_of, &c->forward, workspace)
               : heed_attention_backward(a->plan, &a->batch_of, &c->backward, workspace);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Short runs are repeated within a round, so that the clock's own grain does not show; a long first
 * run warms up by itself and is a round. */
static heed_status time_rounds(bench_case *c, bench_direction direction, heed_real *workspace,
                               double first, int rounds)
{
    static const double round_seconds = 0.005, long_run = 1;
    bench_pass *pass = &c->pass[direction];
    int n = 0, times = first < round_seconds ? (int)(round_seconds / (first + 1e-7)) + 1 : 1;
    double *took = calloc((size_t)rounds, sizeof *took);
    heed_status status = HEED_OK;
    if (!took) return report(HEED_E_NOMEM, "no memory for %d rounds", rounds);
    if (first >= long_run) took[n++] = first;
    for (; n < rounds && status == HEED_OK; n++) {
        double start = now();
        for (int i = 0; i < times && status == HEED_OK; i++)
            status = bench_run(c, direction, workspace);
        took[n] = (now() - start) / times;
    }
    qsort(took, (size_t)rounds, sizeof *took, by_value);
    pass->fastest = took[0];
    pass->median = (took[(rounds - 1) / 2] + took[rounds / 2]) / 2;
    free(took);
    return status;
}

/* Pages that the system hands out at the first touch, and that are gone afterwards. */
static heed_status with_workspace(bench_case *c, bench_direction direction, int rounds)
{
    bench_pass *pass = &c->pass[direction];
    size_t bytes = (size_t)pass->workspace;
    void *workspace =
        mmap(NULL, bytes + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (workspace == MAP_FAILED)
        return report(HEED_E_NOMEM, "no memory for a workspace of %zu bytes", bytes);
    int64_t before = memory_mark();
    double start = now();
    heed_status status = bench_run(c, direction, workspace);
    double first = now() - start;
    int64_t most = memory_most();
    pass->measured = before < 0 || most < 0 ? -1 : most - before;
    if (status == HEED_OK) status = time_rounds(c, direction, workspace, first, rounds);
    munmap(workspace, bytes + 1);
    return status;
}

/* Backward reads what forward left. */
static heed_status run_forward_once(bench_case *c)
{
    const heed_attention_sizes *sizes = &c->a.sizes;
    void *workspace = aligned_alloc(64, (sizes->forward * sizeof(heed_real) + 64) / 64 * 64);
    if (!workspace) return report(HEED_E_NOMEM, "no memory for the workspace");
    heed_status status = bench_run(c, BENCH_FORWARD, workspace);
    free(workspace);
    return status;
}

heed_status bench_measure(bench_case *c, int rounds)
{
    const heed_attention_sizes *sizes = &c->a.sizes;
    heed_status status = HEED_OK;
    c->pass[BENCH_FORWARD].workspace = (int64_t)(sizes->forward * sizeof(heed_real));
    c->pass[BENCH_BACKWARD].workspace = (int64_t)(sizes->backward * sizeof(heed_real));
    if (!c->pass[BENCH_FORWARD].wanted) status = run_forward_once(c);
    for (int d = 0; d < BENCH_DIRECTIONS && status == HEED_OK; d++)
        if (c->pass[d].wanted) status = with_workspace(c, (bench_direction)d, rounds);
    return status;
}
