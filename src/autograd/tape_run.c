/* SPDX-License-Identifier: MIT */
/* Forward, then backward. */
#include "autograd/tape_inside.h"

#include "base/fail.h"
#include "base/memory.h"

#include <string.h>

static void fill_call(heed__tape *tape, heed__var at, heed__call *call)
{
    heed__node *n = &tape->nodes[at];
    *call = (heed__call){.context = tape->context,
                         .kernels = heed__kernels_best(),
                         .attributes = n->attributes,
                         .inputs = n->inputs,
                         .saved = n->saved ? heed__tape_buffer(tape, at, SAVED) : NULL,
                         .drops = (tape->mode & HEED_TAPE_DROP) != 0,
                         .node = n->number,
                         .draw = tape->draw};
    for (int i = 0; i < n->inputs; i++) {
        heed__var in = n->input[i];
        call->in[i] = (heed__matrix){tape->nodes[in].rows, tape->nodes[in].cols,
                                     heed__tape_value_of(tape, in), heed__tape_grad_of(tape, in)};
    }
    call->out = (heed__matrix){n->rows, n->cols, heed__tape_value_of(tape, at),
                               heed__tape_grad_of(tape, at)};
}

static heed_status run_forward(heed__tape *tape)
{
    heed__call call;
    for (heed__var i = 0; i < (heed__var)tape->count; i++) {
        heed__node *n = &tape->nodes[i];
        if (!n->op) continue;
        fill_call(tape, i, &call);
        call.workspace = heed__tape_buffer(tape, i, FORWARD_SCRATCH);
        heed_status status = n->op->forward(&call);
        if (status != HEED_OK) return heed__fail_prefix(status, "%s (node %d): ", n->op->name, i);
    }
    return HEED_OK;
}

/* Gradients about to be added to for the first time start from zero. */
static void zero_new_grads(heed__tape *tape, heed__var at)
{
    int32_t now = 2 * (int32_t)tape->count - 1 - at;
    heed__node *n = &tape->nodes[at];
    for (int i = 0; i < n->inputs; i++) {
        heed__var in = n->input[i];
        heed__node *source = &tape->nodes[in];
        if (!source->op || !source->wants_grad) continue;
        size_t bytes = heed__node_bytes(source, GRAD); /* 0: no rows, and no buffer */
        if (bytes && tape->buffers[(size_t)in * KINDS + GRAD].first == now)
            memset(heed__tape_grad_of(tape, in), 0, bytes);
    }
}

static heed_status run_backward(heed__tape *tape, heed__var loss)
{
    heed__call call;
    *heed__tape_grad_of(tape, loss) = 1;
    for (heed__var i = loss; i >= 0; i--) {
        heed__node *n = &tape->nodes[i];
        if (!n->op || !n->wants_grad) continue;
        zero_new_grads(tape, i);
        fill_call(tape, i, &call);
        call.workspace = heed__tape_buffer(tape, i, BACKWARD_SCRATCH);
        heed_status status = n->op->backward(&call);
        if (status != HEED_OK)
            return heed__fail_prefix(status, "backward of %s (node %d): ", n->op->name, i);
    }
    return HEED_OK;
}

heed_status heed__tape_run(heed__tape *tape, heed__var loss)
{
    HEED_TRY(heed__tape_plan(tape, loss));
    HEED_TRY(run_forward(tape));
    if (loss == HEED_NO_VAR || !tape->nodes[loss].wants_grad) return HEED_OK;
    return run_backward(tape, loss);
}
