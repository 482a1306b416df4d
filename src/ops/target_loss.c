/* SPDX-License-Identifier: MIT */
/*
 * Losses against a row of numbers. Per column, summed over columns, mean over rows with targets:
 *   binary cross-entropy of sigmoid(z):  max(z,0) - z t + log(1 + exp(-|z|)),  dz = sigmoid(z) - t
 *   squared error:                       (z - t)^2 / 2,                        dz = z - t
 */
#include "autograd/gradcheck.h"
#include "ops/ops.h"
#include "ops/rows.h"

#include <math.h>

static heed_status target_shape(const heed__shapes *s, heed__size *size)
{
    (void)s;
    size->rows = size->cols = 1;
    return HEED_OK;
}

static int labelled(const heed__target_loss *loss, int64_t i, int64_t cols)
{
    return loss->targets[i * cols] == loss->targets[i * cols]; /* not NaN */
}

static int64_t count_labelled(const heed__call *call)
{
    const heed__target_loss *loss = call->attributes;
    int64_t count = 0;
    for (int64_t i = 0; i < call->in[0].rows; i++) count += labelled(loss, i, call->in[0].cols);
    return count;
}

static heed_real binary_loss(const heed__kernels *kernels, heed_real z, heed_real t)
{
    heed_real small = z < 0 ? z : -z, tail; /* -|z| */
    kernels->exp(1, &small, &tail);
    tail += 1;
    kernels->log(1, &tail, &tail);
    return (z > 0 ? z : 0) - z * t + tail;
}

static heed_real binary_slope(const heed__kernels *kernels, heed_real z, heed_real t)
{
    heed_real share;
    kernels->sigmoid(1, &z, &share);
    return share - t;
}

static heed_real squared_loss(const heed__kernels *kernels, heed_real z, heed_real t)
{
    (void)kernels;
    return (z - t) * (z - t) / 2;
}

static heed_real squared_slope(const heed__kernels *kernels, heed_real z, heed_real t)
{
    (void)kernels;
    return z - t;
}

typedef heed_real (*element)(const heed__kernels *kernels, heed_real z, heed_real t);

static heed_real column_weight(const heed__target_loss *loss, int64_t j)
{
    return loss->weights ? (heed_real)loss->weights[j] : 1;
}

static heed_status target_forward(const heed__call *call, element value)
{
    const heed__target_loss *loss = call->attributes;
    int64_t cols = call->in[0].cols, count = count_labelled(call);
    heed_real total = 0;
    for (int64_t i = 0; i < call->in[0].rows; i++) {
        if (!labelled(loss, i, cols)) continue;
        for (int64_t j = 0; j < cols; j++)
            total += column_weight(loss, j) * value(call->kernels, call->in[0].data[i * cols + j],
                                                    (heed_real)loss->targets[i * cols + j]);
    }
    *call->out.data = count ? total / (heed_real)count : 0;
    return HEED_OK;
}

static heed_status target_backward(const heed__call *call, element slope)
{
    const heed__target_loss *loss = call->attributes;
    int64_t cols = call->in[0].cols, count = count_labelled(call);
    for (int64_t i = 0; i < call->in[0].rows; i++) {
        if (!labelled(loss, i, cols)) continue;
        heed_real scale = *call->out.grad / (heed_real)count;
        for (int64_t j = 0; j < cols; j++)
            call->in[0].grad[i * cols + j] += scale * column_weight(loss, j) *
                                              slope(call->kernels, call->in[0].data[i * cols + j],
                                                    (heed_real)loss->targets[i * cols + j]);
    }
    return HEED_OK;
}

static heed_status binary_forward(const heed__call *c)
{
    return target_forward(c, binary_loss);
}
static heed_status binary_backward(const heed__call *c)
{
    return target_backward(c, binary_slope);
}
static heed_status squared_forward(const heed__call *c)
{
    return target_forward(c, squared_loss);
}
static heed_status squared_backward(const heed__call *c)
{
    return target_backward(c, squared_slope);
}

static heed_status check_target(heed__gradcheck *check, const heed__op *op)
{
    static const float targets[] = {1, 0, 1, NAN, NAN, NAN, 0, 0, 1};
    static const float weights[] = {1, 0.5f, 3};
    for (int i = 0; i < 2; i++) {
        heed__target_loss loss = {targets, i ? weights : NULL};
        heed__var z = heed__gradcheck_input(check, 3, 3);
        HEED_TRY(heed__gradcheck_apply(check, op, &z, 1, &loss, sizeof loss));
    }
    return HEED_OK;
}

static heed_status binary_check(heed__gradcheck *check)
{
    return check_target(check, &heed__op_binary_cross_entropy);
}

static heed_status squared_check(heed__gradcheck *check)
{
    return check_target(check, &heed__op_squared_error);
}

const heed__op heed__op_binary_cross_entropy = {.name = "binary_cross_entropy",
                                                .summary = "a yes or no in each column",
                                                .least_inputs = 1,
                                                .most_inputs = 1,
                                                .reads = HEED_READS(0),
                                                .shape = target_shape,
                                                .forward = binary_forward,
                                                .backward = binary_backward,
                                                .check = binary_check};

const heed__op heed__op_squared_error = {.name = "squared_error",
                                         .summary = "half the squared difference to a number",
                                         .least_inputs = 1,
                                         .most_inputs = 1,
                                         .reads = HEED_READS(0),
                                         .shape = target_shape,
                                         .forward = squared_forward,
                                         .backward = squared_backward,
                                         .check = squared_check};
