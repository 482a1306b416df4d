/* SPDX-License-Identifier: MIT */
/* One row out of each sequence: the mean of its rows, its first, or its last. */
#include "autograd/gradcheck.h"
#include "ops/ops.h"
#include "ops/rows.h"

#include <string.h>

static const heed__ragged *ragged_of(const heed__call *call)
{
    return ((const heed__segment *)call->attributes)->ragged;
}

static heed_status segment_shape(const heed__shapes *s, heed__size *size)
{
    const heed__ragged *ragged = ((const heed__segment *)s->attributes)->ragged;
    HEED_TRY(heed__want_shape(s, "pooling", 0, "x", ragged->rows, -1));
    size->rows = ragged->n;
    size->cols = s->in[0].cols;
    return HEED_OK;
}

static int64_t mean_cost(const heed__call *call)
{
    int64_t n = call->out.rows ? call->out.rows : 1;
    return (call->in[0].rows / n + 1) * call->out.cols;
}

static void mean_rows(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    const heed__ragged *ragged = ragged_of(call);
    int64_t cols = call->out.cols;
    (void)extra;
    for (int64_t s = begin; s < end; s++) {
        heed_real *y = call->out.data + s * cols;
        memset(y, 0, (size_t)cols * sizeof(heed_real));
        for (int64_t t = ragged->offsets[s]; t < ragged->offsets[s + 1]; t++)
            call->kernels->add(cols, call->in[0].data + t * cols, y);
        int64_t length = heed__ragged_length(ragged, s);
        if (length) call->kernels->scale(cols, 1 / (heed_real)length, y, y);
    }
}

static heed_status mean_forward(const heed__call *call)
{
    heed__for_rows(call, call->out.rows, mean_cost(call), mean_rows, NULL);
    return HEED_OK;
}

static void mean_rows_back(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    const heed__ragged *ragged = ragged_of(call);
    int64_t cols = call->out.cols;
    (void)extra;
    for (int64_t s = begin; s < end; s++) {
        int64_t length = heed__ragged_length(ragged, s);
        for (int64_t t = ragged->offsets[s]; t < ragged->offsets[s + 1]; t++)
            call->kernels->axpy(cols, 1 / (heed_real)length, call->out.grad + s * cols,
                                call->in[0].grad + t * cols);
    }
}

static heed_status mean_backward(const heed__call *call)
{
    heed__for_rows(call, call->out.rows, mean_cost(call), mean_rows_back, NULL);
    return HEED_OK;
}

/* The number of the row that a sequence gives, if it has any. */
static int64_t end_row(const heed__ragged *ragged, int64_t s, int last)
{
    return last ? ragged->offsets[s + 1] - 1 : ragged->offsets[s];
}

static heed_status end_forward(const heed__call *call, int last)
{
    const heed__ragged *ragged = ragged_of(call);
    int64_t cols = call->out.cols;
    for (int64_t s = 0; s < ragged->n; s++) {
        heed_real *y = call->out.data + s * cols;
        size_t bytes = (size_t)cols * sizeof(heed_real);
        if (heed__ragged_length(ragged, s))
            memcpy(y, call->in[0].data + end_row(ragged, s, last) * cols, bytes);
        else
            memset(y, 0, bytes);
    }
    return HEED_OK;
}

static heed_status end_backward(const heed__call *call, int last)
{
    const heed__ragged *ragged = ragged_of(call);
    int64_t cols = call->out.cols;
    for (int64_t s = 0; s < ragged->n; s++)
        if (heed__ragged_length(ragged, s))
            call->kernels->add(cols, call->out.grad + s * cols,
                               call->in[0].grad + end_row(ragged, s, last) * cols);
    return HEED_OK;
}

static heed_status first_forward(const heed__call *call)
{
    return end_forward(call, 0);
}
static heed_status first_backward(const heed__call *call)
{
    return end_backward(call, 0);
}
static heed_status last_forward(const heed__call *call)
{
    return end_forward(call, 1);
}
static heed_status last_backward(const heed__call *call)
{
    return end_backward(call, 1);
}

static heed_status check_pooling(heed__gradcheck *check, const heed__op *op)
{
    static const int64_t offsets[] = {0, 2, 2, 6}, order[] = {2, 0, 1}, names[] = {4, 9, 2};
    static const heed__ragged ragged = {3, 6, 4, offsets, order, names};
    heed__segment segment = {&ragged};
    heed__var x = heed__gradcheck_input(check, 6, 5);
    return heed__gradcheck_apply(check, op, &x, 1, &segment, sizeof segment);
}

static heed_status mean_check(heed__gradcheck *check)
{
    return check_pooling(check, &heed__op_mean);
}
static heed_status first_check(heed__gradcheck *check)
{
    return check_pooling(check, &heed__op_first);
}

static heed_status last_check(heed__gradcheck *check)
{
    return check_pooling(check, &heed__op_last);
}

const heed__op heed__op_mean = {.name = "mean",
                                .summary = "mean of each sequence's rows",
                                .least_inputs = 1,
                                .most_inputs = 1,
                                .reads = 0,
                                .shape = segment_shape,
                                .forward = mean_forward,
                                .backward = mean_backward,
                                .check = mean_check};

const heed__op heed__op_first = {.name = "first",
                                 .summary = "first row of each sequence",
                                 .least_inputs = 1,
                                 .most_inputs = 1,
                                 .reads = 0,
                                 .shape = segment_shape,
                                 .forward = first_forward,
                                 .backward = first_backward,
                                 .check = first_check};

const heed__op heed__op_last = {.name = "last",
                                .summary = "last row of each sequence",
                                .least_inputs = 1,
                                .most_inputs = 1,
                                .reads = 0,
                                .shape = segment_shape,
                                .forward = last_forward,
                                .backward = last_backward,
                                .check = last_check};
