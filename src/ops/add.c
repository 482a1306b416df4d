/* SPDX-License-Identifier: MIT */
/* y = a + b. */
#include "autograd/gradcheck.h"
#include "ops/ops.h"
#include "ops/rows.h"

#include <string.h>

static heed_status add_shape(const heed__shapes *s, heed__size *size)
{
    HEED_TRY(heed__want_shape(s, "add", 1, "b", s->in[0].rows, s->in[0].cols));
    size->rows = s->in[0].rows;
    size->cols = s->in[0].cols;
    return HEED_OK;
}

static void add_rows(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    int64_t at = begin * call->out.cols, count = (end - begin) * call->out.cols;
    (void)extra;
    int over = call->out.data == call->in[1].data; /* the order of two does not matter */
    heed_real *y = call->out.data + at;
    const heed_real *a = call->in[over].data + at, *b = call->in[!over].data + at;
    if (y != a) memcpy(y, a, (size_t)count * sizeof *y);
    call->kernels->add(count, b, y);
}

static heed_status add_forward(const heed__call *call)
{
    heed__for_rows(call, call->out.rows, call->out.cols, add_rows, NULL);
    return HEED_OK;
}

static void pass_back(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    int64_t at = begin * call->out.cols, count = (end - begin) * call->out.cols;
    (void)extra;
    for (int i = 0; i < 2; i++)
        if (call->in[i].grad)
            heed__pass_gradient(call, i, count, call->out.grad + at, call->in[i].grad + at);
}

static heed_status add_backward(const heed__call *call)
{
    heed__for_rows(call, call->out.rows, 2 * call->out.cols, pass_back, NULL);
    return HEED_OK;
}

static heed_status add_check(heed__gradcheck *check)
{
    heed__var in[2] = {heed__gradcheck_input(check, 3, 5), heed__gradcheck_input(check, 3, 5)};
    HEED_TRY(heed__gradcheck_apply(check, &heed__op_add, in, 2, NULL, 0));
    heed__var twice = heed__gradcheck_input(check, 2, 2);
    heed__var same[2] = {twice, twice};
    return heed__gradcheck_apply(check, &heed__op_add, same, 2, NULL, 0);
}

const heed__op heed__op_add = {.name = "add",
                               .summary = "y = a + b",
                               .least_inputs = 2,
                               .most_inputs = 2,
                               .reads = 0,
                               .stores = HEED_READS(0) | HEED_READS(1),
                               .output_over_input = HEED_READS(0) | HEED_READS(1),
                               .grad_over_grad = HEED_READS(0) | HEED_READS(1),
                               .shape = add_shape,
                               .forward = add_forward,
                               .backward = add_backward,
                               .check = add_check};
