/* SPDX-License-Identifier: MIT */
/*
 * Softmax cross-entropy. With label smoothing e over K classes the target is (1-e) one-hot + e/K:
 *   loss_i = lse(z) - (1-e) z_label - e mean(z),   dz = softmax(z) - target
 * The mean over labelled rows is weighted by weights[label]. Saved: the softmax.
 */
#include "autograd/gradcheck.h"
#include "ops/ops.h"
#include "ops/rows.h"

#include <string.h>

static heed_status cross_entropy_shape(const heed__shapes *s, heed__size *size)
{
    const heed__class_loss *loss = s->attributes;
    if (!(loss->smoothing >= 0 && loss->smoothing < 1))
        return heed__fail(HEED_E_INVALID, "cross_entropy: smoothing = %g; it must be in [0, 1)",
                          (double)loss->smoothing);
    size->rows = size->cols = 1;
    size->saved = s->in[0].rows * s->in[0].cols;
    size->forward_workspace = s->in[0].rows * s->in[0].cols;
    return HEED_OK;
}

static heed_real row_weight(const heed__class_loss *loss, int64_t i)
{
    int32_t label = loss->labels[i];
    if (label < 0) return 0;
    return loss->weights ? (heed_real)loss->weights[label] : 1;
}

static heed_real total_weight(const heed__class_loss *loss, int64_t rows)
{
    heed_real total = 0;
    for (int64_t i = 0; i < rows; i++) total += row_weight(loss, i);
    return total;
}

/* Turns z into softmax(z) in p and returns the row's loss. */
static heed_real row_loss(const heed__call *call, const heed__class_loss *loss, int64_t i,
                          heed_real *p)
{
    const heed__kernels *kernels = call->kernels;
    int64_t classes = call->in[0].cols;
    const heed_real *z = call->in[0].data + i * classes;
    heed_real most = kernels->max(classes, z);
    heed_real sum = kernels->exp_sum(classes, z, most, p), log_sum = 0;
    kernels->log(1, &sum, &log_sum);
    kernels->scale(classes, 1 / sum, p, p);
    heed_real e = (heed_real)loss->smoothing;
    heed_real target = (1 - e) * z[loss->labels[i]];
    if (e > 0) target += e * (kernels->sum(classes, z) / (heed_real)classes);
    return most + log_sum - target;
}

static heed_status cross_entropy_forward(const heed__call *call)
{
    const heed__class_loss *loss = call->attributes;
    int64_t rows = call->in[0].rows, classes = call->in[0].cols;
    heed_real *p = call->saved ? call->saved : call->workspace;
    heed_real total = 0, weight = total_weight(loss, rows);
    for (int64_t i = 0; i < rows; i++)
        if (loss->labels[i] >= 0)
            total += row_weight(loss, i) * row_loss(call, loss, i, p + i * classes);
    *call->out.data = weight > 0 ? total / weight : 0;
    return HEED_OK;
}

static heed_status cross_entropy_backward(const heed__call *call)
{
    const heed__class_loss *loss = call->attributes;
    int64_t rows = call->in[0].rows, classes = call->in[0].cols;
    heed_real weight = total_weight(loss, rows);
    heed_real e = (heed_real)loss->smoothing, rest = e / (heed_real)classes;
    for (int64_t i = 0; i < rows; i++) {
        int32_t label = loss->labels[i];
        if (label < 0 || !(weight > 0)) continue;
        heed_real scale = *call->out.grad * row_weight(loss, i) / weight;
        heed_real *dz = call->in[0].grad + i * classes;
        call->kernels->axpy(classes, scale, call->saved + i * classes, dz);
        for (int64_t j = 0; e > 0 && j < classes; j++) dz[j] -= scale * rest;
        dz[label] -= scale * (1 - e);
    }
    return HEED_OK;
}

static heed_status cross_entropy_check(heed__gradcheck *check)
{
    static const int32_t labels[] = {1, -1, 2, 0, 2};
    static const float weights[] = {1, 2, 0.5f};
    for (int i = 0; i < 3; i++) {
        heed__class_loss loss = {labels, i == 1 ? weights : NULL, i == 2 ? 0.2f : 0};
        heed__var z = heed__gradcheck_input(check, 5, 3);
        HEED_TRY(heed__gradcheck_apply(check, &heed__op_cross_entropy, &z, 1, &loss, sizeof loss));
    }
    return HEED_OK;
}

const heed__op heed__op_cross_entropy = {.name = "cross_entropy",
                                         .summary = "softmax cross-entropy, mean over rows",
                                         .least_inputs = 1,
                                         .most_inputs = 1,
                                         .reads = 0,
                                         .shape = cross_entropy_shape,
                                         .forward = cross_entropy_forward,
                                         .backward = cross_entropy_backward,
                                         .check = cross_entropy_check};
