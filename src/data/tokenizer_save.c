/* SPDX-License-Identifier: MIT */
/* The saved form: magic, version, kind, settings by name, vocabulary, keys of n-grams, with n-grams
 * the counts of tokens and of n-grams, from version 3 on keys of n-grams of characters, the kind's
 * own. */
#include "base/fail.h"
#include "base/memory.h"
#include "data/tokenizer_kind.h"

#include <stdlib.h>
#include <string.h>

/* The settings by name: for checks, messages and the saved form. */
typedef struct setting {
    const char *name;
    size_t offset;
    int64_t least, most;
} setting;
#define SETTING(field, least, most)                                                                \
    {                                                                                              \
#        field, offsetof(heed__tokenizer_settings, field), least, most                             \
    }
static const setting table[] = {
    SETTING(lower, 0, 1),
    SETTING(min_count, 1, INT32_MAX),
    SETTING(max_vocabulary, HEED_TOKEN_FIRST + 1, INT32_MAX),
    SETTING(ngrams, 1, 5),
    SETTING(ngram_min_count, 1, INT32_MAX),
    SETTING(ngram_max_vocabulary, 2, INT32_MAX),
    SETTING(start, 0, 1),
    SETTING(max_length, 2, INT32_MAX),
    SETTING(spacing, HEED_SPACING_NONE, HEED_SPACING_RUNNING),
    SETTING(characters, 0, 8),
    SETTING(characters_from, 1, 8),
};
enum { SETTINGS = sizeof table / sizeof *table };

/* Version 1 knew no spacing, version 2 no n-grams but pairs of tokens. They are still what is
 * written where there is nothing else, so that a file stays what it was, byte for byte. */
enum { VERSION = 3 };
static int64_t settings_of(int64_t version)
{
    return version == 1 ? SETTINGS - 3 : version == 2 ? SETTINGS - 2 : SETTINGS;
}

static int64_t version_of(const heed__tokenizer_settings *s)
{
    if (s->ngrams > 2 || s->characters) return 3;
    return s->spacing == HEED_SPACING_NONE ? 1 : 2;
}

static int64_t *value_of(heed__tokenizer_settings *settings, const setting *s)
{
    return (int64_t *)(void *)((char *)settings + s->offset);
}

heed_status heed__token_settings_check(heed__tokenizer_settings *settings)
{
    for (int i = 0; i < SETTINGS; i++) {
        int64_t value = *value_of(settings, &table[i]);
        if (value < table[i].least || value > table[i].most)
            return heed__fail(HEED_E_INVALID, "tokenizer: %s = %lld; it must be %lld to %lld",
                              table[i].name, (long long)value, (long long)table[i].least,
                              (long long)table[i].most);
    }
    if (settings->characters && settings->characters_from > settings->characters)
        return heed__fail(HEED_E_INVALID,
                          "tokenizer: characters_from = %lld is above characters = %lld; the "
                          "shortest n-grams cannot be longer than the longest",
                          (long long)settings->characters_from, (long long)settings->characters);
    return HEED_OK;
}

static const char magic[8] = "heedtok";

static heed_status save_keys(const heed__pairs *keys, heed__blob *blob)
{
    HEED_TRY(heed__blob_add_number(blob, keys->n));
    for (int64_t i = 0; i < keys->n; i++)
        HEED_TRY(heed__blob_add_number(blob, (int64_t)keys->items[i]));
    return HEED_OK;
}

