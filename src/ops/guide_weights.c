/* SPDX-License-Identifier: MIT */
/* Guided alignment of weights that are a value (ops/guide.h): da = -1 / (a x linked rows). */
#include "autograd/gradcheck.h"
#include "ops/guide.h"
#include "ops/look.h"
#include "ops/ops.h"
#include "ops/rows.h"

static const heed_real least_weight = HEED_REAL(1e-18);

static heed_status guide_shape(const heed__shapes *s, heed__size *size)
{
    const heed__guide_weights *g = s->attributes;
    HEED_TRY(heed__want_shape(s, "guide_weights", 0, "the weights", g->pairs->rows, 1));
    size->rows = size->cols = 1;
    return HEED_OK;
}

static heed_status check_links(const heed__guide_weights *g, int64_t *linked)
{
    for (int64_t i = 0; i < g->pairs->n; i++) {
        *linked += g->links.first[i + 1] > g->links.first[i];
        for (int64_t l = g->links.first[i]; l < g->links.first[i + 1]; l++)
            if (g->links.items[l] < 0 || g->links.items[l] >= heed__ragged_length(g->pairs, i))
                return heed__fail(HEED_E_INVALID,
                                  "guide_weights: row %lld is linked to %d; it has %lld pairs",
                                  (long long)i, (int)g->links.items[l],
                                  (long long)heed__ragged_length(g->pairs, i));
    }
    return HEED_OK;
}

static heed_status guide_forward(const heed__call *call)
{
    const heed__guide_weights *g = call->attributes;
    int64_t linked = 0;
    heed_real total = 0;
    HEED_TRY(check_links(g, &linked));
    for (int64_t i = 0; i < g->pairs->n; i++)
        for (int64_t l = g->links.first[i]; l < g->links.first[i + 1]; l++) {
            heed_real a = call->in[0].data[g->pairs->offsets[i] + g->links.items[l]], log_a;
            if (a < least_weight) a = least_weight;
            call->kernels->log(1, &a, &log_a);
            total -= log_a;
        }
    *call->out.data = linked ? total / (heed_real)linked : 0;
    return HEED_OK;
}

static heed_status guide_backward(const heed__call *call)
{
    const heed__guide_weights *g = call->attributes;
    int64_t linked = 0;
    HEED_TRY(check_links(g, &linked));
    for (int64_t i = 0; i < g->pairs->n; i++)
        for (int64_t l = g->links.first[i]; l < g->links.first[i + 1]; l++) {
            int64_t at = g->pairs->offsets[i] + g->links.items[l];
            heed_real a = call->in[0].data[at];
            if (!(a < least_weight))
                call->in[0].grad[at] -= *call->out.grad / (a * (heed_real)linked);
        }
    return HEED_OK;
}

/* Weights are positive, as of a softmax: the check records one. */
static heed_status guide_check(heed__gradcheck *check)
{
    static const int64_t first[] = {0, 2, 2, 5, 5, 6}, none[] = {0, 0, 0, 0, 0, 0};
    static const int32_t items[] = {3, 0, 1, 1, 2, 0};
    heed__guide_weights g = {heed__look_example()->pairs, {first, items}};
    for (int i = 0; i < 2; i++) {
        if (i) g.links.first = none;
        heed__segment segment = {g.pairs};
        heed__var scores = heed__gradcheck_input(check, HEED_CHECK_PAIRS, 1);
        heed__var a =
            heed__tape_apply(check->tape, &heed__op_softmax, &scores, 1, &segment, sizeof segment);
        HEED_TRY(heed__gradcheck_apply(check, &heed__op_guide_weights, &a, 1, &g, sizeof g));
    }
    return HEED_OK;
}

const heed__op heed__op_guide_weights = {.name = "guide_weights",
                                         .summary = "weights that are a value towards given links",
                                         .least_inputs = 1,
                                         .most_inputs = 1,
                                         .reads = HEED_READS(0),
                                         .shape = guide_shape,
                                         .forward = guide_forward,
                                         .backward = guide_backward,
                                         .check = guide_check};
