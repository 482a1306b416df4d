/* SPDX-License-Identifier: MIT */
/*
 * y[i] = x[index[i]], zeros where index[i] is -1. Backward adds dy[i] to its row, i in order: each
 * task owns a range of x's rows, so that order does not depend on threads.
 */
#include "autograd/gradcheck.h"
#include "ops/ops.h"
#include "ops/rows.h"

#include <string.h>

static heed_status take_rows_shape(const heed__shapes *s, heed__size *size)
{
    size->rows = ((const heed__take_rows *)s->attributes)->rows;
    size->cols = s->in[0].cols;
    return HEED_OK;
}

static void take(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    const int64_t *index = ((const heed__take_rows *)call->attributes)->index;
    int64_t cols = call->out.cols;
    size_t bytes = (size_t)cols * sizeof(heed_real);
    (void)extra;
    for (int64_t i = begin; i < end; i++) {
        if (index[i] < 0)
            memset(call->out.data + i * cols, 0, bytes);
        else
            memcpy(call->out.data + i * cols, call->in[0].data + index[i] * cols, bytes);
    }
}

static heed_status take_rows_forward(const heed__call *call)
{
    const heed__take_rows *t = call->attributes;
    for (int64_t i = 0; i < t->rows; i++)
        if (t->index[i] < -1 || t->index[i] >= call->in[0].rows)
            return heed__fail(HEED_E_INVALID,
                              "take_rows: index[%lld] = %lld; x has %lld rows, and -1 gives zeros",
                              (long long)i, (long long)t->index[i], (long long)call->in[0].rows);
    heed__for_rows(call, t->rows, call->out.cols, take, NULL);
    return HEED_OK;
}

static void add_owned(const heed__call *call, int64_t first, int64_t last, void *extra)
{
    const heed__take_rows *t = call->attributes;
    int64_t cols = call->out.cols;
    (void)extra;
    for (int64_t i = 0; i < t->rows; i++)
        if (t->index[i] >= first && t->index[i] < last)
            call->kernels->add(cols, call->out.grad + i * cols,
                               call->in[0].grad + t->index[i] * cols);
}

static heed_status take_rows_backward(const heed__call *call)
{
    heed__for_owners(call, call->in[0].rows, call->out.rows * call->out.cols, add_owned, NULL);
    return HEED_OK;
}

static heed_status take_rows_check(heed__gradcheck *check)
{
    static const int64_t index[] = {4, 1, -1, 1, 0, 1, 4};
    static const int64_t sizes[][3] = {{5, 3, 7}, {5, 1, 0}, {2, 17, 1}}; /* x's rows, C, taken */
    for (size_t i = 0; i < HEED_COUNT(sizes); i++) {
        heed__take_rows t = {i == 2 ? index + 1 : index, sizes[i][2]};
        heed__var x = heed__gradcheck_input(check, sizes[i][0], sizes[i][1]);
        HEED_TRY(heed__gradcheck_apply(check, &heed__op_take_rows, &x, 1, &t, sizeof t));
    }
    return HEED_OK;
}

const heed__op heed__op_take_rows = {.name = "take_rows",
                                     .summary = "rows by number; -1 gives zeros",
                                     .least_inputs = 1,
                                     .most_inputs = 1,
                                     .reads = 0,
                                     .shape = take_rows_shape,
                                     .forward = take_rows_forward,
                                     .backward = take_rows_backward,
                                     .check = take_rows_check};
