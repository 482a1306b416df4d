/* SPDX-License-Identifier: MIT */
/* The log-probabilities of the pointer-generator as a value, for what reads them: no gradient. */
#include "base/fail.h"
#include "ops/pointer.h"
#include "ops/rows.h"

static heed_status scores_shape(const heed__shapes *s, heed__size *size)
{
    const heed__pointer *p = s->attributes;
    HEED_TRY(heed__want_shape(s, "pointer_scores", 0, "the logits", p->look.pairs->n, -1));
    HEED_TRY(heed__want_shape(s, "pointer_scores", 1, "the gate", s->in[0].rows, 1));
    HEED_TRY(heed__want_shape(s, "pointer_scores", 2, "the weights", p->look.pairs->rows, 1));
    size->rows = s->in[0].rows;
    size->cols = s->in[0].cols + p->added;
    return HEED_OK;
}

static heed_status scores_forward(const heed__call *call)
{
    int64_t classes = call->in[0].cols;
    heed__pointer_log_probs(call->context, call->attributes, classes, call->in[0].data,
                            call->in[1].data, call->in[2].data, call->out.cols, call->out.data);
    return HEED_OK;
}

static heed_status scores_backward(const heed__call *call)
{
    (void)call;
    return heed__fail(HEED_E_UNSUPPORTED, "pointer_scores has no gradient; train by pointer_loss");
}

const heed__op heed__op_pointer_scores = {
    .name = "pointer_scores",
    .summary = "log-probabilities of generating or copying (decoding)",
    .least_inputs = 3,
    .most_inputs = 3,
    .reads = 0,
    .shape = scores_shape,
    .forward = scores_forward,
    .backward = scores_backward};
