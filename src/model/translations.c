/* SPDX-License-Identifier: MIT */
#include "model/translations.h"

#include "base/fail.h"
#include "model/replace_unknown.h"

#include <math.h> /* NAN */
#include <stdlib.h>
#include <string.h>

heed_status heed__translations_create(int64_t n, heed_translations **out)
{
    heed_translations *t = NULL;
    HEED_TRY(heed__alloc(1, sizeof *t, "translations", &t));
    t->n = n;
    heed_status status =
        heed__alloc((size_t)n + 1, sizeof *t->sources, "translations", &t->sources);
    if (status != HEED_OK)
        heed_translations_destroy(&t);
    else
        *out = t;
    return status;
}

void heed_translations_destroy(heed_translations **translations)
{
    if (!translations || !*translations) return;
    heed__arena_free(&(*translations)->arena);
    heed__free((*translations)->sources);
    heed__free(*translations);
    *translations = NULL;
}

int64_t heed_translations_count(const heed_translations *translations, int64_t source)
{
    return source < 0 || source >= translations->n ? 0 : translations->sources[source].count;
}

const heed_translation *heed_translations_at(const heed_translations *translations, int64_t source,
                                             int64_t rank)
{
    if (rank < 0 || rank >= heed_translations_count(translations, source)) return NULL;
    return &translations->sources[source].items[rank];
}

void heed__filling_free(heed__filling *f)
{
    heed__aligner_free(&f->aligner);
    heed__word_spans_free(&f->source_words);
    heed__word_spans_free(&f->words);
    heed__buffer_free(&f->text);
    free(f->spans);
    free(f->unknown);
    free(f->ids);
    *f = (heed__filling){0};
}

static heed_status take_texts(heed__arena *arena, int64_t n, const char ***out)
{
    return heed__arena_take(arena, (size_t)n + 1, sizeof **out, "translations", out);
}

/* Past the target's vocabulary. */
static int is_copied(const heed__translated *what, int32_t id)
{
    return what->words && id >= heed__tokenizer_vocabulary(what->model->writer.tokenizer);
}

/* The first word of the source that has this id. */
static heed_text copied_text(const heed__translated *what, int32_t id)
{
    int64_t j = 0;
    while (j < what->encoding->length && what->words[j] != id) j++;
    if (j == what->encoding->length) return (heed_text){"", 0};
    heed__span span = what->encoding->spans[j];
    return (heed_text){what->source.bytes + span.begin, span.end - span.begin};
}

static heed_status target_texts(heed__arena *arena, const heed__translated *what,
                                const int32_t *ids, int64_t n, const char *const **out)
{
    const char **texts = NULL;
    HEED_TRY(take_texts(arena, n, &texts));
    for (int64_t i = 0; i < n; i++) {
        heed_text token = is_copied(what, ids[i])
                              ? copied_text(what, ids[i])
                              : heed__tokenizer_token(what->model->writer.tokenizer, ids[i]);
        HEED_TRY(heed__arena_text(arena, token.bytes, token.size, &texts[i]));
    }
    *out = texts;
    return HEED_OK;
}

static heed_status source_texts(heed__arena *arena, const heed__translated *what,
                                const char *const **out)
{
    const heed__encoding *code = what->encoding;
    const char **texts = NULL;
    HEED_TRY(take_texts(arena, code->length, &texts));
    for (int64_t i = 0; i < code->length; i++) {
        heed_text token = heed__tokenizer_token(what->model->tokenizer, code->ids[i]);
        HEED_TRY(heed__arena_text(arena, token.bytes, token.size, &texts[i]));
    }
    *out = texts;
    return HEED_OK;
}

static heed_status word_texts(heed__arena *arena, const char *text, const heed__word_spans *words,
                              const char *const **out)
{
    const char **texts = NULL;
    HEED_TRY(take_texts(arena, words->n, &texts));
    for (int64_t i = 0; i < words->n; i++)
        HEED_TRY(heed__arena_text(arena, text + words->items[i].begin,
                                  words->items[i].end - words->items[i].begin, &texts[i]));
    *out = texts;
    return HEED_OK;
}

/* Row of the weights that speaks for token t. */
static int64_t row_of(heed_align_rule rule, int64_t t, int64_t rows)
{
    int64_t row = rule == HEED_ALIGN_INPUT ? t + 1 : t;
    return row < rows ? row : rows - 1;
}

