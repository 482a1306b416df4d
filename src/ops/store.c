/* SPDX-License-Identifier: MIT */
/* Rows of a value go to places in an array outside of the tape: the caches of decoding. */
#include "base/fail.h"
#include "ops/ops.h"
#include "ops/rows.h"

#include <string.h>

static heed_status store_shape(const heed__shapes *s, heed__size *size)
{
    const heed__store *a = s->attributes;
    if (a->column + a->columns > s->in[0].cols)
        return heed__fail(HEED_E_INVALID, "store: columns %lld to %lld of %lld",
                          (long long)a->column, (long long)(a->column + a->columns),
                          (long long)s->in[0].cols);
    size->rows = size->cols = 1;
    return HEED_OK;
}

static heed_status store_forward(const heed__call *call)
{
    const heed__store *a = call->attributes;
    const heed__matrix *x = &call->in[0];
    for (int64_t i = 0; i < x->rows; i++)
        memcpy(a->to + a->rows[i] * a->columns, x->data + i * x->cols + a->column,
               (size_t)a->columns * sizeof *a->to);
    *call->out.data = 0;
    return HEED_OK;
}

static heed_status store_backward(const heed__call *call)
{
    (void)call;
    return heed__fail(HEED_E_UNSUPPORTED, "store: rows that left the tape have no gradient");
}

const heed__op heed__op_store = {.name = "store",
                                 .summary = "rows kept outside of the tape (decoding)",
                                 .least_inputs = 1,
                                 .most_inputs = 1,
                                 .reads = 0,
                                 .shape = store_shape,
                                 .forward = store_forward,
                                 .backward = store_backward};
