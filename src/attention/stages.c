/* SPDX-License-Identifier: MIT */
#include "attention/stages.h"

#include "attention/dropout.h"

heed__stage heed__stage_of(const heed__run *run, int64_t sequence, int64_t head)
{
    heed__stage stage = {.run = run, .place = heed__place_of(run, sequence, head)};
    if (run->drops) heed__dropout_key(run->batch, sequence, head, stage.drop_key);
    return stage;
}

heed__cover heed__cover_of(const heed__stage *stage, const heed__block *block)
{
    const heed__mask_node *node = stage->run->plan->mask;
    return node ? node->mask->cover(node, &stage->place, block) : HEED_FULL;
}

void heed__visible(const heed__stage *stage, int64_t i, int64_t j, int64_t n,
                   unsigned char *visible)
{
    const heed__mask_node *node = stage->run->plan->mask;
    node->mask->row(node, &stage->place, i, j, n, visible);
}

static void select_scores(int64_t n, const unsigned char *visible, heed_real *s)
{
    if (!visible) return;
    for (int64_t t = 0; t < n; t++) s[t] = visible[t] ? s[t] : -HEED_REAL(INFINITY);
}

/* keep[t] = Z / (1 - p) of query i and key j + t. */
static void draw(const heed__stage *stage, int64_t i, int64_t j, int64_t n, heed_real *keep)
{
    const heed_attention_plan *plan = stage->run->plan;
    heed__dropout_row(stage->drop_key, plan->drop_below, plan->keep_factor, i, j, n, keep);
}

static void multiply(int64_t n, const heed_real *x, heed_real *y)
{
    for (int64_t t = 0; t < n; t++) y[t] *= x[t];
}

heed_real heed__stage_forward(const heed__stage *stage, int64_t i, int64_t j, int64_t n,
                              const unsigned char *visible, heed_real *s, heed_real *top,
                              heed_real *sum)
{
    const heed_attention_plan *plan = stage->run->plan;
    select_scores(n, visible, s);
    heed_real factor = plan->normaliser->block(plan->kernels, n, s, top, sum);
    if (stage->run->drops) {
        heed_real keep[HEED_KEY_BLOCK];
        draw(stage, i, j, n, keep);
        multiply(n, keep, s);
    }
    return factor;
}

void heed__stage_weights(const heed__stage *stage, int64_t n, const unsigned char *visible,
                         heed_real lse, heed_real *s)
{
    const heed_attention_plan *plan = stage->run->plan;
    select_scores(n, visible, s);
    plan->normaliser->weights(plan->kernels, n, s, lse);
    if (!visible) return;
    for (int64_t t = 0; t < n; t++) s[t] = visible[t] ? s[t] : 0;
}

void heed__stage_backward(const heed__stage *stage, int64_t i, int64_t j, int64_t n,
                          const unsigned char *visible, heed_real lse, heed_real delta,
                          heed_real *s, heed_real *d)
{
    heed_real keep[HEED_KEY_BLOCK];
    const heed_attention_plan *plan = stage->run->plan;
    int drops = stage->run->drops;
    heed__stage_weights(stage, n, visible, lse, s);
    if (drops) {
        draw(stage, i, j, n, keep);
        multiply(n, keep, d);
    }
    plan->normaliser->backward(n, s, d, delta);
    if (drops) multiply(n, keep, s);
    if (lse == -HEED_REAL(INFINITY)) {
        for (int64_t t = 0; t < n; t++) d[t] = 0;
    } else if (visible) {
        for (int64_t t = 0; t < n; t++) d[t] = visible[t] ? d[t] : 0;
    }
}

int heed__all_finite(int64_t rows, int64_t n, const heed_real *x, int64_t stride)
{
    int bad = 0;
    for (int64_t r = 0; r < rows; r++) {
        const heed_real *row = x + r * stride;
        for (int64_t d = 0; d < n; d++) bad |= !(row[d] - row[d] == 0);
    }
    return !bad;
}
