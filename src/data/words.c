/* SPDX-License-Identifier: MIT */
/*
 * Words: runs of letters and digits, with apostrophes inside ("don't") and points between digits
 * ("3.5"); every punctuation mark and symbol by itself; scripts written without spaces character by
 * character. White space is no token, but for newlines in running text.
 */
#include "base/fail.h"
#include "data/glue.h"
#include "data/tokenizer_kind.h"
#include "data/utf8.h"

#include <utf8proc.h>

typedef enum char_class {
    SPACE,
    LETTER,
    DIGIT,
    SINGLE, /* a token by itself: a mark, a symbol, a character of a script without spaces */
    JOINED  /* belongs to the character before it: accents, variation selectors */
} char_class;

/* Han, kana, Thai, Lao, Burmese and Khmer put no spaces between words. */
static int without_spaces(uint32_t c)
{
    static const uint32_t ranges[][2] = {
        {0x0E00, 0x0EFF}, {0x1000, 0x109F}, {0x1780, 0x17FF}, {0x2E80, 0x2FDF},
        {0x3005, 0x3007}, {0x3040, 0x30FF}, {0x31F0, 0x31FF}, {0x3400, 0x4DBF},
        {0x4E00, 0x9FFF}, {0xF900, 0xFAFF}, {0xFF66, 0xFF9F}, {0x20000, 0x323AF},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1]) return 1;
    return 0;
}

static char_class class_of(uint32_t c)
{
    if (c < 0x80) {
        if (c <= ' ' || c == 0x7F) return SPACE;
        if (c >= '0' && c <= '9') return DIGIT;
        return (c | 0x20) >= 'a' && (c | 0x20) <= 'z' ? LETTER : SINGLE;
    }
    if (c == 0x200C || c == 0x200D || c == 0xAD) return JOINED; /* joiners, the soft hyphen */
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
        return JOINED;
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        return without_spaces(c) ? SINGLE : LETTER;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return without_spaces(c) ? SINGLE : DIGIT;
    default:
        return heed__utf8_space(c) ? SPACE : SINGLE;
    }
}

int heed__words_is_mark(uint32_t code)
{
    char_class class = class_of(code);
    return class == SINGLE || class == SPACE || class == JOINED;
}

static int is_apostrophe(uint32_t c)
{
    return c == '\'' || c == 0x2019;
}

/* Nonzero when the character c at `at` stands inside a word: what follows decides. */
static int inside_word(const char *text, size_t size, size_t at, uint32_t c, char_class before)
{
    size_t length;
    if (at >= size) return 0;
    char_class after = class_of(heed__utf8_next(text + at, &length));
    if (is_apostrophe(c)) return before == LETTER && after == LETTER;
    return (c == '.' || c == ',') && before == DIGIT && after == DIGIT;
}

static int next_word(const heed__tokenizer_settings *settings, const char *text, size_t size,
                     size_t *at, char room[HEED_PIECE_KEY], heed__piece *piece)
{
    size_t length = 0, i = *at;
    char_class class = SPACE;
    int newlines = settings->spacing == HEED_SPACING_RUNNING;
    for (; i < size; i += length) {
        class = class_of(heed__utf8_next(text + i, &length));
        if (class != SPACE || (newlines && text[i] == '\n')) break;
    }
    *at = i;
    if (i >= size) return 0;
    piece->begin = i;
    int word = class == LETTER || class == DIGIT;
    for (i += length; i < size; i += length) {
        uint32_t c = heed__utf8_next(text + i, &length);
        char_class next = class_of(c);
        if (next == JOINED) continue;
        if (!word) break;
        if (next == LETTER || next == DIGIT)
            class = next;
        else if (!inside_word(text, size, i + length, c, class))
            break;
    }
    *at = piece->end = i;
    heed__piece_key(settings, text, room, piece);
    return 1;
}

static heed_status train(heed_context *context, heed__tokenizer *t, const heed__texts *texts)
{
    (void)context;
    if (t->settings.spacing == HEED_SPACING_NONE) return HEED_OK;
    heed__glue *glue = NULL;
    HEED_TRY(heed__glue_learn(t, texts, &glue));
    t->state = glue;
    return HEED_OK;
}

typedef struct joining {
    const heed__glue *glue;
    heed__glue_walk walk;
} joining;

static int touches(void *user, int64_t id)
{
    joining *j = user;
    return j->glue ? heed__glue_next(j->glue, &j->walk, id) : 0;
}

static heed_status decode(const heed__tokenizer *t, const int32_t *ids, int64_t n,
                          const heed_text *unknown, heed__buffer *out, heed__span *spans)
{
    joining j = {t->state, {0}};
    return heed__tokens_join(t, ids, n, unknown, touches, &j, out, spans);
}

static heed_status save(const heed__tokenizer *t, heed__blob *blob)
{
    return t->state ? heed__glue_save(t->state, blob) : HEED_OK;
}

static heed_status load(heed__tokenizer *t, heed__blob_reader *blob)
{
    if (t->settings.spacing == HEED_SPACING_NONE) return HEED_OK;
    heed__glue *glue = NULL;
    HEED_TRY(heed__glue_load(t, blob, &glue));
    t->state = glue;
    return HEED_OK;
}

static void state_free(void *state)
{
    heed__glue_free(state);
}

const heed__token_kind heed__tokenizer_words = {
    .name = "words",
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
    .train = train,
    .decode = decode,
    .save = save,
    .load = load,
    .free = state_free,
};
