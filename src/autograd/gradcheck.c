/* SPDX-License-Identifier: MIT */
#include "autograd/gradcheck.h"

#include "base/fail.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

/* out = sum of x * weights over both inputs: turns outputs into a loss whose gradient is not all
 * ones. */
static heed_status weigh_shape(const heed__shapes *shapes, heed__size *size)
{
    (void)shapes;
    size->rows = size->cols = 1;
    return HEED_OK;
}

/* A weight for each element, between 0.5 and 1.5, without storing any. */
static heed_real weight(int64_t i)
{
    int64_t step = (i * 7919) % 101;
    return HEED_REAL(0.5) + (heed_real)step / 100;
}

static heed_status weigh_forward(const heed__call *call)
{
    heed_real total = 0;
    int64_t count = call->in[0].rows * call->in[0].cols;
    for (int64_t i = 0; i < count; i++)
        total += weight(i) * call->in[0].data[i] + weight(i + 1) * call->in[1].data[i];
    *call->out.data = total;
    return HEED_OK;
}

static heed_status weigh_backward(const heed__call *call)
{
    int64_t count = call->in[0].rows * call->in[0].cols;
    for (int64_t i = 0; i < count; i++)
        for (int k = 0; k < 2; k++)
            if (call->in[k].grad) call->in[k].grad[i] += weight(i + k) * *call->out.grad;
    return HEED_OK;
}

static const heed__op weigh = {.name = "weigh",
                               .summary = "weighted sum of all elements",
                               .least_inputs = 2,
                               .most_inputs = 2,
                               .shape = weigh_shape,
                               .forward = weigh_forward,
                               .backward = weigh_backward};

/* A value of the tape's own: its memory may be shared and its gradient is fresh, unlike a leaf's.
 */
static heed_status copy_shape(const heed__shapes *shapes, heed__size *size)
{
    size->rows = shapes->in[0].rows;
    size->cols = shapes->in[0].cols;
    return HEED_OK;
}

static heed_status copy_forward(const heed__call *call)
{
    for (int64_t i = 0; i < call->out.rows * call->out.cols; i++)
        call->out.data[i] = call->in[0].data[i];
    return HEED_OK;
}

static heed_status copy_backward(const heed__call *call)
{
    for (int64_t i = 0; i < call->out.rows * call->out.cols; i++)
        call->in[0].grad[i] += call->out.grad[i];
    return HEED_OK;
}

static const heed__op copy = {.name = "copy",
                              .summary = "y = x",
                              .least_inputs = 1,
                              .most_inputs = 1,
                              .shape = copy_shape,
                              .forward = copy_forward,
                              .backward = copy_backward};

/* The operation on copies of its inputs, the same one where an input is the same. */
static heed__var apply_to_copies(heed__tape *tape, const heed__op *op, const heed__var *inputs,
                                 int count, const void *attributes, size_t attribute_size)
{
    heed__var copies[HEED_OP_INPUTS];
    for (int i = 0; i < count && i < HEED_OP_INPUTS; i++) {
        copies[i] = HEED_NO_VAR;
        for (int j = 0; j < i; j++)
            if (inputs[j] == inputs[i]) copies[i] = copies[j];
        if (inputs[i] != HEED_NO_VAR && copies[i] == HEED_NO_VAR)
            copies[i] = heed__tape_apply(tape, &copy, &inputs[i], 1, NULL, 0);
    }
    return heed__tape_apply(tape, op, copies, count, attributes, attribute_size);
}

heed_status heed__gradcheck_create(heed_context *context, heed__gradcheck *check)
{
    memset(check, 0, sizeof *check);
    heed__random_start(&check->random, 20261121, HEED_RANDOM_CHECK);
    HEED_TRY(heed__tape_create(context, &check->tape));
    heed__tape_start(check->tape, HEED_TAPE_TRAIN, (heed__draw){.seed = 5, .step = 3});
    return HEED_OK;
}

static void drop_leaves(heed__gradcheck *check)
{
    for (int i = 0; i < check->leaf_count; i++) {
        heed__free(check->leaves[i].data);
        heed__free(check->leaves[i].grad);
    }
    check->leaf_count = 0;
}

void heed__gradcheck_clear(heed__gradcheck *check)
{
    drop_leaves(check);
    heed__tape_destroy(&check->tape);
}

