/* SPDX-License-Identifier: MIT */
#include "data/tags.h"

#include "base/fail.h"
#include "base/memory.h"

static int is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

int heed__next_word(heed_text text, size_t *at, heed__span *word)
{
    size_t i = *at;
    while (i < text.size && is_space(text.bytes[i])) i++;
    word->begin = (uint32_t)i;
    while (i < text.size && !is_space(text.bytes[i])) i++;
    word->end = (uint32_t)i;
    *at = i;
    return word->end > word->begin;
}

int64_t heed__count_words(heed_text text)
{
    int64_t n = 0;
    heed__span word;
    for (size_t at = 0; heed__next_word(text, &at, &word);) n++;
    return n;
}

heed_status heed__word_rows_find(heed_text text, const heed__encoding *e, heed__word_rows *out)
{
    int64_t token = 0;
    heed__span word;
    out->n = 0;
    for (size_t at = 0; heed__next_word(text, &at, &word);) {
        HEED_TRY(heed__grow(&out->rows, &out->room, (size_t)out->n + 1, sizeof *out->rows,
                            "the words of a text"));
        /* Marks of the beginning are empty; a piece may take in the blank before its word. */
        while (token < e->length &&
               (e->spans[token].end <= word.begin || e->spans[token].begin == e->spans[token].end))
            token++;
        int found = token < e->length && e->spans[token].begin < word.end;
        out->rows[out->n++] = found ? (int32_t)token : -1;
    }
    return HEED_OK;
}
