/* SPDX-License-Identifier: MIT */
/* y = x * mask / (1 - rate). The mask is drawn again in the backward pass, never stored. */
#include "autograd/gradcheck.h"
#include "ops/draw.h"
#include "ops/ops.h"
#include "ops/rows.h"

#include <string.h>

static heed_status dropout_shape(const heed__shapes *s, heed__size *size)
{
    const heed__dropout *d = s->attributes;
    if (!(d->rate >= 0 && d->rate < 1))
        return heed__fail(HEED_E_INVALID, "dropout: rate = %g; it must be in [0, 1)",
                          (double)d->rate);
    size->rows = s->in[0].rows;
    size->cols = s->in[0].cols;
    return HEED_OK;
}

static heed__drop_row drop_of(const heed__call *call)
{
    float rate = ((const heed__dropout *)call->attributes)->rate;
    return (heed__drop_row){.below = (uint32_t)((double)rate * 0x1p32),
                            .scale = 1 / (1 - (heed_real)rate)};
}

static void mask_rows(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    const heed__dropout *d = call->attributes;
    int backward = extra != NULL;
    heed__drop_row drop = drop_of(call);
    int64_t cols = call->out.cols, sequence = 0, keyed = -1;
    for (int64_t t = begin; t < end; t++) {
        uint64_t position = (uint64_t)d->position;
        if (d->ragged) {
            while (d->ragged->offsets[sequence + 1] <= t) sequence++;
            position = (uint64_t)(t - d->ragged->offsets[sequence]);
        } else {
            sequence = t;
        }
        if (sequence != keyed) {
            int64_t id = d->ragged ? d->ragged->ids[sequence] : d->ids[sequence];
            heed__drop_key key = heed__drop_key_at(call, id);
            memcpy(drop.key, key.key, sizeof drop.key);
            drop.counter[1] = key.sequence;
            drop.counter[2] = key.node;
            keyed = sequence;
        }
        drop.counter[0] = (uint32_t)position;
        const heed_real *x = (backward ? call->out.grad : call->in[0].data) + t * cols;
        heed_real *y = (backward ? call->in[0].grad : call->out.data) + t * cols;
        call->kernels->drop(cols, &drop, x, backward && !call->in[0].fresh ? y : NULL, y);
    }
}

static heed_status dropout_forward(const heed__call *call)
{
    if (call->drops)
        heed__for_rows(call, call->out.rows, 4 * call->out.cols, mask_rows, NULL);
    else if (call->out.data != call->in[0].data)
        memcpy(call->out.data, call->in[0].data,
               (size_t)(call->out.rows * call->out.cols) * sizeof(heed_real));
    return HEED_OK;
}

static heed_status dropout_backward(const heed__call *call)
{
    int backward = 1;
    if (call->drops)
        heed__for_rows(call, call->out.rows, 4 * call->out.cols, mask_rows, &backward);
    else
        heed__pass_gradient(call, 0, call->out.rows * call->out.cols, call->out.grad,
                            call->in[0].grad);
    return HEED_OK;
}

static heed_status dropout_check(heed__gradcheck *check)
{
    static const int64_t offsets[] = {0, 2, 2, 6}, order[] = {2, 0, 1},
                         names[] = {4, 9, 2, 7, 8, 3};
    static const heed__ragged ragged = {3, 6, 4, offsets, order, names};
    for (int i = 0; i < 2; i++) {
        heed__dropout d = {0.3f, i ? &ragged : NULL, names, 5};
        heed__var x = heed__gradcheck_input(check, 6, 7);
        HEED_TRY(heed__gradcheck_apply(check, &heed__op_dropout, &x, 1, &d, sizeof d));
    }
    return HEED_OK;
}

const heed__op heed__op_dropout = {.name = "dropout",
                                   .summary = "y = x * mask / (1 - rate), the mask by counter",
                                   .least_inputs = 1,
                                   .most_inputs = 1,
                                   .reads = 0,
                                   .stores = HEED_READS(0),
                                   .output_over_input = HEED_READS(0),
                                   .grad_over_grad = HEED_READS(0),
                                   .shape = dropout_shape,
                                   .forward = dropout_forward,
                                   .backward = dropout_backward,
                                   .check = dropout_check};
