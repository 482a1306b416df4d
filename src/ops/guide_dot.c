/* SPDX-License-Identifier: MIT */
/*
 * Guided alignment of a dot-product head (ops/guide.h): with m_i links of row i, a row's loss is
 * the sum over its links of lse_i - s_ij, and ds_ij = m_i P_ij - (links i to j).
 */
#include "autograd/gradcheck.h"
#include "ops/guide.h"
#include "ops/rows.h"
#include "ops/softmax_rows.h"

#include <string.h>

static heed_status guide_shape(const heed__shapes *s, heed__size *size)
{
    const heed__guide_dot *g = s->attributes;
    HEED_TRY(heed__want_shape(s, "guide_dot", 0, "q", g->queries->rows, -1));
    HEED_TRY(heed__want_shape(s, "guide_dot", 1, "k", g->keys->rows, -1));
    if (g->queries->n != g->keys->n)
        return heed__fail(HEED_E_INVALID, "guide_dot: %lld sequences of queries, %lld of keys",
                          (long long)g->queries->n, (long long)g->keys->n);
    if (g->q_column + g->head_size > s->in[0].cols || g->k_column + g->head_size > s->in[1].cols)
        return heed__fail(HEED_E_INVALID, "guide_dot: a head past the last column");
    int64_t scratch = 2 * g->keys->longest * heed_context_threads(s->context);
    size->rows = size->cols = 1;
    size->forward_workspace = g->queries->n + scratch;
    size->backward_workspace = scratch;
    return HEED_OK;
}

static int64_t links_of(const heed__guide_links *links, int64_t row)
{
    return links->first[row + 1] - links->first[row];
}

static heed_status check_links(const heed__guide_dot *g, int64_t *linked)
{
    for (int64_t s = 0; s < g->queries->n; s++)
        for (int64_t i = g->queries->offsets[s]; i < g->queries->offsets[s + 1]; i++) {
            *linked += links_of(&g->links, i) > 0;
            for (int64_t l = g->links.first[i]; l < g->links.first[i + 1]; l++)
                if (g->links.items[l] < 0 || g->links.items[l] >= heed__ragged_length(g->keys, s))
                    return heed__fail(HEED_E_INVALID,
                                      "guide_dot: row %lld is linked to %d; its sequence has %lld "
                                      "keys",
                                      (long long)i, (int)g->links.items[l],
                                      (long long)heed__ragged_length(g->keys, s));
        }
    return HEED_OK;
}

/* What the tasks share; scratch [threads, 2 longest]: a row's scores, and its softmax. */
typedef struct guiding {
    const heed__guide_dot *g;
    heed_real *losses; /* [sequences] */
    heed_real *scratch;
    int64_t linked;
    heed_real slope; /* backward: the loss's gradient over the linked rows */
} guiding;

static void scores_of(const heed__call *call, const heed__guide_dot *g, int64_t s, int64_t i,
                      heed_real *scores)
{
    const heed_real *q = call->in[0].data + i * call->in[0].cols + g->q_column;
    for (int64_t j = g->keys->offsets[s]; j < g->keys->offsets[s + 1]; j++)
        *scores++ = (heed_real)g->scale *
                    call->kernels->dot(g->head_size, q,
                                       call->in[1].data + j * call->in[1].cols + g->k_column);
}

static void lose_sequences(const heed__call *call, int64_t begin, int64_t end, int thread,
                           void *extra)
{
    const guiding *w = extra;
    const heed__guide_dot *g = w->g;
    heed_real *scores = w->scratch + thread * 2 * g->keys->longest, lse;
    for (int64_t s = begin; s < end; s++) {
        int64_t keys = heed__ragged_length(g->keys, s);
        w->losses[s] = 0;
        for (int64_t i = g->queries->offsets[s]; i < g->queries->offsets[s + 1]; i++) {
            if (!links_of(&g->links, i)) continue;
            scores_of(call, g, s, i, scores);
            (void)heed__row_softmax_of(call->kernels, keys, scores, scores + keys, &lse);
            for (int64_t l = g->links.first[i]; l < g->links.first[i + 1]; l++)
                w->losses[s] += lse - scores[g->links.items[l]];
        }
    }
}

static int64_t cost_of(const heed__guide_dot *g)
{
    int64_t n = g->queries->n ? g->queries->n : 1;
    return (g->queries->rows / n + 1) * (g->keys->rows / n + 1) * (g->head_size + 8);
}

static heed_status guide_forward(const heed__call *call)
{
    guiding w = {.g = call->attributes, .losses = call->workspace};
    w.scratch = call->workspace + w.g->queries->n;
    HEED_TRY(check_links(w.g, &w.linked));
    heed__for_scratch_rows(call, w.g->queries->n, cost_of(w.g), lose_sequences, &w);
    heed_real total = 0;
    for (int64_t s = 0; s < w.g->queries->n; s++) total += w.losses[s];
    *call->out.data = w.linked ? total / (heed_real)w.linked : 0;
    return HEED_OK;
}

