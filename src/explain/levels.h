/* SPDX-License-Identifier: MIT */
/* What a model that reads sentences attends to: weights of sentences in the text, and of words in
 * their sentence. */
#ifndef HEED_EXPLAIN_LEVELS_H
#define HEED_EXPLAIN_LEVELS_H

#include "explain/reading.h"

/* Where a site of attention stands. */
typedef enum heed__place { HEED_PLACE_LAYER, HEED_PLACE_WORDS, HEED_PLACE_POOL } heed__place;
heed__place heed__site_place(const heed__reading *reading, const heed__site *site);
/* Rows of a site's keys: tokens, or sentences above the words' pool. */
int64_t heed__site_rows_of(const heed__reading *reading, const heed__site *site);

/* tokens [encoding.length]: the weight of each in its sentence; sentences [n_sentences]: of each in
 * the text, the mean over the pool's heads (of a pool without attention 1 / n_sentences). */
heed_status heed__levels_read(heed__reading *reading, float *tokens, float *sentences);

/* The sentences as parts of the explanation, in the arena; the model has a hierarchy. Of several
 * members the weights are the mean of theirs. */
heed_status heed__levels_show(heed__reading *reading, heed__arena *arena, heed__explanation *shown);

/* The same as a matrix: a row a sentence, called by its number and weight, a column a word, the
 * product of both weights where the word is the sentence's. The sentences have been shown. */
heed_status heed__levels_map(heed__arena *arena, heed__explanation *shown);

#endif
