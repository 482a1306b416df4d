/* SPDX-License-Identifier: MIT */
/* Recording, and answering about what was recorded. */
#include "autograd/tape_inside.h"

#include "base/fail.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

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
    free((*tape)->scratch);
    heed__free((*tape)->block);
    heed__free((*tape)->laid_block);
    free((*tape)->laid);
    heed__free(*tape);
    *tape = NULL;
}

void heed__tape_start(heed__tape *tape, heed__tape_mode mode, heed__draw draw)
{
    tape->count = tape->laid_count = 0;
    tape->mode = mode;
    tape->draw = draw;
    tape->status = HEED_OK;
    tape->ahead = 0;
    tape->blocks = tape->inside = 0;
}

void heed__tape_block_begin(heed__tape *tape)
{
    int again = (tape->mode & HEED_TAPE_RECOMPUTE) && (tape->mode & HEED_TAPE_SAVE);
    if (again) tape->inside = ++tape->blocks;
}

void heed__tape_block_end(heed__tape *tape)
{
    tape->inside = 0;
}

uint32_t heed__tape_number(const heed__tape *tape)
{
    return (uint32_t)tape->count + tape->ahead;
}

void heed__tape_renumber(heed__tape *tape, uint32_t number)
{
    tape->ahead = number - (uint32_t)tape->count;
}

void heed__tape_fail(heed__tape *tape, heed_status status)
{
    if (tape->status == HEED_OK) tape->status = status;
}

static heed__node *new_node(heed__tape *tape, heed__var *out)
{
    *out = HEED_NO_VAR;
    if (tape->status != HEED_OK) return NULL;
    tape->status =
        heed__grow(&tape->nodes, &tape->capacity, tape->count + 1, sizeof(heed__node), "the tape");
    if (tape->status != HEED_OK) return NULL;
    uint32_t number = heed__tape_number(tape);
    *out = (heed__var)tape->count++;
    heed__node *n = &tape->nodes[*out];
    memset(n, 0, sizeof *n);
    n->number = number;
    n->block = tape->inside;
    return n;
}

heed__var heed__tape_leaf(heed__tape *tape, int64_t rows, int64_t cols, const heed_real *data,
                          heed_real *grad)
{
    heed__var out;
    heed__node *n = new_node(tape, &out);
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
    heed__var out = heed__tape_leaf(tape, param->rows, param->cols, param->data, param->grad);
    if (out == HEED_NO_VAR) return out;
    tape->nodes[out].packed = param->packed;
    tape->nodes[out].fresh = &param->fresh;
    tape->nodes[out].laid = heed__tape_find_laid(tape, param);
    return out;
}

static void fill_shapes(const heed__tape *tape, const heed__node *n, heed__shapes *shapes)
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
    heed__node *n = new_node(tape, &out);
    if (!n) return HEED_NO_VAR;
    n->op = op;
    n->inputs = count;
    for (int i = 0; i < count; i++) {
        n->input[i] = inputs[i];
        n->wants_grad |= tape->nodes[inputs[i]].wants_grad;
    }
    if (attribute_size) memcpy(n->attributes, attributes, attribute_size);
    heed__shapes shapes;
    heed__size size = {.reads = op->reads};
    fill_shapes(tape, n, &shapes);
    tape->status = op->shape(&shapes, &size);
    if (tape->status != HEED_OK) return HEED_NO_VAR;
    n->rows = size.rows;
    n->cols = size.cols;
    n->saved = tape->mode & HEED_TAPE_SAVE ? size.saved : 0;
    n->forward_workspace = size.forward_workspace;
    n->reads = size.reads;
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

static const heed__node *node_at(const heed__tape *tape, heed__var value)
{
    return value >= 0 && (size_t)value < tape->count ? &tape->nodes[value] : NULL;
}

int64_t heed__tape_rows(const heed__tape *tape, heed__var value)
{
    const heed__node *n = node_at(tape, value);
    return n ? n->rows : 0;
}

int64_t heed__tape_cols(const heed__tape *tape, heed__var value)
{
    const heed__node *n = node_at(tape, value);
    return n ? n->cols : 0;
}

heed_real *heed__tape_buffer(const heed__tape *tape, heed__var value, int kind)
{
    const heed__buffer *buffer = &tape->buffers[(size_t)value * KINDS + (size_t)kind];
    return buffer->size ? (heed_real *)(void *)(tape->block + buffer->offset) : NULL;
}

heed_real *heed__tape_value_of(const heed__tape *tape, heed__var value)
{
    const heed__node *n = &tape->nodes[value];
    return n->op ? heed__tape_buffer(tape, value, VALUE) : n->data;
}

heed_real *heed__tape_grad_of(const heed__tape *tape, heed__var value)
{
    const heed__node *n = &tape->nodes[value];
    if (!n->wants_grad) return NULL;
    return n->op ? heed__tape_buffer(tape, value, GRAD) : n->grad;
}

const heed_real *heed__tape_value(const heed__tape *tape, heed__var value)
{
    return node_at(tape, value) ? heed__tape_value_of(tape, value) : NULL;
}

const heed_real *heed__tape_grad(const heed__tape *tape, heed__var value)
{
    return node_at(tape, value) ? heed__tape_grad_of(tape, value) : NULL;
}

const heed_real *heed__tape_saved(const heed__tape *tape, heed__var value)
{
    return node_at(tape, value) ? heed__tape_buffer(tape, value, SAVED) : NULL;
}

size_t heed__tape_bytes(const heed__tape *tape)
{
    size_t bytes = tape->block_size + tape->laid_size * sizeof *tape->laid_block;
    return tape->measures ? tape->measured : bytes;
}

void heed__tape_measure(heed__tape *tape, int on)
{
    tape->measures = on;
    tape->measured = 0;
}

double heed__tape_flops(const heed__tape *tape)
{
    double total = 0;
    heed__shapes shapes;
    for (size_t i = 0; i < tape->count; i++) {
        const heed__node *n = &tape->nodes[i];
        if (!n->op || !n->op->flops) continue;
        fill_shapes(tape, n, &shapes);
        total += n->op->flops(&shapes);
    }
    return total;
}
