/* SPDX-License-Identifier: MIT */
/*
 * Decoding: the best, or random, token sequences under any model that gives the log-probabilities
 * of the next token. It knows nothing of networks: a Transformer with caches, a recurrent decoder
 * and a language model all stand behind heed__search_model.
 *
 * Beam search. All hypotheses of a sentence stand at the same position. At each step the
 * continuations of its live rows are ranked by (greater sum of log-probabilities, lower row,
 * greater score as the model gave it, lower token). Those among the first `beam` that end are
 * finished and leave; the first `beam` of the others live on. Beam 1 is greedy decoding by the same
 * code. Finished ones are ranked by score = sum / norm(length) + coverage sum_j log min(sum_i
 * weight_ij, 1) (the logarithm's argument no less than 2^-30), earlier ones first among equals. A
 * sentence is done, and leaves the batch, as soon as
 *   - patience x beam hypotheses have finished,
 *   - or `best` have, and no live one can become better than the worst of those: a live one with
 *     sum s ends in a score of at most s / norm(limit + 1), for a continuation adds nothing above 0
 *     to the sum, at most limit + 1 tokens are divided by, and no penalty is above 0 (exact for
 *     each norm; HEED_LENGTH_NONE makes it s itself),
 *   - or its limit is reached: what has not ended then is cut, and returned after the finished ones
 *     where those are fewer than `best`.
 *
 * A sentence's results depend on its own scores only, to the bit: not on the batch or the threads.
 */
#ifndef HEED_MODEL_SEARCH_H
#define HEED_MODEL_SEARCH_H

#include "heed/context.h"
#include "heed/translate.h"

#include <stdint.h>

/* One step for `rows` live hypotheses. Rows of one sentence stand together, sentences ascending;
 * a finished sentence has none. The first call has one row a sentence, and the start token. */
typedef struct heed__search_step {
    int64_t rows;
    int64_t position;         /* from 0: the same for all rows */
    const int64_t *parents;   /* [rows] the row of the call before that each continues; -1 in the
                                 first call */
    const int64_t *sentences; /* [rows] which sentence of the batch each belongs to */
    const int32_t *tokens;    /* [rows] the token each continues with */
    int weights;              /* attention weights are wanted */
    /* Of each row only the greatest score is wanted, and those of these tokens [n_apart], which it
     * is not looked for among: all others may be -inf. NULL: all scores are wanted. */
    const int32_t *apart;
    int64_t n_apart;
} heed__search_step;

/* What the model gives back; all of it is the model's, and stands until its next call. */
typedef struct heed__search_scores {
    /* [rows, vocabulary] natural log-probabilities, none above 0; -inf: impossible. Or logits, of
     * whose softmax they are the logarithm up to a constant a row. */
    const float *scores;
    int logits;
    /* Row i starts at weights + i * weights_stride: attention over the sentence's source, as long
     * as its source_lengths. NULL: there is none. Not read unless wanted. */
    const float *weights;
    int64_t weights_stride;
} heed__search_scores;

typedef struct heed__search_model {
    void *user;
    int64_t vocabulary;
    heed_status (*step)(void *user, const heed__search_step *step, heed__search_scores *out);
} heed__search_model;

