/* SPDX-License-Identifier: MIT */
/*
 * y[t] = the sum, or the mean, of table[id] over the ids of t's bag. While training an id may be
 * dropped, the others then count for it. Backward adds to each row of the table in the order of
 * tokens: each task owns a range of the table's rows, so that order does not depend on threads.
 */
#include "autograd/gradcheck.h"
#include "ops/draw.h"
#include "ops/ops.h"
#include "ops/rows.h"

#include <string.h>

static heed_status bag_shape(const heed__shapes *s, heed__size *size)
{
    const heed__bag *b = s->attributes;
    if (!(b->drop >= 0 && b->drop < 1))
        return heed__fail(HEED_E_INVALID, "bag: drop = %g; it must be in [0, 1)", (double)b->drop);
    size->rows = b->rows;
    size->cols = s->in[0].cols;
    return HEED_OK;
}

/* A token's place among the sequences, for the numbers that drop its ids. */
typedef struct place {
    int64_t sequence, keyed;
    heed__drop_key key;
} place;

static void find_token(const heed__call *call, int64_t t, place *p)
{
    const heed__bag *b = call->attributes;
    while (b->ragged->offsets[p->sequence + 1] <= t) p->sequence++;
    if (p->keyed == p->sequence) return;
    p->key = heed__drop_key_at(call, b->ragged->ids[p->sequence]);
    p->keyed = p->sequence;
}

enum { BAG_BITS = 11 /* of a number's counter: ids of a bag past 2,048 share their numbers */ };

/* Nonzero where the k-th id of token t is left out. */
static int drops(const heed__call *call, int64_t t, int64_t k, place *p)
{
    const heed__bag *b = call->attributes;
    if (!call->drops || !(b->drop > 0)) return 0;
    find_token(call, t, p);
    uint64_t position = (uint64_t)(t - b->ragged->offsets[p->sequence]);
    uint64_t slot = (uint64_t)k & ((1u << BAG_BITS) - 1);
    return heed__drop_uniform(&p->key, position << BAG_BITS | slot) < b->drop;
}

static heed_real share_of(const heed__call *call, int64_t t)
{
    const heed__bag *b = call->attributes;
    heed_real share = call->drops ? 1 / (1 - (heed_real)b->drop) : 1;
    int64_t count = b->offsets[t + 1] - b->offsets[t];
    return b->mean && count > 1 ? share / (heed_real)count : share;
}

static void sum_bags(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    const heed__bag *b = call->attributes;
    const heed__matrix *table = &call->in[0];
    place at = {0, -1, {{0}, 0, 0}};
    (void)extra;
    for (int64_t t = begin; t < end; t++) {
        heed_real *y = call->out.data + t * table->cols, share = share_of(call, t);
        memset(y, 0, (size_t)table->cols * sizeof *y);
        for (int64_t i = b->offsets[t]; i < b->offsets[t + 1]; i++)
            if (!drops(call, t, i - b->offsets[t], &at))
                call->kernels->axpy(table->cols, share, table->data + b->ids[i] * table->cols, y);
    }
}

static heed_status bag_forward(const heed__call *call)
{
    const heed__bag *b = call->attributes;
    int64_t ids = b->rows ? b->offsets[b->rows] - b->offsets[0] : 0;
    int64_t cost = b->rows ? (ids / b->rows + 1) * call->out.cols : 1;
    heed__for_rows(call, b->rows, cost, sum_bags, NULL);
    return HEED_OK;
}

static void add_back(const heed__call *call, int64_t first, int64_t last, void *extra)
{
    const heed__bag *b = call->attributes;
    const heed__matrix *table = &call->in[0];
    place at = {0, -1, {{0}, 0, 0}};
    (void)extra;
    for (int64_t t = 0; t < b->rows; t++) {
        heed_real share = share_of(call, t);
        for (int64_t i = b->offsets[t]; i < b->offsets[t + 1]; i++)
            if (b->ids[i] >= first && b->ids[i] < last && !drops(call, t, i - b->offsets[t], &at))
                call->kernels->axpy(table->cols, share, call->out.grad + t * table->cols,
                                    table->grad + b->ids[i] * table->cols);
    }
}

static heed_status bag_backward(const heed__call *call)
{
    heed__for_owners(call, call->in[0].rows, call->out.rows * call->out.cols, add_back, NULL);
    return HEED_OK;
}

static heed_status bag_check(heed__gradcheck *check)
{
    static const int32_t ids[] = {9, 3, 3, 1, 0, 4, 2, 4, 1};
    static const int64_t bags[] = {1, 3, 3, 4, 9, 9, 9};
    static const int64_t offsets[] = {0, 2, 2, 6}, order[] = {2, 0, 1}, names[] = {4, 9, 2};
    static const heed__ragged ragged = {3, 6, 4, offsets, order, names};
    for (int i = 0; i < 4; i++) {
        heed__bag b = {bags, ids, 6, i % 2, i >= 2 ? 0.4f : 0, &ragged};
        heed__var table = heed__gradcheck_input(check, 5, 3);
        HEED_TRY(heed__gradcheck_apply(check, &heed__op_bag, &table, 1, &b, sizeof b));
    }
    return HEED_OK;
}

const heed__op heed__op_bag = {.name = "bag",
                               .summary = "sums or means of rows of a table, by the bag of a token",
                               .least_inputs = 1,
                               .most_inputs = 1,
                               .reads = 0,
                               .shape = bag_shape,
                               .forward = bag_forward,
                               .backward = bag_backward,
                               .check = bag_check};
