/* SPDX-License-Identifier: MIT */
#include "data/tokenizer.h"

#include "base/fail.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "data/sentences.h"
#include "data/tokenizer_kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const heed__token_kind *const kinds[] = {
    &heed__tokenizer_words, &heed__tokenizer_spaces,  &heed__tokenizer_characters,
#ifdef HEED_WITH_SENTENCEPIECE
    &heed__tokenizer_bpe,   &heed__tokenizer_unigram,
#endif
};
enum { KINDS = sizeof kinds / sizeof *kinds };

heed_status heed__token_kind_find(const char *name, const heed__token_kind **out)
{
    for (int i = 0; i < KINDS; i++)
        if (strcmp(kinds[i]->name, name) == 0) {
            *out = kinds[i];
            return HEED_OK;
        }
    if (strcmp(name, "bpe") == 0 || strcmp(name, "unigram") == 0)
        return heed__fail(HEED_E_UNSUPPORTED,
                          "tokenizer '%s' needs SentencePiece, which this build lacks; use words "
                          "or characters, or build with libsentencepiece-dev",
                          name);
    return heed__fail(HEED_E_INVALID,
                      "tokenizer '%s' is not known; use words, spaces, characters, bpe or unigram",
                      name);
}

heed_status heed__tokenizer_defaults(const char *kind, heed__tokenizer_settings *out)
{
    const heed__token_kind *found = NULL;
    HEED_TRY(heed__token_kind_find(kind, &found));
    *out = found->defaults;
    return HEED_OK;
}

void heed__tokenizer_destroy(heed__tokenizer **tokenizer)
{
    if (!tokenizer || !*tokenizer) return;
    heed__tokenizer *t = *tokenizer;
    if (t->state && t->kind->free) t->kind->free(t->state);
    heed__strings_free(&t->vocabulary);
    for (int i = 0; i < HEED_BAGS; i++) heed__pairs_free(&t->ngrams[i]);
    heed__free(t->token_counts);
    heed__free(t->ngram_counts);
    heed__free(t);
    *tokenizer = NULL;
}

static heed_status create(const heed__token_kind *kind, const heed__tokenizer_settings *settings,
                          heed__tokenizer **out)
{
    int64_t id;
    HEED_TRY(heed__alloc(1, sizeof **out, "a tokenizer", out));
    (*out)->kind = kind;
    (*out)->settings = *settings;
    HEED_TRY(heed__strings_add(&(*out)->vocabulary, "<unk>", 5, &id));
    return heed__strings_add(&(*out)->vocabulary, "<cls>", 5, &id);
}

/* `of` says in the log whose tokenizer it is: "" or " of sources". */
static heed_status learn(heed_context *context, const char *kind,
                         const heed__tokenizer_settings *settings, const heed__texts *texts,
                         const char *of, heed__tokenizer **out)
{
    *out = NULL;
    const heed__token_kind *found = NULL;
    HEED_TRY(heed__token_kind_find(kind, &found));
    heed__tokenizer_settings checked = settings ? *settings : found->defaults;
    HEED_TRY(heed__token_settings_check(&checked));
    heed__tokenizer *t = NULL;
    heed_status status = create(found, &checked, &t);
    if (status == HEED_OK && found->next) status = heed__pieces_train(t, texts);
    if (status == HEED_OK && found->train) status = found->train(context, t, texts);
    for (int i = 0; i < HEED_BAGS && status == HEED_OK; i++)
        if (heed__ngrams_wanted(&checked, i)) status = heed__ngrams_learn(t, i, 0, texts);
    if (status != HEED_OK) {
        heed__tokenizer_destroy(&t);
        return status;
    }
    char ngrams[64] = "", characters[64] = "";
    if (checked.ngrams > 1)
        snprintf(ngrams, sizeof ngrams, " and %lld %s", (long long)t->ngrams[HEED_BAGS_TOKENS].n,
                 checked.ngrams > 2 ? "n-grams" : "pairs");
    if (checked.characters)
        snprintf(characters, sizeof characters, " and %lld n-grams of characters",
                 (long long)t->ngrams[HEED_BAGS_CHARACTERS].n);
    heed__log(context, HEED_LOG_INFO, "tokenizer %s%s: %lld tokens%s%s", found->name, of,
              (long long)t->vocabulary.n, ngrams, characters);
    *out = t;
    return HEED_OK;
}

heed_status heed__tokenizer_train(heed_context *context, const char *kind,
                                  const heed__tokenizer_settings *settings, int64_t n,
                                  heed__text_function text, const void *user, heed__tokenizer **out)
{
    const heed__texts texts = {n, text, user};
    return learn(context, kind, settings, &texts, "", out);
}

int heed__tokenizer_can_grow(const heed__tokenizer *t)
{
    return t->kind->next && t->settings.spacing == HEED_SPACING_NONE;
}

heed_status heed__tokenizer_grow(heed__tokenizer *t, const heed__tokenizer_settings *limits,
                                 int64_t n, heed__text_function text, const void *user,
                                 heed__growth *out)
{
    const heed__texts texts = {n, text, user};
    *out = (heed__growth){.tokens = t->vocabulary.n};
    for (int i = 0; i < HEED_BAGS; i++) out->ngrams[i] = t->ngrams[i].n;
    t->settings.min_count = limits->min_count;
    t->settings.max_vocabulary = limits->max_vocabulary;
    t->settings.ngram_min_count = limits->ngram_min_count;
    t->settings.ngram_max_vocabulary = limits->ngram_max_vocabulary;
    HEED_TRY(heed__token_settings_check(&t->settings));
    HEED_TRY(heed__pieces_train(t, &texts));
    for (int i = 0; i < HEED_BAGS; i++)
        if (heed__ngrams_wanted(&t->settings, i))
            HEED_TRY(heed__ngrams_learn(t, i, out->tokens, &texts));
    out->full = t->vocabulary.n >= t->settings.max_vocabulary;
    return HEED_OK;
}

