/* SPDX-License-Identifier: MIT */
/*
 * y[t] = table[ids[t]]. Backward adds dy[t] to the table's row, tokens in order: each task owns a
 * range of the table's rows, so that order does not depend on threads.
 */
#include "autograd/gradcheck.h"
#include "ops/draw.h"
#include "ops/ops.h"
#include "ops/rows.h"

#include <string.h>

static heed_status embedding_shape(const heed__shapes *s, heed__size *size)
{
    const heed__embedding *e = s->attributes;
    if (e->drop < 0 || e->drop >= 1)
        return heed__fail(HEED_E_INVALID, "embedding: drop = %g; it must be in [0, 1)",
                          (double)e->drop);
    size->rows = e->rows;
    size->cols = s->in[0].cols;
    return HEED_OK;
}

/* The row a token takes, dropped ones being unknown. */
static int64_t row_of(const heed__call *call, const heed__embedding *e, int64_t t, int64_t sequence)
{
    int64_t id = e->ids[t];
    if (call->drops && e->drop > 0) {
        heed__drop_key key = heed__drop_key_at(call, e->ragged->ids[sequence]);
        int64_t position = t - e->ragged->offsets[sequence];
        if (heed__drop_uniform(&key, (uint64_t)position) < e->drop) id = 0;
    }
    return id;
}

static void look_up(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    const heed__embedding *e = call->attributes;
    const heed__matrix *table = &call->in[0];
    (void)extra;
    size_t bytes = (size_t)table->cols * sizeof(heed_real);
    int64_t sequence = 0;
    for (int64_t t = begin; t < end; t++) {
        while (e->ragged && e->ragged->offsets[sequence + 1] <= t) sequence++;
        int64_t row = row_of(call, e, t, sequence);
        memcpy(call->out.data + t * table->cols, table->data + row * table->cols, bytes);
    }
}

static heed_status embedding_forward(const heed__call *call)
{
    heed__for_rows(call, call->out.rows, call->out.cols, look_up, NULL);
    return HEED_OK;
}

static void add_back(const heed__call *call, int64_t first, int64_t last, void *extra)
{
    const heed__embedding *e = call->attributes;
    const heed__matrix *table = &call->in[0];
    int64_t sequence = 0;
    (void)extra;
    for (int64_t t = 0; t < call->out.rows; t++) {
        while (e->ragged && e->ragged->offsets[sequence + 1] <= t) sequence++;
        if (e->ids[t] != 0 && (e->ids[t] < first || e->ids[t] >= last) && first > 0) continue;
        int64_t row = row_of(call, e, t, sequence);
        if (row < first || row >= last) continue;
        call->kernels->add(table->cols, call->out.grad + t * table->cols,
                           table->grad + row * table->cols);
    }
}

static heed_status embedding_backward(const heed__call *call)
{
    heed__for_owners(call, call->in[0].rows, call->out.rows * call->out.cols, add_back, NULL);
    return HEED_OK;
}

static heed_status embedding_check(heed__gradcheck *check)
{
    static const int32_t ids[] = {0, 3, 3, 1, 0, 4};
    static const int64_t offsets[] = {0, 2, 2, 6}, order[] = {2, 0, 1}, names[] = {4, 9, 2};
    static const heed__ragged ragged = {3, 6, 4, offsets, order, names};
    for (int i = 0; i < 2; i++) {
        heed__embedding e = {ids, 6, i ? 0.4f : 0, &ragged};
        heed__var table = heed__gradcheck_input(check, 5, 3);
        HEED_TRY(heed__gradcheck_apply(check, &heed__op_embedding, &table, 1, &e, sizeof e));
    }
    return HEED_OK;
}

const heed__op heed__op_embedding = {.name = "embedding",
                                     .summary = "rows of a table, by token",
                                     .least_inputs = 1,
                                     .most_inputs = 1,
                                     .reads = 0,
                                     .shape = embedding_shape,
                                     .forward = embedding_forward,
                                     .backward = embedding_backward,
                                     .check = embedding_check};
