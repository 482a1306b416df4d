/* SPDX-License-Identifier: MIT */
/*
 * The matrix product on training's shapes, and the mathematics of the kernel tables. Best of
 * several rounds, since clocks jitter: figures of one run compare, those of two runs do not.
 *
 * With arguments, bench_gemm LAYOUT M N K THREADS: a round of one product for each line of standard
 * input, which says how many seconds it lasts at least; answers with the seconds of one product, by
 * the clock and of processors. LAYOUT 0 x w^T, 1 dy w, 2 dy^T x; M x N is what comes out.
 */
#include "base/memory.h"
#include "base/random.h"
#include "kernels/gemm.h"
#include "kernels/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* One thread is timed by its own processor time, so that a busy machine disturbs less. */
static clockid_t watch = CLOCK_THREAD_CPUTIME_ID;

static double now(void)
{
    return seconds(watch);
}

static heed_real *numbers(int64_t count)
{
    heed_real *x = NULL;
    heed__random random;
    heed__random_start(&random, 1, HEED_RANDOM_ORDER);
    if (heed__alloc((size_t)count, sizeof *x, "numbers", &x) != HEED_OK) exit(1);
    for (int64_t i = 0; i < count; i++) x[i] = heed__random_uniform(&random) - 0.5f;
    return x;
}

typedef struct shape {
    int64_t m, n, k;
} shape;

typedef enum layout { FORWARD, INPUT_GRADIENT, WEIGHT_GRADIENT, LAYOUTS } layout;
static const char *const layout_names[LAYOUTS] = {"x w^T", "dy w", "dy^T x"};

/* Seconds of one product, at best. */
static double time_product(heed_context *context, const heed__gemm *g, heed_real *workspace)
{
    double best = 1e9, spent = 0;
    for (int round = 0; round < 400 && (spent < 0.15 || round < 3); round++) {
        double start = now();
        heed__gemm_run(context, g, workspace);
        double took = now() - start;
        spent += took;
        if (took < best) best = took;
    }
    return best;
}

/* A product and the arrays that it works on. */
typedef struct product {
    heed__gemm gemm;
    heed_real *a, *b, *workspace;
} product;

static product product_make(heed_context *context, shape s, layout form)
{
    product p = {.a = numbers(s.m * s.k), .b = numbers(s.k * s.n)};
    p.workspace = numbers((int64_t)heed__gemm_workspace_any(context, s.m, s.n, s.k));
    p.gemm = (heed__gemm){.m = s.m, .n = s.n, .k = s.k, .a = p.a, .b = p.b, .c_row = s.n};
    p.gemm.c = numbers(s.m * s.n);
    p.gemm.a_row = form == WEIGHT_GRADIENT ? 1 : s.k;
    p.gemm.a_col = form == WEIGHT_GRADIENT ? s.m : 1;
    p.gemm.b_row = form == FORWARD ? 1 : s.n;
    p.gemm.b_col = form == FORWARD ? s.k : 1;
    return p;
}

static void product_free(product *p)
{
    heed__free(p->a);
    heed__free(p->b);
    heed__free(p->gemm.c);
    heed__free(p->workspace);
}

static const char *const precision_names[] = {"highest", "high", "medium"};
enum { PRECISIONS = 3 };

/* GFLOP/s at each precision, each in its turn. */
static void bench_product(heed_context *context, shape s, layout form)
{
    product p = product_make(context, s, form);
    double work = 2e-9 * (double)(s.m * s.n * s.k);
    printf("  %-7s %5lld x %4lld x %4lld  ", layout_names[form], (long long)s.m, (long long)s.n,
           (long long)s.k);
    for (int i = 0; i < PRECISIONS; i++) {
        p.gemm.precision = (heed_precision)i;
        printf(" %7.1f", work / time_product(context, &p.gemm, p.workspace));
    }
    printf("\n");
    product_free(&p);
}

/* One product at another program's pace. */
static int paced(shape s, layout form, int threads)
{
    heed_context *context;
    char line[64];
    if (heed_context_create(&(heed_context_options){.threads = threads}, &context) != HEED_OK)
        return 1;
    product p = product_make(context, s, form);
    while (fgets(line, sizeof line, stdin)) {
        double least = strtod(line, NULL), start = seconds(CLOCK_MONOTONIC), spent;
        double worked = seconds(CLOCK_PROCESS_CPUTIME_ID);
        int times = 0;
        do {
            heed__gemm_run(context, &p.gemm, p.workspace);
            spent = seconds(CLOCK_MONOTONIC) - start;
            times++;
        } while (spent < least);
        worked = seconds(CLOCK_PROCESS_CPUTIME_ID) - worked;
        printf("%.9e %.9e\n", spent / times, worked / times);
        fflush(stdout);
    }
    product_free(&p);
    heed_context_destroy(&context);
    return 0;
}

