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

/* How many tokens a nucleus is first looked for in, and the factor by which that grows. */
enum { CHUNK = HEED_WEIGHING_CHUNK, NUCLEUS = 64, NUCLEUS_GROWTH = 8 };

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

/* The weights of sorted candidates, into their `sum`; returns the total. */
static double weigh_candidates(const heed__weighing *w, heed__top *top)
{
    float scores[CHUNK], weights[CHUNK];
    double total = 0;
    for (int64_t from = 0; from < top->n; from += CHUNK) {
        int64_t count = top->n - from < CHUNK ? top->n - from : CHUNK;
        for (int64_t i = 0; i < count; i++) scores[i] = top->items[from + i].log_prob;
        heed__weigh(w, count, scores, weights);
        for (int64_t i = 0; i < count; i++) {
            top->items[from + i].sum = (double)weights[i];
            total += (double)weights[i];
        }
    }
    return total;
}

/* Leaves the fewest first candidates whose weight reaches `wanted`; returns their weight. */
static double cut_nucleus(heed__top *top, double wanted)
{
    double sum = 0;
    for (int64_t i = 0; i < top->n; i++) {
        sum += top->items[i].sum;
        if (sum >= wanted) top->n = i + 1;
    }
    return sum;
}

static void likeliest(heed__top *top, int64_t room, int64_t n, const float *scores)
{
    top->n = 0;
    top->room = room < n ? room : n;
    (void)heed__top_add(top, n, scores, 0, 0); /* the row is known to be sound */
    heed__top_sort(top);
}

/* Collects the candidates that top-k and top-p leave; returns their total weight. */
static double narrow(const heed__search_options *options, const heed__weighing *w, int64_t n,
                     const float *scores, heed__top *top)
{
    if (options->top_k) {
        likeliest(top, options->top_k, n, scores);
        double total = weigh_candidates(w, top);
        return options->top_p < 1 ? cut_nucleus(top, options->top_p * total) : total;
    }
    double wanted = options->top_p * heed__weigh_all(w, n, scores);
    for (int64_t room = NUCLEUS;; room *= NUCLEUS_GROWTH) {
        likeliest(top, room, n, scores);
        double total = weigh_candidates(w, top);
        if (total >= wanted || room >= n) return cut_nucleus(top, wanted);
    }
}

/* -1: nothing can follow. */
static int32_t draw(const heed__search *search, const float *scores, float most,
                    heed__candidate *items, double share)
{
    const heed__search_options *options = &search->options;
    int64_t n = search->model->vocabulary;
    heed__weighing w = heed__weighing_of(most, options->temperature);
    if (!(most > -INFINITY)) return -1;
    if (!options->top_k && !(options->top_p < 1)) return heed__draw_token(&w, n, scores, share);
    heed__top top = {.items = items};
    double target = share * narrow(options, &w, n, scores, &top), sum = 0;
    for (int64_t i = 0; i < top.n; i++) {
        sum += top.items[i].sum;
        if (sum > target) return top.items[i].token;
    }
    return top.items[top.n - 1].token;
}

/* One sample's next token. */
static void take(heed__search *search, heed__sentence *sentence, int64_t row, int64_t sample,
                 float most, int thread)
{
    const heed__search_options *options = &search->options;
    const float *scores = heed__search_row(search, sentence, row);
    double share = uniform(options->seed, sentence->id, sample, search->position);
    int32_t token = draw(search, scores, most, search->scratch[thread].items, share);
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
    int64_t vocabulary = search->model->vocabulary;
    for (int64_t row = 0; row < sentence->n_live; row++) {
        float most = search->kernels->max(vocabulary, heed__search_row(search, sentence, row));
        if (!heed__is_log_prob(most)) {
            sentence->status = HEED_E_NUMERIC;
            return;
        }
        int64_t first = sentence->branched ? sentence->live[row].sample : 0;
        int64_t count = sentence->branched ? 1 : search->options.samples;
        for (int64_t i = 0; i < count; i++) take(search, sentence, row, first + i, most, thread);
    }
    sentence->branched = 1;
    sentence->done = !sentence->n_next;
}
