/* SPDX-License-Identifier: MIT */
/* Any bytes are a tokenizer or an error, and what is loaded encodes and saves to the same bytes.
 * Any UTF-8 is text: its tokens stand in order, inside it, and none is left out but white space.
 * Tokens are text again, valid UTF-8, and characters that text. */
#include "fuzz.h"

#include "data/tokenizer.h"
#include "data/utf8.h"

#include <string.h>

static const char sample[] = "The film isn't bad: 3.5 stars, 电影很好! e\xCC\x81 \xF0\x9F\x98\x80";

static heed_text give(const void *user, int64_t i)
{
    (void)user;
    (void)i;
    return (heed_text){sample, sizeof sample - 1};
}

/* What is unknown is given back from the text. */
static void check_decoding(const heed__tokenizer *t, const char *text, size_t size,
                           const heed__encoding *e)
{
    heed__buffer out = {0};
    size_t n = (size_t)e->length;
    heed_text *unknown = calloc(n, sizeof *unknown);
    heed__span *spans = calloc(n, sizeof *spans);
    if (!unknown || !spans) abort();
    for (size_t i = 0; i < n; i++)
        unknown[i] = (heed_text){text + e->spans[i].begin, e->spans[i].end - e->spans[i].begin};
    if (heed__tokenizer_decode(t, e->ids, e->length, unknown, &out, spans) != HEED_OK) abort();
    if (heed__utf8_valid(out.bytes, out.size) != out.size) abort();
    for (size_t i = 0, before = 0; i < n; before = spans[i++].end)
        if (spans[i].begin < before || spans[i].end < spans[i].begin || spans[i].end > out.size)
            abort();
    const heed__tokenizer_settings *s = heed__tokenizer_settings_of(t);
    int exact = !strcmp(heed__tokenizer_kind(t), "characters") && s->spacing && !s->lower &&
                !s->start && !e->cut;
    if (exact && (out.size != size || memcmp(out.bytes, text, size) != 0)) abort();
    heed__buffer_free(&out);
    free(unknown);
    free(spans);
}

static void check_encoding(heed__tokenizer *t, const char *text, size_t size)
{
    heed__encoding e = {0};
    heed__tokenizer_split(t, 5);
    if (heed__tokenizer_encode(t, text, size, &e) != HEED_OK) abort();
    for (int64_t i = 0; i < e.length; i++)
        if (e.begins[i] > 1 || (i == 0 && !e.begins[i])) abort();
    if (e.length < 1 || e.length > heed__tokenizer_settings_of(t)->max_length) abort();
    size_t before = 0;
    for (int64_t i = 0; i < e.length; i++) {
        if (e.ids[i] < 0 || e.ids[i] >= heed__tokenizer_vocabulary(t)) abort();
        if (e.spans[i].begin < before || e.spans[i].end < e.spans[i].begin) abort();
        if (e.spans[i].end > size) abort();
        if (!heed__utf8_blank(text + before, e.spans[i].begin - before)) abort();
        before = e.spans[i].end;
    }
    for (int b = 0; b < HEED_BAGS; b++) {
        const heed__bags *bags = &e.bags[b];
        if (!heed__tokenizer_ngrams(t, b)) continue;
        if (bags->n != e.length || bags->offsets[bags->n] != bags->used) abort();
        for (int64_t i = 0; i < bags->used; i++)
            if (bags->ids[i] < 1 || bags->ids[i] >= heed__tokenizer_ngrams(t, b)) abort();
    }
    if (!e.cut && !heed__utf8_blank(text + before, size - before)) abort();
    check_decoding(t, text, size, &e);
    heed__encoding_free(&e);
}

static void load(const uint8_t *bytes, size_t size)
{
    heed__tokenizer *t = NULL;
    unsigned char *saved = NULL;
    size_t saved_size;
    if (heed__tokenizer_load(bytes, size, &t) != HEED_OK) return;
    if (heed__tokenizer_save(t, &saved, &saved_size) != HEED_OK) abort();
    if (saved_size != size || memcmp(saved, bytes, size) != 0) abort();
    free(saved);
    check_encoding(t, sample, sizeof sample - 1);
    heed__tokenizer_destroy(&t);
}

static void encode(const uint8_t *bytes, size_t size)
{
    static const char *const kinds[] = {"words", "characters", "bpe", "unigram"};
    static heed__tokenizer *tokenizers[12];
    const char *text = (const char *)bytes;
    if (memchr(text, 0, size) || heed__utf8_valid(text, size) != size) return;
    for (int i = 0; i < 12; i++) {
        heed__tokenizer_settings settings;
        if (heed__tokenizer_defaults(kinds[i % 4], &settings) != HEED_OK) continue;
        settings.ngrams = 2 + i / 4;
        settings.characters = i % 3 * 2;
        settings.characters_from = 2;
        settings.spacing = i / 4;
        settings.lower = settings.lower && i < 4;
        settings.max_vocabulary = 60;
        if (!tokenizers[i] && heed__tokenizer_train(NULL, kinds[i % 4], &settings, 20, give, NULL,
                                                    &tokenizers[i]) != HEED_OK)
            abort();
        check_encoding(tokenizers[i], text, size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    load(bytes, size);
    encode(bytes, size);
    return 0;
}
