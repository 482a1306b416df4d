/* SPDX-License-Identifier: MIT */
/* Inputs of the same columns, one above the other. */
#include "autograd/gradcheck.h"
#include "ops/ops.h"
#include "ops/rows.h"

#include <string.h>

static heed_status stack_rows_shape(const heed__shapes *s, heed__size *size)
{
    size->cols = s->in[0].cols;
    for (int i = 0; i < s->inputs; i++) {
        HEED_TRY(heed__want_shape(s, "stack_rows", i, "an input", -1, size->cols));
        size->rows += s->in[i].rows;
    }
    return HEED_OK;
}

/* An input, whose first row is row `first` of the output. */
typedef struct part {
    int i;
    int64_t first;
} part;

static void stack(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    const part *p = extra;
    int64_t cols = call->out.cols;
    heed_real *y = call->out.data + (p->first + begin) * cols;
    memcpy(y, call->in[p->i].data + begin * cols, (size_t)((end - begin) * cols) * sizeof *y);
}

static void pass_back(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    const part *p = extra;
    int64_t cols = call->out.cols;
    heed__pass_gradient(call, p->i, (end - begin) * cols,
                        call->out.grad + (p->first + begin) * cols,
                        call->in[p->i].grad + begin * cols);
}

static heed_status stack_rows_forward(const heed__call *call)
{
    part p = {0, 0};
    for (; p.i < call->inputs; p.first += call->in[p.i++].rows)
        if (call->out.cols > 0) heed__for_rows(call, call->in[p.i].rows, call->out.cols, stack, &p);
    return HEED_OK;
}

static heed_status stack_rows_backward(const heed__call *call)
{
    part p = {0, 0};
    for (; p.i < call->inputs; p.first += call->in[p.i++].rows)
        if (call->in[p.i].grad)
            heed__for_rows(call, call->in[p.i].rows, call->out.cols, pass_back, &p);
    return HEED_OK;
}

static heed_status stack_rows_check(heed__gradcheck *check)
{
    heed__var in[4] = {heed__gradcheck_input(check, 4, 3), heed__gradcheck_input(check, 0, 3),
                       heed__gradcheck_input(check, 1, 3)};
    in[3] = in[0]; /* twice the same */
    HEED_TRY(heed__gradcheck_apply(check, &heed__op_stack_rows, in, 4, NULL, 0));
    heed__var one = heed__gradcheck_input(check, 1, 1);
    return heed__gradcheck_apply(check, &heed__op_stack_rows, &one, 1, NULL, 0);
}

const heed__op heed__op_stack_rows = {.name = "stack_rows",
                                      .summary = "rows of several inputs one above the other",
                                      .least_inputs = 1,
                                      .most_inputs = HEED_OP_INPUTS,
                                      .reads = 0,
                                      .stores = HEED_READS_ALL,
                                      .shape = stack_rows_shape,
                                      .forward = stack_rows_forward,
                                      .backward = stack_rows_backward,
                                      .check = stack_rows_check};
