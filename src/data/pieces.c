/* SPDX-License-Identifier: MIT */
/* Tokenizers whose vocabulary is a list of pieces: counting, choosing, looking up. */
#include "base/fail.h"
#include "base/memory.h"
#include "data/tokenizer_kind.h"
#include "data/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static int is_upper_ascii(char c)
{
    return c >= 'A' && c <= 'Z';
}

void heed__piece_key(const heed__tokenizer_settings *settings, const char *text,
                     char room[HEED_PIECE_KEY], heed__piece *piece)
{
    size_t size = piece->end - piece->begin, used = 0, length;
    const char *from = text + piece->begin;
    piece->key = from;
    piece->key_size = size;
    if (!settings->lower && size <= HEED_PIECE_KEY) return;
    for (size_t at = 0; at < size; at += length) {
        uint32_t code = heed__utf8_next(from + at, &length);
        if (used + 4 > HEED_PIECE_KEY) break;
        if (!settings->lower) {
            memcpy(room + used, from + at, length);
            used += length;
        } else if (code < 0x80) {
            room[used++] = (char)(is_upper_ascii(from[at]) ? code + 0x20 : code);
        } else {
            used += heed__utf8_put((uint32_t)utf8proc_tolower((utf8proc_int32_t)code), room + used);
        }
    }
    piece->key = room;
    piece->key_size = used;
}

typedef struct counted_string {
    heed_text text;
    int64_t count;
} counted_string;

static int compare_strings(const void *a, const void *b)
{
    const counted_string *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return heed__text_compare(x->text, y->text);
}

heed_status heed__vocabulary_fill(heed__tokenizer *t, const heed__strings *strings,
                                  const int64_t *counts)
{
    counted_string *sorted = NULL;
    HEED_TRY(heed__alloc((size_t)strings->n, sizeof *sorted, "a vocabulary", &sorted));
    for (int64_t i = 0; i < strings->n; i++)
        sorted[i] = (counted_string){strings->items[i], counts[i]};
    if (strings->n) qsort(sorted, (size_t)strings->n, sizeof *sorted, compare_strings);
    heed_status status = HEED_OK;
    for (int64_t i = 0, id; i < strings->n && status == HEED_OK; i++) {
        if (sorted[i].count < t->settings.min_count ||
            t->vocabulary.n >= t->settings.max_vocabulary)
            break;
        status = heed__strings_add(&t->vocabulary, sorted[i].text.bytes, sorted[i].text.size, &id);
    }
    heed__free(sorted);
    if (status == HEED_OK && t->vocabulary.n == HEED_TOKEN_FIRST)
        return heed__fail(HEED_E_DATA,
                          "tokenizer %s: nothing stands %lld times in the texts; lower min_count "
                          "or give more text",
                          t->kind->name, (long long)t->settings.min_count);
    return status;
}

static heed_status count_pieces(heed__tokenizer *t, heed_text text, heed__strings *strings,
                                int64_t **counts, size_t *room)
{
    char key[HEED_PIECE_KEY];
    heed__piece piece;
    for (size_t at = 0; t->kind->next(&t->settings, text.bytes, text.size, &at, key, &piece);) {
        int64_t id, before = strings->n;
        HEED_TRY(heed__strings_add(strings, piece.key, piece.key_size, &id));
        HEED_TRY(heed__grow(counts, room, (size_t)id + 1, sizeof **counts, "word counts"));
        if (id == before) (*counts)[id] = 0;
        (*counts)[id]++;
    }
    return HEED_OK;
}

heed_status heed__pieces_train(heed__tokenizer *t, const heed__texts *texts)
{
    heed__strings strings = {0};
    int64_t *counts = NULL;
    size_t room = 0;
    heed_status status = HEED_OK;
    for (int64_t i = 0; i < texts->n && status == HEED_OK; i++)
        status = count_pieces(t, texts->text(texts->user, i), &strings, &counts, &room);
    if (status == HEED_OK) status = heed__vocabulary_fill(t, &strings, counts);
    heed__strings_free(&strings);
    free(counts);
    return status;
}

heed_status heed__pieces_encode(const heed__tokenizer *t, const char *text, size_t size,
                                heed__encoding *out)
{
    char key[HEED_PIECE_KEY];
    heed__piece piece;
    int full = 0;
    for (size_t at = 0; !full && t->kind->next(&t->settings, text, size, &at, key, &piece);) {
        int64_t id = heed__strings_find(&t->vocabulary, piece.key, piece.key_size);
        HEED_TRY(heed__encoding_add(out, t, id < 0 ? HEED_TOKEN_UNKNOWN : id, piece.begin,
                                    piece.end, &full));
    }
    return HEED_OK;
}