/* What was looked at stands for unknown tokens. Words are replaced by words, pieces by pieces. */
static void replacements(const heed__translated *what, const heed__hypothesis *h, int64_t n,
                         heed__filling *f)
{
    const heed__encoding *code = what->encoding;
    heed__looked_at source = {
        .text = what->source,
        .tokens = code->length,
        .spans = code->spans,
        .weights = h->weights,
        .stride = code->length + 1,
        .rows = h->length,
        .rule = what->rule,
        .words = strcmp(heed__tokenizer_kind(what->model->writer.tokenizer), "words") == 0};
    heed__replace_unknown(&source, n, h->tokens, f->unknown);
}

/* Words of a given beginning that the model does not know stay as they were given. */
static void keep_prefix(const heed__translated *what, int64_t n, heed__filling *f)
{
    const heed__encoding *code = what->prefix_encoding;
    for (int64_t t = 0; t < n && t < code->length; t++)
        if (f->ids[t] == HEED_TOKEN_UNKNOWN)
            f->unknown[t] = (heed_text){what->prefix->bytes + code->spans[t].begin,
                                        (size_t)(code->spans[t].end - code->spans[t].begin)};
}

/* The tokens as the tokenizer has them, f->ids, and what stands for unknown ones, f->unknown. */
static heed_status find_unknown(const heed__translated *what, const heed__hypothesis *h, int64_t n,
                                heed__filling *f)
{
    size_t room = (size_t)n + 1;
    HEED_TRY(heed__grow(&f->unknown, &f->unknown_room, room, sizeof *f->unknown, "words"));
    HEED_TRY(heed__grow(&f->ids, &f->ids_room, room, sizeof *f->ids, "words"));
    for (int64_t t = 0; t < n; t++) f->unknown[t] = (heed_text){NULL, 0};
    if (what->replace_unknown && h->weights) replacements(what, h, n, f);
    for (int64_t t = 0; t < n; t++) {
        f->ids[t] = h->tokens[t];
        if (!is_copied(what, h->tokens[t])) continue;
        f->ids[t] = HEED_TOKEN_UNKNOWN;
        f->unknown[t] = copied_text(what, h->tokens[t]);
    }
    if (what->prefix) keep_prefix(what, n, f);
    return HEED_OK;
}

/* The text of the tokens, and where in it each stands: f->text, f->spans. */
static heed_status write_text(const heed__translated *what, const heed__hypothesis *h, int64_t n,
                              heed__filling *f)
{
    f->text.size = 0;
    HEED_TRY(heed__grow(&f->spans, &f->spans_room, (size_t)n + 1, sizeof *f->spans, "tokens"));
    if (what->target) {
        heed__buffer_add(&f->text, what->target->bytes, what->target->size);
        if (n) memcpy(f->spans, what->target_encoding->spans, (size_t)n * sizeof *f->spans);
        return HEED_OK;
    }
    HEED_TRY(find_unknown(what, h, n, f));
    return heed__tokenizer_decode(what->model->writer.tokenizer, f->ids, n, f->unknown, &f->text,
                                  f->spans);
}

/* Where the text after the prompt begins. */
static size_t begin_of(const heed__translated *what, const heed__filling *f)
{
    return what->prompt && !what->target ? f->spans[what->prompt - 1].end : 0;
}

/* Weights between tokens, without the boundary's column. */
static heed_status token_weights(heed__arena *arena, const heed__translated *what,
                                 const heed__hypothesis *h, heed_translation *t)
{
    int64_t keys = t->n_source_tokens;
    float *weights = NULL;
    HEED_TRY(heed__arena_take(arena, (size_t)(t->n_tokens * keys) + 1, sizeof *weights, "weights",
                              &weights));
    for (int64_t i = 0; i < t->n_tokens; i++)
        memcpy(weights + i * keys, h->weights + row_of(what->rule, i, h->length) * (keys + 1),
               (size_t)keys * sizeof *weights);
    t->weights = weights;
    return HEED_OK;
}