typedef struct heed__search_options {
    int64_t beam;          /* hypotheses that live on at each step; 1 = greedy. Default 4 */
    int64_t best;          /* hypotheses returned, 1 to beam. Default 1 */
    double patience;       /* 1 or more: finished hypotheses waited for, times beam. Default 1 */
    heed_length_norm norm; /* default HEED_LENGTH_AVERAGE */
    double alpha;          /* of the norm, 0 or more. Default 1 */
    double coverage;       /* weight of the coverage penalty, 0 or more. Default 0 */

    /* Above 0: no search, but so many samples of each sentence; beam to coverage are not used, but
     * that scores are reported by norm and coverage. Default 0 */
    int64_t samples;
    /* Log-probabilities are divided by the temperature (0.01 to 100, default 1), then the top_k
     * likeliest tokens stay (0 = all, the default), then of those the fewest whose share reaches
     * top_p (above 0 to 1 = all, the default). */
    double temperature;
    int64_t top_k;
    double top_p;
    uint64_t seed; /* a draw is a function of (seed, sentence id, sample, position) only */

    /* Most tokens of a sentence, the end not counted: the least of `most` and of most_per_source x
     * source length + most_plus; 0 for either: not bounded by it. Defaults 256, 0, 0. A forced
     * prefix counts. */
    int64_t most;
    double most_per_source;
    int64_t most_plus;
    /* Fewest tokens before the end, the greater of the two, though never above the limit. Defaults
     * 0, 0 */
    int64_t least;
    double least_per_source;

    const int32_t *forbidden; /* [n_forbidden] tokens never chosen unless forced; copied */
    int64_t n_forbidden;
    int32_t start, end; /* default 1, 1 (HEED_TOKEN_START); the end is chosen like any token */
    int weights;        /* 1: results hold attention weights. Default 0 */
    /* 1: of results only tokens and weights are read. Then beam 1 looks for the greatest score and
     * for no log-probability, and does not ask whether what its limit cuts would have ended. The
     * tokens are the same. Default 0 */
    int unscored;
} heed__search_options;

heed__search_options heed__search_defaults(void);

/* Is the greatest score of a row all that is wanted? */
static inline int heed__search_is_bare(const heed__search_options *o)
{
    return o->unscored && o->beam == 1 && !o->samples && o->patience <= 1 && !(o->coverage > 0);
}

/* A batch of n >= 0 sentences. */
typedef struct heed__search_batch {
    int64_t n;
    const int64_t *source_lengths; /* [n], the length of a row of weights; NULL = no sources */
    const int64_t *ids;            /* [n] what a sentence is called: for draws and in messages; NULL
                                      = 0, 1, 2 ... */
    /* Sentence s must begin with prefixes[prefix_offsets[s] .. prefix_offsets[s + 1]]. A token that
     * ends must be the last of its prefix, and finishes the sentence: so a given text is scored.
     * prefix_offsets NULL = no prefixes. */
    const int64_t *prefix_offsets; /* [n + 1] */
    const int32_t *prefixes;
} heed__search_batch;

typedef struct heed__hypothesis {
    int64_t length;         /* tokens; of a finished one the last is the end */
    const int32_t *tokens;  /* [length] */
    const float *log_probs; /* [length] of the model: before temperature, top-k and top-p */
    const float *weights;   /* [length, source length], or NULL where not asked for */
    double sum;             /* of log_probs, in order */
    double score;           /* see above */
    int finished;           /* 0: cut at the limit, or nothing could follow */
} heed__hypothesis;

/* Sentence s has hypotheses[offsets[s] .. offsets[s + 1]], at least one: best first, or samples by
 * number. */
typedef struct heed__search_results {
    int64_t n;
    const int64_t *offsets; /* [n + 1] */
    const heed__hypothesis *hypotheses;
} heed__search_results;

typedef struct heed__search heed__search;

/* Errors HEED_E_INVALID (an option out of its range), HEED_E_NOMEM. options NULL = the defaults. */
heed_status heed__search_create(heed_context *context, const heed__search_options *options,
                                heed__search **out);
/*
 * Runs a batch to its end. The results are the search's and stand until its next run; buffers grow
 * and are used again, so that a batch no larger than those before it takes no memory.
 * Errors: those of step; HEED_E_INVALID (a prefix longer than its sentence's limit, or with a token
 * out of the vocabulary or after the end; a forbidden token out of the vocabulary; weights or
 * coverage wanted where the model has no weights or the batch no sources), HEED_E_NUMERIC (a score
 * is NaN or above 0 by more than rounding: names the first such sentence by its id), HEED_E_NOMEM.
 */
heed_status heed__search_run(heed__search *search, const heed__search_model *model,
                             const heed__search_batch *batch, heed__search_results *out);
void heed__search_destroy(heed__search **search);

#endif