heed__var heed__gradcheck_input(heed__gradcheck *check, int64_t rows, int64_t cols)
{
    if (check->leaf_count == HEED_CHECK_LEAVES) {
        heed__tape_fail(check->tape, heed__fail(HEED_E_INVALID, "a check has at most %d leaves",
                                                HEED_CHECK_LEAVES));
        return HEED_NO_VAR;
    }
    heed__gradcheck_leaf *leaf = &check->leaves[check->leaf_count++];
    *leaf = (heed__gradcheck_leaf){.count = rows * cols};
    size_t count = (size_t)leaf->count;
    heed_status status = heed__alloc(count, sizeof(heed_real), "a check", &leaf->data);
    if (status == HEED_OK) status = heed__alloc(count, sizeof(heed_real), "a check", &leaf->grad);
    if (status != HEED_OK) {
        heed__tape_fail(check->tape, status);
        return HEED_NO_VAR;
    }
    for (size_t i = 0; i < count; i++)
        leaf->data[i] = 2 * (heed_real)heed__random_uniform(&check->random) - 1;
    leaf->var = heed__tape_leaf(check->tape, rows, cols, leaf->data, leaf->grad);
    return leaf->var;
}

static heed_status loss_at(heed__gradcheck *check, heed__var loss, heed_real *out)
{
    HEED_TRY(heed__tape_run(check->tape, loss));
    *out = *heed__tape_value(check->tape, loss);
    return HEED_OK;
}

/* gradient: a copy, since each run adds to the leaf's own. */
static heed_status check_leaf(heed__gradcheck *check, heed__var loss, heed__gradcheck_leaf *leaf,
                              const heed_real *gradient)
{
    const heed_real h = HEED_REAL(1e-5);
    for (int64_t i = 0; i < leaf->count; i++) {
        heed_real at = leaf->data[i], above, below;
        leaf->data[i] = at + h;
        HEED_TRY(loss_at(check, loss, &above));
        leaf->data[i] = at - h;
        HEED_TRY(loss_at(check, loss, &below));
        leaf->data[i] = at;
        heed_real quotient = (above - below) / (2 * h);
        heed_real error = quotient - gradient[i];
        if (error < 0) error = -error;
        error /= 1 + (quotient < 0 ? -quotient : quotient);
        if (!(error <= check->worst)) check->worst = error; /* NaN counts as worst */
    }
    return HEED_OK;
}

static heed_status check_all(heed__gradcheck *check, heed__var loss)
{
    heed_real unused;
    HEED_TRY(loss_at(check, loss, &unused));
    for (int i = 0; i < check->leaf_count; i++) {
        heed__gradcheck_leaf *leaf = &check->leaves[i];
        heed_real *gradient = NULL;
        HEED_TRY(heed__alloc((size_t)leaf->count, sizeof(heed_real), "a check", &gradient));
        memcpy(gradient, leaf->grad, (size_t)leaf->count * sizeof(heed_real));
        heed_status status = check_leaf(check, loss, leaf, gradient);
        heed__free(gradient);
        /* The runs above have added to every leaf: take one gradient anew for the next. */
        for (int j = 0; j < check->leaf_count; j++)
            memset(check->leaves[j].grad, 0, (size_t)check->leaves[j].count * sizeof(heed_real));
        HEED_TRY(status);
        HEED_TRY(loss_at(check, loss, &unused));
    }
    return HEED_OK;
}

heed_status heed__gradcheck_apply(heed__gradcheck *check, const heed__op *op,
                                  const heed__var *inputs, int count, const void *attributes,
                                  size_t attribute_size)
{
    heed__var out[2] = {
        heed__tape_apply(check->tape, op, inputs, count, attributes, attribute_size),
        apply_to_copies(check->tape, op, inputs, count, attributes, attribute_size)};
    heed__var loss = heed__tape_apply(check->tape, &weigh, out, 2, NULL, 0);
    heed__tape_keep(check->tape, loss);
    heed_status status = check_all(check, loss);
    drop_leaves(check);
    heed__tape_start(check->tape, HEED_TAPE_TRAIN, (heed__draw){.seed = 5, .step = 3});
    check->instances++;
    return status;
}
