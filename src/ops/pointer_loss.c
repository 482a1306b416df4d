/* SPDX-License-Identifier: MIT */
/*
 * The pointer-generator's loss (ops/pointer.h). With r the share of p(label) that is generated,
 * c the label's copied sum, s the softmax and e the smoothing, a row's gradients are
 *   dz = ((1-e) r + e) s - (1-e) r onehot - e/V,  dgate = (1-e) (g - r),
 *   da_j = -(1-e) (1-r) / c where word j is the label
 * Kept a row: the softmax's two numbers, r, g and (1-r) / c.
 */
#include "autograd/gradcheck.h"
#include "ops/look.h"
#include "ops/ops.h"
#include "ops/pointer_mix.h"
#include "ops/rows.h"
#include "ops/softmax_rows.h"

#include <math.h>
#include <string.h>

typedef struct kept_row {
    heed__row_softmax softmax;
    heed_real generated; /* r */
    heed_real gate;      /* g */
    heed_real slope;     /* (1-r) / c, or 0 */
} kept_row;

enum { KEPT = sizeof(kept_row) / sizeof(heed_real) };

static heed_status pointer_shape(const heed__shapes *s, heed__size *size)
{
    const heed__pointer *p = s->attributes;
    int64_t n = s->in[0].rows, scratch = heed_context_threads(s->context) * s->in[0].cols;
    if (!(p->smoothing >= 0 && p->smoothing < 1))
        return heed__fail(HEED_E_INVALID, "pointer_loss: smoothing = %g; it must be in [0, 1)",
                          (double)p->smoothing);
    HEED_TRY(heed__want_shape(s, "pointer_loss", 0, "the logits", p->look.pairs->n, -1));
    HEED_TRY(heed__want_shape(s, "pointer_loss", 1, "the gate", n, 1));
    HEED_TRY(heed__want_shape(s, "pointer_loss", 2, "the weights", p->look.pairs->rows, 1));
    size->rows = size->cols = 1;
    size->saved = n * KEPT;
    size->forward_workspace = n + scratch;
    size->backward_workspace = scratch;
    return HEED_OK;
}

typedef struct rows {
    const heed__pointer *pointer;
    kept_row *kept;     /* [n] or NULL */
    heed_real *losses;  /* [n] */
    heed_real *scratch; /* [threads, V] */
    int64_t labelled;
} rows;

/* log p(label) of row i, whose logits have this log-sum-exp. */
static heed_real log_of_label(const heed__call *call, const rows *r, int64_t i, heed_real lse,
                              kept_row *keep)
{
    const heed__kernels *k = call->kernels;
    int64_t classes = call->in[0].cols;
    int32_t label = r->pointer->labels[i];
    heed_real gate = call->in[1].data[i], generate, copy, made = -INFINITY, copied = -INFINITY;
    heed__gate_logs(k, gate, &generate, &copy);
    if (label < classes) made = generate + (call->in[0].data[i * classes + label] - lse);
    heed_real sum = heed__copied(r->pointer, i, call->in[2].data, label, 0);
    int counts = sum >= HEED_LEAST_COPY;
    if (counts || label >= classes) copied = copy + heed__log_of(k, counts ? sum : HEED_LEAST_COPY);
    heed_real log_p = heed__log_add(k, made, copied), shares[2] = {made - log_p, copied - log_p};
    k->exp(2, shares, shares);
    keep->generated = shares[0];
    k->sigmoid(1, &gate, &keep->gate);
    keep->slope = counts ? shares[1] / sum : 0;
    return log_p;
}

static void lose_rows(const heed__call *call, int64_t begin, int64_t end, int thread, void *extra)
{
    const rows *r = extra;
    int64_t classes = call->in[0].cols;
    heed_real e = (heed_real)r->pointer->smoothing, lse;
    for (int64_t i = begin; i < end; i++) {
        kept_row keep;
        r->losses[i] = 0;
        if (r->pointer->labels[i] < 0) continue;
        const heed_real *z = call->in[0].data + i * classes;
        keep.softmax =
            heed__row_softmax_of(call->kernels, classes, z, r->scratch + thread * classes, &lse);
        r->losses[i] = -(1 - e) * log_of_label(call, r, i, lse, &keep);
        if (e > 0) r->losses[i] += e * (lse - call->kernels->sum(classes, z) / (heed_real)classes);
        if (r->kept) r->kept[i] = keep;
    }
}

static int64_t count_labelled(const heed__pointer *pointer)
{
    int64_t count = 0;
    for (int64_t i = 0; i < pointer->look.pairs->n; i++) count += pointer->labels[i] >= 0;
    return count;
}

static heed_status pointer_forward(const heed__call *call)
{
    int64_t n = call->in[0].rows;
    rows r = {.pointer = call->attributes, .kept = (kept_row *)(void *)call->saved};
    r.losses = call->workspace;
    r.scratch = call->workspace + n;
    r.labelled = count_labelled(r.pointer);
    heed__for_scratch_rows(call, n, 4 * call->in[0].cols, lose_rows, &r);
    heed_real total = 0;
    for (int64_t i = 0; i < n; i++) total += r.losses[i];
    *call->out.data = r.labelled ? total / (heed_real)r.labelled : 0;
    return HEED_OK;
}

