/* SPDX-License-Identifier: MIT */
/*
 * Time in a run: node i works at step i going forward and at step 2N-1-i going backward. A value
 * lives from its own step to the last step that reads it; a gradient from the first backward step
 * that adds to it to its node's own; saved rows from forward to backward; scratch for one step.
 */
#include "autograd/tape.h"

#include "autograd/plan.h"
#include "base/fail.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

typedef struct node {
    const heed__op *op; /* NULL for a leaf */
    int inputs;
    heed__var input[HEED_OP_INPUTS];
    int64_t rows, cols;
    int64_t saved, forward_workspace, backward_workspace;
    heed_real *data; /* a leaf's own memory */
    heed_real *grad;
    int wants_grad;
    int leads; /* to the loss */
    int keep, keep_grad;
    _Alignas(16) unsigned char attributes[HEED_OP_ATTRIBUTES];
} node;

/* The buffers of a node, in the plan's array at 5 * node + kind. */
enum { VALUE, GRAD, SAVED, FORWARD_SCRATCH, BACKWARD_SCRATCH, KINDS };

/* What a plan was made for: a later recording of the same structure and no larger fits it. */
typedef struct planned {
    const heed__op *op;
    int inputs, wants_grad, keep, keep_grad;
    heed__var input[HEED_OP_INPUTS];
} planned;

struct heed__tape {
    heed_context *context;
    node *nodes;
    size_t count, capacity;
    heed__tape_mode mode;
    heed__draw draw;
    heed_status status; /* the first failure while recording */

    planned *plan;
    size_t plan_count, plan_capacity;
    int plan_mode, plan_backward;
    heed__buffer *buffers;
    size_t buffers_capacity;
    int32_t *order, *placed;
    size_t order_capacity, placed_capacity;
    unsigned char *block;
    size_t block_size, block_used;
};

heed_status heed__tape_create(heed_context *context, heed__tape **out)
{
    HEED_TRY(heed__alloc(1, sizeof **out, "a tape", out));
    (*out)->context = context;
    return HEED_OK;
}

void heed__tape_destroy(heed__tape **tape)
{
    if (!tape || !*tape) return;
    free((*tape)->nodes);
    free((*tape)->plan);
    free((*tape)->buffers);
    free((*tape)->order);
    free((*tape)->placed);
    heed__free((*tape)->block);
    heed__free(*tape);
    *tape = NULL;
}

void heed__tape_start(heed__tape *tape, heed__tape_mode mode, heed__draw draw)
{
    tape->count = 0;
    tape->mode = mode;
    tape->draw = draw;
    tape->status = HEED_OK;
}

void heed__tape_fail(heed__tape *tape, heed_status status)
{
    if (tape->status == HEED_OK) tape->status = status;
}

static node *new_node(heed__tape *tape, heed__var *out)
{
    *out = HEED_NO_VAR;
    if (tape->status != HEED_OK) return NULL;
    tape->status =
        heed__grow(&tape->nodes, &tape->capacity, tape->count + 1, sizeof(node), "the tape");
    if (tape->status != HEED_OK) return NULL;
    *out = (heed__var)tape->count++;
    node *n = &tape->nodes[*out];
    memset(n, 0, sizeof *n);
    return n;
}

heed__var heed__tape_leaf(heed__tape *tape, int64_t rows, int64_t cols, const heed_real *data,
                          heed_real *grad)
{
    heed__var out;
    node *n = new_node(tape, &out);
    if (!n) return HEED_NO_VAR;
    n->rows = rows;
    n->cols = cols;
    n->data = (heed_real *)data; /* leaves are never written */
    n->grad = grad;
    n->wants_grad = grad != NULL && (tape->mode & HEED_TAPE_SAVE);
    return out;
}

heed__var heed__tape_constant(heed__tape *tape, int64_t rows, int64_t cols, const heed_real *data)
{
    return heed__tape_leaf(tape, rows, cols, data, NULL);
}

