/* SPDX-License-Identifier: MIT */
/* Giving every buffer of a run its place. */
#include "autograd/tape_inside.h"

#include "base/fail.h"
#include "base/memory.h"

#include <string.h>

static int same_structure(const heed__tape *tape, int backward)
{
    if (tape->count != tape->plan_count || (int)tape->mode != tape->plan_mode ||
        backward != tape->plan_backward)
        return 0;
    for (size_t i = 0; i < tape->count; i++) {
        const heed__node *n = &tape->nodes[i];
        const heed__planned *p = &tape->plan[i];
        if (n->op != p->op || n->inputs != p->inputs || n->wants_grad != p->wants_grad ||
            n->reads != p->reads || n->keep != p->keep || n->keep_grad != p->keep_grad ||
            n->block != p->block || memcmp(n->input, p->input, sizeof n->input) != 0)
            return 0;
    }
    return 1;
}

/* Bytes that node i, as it is recorded, needs in a buffer of a kind. */
static size_t node_bytes(const heed__tape *tape, size_t i, int kind)
{
    const heed__node *n = &tape->nodes[i];
    int again = tape->plan[i].again, at_once = tape->plan[i].at_once;
    int64_t reals = 0;
    switch (kind) {
    case VALUE:
        reals = n->op ? n->rows * n->cols : 0;
        break;
    case GRAD:
        reals = n->op && n->wants_grad ? n->rows * n->cols : 0;
        break;
    case SAVED:
        reals = at_once ? 0 : n->saved;
        break;
    case FORWARD_SCRATCH:
        reals = n->forward_workspace;
        break;
    case BACKWARD_SCRATCH:
        reals = at_once ? 0 : n->backward_workspace;
        break;
    case VALUE_AGAIN:
        reals = again ? n->rows * n->cols : 0;
        break;
    case SCRATCH_AGAIN:
        reals = again ? n->forward_workspace : 0;
        break;
    default:
        break;
    }
    return (size_t)reals * sizeof(heed_real);
}

static int plan_fits(const heed__tape *tape, int backward)
{
    if (!same_structure(tape, backward)) return 0;
    for (size_t i = 0; i < tape->count; i++)
        for (int kind = 0; kind < KINDS; kind++)
            if (node_bytes(tape, i, kind) > tape->buffers[i * KINDS + (size_t)kind].size) return 0;
    return 1;
}

