/* SPDX-License-Identifier: MIT */
/*
 * Times products by other numbers than those of src/kernels/gemm_thresholds.c, a quarter to four
 * times each, and says which it would put there: ./dev bench tune gemm [NAME]. All candidates take
 * turns, round by round; figures are medians. Two threads.
 */
#include "kernels/gemm.h"
#include "kernels/gemm_amx.h"
#include "kernels/gemm_thresholds.h"
#include "tune.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CANDIDATES = 5, ROUNDS = 5, THREADS = 2, SHAPES = 8 };
static const double round_seconds = 0.01;

typedef enum layout { FORWARD, INPUT_GRADIENT, WEIGHT_GRADIENT } layout;
static const char *const layout_names[] = {"x w^T", "dy w", "dy^T x"};

/* c [m, n], over k. */
typedef struct shape {
    layout layout;
    int64_t m, n, k;
} shape;

static const shape float32[SHAPES] = {
    {FORWARD, 4096, 256, 256},         {FORWARD, 4096, 1024, 256},
    {INPUT_GRADIENT, 4096, 256, 1024}, {WEIGHT_GRADIENT, 256, 256, 4096},
    {WEIGHT_GRADIENT, 8000, 256, 512}, {FORWARD, 60, 256, 256},
    {FORWARD, 300, 128, 128},          {INPUT_GRADIENT, 64, 512, 3072}};
static const shape amx[SHAPES] = {
    {FORWARD, 4096, 256, 256},           {INPUT_GRADIENT, 4096, 512, 1024},
    {FORWARD, 2048, 8000, 1792},         {INPUT_GRADIENT, 2048, 1792, 8000},
    {WEIGHT_GRADIENT, 256, 256, 4096},   {WEIGHT_GRADIENT, 1024, 256, 512},
    {WEIGHT_GRADIENT, 1536, 1024, 4096}, {WEIGHT_GRADIENT, 8000, 1792, 2048}};

typedef struct row {
    const char *name;
    size_t field;
    int64_t least; /* that products can be cut by */
    heed_precision precision;
} row;

#define FLOAT32(name)                                                                              \
    {                                                                                              \
#        name, offsetof(heed__gemm_thresholds, name), 1, HEED_PRECISION_HIGHEST                    \
    }
#define AMX(name, least)                                                                           \
    {                                                                                              \
#        name, offsetof(heed__gemm_thresholds, name), least, HEED_PRECISION_HIGH                   \
    }
static const row rows[] = {
    FLOAT32(block_rows),
    FLOAT32(block_cols),
    FLOAT32(held),
    FLOAT32(held_cols),
    FLOAT32(held_least),
    FLOAT32(deep),
    FLOAT32(few_tiles),
    FLOAT32(even_tiles),
    FLOAT32(task_work),
    FLOAT32(many_tasks),
    AMX(slab, 1),
    AMX(whole, 1),
    AMX(large, 1),
    AMX(turned, 1),
    AMX(turned_deep, 256),
    AMX(turned_rows, 1),
    AMX(near, 1),
    AMX(task_strips, 1),
    AMX(enough_tasks, 1),
    AMX(least_panels, 1),
    AMX(own, 1),
    AMX(own_rows, 32),
    AMX(own_cols, 32),
    {"stream", offsetof(heed__gemm_thresholds, stream), 1, HEED_PRECISION_MEDIUM}};
enum { ROWS = sizeof rows / sizeof *rows };

static int64_t number_of(const heed__gemm_thresholds *t, const row *r)
{
    int64_t value;
    memcpy(&value, (const char *)t + r->field, sizeof value);
    return value;
}

/* The i-th candidate: a quarter, a half, as it is, twice, four times. */
static heed__gemm_thresholds candidate(const row *r, int i)
{
    heed__gemm_thresholds t = heed__gemm_found;
    int64_t value = number_of(&t, r);
    value = i < 2 ? value >> (2 - i) : value << (i - 2);
    if (value < r->least) value = r->least;
    memcpy((char *)&t + r->field, &value, sizeof value);
    return t;
}

