/* SPDX-License-Identifier: MIT */
/*
 * Texts whose words have tags: the words are what stands between white space (ASCII), whatever the
 * tokenizer makes of them, and the tags of a row stand in one string, one for each word, with
 * blanks between.
 */
#ifndef HEED_DATA_TAGS_H
#define HEED_DATA_TAGS_H

#include "data/tokenizer.h"

/* The next word at or after *at, which moves past it; zero at the end. */
int heed__next_word(heed_text text, size_t *at, heed__span *word);
int64_t heed__count_words(heed_text text);

/* Where the words of a text stand among its tokens: for each word the first token that begins in
 * it, -1 where there is none (the text was cut before it). Grows; starts from zero. */
typedef struct heed__word_rows {
    int64_t n;
    int32_t *rows; /* [n] */
    size_t room;
} heed__word_rows;
heed_status heed__word_rows_find(heed_text text, const heed__encoding *encoding,
                                 heed__word_rows *out);

#endif
