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
            memcmp(n->input, p->input, sizeof n->input) != 0)
            return 0;
    }
    return 1;
}

size_t heed__node_bytes(const heed__node *n, int kind)
{
    int64_t reals = 0;
    switch (kind) {
    case VALUE:
        reals = n->op ? n->rows * n->cols : 0;
        break;
    case GRAD:
        reals = n->op && n->wants_grad ? n->rows * n->cols : 0;
        break;
    case SAVED:
        reals = n->saved;
        break;
    case FORWARD_SCRATCH:
        reals = n->forward_workspace;
        break;
    case BACKWARD_SCRATCH:
        reals = n->backward_workspace;
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
            if (heed__node_bytes(&tape->nodes[i], kind) >
                tape->buffers[i * KINDS + (size_t)kind].size)
                return 0;
    return 1;
}

static int32_t latest(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* Fills the lifetimes of all buffers of the recording. */
static void set_lifetimes(heed__tape *tape, int backward)
{
    int32_t count = (int32_t)tape->count, end = 2 * count - 1;
    for (int32_t i = 0; i < count; i++) {
        heed__node *n = &tape->nodes[i];
        heed__buffer *b = &tape->buffers[(size_t)i * KINDS];
        int32_t back = end - i;
        int goes_back = backward && n->op && n->wants_grad;
        b[VALUE].first = i;
        b[VALUE].last = n->keep ? end : latest(b[VALUE].last, i);
        if (goes_back && (n->reads & HEED_READS_OUTPUT))
            b[VALUE].last = latest(b[VALUE].last, back);
        /* The gradient is zeroed when its first reader's backward begins: the latest node wins. */
        b[GRAD].last = n->keep_grad ? end : back;
        if (b[GRAD].first == 0) b[GRAD].first = back;
        b[SAVED].first = i;
        b[SAVED].last = n->keep ? end : backward ? back : i;
        b[FORWARD_SCRATCH].first = b[FORWARD_SCRATCH].last = i;
        b[BACKWARD_SCRATCH].first = b[BACKWARD_SCRATCH].last = back;
    }
}

/* Values and gradients of the inputs of each node live at least until the node has used them. */
static void extend_lifetimes(heed__tape *tape, int backward)
{
    int32_t count = (int32_t)tape->count, end = 2 * count - 1;
    for (int32_t i = 0; i < count; i++) {
        const heed__node *n = &tape->nodes[i];
        for (int j = 0; j < n->inputs; j++) {
            heed__buffer *b = &tape->buffers[(size_t)n->input[j] * KINDS];
            b[VALUE].last = latest(b[VALUE].last, i);
            if (!backward || !n->wants_grad) continue;
            if (n->reads & HEED_READS(j)) b[VALUE].last = latest(b[VALUE].last, end - i);
            b[GRAD].first = end - i; /* nodes come in order, so the last one to write stays */
        }
    }
}

static heed_status make_room(heed__tape *tape)
{
    size_t wanted = tape->count * KINDS;
    HEED_TRY(heed__grow(&tape->plan, &tape->plan_capacity, tape->count, sizeof(heed__planned),
                        "a plan"));
    HEED_TRY(heed__grow(&tape->buffers, &tape->buffers_capacity, wanted, sizeof(heed__buffer),
                        "a plan"));
    return heed__grow(&tape->scratch, &tape->scratch_capacity,
                      heed__plan_scratch(wanted, 2 * (int32_t)tape->count), 1, "a plan");
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

static void share_outputs(heed__tape *tape)
{
    for (heed__var i = 0; i < (heed__var)tape->count; i++) {
        const heed__node *n = &tape->nodes[i];
        for (int j = 0; j < n->inputs; j++)
            if (may_share(tape, n, n->op->output_over_input, j) &&
                share(tape, index_of(i, VALUE), index_of(n->input[j], VALUE), i))
                break;
    }
}

static void share_gradients(heed__tape *tape)
{
    int32_t end = 2 * (int32_t)tape->count - 1;
    for (heed__var i = (heed__var)tape->count - 1; i >= 0; i--) {
        const heed__node *n = &tape->nodes[i];
        for (int j = 0; n->wants_grad && j < n->inputs; j++) {
            size_t grad = index_of(n->input[j], GRAD), value = index_of(n->input[j], VALUE);
            if (tape->buffers[grad].first != end - i) continue; /* not the first to write it */
            if (may_share(tape, n, n->op->grad_over_value, j) &&
                root_of(tape, value) != root_of(tape, index_of(i, VALUE)) &&
                share(tape, grad, value, end - i))
                continue;
            if (may_share(tape, n, n->op->grad_over_grad, j))
                share(tape, grad, index_of(i, GRAD), end - i);
        }
    }
}

static heed_status make_plan(heed__tape *tape, int backward)
{
    int grows = same_structure(tape, backward); /* then the new plan must serve the old sizes too */
    HEED_TRY(make_room(tape));
    for (size_t i = 0; i < tape->count; i++) {
        const heed__node *n = &tape->nodes[i];
        heed__planned *p = &tape->plan[i];
        *p = (heed__planned){n->op, n->inputs, n->wants_grad, n->keep, n->keep_grad, n->reads, {0}};
        memcpy(p->input, n->input, sizeof p->input);
        for (int kind = 0; kind < KINDS; kind++) {
            heed__buffer *b = &tape->buffers[i * KINDS + (size_t)kind];
            size_t size = heed__node_bytes(n, kind);
            if (!backward && (kind == GRAD || kind == BACKWARD_SCRATCH)) size = 0;
            if (grows && b->size > size) size = b->size;
            *b = (heed__buffer){.size = size, .shares = HEED_OWN_PLACE};
        }
    }
    extend_lifetimes(tape, backward);
    set_lifetimes(tape, backward);
    share_outputs(tape);
    if (backward) share_gradients(tape);
    tape->plan_count = tape->count;
    tape->plan_mode = (int)tape->mode;
    tape->plan_backward = backward;
    tape->block_used =
        heed__plan_buffers(tape->buffers, tape->count * KINDS, 2 * (int32_t)tape->count,
                           tape->block_size, tape->scratch);
    if (tape->measures) {
        if (tape->block_used > tape->measured) tape->measured = tape->block_used;
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
    return plan_fits(tape, backward) ? HEED_OK : make_plan(tape, backward);
}
