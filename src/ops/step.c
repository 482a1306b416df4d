/* SPDX-License-Identifier: MIT */
/*
 * One step of a recurrent cell for n rows: the same cells and the same products as the layers over
 * whole sequences, so a sequence done step by step has the same bits.
 * Backward: the cell's, then dh' += dhidden w, dw += dhidden^T h', db += sum over rows of dhidden.
 */
#include "autograd/gradcheck.h"
#include "kernels/gemm.h"
#include "ops/recurrent.h"
#include "ops/rows.h"

#include <string.h>

static heed_status step_shape(const heed__cell *cell, const heed__shapes *s, heed__size *size)
{
    int64_t n = s->in[0].rows, C = s->in[2].cols, gates = cell->gates * C;
    HEED_TRY(heed__want_shape(s, cell->step_name, 0, "x", -1, gates));
    HEED_TRY(heed__want_shape(s, cell->step_name, 1, "the state before", -1, cell->states * C));
    HEED_TRY(heed__want_shape(s, cell->step_name, 2, "w_hh", gates, C));
    if (s->inputs > 3) HEED_TRY(heed__want_shape(s, cell->step_name, 3, "b_hh", 1, gates));
    if (s->in[1].rows < n)
        return heed__fail(HEED_E_INVALID, "%s: %lld rows before for %lld rows", cell->step_name,
                          (long long)s->in[1].rows, (long long)n);
    size->rows = n;
    size->cols = cell->states * C;
    size->saved = n * cell->saved * C;
    int64_t forward = (int64_t)heed__gemm_workspace_any(s->context, n, gates, C);
    size->forward_workspace = forward + n * (gates + cell->saved * C);
    int64_t back = (int64_t)heed__gemm_workspace_any(s->context, n, C, gates);
    int64_t weight = (int64_t)heed__gemm_workspace_any(s->context, gates, C, n);
    size->backward_workspace = heed__greater(back, weight) + n * (2 * gates + cell->states * C);
    return HEED_OK;
}

/* What the row tasks share. keep, hidden, dx and after are [n, ...] in the workspace. */
typedef struct step {
    const heed__cell *cell;
    int64_t C, gates, width; /* width of a state: h, and c beside it */
    heed_real *product;      /* the products' workspace */
    heed_real *keep, *hidden, *dx, *after;
} step;

static step step_of(const heed__cell *cell, const heed__call *call, int64_t product)
{
    int64_t C = call->in[2].cols;
    step s = {.cell = cell, .C = C, .gates = cell->gates * C, .width = cell->states * C};
    s.product = call->workspace;
    s.hidden = call->workspace + product;
    return s;
}

static void step_rows(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    const step *s = extra;
    for (int64_t i = begin; i < end; i++) {
        heed_real *h = call->out.data + i * s->width;
        memcpy(h, call->in[1].data + i * s->width, (size_t)s->width * sizeof *h);
        s->cell->forward(call->kernels, s->C, call->in[0].data + i * s->gates,
                         s->hidden + i * s->gates, h, h + s->C,
                         s->keep + i * s->cell->saved * s->C);
    }
}

static void step_forward(const heed__cell *cell, const heed__call *call)
{
    int64_t n = call->out.rows, C = call->in[2].cols;
    step s = step_of(cell, call,
                     (int64_t)heed__gemm_workspace_any(call->context, n, cell->gates * C, C));
    s.keep = call->saved ? call->saved : s.hidden + n * s.gates;
    heed__gemm product = {.m = n, .n = s.gates, .k = C};
    product.precision = heed_context_precision(call->context);
    product.a = call->in[1].data, product.a_row = s.width, product.a_col = 1;
    product.b = call->in[2].data, product.b_row = 1, product.b_col = C;
    product.packed = call->in[2].packed;
    product.c = s.hidden, product.c_row = s.gates;
    product.bias = call->inputs > 3 ? call->in[3].data : NULL;
    heed__gemm_run(call->context, &product, s.product);
    heed__for_rows(call, n, 8 * s.gates, step_rows, &s);
}

static void step_rows_back(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    const step *s = extra;
    for (int64_t i = begin; i < end; i++) {
        const heed_real *before = call->in[1].data + i * s->width;
        heed_real *dh = s->after + i * s->width, *dx = s->dx + i * s->gates;
        memcpy(dh, call->out.grad + i * s->width, (size_t)s->width * sizeof *dh);
        s->cell->backward(call->kernels, s->C, s->keep + i * s->cell->saved * s->C, before,
                          before + s->C, dh, dh + s->C, dx, s->hidden + i * s->gates);
        if (call->in[0].grad)
            heed__pass_gradient(call, 0, s->gates, dx, call->in[0].grad + i * s->gates);
        if (call->in[1].grad) call->kernels->add(s->width, dh, call->in[1].grad + i * s->width);
    }
}