heed__var heed__tape_param(heed__tape *tape, heed__param *param)
{
    return heed__tape_leaf(tape, param->rows, param->cols, param->data, param->grad);
}

static void fill_shapes(const heed__tape *tape, const node *n, heed__shapes *shapes)
{
    *shapes =
        (heed__shapes){.context = tape->context, .attributes = n->attributes, .inputs = n->inputs};
    for (int i = 0; i < n->inputs; i++) {
        shapes->in[i].rows = tape->nodes[n->input[i]].rows;
        shapes->in[i].cols = tape->nodes[n->input[i]].cols;
    }
}

static heed_status check_inputs(const heed__tape *tape, const heed__op *op, const heed__var *inputs,
                                int count, size_t attribute_size)
{
    if (count < op->least_inputs || count > op->most_inputs)
        return heed__fail(HEED_E_INVALID, "%s: %d inputs; it takes %d to %d", op->name, count,
                          op->least_inputs, op->most_inputs);
    if (attribute_size > HEED_OP_ATTRIBUTES)
        return heed__fail(HEED_E_INVALID, "%s: %zu bytes of attributes; at most %d", op->name,
                          attribute_size, HEED_OP_ATTRIBUTES);
    for (int i = 0; i < count; i++)
        if (inputs[i] < 0 || (size_t)inputs[i] >= tape->count)
            return heed__fail(HEED_E_INVALID, "%s: input %d is not on the tape", op->name, i);
    return HEED_OK;
}

heed__var heed__tape_apply(heed__tape *tape, const heed__op *op, const heed__var *inputs, int count,
                           const void *attributes, size_t attribute_size)
{
    if (tape->status != HEED_OK) return HEED_NO_VAR;
    while (count > op->least_inputs && inputs[count - 1] == HEED_NO_VAR) count--;
    tape->status = check_inputs(tape, op, inputs, count, attribute_size);
    heed__var out;
    node *n = new_node(tape, &out);
    if (!n) return HEED_NO_VAR;
    n->op = op;
    n->inputs = count;
    for (int i = 0; i < count; i++) {
        n->input[i] = inputs[i];
        n->wants_grad |= tape->nodes[inputs[i]].wants_grad;
    }
    if (attribute_size) memcpy(n->attributes, attributes, attribute_size);
    heed__shapes shapes;
    heed__size size = {0};
    fill_shapes(tape, n, &shapes);
    tape->status = op->shape(&shapes, &size);
    if (tape->status != HEED_OK) return HEED_NO_VAR;
    n->rows = size.rows;
    n->cols = size.cols;
    n->saved = tape->mode & HEED_TAPE_SAVE ? size.saved : 0;
    n->forward_workspace = size.forward_workspace;
    n->backward_workspace = n->wants_grad ? size.backward_workspace : 0;
    return out;
}

void heed__tape_keep(heed__tape *tape, heed__var value)
{
    if (value >= 0) tape->nodes[value].keep = 1;
}

void heed__tape_keep_grad(heed__tape *tape, heed__var value)
{
    if (value >= 0) tape->nodes[value].keep_grad = 1;
}

static const node *node_at(const heed__tape *tape, heed__var value)
{
    return value >= 0 && (size_t)value < tape->count ? &tape->nodes[value] : NULL;
}

int64_t heed__tape_rows(const heed__tape *tape, heed__var value)
{
    const node *n = node_at(tape, value);
    return n ? n->rows : 0;
}

int64_t heed__tape_cols(const heed__tape *tape, heed__var value)
{
    const node *n = node_at(tape, value);
    return n ? n->cols : 0;
}

static heed_real *buffer_at(const heed__tape *tape, heed__var value, int kind)
{
    const heed__buffer *buffer = &tape->buffers[(size_t)value * KINDS + (size_t)kind];
    return buffer->size ? (heed_real *)(void *)(tape->block + buffer->offset) : NULL;
}

