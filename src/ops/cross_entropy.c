/* SPDX-License-Identifier: MIT */
/*
 * Softmax cross-entropy (ops/class_loss.h). Saved: the greatest logit of a row and 1 / its sum; the
 * softmax itself is made again a row at a time.
 */
#include "autograd/gradcheck.h"
#include "ops/class_loss.h"
#include "ops/rows.h"
#include "ops/softmax_rows.h"

#include <string.h>

static heed_status cross_entropy_shape(const heed__shapes *s, heed__size *size)
{
    HEED_TRY(heed__class_loss_check(s->attributes, "cross_entropy"));
    size->rows = size->cols = 1;
    int64_t scratch = heed_context_threads(s->context) * s->in[0].cols;
    size->saved = 2 * s->in[0].rows;
    size->forward_workspace = 2 * s->in[0].rows + scratch;
    size->backward_workspace = scratch;
    return HEED_OK;
}

/* What the row tasks share. */
typedef struct rows {
    const heed__class_loss *loss;
    heed__row_softmax *kept; /* [rows] or NULL */
    heed_real *losses;       /* [rows] */
    heed_real *right;        /* [rows] 1 where the label has the greatest logit */
    heed_real *scratch;      /* [threads, classes] */
    heed_real weight;        /* of all rows */
} rows;

static void lose_rows(const heed__call *call, int64_t begin, int64_t end, int thread, void *extra)
{
    const rows *r = extra;
    int64_t classes = call->in[0].cols;
    heed_real *scratch = r->scratch + thread * classes, lse;
    for (int64_t i = begin; i < end; i++) {
        int32_t label = r->loss->labels[i];
        r->losses[i] = r->right[i] = 0;
        if (label < 0) continue;
        const heed_real *z = call->in[0].data + i * classes;
        heed__row_softmax of = heed__row_softmax_of(call->kernels, classes, z, scratch, &lse);
        if (r->kept) r->kept[i] = of;
        heed_real target = heed__class_loss_target(call->kernels, r->loss, classes, z, i);
        r->losses[i] = heed__class_loss_weight(r->loss, i) * (lse - target);
        r->right[i] = z[label] >= of.most ? 1 : 0;
    }
}

static heed_status cross_entropy_forward(const heed__call *call)
{
    int64_t count = call->in[0].rows;
    rows r = {.loss = call->attributes, .kept = (heed__row_softmax *)(void *)call->saved};
    r.losses = call->workspace;
    r.right = r.losses + count;
    r.scratch = r.right + count;
    heed__for_scratch_rows(call, count, 4 * call->in[0].cols, lose_rows, &r);
    heed__class_loss_finish(call, count, r.losses, r.right);
    return HEED_OK;
}

static void slope_rows(const heed__call *call, int64_t begin, int64_t end, int thread, void *extra)
{
    const rows *r = extra;
    int64_t classes = call->in[0].cols;
    heed_real e = (heed_real)r->loss->smoothing, rest = e / (heed_real)classes;
    for (int64_t i = begin; i < end; i++) {
        int32_t label = r->loss->labels[i];
        const heed_real *z = call->in[0].data + i * classes;
        heed_real *dz = call->in[0].grad + i * classes;
        if (call->in[0].fresh && (label < 0 || !(r->weight > 0)))
            memset(dz, 0, (size_t)classes * sizeof *dz);
        if (label < 0 || !(r->weight > 0)) continue;
        heed_real scale = *call->out.grad * heed__class_loss_weight(r->loss, i) / r->weight;
        if (call->in[0].fresh)
            heed__row_softmax_set(call->kernels, classes, z, r->kept[i], scale, dz);
        else
            heed__row_softmax_add(call->kernels, classes, z, r->kept[i], scale,
                                  r->scratch + thread * classes, dz);
        for (int64_t j = 0; e > 0 && j < classes; j++) dz[j] -= scale * rest;
        dz[label] -= scale * (1 - e);
    }
}

static heed_status cross_entropy_backward(const heed__call *call)
{
    rows r = {.loss = call->attributes, .kept = (heed__row_softmax *)(void *)call->saved};
    r.scratch = call->workspace;
    r.weight = heed__class_loss_total(r.loss, call->in[0].rows);
    heed__for_scratch_rows(call, call->in[0].rows, 4 * call->in[0].cols, slope_rows, &r);
    return HEED_OK;
}

static heed_status cross_entropy_check(heed__gradcheck *check)
{
    static const int32_t labels[] = {1, -1, 2, 0, 2};
    static const float weights[] = {1, 2, 0.5f};
    for (int i = 0; i < 3; i++) {
        heed__class_loss loss = {labels, i == 1 ? weights : NULL, i == 2 ? 0.2f : 0, NULL, NULL};
        heed__var z = heed__gradcheck_input(check, 5, 3);
        HEED_TRY(heed__gradcheck_apply(check, &heed__op_cross_entropy, &z, 1, &loss, sizeof loss));
    }
    return HEED_OK;
}

const heed__op heed__op_cross_entropy = {.name = "cross_entropy",
                                         .summary = "softmax cross-entropy, mean over rows",
                                         .least_inputs = 1,
                                         .most_inputs = 1,
                                         .reads = HEED_READS(0),
                                         .stores = HEED_READS(0),
                                         .grad_over_value = HEED_READS(0),
                                         .shape = cross_entropy_shape,
                                         .forward = cross_entropy_forward,
                                         .backward = cross_entropy_backward,
                                         .check = cross_entropy_check};
