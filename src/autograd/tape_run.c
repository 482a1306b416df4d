/* SPDX-License-Identifier: MIT */
/* Forward, then backward, blocks again before their backward. */
#include "autograd/tape_inside.h"

#include "base/fail.h"
#include "base/memory.h"

#include <string.h>

static heed_real *value_of(const heed__tape *tape, heed__var reader, heed__var value,
                           heed__when when)
{
    const heed__node *n = &tape->nodes[value];
    return n->op ? heed__tape_buffer(tape, value, heed__tape_kind(tape, reader, value, when))
                 : n->data;
}

static heed__matrix input_of(const heed__tape *tape, heed__var at, heed__var in, heed__when when)
{
    const heed__node *n = &tape->nodes[in];
    heed__matrix m = {.rows = n->rows, .cols = n->cols, .packed = n->packed};
    m.data = value_of(tape, at, in, when);
    m.grad = heed__tape_grad_of(tape, in);
    if (!n->laid) return m;
    const heed__laid *laid = &tape->laid[n->laid - 1];
    m.packed = tape->laid_block + laid->place[0];
    m.packed_back = tape->laid_block + laid->place[1];
    return m;
}

/* What forward and backward of a node see alike. */
static void fill_call(const heed__tape *tape, heed__var at, heed__when when, heed__call *call)
{
    const heed__node *n = &tape->nodes[at];
    int saves = n->saved && !(when == HEED_FORWARD && tape->plan[at].again);
    call->attributes = n->attributes;
    call->inputs = n->inputs;
    call->saved = saves ? heed__tape_buffer(tape, at, SAVED) : NULL;
    call->node = n->number;
    for (int i = 0; i < n->inputs; i++) call->in[i] = input_of(tape, at, n->input[i], when);
    call->out = (heed__matrix){.rows = n->rows, .cols = n->cols};
    call->out.data = value_of(tape, at, at, when);
    call->out.grad = heed__tape_grad_of(tape, at);
}

/* What is the same for all nodes of a run. */
static heed__call start_call(const heed__tape *tape)
{
    return (heed__call){.context = tape->context,
                        .kernels = heed__kernels_best(),
                        .drops = (tape->mode & HEED_TAPE_DROP) != 0,
                        .draw = tape->draw};
}

enum { PIECE = 1 << 16 /* numbers that a thread sets to zero at a time */ };

typedef struct zeros {
    heed_real *at;
    int64_t count;
} zeros;

static void zero_piece(void *arg, int64_t task, int thread)
{
    const zeros *z = arg;
    int64_t first = task * PIECE, left = z->count - first;
    (void)thread;
    memset(z->at + first, 0, (size_t)(left < PIECE ? left : PIECE) * sizeof *z->at);
}

/* Nothing has been written to the gradient of input i of node `at`, not by its earlier inputs
 * either. */
static int is_fresh(const heed__tape *tape, heed__var at, int i)
{
    const heed__node *n = &tape->nodes[at], *source = &tape->nodes[n->input[i]];
    if (!source->wants_grad) return 0;
    if (!source->op) return source->fresh && *source->fresh;
    const heed__buffer *grad = &tape->buffers[(size_t)n->input[i] * KINDS + GRAD];
    if (grad->first != tape->plan[at].back_at) return 0;
    for (int j = 0; j < i; j++)
        if (n->input[j] == n->input[i]) return 0;
    return 1;
}

/* Gradients about to be written for the first time: fresh where the operation stores them, and
 * zeros where it adds. */
static void start_grads(const heed__tape *tape, heed__var at, heed__call *call)
{
    const heed__node *n = &tape->nodes[at];
    for (int i = 0; i < n->inputs; i++) {
        const heed__node *source = &tape->nodes[n->input[i]];
        if (!is_fresh(tape, at, i)) continue;
        if (source->fresh) *source->fresh = 0;
        zeros z = {call->in[i].grad, source->rows * source->cols};
        if (n->op->stores & HEED_READS(i))
            call->in[i].fresh = 1;
        else
            heed__parallel(tape->context, (z.count + PIECE - 1) / PIECE, zero_piece, &z);
    }
}

static heed_status run_node(heed__tape *tape, heed__var at, heed__when when, heed__call *call)
{
    const heed__node *n = &tape->nodes[at];
    fill_call(tape, at, when, call);
    call->workspace =
        heed__tape_buffer(tape, at, when == HEED_AGAIN ? SCRATCH_AGAIN : FORWARD_SCRATCH);
    call->room = n->forward_workspace;
    call->at_once = tape->plan[at].at_once;
    if (call->at_once) start_grads(tape, at, call);
    heed_status status = n->op->forward(call);
    return status == HEED_OK ? HEED_OK
                             : heed__fail_prefix(status, "%s (node %d): ", n->op->name, at);
}

/* The block that ends with node `last`. */
static heed_status run_again(heed__tape *tape, heed__var last)
{
    heed__call call = start_call(tape);
    heed__var first = last;
    while (first > 0 && tape->plan[first - 1].block == tape->plan[last].block) first--;
    for (heed__var i = first; i <= last; i++)
        if (tape->plan[i].again) HEED_TRY(run_node(tape, i, HEED_AGAIN, &call));
    return HEED_OK;
}

static heed_status run_forward(heed__tape *tape)
{
    heed__call call = start_call(tape);
    for (heed__var i = 0; i < (heed__var)tape->count; i++)
        if (tape->nodes[i].op) HEED_TRY(run_node(tape, i, HEED_FORWARD, &call));
    return HEED_OK;
}

static heed_status run_backward(heed__tape *tape, heed__var loss)
{
    heed__call call = start_call(tape);
    *heed__tape_grad_of(tape, loss) = 1;
    if (tape->plan[loss].at_once) loss--;
    for (heed__var i = loss; i >= 0; i--) {
        const heed__node *n = &tape->nodes[i];
        if (heed__tape_ends_block(tape, i)) HEED_TRY(run_again(tape, i));
        if (!n->op || !n->wants_grad) continue;
        fill_call(tape, i, HEED_BACKWARD, &call);
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
    int backward = loss != HEED_NO_VAR && tape->nodes[loss].wants_grad;
    heed__tape_fill_laid(tape, backward);
    HEED_TRY(run_forward(tape));
    return backward ? run_backward(tape, loss) : HEED_OK;
}
