/* SPDX-License-Identifier: MIT */
/* y = x w^T + b. Backward: dx += dy w, dw += dy^T x (k = tokens), db += sum over rows of dy. */
#include "autograd/gradcheck.h"
#include "kernels/gemm.h"
#include "ops/ops.h"
#include "ops/rows.h"

static heed_status linear_shape(const heed__shapes *s, heed__size *size)
{
    int64_t t = s->in[0].rows, k = s->in[0].cols, n = s->in[1].rows;
    HEED_TRY(heed__want_shape(s, "linear", 1, "w", -1, k));
    if (s->inputs > 2) HEED_TRY(heed__want_shape(s, "linear", 2, "b", 1, n));
    size->rows = t;
    size->cols = n;
    size->forward_workspace = (int64_t)heed__gemm_workspace_any(s->context, t, n, k);
    int64_t dx = (int64_t)heed__gemm_workspace_any(s->context, t, k, n);
    int64_t dw = (int64_t)heed__gemm_workspace_any(s->context, n, k, t);
    size->backward_workspace = dx > dw ? dx : dw;
    return HEED_OK;
}

static heed_status linear_forward(const heed__call *call)
{
    const heed__matrix *x = &call->in[0], *w = &call->in[1];
    heed__gemm product = {.m = x->rows,
                          .n = w->rows,
                          .k = x->cols,
                          .a = x->data,
                          .a_row = x->cols,
                          .a_col = 1,
                          .b = w->data,
                          .b_row = 1,
                          .b_col = w->cols,
                          .c = call->out.data,
                          .c_row = w->rows,
                          .packed = w->packed,
                          .precision = heed_context_precision(call->context),
                          .bias = call->inputs > 2 ? call->in[2].data : NULL};
    heed__gemm_run(call->context, &product, call->workspace);
    return HEED_OK;
}

static heed_status linear_backward(const heed__call *call)
{
    const heed__matrix *x = &call->in[0], *w = &call->in[1], *dy = &call->out;
    int64_t t = x->rows, k = x->cols, n = w->rows;
    heed_precision precision = heed_context_precision(call->context);
    if (x->grad) {
        heed__gemm dx = {.m = t, .n = k, .k = n, .accumulate = !x->fresh, .precision = precision};
        dx.a = dy->grad, dx.a_row = n, dx.a_col = 1;
        dx.b = w->data, dx.b_row = k, dx.b_col = 1;
        dx.c = x->grad, dx.c_row = k;
        dx.packed = w->packed_back;
        heed__gemm_run(call->context, &dx, call->workspace);
    }
    if (w->grad) {
        heed__gemm dw = {.m = n, .n = k, .k = t, .accumulate = !w->fresh, .precision = precision};
        dw.a = dy->grad, dw.a_row = 1, dw.a_col = n;
        dw.b = x->data, dw.b_row = k, dw.b_col = 1;
        dw.c = w->grad, dw.c_row = k;
        heed__gemm_run(call->context, &dw, call->workspace);
    }
    if (call->inputs > 2 && call->in[2].grad)
        heed__column_sums(call, dy->grad, t, n, call->in[2].grad);
    return HEED_OK;
}

static double linear_flops(const heed__shapes *s)
{
    return 2.0 * (double)s->in[0].rows * (double)s->in[0].cols * (double)s->in[1].rows;
}

static heed_status linear_check(heed__gradcheck *check)
{
    static const int64_t sizes[][3] = {{1, 1, 1}, {5, 3, 7}, {19, 33, 18}, {0, 2, 3}};
    for (size_t i = 0; i < HEED_COUNT(sizes); i++) {
        int64_t t = sizes[i][0], k = sizes[i][1], n = sizes[i][2];
        heed__var in[3] = {heed__gradcheck_input(check, t, k), heed__gradcheck_input(check, n, k),
                           i == 1 ? HEED_NO_VAR : heed__gradcheck_input(check, 1, n)};
        HEED_TRY(heed__gradcheck_apply(check, &heed__op_linear, in, 3, NULL, 0));
    }
    return HEED_OK;
}

const heed__op heed__op_linear = {.name = "linear",
                                  .summary = "y = x w^T + b",
                                  .least_inputs = 2,
                                  .most_inputs = 3,
                                  .reads = HEED_READS(0) | HEED_READS(1),
                                  .stores = HEED_READS(0) | HEED_READS(1),
                                  .shape = linear_shape,
                                  .forward = linear_forward,
                                  .backward = linear_backward,
                                  .flops = linear_flops,
                                  .check = linear_check};
