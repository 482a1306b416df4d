/* SPDX-License-Identifier: MIT */
/* y = keys(sequence of the row) * sigmoid(x): a place among the keys for each query and head, as
 * Luong's local attention predicts one (local-p). */
#include "autograd/gradcheck.h"
#include "ops/attend.h"
#include "ops/ops.h"
#include "ops/rows.h"

static int64_t sequences_of(const heed__centre *c)
{
    return c->slots ? c->slots->n : c->keys->n;
}

static heed_real keys_of(const heed__centre *c, int64_t s)
{
    return (heed_real)(c->slots ? c->slots->lengths[s] : heed__ragged_length(c->keys, s));
}

/* Where the numbers of a sequence begin; of the one past the last, where all end. */
static int64_t first_of(const heed__centre *c, int64_t s, int64_t cols)
{
    return (c->queries ? c->queries->offsets[s] : s) * cols;
}

static heed_status centre_shape(const heed__shapes *s, heed__size *size)
{
    const heed__centre *c = s->attributes;
    int64_t n = sequences_of(c);
    HEED_TRY(heed__want_shape(s, "centre", 0, "x", c->queries ? c->queries->rows : n, -1));
    if (c->queries && c->queries->n != n)
        return heed__fail(HEED_E_INVALID, "centre: %lld sequences of queries and %lld of keys",
                          (long long)c->queries->n, (long long)n);
    size->rows = s->in[0].rows;
    size->cols = s->in[0].cols;
    return HEED_OK;
}

static heed_status centre_forward(const heed__call *call)
{
    const heed__centre *c = call->attributes;
    int64_t cols = call->out.cols;
    call->kernels->sigmoid(call->out.rows * cols, call->in[0].data, call->out.data);
    for (int64_t s = 0; s < sequences_of(c); s++) {
        int64_t first = first_of(c, s, cols);
        heed_real *row = call->out.data + first;
        call->kernels->scale(first_of(c, s + 1, cols) - first, keys_of(c, s), row, row);
    }
    return HEED_OK;
}

static heed_status centre_backward(const heed__call *call)
{
    const heed__centre *c = call->attributes;
    int64_t cols = call->out.cols;
    for (int64_t s = 0; s < sequences_of(c); s++) {
        heed_real keys = keys_of(c, s);
        int64_t end = first_of(c, s + 1, cols);
        for (int64_t i = first_of(c, s, cols); i < end && keys > 0; i++) {
            heed_real y = call->out.data[i];
            call->in[0].grad[i] += call->out.grad[i] * y * (1 - y / keys);
        }
    }
    return HEED_OK;
}

static heed_status centre_check(heed__gradcheck *check)
{
    static const int64_t queries[] = {0, 2, 2, 5}, keys[] = {0, 3, 4, 4}, ids[] = {0, 1, 2};
    static const heed__ragged q = {3, 5, 3, queries, ids, ids}, k = {3, 4, 3, keys, ids, ids};
    heed__centre many = {&q, &k, NULL}, one = {NULL, &k, NULL};
    heed__var x = heed__gradcheck_input(check, 5, 2);
    HEED_TRY(heed__gradcheck_apply(check, &heed__op_centre, &x, 1, &many, sizeof many));
    x = heed__gradcheck_input(check, 3, 2);
    return heed__gradcheck_apply(check, &heed__op_centre, &x, 1, &one, sizeof one);
}

const heed__op heed__op_centre = {.name = "centre",
                                  .summary =
                                      "a place among the keys: their number times sigmoid(x)",
                                  .least_inputs = 1,
                                  .most_inputs = 1,
                                  .reads = HEED_READS_OUTPUT,
                                  .shape = centre_shape,
                                  .forward = centre_forward,
                                  .backward = centre_backward,
                                  .check = centre_check};
