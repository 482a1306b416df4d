/* SPDX-License-Identifier: MIT */
/* y = x + table[position]: learned positions, or a constant (sinusoidal) table. */
#include "autograd/gradcheck.h"
#include "ops/ops.h"
#include "ops/rows.h"

#include <string.h>

static heed_status position_shape(const heed__shapes *s, heed__size *size)
{
    HEED_TRY(heed__want_shape(s, "position", 1, "table", -1, s->in[0].cols));
    if (s->in[1].rows < 1) return heed__fail(HEED_E_INVALID, "position: the table has no rows");
    size->rows = s->in[0].rows;
    size->cols = s->in[0].cols;
    return HEED_OK;
}

static int64_t table_row(const heed__call *call, int64_t position)
{
    int64_t last = call->in[1].rows - 1;
    return position < last ? position : last;
}

static void add_positions(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    const heed__ragged *ragged = ((const heed__add_position *)call->attributes)->ragged;
    int64_t cols = call->out.cols, sequence = 0;
    (void)extra;
    for (int64_t t = begin; t < end; t++) {
        while (ragged->offsets[sequence + 1] <= t) sequence++;
        int64_t row = table_row(call, t - ragged->offsets[sequence]);
        heed_real *y = call->out.data + t * cols;
        const heed_real *x = call->in[0].data + t * cols;
        if (x != y) memcpy(y, x, (size_t)cols * sizeof *y);
        call->kernels->add(cols, call->in[1].data + row * cols, y);
    }
}

static heed_status position_forward(const heed__call *call)
{
    heed__for_rows(call, call->out.rows, call->out.cols, add_positions, NULL);
    return HEED_OK;
}

static heed_status position_backward(const heed__call *call)
{
    const heed__ragged *ragged = ((const heed__add_position *)call->attributes)->ragged;
    int64_t cols = call->out.cols;
    if (call->in[0].grad)
        heed__pass_gradient(call, 0, call->out.rows * cols, call->out.grad, call->in[0].grad);
    if (!call->in[1].grad) return HEED_OK;
    for (int64_t s = 0; s < ragged->n; s++)
        for (int64_t t = ragged->offsets[s]; t < ragged->offsets[s + 1]; t++)
            call->kernels->add(cols, call->out.grad + t * cols,
                               call->in[1].grad + table_row(call, t - ragged->offsets[s]) * cols);
    return HEED_OK;
}

static heed_status position_check(heed__gradcheck *check)
{
    static const int64_t offsets[] = {0, 2, 2, 6}, order[] = {2, 0, 1}, names[] = {4, 9, 2};
    static const heed__ragged ragged = {3, 6, 4, offsets, order, names};
    heed__add_position p = {&ragged};
    heed__var in[2] = {heed__gradcheck_input(check, 6, 3), heed__gradcheck_input(check, 3, 3)};
    return heed__gradcheck_apply(check, &heed__op_position, in, 2, &p, sizeof p);
}

const heed__op heed__op_position = {.name = "position",
                                    .summary = "y = x + table[position in its sequence]",
                                    .least_inputs = 2,
                                    .most_inputs = 2,
                                    .reads = 0,
                                    .stores = HEED_READS(0),
                                    .output_over_input = HEED_READS(0),
                                    .grad_over_grad = HEED_READS(0),
                                    .shape = position_shape,
                                    .forward = position_forward,
                                    .backward = position_backward,
                                    .check = position_check};
