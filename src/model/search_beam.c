/* SPDX-License-Identifier: MIT */
/* Beam search for one sentence at one step. */
#include "model/search_inside.h"

#include <math.h>

static int is_better(const heed__ended *a, const heed__ended *b)
{
    return a->finished != b->finished ? a->finished : a->score > b->score;
}

/* Keeps the best; an equal one that came earlier stays before. */
static void insert_ended(heed__sentence *sentence, int64_t best, heed__ended item)
{
    heed__ended *ended = sentence->ended;
    int64_t at = sentence->n_ended;
    while (at > 0 && is_better(&item, &ended[at - 1])) at--;
    if (at >= best) return;
    if (sentence->n_ended < best) sentence->n_ended++;
    for (int64_t i = sentence->n_ended - 1; i > at; i--) ended[i] = ended[i - 1];
    ended[at] = item;
}

/* The best continuations that end, and those that do not. 0: a score is no log-probability. */
static int rank(heed__search *search, heed__sentence *sentence, int thread, heed__top *ends,
                heed__top *others)
{
    int32_t end = search->options.end;
    int64_t forbidden = search->options.n_forbidden;
    for (int64_t i = 0; i < sentence->n_live; i++) {
        heed__scored_row row = heed__search_row(search, sentence, i, thread);
        float log_prob = heed__row_log_prob(&row, end);
        double sum = sentence->live[i].sum;
        heed__candidate item = {sum + (double)log_prob, log_prob, row.scores[end], end, i};
        if (!heed__is_log_prob(log_prob)) return 0;
        row.barred = search->forbidden;
        row.n_barred = forbidden;
        int may_end = !heed__search_goes_on(search, sentence) && !heed__row_bars(&row, end);
        if (may_end && log_prob > -INFINITY) heed__top_keep(ends, &item);
        row.n_barred = forbidden + 1;
        if (!heed__top_add(others, &row, sum, i)) return 0;
    }
    heed__top_sort(ends);
    heed__top_sort(others);
    for (int64_t i = 0; i < others->n; i++)
        if (!heed__is_log_prob(others->items[i].log_prob)) return 0;
    return 1;
}

/* How many of the ends are among the first `beam` continuations. */
static int64_t ends_within(int64_t beam, const heed__top *ends, const heed__top *others)
{
    int64_t ended = 0, other = 0;
    while (ended + other < beam && ended < ends->n) {
        const heed__candidate *end = &ends->items[ended];
        if (other < others->n && !heed__candidate_is_better(end, &others->items[other]))
            other++;
        else
            ended++;
    }
    return ended;
}

static int is_done(const heed__search *search, const heed__sentence *sentence)
{
    const heed__search_options *options = &search->options;
    if (!sentence->n_next) return 1;
    if ((double)sentence->n_finished >= options->patience * (double)options->beam) return 1;
    if (sentence->n_ended < options->best) return 0;
    double most = heed__search_bound(search, sentence, sentence->next[0].sum);
    return most <= sentence->ended[options->best - 1].score;
}

void heed__beam_cut(const heed__search *search, heed__sentence *sentence,
                    const heed__candidate *ended, int64_t n_ended)
{
    if (sentence->n_ended >= search->options.best) return;
    for (int64_t row = 0; row < sentence->n_live; row++) {
        int64_t i = 0;
        while (i < n_ended && ended[i].row != row) i++;
        if (i == n_ended)
            insert_ended(sentence, search->options.best,
                         heed__search_end(search, sentence, row, 0, 0));
    }
}

void heed__beam_choose(heed__search *search, heed__sentence *sentence, int thread)
{
    const heed__search_scratch *scratch = &search->scratch[thread];
    int64_t beam = search->options.beam;
    heed__top ends = {.room = beam, .items = scratch->ends};
    heed__top others = {.room = beam, .items = scratch->items};
    if (!rank(search, sentence, thread, &ends, &others)) {
        sentence->status = HEED_E_NUMERIC;
        return;
    }
    int64_t n_ended = ends_within(beam, &ends, &others);
    for (int64_t i = 0; i < n_ended; i++) {
        const heed__candidate *item = &ends.items[i];
        insert_ended(sentence, search->options.best,
                     heed__search_end(search, sentence, item->row, 1, item->log_prob));
    }
    sentence->n_finished += n_ended;
    for (int64_t i = 0; i < others.n && search->position < sentence->limit; i++) {
        const heed__candidate *item = &others.items[i];
        heed__search_go_on(sentence, item->row, item->token, item->log_prob);
    }
    sentence->done = is_done(search, sentence);
    if (sentence->done) heed__beam_cut(search, sentence, ends.items, n_ended);
}
