/* SPDX-License-Identifier: MIT */
/* A range of rows and of columns as a value. */
#include "autograd/gradcheck.h"
#include "ops/ops.h"
#include "ops/rows.h"

#include <string.h>

static heed_status range_end(const char *what, int64_t from, int64_t count, int64_t have,
                             int64_t *out)
{
    *out = count < 0 ? have - from : count;
    if (from < 0 || *out < 0 || from + *out > have)
        return heed__fail(HEED_E_INVALID, "slice: %s %lld and %lld more; the input has %lld", what,
                          (long long)from, (long long)count, (long long)have);
    return HEED_OK;
}

static heed_status slice_shape(const heed__shapes *s, heed__size *size)
{
    const heed__slice *slice = s->attributes;
    HEED_TRY(range_end("rows from", slice->row, slice->rows, s->in[0].rows, &size->rows));
    return range_end("columns from", slice->column, slice->columns, s->in[0].cols, &size->cols);
}

static void copy_rows(const heed__call *call, int64_t begin, int64_t end, void *backward)
{
    const heed__slice *slice = call->attributes;
    int64_t cols = call->out.cols;
    for (int64_t i = begin; i < end; i++) {
        int64_t from = (slice->row + i) * call->in[0].cols + slice->column;
        if (backward)
            call->kernels->add(cols, call->out.grad + i * cols, call->in[0].grad + from);
        else
            memcpy(call->out.data + i * cols, call->in[0].data + from,
                   (size_t)cols * sizeof(heed_real));
    }
}

static heed_status slice_forward(const heed__call *call)
{
    heed__for_rows(call, call->out.rows, call->out.cols, copy_rows, NULL);
    return HEED_OK;
}

static heed_status slice_backward(const heed__call *call)
{
    int backward = 1;
    heed__for_rows(call, call->out.rows, call->out.cols, copy_rows, &backward);
    return HEED_OK;
}

static heed_status slice_check(heed__gradcheck *check)
{
    static const heed__slice slices[] = {{1, 2, 3, 4}, {0, -1, 7, -1}, {4, -1, 0, 8}, {2, 0, 0, 1}};
    for (size_t i = 0; i < HEED_COUNT(slices); i++) {
        heed__var x = heed__gradcheck_input(check, 5, 8);
        HEED_TRY(heed__gradcheck_apply(check, &heed__op_slice, &x, 1, &slices[i], sizeof *slices));
    }
    return HEED_OK;
}

const heed__op heed__op_slice = {.name = "slice",
                                 .summary = "a range of rows and of columns",
                                 .least_inputs = 1,
                                 .most_inputs = 1,
                                 .reads = 0,
                                 .shape = slice_shape,
                                 .forward = slice_forward,
                                 .backward = slice_backward,
                                 .check = slice_check};