static heed_status save(const heed__tokenizer *t, heed__blob *blob)
{
    heed__tokenizer_settings settings = t->settings;
    int64_t version = version_of(&settings);
    HEED_TRY(heed__blob_add(blob, magic, sizeof magic));
    HEED_TRY(heed__blob_add_number(blob, version));
    HEED_TRY(heed__blob_add_text(blob, (heed_text){t->kind->name, strlen(t->kind->name)}));
    HEED_TRY(heed__blob_add_number(blob, settings_of(version)));
    for (int i = 0; i < settings_of(version); i++) {
        HEED_TRY(heed__blob_add_text(blob, (heed_text){table[i].name, strlen(table[i].name)}));
        HEED_TRY(heed__blob_add_number(blob, *value_of(&settings, &table[i])));
    }
    HEED_TRY(heed__blob_add_number(blob, t->vocabulary.n));
    for (int64_t i = 0; i < t->vocabulary.n; i++)
        HEED_TRY(heed__blob_add_text(blob, t->vocabulary.items[i]));
    HEED_TRY(save_keys(&t->ngrams[HEED_BAGS_TOKENS], blob));
    int64_t counted = t->settings.ngrams > 1 ? t->vocabulary.n : 0;
    for (int64_t i = 0; i < counted; i++) HEED_TRY(heed__blob_add_number(blob, t->token_counts[i]));
    for (int64_t i = 0; i < t->ngrams[HEED_BAGS_TOKENS].n; i++)
        HEED_TRY(heed__blob_add_number(blob, t->ngram_counts[i]));
    if (version > 2) HEED_TRY(save_keys(&t->ngrams[HEED_BAGS_CHARACTERS], blob));
    return t->kind->save ? t->kind->save(t, blob) : HEED_OK;
}

heed_status heed__tokenizer_save(const heed__tokenizer *tokenizer, unsigned char **bytes,
                                 size_t *size)
{
    heed__blob blob = {0};
    heed_status status = save(tokenizer, &blob);
    if (status != HEED_OK) free(blob.bytes);
    *bytes = status == HEED_OK ? blob.bytes : NULL;
    *size = status == HEED_OK ? blob.size : 0;
    return status;
}

static heed_status load_kind(heed__blob_reader *blob, heed__tokenizer *t)
{
    heed_text name;
    char kind[32];
    HEED_TRY(heed__blob_text(blob, &name));
    if (name.size >= sizeof kind)
        return heed__fail(HEED_E_FORMAT, "the tokenizer's kind has a name of %zu bytes", name.size);
    memcpy(kind, name.bytes, name.size);
    kind[name.size] = 0;
    heed_status status = heed__token_kind_find(kind, &t->kind);
    return status == HEED_E_INVALID ? HEED_E_FORMAT : status;
}

static heed_status load_settings(heed__blob_reader *blob, int64_t version, heed__tokenizer *t)
{
    int64_t count = settings_of(version), value;
    HEED_TRY(heed__blob_number(blob, count, count, &count));
    t->settings.characters_from = 3;
    for (int i = 0; i < count; i++) {
        heed_text name;
        HEED_TRY(heed__blob_text(blob, &name));
        if (name.size != strlen(table[i].name) || memcmp(name.bytes, table[i].name, name.size) != 0)
            return heed__fail(HEED_E_FORMAT, "the tokenizer's setting '%.*s' should be '%s'",
                              name.size < 40 ? (int)name.size : 40, name.bytes, table[i].name);
        HEED_TRY(heed__blob_number(blob, table[i].least, table[i].most, &value));
        *value_of(&t->settings, &table[i]) = value;
    }
    if (version_of(&t->settings) != version)
        return heed__fail(HEED_E_FORMAT,
                          "the tokenizer is of version %lld, its settings are of version %lld",
                          (long long)version, (long long)version_of(&t->settings));
    return heed__token_settings_check(&t->settings) == HEED_OK ? HEED_OK : HEED_E_FORMAT;
}

static heed_status load_vocabulary(heed__blob_reader *blob, heed__tokenizer *t)
{
    int64_t n, at;
    HEED_TRY(heed__blob_number(blob, HEED_TOKEN_FIRST, heed__blob_most(blob, 8), &n));
    for (int64_t i = 0; i < n; i++) {
        heed_text token;
        HEED_TRY(heed__blob_text(blob, &token));
        HEED_TRY(heed__strings_add(&t->vocabulary, token.bytes, token.size, &at));
        if (at != i || !token.size)
            return heed__fail(HEED_E_FORMAT, "the tokenizer's token %lld is empty or double",
                              (long long)i);
    }
    return HEED_OK;
}

