/* SPDX-License-Identifier: MIT */
/* Which layer, head and rule make the best links: each pair is run once, and of all its weights
 * only counts are kept. */
#include "base/fail.h"
#include "base/memory.h"
#include "data/links.h"
#include "model/translations.h"

#include <stdlib.h>

enum { RULES = 2 };

struct heed_align_trials {
    heed_model *model;
    int64_t layers, heads, tried; /* tried: the mean of several heads, and each head */
    heed_alignment_score *scores; /* [layers, tried, RULES] */
    heed__aligner aligner;
    heed__word_spans source, target;
    float *mean;
    size_t mean_room;
    /* The pairs at hand. */
    const heed_links *gold;
    int64_t first;
};

heed_status heed_align_trials_create(heed_model *model, heed_align_trials **out)
{
    int64_t layers, heads;
    heed_align_trials *t = NULL;
    *out = NULL;
    if (heed_model_task(model) != HEED_TASK_TRANSLATE)
        return heed__fail(HEED_E_INVALID, "the model does not translate; it has no alignments");
    heed_model_alignment_sites(model, &layers, &heads);
    if (!layers)
        return heed__fail(HEED_E_UNSUPPORTED,
                          "the model has no attention to its source to choose from");
    HEED_TRY(heed__alloc(1, sizeof *t, "trials of heads", &t));
    *t = (heed_align_trials){
        .model = model, .layers = layers, .heads = heads, .tried = heads + (heads > 1)};
    heed_status status = heed__alloc((size_t)heed_align_trials_count(t), sizeof *t->scores,
                                     "trials of heads", &t->scores);
    if (status != HEED_OK)
        heed_align_trials_destroy(&t);
    else
        *out = t;
    return status;
}

void heed_align_trials_destroy(heed_align_trials **trials)
{
    if (!trials || !*trials) return;
    heed__aligner_free(&(*trials)->aligner);
    heed__word_spans_free(&(*trials)->source);
    heed__word_spans_free(&(*trials)->target);
    heed__free((*trials)->scores);
    free((*trials)->mean);
    heed__free(*trials);
    *trials = NULL;
}

/* ---- one pair ---- */

static heed_pair_links gold_of(const heed_align_trials *t, int64_t pair)
{
    if (t->first + pair >= heed_links_pairs(t->gold)) return (heed_pair_links){0};
    return heed_links_at(t->gold, t->first + pair);
}

static heed_status add_head(heed_align_trials *t, const heed__align_pair *pair,
                            heed_alignment_score *scores, const heed_pair_links *gold)
{
    for (int rule = 0; rule < RULES; rule++) {
        heed__align_how how = {.rule = rule ? HEED_ALIGN_INPUT : HEED_ALIGN_OUTPUT};
        HEED_TRY(heed__align_links(&t->aligner, pair, &how));
        heed_pair_links links = {t->aligner.n_links, t->aligner.links, NULL};
        heed__score_add(&scores[rule], &links, gold);
    }
    return HEED_OK;
}

/* The heads of a layer stand side by side in a row. */
static heed_status mean_of_heads(heed_align_trials *t, const heed__align_pair *pair)
{
    int64_t columns = pair->source.tokens + 1;
    HEED_TRY(heed__grow(&t->mean, &t->mean_room, (size_t)(pair->rows * columns), sizeof *t->mean,
                        "the mean of heads"));
    for (int64_t i = 0; i < pair->rows; i++)
        for (int64_t j = 0; j < columns; j++) {
            float sum = 0.0f;
            for (int64_t head = 0; head < t->heads; head++)
                sum += pair->weights[i * pair->stride + head * columns + j];
            t->mean[i * columns + j] = sum / (float)t->heads;
        }
    return HEED_OK;
}

/* pair->weights begin at the layer's first head. */
static heed_status add_layer(heed_align_trials *t, const heed__align_pair *pair,
                             heed_alignment_score *scores, const heed_pair_links *gold)
{
    heed__align_pair one = *pair;
    if (t->heads > 1) {
        HEED_TRY(mean_of_heads(t, pair));
        one.weights = t->mean;
        one.stride = pair->source.tokens + 1;
        HEED_TRY(add_head(t, &one, scores, gold));
        scores += RULES;
    }
    one = *pair;
    for (int64_t head = 0; head < t->heads; head++, scores += RULES) {
        HEED_TRY(add_head(t, &one, scores, gold));
        one.weights += pair->source.tokens + 1;
    }
    return HEED_OK;
}

static heed_status add_pair(void *user, int64_t text, const heed__translated *what,
                            const heed__hypothesis *h)
{
    heed_align_trials *t = user;
    int64_t keys = what->encoding->length, layer_size = t->heads * (keys + 1);
    heed_pair_links gold = gold_of(t, text);
    HEED_TRY(heed__word_spans_find(what->source.bytes, what->source.size, &t->source));
    HEED_TRY(heed__word_spans_find(what->target->bytes, what->target->size, &t->target));
    heed__align_pair pair = {
        .source = {keys, what->encoding->spans, &t->source},
        .target = {what->target_encoding->length, what->target_encoding->spans, &t->target},
        .stride = t->layers * layer_size,
        .rows = h->length};
    for (int64_t layer = 0; layer < t->layers; layer++) {
        pair.weights = h->weights + layer * layer_size;
        HEED_TRY(add_layer(t, &pair, t->scores + layer * t->tried * RULES, &gold));
    }
    return HEED_OK;
}

/* ---- all pairs ---- */

static heed_status check_gold(heed_align_trials *t, const heed_text *sources,
                              const heed_text *targets, int64_t n)
{
    for (int64_t i = 0; i < n && t->first + i < heed_links_pairs(t->gold); i++) {
        HEED_TRY(heed__model_check_text(sources[i]));
        HEED_TRY(heed__model_check_text(targets[i]));
        HEED_TRY(heed__word_spans_find(sources[i].bytes, sources[i].size, &t->source));
        HEED_TRY(heed__word_spans_find(targets[i].bytes, targets[i].size, &t->target));
        HEED_TRY(heed_links_check(t->gold, t->first + i, t->source.n, t->target.n));
    }
    return HEED_OK;
}

heed_status heed_align_trials_add(heed_align_trials *t, const heed_text *sources,
                                  const heed_text *targets, int64_t n, const heed_links *gold,
                                  int64_t first)
{
    t->gold = gold;
    t->first = first;
    HEED_TRY(check_gold(t, sources, targets, n));
    return heed__translations_visit(t->model, sources, targets, n, add_pair, t);
}

int64_t heed_align_trials_count(const heed_align_trials *t)
{
    return t->layers * t->tried * RULES;
}

heed_align_trial heed_align_trials_at(const heed_align_trials *t, int64_t trial)
{
    int64_t head = trial / RULES % t->tried;
    heed_align_trial out = {
        .choice = {.layer = trial / RULES / t->tried + 1,
                   .head = t->heads > 1 ? head : 1,
                   .rule = trial % RULES ? HEED_ALIGN_INPUT : HEED_ALIGN_OUTPUT},
        .score = t->scores[trial]};
    heed__score_finish(&out.score);
    return out;
}

heed_align_trial heed_align_trials_best(const heed_align_trials *t)
{
    heed_align_trial best = heed_align_trials_at(t, 0);
    for (int64_t i = 1; i < heed_align_trials_count(t); i++) {
        heed_align_trial one = heed_align_trials_at(t, i);
        if (one.score.error_rate < best.score.error_rate) best = one;
    }
    return best;
}
