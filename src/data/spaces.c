/* SPDX-License-Identifier: MIT */
/* What stands between white space, as it stands: for text that was cut into words already. In
 * running text newlines are tokens. */
#include "data/tags.h"
#include "data/tokenizer_kind.h"

#include <string.h>

static int next_word(const heed__tokenizer_settings *settings, const char *text, size_t size,
                     size_t *at, char room[HEED_PIECE_KEY], heed__piece *piece)
{
    heed__span word;
    size_t from = *at;
    int any = heed__next_word((heed_text){text, size}, at, &word);
    const char *newline = settings->spacing == HEED_SPACING_RUNNING && from < size
                              ? memchr(text + from, '\n', (any ? word.begin : size) - from)
                              : NULL;
    if (!any && !newline) return 0;
    if (newline) {
        word.begin = (uint32_t)(newline - text);
        word.end = word.begin + 1;
        *at = word.end;
    }
    piece->begin = word.begin;
    piece->end = word.end;
    heed__piece_key(settings, text, room, piece);
    return 1;
}

/* A blank before each word, none beside a newline. */
typedef struct joining {
    const heed__tokenizer *tokenizer;
    int after_newline;
} joining;

static int touches(void *user, int64_t id)
{
    joining *j = user;
    heed_text token = heed__tokenizer_token(j->tokenizer, id);
    int newline = token.size == 1 && *token.bytes == '\n', together = newline || j->after_newline;
    j->after_newline = newline;
    return together;
}

static heed_status decode(const heed__tokenizer *t, const int32_t *ids, int64_t n,
                          const heed_text *unknown, heed__buffer *out, heed__span *spans)
{
    joining j = {t, 0};
    return heed__tokens_join(t, ids, n, unknown, touches, &j, out, spans);
}

const heed__token_kind heed__tokenizer_spaces = {
    .name = "spaces",
    .defaults = {.lower = 1,
                 .min_count = 2,
                 .max_vocabulary = 50000,
                 .ngrams = 1,
                 .ngram_min_count = 2,
                 .ngram_max_vocabulary = 500000,
                 .start = 0,
                 .max_length = 512,
                 .characters_from = 3},
    .next = next_word,
    .decode = decode,
};
