/* SPDX-License-Identifier: MIT */
/*
 * Sampling: one token drawn for each live row. The draw is a uniform number that depends on (seed,
 * sentence id, sample, position) only, and the token at which the running sum of the weights
 * exp(log_prob / temperature) passes that share of their total.
 */
#include "base/random.h"
#include "model/draw.h"
#include "model/search_inside.h"

#include <math.h>

static double uniform(uint64_t seed, int64_t id, int64_t sample, int64_t position)
{
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)}, mixed[4], bits[4];
    uint32_t name[4] = {(uint32_t)id, (uint32_t)((uint64_t)id >> 32), 0, HEED_RANDOM_SAMPLE};
    uint32_t counter[4] = {(uint32_t)position, (uint32_t)((uint64_t)position >> 32),
                           (uint32_t)sample, (uint32_t)((uint64_t)sample >> 32)};
    heed__philox(key, name, mixed);
    heed__philox(mixed, counter, bits);
    return heed__draw_share(bits[0], bits[1]);
}

/* The likeliest tokens, best first, and their scores; returns how many. */
static int64_t keep_likeliest(int64_t k, int64_t n, const float *scores, float *most,
                              heed__candidate *items, float *kept)
{
    heed__top top = {.room = k < n ? k : n, .items = items};
    heed__scored_row row = heed__row_of(n, scores, 0, most);
    (void)heed__top_add(&top, &row, 0, 0); /* the row is known to be sound */
    heed__top_sort(&top);
    for (int64_t i = 0; i < top.n; i++) kept[i] = items[i].log_prob;
    return top.n;
}

/* The weights that top-p leaves; `copy` has room for all of them. */
static heed__nucleus narrow(double top_p, int64_t n, const float *weights, double total,
                            float *copy)
{
    int64_t above_zero = 0;
    if (!(top_p < 1)) return (heed__nucleus){0, n, total};
    for (int64_t i = 0; i < n; i++)
        if (weights[i] > 0) copy[above_zero++] = weights[i];
    return heed__nucleus_of(above_zero, copy, top_p * total);
}

/* -1: nothing can follow. */
static int32_t draw(const heed__search *search, const float *scores, float most,
                    const heed__search_scratch *scratch, double share)
{
    const heed__search_options *options = &search->options;
    int64_t n = search->model->vocabulary;
    heed__weighing weighing = heed__weighing_of(most, options->temperature);
    float *weights = scratch->weights;
    if (!(most > -INFINITY)) return -1;
    if (!options->top_k && !(options->top_p < 1))
        return heed__draw_token(&weighing, n, scores, share);
    if (options->top_k) {
        n = keep_likeliest(options->top_k, n, scores, scratch->most, scratch->items, weights);
        scores = weights;
    }
    double total = heed__weigh_all(&weighing, n, scores, weights);
    heed__nucleus nucleus = narrow(options->top_p, n, weights, total, weights + n);
    int32_t drawn = heed__draw_from_nucleus(&nucleus, n, weights, share);
    return options->top_k ? scratch->items[drawn].token : drawn;
}

/* One sample's next token, by the log-probabilities in scratch->row. */
static void take(heed__search *search, heed__sentence *sentence, int64_t row, int64_t sample,
                 float most, const heed__search_scratch *scratch)
{
    const heed__search_options *options = &search->options;
    const float *scores = scratch->row;
    double share = uniform(options->seed, sentence->id, sample, search->position);
    int32_t token = draw(search, scores, most, scratch, share);
    if (token >= 0 && token != options->end && search->position < sentence->limit) {
        heed__search_go_on(sentence, row, token, scores[token]);
        sentence->next[sentence->n_next - 1].sample = sample;
        return;
    }
    int finished = token == options->end;
    sentence->ended[sample] =
        heed__search_end(search, sentence, row, finished, finished ? scores[token] : 0);
    sentence->n_ended++;
}

void heed__sample_choose(heed__search *search, heed__sentence *sentence, int thread)
{
    const heed__search_scratch *scratch = &search->scratch[thread];
    for (int64_t row = 0; row < sentence->n_live; row++) {
        heed__scored_row scored = heed__search_row(search, sentence, row, thread);
        scored.barred = search->forbidden;
        scored.n_barred = search->options.n_forbidden + heed__search_goes_on(search, sentence);
        heed__row_write(&scored, scratch->row);
        float most = search->kernels->max(scored.n, scratch->row);
        if (!heed__is_log_prob(most)) {
            sentence->status = HEED_E_NUMERIC;
            return;
        }
        int64_t first = sentence->branched ? sentence->live[row].sample : 0;
        int64_t count = sentence->branched ? 1 : search->options.samples;
        for (int64_t i = 0; i < count; i++) take(search, sentence, row, first + i, most, scratch);
    }
    sentence->branched = 1;
    sentence->done = !sentence->n_next;
}
