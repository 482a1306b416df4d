/* SPDX-License-Identifier: MIT */
/* Forward, then backward. */
#include "autograd/tape_inside.h"

#include "base/fail.h"
#include "base/memory.h"

#include <string.h>

/* What forward and backward of a node see alike. */
static void fill_call(const heed__tape *tape, heed__var at, heed__call *call)
{
    const heed__node *n = &tape->nodes[at];
    call->attributes = n->attributes;
    call->inputs = n->inputs;
    call->saved = n->saved ? heed__tape_buffer(tape, at, SAVED) : NULL;
    call->node = n->number;
    for (int i = 0; i < n->inputs; i++) {
        heed__var in = n->input[i];
        call->in[i] = (heed__matrix){tape->nodes[in].rows,
                                     tape->nodes[in].cols,
                                     heed__tape_value_of(tape, in),
                                     heed__tape_grad_of(tape, in),
                                     0,
                                     tape->nodes[in].packed};
    }
    call->out = (heed__matrix){
        n->rows, n->cols, heed__tape_value_of(tape, at), heed__tape_grad_of(tape, at), 0, NULL};
}

/* What is the same for all nodes of a run. */
static heed__call start_call(const heed__tape *tape)
{
    return (heed__call){.context = tape->context,
                        .kernels = heed__kernels_best(),
                        .drops = (tape->mode & HEED_TAPE_DROP) != 0,
                        .draw = tape->draw};
}

static heed_status run_forward(heed__tape *tape)
{
    heed__call call = start_call(tape);
    for (heed__var i = 0; i < (heed__var)tape->count; i++) {
        heed__node *n = &tape->nodes[i];
        if (!n->op) continue;
        fill_call(tape, i, &call);
        call.workspace = heed__tape_buffer(tape, i, FORWARD_SCRATCH);
        call.room = n->forward_workspace;
        heed_status status = n->op->forward(&call);
        if (status != HEED_OK) return heed__fail_prefix(status, "%s (node %d): ", n->op->name, i);
    }
    return HEED_OK;
}

/* Gradients about to be written for the first time: fresh where the operation stores them, and
 * zeros where it adds. */
static void start_grads(const heed__tape *tape, heed__var at, heed__call *call)
{
    int32_t now = 2 * (int32_t)tape->count - 1 - at;
    const heed__node *n = &tape->nodes[at];
    for (int i = 0; i < n->inputs; i++) {
        heed__var in = n->input[i];
        const heed__node *source = &tape->nodes[in];
        int seen = 0;
        if (!source->op || !source->wants_grad) continue;
        if (tape->buffers[(size_t)in * KINDS + GRAD].first != now) continue;
        for (int j = 0; j < i; j++) seen |= n->input[j] == in;
        if (seen) continue;
        if (n->op->stores & HEED_READS(i))
            call->in[i].fresh = 1;
        else if (source->rows * source->cols > 0)
            memset(call->in[i].grad, 0, heed__node_bytes(source, GRAD));
    }
}

static heed_status run_backward(heed__tape *tape, heed__var loss)
{
    heed__call call = start_call(tape);
    *heed__tape_grad_of(tape, loss) = 1;
    for (heed__var i = loss; i >= 0; i--) {
        heed__node *n = &tape->nodes[i];
        if (!n->op || !n->wants_grad) continue;
        fill_call(tape, i, &call);
        start_grads(tape, i, &call);
        call.workspace = heed__tape_buffer(tape, i, BACKWARD_SCRATCH);
        call.room = n->backward_workspace;
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
