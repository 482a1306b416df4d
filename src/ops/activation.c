/* SPDX-License-Identifier: MIT */
/*
 * Element-wise functions: a row of the table holds f and its derivative, the latter from x and y.
 *   gelu(x) = x Phi(x),  gelu'(x) = Phi(x) + x phi(x)          (Hendrycks, Gimpel, arXiv
 * 1606.08415) silu(x) = x s(x),    silu'(x) = s(x) (1 + x (1 - s(x)))
 */
#include "ops/activation.h"

#include "autograd/gradcheck.h"
#include "ops/rows.h"

#include <string.h>

enum { CHUNK = HEED_ACTIVATION_CHUNK };

typedef void (*apply_function)(const heed__kernels *k, int64_t n, const heed_real *x, heed_real *y);
/* dx += dy * f'(x) */
typedef void (*derive_function)(const heed__kernels *k, int64_t n, const heed_real *x,
                                const heed_real *y, const heed_real *dy, heed_real *dx);

static void relu(const heed__kernels *k, int64_t n, const heed_real *x, heed_real *y)
{
    (void)k;
    for (int64_t i = 0; i < n; i++) y[i] = x[i] <= 0 ? 0 : x[i]; /* NaN stays */
}

static void relu_back(const heed__kernels *k, int64_t n, const heed_real *x, const heed_real *y,
                      const heed_real *dy, heed_real *dx)
{
    (void)k;
    (void)x;
    for (int64_t i = 0; i < n; i++) {
        heed_real passed = dy[i]; /* read in any case: a choice of two numbers is not a branch */
        passed = y[i] > 0 ? passed : 0;
        dx[i] += passed;
    }
}

/* Phi(x), the normal distribution function */
static void normal_below(const heed__kernels *k, int64_t n, const heed_real *x, heed_real *y)
{
    k->scale(n, HEED_REAL(0.70710678118654752440), x, y); /* 1 / sqrt(2) */
    k->erf(n, y, y);
    for (int64_t i = 0; i < n; i++) y[i] = HEED_REAL(0.5) + HEED_REAL(0.5) * y[i];
}

static void gelu(const heed__kernels *k, int64_t n, const heed_real *x, heed_real *y)
{
    heed_real below[CHUNK];
    normal_below(k, n, x, below);
    k->multiply(n, x, below, y);
}

static void gelu_back(const heed__kernels *k, int64_t n, const heed_real *x, const heed_real *y,
                      const heed_real *dy, heed_real *dx)
{
    heed_real below[CHUNK], density[CHUNK];
    (void)y;
    normal_below(k, n, x, below);
    for (int64_t i = 0; i < n; i++) density[i] = HEED_REAL(-0.5) * x[i] * x[i];
    k->exp(n, density, density);
    k->scale(n, HEED_REAL(0.39894228040143267794), density, density); /* 1 / sqrt(2 pi) */
    k->multiply_add(n, x, density, below);
    k->multiply_add(n, dy, below, dx);
}

static void silu(const heed__kernels *k, int64_t n, const heed_real *x, heed_real *y)
{
    heed_real share[CHUNK];
    k->sigmoid(n, x, share);
    k->multiply(n, x, share, y);
}

static void silu_back(const heed__kernels *k, int64_t n, const heed_real *x, const heed_real *y,
                      const heed_real *dy, heed_real *dx)
{
    heed_real share[CHUNK];
    (void)y;
    k->sigmoid(n, x, share);
    for (int64_t i = 0; i < n; i++) share[i] = share[i] * (1 + x[i] * (1 - share[i]));
    k->multiply_add(n, dy, share, dx);
}

static void tanh_apply(const heed__kernels *k, int64_t n, const heed_real *x, heed_real *y)
{
    k->tanh(n, x, y);
}

static void tanh_back(const heed__kernels *k, int64_t n, const heed_real *x, const heed_real *y,
                      const heed_real *dy, heed_real *dx)
{
    (void)k;
    (void)x;
    for (int64_t i = 0; i < n; i++) dx[i] += dy[i] * (1 - y[i] * y[i]);
}

static void sigmoid_apply(const heed__kernels *k, int64_t n, const heed_real *x, heed_real *y)
{
    k->sigmoid(n, x, y);
}

static void sigmoid_back(const heed__kernels *k, int64_t n, const heed_real *x, const heed_real *y,
                         const heed_real *dy, heed_real *dx)
{
    (void)k;
    (void)x;
    for (int64_t i = 0; i < n; i++) dx[i] += dy[i] * y[i] * (1 - y[i]);
}

