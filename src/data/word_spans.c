/* SPDX-License-Identifier: MIT */
#include "data/word_spans.h"

#include "base/fail.h"
#include "base/memory.h"
#include "data/utf8.h"

#include <stdlib.h>
#include <utf8proc.h>

typedef enum sign_class {
    SPACE,
    LETTER, /* goes on with the word before it */
    ALONE,  /* a word of its own */
    MARK    /* an accent or a variation: belongs to the sign before it */
} sign_class;

/* Ideographs and their radicals, kana, Bopomofo, CJK punctuation, full-width and half-width forms.
 */
static int stands_alone(uint32_t c)
{
    static const uint32_t ranges[][2] = {
        {0x2E80, 0x2FDF}, {0x3001, 0x312F},   {0x31A0, 0x31FF},   {0x3400, 0x4DBF},
        {0x4E00, 0x9FFF}, {0xF900, 0xFAFF},   {0xFE30, 0xFE4F},   {0xFF01, 0xFF9F},
        {0xFFE0, 0xFFE6}, {0x1B000, 0x1B16F}, {0x20000, 0x323AF},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1]) return 1;
    return 0;
}

static sign_class class_of(uint32_t c)
{
    if (c < 0x80) return c <= ' ' ? SPACE : LETTER;
    if (c == 0x85) return SPACE;
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return SPACE;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
        return MARK;
    default:
        return stands_alone(c) ? ALONE : LETTER;
    }
}

/* Nonzero where white space stands between two signs that could do without. */
static int is_cut(const char *text, size_t size)
{
    int after_sign = 0, after_space = 0;
    for (size_t at = 0, length; at < size; at += length) {
        sign_class class = class_of(heed__utf8_next(text + at, &length));
        if (class == MARK) continue;
        if (class == ALONE && after_sign && after_space) return 1;
        if (class != SPACE) after_sign = class == ALONE;
        after_space = class == SPACE;
    }
    return 0;
}

heed_status heed__word_spans_find(const char *text, size_t size, heed__word_spans *out)
{
    sign_class before = SPACE, alone = is_cut(text, size) ? LETTER : ALONE;
    out->n = 0;
    for (size_t at = 0, length; at < size; at += length) {
        sign_class class = class_of(heed__utf8_next(text + at, &length));
        if (class == ALONE) class = alone;
        if (class == MARK && before != SPACE)
            class = before; /* what follows an accented ideograph is not its word's */
        else if (class == ALONE || (class != SPACE && before != LETTER)) {
            HEED_TRY(heed__grow(&out->items, &out->room, (size_t)out->n + 1, sizeof *out->items,
                                "the words of a text"));
            out->items[out->n++] = (heed__span){(uint32_t)at, (uint32_t)at};
            if (class == MARK) class = LETTER;
        }
        if (class != SPACE) out->items[out->n - 1].end = (uint32_t)(at + length);
        before = class;
    }
    return HEED_OK;
}

void heed__word_spans_free(heed__word_spans *words)
{
    free(words->items);
    *words = (heed__word_spans){0};
}

/* How many words begin (ends = 0) or end (ends = 1) at or before a byte. */
static int64_t words_until(const heed__word_spans *words, uint32_t byte, int ends)
{
    int64_t low = 0, high = words->n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        uint32_t at = ends ? words->items[middle].end : words->items[middle].begin;
        if (at <= byte)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void heed__word_ranges(const heed__span *tokens, int64_t n, const heed__word_spans *words,
                       heed__word_range *out)
{
    for (int64_t i = 0; i < n; i++) {
        heed__span token = tokens[i];
        out[i] = (heed__word_range){0, 0};
        if (token.begin >= token.end) continue;
        int64_t first = words_until(words, token.begin, 1);
        int64_t last = words_until(words, token.end - 1, 0);
        if (first < last) out[i] = (heed__word_range){(int32_t)first, (int32_t)last};
    }
}