static void bench_layer(heed_context *context, shape s)
{
    bench_product(context, s, FORWARD);
    bench_product(context, (shape){s.m, s.k, s.n}, INPUT_GRADIENT);
    bench_product(context, (shape){s.n, s.k, s.m}, WEIGHT_GRADIENT);
}

static heed_context *open_context(int threads)
{
    heed_context *context;
    if (heed_context_create(&(heed_context_options){.threads = threads}, &context) != HEED_OK)
        exit(1);
    printf("%s, %d thread%s; GFLOP/s at", heed__level_name(heed__cpu_level()), threads,
           threads > 1 ? "s" : "");
    for (int p = 0; p < PRECISIONS; p++) printf(" %s", precision_names[p]);
    printf("\n");
    return context;
}

static void bench_products(int threads)
{
    static const shape shapes[] = {
        {4096, 256, 256}, {4096, 768, 256}, {4096, 1024, 256},  {4096, 8000, 256},
        {150, 1536, 512}, {150, 512, 512},  {4096, 1536, 1280}, {4096, 8000, 1792},
        {4000, 64, 64},   {4000, 128, 128}, {4000, 1024, 256},  {4000, 256, 1024},
        {1000, 128, 128}, {1000, 512, 128}, {500, 256, 256},    {64, 128, 128},
        {64, 2, 128},     {16, 256, 256},   {1, 256, 256}};
    heed_context *context = open_context(threads);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) bench_layer(context, shapes[i]);
    heed_context_destroy(&context);
}

/* What one core's registers allow: a tile whose operands stay in the first cache. */
static void bench_tile(const heed__kernels *k)
{
    enum { DEPTH = 128 };
    heed_real *a = numbers(DEPTH * 16), *b = numbers(DEPTH * k->tile_cols), *c = numbers(16 * 64);
    heed__tile t = {.rows = k->tile_rows, .cols = k->tile_cols, .k = DEPTH, .a = a, .a_row = 1};
    t.a_col = 16, t.b = b, t.b_row = k->tile_cols, t.c = c, t.c_row = 64;
    double best = 1e9;
    for (int round = 0; round < 50; round++) {
        double start = now();
        for (int i = 0; i < 100; i++) k->gemm_tile(&t);
        double took = (now() - start) / 100;
        if (took < best) best = took;
    }
    printf("%s: tile %d x %d in cache: %.1f GFLOP/s\n", heed__level_name(k->level), k->tile_rows,
           k->tile_cols, 2e-9 * DEPTH * (double)t.rows * (double)t.cols / best);
    heed__free(a);
    heed__free(b);
    heed__free(c);
}

static void bench_mathematics(const heed__kernels *k)
{
    enum { N = 4096 };
    static const char *const names[] = {"exp", "log", "tanh", "sigmoid", "erf"};
    void (*const maps[])(int64_t, const heed_real *, heed_real *) = {k->exp, k->log, k->tanh,
                                                                     k->sigmoid, k->erf};
    heed_real *x = numbers(N), *y = numbers(N);
    printf("%s:", heed__level_name(k->level));
    for (size_t f = 0; f < sizeof maps / sizeof *maps; f++) {
        double best = 1e9;
        for (int round = 0; round < 100; round++) {
            double start = now();
            maps[f](N, x, y);
            double took = now() - start;
            if (took < best) best = took;
        }
        printf(" %s %.2f", names[f], 1e-9 * N / best);
    }
    printf(" G/s\n");
    heed__free(x);
    heed__free(y);
}

/* Without arguments everything; else one at another's pace, or the three products of one layer:
 * threads, M, N, K. */
int main(int argc, char **argv)
{
    if (argc == 6) {
        shape s = {strtoll(argv[2], NULL, 10), strtoll(argv[3], NULL, 10),
                   strtoll(argv[4], NULL, 10)};
        return paced(s, (layout)atoi(argv[1]), atoi(argv[5]));
    }
    if (argc == 5) {
        if (atoi(argv[1]) > 1) watch = CLOCK_MONOTONIC;
        heed_context *context = open_context(atoi(argv[1]));
        bench_layer(context, (shape){atoi(argv[2]), atoi(argv[3]), atoi(argv[4])});
        heed_context_destroy(&context);
        return 0;
    }
    for (int level = 0; level < HEED_LEVELS; level++) {
        const heed__kernels *k = heed__kernels_at((heed__level)level);
        if (!k) continue;
        bench_tile(k);
        bench_mathematics(k);
    }
    bench_products(1);
    watch = CLOCK_MONOTONIC;
    bench_products(2);
    return 0;
}
