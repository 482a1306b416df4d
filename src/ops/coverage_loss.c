/* SPDX-License-Identifier: MIT */
/* y = scale * sum of min(a, c) (See, Liu, Manning, arXiv 1704.04368): attention that returns to
 * what it has covered costs. The gradient goes to the smaller of both. */
#include "autograd/gradcheck.h"
#include "ops/memory.h"
#include "ops/rows.h"

static heed_status coverage_loss_shape(const heed__shapes *s, heed__size *size)
{
    HEED_TRY(heed__want_shape(s, "coverage_loss", 0, "the weights", -1, 1));
    HEED_TRY(heed__want_shape(s, "coverage_loss", 1, "the coverage", -1, 1));
    if (s->in[1].rows < s->in[0].rows)
        return heed__fail(HEED_E_INVALID, "coverage_loss: %lld rows of coverage for %lld weights",
                          (long long)s->in[1].rows, (long long)s->in[0].rows);
    size->rows = size->cols = 1;
    size->forward_workspace = s->in[0].rows;
    return HEED_OK;
}

static heed_status coverage_loss_forward(const heed__call *call)
{
    const heed_real *a = call->in[0].data, *c = call->in[1].data;
    heed_real *least = call->workspace;
    for (int64_t i = 0; i < call->in[0].rows; i++) least[i] = c[i] < a[i] ? c[i] : a[i];
    heed_real scale = (heed_real)((const heed__coverage_loss *)call->attributes)->scale;
    *call->out.data = scale * call->kernels->sum(call->in[0].rows, least);
    return HEED_OK;
}

static heed_status coverage_loss_backward(const heed__call *call)
{
    const heed_real *a = call->in[0].data, *c = call->in[1].data;
    heed_real scale = (heed_real)((const heed__coverage_loss *)call->attributes)->scale;
    heed_real slope = scale * *call->out.grad;
    for (int64_t i = 0; i < call->in[0].rows; i++) {
        heed_real *to = call->in[c[i] < a[i] ? 1 : 0].grad;
        if (to) to[i] += slope;
    }
    return HEED_OK;
}

static heed_status coverage_loss_check(heed__gradcheck *check)
{
    for (int64_t rows = 0; rows < 40; rows += 19) {
        heed__coverage_loss loss = {0.25f};
        heed__var in[2] = {heed__gradcheck_input(check, rows, 1),
                           heed__gradcheck_input(check, rows + 2, 1)};
        HEED_TRY(heed__gradcheck_apply(check, &heed__op_coverage_loss, in, 2, &loss, sizeof loss));
    }
    return HEED_OK;
}

const heed__op heed__op_coverage_loss = {.name = "coverage_loss",
                                         .summary = "sum of min(weight, coverage)",
                                         .least_inputs = 2,
                                         .most_inputs = 2,
                                         .reads = HEED_READS(0) | HEED_READS(1),
                                         .shape = coverage_loss_shape,
                                         .forward = coverage_loss_forward,
                                         .backward = coverage_loss_backward,
                                         .check = coverage_loss_check};
