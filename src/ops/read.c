/* SPDX-License-Identifier: MIT */
/* y = sum over a query's pairs of a v: da += dy . v, dv += a dy. */
#include "autograd/gradcheck.h"
#include "ops/look.h"
#include "ops/rows.h"

static heed_status read_shape(const heed__shapes *s, heed__size *size)
{
    const heed__look *look = s->attributes;
    HEED_TRY(heed__want_shape(s, "read", 0, "the weights", look->pairs->rows, 1));
    HEED_TRY(heed__look_check("read", look, s->in[1].rows));
    size->rows = look->pairs->n;
    size->cols = s->in[1].cols;
    return HEED_OK;
}

static void weigh(const heed__call *call, const heed__glance *g, void *extra)
{
    int64_t C = call->out.cols;
    heed__tile tile = {.rows = 1, .cols = C, .k = g->count};
    (void)extra;
    tile.a = call->in[0].data + g->first, tile.a_row = g->count, tile.a_col = 1;
    tile.b = call->in[1].data + g->memory * C, tile.b_row = C;
    tile.c = call->out.data + g->query * C, tile.c_row = C;
    call->kernels->gemm_tile(&tile);
}

static heed_status read_forward(const heed__call *call)
{
    heed__for_queries(call, call->attributes, call->out.cols, weigh, NULL);
    return HEED_OK;
}

static void pass(const heed__matrix *weights, int64_t pair, heed_real da)
{
    weights->grad[pair] = (weights->fresh ? 0 : weights->grad[pair]) + da;
}

static void weigh_back(const heed__call *call, const heed__glance *g, void *extra)
{
    int64_t C = call->out.cols;
    const heed_real *dy = call->out.grad + g->query * C;
    (void)extra;
    for (int64_t j = 0; j < g->count; j++) {
        int64_t row = (g->memory + j) * C;
        if (call->in[0].grad)
            pass(&call->in[0], g->first + j, call->kernels->dot(C, dy, call->in[1].data + row));
        if (call->in[1].grad)
            call->kernels->axpy(C, call->in[0].data[g->first + j], dy, call->in[1].grad + row);
    }
}

static heed_status read_backward(const heed__call *call)
{
    heed__for_lookers(call, call->attributes, call->in[1].rows, 2 * call->out.cols, weigh_back,
                      NULL);
    return HEED_OK;
}

static double read_flops(const heed__shapes *s)
{
    const heed__look *look = s->attributes;
    return 2.0 * (double)look->pairs->rows * (double)s->in[1].cols;
}

static heed_status read_check(heed__gradcheck *check)
{
    const heed__look *look = heed__look_example();
    for (int64_t C = 1; C < 40; C += 18) {
        heed__var in[2] = {heed__gradcheck_input(check, HEED_CHECK_PAIRS, 1),
                           heed__gradcheck_input(check, HEED_CHECK_MEMORY, C)};
        HEED_TRY(heed__gradcheck_apply(check, &heed__op_read, in, 2, look, sizeof *look));
    }
    return HEED_OK;
}

const heed__op heed__op_read = {.name = "read",
                                .summary = "weighted sum of memory rows, one query a sequence",
                                .least_inputs = 2,
                                .most_inputs = 2,
                                .reads = HEED_READS(0) | HEED_READS(1),
                                .stores = HEED_READS(0),
                                .shape = read_shape,
                                .forward = read_forward,
                                .backward = read_backward,
                                .flops = read_flops,
                                .check = read_check};
