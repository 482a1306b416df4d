/* SPDX-License-Identifier: MIT */
#include "explain/words.h"

#include <math.h>
#include <utf8proc.h>

/* The character that starts at `at`, its bytes in *size; a byte that is not UTF-8 counts alone. */
static utf8proc_int32_t character_at(const char *text, size_t length, size_t at, size_t *size)
{
    utf8proc_int32_t character = -1;
    size_t left = length - at;
    utf8proc_ssize_t got = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                            (utf8proc_ssize_t)(left < 4 ? left : 4), &character);
    *size = got > 0 ? (size_t)got : 1;
    return got > 0 ? character : -1;
}

static size_t start_of_character(const char *text, size_t at)
{
    for (int back = 0; back < 3 && at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80; back++) at--;
    return at;
}

static int is_space(utf8proc_int32_t character)
{
    utf8proc_category_t category = utf8proc_category(character);
    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP || (character >= 9 && character <= 13);
}

/* Scripts written without spaces: their characters are words of their own unless a piece says
 * otherwise. Thai, Lao, Khmer and Burmese; then kana, ideographs and their extensions. Hangul has
 * spaces. */
static int writes_no_spaces(utf8proc_int32_t c)
{
    return (c >= 0x0E00 && c <= 0x0EFF) || (c >= 0x1000 && c <= 0x109F) ||
           (c >= 0x1780 && c <= 0x17FF) || (c >= 0x2E80 && c <= 0x30FF) ||
           (c >= 0x31C0 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0x20000 && c <= 0x3FFFF);
}

static int is_word_character(utf8proc_int32_t c)
{
    if (c == '\'' || c == 0x2019 || c == '_') return 1;
    if (c < 0 || writes_no_spaces(c)) return 0;
    utf8proc_category_t category = utf8proc_category(c);
    return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
           (category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME) ||
           (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

/* The span within the text, widened to whole characters, without white space at its ends. */
static heed__word tidy(const char *text, size_t length, heed__word piece)
{
    size_t size, begin = piece.begin < length ? piece.begin : length;
    size_t end = piece.end < length ? piece.end : length;
    if (begin >= end) return (heed__word){begin, begin};
    begin = start_of_character(text, begin);
    if (end < length) {
        size_t last = start_of_character(text, end - 1);
        character_at(text, length, last, &size);
        if (last + size > end) end = last + size;
    }
    while (begin < end && is_space(character_at(text, length, begin, &size))) begin += size;
    while (begin < end) {
        size_t last = start_of_character(text, end - 1);
        if (last < begin || !is_space(character_at(text, length, last, &size))) break;
        end = last;
    }
    return (heed__word){begin, end < begin ? begin : end};
}

static int is_continued(const char *text, size_t length, heed__word word, heed__word piece)
{
    if (piece.begin != word.end) return piece.begin < word.end;
    size_t size;
    size_t last = start_of_character(text, word.end - 1);
    return is_word_character(character_at(text, length, last, &size)) &&
           is_word_character(character_at(text, length, piece.begin, &size));
}

size_t heed__words_from_pieces(const char *text, size_t length, const heed__word *pieces,
                               size_t n_pieces, heed__word *words, int64_t *word_of)
{
    size_t n = 0;
    for (size_t i = 0; i < n_pieces; i++) {
        heed__word piece = tidy(text, length, pieces[i]);
        word_of[i] = -1;
        if (piece.begin == piece.end) continue;
        if (n > 0 && is_continued(text, length, words[n - 1], piece)) {
            if (piece.end > words[n - 1].end) words[n - 1].end = piece.end;
        } else {
            words[n++] = piece;
        }
        word_of[i] = (int64_t)n - 1;
    }
    return n;
}

static int is_ideograph(const char *text, size_t length, heed__word word)
{
    size_t size;
    utf8proc_int32_t c = character_at(text, length, word.begin, &size);
    return size == word.end - word.begin &&
           ((c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) || c == 0x3005 ||
            (c >= 0x20000 && c <= 0x3FFFF));
}

/* What a bond becomes when its words are joined, and when they are kept apart. */
static const float joined = 2.0f, apart = -1.0f;

/* Takes each bond that is stronger than the bonds beside it (of equals the first), which then are
 * none any more. Returns how many it took. */
static size_t take_strongest(float *bonds, size_t n_bonds)
{
    size_t taken = 0;
    for (size_t i = 0; i < n_bonds; i++) {
        float left = i ? bonds[i - 1] : apart, right = i + 1 < n_bonds ? bonds[i + 1] : apart;
        if (!(bonds[i] >= HEED_BOND) || bonds[i] == joined) continue;
        if (left >= bonds[i] || right > bonds[i]) continue;
        bonds[i] = joined;
        if (i) bonds[i - 1] = apart;
        if (i + 1 < n_bonds) bonds[i + 1] = apart;
        taken++;
    }
    return taken;
}

size_t heed__words_join(const char *text, size_t length, float *bonds, heed__word *words,
                        size_t n_words, int64_t *word_of, size_t n_pieces)
{
    if (n_words < 2) return n_words;
    for (size_t i = 0; i + 1 < n_words; i++)
        if (words[i].end != words[i + 1].begin || !is_ideograph(text, length, words[i]) ||
            !is_ideograph(text, length, words[i + 1]))
            bonds[i] = apart;
    while (take_strongest(bonds, n_words - 1)) {
    }
    size_t kept = 0, old = 0;
    for (size_t piece = 0; old < n_words; old++) {
        int second = old > 0 && bonds[old - 1] == joined;
        if (second)
            words[kept - 1].end = words[old].end;
        else
            words[kept++] = words[old];
        for (; piece < n_pieces && word_of[piece] <= (int64_t)old; piece++)
            if (word_of[piece] >= 0) word_of[piece] = (int64_t)kept - 1;
    }
    return kept;
}

int heed__words_would_join(const char *text, size_t length, size_t begin, size_t end)
{
    size_t size;
    if (begin == 0 || end >= length) return 0;
    return is_word_character(
               character_at(text, length, start_of_character(text, begin - 1), &size)) &&
           is_word_character(character_at(text, length, end, &size));
}

void heed__words_scores(const int64_t *word_of, const float *piece_scores, size_t n_pieces,
                        heed__combine combine, float *scores, size_t n_words)
{
    for (size_t i = 0; i < n_words; i++) scores[i] = 0.0f;
    for (size_t i = 0; i < n_pieces; i++) {
        if (word_of[i] < 0) continue;
        float *score = scores + word_of[i];
        if (combine == HEED_COMBINE_SUM)
            *score += piece_scores[i];
        else if (isnan(piece_scores[i]) || fabsf(piece_scores[i]) > fabsf(*score))
            *score = isnan(*score) ? *score : piece_scores[i];
    }
}

void heed__words_attention(const int64_t *word_of, const float *piece_weights, size_t n_pieces,
                           float *weights, size_t n_words)
{
    for (size_t i = 0; i < n_words * n_words; i++) weights[i] = 0.0f;
    /* A word's pieces are neighbours, so its rows are summed and then divided in one go. */
    for (size_t i = 0; i < n_pieces;) {
        int64_t query = word_of[i];
        float rows = 0.0f;
        for (; i < n_pieces && word_of[i] == query; i++, rows += 1.0f)
            for (size_t j = 0; j < n_pieces && query >= 0; j++)
                if (word_of[j] >= 0)
                    weights[(size_t)query * n_words + (size_t)word_of[j]] +=
                        piece_weights[i * n_pieces + j];
        if (query < 0) continue;
        for (size_t j = 0; j < n_words; j++) weights[(size_t)query * n_words + j] /= rows;
    }
}