static heed_real *value_of(const heed__tape *tape, heed__var value)
{
    const node *n = &tape->nodes[value];
    return n->op ? buffer_at(tape, value, VALUE) : n->data;
}

static heed_real *grad_of(const heed__tape *tape, heed__var value)
{
    const node *n = &tape->nodes[value];
    if (!n->wants_grad) return NULL;
    return n->op ? buffer_at(tape, value, GRAD) : n->grad;
}

const heed_real *heed__tape_value(const heed__tape *tape, heed__var value)
{
    return node_at(tape, value) ? value_of(tape, value) : NULL;
}

const heed_real *heed__tape_grad(const heed__tape *tape, heed__var value)
{
    return node_at(tape, value) ? grad_of(tape, value) : NULL;
}

const heed_real *heed__tape_saved(const heed__tape *tape, heed__var value)
{
    return node_at(tape, value) ? buffer_at(tape, value, SAVED) : NULL;
}

static int same_structure(const heed__tape *tape, int backward)
{
    if (tape->count != tape->plan_count || (int)tape->mode != tape->plan_mode ||
        backward != tape->plan_backward)
        return 0;
    for (size_t i = 0; i < tape->count; i++) {
        const node *n = &tape->nodes[i];
        const planned *p = &tape->plan[i];
        if (n->op != p->op || n->inputs != p->inputs || n->wants_grad != p->wants_grad ||
            n->keep != p->keep || n->keep_grad != p->keep_grad ||
            memcmp(n->input, p->input, sizeof n->input) != 0)
            return 0;
    }
    return 1;
}

static size_t buffer_bytes(const node *n, int kind)
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
            if (buffer_bytes(&tape->nodes[i], kind) > tape->buffers[i * KINDS + (size_t)kind].size)
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
        node *n = &tape->nodes[i];
        heed__buffer *b = &tape->buffers[(size_t)i * KINDS];
        int32_t back = end - i;
        int goes_back = backward && n->op && n->wants_grad;
        b[VALUE].first = i;
        b[VALUE].last = n->keep ? end : latest(b[VALUE].last, i);
        if (goes_back && (n->op->reads & HEED_READS_OUTPUT))
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
        const node *n = &tape->nodes[i];
        for (int j = 0; j < n->inputs; j++) {
            heed__buffer *b = &tape->buffers[(size_t)n->input[j] * KINDS];
            b[VALUE].last = latest(b[VALUE].last, i);
            if (!backward || !n->wants_grad) continue;
            if (n->op->reads & HEED_READS(j)) b[VALUE].last = latest(b[VALUE].last, end - i);
            b[GRAD].first = end - i; /* nodes come in order, so the last one to write stays */
        }
    }
}

static heed_status make_room(heed__tape *tape)
{
    size_t wanted = tape->count * KINDS;
    HEED_TRY(heed__grow(&tape->plan, &tape->plan_capacity, tape->count, sizeof(planned), "a plan"));
    HEED_TRY(heed__grow(&tape->buffers, &tape->buffers_capacity, wanted, sizeof(heed__buffer),
                        "a plan"));
    HEED_TRY(heed__grow(&tape->order, &tape->order_capacity, wanted, sizeof(int32_t), "a plan"));
    return heed__grow(&tape->placed, &tape->placed_capacity, wanted, sizeof(int32_t), "a plan");
}

