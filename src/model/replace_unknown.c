/* SPDX-License-Identifier: MIT */
#include "model/replace_unknown.h"

#include "data/tokenizer_kind.h"
#include "data/utf8.h"

/* The character that ends before `end`; begin < end. */
static uint32_t last_character(const char *text, uint32_t begin, uint32_t end)
{
    size_t size;
    uint32_t at = end - 1;
    while (at > begin && ((unsigned char)text[at] & 0xC0) == 0x80) at--;
    return heed__utf8_next(text + at, &size);
}

static heed__span without_blanks(const char *text, heed__span span)
{
    size_t size;
    while (span.begin < span.end && heed__utf8_space(heed__utf8_next(text + span.begin, &size)))
        span.begin += (uint32_t)size;
    while (span.begin < span.end) {
        uint32_t last = last_character(text, span.begin, span.end);
        char bytes[4];
        if (!heed__utf8_space(last)) break;
        span.end -= (uint32_t)heed__utf8_put(last, bytes);
    }
    return span;
}

/* Whether a token goes on with the word of the one before. */
static int goes_on(const heed__looked_at *source, int64_t token)
{
    heed__span before = source->spans[token - 1], span = source->spans[token];
    size_t size;
    if (!source->words || before.begin == before.end || span.begin == span.end) return 0;
    if (span.begin != before.end) return span.begin < before.end; /* bytes of one character */
    return !heed__words_is_mark(last_character(source->text.bytes, before.begin, before.end)) &&
           !heed__words_is_mark(heed__utf8_next(source->text.bytes + span.begin, &size));
}

static int64_t row_of(const heed__looked_at *source, int64_t token)
{
    int64_t row = source->rule == HEED_ALIGN_INPUT ? token + 1 : token;
    return row < source->rows ? row : source->rows - 1;
}

static heed_text most_looked_at(const heed__looked_at *source, const float *weights)
{
    heed_text best = {NULL, 0};
    double most = 0;
    for (int64_t begin = 0, end; begin < source->tokens; begin = end) {
        double sum = 0;
        end = begin;
        do {
            if (weights[end] > 0) sum += (double)weights[end];
            end++;
        } while (end < source->tokens && goes_on(source, end));
        heed__span all = {source->spans[begin].begin, source->spans[end - 1].end};
        heed__span word = without_blanks(source->text.bytes, all);
        if (!(sum > most) || word.begin == word.end) continue;
        most = sum;
        best = (heed_text){source->text.bytes + word.begin, word.end - word.begin};
    }
    return best;
}

void heed__replace_unknown(const heed__looked_at *source, int64_t n, const int32_t *ids,
                           heed_text *out)
{
    for (int64_t t = 0; t < n; t++) {
        out[t] = (heed_text){NULL, 0};
        if (ids[t] == HEED_TOKEN_UNKNOWN && source->rows > 0)
            out[t] = most_looked_at(source, source->weights + row_of(source, t) * source->stride);
    }
}
