/* SPDX-License-Identifier: MIT */
/* y = a * b, element by element: da += dy b, db += dy a. */
#include "autograd/gradcheck.h"
#include "ops/ops.h"
#include "ops/rows.h"

static heed_status multiply_shape(const heed__shapes *s, heed__size *size)
{
    HEED_TRY(heed__want_shape(s, "multiply", 1, "b", s->in[0].rows, s->in[0].cols));
    size->rows = s->in[0].rows;
    size->cols = s->in[0].cols;
    return HEED_OK;
}

static void multiply_rows(const heed__call *call, int64_t begin, int64_t end, void *backward)
{
    int64_t at = begin * call->out.cols, count = (end - begin) * call->out.cols;
    const heed__matrix *a = &call->in[0], *b = &call->in[1];
    if (!backward) {
        call->kernels->multiply(count, a->data + at, b->data + at, call->out.data + at);
        return;
    }
    const heed_real *dy = call->out.grad + at;
    for (int i = 0; i < 2; i++) {
        const heed__matrix *to = &call->in[i];
        const heed_real *other = call->in[!i].data + at;
        if (to->grad && to->fresh)
            call->kernels->multiply(count, dy, other, to->grad + at);
        else if (to->grad)
            call->kernels->multiply_add(count, dy, other, to->grad + at);
    }
}

static heed_status multiply_forward(const heed__call *call)
{
    heed__for_rows(call, call->out.rows, call->out.cols, multiply_rows, NULL);
    return HEED_OK;
}

static heed_status multiply_backward(const heed__call *call)
{
    int backward = 1;
    heed__for_rows(call, call->out.rows, 2 * call->out.cols, multiply_rows, &backward);
    return HEED_OK;
}

static heed_status multiply_check(heed__gradcheck *check)
{
    heed__var in[2] = {heed__gradcheck_input(check, 3, 19), heed__gradcheck_input(check, 3, 19)};
    HEED_TRY(heed__gradcheck_apply(check, &heed__op_multiply, in, 2, NULL, 0));
    heed__var twice = heed__gradcheck_input(check, 1, 2);
    heed__var same[2] = {twice, twice};
    HEED_TRY(heed__gradcheck_apply(check, &heed__op_multiply, same, 2, NULL, 0));
    heed__var none[2] = {heed__gradcheck_input(check, 0, 2), heed__gradcheck_input(check, 0, 2)};
    return heed__gradcheck_apply(check, &heed__op_multiply, none, 2, NULL, 0);
}

const heed__op heed__op_multiply = {.name = "multiply",
                                    .summary = "y = a * b, element by element",
                                    .least_inputs = 2,
                                    .most_inputs = 2,
                                    .reads = HEED_READS(0) | HEED_READS(1),
                                    .stores = HEED_READS(0) | HEED_READS(1),
                                    .shape = multiply_shape,
                                    .forward = multiply_forward,
                                    .backward = multiply_backward,
                                    .check = multiply_check};
