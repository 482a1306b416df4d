/* SPDX-License-Identifier: MIT */
/* Softmax of one number a row inside each sequence: dx += y (dy - sum dy y). */
#include "autograd/gradcheck.h"
#include "ops/look.h"
#include "ops/ops.h"
#include "ops/rows.h"

#include <math.h>
#include <string.h>

static const heed__ragged *ragged_of(const heed__call *call)
{
    return ((const heed__segment *)call->attributes)->ragged;
}

static heed_status softmax_shape(const heed__shapes *s, heed__size *size)
{
    const heed__ragged *ragged = ((const heed__segment *)s->attributes)->ragged;
    HEED_TRY(heed__want_shape(s, "softmax", 0, "x", ragged->rows, 1));
    size->rows = ragged->rows;
    size->cols = 1;
    return HEED_OK;
}

static void normalise(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    const heed__ragged *ragged = ragged_of(call);
    const heed__kernels *k = call->kernels;
    (void)extra;
    for (int64_t s = begin; s < end; s++) {
        int64_t n = heed__ragged_length(ragged, s);
        const heed_real *x = call->in[0].data + ragged->offsets[s];
        heed_real *y = call->out.data + ragged->offsets[s], most = k->max(n, x);
        if (most == -INFINITY)
            memset(y, 0, (size_t)n * sizeof *y);
        else
            k->scale(n, 1 / k->exp_sum(n, x, most, y), y, y);
    }
}

static int64_t cost_of(const heed__call *call)
{
    const heed__ragged *ragged = ragged_of(call);
    return 4 * (ragged->rows / (ragged->n ? ragged->n : 1) + 1);
}

static heed_status softmax_forward(const heed__call *call)
{
    heed__for_rows(call, ragged_of(call)->n, cost_of(call), normalise, NULL);
    return HEED_OK;
}

static void normalise_back(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    const heed__ragged *ragged = ragged_of(call);
    (void)extra;
    for (int64_t s = begin; s < end; s++) {
        int64_t first = ragged->offsets[s], n = heed__ragged_length(ragged, s);
        const heed_real *y = call->out.data + first, *dy = call->out.grad + first;
        heed_real mean = call->kernels->dot(n, dy, y);
        heed_real *dx = call->in[0].grad + first;
        for (int64_t j = 0; j < n; j++)
            dx[j] = (call->in[0].fresh ? 0 : dx[j]) + y[j] * (dy[j] - mean);
    }
}

static heed_status softmax_backward(const heed__call *call)
{
    heed__for_rows(call, ragged_of(call)->n, cost_of(call), normalise_back, NULL);
    return HEED_OK;
}

static heed_status softmax_check(heed__gradcheck *check)
{
    heed__segment segment = {heed__look_example()->pairs};
    heed__var x = heed__gradcheck_input(check, HEED_CHECK_PAIRS, 1);
    return heed__gradcheck_apply(check, &heed__op_softmax, &x, 1, &segment, sizeof segment);
}

const heed__op heed__op_softmax = {.name = "softmax",
                                   .summary = "softmax of one number a row inside each sequence",
                                   .least_inputs = 1,
                                   .most_inputs = 1,
                                   .reads = HEED_READS_OUTPUT,
                                   .stores = HEED_READS(0),
                                   .output_over_input = HEED_READS(0),
                                   .grad_over_grad = HEED_READS(0),
                                   .shape = softmax_shape,
                                   .forward = softmax_forward,
                                   .backward = softmax_backward,
                                   .check = softmax_check};
