/* SPDX-License-Identifier: MIT */
/*
 * From logits of words to their tags: the best sequence (Viterbi) and each tag's probability given
 * all the text. Where an output has moves (a linear-chain conditional random field), a sequence's
 * score is the sum of its logits and of the moves between its tags; else words are independent.
 * Where tags must follow one another (heed__model_output.follows), no sequence that breaks the rule
 * is given, so that every reader of spans reads the same ones.
 */
#ifndef HEED_MODEL_TAGGER_H
#define HEED_MODEL_TAGGER_H

#include "data/spans.h"
#include "model/model.h"

/* Buffers kept from call to call; starts from zero. */
typedef struct heed__tagger {
    float *moves;   /* [K + 2, K] from each tag into each, from the beginning, to the end */
    float *factors; /* [2, K, K] of a chain */
    float *shares, *beta, *best;
    int32_t *back;
    heed__tag_parts *parts; /* [K] of the labels */
    size_t moves_room, factors_room, shares_room, beta_room, best_room, back_room, parts_room;
} heed__tagger;
void heed__tagger_free(heed__tagger *tagger);

/* Lays out an output's moves. */
heed_status heed__tagger_start(heed__tagger *tagger, const heed__model_output *output);

/* One text of n words: logits [n, K]. labels [n]; probabilities [n] of those labels, and, where
 * gold is not NULL, gold_probabilities [n] of the labels in it (0 for -1). */
heed_status heed__tagger_run(heed__tagger *tagger, const heed__model_output *output, int64_t n,
                             const float *logits, int32_t *labels, float *probabilities,
                             const int32_t *gold, float *gold_probabilities);

#endif
