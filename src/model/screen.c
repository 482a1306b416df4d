/* SPDX-License-Identifier: MIT */
/*
 * With w = s q + e (a scale a row, whole numbers q of a byte, a rest) and x = t p + d (p of 16
 * bits), a logit is
 *     w x + b = s t (q p) + b + (e x + s q d),   |e x + s q d| <= |e| |x| + |s q| |d|,
 * and q p is a sum of whole numbers, exact. Lengths of rows are found once, in double. What the
 * chain of float32 rounds, and this sum, is at most a few units of (k + 2) 2^-24 of |w| |x| + |b|.
 *
 *     greatest lower bound of a token
 *     ---------------------------------------- only tokens that reach above it are computed
 *       |--x--|    |---x---|        |--x--|
 */
#include "model/screen.h"

#include "base/fail.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "kernels/gemm_amx.h"
#include "kernels/kernels.h"

#include <math.h>
#include <string.h>

enum {
    GROUP = 16,     /* rows of a group of bytes */
    TASK = 64,      /* groups of a task */
    BLOCK = 256,    /* tokens that are looked through together */
    MOST = 256,     /* tokens computed one by one; more are cheaper as a product */
    LONGEST = 65536 /* k: beyond, 127 steps of x are not enough */
};
#define LEAST_SCALE 0x1p-60f /* smaller numbers are taken for a rest: products stay normal */
#define UP          1.0001   /* more than what rounding takes off a bound */
#define TINY        1e-30f   /* more than what denormal numbers lose */

struct heed__screen {
    heed_context *context;
    const heed__linear *output;
    int64_t n, k, groups, pairs;
    float most_whole;           /* of p: so that no sum leaves 32 bits */
    int8_t *bytes;              /* [groups][pairs][GROUP][2]: q */
    float *scale, *rest, *size; /* [groups * GROUP]: s; bounds of |e| and rounding; of |s q| */
    /* Of a run: */
    int16_t *whole;                  /* [HEED_SCREEN_ROWS][2 * pairs]: p */
    float *low, *high;               /* [HEED_SCREEN_ROWS][groups * GROUP] */
    float *picked, *start, *product; /* [MOST][k], [MOST], [MOST] */
    heed_real *workspace;            /* of a whole product of one row */
    int32_t tokens[MOST];
};

/* A row of x as the groups see it. */
typedef struct seen {
    float step, length, missed; /* t, |x|, |d| */
} seen;

typedef struct job {
    heed__screen *s;
    int64_t rows;
    seen seen[HEED_SCREEN_ROWS];
} job;

static float share_of_rounding(int64_t k)
{
    return (float)(UP * 2 * (double)(k + 32) * 0x1p-24);
}

static double largest(int64_t n, const float *x)
{
    double most = 0;
    for (int64_t i = 0; i < n; i++) most = fabs((double)x[i]) > most ? fabs((double)x[i]) : most;
    return most;
}

/* To the nearest. */
static int whole(double x)
{
    return (int)(x < 0 ? x - 0.5 : x + 0.5);
}

/* ------------------------------------------------------------------ the copy */

static void copy_row(heed__screen *s, int64_t row)
{
    const float *w = s->output->weight->data + row * s->k;
    int8_t *to = s->bytes + row / GROUP * s->pairs * 2 * GROUP + row % GROUP * 2;
    float scale = (float)(largest(s->k, w) / 127);
    double rest = 0, size = 0, length = 0;
    if (scale < LEAST_SCALE) scale = 0;
    double parts = scale > 0 ? 1 / (double)scale : 0;
    for (int64_t i = 0; i < s->k; i++) {
        double x = (double)w[i];
        int q = whole(x * parts);
        q = q > 127 ? 127 : q < -127 ? -127 : q;
        double near = (double)scale * q, off = x - near;
        to[i / 2 * 2 * GROUP + i % 2] = (int8_t)q;
        rest += off * off, size += near * near, length += x * x;
    }
    s->scale[row] = scale;
    s->size[row] = (float)(UP * sqrt(size));
    s->rest[row] = (float)(UP * sqrt(rest) + (double)share_of_rounding(s->k) * sqrt(length));
}

static void copy_rows(void *arg, int64_t task, int thread)
{
    heed__screen *s = arg;
    int64_t end = (task + 1) * TASK * GROUP;
    (void)thread;
    for (int64_t row = task * TASK * GROUP; row < end && row < s->n; row++) copy_row(s, row);
}

static int64_t tasks_of(const heed__screen *s)
{
    return (s->groups + TASK - 1) / TASK;
}