/* The gradient of a row's weights. */
static void copy_back(const heed__call *call, const rows *r, int64_t i, heed_real slope)
{
    const heed__look *look = &r->pointer->look;
    const int32_t *words = r->pointer->words + look->starts[i];
    heed_real *da = call->in[2].grad + look->pairs->offsets[i];
    for (int64_t j = 0; j < heed__ragged_length(look->pairs, i); j++)
        if (words[j] == r->pointer->labels[i]) da[j] -= slope;
}

/* The gradient of a row's logits, but for the label's own part. */
static void softmax_back(const heed__call *call, const rows *r, int64_t i, heed_real slope,
                         heed_real rest, heed_real *scratch)
{
    int64_t classes = call->in[0].cols;
    const heed_real *z = call->in[0].data + i * classes;
    heed_real *dz = call->in[0].grad + i * classes;
    if (call->in[0].fresh)
        heed__row_softmax_set(call->kernels, classes, z, r->kept[i].softmax, slope, dz);
    else
        heed__row_softmax_add(call->kernels, classes, z, r->kept[i].softmax, slope, scratch, dz);
    for (int64_t j = 0; rest != 0 && j < classes; j++) dz[j] -= rest;
}

static void slope_rows(const heed__call *call, int64_t begin, int64_t end, int thread, void *extra)
{
    const rows *r = extra;
    int64_t classes = call->in[0].cols;
    heed_real e = (heed_real)r->pointer->smoothing, *scratch = r->scratch + thread * classes;
    for (int64_t i = begin; i < end; i++) {
        int32_t label = r->pointer->labels[i];
        const kept_row *keep = &r->kept[i];
        heed_real *dz = call->in[0].grad ? call->in[0].grad + i * classes : NULL;
        if (label < 0) {
            if (dz && call->in[0].fresh) memset(dz, 0, (size_t)classes * sizeof *dz);
            continue;
        }
        heed_real scale = *call->out.grad / (heed_real)r->labelled;
        heed_real share = (1 - e) * keep->generated;
        if (dz)
            softmax_back(call, r, i, scale * (share + e), scale * e / (heed_real)classes, scratch);
        if (dz && label < classes) dz[label] -= scale * share;
        if (call->in[1].grad)
            call->in[1].grad[i] += scale * (1 - e) * (keep->gate - keep->generated);
        if (call->in[2].grad) copy_back(call, r, i, scale * (1 - e) * keep->slope);
    }
}

static heed_status pointer_backward(const heed__call *call)
{
    rows r = {.pointer = call->attributes, .kept = (kept_row *)(void *)call->saved};
    r.scratch = call->workspace;
    r.labelled = count_labelled(r.pointer);
    heed__for_scratch_rows(call, call->in[0].rows, 4 * call->in[0].cols, slope_rows, &r);
    return HEED_OK;
}

/* Weights are positive, as of a softmax: the check records one. */
static heed_status check_one(heed__gradcheck *check, const int32_t *labels, float smoothing)
{
    static const int32_t words[HEED_CHECK_MEMORY] = {7, 2, 5, 2, 5, 2, -1};
    heed__pointer p = {*heed__look_example(), words, labels, smoothing, 0};
    heed__segment segment = {p.look.pairs};
    heed__var in[3] = {heed__gradcheck_input(check, HEED_CHECK_QUERIES, 6),
                       heed__gradcheck_input(check, HEED_CHECK_QUERIES, 1), HEED_NO_VAR};
    heed__var scores = heed__gradcheck_input(check, HEED_CHECK_PAIRS, 1);
    in[2] = heed__tape_apply(check->tape, &heed__op_softmax, &scores, 1, &segment, sizeof segment);
    return heed__gradcheck_apply(check, &heed__op_pointer_loss, in, 3, &p, sizeof p);
}

static heed_status pointer_check(heed__gradcheck *check)
{
    /* Copied twice or once, only copied, generated only; a word nobody gives; none at all. */
    static const int32_t labels[] = {5, 7, 0, 3, -1}, unlikely[] = {2, 9, -1, -1, 2};
    static const int32_t none[] = {-1, -1, -1, -1, -1};
    HEED_TRY(check_one(check, labels, 0));
    HEED_TRY(check_one(check, labels, 0.2f));
    HEED_TRY(check_one(check, unlikely, 0.1f));
    return check_one(check, none, 0);
}

const heed__op heed__op_pointer_loss = {.name = "pointer_loss",
                                        .summary = "generating or copying a word, mean over rows",
                                        .least_inputs = 3,
                                        .most_inputs = 3,
                                        .reads = HEED_READS(0),
                                        .stores = HEED_READS(0),
                                        .grad_over_value = HEED_READS(0),
                                        .shape = pointer_shape,
                                        .forward = pointer_forward,
                                        .backward = pointer_backward,
                                        .check = pointer_check};
