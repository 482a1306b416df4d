/* SPDX-License-Identifier: MIT */
/* Any bytes are a tokenizer or an error, and what is loaded encodes and saves to the same bytes.
 * Any UTF-8 is text: its tokens stand in order, inside it, and none is left out but white space. */
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

static void check_encoding(const heed__tokenizer *t, const char *text, size_t size)
{
    heed__encoding e = {0};
    if (heed__tokenizer_encode(t, text, size, &e) != HEED_OK) abort();
    if (e.length < 1 || e.length > heed__tokenizer_settings_of(t)->max_length) abort();
    size_t before = 0;
    for (int64_t i = 0; i < e.length; i++) {
        if (e.ids[i] < 0 || e.ids[i] >= heed__tokenizer_vocabulary(t)) abort();
        if (e.spans[i].begin < before || e.spans[i].end < e.spans[i].begin) abort();
        if (e.spans[i].end > size) abort();
        if (!heed__utf8_blank(text + before, e.spans[i].begin - before)) abort();
        before = e.spans[i].end;
        if (e.ngrams && (e.ngrams[i] < 0 || e.ngrams[i] >= heed__tokenizer_ngrams(t))) abort();
    }
    if (!e.cut && !heed__utf8_blank(text + before, size - before)) abort();
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
    static heed__tokenizer *tokenizers[4];
    const char *text = (const char *)bytes;
    if (memchr(text, 0, size) || heed__utf8_valid(text, size) != size) return;
    for (int i = 0; i < 4; i++) {
        heed__tokenizer_settings settings;
        if (heed__tokenizer_defaults(kinds[i], &settings) != HEED_OK) continue;
        settings.ngrams = 2;
        settings.max_vocabulary = 60;
        if (!tokenizers[i] && heed__tokenizer_train(NULL, kinds[i], &settings, 20, give, NULL,
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