static heed_status reserve(heed__screen *s)
{
    size_t k = (size_t)s->k, rows = (size_t)s->groups * GROUP, pairs = (size_t)s->pairs;
    const char *what = "a screen of logits";
    HEED_TRY(heed__alloc(rows * pairs * 2, 1, what, &s->bytes));
    HEED_TRY(heed__alloc(rows, sizeof *s->scale, what, &s->scale));
    HEED_TRY(heed__alloc(rows, sizeof *s->rest, what, &s->rest));
    HEED_TRY(heed__alloc(rows, sizeof *s->size, what, &s->size));
    HEED_TRY(heed__alloc(HEED_SCREEN_ROWS * 2 * pairs, sizeof *s->whole, what, &s->whole));
    HEED_TRY(heed__alloc(HEED_SCREEN_ROWS * rows, sizeof *s->low, what, &s->low));
    HEED_TRY(heed__alloc(HEED_SCREEN_ROWS * rows, sizeof *s->high, what, &s->high));
    HEED_TRY(heed__alloc(MOST * k, sizeof *s->picked, what, &s->picked));
    HEED_TRY(heed__alloc(MOST, sizeof *s->start, what, &s->start));
    HEED_TRY(heed__alloc(MOST, sizeof *s->product, what, &s->product));
    return heed__alloc(heed__gemm_workspace(s->context, 1, s->n, s->k), sizeof *s->workspace, what,
                       &s->workspace);
}

int heed__screen_fits(const heed_context *context)
{
    return !heed__gemm_parts(heed_context_precision(context));
}

heed_status heed__screen_create(heed_context *context, const heed__linear *output,
                                heed__screen **out)
{
    heed__screen *s = NULL;
    int64_t n = output->weight->rows, k = output->weight->cols;
    *out = NULL;
    if (!heed__screen_fits(context) || n < 1 || k < 1 || k > LONGEST) return HEED_OK;
    for (int64_t i = 0; i < n * k; i++)
        if (!isfinite(output->weight->data[i])) return HEED_OK;
    HEED_TRY(heed__alloc(1, sizeof *s, "a screen of logits", &s));
    s->context = context;
    s->output = output;
    s->n = n, s->k = k, s->groups = (n + GROUP - 1) / GROUP, s->pairs = (k + 1) / 2;
    int64_t most = INT32_MAX / (127 * 2 * s->pairs);
    s->most_whole = (float)(most < INT16_MAX ? most : INT16_MAX);
    heed_status status = reserve(s);
    if (status == HEED_OK) heed__parallel(context, tasks_of(s), copy_rows, s);
    if (status != HEED_OK) heed__screen_destroy(&s);
    *out = s;
    return status;
}

void heed__screen_destroy(heed__screen **screen)
{
    heed__screen *s = *screen;
    if (!s) return;
    heed__free(s->bytes);
    heed__free(s->scale);
    heed__free(s->rest);
    heed__free(s->size);
    heed__free(s->whole);
    heed__free(s->low);
    heed__free(s->high);
    heed__free(s->picked);
    heed__free(s->start);
    heed__free(s->product);
    heed__free(s->workspace);
    heed__free(s);
    *screen = NULL;
}

/* ------------------------------------------------------------------ bounds */

/* A row of x in whole numbers. One that is not finite has bounds that are not. */
static seen see(const heed__screen *s, const float *x, int16_t *to)
{
    float step = (float)(largest(s->k, x) / (double)s->most_whole);
    double length = 0, missed = 0;
    if (!(step >= LEAST_SCALE && step < INFINITY)) step = 0;
    for (int64_t i = 0; i < s->k; i++) {
        double at = (double)x[i], most = (double)s->most_whole;
        double ratio = step > 0 ? at / (double)step : 0;
        int p = whole(ratio > most ? most : ratio >= -most ? ratio : -most);
        double off = at - (double)step * p;
        to[i] = (int16_t)p;
        length += at * at, missed += off * off;
    }
    return (seen){step, (float)(UP * sqrt(length)), (float)(UP * sqrt(missed))};
}

/* The bounds of a group's logits for one row of x. */
static void bound(const heed__screen *s, int64_t group, const seen *x, const int32_t *sums,
                  float *low, float *high)
{
    const heed__param *bias = s->output->bias;
    float rounding = share_of_rounding(s->k), b[GROUP] = {0};
    const float *scale = s->scale + group * GROUP, *rest = s->rest + group * GROUP;
    const float *size = s->size + group * GROUP;
    int64_t left = s->n - group * GROUP;
    if (bias)
        memcpy(b, bias->data + group * GROUP, (size_t)(left < GROUP ? left : GROUP) * sizeof *b);
    for (int i = 0; i < GROUP; i++) {
        float near = (float)sums[i] * (scale[i] * x->step) + b[i];
        float off = x->length * rest[i] + x->missed * size[i] + rounding * fabsf(b[i]) + TINY;
        low[i] = near - off;
        high[i] = near + off;
    }
}

