/* SPDX-License-Identifier: MIT */
/* A text as a model reads it, with what explaining methods need: tokens, words, answers. */
#ifndef HEED_EXPLAIN_READING_H
#define HEED_EXPLAIN_READING_H

#include "explain/words.h"
#include "heed/explain.h"
#include "model/model.h"

typedef struct heed__reading {
    heed_model *model;
    const char *text;
    size_t length;
    heed__encoding encoding;
    heed__word *pieces, *words; /* [encoding.length] each */
    int64_t *word_of;
    size_t n_words;
    /* Of a model that reads sentences: where each begins among the tokens, and the end. */
    int64_t n_sentences, *sentence_starts;
    float *values;   /* the model's answer [width] */
    float *occluded; /* answers without each group of words; NULL until occlusion is asked for */
    size_t *repeats, n_repeats; /* occlusion: which words stand several times */
    heed__arena arena;          /* of the arrays above */
    /* One sequence, for recording. */
    int64_t offsets[2], order[1], ids[1];
    heed__model_batch batch;
} heed__reading;

heed_status heed__reading_open(heed_model *model, const char *text, size_t length,
                               heed__reading *reading);
void heed__reading_close(heed__reading *reading);

/* The label that is explained: the likeliest, 0 for a number. */
int64_t heed__reading_label(const heed__reading *reading, int output);
/* What an output says for that label: its probability, or the number. */
float heed__reading_answer(const heed__reading *reading, const float *values, int output);

/* How strongly, on a scale that does not saturate: the label's log odds, or the number. */
float heed__reading_strength(const heed__reading *reading, const float *values, int output);

/* Answers [n, width] for the text without some words: without[i][w] nonzero = word w is left out.
 */
heed_status heed__reading_without(const heed__reading *reading, size_t n,
                                  const unsigned char *const *without, float *values);

/* A method: scores[n_words], positive = speaks for the label. */
typedef struct heed__method {
    const char *name, *help;
    int is_signed;
    int (*supports)(const heed_model *model);
    heed_status (*score)(heed__reading *reading, int output, float *scores);
    int answers; /* it asks the model only for answers, which several members give together */
} heed__method;

extern const heed__method heed__method_occlusion, heed__method_gradient, heed__method_pool,
    heed__method_attention, heed__method_rollout;
const heed__method *heed__method_at(size_t index); /* NULL past the end */

/* The method's scores; of several members the mean of each one's, for the label that all of them
 * together gave. */
heed_status heed__reading_score(heed__reading *reading, const heed__method *method, int output,
                                float *scores);

/* Runs the model on the text and calls `visit` for each site of attention while its weights can be
 * had. */
typedef heed_status (*heed__site_visitor)(heed__reading *reading, const heed__site *site,
                                          void *user);
heed_status heed__reading_visit(heed__reading *reading, heed__site_visitor visit, void *user);
/* The same, from the last site to the first. */
heed_status heed__reading_visit_back(heed__reading *reading, heed__site_visitor visit, void *user);
/* Weights [queries, tokens] of one head at a site being visited; queries is 1 at a pool. */
heed_status heed__site_weights(heed__reading *reading, const heed__site *site, int64_t head,
                               float *weights);
/* Weights summed over queries, [tokens, heads], in O(tokens) memory. */
heed_status heed__site_mass(heed__reading *reading, const heed__site *site, float *mass);
/* x [queries] times the weights: y [tokens, heads], in O(tokens) memory. */
heed_status heed__site_left_product(heed__reading *reading, const heed__site *site, const float *x,
                                    float *y);
int64_t heed__site_heads(const heed__site *site);

#endif
