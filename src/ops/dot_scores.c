/* SPDX-License-Identifier: MIT */
/* s = scale q . k, one number a pair: dq += scale ds k, dk += scale ds q. */
#include "autograd/gradcheck.h"
#include "ops/look.h"
#include "ops/rows.h"

static const heed__dot_look *attributes_of(const heed__call *call)
{
    return call->attributes;
}

static heed_status dot_shape(const heed__shapes *s, heed__size *size)
{
    const heed__dot_look *a = s->attributes;
    HEED_TRY(heed__want_shape(s, "dot_scores", 0, "q", a->look.pairs->n, -1));
    HEED_TRY(heed__look_check("dot_scores", &a->look, s->in[1].rows));
    HEED_TRY(heed__want_shape(s, "dot_scores", 1, "k", -1, s->in[0].cols));
    size->rows = a->look.pairs->rows;
    size->cols = 1;
    return HEED_OK;
}

static void score(const heed__call *call, const heed__glance *g, void *extra)
{
    heed_real scale = (heed_real)attributes_of(call)->scale;
    int64_t A = call->in[0].cols;
    const heed_real *q = call->in[0].data + g->query * A;
    (void)extra;
    for (int64_t j = 0; j < g->count; j++)
        call->out.data[g->first + j] =
            scale * call->kernels->dot(A, q, call->in[1].data + (g->memory + j) * A);
}

static heed_status dot_forward(const heed__call *call)
{
    heed__for_queries(call, &attributes_of(call)->look, call->in[0].cols, score, NULL);
    return HEED_OK;
}

static void score_back(const heed__call *call, const heed__glance *g, void *extra)
{
    heed_real scale = (heed_real)attributes_of(call)->scale;
    int64_t A = call->in[0].cols, query = g->query * A;
    (void)extra;
    for (int64_t j = 0; j < g->count; j++) {
        heed_real ds = scale * call->out.grad[g->first + j];
        int64_t key = (g->memory + j) * A;
        if (call->in[0].grad)
            call->kernels->axpy(A, ds, call->in[1].data + key, call->in[0].grad + query);
        if (call->in[1].grad)
            call->kernels->axpy(A, ds, call->in[0].data + query, call->in[1].grad + key);
    }
}

static heed_status dot_backward(const heed__call *call)
{
    heed__for_lookers(call, &attributes_of(call)->look, call->in[1].rows, 2 * call->in[0].cols,
                      score_back, NULL);
    return HEED_OK;
}

static double dot_flops(const heed__shapes *s)
{
    const heed__dot_look *a = s->attributes;
    return 2.0 * (double)a->look.pairs->rows * (double)s->in[0].cols;
}

static heed_status dot_check(heed__gradcheck *check)
{
    for (int64_t A = 1; A < 40; A += 18) {
        heed__dot_look a = {*heed__look_example(), 0.75f};
        heed__var in[2] = {heed__gradcheck_input(check, HEED_CHECK_QUERIES, A),
                           heed__gradcheck_input(check, HEED_CHECK_MEMORY, A)};
        HEED_TRY(heed__gradcheck_apply(check, &heed__op_dot_scores, in, 2, &a, sizeof a));
    }
    return HEED_OK;
}

const heed__op heed__op_dot_scores = {.name = "dot_scores",
                                      .summary = "scale q . k, one query a sequence",
                                      .least_inputs = 2,
                                      .most_inputs = 2,
                                      .reads = HEED_READS(0) | HEED_READS(1),
                                      .shape = dot_shape,
                                      .forward = dot_forward,
                                      .backward = dot_backward,
                                      .flops = dot_flops,
                                      .check = dot_check};
