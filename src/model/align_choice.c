/* SPDX-License-Identifier: MIT */
#include "model/align_choice.h"

#include "base/fail.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct heed__align_choosing {
    int64_t layers, heads, tried; /* tried: heads, and their mean */
    heed__align_how how;
    heed__aligner aligner;
    heed_alignment_score *scores; /* [layers, tried, 2] */
    float *mean;
    size_t mean_room;
};

static heed_alignment_score *score_at(const heed__align_choosing *c, int64_t layer, int64_t head,
                                      heed_align_rule rule)
{
    return c->scores + (layer * c->tried + head) * 2 + (rule == HEED_ALIGN_INPUT);
}

heed_status heed__align_choosing_create(int64_t layers, int64_t heads, const heed__align_how *how,
                                        heed__align_choosing **out)
{
    heed__align_choosing *c = NULL;
    *out = NULL;
    HEED_TRY(heed__alloc(1, sizeof *c, "the choice of a head", &c));
    *c = (heed__align_choosing){
        .layers = layers, .heads = heads, .tried = heads + (heads > 1), .how = *how};
    heed_status status = heed__alloc((size_t)(layers * c->tried) * 2, sizeof *c->scores,
                                     "the choice of a head", &c->scores);
    if (status != HEED_OK)
        heed__align_choosing_destroy(&c);
    else
        *out = c;
    return status;
}

void heed__align_choosing_destroy(heed__align_choosing **choosing)
{
    if (!choosing || !*choosing) return;
    heed__aligner_free(&(*choosing)->aligner);
    heed__free((*choosing)->scores);
    free((*choosing)->mean);
    heed__free(*choosing);
    *choosing = NULL;
}

/* The mean of the heads' weights, each as great as the other. */
static heed_status mean_of_heads(heed__align_choosing *c, const float *weights, size_t size)
{
    HEED_TRY(heed__grow(&c->mean, &c->mean_room, size, sizeof *c->mean, "the mean of heads"));
    for (size_t i = 0; i < size; i++) {
        float sum = 0.0f;
        for (int64_t head = 0; head < c->heads; head++) sum += weights[(size_t)head * size + i];
        c->mean[i] = sum / (float)c->heads;
    }
    return HEED_OK;
}

static heed_status add_head(heed__align_choosing *c, const heed__align_pair *pair, int64_t layer,
                            int64_t head, const heed_pair_links *gold)
{
    heed__align_how how = c->how;
    for (how.rule = HEED_ALIGN_OUTPUT; how.rule <= HEED_ALIGN_INPUT; how.rule++) {
        HEED_TRY(heed__align_links(&c->aligner, pair, &how));
        heed_pair_links links = {c->aligner.n_links, c->aligner.links, NULL};
        heed__score_add(score_at(c, layer, head, how.rule), &links, gold);
    }
    return HEED_OK;
}

heed_status heed__align_choosing_add(heed__align_choosing *c, const heed__align_pair *pair,
                                     int64_t layer, const heed_pair_links *gold)
{
    heed__align_pair one = *pair;
    one.stride = pair->source.tokens + 1;
    size_t size = (size_t)(pair->rows * one.stride);
    for (int64_t head = 0; head < c->heads; head++) {
        one.weights = pair->weights + (size_t)head * size;
        HEED_TRY(add_head(c, &one, layer, head, gold));
    }
    if (c->tried == c->heads) return HEED_OK;
    HEED_TRY(mean_of_heads(c, pair->weights, size));
    one.weights = c->mean;
    return add_head(c, &one, layer, c->heads, gold);
}

heed_alignment_score heed__align_choosing_score(const heed__align_choosing *c, int64_t layer,
                                                int64_t head, heed_align_rule rule)
{
    heed_alignment_score score = *score_at(c, layer, head, rule);
    heed__score_finish(&score);
    return score;
}

heed__align_chosen heed__align_choosing_best(const heed__align_choosing *c)
{
    heed__align_chosen best = {0, 0, HEED_ALIGN_OUTPUT,
                               heed__align_choosing_score(c, 0, 0, HEED_ALIGN_OUTPUT)};
    for (int64_t layer = 0; layer < c->layers; layer++)
        for (int64_t head = 0; head < c->tried; head++)
            for (heed_align_rule rule = HEED_ALIGN_OUTPUT; rule <= HEED_ALIGN_INPUT; rule++) {
                heed_alignment_score score = heed__align_choosing_score(c, layer, head, rule);
                if (score.error_rate < best.score.error_rate)
                    best = (heed__align_chosen){layer, head, rule, score};
            }
    return best;
}
