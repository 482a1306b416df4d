/* SPDX-License-Identifier: MIT */
/*
 * y = x * mask / (1 - rate), or base + that in one pass. The mask is drawn again in the backward
 * pass, never stored.
 */
#include "autograd/gradcheck.h"
#include "ops/draw.h"
#include "ops/ops.h"
#include "ops/rows.h"

#include <string.h>

static heed_status dropout_shape(const heed__shapes *s, heed__size *size)
{
    const heed__dropout *d = s->attributes;
    if (s->inputs > 1)
        HEED_TRY(heed__want_shape(s, "drop_add", 1, "x", s->in[0].rows, s->in[0].cols));
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

/* Which input is dropped: base comes before it. */
static int dropped(const heed__call *call)
{
    return call->inputs - 1;
}

/* The numbers of row t, whose sequence is *sequence (before the first row 0) and is found from
 * there. */
static void key_row(const heed__call *call, int64_t t, int64_t *sequence, int64_t *keyed,
                    heed__drop_row *drop)
{
    const heed__dropout *d = call->attributes;
    uint64_t position = (uint64_t)d->position;
    if (d->ragged) {
        while (d->ragged->offsets[*sequence + 1] <= t) ++*sequence;
        position = (uint64_t)(t - d->ragged->offsets[*sequence]);
    } else {
        *sequence = t;
    }
    if (*sequence != *keyed) {
        int64_t id = d->ragged ? d->ragged->ids[*sequence] : d->ids[*sequence];
        heed__drop_key key = heed__drop_key_at(call, id);
        memcpy(drop->key, key.key, sizeof drop->key);
        drop->counter[1] = key.sequence;
        drop->counter[2] = key.node;
        *keyed = *sequence;
    }
    drop->counter[0] = (uint32_t)position;
}

static void drop_rows(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    int64_t cols = call->out.cols, sequence = 0, keyed = -1;
    const heed__matrix *x = &call->in[dropped(call)];
    heed__drop_row drop = drop_of(call);
    (void)extra;
    for (int64_t t = begin; t < end; t++) {
        const heed_real *base = dropped(call) ? call->in[0].data + t * cols : NULL;
        key_row(call, t, &sequence, &keyed, &drop);
        call->kernels->drop(cols, &drop, x->data + t * cols, base, call->out.data + t * cols);
    }
}

/* The base's gradient first: x's may lie over the output's. */
static void drop_back(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    int64_t cols = call->out.cols, sequence = 0, keyed = -1;
    const heed__matrix *x = &call->in[dropped(call)];
    heed__drop_row drop = drop_of(call);
    (void)extra;
    for (int64_t t = begin; t < end; t++) {
        const heed_real *dy = call->out.grad + t * cols;
        if (dropped(call) && call->in[0].grad)
            heed__pass_gradient(call, 0, cols, dy, call->in[0].grad + t * cols);
        if (!x->grad) continue;
        heed_real *dx = x->grad + t * cols;
        key_row(call, t, &sequence, &keyed, &drop);
        call->kernels->drop(cols, &drop, dy, x->fresh ? NULL : dx, dx);
    }
}

/* Without dropout y = x, or base + x. */
static void sum_rows(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    int64_t at = begin * call->out.cols, count = (end - begin) * call->out.cols;
    int last = dropped(call), over = last && call->out.data == call->in[last].data;
    heed_real *y = call->out.data + at;
    const heed_real *a = call->in[over ? last : 0].data + at;
    (void)extra;
    if (y != a && count > 0) memcpy(y, a, (size_t)count * sizeof *y);
    if (last) call->kernels->add(count, call->in[over ? 0 : last].data + at, y);
}

static void sum_back(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    int64_t at = begin * call->out.cols, count = (end - begin) * call->out.cols;
    (void)extra;
    for (int i = 0; i < call->inputs; i++)
        if (call->in[i].grad)
            heed__pass_gradient(call, i, count, call->out.grad + at, call->in[i].grad + at);
}

static heed_status dropout_forward(const heed__call *call)
{
    heed__for_rows(call, call->out.rows, 4 * call->out.cols, call->drops ? drop_rows : sum_rows,
                   NULL);
    return HEED_OK;
}

static heed_status dropout_backward(const heed__call *call)
{
    heed__for_rows(call, call->out.rows, 4 * call->out.cols, call->drops ? drop_back : sum_back,
                   NULL);
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

static heed_status drop_add_check(heed__gradcheck *check)
{
    static const int64_t names[] = {4, 9, 2, 7, 8, 3};
    heed__dropout d = {0.3f, NULL, names, 5};
    heed__var in[2] = {heed__gradcheck_input(check, 6, 7), heed__gradcheck_input(check, 6, 7)};
    HEED_TRY(heed__gradcheck_apply(check, &heed__op_drop_add, in, 2, &d, sizeof d));
    heed__var twice = heed__gradcheck_input(check, 2, 2), same[2] = {twice, twice};
    return heed__gradcheck_apply(check, &heed__op_drop_add, same, 2, &d, sizeof d);
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

const heed__op heed__op_drop_add = {.name = "drop_add",
                                    .summary = "y = a + dropout of b",
                                    .least_inputs = 2,
                                    .most_inputs = 2,
                                    .reads = 0,
                                    .stores = HEED_READS(0) | HEED_READS(1),
                                    .output_over_input = HEED_READS(0) | HEED_READS(1),
                                    .grad_over_grad = HEED_READS(0) | HEED_READS(1),
                                    .shape = dropout_shape,
                                    .forward = dropout_forward,
                                    .backward = dropout_backward,
                                    .check = drop_add_check};
