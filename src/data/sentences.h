/* SPDX-License-Identifier: MIT */
/*
 * Where the sentences of a text begin, by rules alone (docs/long-documents.md has them in words):
 *
 * - 。！？｡ end a sentence, in a row with other marks too;
 * - ! and ? end it before white space, or at the end of the text;
 * - . and … likewise, unless a small letter or a digit comes next, or the full stop belongs to a
 *   single letter (an initial, "e.g."); a full stop set apart by blanks always does;
 * - marks that close (quotes, brackets) belong to the sentence before them;
 * - a blank line ends a sentence;
 * - a sentence of more than `most` tokens is cut there.
 */
#ifndef HEED_DATA_SENTENCES_H
#define HEED_DATA_SENTENCES_H

#include "data/tokenizer.h"

/* begins [n] becomes 1 where a token begins a sentence, else 0; the first always does. spans [n]
 * ascend by where they begin; text is valid UTF-8. */
void heed__sentences_mark(const char *text, size_t size, const heed__span *spans, int64_t n,
                          int64_t most, unsigned char *begins);

/* Sentences among n tokens, the first of which begins a text. */
static inline int64_t heed__sentences_count(const unsigned char *begins, int64_t n)
{
    int64_t count = n > 0;
    for (int64_t i = 1; i < n; i++) count += begins[i];
    return count;
}

/* The most there can be. */
typedef struct heed__sentence_counts {
    int64_t all;     /* in a batch */
    int64_t in_text; /* in one text */
    int64_t longest; /* tokens of one */
} heed__sentence_counts;

#endif