/* One row back: ds in `ds`, of its sequence's keys. */
static void row_back(const heed__call *call, const heed__guide_dot *g, int64_t s, int64_t i,
                     const heed_real *ds)
{
    int64_t query = i * call->in[0].cols + g->q_column;
    for (int64_t j = g->keys->offsets[s]; j < g->keys->offsets[s + 1]; j++) {
        int64_t key = j * call->in[1].cols + g->k_column;
        heed_real slope = (heed_real)g->scale * *ds++;
        if (call->in[0].grad)
            call->kernels->axpy(g->head_size, slope, call->in[1].data + key,
                                call->in[0].grad + query);
        if (call->in[1].grad)
            call->kernels->axpy(g->head_size, slope, call->in[0].data + query,
                                call->in[1].grad + key);
    }
}

static void slope_sequences(const heed__call *call, int64_t begin, int64_t end, int thread,
                            void *extra)
{
    const guiding *w = extra;
    const heed__guide_dot *g = w->g;
    heed_real *scores = w->scratch + thread * 2 * g->keys->longest, lse;
    for (int64_t s = begin; s < end; s++) {
        int64_t keys = heed__ragged_length(g->keys, s);
        heed_real *p = scores + keys;
        for (int64_t i = g->queries->offsets[s]; i < g->queries->offsets[s + 1]; i++) {
            int64_t links = links_of(&g->links, i);
            if (!links) continue;
            scores_of(call, g, s, i, scores);
            heed__row_softmax of = heed__row_softmax_of(call->kernels, keys, scores, p, &lse);
            call->kernels->scale(keys, of.rest * w->slope * (heed_real)links, p, p);
            for (int64_t l = g->links.first[i]; l < g->links.first[i + 1]; l++)
                p[g->links.items[l]] -= w->slope;
            row_back(call, g, s, i, p);
        }
    }
}

static heed_status guide_backward(const heed__call *call)
{
    guiding w = {.g = call->attributes, .scratch = call->workspace};
    HEED_TRY(check_links(w.g, &w.linked));
    if (!w.linked) return HEED_OK;
    w.slope = *call->out.grad / (heed_real)w.linked;
    heed__for_scratch_rows(call, w.g->queries->n, 3 * cost_of(w.g), slope_sequences, &w);
    return HEED_OK;
}

/* Every score and its use, of all rows. */
static double guide_flops(const heed__shapes *s)
{
    const heed__guide_dot *g = s->attributes;
    double pairs = 0;
    for (int64_t i = 0; g->keys->offsets && i < g->keys->n; i++)
        pairs +=
            (double)heed__ragged_length(g->queries, i) * (double)heed__ragged_length(g->keys, i);
    return 2 * pairs * (double)g->head_size;
}

static heed_status guide_check(heed__gradcheck *check)
{
    static const int64_t targets[] = {0, 3, 3, 4, 6}, sources[] = {0, 2, 5, 5, 6};
    static const heed__ragged queries = {4, 6, 3, targets, NULL, NULL};
    static const heed__ragged keys = {4, 6, 3, sources, NULL, NULL};
    static const int64_t first[] = {0, 2, 2, 4, 4, 5, 5}, none[] = {0, 0, 0, 0, 0, 0, 0};
    static const int32_t items[] = {1, 0, 1, 1, 0};
    heed__guide_dot g = {&queries, &keys, 2, 1, 3, 0.7f, {first, items}};
    heed__var in[2] = {heed__gradcheck_input(check, 6, 6), heed__gradcheck_input(check, 6, 4)};
    HEED_TRY(heed__gradcheck_apply(check, &heed__op_guide_dot, in, 2, &g, sizeof g));
    heed__var twice = heed__gradcheck_input(check, 6, 5); /* queries and keys of one value */
    heed__var same[2] = {twice, twice};
    HEED_TRY(heed__gradcheck_apply(check, &heed__op_guide_dot, same, 2, &g, sizeof g));
    g.links.first = none;
    heed__var last[2] = {heed__gradcheck_input(check, 6, 6), heed__gradcheck_input(check, 6, 4)};
    return heed__gradcheck_apply(check, &heed__op_guide_dot, last, 2, &g, sizeof g);
}

const heed__op heed__op_guide_dot = {.name = "guide_dot",
                                     .summary = "a dot-product head's weights towards given links",
                                     .least_inputs = 2,
                                     .most_inputs = 2,
                                     .reads = HEED_READS(0) | HEED_READS(1),
                                     .shape = guide_shape,
                                     .forward = guide_forward,
                                     .backward = guide_backward,
                                     .flops = guide_flops,
                                     .check = guide_check};
