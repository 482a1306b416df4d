/* SPDX-License-Identifier: MIT */
/* Inputs of the same rows, side by side. */
#include "autograd/gradcheck.h"
#include "ops/ops.h"
#include "ops/rows.h"

#include <string.h>

static heed_status concat_shape(const heed__shapes *s, heed__size *size)
{
    size->rows = s->in[0].rows;
    for (int i = 0; i < s->inputs; i++) {
        HEED_TRY(heed__want_shape(s, "concat", i, "an input", size->rows, -1));
        size->cols += s->in[i].cols;
    }
    return HEED_OK;
}

static void copy_rows(const heed__call *call, int64_t begin, int64_t end, void *backward)
{
    for (int64_t t = begin; t < end; t++) {
        int64_t at = t * call->out.cols;
        for (int i = 0; i < call->inputs; i++) {
            const heed__matrix *in = &call->in[i];
            if (!backward)
                memcpy(call->out.data + at, in->data + t * in->cols,
                       (size_t)in->cols * sizeof(heed_real));
            else if (in->grad)
                heed__pass_gradient(call, i, in->cols, call->out.grad + at,
                                    in->grad + t * in->cols);
            at += in->cols;
        }
    }
}

static heed_status concat_forward(const heed__call *call)
{
    heed__for_rows(call, call->out.rows, call->out.cols, copy_rows, NULL);
    return HEED_OK;
}

static heed_status concat_backward(const heed__call *call)
{
    int backward = 1;
    heed__for_rows(call, call->out.rows, call->out.cols, copy_rows, &backward);
    return HEED_OK;
}

static heed_status concat_check(heed__gradcheck *check)
{
    heed__var in[3] = {heed__gradcheck_input(check, 4, 3), heed__gradcheck_input(check, 4, 1),
                       heed__gradcheck_input(check, 4, 18)};
    return heed__gradcheck_apply(check, &heed__op_concat, in, 3, NULL, 0);
}

const heed__op heed__op_concat = {.name = "concat",
                                  .summary = "columns of several inputs side by side",
                                  .least_inputs = 1,
                                  .most_inputs = HEED_OP_INPUTS,
                                  .reads = 0,
                                  .stores = HEED_READS_ALL,
                                  .shape = concat_shape,
                                  .forward = concat_forward,
                                  .backward = concat_backward,
                                  .check = concat_check};