static heed__gemm product_of(const shape *s, const row *r, const heed_real *a, const heed_real *b,
                             heed_real *c)
{
    heed__gemm g = {.m = s->m, .n = s->n, .k = s->k, .a = a, .b = b, .c = c, .c_row = s->n};
    g.a_row = s->layout == WEIGHT_GRADIENT ? 1 : s->k;
    g.a_col = s->layout == WEIGHT_GRADIENT ? s->m : 1;
    g.b_row = s->layout == FORWARD ? 1 : s->n;
    g.b_col = s->layout == FORWARD ? s->k : 1;
    g.precision = r->precision;
    return g;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median seconds of a product by each candidate. */
static void compete(heed_context *context, const heed__gemm *g, const heed__gemm_thresholds *each,
                    heed_real *workspace, double *median)
{
    double took[CANDIDATES][ROUNDS], start;
    heed__gemm_run(context, g, workspace);
    start = now();
    heed__gemm_run(context, g, workspace);
    int times = (int)(round_seconds / (now() - start)) + 1;
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < CANDIDATES; i++) {
            heed__gemm_now = &each[i];
            start = now();
            for (int k = 0; k < times; k++) heed__gemm_run(context, g, workspace);
            took[i][round] = (now() - start) / times;
        }
    heed__gemm_now = &heed__gemm_found;
    for (int i = 0; i < CANDIDATES; i++) {
        qsort(took[i], ROUNDS, sizeof took[i][0], by_value);
        median[i] = took[i][ROUNDS / 2];
    }
}

/* A line of the table; adds to what each candidate is worse by than the best. */
static void time_shape(heed_context *context, const row *r, const shape *s, double *worse)
{
    heed__gemm_thresholds each[CANDIDATES];
    double median[CANDIDATES], least = 1e9;
    size_t room = 0;
    for (int i = 0; i < CANDIDATES; i++) {
        each[i] = candidate(r, i);
        heed__gemm_now = &each[i];
        size_t wanted = heed__gemm_workspace_any(context, s->m, s->n, s->k);
        if (wanted > room) room = wanted;
    }
    heed__gemm_now = &heed__gemm_found;
    heed_real *a = numbers((size_t)(s->m * s->k)), *b = numbers((size_t)(s->k * s->n)),
              *c = numbers((size_t)(s->m * s->n));
    heed_real *workspace = numbers(room);
    heed__gemm g = product_of(s, r, a, b, c);
    compete(context, &g, each, workspace, median);
    printf("%-6s %5lld x %4lld x %4lld", layout_names[s->layout], (long long)s->m, (long long)s->n,
           (long long)s->k);
    for (int i = 0; i < CANDIDATES; i++) least = fmin(least, median[i]);
    for (int i = 0; i < CANDIDATES; i++) {
        printf(" %8.3f", median[i] / least);
        worse[i] += log(median[i] / least);
    }
    printf("\n");
    heed__free(a);
    heed__free(b);
    heed__free(c);
    heed__free(workspace);
}

/* The candidate that is nearest to the best of each shape, by the product of its ratios; the one in
 * force where no other is nearer by a hundredth. */
static void tune(const row *r)
{
    double worse[CANDIDATES] = {0};
    heed_context *context = NULL;
    int best = 0;
    must(heed_context_create(&(heed_context_options){.threads = THREADS}, &context));
    printf("%s: times the best of a shape\n%-26s", r->name, "");
    for (int i = 0; i < CANDIDATES; i++) {
        heed__gemm_thresholds t = candidate(r, i);
        printf(" %8lld", (long long)number_of(&t, r));
    }
    printf("\n");
    const shape *shapes = r->precision == HEED_PRECISION_HIGHEST ? float32 : amx;
    for (int i = 0; i < SHAPES; i++) time_shape(context, r, &shapes[i], worse);
    for (int i = 0; i < CANDIDATES; i++)
        if (worse[i] < worse[best]) best = i;
    if (worse[CANDIDATES / 2] - worse[best] < 0.01 * SHAPES) best = CANDIDATES / 2;
    heed__gemm_thresholds found = candidate(r, best);
    printf("%-26s", "mean");
    for (int i = 0; i < CANDIDATES; i++) printf(" %8.3f", exp(worse[i] / SHAPES));
    printf("\n%s: in force %lld, found %lld\n\n", r->name,
           (long long)number_of(&heed__gemm_found, r), (long long)number_of(&found, r));
    heed_context_destroy(&context);
}

int main(int argc, char **argv)
{
    int known = 0;
    for (int i = 0; i < ROWS; i++) {
        if (argc > 1 && strcmp(argv[1], rows[i].name) != 0) continue;
        known++;
        if (rows[i].precision == HEED_PRECISION_HIGHEST || heed__gemm_parts(rows[i].precision))
            tune(&rows[i]);
        else
            printf("%s: no AMX here, or HEED_CPU forbids it\n\n", rows[i].name);
    }
    if (known) return 0;
    fprintf(stderr, "bench_tune_gemm: there is no threshold '%s'; they are", argv[1]);
    for (int i = 0; i < ROWS; i++) fprintf(stderr, "%s %s", i ? "," : "", rows[i].name);
    fprintf(stderr, "\n");
    return 2;
}