/* Of two ids in the vocabulary, or a hash where such are looked for. */
static int is_key(const heed__tokenizer *t, int bag, int64_t key)
{
    int hashed = (uint64_t)key >= HEED_NGRAM_HASHED;
    if (bag == HEED_BAGS_CHARACTERS) return hashed;
    if (hashed) return t->settings.ngrams > 2;
    return key >> 32 < t->vocabulary.n && (key & UINT32_MAX) < t->vocabulary.n;
}

static heed_status load_keys(heed__blob_reader *blob, heed__tokenizer *t, int bag)
{
    int64_t n, at, key, most = heed__blob_most(blob, 8);
    HEED_TRY(heed__blob_number(blob, 0, heed__ngrams_wanted(&t->settings, bag) ? most : 0, &n));
    for (int64_t i = 0; i < n; i++) {
        HEED_TRY(heed__blob_number(blob, 0, INT64_MAX, &key));
        HEED_TRY(heed__pairs_add(&t->ngrams[bag], (uint64_t)key, &at));
        if (at != i || !is_key(t, bag, key))
            return heed__fail(HEED_E_FORMAT, "the tokenizer's n-gram %lld is double or of no token",
                              (long long)i);
    }
    return HEED_OK;
}

static heed_status load_counts(heed__blob_reader *blob, heed__tokenizer *t)
{
    static const int64_t most = (int64_t)1 << 48; /* so that the sum of all fits */
    size_t tokens = (size_t)t->vocabulary.n, ngrams = (size_t)t->ngrams[HEED_BAGS_TOKENS].n;
    if (t->settings.ngrams < 2) return HEED_OK;
    if (heed__blob_most(blob, 8) < t->vocabulary.n + t->ngrams[HEED_BAGS_TOKENS].n)
        return heed__fail(HEED_E_FORMAT, "the tokenizer is cut off within its counts");
    HEED_TRY(heed__alloc(tokens, sizeof *t->token_counts, "counts of tokens", &t->token_counts));
    HEED_TRY(heed__alloc(ngrams, sizeof *t->ngram_counts, "counts of n-grams", &t->ngram_counts));
    for (size_t i = 0; i < tokens; i++) {
        HEED_TRY(heed__blob_number(blob, 0, most, &t->token_counts[i]));
        t->all_count += t->token_counts[i];
    }
    for (size_t i = 0; i < ngrams; i++)
        HEED_TRY(heed__blob_number(blob, 0, most, &t->ngram_counts[i]));
    return HEED_OK;
}

static heed_status load(heed__blob_reader *blob, heed__tokenizer *t)
{
    int64_t version;
    if (blob->size < sizeof magic || memcmp(blob->bytes, magic, sizeof magic) != 0)
        return heed__fail(HEED_E_FORMAT, "the tokenizer does not begin with 'heedtok'");
    blob->at = sizeof magic;
    HEED_TRY(heed__blob_number(blob, 1, INT32_MAX, &version));
    if (version > VERSION)
        return heed__fail(HEED_E_FORMAT,
                          "the tokenizer is of version %lld; this heed reads up to %d: use a newer "
                          "one",
                          (long long)version, VERSION);
    HEED_TRY(load_kind(blob, t));
    HEED_TRY(load_settings(blob, version, t));
    HEED_TRY(load_vocabulary(blob, t));
    HEED_TRY(load_keys(blob, t, HEED_BAGS_TOKENS));
    HEED_TRY(load_counts(blob, t));
    if (version > 2) HEED_TRY(load_keys(blob, t, HEED_BAGS_CHARACTERS));
    if (t->kind->load) HEED_TRY(t->kind->load(t, blob));
    if (blob->at != blob->size)
        return heed__fail(HEED_E_FORMAT, "the tokenizer has %zu bytes too many",
                          blob->size - blob->at);
    return HEED_OK;
}

heed_status heed__tokenizer_load(const unsigned char *bytes, size_t size, heed__tokenizer **out)
{
    *out = NULL;
    heed__tokenizer *t = NULL;
    HEED_TRY(heed__alloc(1, sizeof *t, "a tokenizer", &t));
    heed__blob_reader blob = {bytes, size, 0};
    heed_status status = load(&blob, t);
    if (status != HEED_OK) heed__tokenizer_destroy(&t);
    *out = t;
    return status;
}
