/* SPDX-License-Identifier: MIT */
/*
 * The words of a text as links count them: what stands between white space, as aligners and their
 * gold files do; but each ideograph, kana and full-width sign by itself, since Chinese and Japanese
 * write no spaces. A text with white space between two such signs has been cut into words already,
 * and its words are what stands between white space. Punctuation belongs to its word unless the
 * text sets it apart.
 */
#ifndef HEED_DATA_WORD_SPANS_H
#define HEED_DATA_WORD_SPANS_H

#include "data/tokenizer.h"

/* Grows and is used again: starts from zero, ends with heed__word_spans_free. */
typedef struct heed__word_spans {
    int64_t n;
    heed__span *items; /* [n], ascending, none empty */
    size_t room;
} heed__word_spans;

/* Valid UTF-8 of at most 4 GiB - 1 bytes. Errors HEED_E_NOMEM. */
heed_status heed__word_spans_find(const char *text, size_t size, heed__word_spans *out);
void heed__word_spans_free(heed__word_spans *words);

/* Words first .. last - 1, in which a token stands; first = last: in none, as marks of begin and
 * end do. A subword's word, or the ideographs of one Chinese piece. */
typedef struct heed__word_range {
    int32_t first, last;
} heed__word_range;

/* tokens [n] in any order; out [n]. */
void heed__word_ranges(const heed__span *tokens, int64_t n, const heed__word_spans *words,
                       heed__word_range *out);

#endif
