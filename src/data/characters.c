/* SPDX-License-Identifier: MIT */
/* Characters: every code point is a token. A run of white space is one blank, unless the text is to
 * be made again. */
#include "data/tokenizer_kind.h"
#include "data/utf8.h"

static int next_character(const heed__tokenizer_settings *settings, const char *text, size_t size,
                          size_t *at, char room[HEED_PIECE_KEY], heed__piece *piece)
{
    size_t length, i = *at;
    if (i >= size) return 0;
    piece->begin = i;
    int space = heed__utf8_space(heed__utf8_next(text + i, &length)) &&
                settings->spacing == HEED_SPACING_NONE;
    for (i += length; space && i < size; i += length)
        if (!heed__utf8_space(heed__utf8_next(text + i, &length))) break;
    *at = piece->end = i;
    if (space) {
        piece->key = " ";
        piece->key_size = 1;
    } else {
        heed__piece_key(settings, text, room, piece);
    }
    return 1;
}

static heed_status decode(const heed__tokenizer *t, const int32_t *ids, int64_t n,
                          const heed_text *unknown, heed__buffer *out, heed__span *spans)
{
    return heed__tokens_join(t, ids, n, unknown, NULL, NULL, out, spans);
}

const heed__token_kind heed__tokenizer_characters = {
    .name = "characters",
    .defaults = {.lower = 1,
                 .min_count = 2,
                 .max_vocabulary = 50000,
                 .ngrams = 1,
                 .ngram_min_count = 2,
                 .ngram_max_vocabulary = 500000,
                 .start = 0,
                 .max_length = 1024,
                 .characters_from = 3},
    .next = next_character,
    .decode = decode,
};