static void step_backward(const heed__cell *cell, const heed__call *call)
{
    int64_t n = call->out.rows, C = call->in[2].cols, gates = cell->gates * C;
    step s = step_of(cell, call,
                     heed__greater((int64_t)heed__gemm_workspace_any(call->context, n, C, gates),
                                   (int64_t)heed__gemm_workspace_any(call->context, gates, C, n)));
    heed_precision precision = heed_context_precision(call->context);
    s.keep = call->saved;
    s.dx = s.hidden + n * gates;
    s.after = s.dx + n * gates;
    heed__for_rows(call, n, 8 * gates, step_rows_back, &s);
    if (call->in[1].grad) {
        heed__gemm dh = {.m = n, .n = C, .k = gates, .accumulate = 1, .precision = precision};
        dh.a = s.hidden, dh.a_row = gates, dh.a_col = 1;
        dh.b = call->in[2].data, dh.b_row = C, dh.b_col = 1;
        dh.c = call->in[1].grad, dh.c_row = s.width;
        dh.packed = call->in[2].packed_back;
        heed__gemm_run(call->context, &dh, s.product);
    }
    if (call->in[2].grad) {
        heed__gemm dw = {.m = gates, .n = C, .k = n, .precision = precision};
        dw.accumulate = !call->in[2].fresh;
        dw.a = s.hidden, dw.a_row = 1, dw.a_col = gates;
        dw.b = call->in[1].data, dw.b_row = s.width, dw.b_col = 1;
        dw.c = call->in[2].grad, dw.c_row = C;
        heed__gemm_run(call->context, &dw, s.product);
    }
    if (call->inputs > 3 && call->in[3].grad)
        heed__column_sums(call, s.hidden, n, gates, call->in[3].grad);
}

static double step_flops(const heed__shapes *s)
{
    return 2.0 * (double)s->in[0].rows * (double)s->in[2].rows * (double)s->in[2].cols;
}

static heed_status step_check(heed__gradcheck *check, const heed__op *op, const heed__cell *cell)
{
    static const int64_t sizes[][3] = {{3, 5, 4}, {1, 1, 17}, {0, 2, 1}}; /* n, rows before, C */
    for (size_t i = 0; i < HEED_COUNT(sizes); i++) {
        int64_t n = sizes[i][0], m = sizes[i][1], C = sizes[i][2], gates = cell->gates * C;
        heed__var in[4] = {heed__gradcheck_input(check, n, gates),
                           heed__gradcheck_input(check, m, cell->states * C),
                           heed__gradcheck_input(check, gates, C),
                           cell->bias ? heed__gradcheck_input(check, 1, gates) : HEED_NO_VAR};
        HEED_TRY(heed__gradcheck_apply(check, op, in, op->most_inputs, NULL, 0));
    }
    return HEED_OK;
}

static heed_status gru_step_shape(const heed__shapes *s, heed__size *size)
{
    return step_shape(&heed__gru_cell, s, size);
}
static heed_status gru_step_forward(const heed__call *call)
{
    step_forward(&heed__gru_cell, call);
    return HEED_OK;
}
static heed_status gru_step_backward(const heed__call *call)
{
    step_backward(&heed__gru_cell, call);
    return HEED_OK;
}
static heed_status gru_step_check(heed__gradcheck *check)
{
    return step_check(check, &heed__op_gru_step, &heed__gru_cell);
}

static heed_status lstm_step_shape(const heed__shapes *s, heed__size *size)
{
    return step_shape(&heed__lstm_cell, s, size);
}
static heed_status lstm_step_forward(const heed__call *call)
{
    step_forward(&heed__lstm_cell, call);
    return HEED_OK;
}
static heed_status lstm_step_backward(const heed__call *call)
{
    step_backward(&heed__lstm_cell, call);
    return HEED_OK;
}
static heed_status lstm_step_check(heed__gradcheck *check)
{
    return step_check(check, &heed__op_lstm_step, &heed__lstm_cell);
}

const heed__op heed__op_gru_step = {.name = "gru_step",
                                    .summary = "one step of a GRU",
                                    .least_inputs = 4,
                                    .most_inputs = 4,
                                    .reads = HEED_READS(1) | HEED_READS(2),
                                    .stores = HEED_READS(0) | HEED_READS(2),
                                    .shape = gru_step_shape,
                                    .forward = gru_step_forward,
                                    .backward = gru_step_backward,
                                    .flops = step_flops,
                                    .check = gru_step_check};

const heed__op heed__op_lstm_step = {.name = "lstm_step",
                                     .summary = "one step of an LSTM",
                                     .least_inputs = 3,
                                     .most_inputs = 3,
                                     .reads = HEED_READS(1) | HEED_READS(2),
                                     .stores = HEED_READS(0) | HEED_READS(2),
                                     .shape = lstm_step_shape,
                                     .forward = lstm_step_forward,
                                     .backward = lstm_step_backward,
                                     .flops = step_flops,
                                     .check = lstm_step_check};
