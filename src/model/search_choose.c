/* SPDX-License-Identifier: MIT */
/* What one step means for one sentence, whichever way its tokens are chosen. */
#include "model/search_inside.h"

heed__scored_row heed__search_row(const heed__search *search, const heed__sentence *sentence,
                                  int64_t live_row, int thread)
{
    int64_t n = search->model->vocabulary;
    const float *scores = search->scores.scores + (sentence->first_row + live_row) * n;
    float *most = search->scratch[thread].most;
    if (!heed__search_is_bare(&search->options))
        return heed__row_of(n, scores, search->scores.logits, most);
    heed__scored_row row = heed__row_of(n, scores, 0, most);
    row.shift[0] = heed__row_most(&row); /* nothing is above it: the sums stay small */
    return row;
}

void heed__search_go_on(heed__sentence *sentence, int64_t live_row, int32_t token, float log_prob)
{
    const heed__live *live = &sentence->live[live_row];
    sentence->next[sentence->n_next++] = (heed__live){.node = live->node,
                                                      .sum = live->sum + (double)log_prob,
                                                      .parent = live_row,
                                                      .sample = live->sample,
                                                      .log_prob = log_prob,
                                                      .token = token};
}

heed__ended heed__search_end(const heed__search *search, const heed__sentence *sentence,
                             int64_t live_row, int finished, float log_prob)
{
    const heed__live *live = &sentence->live[live_row];
    heed__ended ended = {.node = live->node,
                         .parent = live_row,
                         .length = search->position + finished,
                         .sum = live->sum + (finished ? (double)log_prob : 0),
                         .log_prob = log_prob,
                         .finished = finished,
                         .pending = finished};
    ended.score = heed__search_score(search, sentence, live_row, finished, ended.sum, ended.length);
    return ended;
}

/* There is one live row while the prefix lasts. Its tokens may be forbidden, or impossible. */
static void follow_prefix(heed__search *search, heed__sentence *sentence, int thread)
{
    int32_t token = sentence->prefix[search->position];
    heed__scored_row row = heed__search_row(search, sentence, 0, thread);
    float log_prob = heed__row_log_prob(&row, token);
    if (!heed__is_log_prob(log_prob)) {
        sentence->status = HEED_E_NUMERIC;
    } else if (token != search->options.end) {
        heed__search_go_on(sentence, 0, token, log_prob);
    } else {
        int64_t copies = search->options.samples ? search->options.samples : 1;
        for (int64_t i = 0; i < copies; i++)
            sentence->ended[sentence->n_ended++] =
                heed__search_end(search, sentence, 0, 1, log_prob);
        sentence->done = 1;
    }
}

/* The coverage of those that go on. */
static void cover(const heed__search *search, heed__sentence *sentence)
{
    int64_t n = sentence->source_length;
    for (int64_t i = 0; i < sentence->n_next; i++) {
        int64_t parent = sentence->next[i].parent;
        const float *before = sentence->coverage + parent * n;
        const float *now = heed__search_weights(search, sentence, parent);
        for (int64_t j = 0; j < n; j++) sentence->next_coverage[i * n + j] = before[j] + now[j];
    }
}

void heed__search_choose(heed__search *search, heed__sentence *sentence, int thread)
{
    const heed__search_options *options = &search->options;
    sentence->n_next = 0;
    if (search->position < sentence->prefix_length)
        follow_prefix(search, sentence, thread);
    else if (options->samples)
        heed__sample_choose(search, sentence, thread);
    else
        heed__beam_choose(search, sentence, thread);
    if (sentence->status == HEED_OK && options->coverage > 0) cover(search, sentence);
}
