/* SPDX-License-Identifier: MIT */
/* y = sum of weights[i] * inputs[i]: how the losses of several outputs become one. */
#include "autograd/gradcheck.h"
#include "ops/ops.h"
#include "ops/rows.h"

#include <string.h>

static heed_status weighted_sum_shape(const heed__shapes *s, heed__size *size)
{
    size->rows = s->in[0].rows;
    size->cols = s->in[0].cols;
    for (int i = 1; i < s->inputs; i++)
        HEED_TRY(heed__want_shape(s, "weighted_sum", i, "an input", size->rows, size->cols));
    return HEED_OK;
}

static heed_status weighted_sum_forward(const heed__call *call)
{
    const heed__weighted_sum *sum = call->attributes;
    int64_t count = call->out.rows * call->out.cols;
    if (count > 0) memset(call->out.data, 0, (size_t)count * sizeof(heed_real));
    for (int i = 0; i < call->inputs; i++)
        call->kernels->axpy(count, (heed_real)sum->weights[i], call->in[i].data, call->out.data);
    return HEED_OK;
}

static heed_status weighted_sum_backward(const heed__call *call)
{
    const heed__weighted_sum *sum = call->attributes;
    int64_t count = call->out.rows * call->out.cols;
    for (int i = 0; i < call->inputs; i++)
        if (call->in[i].grad)
            call->kernels->axpy(count, (heed_real)sum->weights[i], call->out.grad,
                                call->in[i].grad);
    return HEED_OK;
}

static heed_status weighted_sum_check(heed__gradcheck *check)
{
    heed__weighted_sum sum = {{0.5f, -2, 1}};
    heed__var in[3] = {heed__gradcheck_input(check, 2, 3), heed__gradcheck_input(check, 2, 3),
                       heed__gradcheck_input(check, 2, 3)};
    return heed__gradcheck_apply(check, &heed__op_weighted_sum, in, 3, &sum, sizeof sum);
}

const heed__op heed__op_weighted_sum = {.name = "weighted_sum",
                                        .summary = "y = sum of weights[i] * inputs[i]",
                                        .least_inputs = 1,
                                        .most_inputs = HEED_OP_INPUTS,
                                        .reads = 0,
                                        .shape = weighted_sum_shape,
                                        .forward = weighted_sum_forward,
                                        .backward = weighted_sum_backward,
                                        .check = weighted_sum_check};
