/* SPDX-License-Identifier: MIT */
/*
 * Between the files of search. Each step is chosen in parallel, a sentence a task, which writes
 * nothing but its sentence's own part of the pools; then the main thread records what was chosen in
 * the pools that grow.
 */
#ifndef HEED_MODEL_SEARCH_INSIDE_H
#define HEED_MODEL_SEARCH_INSIDE_H

#include "kernels/kernels.h"
#include "model/search.h"
#include "model/vocabulary.h"

/* A token of some hypothesis, behind its parent's. */
typedef struct heed__search_node {
    int64_t parent;  /* -1 = the first */
    int64_t weights; /* where its attention weights start in their pool */
    float log_prob;
    int32_t token;
} heed__search_node;

/* A live hypothesis. Tokens and parents are those of the last choice. */
typedef struct heed__live {
    int64_t node; /* of its last token; -1 = none yet */
    double sum;
    int64_t parent; /* which live row of its sentence it continues */
    int64_t sample; /* number, when sampling */
    float log_prob;
    int32_t token;
} heed__live;

/* A hypothesis that is done. */
typedef struct heed__ended {
    int64_t node;   /* of the token before the end, while `pending`; else of the last one */
    int64_t parent; /* while pending: the live row it ended in */
    int64_t length;
    double sum, score;
    float log_prob; /* of the end */
    int finished, pending;
} heed__ended;

typedef struct heed__sentence {
    int64_t index, id, source_length;
    int64_t limit, least;
    const int32_t *prefix;
    int64_t prefix_length;
    int64_t first_row; /* of this step */
    int64_t n_live, n_next;
    heed__live *live, *next;         /* [width] */
    float *coverage, *next_coverage; /* [width, source_length] */
    heed__ended *ended;              /* [width], best first */
    int64_t n_ended, n_finished;     /* kept; met */
    int done, branched;              /* branched: each live row is a sample of its own */
    heed_status status;              /* of the choice: raised by the main thread */
} heed__sentence;

/* What a thread needs for a choice. */
typedef struct heed__search_scratch {
    heed__candidate *items, *ends;
    float *weights; /* of tokens, and a copy of them */
    float *most;    /* of a row's blocks */
    float *row;     /* log-probabilities, when sampling */
    size_t items_room, ends_room, weights_room, most_room, row_room;
} heed__search_scratch;

/* Arrays that only grow, each with its room. */
typedef struct heed__search_pools {
    heed__sentence *sentences;
    heed__live *live;
    heed__ended *ended;
    float *coverage;
    int64_t *active, *parents, *row_sentences;
    int32_t *tokens;
    heed__search_node *nodes;
    float *weights;
    size_t sentences_room, live_room, ended_room, coverage_room, active_room, parents_room,
        row_sentences_room, tokens_room, nodes_room, weights_room;
} heed__search_pools;

/* What the results stand in. */
typedef struct heed__search_output {
    int64_t *offsets;
    heed__hypothesis *hypotheses;
    int32_t *tokens;
    float *log_probs, *weights;
    size_t offsets_room, hypotheses_room, tokens_room, log_probs_room, weights_room;
} heed__search_output;

struct heed__search {
    heed_context *context;
    heed__search_options options;
    int32_t *forbidden; /* the copy, and the end behind it */
    int64_t width;      /* rows a sentence may have: beam, or samples */
    const heed__kernels *kernels;
    heed__search_scratch *scratch; /* [threads] */
    heed__search_pools pools;
    heed__search_output output;
    /* Of this run. */
    const heed__search_model *model;
    heed__search_scores scores;
    int64_t position, n_active;
    size_t n_nodes, n_weights;
};

/* Whether a number can be one: NaN cannot, nor what is above 0 by more than rounding. */
static inline int heed__is_log_prob(float x)
{
    return x < 1e-3f;
}

/* search_score.c */
double heed__search_score(const heed__search *search, const heed__sentence *sentence,
                          int64_t live_row, int with_this_step, double sum, int64_t length);
/* At most this can come of a live hypothesis with this sum. */
double heed__search_bound(const heed__search *search, const heed__sentence *sentence, double sum);
/* Whether the search has a use for attention weights. */
int heed__search_wants_weights(const heed__search_options *options);

/* The sentence's live row in this step; nothing is barred. */
heed__scored_row heed__search_row(const heed__search *search, const heed__sentence *sentence,
                                  int64_t live_row, int thread);
/* May the end not be written yet? */
static inline int heed__search_goes_on(const heed__search *search, const heed__sentence *sentence)
{
    return search->position < sentence->least;
}
static inline const float *heed__search_weights(const heed__search *search,
                                                const heed__sentence *sentence, int64_t live_row)
{
    return search->scores.weights +
           (sentence->first_row + live_row) * search->scores.weights_stride;
}

/* One choice for one sentence: sets next, ended, done and status. search_choose.c calls the others
 * where no token is forced. */
void heed__search_choose(heed__search *search, heed__sentence *sentence, int thread);
void heed__beam_choose(heed__search *search, heed__sentence *sentence, int thread);
/* Where too few have finished, live rows that did not end now are done as they are. */
void heed__beam_cut(const heed__search *search, heed__sentence *sentence,
                    const heed__candidate *ended, int64_t n_ended);
void heed__sample_choose(heed__search *search, heed__sentence *sentence, int thread);
/* Lets a live row go on with a token of that log-probability. */
void heed__search_go_on(heed__sentence *sentence, int64_t live_row, int32_t token, float log_prob);
/* Makes a hypothesis of a live row: with the end, or (finished 0) cut before this step. */
heed__ended heed__search_end(const heed__search *search, const heed__sentence *sentence,
                             int64_t live_row, int finished, float log_prob);

/* search_results.c */
heed_status heed__search_collect(heed__search *search, int64_t n, heed__search_results *out);

#endif
