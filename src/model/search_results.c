/* SPDX-License-Identifier: MIT */
/* Hypotheses from their last node back to the first, into arrays of their own. */
#include "base/fail.h"
#include "base/memory.h"
#include "model/search_inside.h"

#include <string.h>

typedef struct sizes {
    size_t hypotheses, tokens, weights;
} sizes;

static sizes count(const heed__search *search, int64_t n)
{
    sizes all = {0, 0, 0};
    for (int64_t s = 0; s < n; s++) {
        const heed__sentence *sentence = &search->pools.sentences[s];
        all.hypotheses += (size_t)sentence->n_ended;
        for (int64_t i = 0; i < sentence->n_ended; i++) {
            size_t length = (size_t)sentence->ended[i].length;
            all.tokens += length;
            if (search->options.weights) all.weights += length * (size_t)sentence->source_length;
        }
    }
    return all;
}

static heed_status reserve(heed__search_output *o, int64_t n, sizes all)
{
    HEED_TRY(
        heed__grow(&o->offsets, &o->offsets_room, (size_t)n + 1, sizeof *o->offsets, "results"));
    HEED_TRY(heed__grow(&o->hypotheses, &o->hypotheses_room, all.hypotheses, sizeof *o->hypotheses,
                        "results"));
    HEED_TRY(heed__grow(&o->tokens, &o->tokens_room, all.tokens, sizeof *o->tokens, "results"));
    HEED_TRY(
        heed__grow(&o->log_probs, &o->log_probs_room, all.tokens, sizeof *o->log_probs, "results"));
    return heed__grow(&o->weights, &o->weights_room, all.weights, sizeof *o->weights,
                      "attention weights of results");
}

/* Fills arrays that have room for the hypothesis. */
static void trace(const heed__search *search, const heed__sentence *sentence,
                  const heed__ended *ended, int32_t *tokens, float *log_probs, float *weights)
{
    size_t source = (size_t)sentence->source_length;
    int64_t node = ended->node;
    for (int64_t i = ended->length - 1; i >= 0; i--) {
        const heed__search_node *at = &search->pools.nodes[node];
        tokens[i] = at->token;
        log_probs[i] = at->log_prob;
        if (weights)
            memcpy(weights + (size_t)i * source, search->pools.weights + at->weights,
                   source * sizeof *weights);
        node = at->parent;
    }
}

heed_status heed__search_collect(heed__search *search, int64_t n, heed__search_results *out)
{
    heed__search_output *o = &search->output;
    sizes at = {0, 0, 0};
    HEED_TRY(reserve(o, n, count(search, n)));
    for (int64_t s = 0; s < n; s++) {
        const heed__sentence *sentence = &search->pools.sentences[s];
        o->offsets[s] = (int64_t)at.hypotheses;
        for (int64_t i = 0; i < sentence->n_ended; i++) {
            const heed__ended *ended = &sentence->ended[i];
            int32_t *tokens = o->tokens + at.tokens;
            float *log_probs = o->log_probs + at.tokens;
            float *weights = search->options.weights ? o->weights + at.weights : NULL;
            trace(search, sentence, ended, tokens, log_probs, weights);
            o->hypotheses[at.hypotheses++] =
                (heed__hypothesis){ended->length, tokens,       log_probs,      weights,
                                   ended->sum,    ended->score, ended->finished};
            at.tokens += (size_t)ended->length;
            if (weights) at.weights += (size_t)(ended->length * sentence->source_length);
        }
    }
    o->offsets[n] = (int64_t)at.hypotheses;
    *out = (heed__search_results){n, o->offsets, o->hypotheses};
    return HEED_OK;
}