static heed_status make_plan(heed__tape *tape, int backward)
{
    int grows = same_structure(tape, backward); /* then the new plan must serve the old sizes too */
    HEED_TRY(make_room(tape));
    for (size_t i = 0; i < tape->count; i++) {
        const node *n = &tape->nodes[i];
        planned *p = &tape->plan[i];
        *p = (planned){n->op, n->inputs, n->wants_grad, n->keep, n->keep_grad, {0}};
        memcpy(p->input, n->input, sizeof p->input);
        for (int kind = 0; kind < KINDS; kind++) {
            heed__buffer *b = &tape->buffers[i * KINDS + (size_t)kind];
            size_t size = buffer_bytes(n, kind);
            if (!backward && (kind == GRAD || kind == BACKWARD_SCRATCH)) size = 0;
            if (grows && b->size > size) size = b->size;
            *b = (heed__buffer){.size = size};
        }
    }
    extend_lifetimes(tape, backward);
    set_lifetimes(tape, backward);
    tape->plan_count = tape->count;
    tape->plan_mode = (int)tape->mode;
    tape->plan_backward = backward;
    tape->block_used =
        heed__plan_buffers(tape->buffers, tape->count * KINDS, tape->order, tape->placed);
    if (tape->block_used <= tape->block_size) return HEED_OK;
    heed__free(tape->block);
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
    const node *n = &tape->nodes[loss];
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
        node *n = &tape->nodes[i];
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

static void fill_call(heed__tape *tape, heed__var at, heed__call *call)
{
    node *n = &tape->nodes[at];
    *call = (heed__call){.context = tape->context,
                         .kernels = heed__kernels_best(),
                         .attributes = n->attributes,
                         .inputs = n->inputs,
                         .saved = n->saved ? buffer_at(tape, at, SAVED) : NULL,
                         .drops = (tape->mode & HEED_TAPE_DROP) != 0,
                         .node = (uint32_t)at,
                         .draw = tape->draw};
    for (int i = 0; i < n->inputs; i++) {
        heed__var in = n->input[i];
        call->in[i] = (heed__matrix){tape->nodes[in].rows, tape->nodes[in].cols, value_of(tape, in),
                                     grad_of(tape, in)};
    }
    call->out = (heed__matrix){n->rows, n->cols, value_of(tape, at), grad_of(tape, at)};
}

static heed_status run_forward(heed__tape *tape)
{
    heed__call call;
    for (heed__var i = 0; i < (heed__var)tape->count; i++) {
        node *n = &tape->nodes[i];
        if (!n->op) continue;
        fill_call(tape, i, &call);
        call.workspace = buffer_at(tape, i, FORWARD_SCRATCH);
        heed_status status = n->op->forward(&call);
        if (status != HEED_OK) return heed__fail_prefix(status, "%s (node %d): ", n->op->name, i);
    }
    return HEED_OK;
}

/* Gradients about to be added to for the first time start from zero. */
static void zero_new_grads(heed__tape *tape, heed__var at)
{
    int32_t now = 2 * (int32_t)tape->count - 1 - at;
    node *n = &tape->nodes[at];
    for (int i = 0; i < n->inputs; i++) {
        heed__var in = n->input[i];
        node *source = &tape->nodes[in];
        if (!source->op || !source->wants_grad) continue;
        if (tape->buffers[(size_t)in * KINDS + GRAD].first == now)
            memset(grad_of(tape, in), 0, buffer_bytes(source, GRAD));
    }
}

static heed_status run_backward(heed__tape *tape, heed__var loss)
{
    heed__call call;
    *grad_of(tape, loss) = 1;
    for (heed__var i = loss; i >= 0; i--) {
        node *n = &tape->nodes[i];
        if (!n->op || !n->wants_grad) continue;
        zero_new_grads(tape, i);
        fill_call(tape, i, &call);
        call.workspace = buffer_at(tape, i, BACKWARD_SCRATCH);
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

size_t heed__tape_bytes(const heed__tape *tape)
{
    return tape->block_size;
}

double heed__tape_flops(const heed__tape *tape)
{
    double total = 0;
    heed__shapes shapes;
    for (size_t i = 0; i < tape->count; i++) {
        const node *n = &tape->nodes[i];
        if (!n->op || !n->op->flops) continue;
        fill_shapes(tape, n, &shapes);
        total += n->op->flops(&shapes);
    }
    return total;
}