static const struct {
    const char *name;
    apply_function apply;
    derive_function derive;
    unsigned reads; /* of the derivative */
} functions[HEED_ACTIVATIONS] = {
    [HEED_RELU] = {"relu", relu, relu_back, HEED_READS_OUTPUT},
    [HEED_GELU] = {"gelu", gelu, gelu_back, HEED_READS(0)},
    [HEED_SILU] = {"silu", silu, silu_back, HEED_READS(0)},
    [HEED_TANH] = {"tanh", tanh_apply, tanh_back, HEED_READS_OUTPUT},
    [HEED_SIGMOID] = {"sigmoid", sigmoid_apply, sigmoid_back, HEED_READS_OUTPUT},
};

const char *heed__activation_name(heed__activation_kind kind)
{
    return functions[kind].name;
}

void heed__activation_apply(heed__activation_kind kind, const heed__kernels *kernels, int64_t n,
                            const heed_real *x, heed_real *y)
{
    functions[kind].apply(kernels, n, x, y);
}

void heed__activation_derive(heed__activation_kind kind, const heed__kernels *kernels, int64_t n,
                             const heed_real *x, const heed_real *y, const heed_real *dy,
                             heed_real *dx)
{
    functions[kind].derive(kernels, n, x, y, dy, dx);
}

/* dy is set aside, and dx begins with zeros. */
void heed__activation_derive_over(heed__activation_kind kind, const heed__kernels *kernels,
                                  int64_t n, const heed_real *x, const heed_real *y,
                                  const heed_real *dy, heed_real *dx)
{
    heed_real aside[CHUNK];
    memcpy(aside, dy, (size_t)n * sizeof *dy);
    memset(dx, 0, (size_t)n * sizeof *dx);
    functions[kind].derive(kernels, n, x, y, aside, dx);
}

int heed__activation_reads_input(heed__activation_kind kind)
{
    return (functions[kind].reads & HEED_READS(0)) != 0;
}

static heed_status activation_shape(const heed__shapes *s, heed__size *size)
{
    size->rows = s->in[0].rows;
    size->cols = s->in[0].cols;
    size->reads = functions[((const heed__activation *)s->attributes)->kind].reads;
    return HEED_OK;
}

static void run_rows(const heed__call *call, int64_t begin, int64_t end, void *backward)
{
    heed__activation_kind kind = ((const heed__activation *)call->attributes)->kind;
    int64_t stop = end * call->out.cols;
    for (int64_t at = begin * call->out.cols; at < stop; at += CHUNK) {
        int64_t n = stop - at < CHUNK ? stop - at : CHUNK;
        const heed_real *x = call->in[0].data + at;
        heed_real *y = call->out.data + at;
        if (!backward)
            functions[kind].apply(call->kernels, n, x, y);
        else
            (call->in[0].fresh ? heed__activation_derive_over : heed__activation_derive)(
                kind, call->kernels, n, x, y, call->out.grad + at, call->in[0].grad + at);
    }
}

static heed_status activation_forward(const heed__call *call)
{
    heed__for_rows(call, call->out.rows, 4 * call->out.cols, run_rows, NULL);
    return HEED_OK;
}

static heed_status activation_backward(const heed__call *call)
{
    int backward = 1;
    heed__for_rows(call, call->out.rows, 8 * call->out.cols, run_rows, &backward);
    return HEED_OK;
}

static heed_status activation_check(heed__gradcheck *check)
{
    for (int kind = 0; kind < HEED_ACTIVATIONS; kind++) {
        heed__activation a = {(heed__activation_kind)kind};
        heed__var x = heed__gradcheck_input(check, 5, 70);
        HEED_TRY(heed__gradcheck_apply(check, &heed__op_activation, &x, 1, &a, sizeof a));
    }
    return HEED_OK;
}

const heed__op heed__op_activation = {.name = "activation",
                                      .summary = "relu, gelu, silu, tanh or sigmoid",
                                      .least_inputs = 1,
                                      .most_inputs = 1,
                                      .reads = HEED_READS(0) | HEED_READS_OUTPUT,
                                      .stores = HEED_READS(0),
                                      .output_over_input = HEED_READS(0),
                                      .grad_over_grad = HEED_READS(0),
                                      .shape = activation_shape,
                                      .forward = activation_forward,
                                      .backward = activation_backward,
                                      .check = activation_check};