static void bound_groups(void *arg, int64_t task, int thread)
{
    const job *j = arg;
    heed__screen *s = j->s;
    const heed__kernels *kernels = heed__kernels_best();
    int32_t sums[GROUP];
    (void)thread;
    for (int64_t g = task * TASK; g < (task + 1) * TASK && g < s->groups; g++)
        for (int64_t row = 0; row < j->rows; row++) {
            int64_t at = (row * s->groups + g) * GROUP;
            kernels->byte_sums(s->pairs, s->bytes + g * s->pairs * 2 * GROUP,
                               s->whole + row * 2 * s->pairs, sums);
            bound(s, g, &j->seen[row], sums, s->low + at, s->high + at);
        }
}

/* ------------------------------------------------------------------ logits */

static void compute_whole(heed__screen *s, const float *x, float *scores)
{
    const heed__linear *o = s->output;
    heed__gemm product = {.m = 1,
                          .n = s->n,
                          .k = s->k,
                          .a = x,
                          .a_row = s->k,
                          .a_col = 1,
                          .b = o->weight->data,
                          .b_row = 1,
                          .b_col = s->k,
                          .c = scores,
                          .c_row = s->n,
                          .packed = o->weight->packed,
                          .bias = o->bias ? o->bias->data : NULL};
    heed__gemm_run(s->context, &product, s->workspace);
}

/* The chosen rows of weights times x: the chain of the whole product. */
static void compute(heed__screen *s, int64_t n, const float *x, float *scores)
{
    const heed__linear *o = s->output;
    for (int64_t i = 0; i < n; i++) {
        memcpy(s->picked + i * s->k, o->weight->data + s->tokens[i] * s->k,
               (size_t)s->k * sizeof *s->picked);
        s->start[i] = o->bias ? o->bias->data[s->tokens[i]] : 0;
    }
    heed__tile tile = {.rows = n,
                       .cols = 1,
                       .k = s->k,
                       .a = s->picked,
                       .a_row = s->k,
                       .a_col = 1,
                       .b = x,
                       .b_row = 1,
                       .start = o->bias ? s->start : NULL,
                       .start_row = 1,
                       .c = s->product,
                       .c_row = 1};
    heed__kernels_best()->gemm_tile(&tile);
    for (int64_t i = 0; i < n; i++) scores[s->tokens[i]] = s->product[i];
}

/* Tokens of the block that reach `least`, behind the n that are there; more than MOST: too many. */
static int64_t pick(heed__screen *s, const float *high, int64_t from, float least, int64_t n)
{
    for (int64_t i = from; i < from + BLOCK && i < s->n && n <= MOST; i++)
        if (high[i] >= least) {
            if (n < MOST) s->tokens[n] = (int32_t)i;
            n++;
        }
    return n;
}

static void run_row(heed__screen *s, int64_t row, const float *x, const int32_t *apart,
                    int64_t n_apart, float *scores)
{
    const heed__kernels *kernels = heed__kernels_best();
    float *low = s->low + row * s->groups * GROUP, *high = s->high + row * s->groups * GROUP;
    int64_t n = n_apart;
    for (int64_t i = 0; i < n && n <= MOST; i++) {
        s->tokens[i] = apart[i];
        low[apart[i]] = high[apart[i]] = -INFINITY;
    }
    float least = kernels->max(s->n, low);
    for (int64_t from = 0; from < s->n && isfinite(least) && n <= MOST; from += BLOCK) {
        int64_t count = s->n - from < BLOCK ? s->n - from : BLOCK;
        if (kernels->max(count, high + from) >= least) n = pick(s, high, from, least, n);
    }
    if (!isfinite(least) || n > MOST) {
        compute_whole(s, x, scores);
        return;
    }
    for (int64_t i = 0; i < s->n; i++) scores[i] = -INFINITY;
    compute(s, n, x, scores);
}

void heed__screen_run(heed__screen *s, int64_t rows, const float *x, const int32_t *apart,
                      int64_t n_apart, float *scores)
{
    job j = {.s = s, .rows = rows};
    for (int64_t row = 0; row < rows; row++)
        j.seen[row] = see(s, x + row * s->k, s->whole + row * 2 * s->pairs);
    heed__parallel(s->context, tasks_of(s), bound_groups, &j);
    for (int64_t row = 0; row < rows; row++)
        run_row(s, row, x + row * s->k, apart, n_apart, scores + row * s->n);
}
