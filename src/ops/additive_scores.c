/* SPDX-License-Identifier: MIT */
/*
 * s = w . t with t = tanh(q + k (+ c w_c)), one number a pair. Backward, t being made again, with
 * u = ds w (1 - t^2):
 *   dw += ds t,  dq += u,  dk += u,  dc += u . w_c,  dw_c += c u
 * Sums for w and w_c go over pairs inside a query, then over queries.
 */
#include "autograd/gradcheck.h"
#include "ops/look.h"
#include "ops/rows.h"

#include <string.h>

static heed_status additive_shape(const heed__shapes *s, heed__size *size)
{
    const heed__look *look = s->attributes;
    int64_t A = s->in[0].cols, n = look->pairs->n;
    HEED_TRY(heed__want_shape(s, "additive_scores", 0, "q", n, -1));
    HEED_TRY(heed__look_check("additive_scores", look, s->in[1].rows));
    HEED_TRY(heed__want_shape(s, "additive_scores", 1, "k", -1, A));
    HEED_TRY(heed__want_shape(s, "additive_scores", 2, "w", 1, A));
    if (s->inputs == 4)
        return heed__fail(HEED_E_INVALID, "additive_scores: coverage without its weights");
    if (s->inputs > 4) {
        HEED_TRY(heed__want_shape(s, "additive_scores", 3, "the coverage", -1, 1));
        HEED_TRY(heed__want_shape(s, "additive_scores", 4, "w_c", 1, A));
        if (s->in[3].rows < look->pairs->rows)
            return heed__fail(HEED_E_INVALID,
                              "additive_scores: %lld rows of coverage for %lld pairs",
                              (long long)s->in[3].rows, (long long)look->pairs->rows);
    }
    size->rows = look->pairs->rows;
    size->cols = 1;
    size->forward_workspace = n * A;
    size->backward_workspace = 3 * n * A;
    return HEED_OK;
}

/* t of pair p, whose memory row is `row`. */
static void hidden_of(const heed__call *call, const heed__glance *g, int64_t j, heed_real *t)
{
    int64_t A = call->in[0].cols;
    memcpy(t, call->in[1].data + (g->memory + j) * A, (size_t)A * sizeof *t);
    call->kernels->add(A, call->in[0].data + g->query * A, t);
    if (call->inputs > 4)
        call->kernels->axpy(A, call->in[3].data[g->first + j], call->in[4].data, t);
    call->kernels->tanh(A, t, t);
}

static void score(const heed__call *call, const heed__glance *g, void *extra)
{
    int64_t A = call->in[0].cols;
    heed_real *t = call->workspace + g->query * A;
    (void)extra;
    for (int64_t j = 0; j < g->count; j++) {
        hidden_of(call, g, j, t);
        call->out.data[g->first + j] = call->kernels->dot(A, call->in[2].data, t);
    }
}

static heed_status additive_forward(const heed__call *call)
{
    heed__for_queries(call, call->attributes, 6 * call->in[0].cols, score, NULL);
    return HEED_OK;
}

static void score_back(const heed__call *call, const heed__glance *g, void *extra)
{
    const heed__kernels *k = call->kernels;
    int64_t A = call->in[0].cols, n = call->in[0].rows;
    const heed_real *w = call->in[2].data;
    heed_real *t = call->workspace + g->query * A, *dw = t + n * A, *dwc = dw + n * A;
    (void)extra;
    for (int64_t j = 0; j < g->count; j++) {
        heed_real ds = call->out.grad[g->first + j];
        hidden_of(call, g, j, t);
        k->axpy(A, ds, t, dw);
        for (int64_t a = 0; a < A; a++) t[a] = ds * w[a] * (1 - t[a] * t[a]);
        if (call->in[0].grad) k->add(A, t, call->in[0].grad + g->query * A);
        if (call->in[1].grad) k->add(A, t, call->in[1].grad + (g->memory + j) * A);
        if (call->inputs < 5) continue;
        if (call->in[3].grad) call->in[3].grad[g->first + j] += k->dot(A, t, call->in[4].data);
        k->axpy(A, call->in[3].data[g->first + j], t, dwc);
    }
}

static heed_status additive_backward(const heed__call *call)
{
    int64_t A = call->in[0].cols, n = call->in[0].rows;
    heed_real *dw = call->workspace + n * A;
    if (n < 1) return HEED_OK;
    memset(dw, 0, (size_t)(2 * n * A) * sizeof *dw);
    heed__for_lookers(call, call->attributes, call->in[1].rows, 10 * A, score_back, NULL);
    if (call->in[2].grad) heed__column_sums(call, dw, n, A, call->in[2].grad);
    if (call->inputs > 4 && call->in[4].grad)
        heed__column_sums(call, dw + n * A, n, A, call->in[4].grad);
    return HEED_OK;
}

static double additive_flops(const heed__shapes *s)
{
    const heed__look *look = s->attributes;
    return 2.0 * (double)look->pairs->rows * (double)s->in[0].cols;
}

static heed_status additive_check(heed__gradcheck *check)
{
    const heed__look *look = heed__look_example();
    for (int coverage = 0; coverage < 2; coverage++) {
        int64_t A = coverage ? 3 : 18;
        heed__var in[5] = {heed__gradcheck_input(check, HEED_CHECK_QUERIES, A),
                           heed__gradcheck_input(check, HEED_CHECK_MEMORY, A),
                           heed__gradcheck_input(check, 1, A), HEED_NO_VAR, HEED_NO_VAR};
        if (coverage) {
            in[3] = heed__gradcheck_input(check, HEED_CHECK_PAIRS + 2, 1);
            in[4] = heed__gradcheck_input(check, 1, A);
        }
        HEED_TRY(
            heed__gradcheck_apply(check, &heed__op_additive_scores, in, 5, look, sizeof *look));
    }
    return HEED_OK;
}

const heed__op heed__op_additive_scores = {.name = "additive_scores",
                                           .summary = "w . tanh(q + k), one query a sequence",
                                           .least_inputs = 3,
                                           .most_inputs = 5,
                                           .reads = HEED_READS(0) | HEED_READS(1) | HEED_READS(2) |
                                                    HEED_READS(3) | HEED_READS(4),
                                           .shape = additive_shape,
                                           .forward = additive_forward,
                                           .backward = additive_backward,
                                           .flops = additive_flops,
                                           .check = additive_check};