static int32_t latest(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static void extend(heed__tape *tape, heed__var value, int kind, int32_t step)
{
    heed__buffer *b = &tape->buffers[(size_t)value * KINDS + (size_t)kind];
    b->last = latest(b->last, step);
}

/* Fills the lifetimes of all buffers of the recording, once those of what is read are extended. */
static void set_lifetimes(heed__tape *tape, int backward)
{
    int32_t end = tape->plan_steps - 1;
    for (int32_t i = 0; i < (int32_t)tape->count; i++) {
        const heed__node *n = &tape->nodes[i];
        const heed__planned *p = &tape->plan[i];
        heed__buffer *b = &tape->buffers[(size_t)i * KINDS];
        int goes_back = backward && n->op && n->wants_grad;
        if (goes_back && (n->reads & HEED_READS_OUTPUT))
            extend(tape, i, heed__tape_kind(tape, i, i, HEED_BACKWARD), p->back_at);
        b[VALUE].first = i;
        b[VALUE].last = n->keep ? end : latest(b[VALUE].last, i);
        b[VALUE_AGAIN].first = p->again_at;
        b[VALUE_AGAIN].last = latest(b[VALUE_AGAIN].last, p->again_at);
        /* The gradient is zeroed when its first reader's backward begins: the latest node wins. */
        b[GRAD].last = n->keep_grad ? end : p->back_at;
        if (b[GRAD].first == 0) b[GRAD].first = p->back_at;
        b[SAVED].first = p->again ? p->again_at : i;
        b[SAVED].last = n->keep ? end : backward ? p->back_at : i;
        b[FORWARD_SCRATCH].first = b[FORWARD_SCRATCH].last = i;
        b[SCRATCH_AGAIN].first = b[SCRATCH_AGAIN].last = p->again_at;
        b[BACKWARD_SCRATCH].first = b[BACKWARD_SCRATCH].last = p->back_at;
    }
}

/* Values and gradients of the inputs of each node live at least until the node has used them. */
static void extend_lifetimes(heed__tape *tape, int backward)
{
    for (int32_t i = 0; i < (int32_t)tape->count; i++) {
        const heed__node *n = &tape->nodes[i];
        const heed__planned *p = &tape->plan[i];
        for (int j = 0; j < n->inputs; j++) {
            heed__var in = n->input[j];
            extend(tape, in, VALUE, i);
            if (p->again) extend(tape, in, heed__tape_kind(tape, i, in, HEED_AGAIN), p->again_at);
            if (!backward || !n->wants_grad) continue;
            if (n->reads & HEED_READS(j))
                extend(tape, in, heed__tape_kind(tape, i, in, HEED_BACKWARD), p->back_at);
            /* nodes come in order, so the last one to write stays */
            tape->buffers[(size_t)in * KINDS + GRAD].first = p->back_at;
        }
    }
}

static heed_status make_room(heed__tape *tape)
{
    size_t wanted = tape->count * KINDS;
    HEED_TRY(heed__grow(&tape->buffers, &tape->buffers_capacity, wanted, sizeof(heed__buffer),
                        "a plan"));
    return heed__grow(&tape->scratch, &tape->scratch_capacity,
                      heed__plan_scratch(wanted, tape->plan_steps), 1, "a plan");
}

/* ---- sharing: see heed__op.output_over_input and those after it */

static size_t index_of(heed__var value, int kind)
{
    return (size_t)value * KINDS + (size_t)kind;
}

/* The buffer whose place it has. */
static int32_t root_of(const heed__tape *tape, size_t buffer)
{
    int32_t shares = tape->buffers[buffer].shares;
    return shares == HEED_OWN_PLACE ? (int32_t)buffer : shares;
}

/* Lets `buffer` begin where `over` ends its life: at step `now`, or not at all. */
static int share(heed__tape *tape, size_t buffer, size_t over, int32_t now)
{
    heed__buffer *b = &tape->buffers[buffer];
    int32_t root = root_of(tape, over);
    heed__buffer *r = &tape->buffers[root];
    if (b->shares != HEED_OWN_PLACE || !b->size || b->size != r->size || r->last != now) return 0;
    b->shares = root;
    r->last = latest(r->last, b->last);
    return 1;
}

/* Bit j of `may` and input j is a result of another node, and no other input of this one. */
static int may_share(const heed__tape *tape, const heed__node *n, unsigned may, int j)
{
    if (!(may & HEED_READS(j)) || !tape->nodes[n->input[j]].op) return 0;
    for (int k = 0; k < n->inputs; k++)
        if (k != j && n->input[k] == n->input[j]) return 0;
    return 1;
}

static void share_outputs(heed__tape *tape, heed__when when)
{
    int kind = when == HEED_AGAIN ? VALUE_AGAIN : VALUE;
    for (heed__var i = 0; i < (heed__var)tape->count; i++) {
        const heed__node *n = &tape->nodes[i];
        int32_t now = when == HEED_AGAIN ? tape->plan[i].again_at : i;
        if (when == HEED_AGAIN && !tape->plan[i].again) continue;
        for (int j = 0; j < n->inputs; j++) {
            heed__var in = n->input[j];
            if (may_share(tape, n, n->op->output_over_input, j) &&
                share(tape, index_of(i, kind), index_of(in, heed__tape_kind(tape, i, in, when)),
                      now))
                break;
        }
    }
}

static void share_gradients(heed__tape *tape)
{
    for (heed__var i = (heed__var)tape->count - 1; i >= 0; i--) {
        const heed__node *n = &tape->nodes[i];
        int32_t now = tape->plan[i].back_at;
        size_t own = index_of(i, heed__tape_kind(tape, i, i, HEED_BACKWARD));
        for (int j = 0; n->wants_grad && j < n->inputs; j++) {
            heed__var in = n->input[j];
            size_t grad = index_of(in, GRAD);
            size_t value = index_of(in, heed__tape_kind(tape, i, in, HEED_BACKWARD));
            if (tape->buffers[grad].first != now) continue; /* not the first to write it */
            if (may_share(tape, n, n->op->grad_over_value, j) &&
                root_of(tape, value) != root_of(tape, own) && share(tape, grad, value, now))
                continue;
            if (may_share(tape, n, n->op->grad_over_grad, j))
                share(tape, grad, index_of(i, GRAD), now);
        }
    }
}

static heed_status note_nodes(heed__tape *tape, int backward)
{
    HEED_TRY(heed__grow(&tape->plan, &tape->plan_capacity, tape->count, sizeof(heed__planned),
                        "a plan"));
    for (size_t i = 0; i < tape->count; i++) {
        const heed__node *n = &tape->nodes[i];
        heed__planned *p = &tape->plan[i];
        *p = (heed__planned){.op = n->op,
                             .inputs = n->inputs,
                             .wants_grad = n->wants_grad,
                             .keep = n->keep,
                             .keep_grad = n->keep_grad,
                             .reads = n->reads,
                             .block = n->block};
        memcpy(p->input, n->input, sizeof p->input);
    }
    heed__tape_time(tape, backward);
    tape->plan_count = 0; /* until it is whole */
    tape->plan_mode = (int)tape->mode;
    tape->plan_backward = backward;
    return HEED_OK;
}

/* grows: the new plan must serve the sizes of the old one too. */
static void set_sizes(heed__tape *tape, int backward, int grows)
{
    for (size_t i = 0; i < tape->count; i++)
        for (int kind = 0; kind < KINDS; kind++) {
            heed__buffer *b = &tape->buffers[i * KINDS + (size_t)kind];
            size_t size = node_bytes(tape, i, kind);
            if (!backward && (kind == GRAD || kind == BACKWARD_SCRATCH)) size = 0;
            if (grows && b->size > size) size = b->size;
            *b = (heed__buffer){.size = size, .shares = HEED_OWN_PLACE};
        }
}

static heed_status make_plan(heed__tape *tape, int backward)
{
    int grows = same_structure(tape, backward);
    HEED_TRY(note_nodes(tape, backward));
    HEED_TRY(make_room(tape));
    tape->plan_count = tape->count;
    set_sizes(tape, backward, grows);
    extend_lifetimes(tape, backward);
    set_lifetimes(tape, backward);
    share_outputs(tape, HEED_FORWARD);
    if (tape->blocks) share_outputs(tape, HEED_AGAIN);
    if (backward) share_gradients(tape);
    tape->block_used = heed__plan_buffers(tape->buffers, tape->count * KINDS, tape->plan_steps,
                                          tape->block_size, tape->scratch);
    if (tape->measures) {
        size_t bytes = tape->block_used + tape->laid_used * sizeof *tape->laid_block;
        if (bytes > tape->measured) tape->measured = bytes;
        tape->plan_count = 0; /* there is no plan to run by */
        return HEED_OK;
    }
    if (tape->block_used <= tape->block_size) return HEED_OK;
    /* Recordings whose structure varies, as steps do, are alike: what one needs beyond a block that
     * was planned for the largest of them is little, and room for that is taken once. */
    if (tape->block && !grows) tape->block_used += tape->block_used / 32;
    heed__free(tape->block);
    tape->block = NULL;
    tape->block_size = 0;
    tape->plan_count = 0; /* no plan, should there be no memory */
    HEED_TRY(heed__alloc(tape->block_used, 1, "a step", &tape->block));
    tape->block_size = tape->block_used;
    tape->plan_count = tape->count;
    return HEED_OK;
}

static heed_status check_loss(const heed__tape *tape, heed__var loss)
{
    if (loss == HEED_NO_VAR) return HEED_OK;
    const heed__node *n = &tape->nodes[loss];
    if (n->rows != 1 || n->cols != 1)
        return heed__fail(HEED_E_INVALID, "the loss is %lld x %lld; it must be 1 x 1",
                          (long long)n->rows, (long long)n->cols);
    if ((size_t)loss + 1 != tape->count)
        return heed__fail(HEED_E_INVALID, "the loss is node %d of %zu; it must be the last", loss,
                          tape->count);
    return HEED_OK;
}

/* Values that do not lead to the loss have no gradient. */
static void drop_dead_grads(heed__tape *tape, heed__var loss)
{
    for (heed__var i = 0; i < loss; i++) tape->nodes[i].leads = 0;
    tape->nodes[loss].leads = 1;
    for (heed__var i = loss; i >= 0; i--) {
        heed__node *n = &tape->nodes[i];
        if (n->op) n->wants_grad = n->wants_grad && n->leads;
        for (int j = 0; n->leads && j < n->inputs; j++) tape->nodes[n->input[j]].leads = 1;
    }
}

heed_status heed__tape_plan(heed__tape *tape, heed__var loss)
{
    HEED_TRY(tape->status);
    HEED_TRY(check_loss(tape, loss));
    int backward = (tape->mode & HEED_TAPE_SAVE) && loss != HEED_NO_VAR;
    if (backward) drop_dead_grads(tape, loss);
    heed__tape_place_laid(tape, backward);
    if (!plan_fits(tape, backward)) HEED_TRY(make_plan(tape, backward));
    return tape->measures ? HEED_OK : heed__tape_make_laid(tape);
}
