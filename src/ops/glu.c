/* SPDX-License-Identifier: MIT */
/*
 * y = f(a) * b, the input being a and b side by side. Backward:
 *   da += dy b f'(a),  db += dy f(a)
 */
#include "autograd/gradcheck.h"
#include "ops/activation.h"
#include "ops/rows.h"

#include <string.h>

static heed_status glu_shape(const heed__shapes *s, heed__size *size)
{
    if (s->in[0].cols % 2)
        return heed__fail(HEED_E_INVALID, "glu: %lld columns; they must be two halves",
                          (long long)s->in[0].cols);
    size->rows = s->in[0].rows;
    size->cols = s->in[0].cols / 2;
    return HEED_OK;
}

/* n elements of a row, whose gradients may lie over a and b. */
static void back_chunk(const heed__call *call, heed__activation_kind kind, int64_t n, int64_t from,
                       int64_t at)
{
    heed_real a[HEED_ACTIVATION_CHUNK], value[HEED_ACTIVATION_CHUNK];
    heed_real product[HEED_ACTIVATION_CHUNK];
    size_t bytes = (size_t)n * sizeof *a;
    heed_real *da = call->in[0].grad + from, *db = da + call->out.cols;
    memcpy(a, call->in[0].data + from, bytes);
    heed__activation_apply(kind, call->kernels, n, a, value);
    call->kernels->multiply(n, call->out.grad + at, call->in[0].data + from + call->out.cols,
                            product);
    if (call->in[0].fresh) {
        memset(da, 0, bytes);
        memset(db, 0, bytes);
    }
    heed__activation_derive(kind, call->kernels, n, a, value, product, da);
    call->kernels->multiply_add(n, call->out.grad + at, value, db);
}

static void glu_rows(const heed__call *call, int64_t begin, int64_t end, void *backward)
{
    heed__activation_kind kind = ((const heed__activation *)call->attributes)->kind;
    int64_t cols = call->out.cols;
    for (int64_t i = begin; i < end; i++)
        for (int64_t j = 0; j < cols; j += HEED_ACTIVATION_CHUNK) {
            int64_t n = cols - j < HEED_ACTIVATION_CHUNK ? cols - j : HEED_ACTIVATION_CHUNK;
            int64_t from = i * 2 * cols + j, at = i * cols + j;
            heed_real *y = call->out.data + at;
            if (backward) {
                back_chunk(call, kind, n, from, at);
                continue;
            }
            heed__activation_apply(kind, call->kernels, n, call->in[0].data + from, y);
            call->kernels->multiply(n, y, call->in[0].data + from + cols, y);
        }
}

static heed_status glu_forward(const heed__call *call)
{
    heed__for_rows(call, call->out.rows, 5 * call->out.cols, glu_rows, NULL);
    return HEED_OK;
}

static heed_status glu_backward(const heed__call *call)
{
    int backward = 1;
    heed__for_rows(call, call->out.rows, 10 * call->out.cols, glu_rows, &backward);
    return HEED_OK;
}

static heed_status glu_check(heed__gradcheck *check)
{
    for (int kind = 0; kind < HEED_ACTIVATIONS; kind++) {
        heed__activation a = {(heed__activation_kind)kind};
        heed__var x = heed__gradcheck_input(check, kind == HEED_SILU ? 1 : 3,
                                            kind == HEED_SILU ? 2 * 259 : 2 * 7);
        HEED_TRY(heed__gradcheck_apply(check, &heed__op_glu, &x, 1, &a, sizeof a));
    }
    return HEED_OK;
}

const heed__op heed__op_glu = {.name = "glu",
                               .summary = "f(a) * b of two halves: SwiGLU, GEGLU, GLU",
                               .least_inputs = 1,
                               .most_inputs = 1,
                               .reads = HEED_READS(0),
                               .stores = HEED_READS(0),
                               .grad_over_value = HEED_READS(0),
                               .shape = glu_shape,
                               .forward = glu_forward,
                               .backward = glu_backward,
                               .check = glu_check};
