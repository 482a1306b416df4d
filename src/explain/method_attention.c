/* SPDX-License-Identifier: MIT */
/* The attention that words receive: at the pool, and within the encoder's layers. */
#include "base/fail.h"
#include "explain/levels.h"

#include <string.h>

static int has_pool(const heed_model *model)
{
    return model->pool.attention || model->hierarchy;
}

static int has_layers(const heed_model *model)
{
    return strcmp(model->encoder_kind->name, "transformer") == 0;
}

/* Mass received by each token, summed over heads and layers. */
typedef struct gathering {
    int pool; /* 1: the pool's, 0: the layers' */
    heed__arena *arena;
    float *received;
    int64_t rows; /* queries x heads x layers that gave it */
} gathering;

static heed_status gather(heed__reading *r, const heed__site *site, void *user)
{
    gathering *g = user;
    int64_t n = r->encoding.length, heads = heed__site_heads(site);
    float *mass = NULL;
    if ((heed__site_place(r, site) == HEED_PLACE_POOL) != g->pool) return HEED_OK;
    if (heed__site_place(r, site) == HEED_PLACE_WORDS || heed__site_rows_of(r, site) != n)
        return HEED_OK; /* among sentences, or by the pool below them */
    HEED_TRY(heed__arena_take(g->arena, (size_t)(n * heads), sizeof *mass, "attention", &mass));
    HEED_TRY(heed__site_mass(r, site, mass));
    for (int64_t i = 0; i < n; i++)
        for (int64_t head = 0; head < heads; head++) g->received[i] += mass[i * heads + head];
    g->rows += heads * (site->at.attend.queries ? n : 1);
    return HEED_OK;
}

/* A word's weight in its sentence times the sentence's in the text. */
static heed_status fill_levels(heed__reading *r, heed__arena *arena, float *scores)
{
    size_t n = (size_t)r->encoding.length;
    float *tokens = NULL, *sentences = NULL;
    HEED_TRY(heed__arena_take(arena, n, sizeof(float), "attention", &tokens));
    HEED_TRY(
        heed__arena_take(arena, (size_t)r->n_sentences, sizeof(float), "attention", &sentences));
    HEED_TRY(heed__levels_read(r, tokens, sentences));
    for (int64_t s = 0; s < r->n_sentences; s++)
        for (int64_t t = r->sentence_starts[s]; t < r->sentence_starts[s + 1]; t++)
            tokens[t] *= sentences[s];
    heed__words_scores(r->word_of, tokens, n, HEED_COMBINE_SUM, scores, r->n_words);
    return HEED_OK;
}

static heed_status fill(heed__reading *r, int pool, heed__arena *arena, float *scores)
{
    if (pool && r->model->hierarchy) return fill_levels(r, arena, scores);
    size_t n = (size_t)r->encoding.length;
    gathering g = {.pool = pool, .arena = arena};
    HEED_TRY(heed__arena_take(arena, n, sizeof(float), "attention", &g.received));
    HEED_TRY(heed__reading_visit(r, gather, &g));
    for (size_t i = 0; i < n && g.rows; i++) g.received[i] /= (float)g.rows;
    heed__words_scores(r->word_of, g.received, n, HEED_COMBINE_SUM, scores, r->n_words);
    return HEED_OK;
}

static heed_status score_of(heed__reading *r, int pool, float *scores)
{
    heed__arena arena = {0};
    heed_status status = fill(r, pool, &arena, scores);
    heed__arena_free(&arena);
    return status;
}

static heed_status score_pool(heed__reading *r, int output, float *scores)
{
    (void)output; /* all outputs share the pool */
    return score_of(r, 1, scores);
}

static heed_status score_layers(heed__reading *r, int output, float *scores)
{
    (void)output;
    return score_of(r, 0, scores);
}

const heed__method heed__method_pool = {
    "pool", "weight of the word in attention pooling", 0, has_pool, score_pool, 0};
const heed__method heed__method_attention = {
    "attention",
    "attention that the word receives, mean over layers, heads and queries",
    0,
    has_layers,
    score_layers,
    0};
