/* SPDX-License-Identifier: MIT */
/*
 * Attention rollout (Abnar, Zuidema, arXiv 2005.00928) without its matrices. What the pool reads of
 * the last layer's outputs goes back through the layers, half by the residual path and half by the
 * mean of the heads' weights:
 *
 *     r <- r / 2 + (sum over heads of r P_h) / (2 H),  last layer first
 *
 * A vector is carried, so that a text of n tokens takes O(n) memory.
 */
#include "base/fail.h"
#include "explain/levels.h"

#include <string.h>

static int supports(const heed_model *model)
{
    return strcmp(model->encoder_kind->name, "transformer") == 0;
}

typedef struct rollout {
    heed_real *r;    /* [rows] */
    heed_real *seen; /* [rows, heads]: products of one site */
    heed_real *held; /* [tokens] */
    int64_t rows;    /* of the level that was reached: sentences, then tokens */
} rollout;

/* What a pool reads of each row: parts of equal weight. */
static void start_at_pool(const heed__reading *r, rollout *x)
{
    const heed__pool *pool = &r->model->pool;
    heed_real share = HEED_REAL(1) / (heed_real)(pool->attention + pool->mean + pool->first);
    for (int64_t i = 0; i < x->rows; i++) x->r[i] = pool->mean ? share / (heed_real)x->rows : 0;
    if (pool->first) x->r[0] += share;
}

/* The pool's own attention, as its one query weighs the rows. */
static heed_status add_pool(heed__reading *r, const heed__site *site, rollout *x)
{
    const heed__pool *pool = &r->model->pool;
    int64_t heads = heed__site_heads(site);
    heed_real share =
        HEED_REAL(1) / (heed_real)((pool->attention + pool->mean + pool->first) * heads);
    HEED_TRY(heed__site_mass(r, site, x->seen));
    for (int64_t i = 0; i < x->rows; i++)
        for (int64_t h = 0; h < heads; h++) x->r[i] += share * x->seen[i * heads + h];
    return HEED_OK;
}

/* From sentences to their words. */
static heed_status spread(heed__reading *r, const heed__site *site, rollout *x)
{
    HEED_TRY(heed__site_mass(r, site, x->seen));
    memcpy(x->held, x->r, (size_t)x->rows * sizeof *x->r);
    for (int64_t s = 0; s < r->n_sentences; s++)
        for (int64_t t = r->sentence_starts[s]; t < r->sentence_starts[s + 1]; t++)
            x->r[t] = x->held[s] * x->seen[t];
    x->rows = r->encoding.length;
    return HEED_OK;
}

static heed_status pass_back(heed__reading *r, const heed__site *site, void *user)
{
    rollout *x = user;
    int64_t heads = heed__site_heads(site);
    heed__place place = heed__site_place(r, site);
    if (place == HEED_PLACE_POOL) return add_pool(r, site, x);
    if (place == HEED_PLACE_WORDS) return spread(r, site, x);
    HEED_TRY(heed__site_left_product(r, site, x->r, x->seen));
    heed_real half = HEED_REAL(0.5);
    for (int64_t j = 0; j < x->rows; j++) {
        heed_real sum = 0;
        for (int64_t h = 0; h < heads; h++) sum += x->seen[j * heads + h];
        x->r[j] = half * x->r[j] + half * sum / (heed_real)heads;
    }
    return HEED_OK;
}

static heed_status fill(heed__reading *r, heed__arena *arena, float *scores)
{
    size_t n = (size_t)r->encoding.length;
    size_t heads = (size_t)heed__config_integer(r->model->config, "encoder.heads");
    size_t pooled = (size_t)heed__config_integer(r->model->config, "pool.heads");
    if (pooled > heads) heads = pooled;
    rollout x = {.rows = r->model->hierarchy ? r->n_sentences : r->encoding.length};
    HEED_TRY(heed__arena_take(arena, n, sizeof *x.r, "rollout", &x.r));
    HEED_TRY(heed__arena_take(arena, n, sizeof *x.held, "rollout", &x.held));
    HEED_TRY(heed__arena_take(arena, n * heads, sizeof *x.seen, "rollout", &x.seen));
    start_at_pool(r, &x);
    HEED_TRY(heed__reading_visit_back(r, pass_back, &x));
    heed__words_scores(r->word_of, x.r, n, HEED_COMBINE_SUM, scores, r->n_words);
    return HEED_OK;
}

static heed_status score(heed__reading *r, int output, float *scores)
{
    heed__arena arena = {0};
    (void)output; /* all outputs share the layers */
    heed_status status = fill(r, &arena, scores);
    heed__arena_free(&arena);
    return status;
}

const heed__method heed__method_rollout = {
    "rollout", "attention followed back through all layers, residual paths counted as half",
    0,         supports,
    score,     0};
