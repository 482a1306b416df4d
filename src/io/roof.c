/* SPDX-License-Identifier: MIT */
/* What the machine gives at most: the best of a few short runs of each kind. */
#define _DEFAULT_SOURCE /* clock_gettime */
#include "base/fail.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "heed/info.h"
#include "kernels/amx.h"
#include "kernels/gemm_amx.h"
#include "kernels/kernels.h"

#include <time.h>

/* 512 MB: third caches of 480 MB have been met. */
enum { RUNS = 3, NUMBERS = 1 << 27 };
static const double short_while = 0.01;

typedef struct run {
    const heed__kernels *kernels;
    const heed__amx *amx;    /* NULL = products are float32 */
    int64_t rounds, numbers; /* of one task */
    heed_real *x, *sums;     /* sums: one a task, 64 bytes apart */
} run;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void multiply(void *arg, int64_t task, int thread)
{
    const run *r = arg;
    (void)thread;
    if (!r->amx) {
        r->sums[16 * task] = r->kernels->peak(r->rounds);
        return;
    }
    r->amx->begin();
    r->amx->peak(r->rounds);
    r->amx->end();
}

/* Operations of a round that count: at `high` three products make one. */
static double operations(const run *r, int parts)
{
    double all = 2.0 * HEED_AMX_BLOCK * HEED_AMX_BLOCK * HEED_AMX_CHUNK;
    if (!r->amx) return 2.0 * r->kernels->tile_rows * r->kernels->tile_cols;
    return parts > 1 ? all / 3 : all;
}

static void read_all(void *arg, int64_t task, int thread)
{
    const run *r = arg;
    (void)thread;
    r->sums[16 * task] = r->kernels->sum(r->numbers, r->x + task * r->numbers);
}

/* Seconds of one task a thread, at best. */
static double best_of(heed_context *context, heed__task task, run *r, int64_t tasks)
{
    double best = 0;
    for (int i = 0; i < RUNS; i++) {
        double start = now();
        heed__parallel(context, tasks, task, r);
        double took = now() - start;
        if (i == 0 || took < best) best = took;
    }
    return best;
}

heed_status heed_info_measure(heed_context *context, heed_info_roof *out)
{
    run r = {.kernels = heed__kernels_best(), .rounds = 1000};
    int parts = heed__gemm_parts(heed_context_precision(context));
    if (parts) r.amx = heed__amx_best();
    int64_t threads = context ? heed_context_threads(context) : 1;
    r.numbers = NUMBERS / threads;
    HEED_TRY(heed__alloc((size_t)threads * 16, sizeof *r.sums, "sums", &r.sums));
    heed_status status = heed__alloc(NUMBERS, sizeof *r.x, "numbers to read", &r.x);
    if (status == HEED_OK) {
        double start = now(), took;
        for (; now() - start < short_while; r.rounds *= 2) multiply(&r, 0, 0);
        took = best_of(context, multiply, &r, threads);
        out->flops = operations(&r, parts) * (double)r.rounds * (double)threads / took;
        took = best_of(context, read_all, &r, threads);
        out->bytes = (double)sizeof *r.x * (double)(r.numbers * threads) / took;
    }
    heed__free(r.x);
    heed__free(r.sums);
    return status;
}
