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

#include <string.h>

enum {
    CHUNK = 64 /* rows whose sums for gain and bias are one chain; the chains are then added */
};

static int64_t chunks_of(int64_t rows)
{
    return (rows + CHUNK - 1) / CHUNK;
}

static heed_status layer_norm_shape(const heed__shapes *s, heed__size *size)
{
    int64_t cols = s->in[0].cols;
    HEED_TRY(heed__want_shape(s, "layer_norm", 1, "gain", 1, cols));
    HEED_TRY(heed__want_shape(s, "layer_norm", 2, "bias", 1, cols));
    size->rows = s->in[0].rows;
    size->cols = cols;
    size->saved = 2 * s->in[0].rows;
    size->forward_workspace = 2 * s->in[0].rows; /* when nothing is saved */
    size->backward_workspace = 2 * chunks_of(s->in[0].rows) * cols;
    return HEED_OK;
}

static void normalise(const heed__call *call, int64_t begin, int64_t end, void *statistics)
{
    const heed__layer_norm *norm = call->attributes;
    int64_t cols = call->out.cols;
    for (int64_t i = begin; i < end; i++)
        call->kernels->norm(cols, (heed_real)norm->epsilon, call->in[0].data + i * cols,
                            call->in[1].data, call->in[2].data, call->out.data + i * cols,
                            (heed_real *)statistics + 2 * i);
}

static heed_status layer_norm_forward(const heed__call *call)
{
    heed__for_rows(call, call->out.rows, 6 * call->out.cols, normalise,
                   call->saved ? call->saved : call->workspace);
    return HEED_OK;
}

/* Workspace: of each chunk, the sums of gain and bias. */
static void chunk_back(void *arg, int64_t chunk, int thread)
{
    const heed__call *call = arg;
    const heed__kernels *kernels = call->kernels;
    int64_t cols = call->out.cols, begin = chunk * CHUNK, end = begin + CHUNK;
    int learns = call->in[1].grad || call->in[2].grad;
    heed_real *sums = call->workspace + 2 * chunk * cols;
    (void)thread;
    if (end > call->out.rows) end = call->out.rows;
    memset(sums, 0, (size_t)(2 * cols) * sizeof *sums);
    for (int64_t i = begin; i < end; i++) {
        const heed_real *x = call->in[0].data + i * cols, *dy = call->out.grad + i * cols;
        const heed_real *kept = call->saved + 2 * i;
        heed_real *dx = call->in[0].grad ? call->in[0].grad + i * cols : NULL;
        if (learns) kernels->norm_learn(cols, kept, x, dy, sums, sums + cols);
        if (dx)
            kernels->norm_back(cols, kept, x, call->in[1].data, dy, call->in[0].fresh ? NULL : dx,
                               dx);
    }
}

static heed_status layer_norm_backward(const heed__call *call)
{
    int64_t chunks = chunks_of(call->out.rows), cols = call->out.cols;
    heed__parallel(call->context, chunks, chunk_back, (void *)call);
    for (int64_t chunk = 0; chunk < chunks; chunk++)
        for (int i = 0; i < 2; i++)
            if (call->in[1 + i].grad)
                call->kernels->add(cols, call->workspace + (2 * chunk + i) * cols,
                                   call->in[1 + i].grad);
    return HEED_OK;
}

static heed_status layer_norm_check(heed__gradcheck *check)
{
    static const int64_t sizes[][2] = {{4, 6}, {3, 37}, {1, 2}, {CHUNK + 2, 3}};
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
                                      .grad_over_grad = HEED_READS(0),
                                      .shape = layer_norm_shape,
                                      .forward = layer_norm_forward,
                                      .backward = layer_norm_backward,
                                      .check = layer_norm_check};