heed_text heed__side_text(const heed_dataset *dataset, heed__side side, int64_t row)
{
    int64_t rows = heed_dataset_rows(dataset);
    if (side == HEED_SIDE_SOURCE || (side == HEED_SIDE_BOTH && row < rows))
        return heed_dataset_text(dataset, row);
    return heed_dataset_label(dataset, side == HEED_SIDE_BOTH ? row - rows : row, 0);
}

typedef struct side_texts {
    const heed_dataset *dataset;
    heed__side side;
} side_texts;

static heed_text side_text(const void *user, int64_t i)
{
    const side_texts *texts = user;
    return heed__side_text(texts->dataset, texts->side, i);
}

heed_status heed__tokenizer_train_side(heed_context *context, const char *kind,
                                       const heed__tokenizer_settings *settings,
                                       const heed_dataset *dataset, heed__side side,
                                       heed__tokenizer **out)
{
    const side_texts of = {dataset, side};
    const heed__texts texts = {heed_dataset_rows(dataset) * (side == HEED_SIDE_BOTH ? 2 : 1),
                               side_text, &of};
    return learn(context, kind, settings, &texts,
                 side == HEED_SIDE_SOURCE   ? " of sources"
                 : side == HEED_SIDE_TARGET ? " of targets"
                                            : "",
                 out);
}

heed_status heed__tokenizer_grow_dataset(heed__tokenizer *t, const heed__tokenizer_settings *limits,
                                         const heed_dataset *dataset, heed__growth *out)
{
    const side_texts of = {dataset, HEED_SIDE_SOURCE};
    return heed__tokenizer_grow(t, limits, heed_dataset_rows(dataset), side_text, &of, out);
}

heed_status heed__tokenizer_train_dataset(heed_context *context, const char *kind,
                                          const heed__tokenizer_settings *settings,
                                          const heed_dataset *dataset, heed__tokenizer **out)
{
    const side_texts of = {dataset, HEED_SIDE_SOURCE};
    const heed__texts texts = {heed_dataset_rows(dataset), side_text, &of};
    return learn(context, kind, settings, &texts, "", out);
}

void heed__encoding_free(heed__encoding *e)
{
    free(e->ids);
    for (int i = 0; i < HEED_BAGS; i++) heed__bags_free(&e->bags[i]);
    free(e->spans);
    free(e->begins);
    *e = (heed__encoding){0};
}

heed_status heed__encoding_add(heed__encoding *e, const heed__tokenizer *t, int64_t id,
                               size_t begin, size_t end, int *full)
{
    if (e->length == t->settings.max_length) {
        e->cut = *full = 1;
        return HEED_OK;
    }
    size_t wanted = (size_t)e->length + 1;
    HEED_TRY(heed__grow(&e->ids, &e->capacity, wanted, sizeof *e->ids, "tokens"));
    HEED_TRY(heed__grow(&e->spans, &e->span_capacity, wanted, sizeof *e->spans, "tokens"));
    e->ids[e->length] = (int32_t)id;
    e->spans[e->length++] = (heed__span){(uint32_t)begin, (uint32_t)end};
    return HEED_OK;
}

static heed_status split(const heed__tokenizer *t, const char *text, size_t size, heed__encoding *e)
{
    HEED_TRY(heed__grow(&e->begins, &e->begin_capacity, (size_t)e->length, 1, "tokens"));
    heed__sentences_mark(text, size, e->spans, e->length, t->sentence, e->begins);
    return HEED_OK;
}

void heed__tokenizer_split(heed__tokenizer *tokenizer, int64_t most)
{
    tokenizer->sentence = most;
}

int64_t heed__tokenizer_splits(const heed__tokenizer *tokenizer)
{
    return tokenizer->sentence;
}

heed_status heed__tokenizer_encode(const heed__tokenizer *t, const char *text, size_t size,
                                   heed__encoding *out)
{
    int full = 0;
    out->length = out->cut = 0;
    if (size > UINT32_MAX)
        return heed__fail(HEED_E_DATA, "a text of %zu bytes; split texts of 4 GiB or more", size);
    if (t->settings.start) HEED_TRY(heed__encoding_add(out, t, HEED_TOKEN_START, 0, 0, &full));
    int64_t before = out->length;
    HEED_TRY(t->kind->next ? heed__pieces_encode(t, text, size, out)
                           : t->kind->encode(t, text, size, out));
    if (out->length == before)
        HEED_TRY(heed__encoding_add(out, t, HEED_TOKEN_UNKNOWN, 0, size, &full));
    if (t->sentence) HEED_TRY(split(t, text, size, out));
    for (int i = 0; i < HEED_BAGS; i++)
        if (heed__ngrams_wanted(&t->settings, i)) HEED_TRY(heed__ngrams_add(t, i, text, out));
    return HEED_OK;
}

const char *heed__tokenizer_kind(const heed__tokenizer *tokenizer)
{
    return tokenizer->kind->name;
}

const heed__tokenizer_settings *heed__tokenizer_settings_of(const heed__tokenizer *tokenizer)
{
    return &tokenizer->settings;
}

int64_t heed__tokenizer_vocabulary(const heed__tokenizer *tokenizer)
{
    return tokenizer->vocabulary.n;
}

heed_text heed__tokenizer_token(const heed__tokenizer *tokenizer, int64_t id)
{
    return tokenizer->vocabulary.items[id];
}
