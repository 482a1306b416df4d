/* SPDX-License-Identifier: MIT */
/* From a tokenizer's pieces to the words a person reads. */
#ifndef HEED_EXPLAIN_WORDS_H
#define HEED_EXPLAIN_WORDS_H

#include "explain/picture.h"

#include <stdint.h>

/* How the scores of a word's pieces become the word's. */
typedef enum heed__combine {
    HEED_COMBINE_SUM = 0, /* for what adds up: attention mass, gradient x input */
    HEED_COMBINE_MAX = 1  /* the one of greatest size, with its sign */
} heed__combine;

/*
 * Puts pieces together to words. Pieces are spans of the text in ascending order; an empty one
 * (start and end marks) belongs to no word. White space at a span's ends is left out. Neighbours
 * are one word when they touch and the characters that meet are both letters, digits or
 * apostrophes of a script that writes spaces, or when they share a character (bytes of one
 * character as several pieces). So the pieces of a Latin word become one, Chinese stays as the
 * tokenizer cut it, and punctuation stays by itself.
 *
 * words [n_pieces] receives the words, word_of [n_pieces] each piece's word or -1; returns the
 * number of words.
 */
size_t heed__words_from_pieces(const char *text, size_t length, const heed__word *pieces,
                               size_t n_pieces, heed__word *words, int64_t *word_of);

/*
 * Joins neighbours that are one ideograph each into words of two, the strongest bond first:
 * bonds[i] says how strongly words i and i + 1 hang together (see reading.c), and below HEED_BOND
 * they stay apart. Words of two are what most of Chinese is written in; longer chains of pairs are
 * phrases. words and word_of are changed in place, bonds [n_words - 1] are used up; returns the new
 * number of words.
 */
#define HEED_BOND 0.3f
size_t heed__words_join(const char *text, size_t length, float *bonds, heed__word *words,
                        size_t n_words, int64_t *word_of, size_t n_pieces);

/* Nonzero when word characters that would run together meet where `begin .. end` is left out. */
int heed__words_would_join(const char *text, size_t length, size_t begin, size_t end);

/* scores [n_words] from piece_scores [n_pieces]; a word with a NaN piece is NaN. */
void heed__words_scores(const int64_t *word_of, const float *piece_scores, size_t n_pieces,
                        heed__combine combine, float *scores, size_t n_words);

/* weights [n_words][n_words] from piece_weights [n_pieces][n_pieces]: the sum over a key word's
 * pieces, the mean over a query word's. Rows still sum to 1 where all keys belong to words. */
void heed__words_attention(const int64_t *word_of, const float *piece_weights, size_t n_pieces,
                           float *weights, size_t n_words);

#endif