static heed_status word_weights(heed__arena *arena, const heed__translated *what,
                                const heed__hypothesis *h, heed__filling *f, heed_translation *t)
{
    float *weights = NULL;
    heed_link *links = NULL;
    int64_t keys = t->n_source_tokens;
    heed__align_pair pair = {.source = {keys, what->encoding->spans, &f->source_words},
                             .target = {t->n_tokens, f->spans, &f->words},
                             .weights = h->weights,
                             .stride = keys + 1,
                             .rows = h->length};
    heed__align_how how = {
        .rule = what->rule, .threshold = what->threshold, .boundary = what->boundary};
    HEED_TRY(heed__arena_take(arena, (size_t)(f->words.n * f->source_words.n) + 1, sizeof *weights,
                              "weights", &weights));
    HEED_TRY(heed__align_weights(&f->aligner, &pair, what->rule, weights));
    HEED_TRY(heed__align_links(&f->aligner, &pair, &how));
    HEED_TRY(
        heed__arena_take(arena, (size_t)f->aligner.n_links + 1, sizeof *links, "links", &links));
    if (f->aligner.n_links)
        memcpy(links, f->aligner.links, (size_t)f->aligner.n_links * sizeof *links);
    t->word_weights = weights;
    t->links = links;
    t->n_links = f->aligner.n_links;
    return HEED_OK;
}

static heed_status align(heed__arena *arena, const heed__translated *what,
                         const heed__hypothesis *h, heed__filling *f, heed_translation *t)
{
    HEED_TRY(heed__word_spans_find(t->text, strlen(t->text), &f->words));
    t->n_source_tokens = what->encoding->length;
    t->n_source_words = f->source_words.n;
    t->n_words = f->words.n;
    HEED_TRY(source_texts(arena, what, &t->source_tokens));
    HEED_TRY(word_texts(arena, what->source.bytes, &f->source_words, &t->source_words));
    HEED_TRY(word_texts(arena, t->text, &f->words, &t->words));
    HEED_TRY(token_weights(arena, what, h, t));
    return word_weights(arena, what, h, f, t);
}

static heed_status take_scores(heed__arena *arena, const heed__hypothesis *h, int64_t first,
                               const double **out)
{
    double *scores = NULL;
    HEED_TRY(heed__arena_take(arena, (size_t)h->length + 1, sizeof *scores, "scores", &scores));
    for (int64_t i = first; i < h->length; i++) scores[i - first] = (double)h->log_probs[i];
    *out = scores;
    return HEED_OK;
}

static heed_status fill_one(heed__arena *arena, const heed__translated *what,
                            const heed__hypothesis *h, heed__filling *f, heed_translation *t)
{
    int64_t n = h->length - h->finished, first = what->prompt;
    t->score = what->unscored ? (double)NAN : h->sum;
    t->normalised = what->unscored ? (double)NAN : h->score;
    t->finished = h->finished;
    t->n_tokens = n - first;
    HEED_TRY(target_texts(arena, what, h->tokens + first, t->n_tokens, &t->tokens));
    if (!what->unscored) HEED_TRY(take_scores(arena, h, first, &t->token_scores));
    HEED_TRY(write_text(what, h, n, f));
    HEED_TRY(f->text.status);
    size_t begin = begin_of(what, f);
    HEED_TRY(heed__arena_text(arena, f->text.bytes ? f->text.bytes + begin : "",
                              f->text.size - begin, &t->text));
    return what->weights && h->weights ? align(arena, what, h, f, t) : HEED_OK;
}

heed_status heed__translations_fill(heed_translations *out, int64_t source,
                                    const heed__translated *what, int64_t count,
                                    const heed__hypothesis *hypotheses, heed__filling *room)
{
    struct heed__ranked *ranked = &out->sources[source];
    HEED_TRY(heed__arena_take(&out->arena, (size_t)count, sizeof *ranked->items, "translations",
                              &ranked->items));
    memset(ranked->items, 0, (size_t)count * sizeof *ranked->items);
    if (what->encoding)
        HEED_TRY(heed__word_spans_find(what->source.bytes, what->source.size, &room->source_words));
    for (int64_t i = 0; i < count; i++)
        HEED_TRY(fill_one(&out->arena, what, &hypotheses[i], room, &ranked->items[i]));
    ranked->count = count;
    return HEED_OK;
}

heed_status heed__translations_empty(heed_translations *out, int64_t source)
{
    struct heed__ranked *ranked = &out->sources[source];
    static const char *const none[1] = {NULL};
    HEED_TRY(
        heed__arena_take(&out->arena, 1, sizeof *ranked->items, "translations", &ranked->items));
    ranked->items[0] = (heed_translation){.text = "",
                                          .finished = 1,
                                          .tokens = none,
                                          .source_tokens = none,
                                          .source_words = none,
                                          .words = none};
    ranked->count = 1;
    return HEED_OK;
}
