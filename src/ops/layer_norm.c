/* SPDX-License-Identifier: MIT */
/*
 * Layer normalisation (Ba, Kiros, Hinton, arXiv 1607.06450), a row at a time:
 *   xhat = (x - mean) * r,  r = 1 / sqrt(variance + epsilon),  y = xhat * gain + bias
 * Backward, with g = dy * gain:
 *   dx = r * (g - mean(g) - xhat * mean(g * xhat)),  dgain += sum dy * xhat,  dbias += sum dy
 * Saved: mean and r of each row.
 */
#include "autograd/gradcheck.h"
#include "ops/ops.h"
#include "ops/rows.h"

static heed_status layer_norm_shape(const heed__shapes *s, heed__size *size)
{
    int64_t cols = s->in[0].cols;
    HEED_TRY(heed__want_shape(s, "layer_norm", 1, "gain", 1, cols));
    HEED_TRY(heed__want_shape(s, "layer_norm", 2, "bias", 1, cols));
    size->rows = s->in[0].rows;
    size->cols = cols;
    size->saved = 2 * s->in[0].rows;
    size->forward_workspace = 2 * s->in[0].rows; /* when nothing is saved */
    size->backward_workspace = 2 * s->in[0].rows * cols;
    return HEED_OK;
}

static void normalise(const heed__call *call, int64_t begin, int64_t end, void *statistics)
{
    const heed__layer_norm *norm = call->attributes;
    const heed__kernels *kernels = call->kernels;
    int64_t cols = call->out.cols;
    for (int64_t i = begin; i < end; i++) {
        const heed_real *x = call->in[0].data + i * cols;
        heed_real *y = call->out.data + i * cols, *kept = (heed_real *)statistics + 2 * i;
        heed_real mean = kernels->sum(cols, x) / (heed_real)cols;
        for (int64_t j = 0; j < cols; j++) y[j] = x[j] - mean;
        heed_real variance = kernels->dot(cols, y, y) / (heed_real)cols;
        heed_real r = 1 / heed__sqrt(variance + (heed_real)norm->epsilon);
        kept[0] = mean;
        kept[1] = r;
        kernels->scale(cols, r, y, y);
        kernels->multiply(cols, y, call->in[1].data, y);
        kernels->add(cols, call->in[2].data, y);
    }
}

static heed_status layer_norm_forward(const heed__call *call)
{
    heed__for_rows(call, call->out.rows, 6 * call->out.cols, normalise,
                   call->saved ? call->saved : call->workspace);
    return HEED_OK;
}

/* Workspace: xhat, then dy * xhat, which the gain's sum over rows needs. */
static void normalise_back(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    const heed__kernels *kernels = call->kernels;
    int64_t rows = call->out.rows, cols = call->out.cols;
    (void)extra;
    for (int64_t i = begin; i < end; i++) {
        const heed_real *x = call->in[0].data + i * cols, *dy = call->out.grad + i * cols;
        heed_real *xhat = call->workspace + i * cols;
        heed_real *product = call->workspace + (rows + i) * cols;
        heed_real mean = call->saved[2 * i], r = call->saved[2 * i + 1];
        for (int64_t j = 0; j < cols; j++) xhat[j] = (x[j] - mean) * r;
        if (call->in[0].grad) {
            heed_real *dx = call->in[0].grad + i * cols;
            kernels->multiply(cols, dy, call->in[1].data, product); /* g */
            heed_real mean_g = kernels->sum(cols, product) / (heed_real)cols;
            heed_real mean_gx = kernels->dot(cols, product, xhat) / (heed_real)cols;
            for (int64_t j = 0; j < cols; j++)
                product[j] = r * (product[j] - mean_g - xhat[j] * mean_gx);
            heed__pass_gradient(call, 0, cols, product, dx);
        }
        kernels->multiply(cols, dy, xhat, product);
    }
}

static heed_status layer_norm_backward(const heed__call *call)
{
    int64_t rows = call->out.rows, cols = call->out.cols;
    heed__for_rows(call, rows, 10 * cols, normalise_back, NULL);
    if (call->in[1].grad)
        heed__column_sums(call, call->workspace + rows * cols, rows, cols, call->in[1].grad);
    if (call->in[2].grad) heed__column_sums(call, call->out.grad, rows, cols, call->in[2].grad);
    return HEED_OK;
}

static heed_status layer_norm_check(heed__gradcheck *check)
{
    static const int64_t sizes[][2] = {{4, 6}, {3, 37}, {1, 2}};
    heed__layer_norm norm = {1e-5f};
    for (size_t i = 0; i < HEED_COUNT(sizes); i++) {
        int64_t cols = sizes[i][1];
        heed__var in[3] = {heed__gradcheck_input(check, sizes[i][0], cols),
                           heed__gradcheck_input(check, 1, cols),
                           heed__gradcheck_input(check, 1, cols)};
        HEED_TRY(heed__gradcheck_apply(check, &heed__op_layer_norm, in, 3, &norm, sizeof norm));
    }
    return HEED_OK;
}

const heed__op heed__op_layer_norm = {.name = "layer_norm",
                                      .summary = "rows to mean 0 and variance 1, gain and bias",
                                      .least_inputs = 3,
                                      .most_inputs = 3,
                                      .reads = HEED_READS(0) | HEED_READS(1),
                                      .stores = HEED_READS(0),
                                      .shape = layer_norm_shape,
                                      .forward = layer_norm_forward,
                                      .backward = layer_norm_backward,
                                      .check = layer_norm_check};
