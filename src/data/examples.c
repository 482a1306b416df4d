/* SPDX-License-Identifier: MIT */
/* Encoding a whole data set: chunks of texts are encoded side by side, then put together. */
#include "base/fail.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "data/batches.h"
#include "data/tags.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 256 };

typedef struct chunk {
    heed_status status;
    int64_t first, n, tokens, cut;
    int64_t lengths[CHUNK];
    int32_t *ids;
    unsigned char *begins;
    size_t ids_room, begins_room;
    heed__bags bags[HEED_BAGS];
    int64_t word_counts[CHUNK], words;
    int32_t *word_rows;
    size_t word_room;
} chunk;

typedef struct work {
    const heed__tokenizer *tokenizer;
    heed__text_function text;
    const void *user;
    int words;
    chunk *chunks;
} work;

static heed_status find_words(chunk *c, int64_t i, heed_text text, const heed__encoding *e,
                              heed__word_rows *found)
{
    HEED_TRY(heed__word_rows_find(text, e, found));
    HEED_TRY(heed__grow(&c->word_rows, &c->word_room, (size_t)(c->words + found->n),
                        sizeof *c->word_rows, "words"));
    if (found->n)
        memcpy(c->word_rows + c->words, found->rows, (size_t)found->n * sizeof *found->rows);
    c->word_counts[i] = found->n;
    c->words += found->n;
    return HEED_OK;
}

static heed_status encode_chunk(const work *w, chunk *c, heed__encoding *e, heed__word_rows *found)
{
    for (int64_t i = 0; i < c->n; i++) {
        heed_text text = w->text(w->user, c->first + i);
        HEED_TRY(heed__tokenizer_encode(w->tokenizer, text.bytes, text.size, e));
        size_t wanted = (size_t)(c->tokens + e->length), bytes = (size_t)e->length * sizeof *e->ids;
        HEED_TRY(heed__grow(&c->ids, &c->ids_room, wanted, sizeof *c->ids, "tokens"));
        memcpy(c->ids + c->tokens, e->ids, bytes);
        for (int k = 0; k < HEED_BAGS; k++)
            if (heed__tokenizer_ngrams(w->tokenizer, k))
                HEED_TRY(heed__bags_append(&c->bags[k], &e->bags[k], 0, e->length));
        if (heed__tokenizer_splits(w->tokenizer)) {
            HEED_TRY(heed__grow(&c->begins, &c->begins_room, wanted, 1, "tokens"));
            memcpy(c->begins + c->tokens, e->begins, (size_t)e->length);
        }
        c->lengths[i] = e->length;
        c->tokens += e->length;
        c->cut += e->cut;
        if (w->words) HEED_TRY(find_words(c, i, text, e, found));
    }
    return HEED_OK;
}

static void encode_task(void *arg, int64_t task, int thread)
{
    (void)thread;
    work *w = arg;
    heed__encoding e = {0};
    heed__word_rows found = {0};
    w->chunks[task].status = encode_chunk(w, &w->chunks[task], &e, &found);
    heed__encoding_free(&e);
    free(found.rows);
}

/* Room for all first: growing would leave up to half of it free. */
static heed_status put_bags_together(const chunk *chunks, int64_t count, int bag,
                                     heed__examples *out)
{
    int64_t ids = 0;
    for (int64_t i = 0; i < count; i++) ids += chunks[i].bags[bag].used;
    HEED_TRY(heed__bags_reserve(&out->bags[bag], out->tokens, ids));
    for (int64_t i = 0; i < count; i++)
        HEED_TRY(heed__bags_append(&out->bags[bag], &chunks[i].bags[bag], 0, chunks[i].tokens));
    return HEED_OK;
}

static heed_status put_together(const chunk *chunks, int64_t count,
                                const heed__tokenizer *tokenizer, heed__examples *out)
{
    for (int64_t i = 0; i < count; i++) out->tokens += chunks[i].tokens;
    HEED_TRY(heed__alloc((size_t)out->n + 1, sizeof *out->offsets, "examples", &out->offsets));
    HEED_TRY(heed__alloc((size_t)out->tokens, sizeof *out->ids, "examples", &out->ids));
    int splits = heed__tokenizer_splits(tokenizer) > 0;
    for (int k = 0; k < HEED_BAGS; k++)
        if (heed__tokenizer_ngrams(tokenizer, k))
            HEED_TRY(put_bags_together(chunks, count, k, out));
    if (splits) HEED_TRY(heed__alloc((size_t)out->tokens, 1, "examples", &out->begins));
    int64_t at = 0;
    for (int64_t i = 0; i < count; i++) {
        const chunk *c = &chunks[i];
        size_t bytes = (size_t)c->tokens * sizeof *out->ids;
        if (bytes) memcpy(out->ids + at, c->ids, bytes);
        if (bytes && splits) memcpy(out->begins + at, c->begins, (size_t)c->tokens);
        for (int64_t k = 0; k < c->n; k++) {
            at += c->lengths[k];
            out->offsets[c->first + k + 1] = at;
            if (c->lengths[k] > out->longest) out->longest = c->lengths[k];
        }
        out->cut += c->cut;
    }
    return HEED_OK;
}

static heed_status put_words(const chunk *chunks, int64_t count, heed__examples *out)
{
    int64_t words = 0, at = 0;
    for (int64_t i = 0; i < count; i++) words += chunks[i].words;
    HEED_TRY(heed__alloc((size_t)out->n + 1, sizeof *out->words, "examples", &out->words));
    HEED_TRY(heed__alloc((size_t)words, sizeof *out->word_rows, "examples", &out->word_rows));
    for (int64_t i = 0; i < count; i++) {
        const chunk *c = &chunks[i];
        if (c->words)
            memcpy(out->word_rows + at, c->word_rows, (size_t)c->words * sizeof *c->word_rows);
        for (int64_t k = 0; k < c->n; k++) {
            at += c->word_counts[k];
            out->words[c->first + k + 1] = at;
        }
    }
    return HEED_OK;
}

heed_status heed__examples_encode(heed_context *context, const heed__tokenizer *tokenizer,
                                  int64_t n, heed__text_function text, const void *user,
                                  heed__examples *out)
{
    return heed__examples_encode_words(context, tokenizer, n, text, user, 0, out);
}

heed_status heed__examples_encode_words(heed_context *context, const heed__tokenizer *tokenizer,
                                        int64_t n, heed__text_function text, const void *user,
                                        int words, heed__examples *out)
{
    *out = (heed__examples){.n = n};
    int64_t count = (n + CHUNK - 1) / CHUNK;
    work w = {tokenizer, text, user, words, NULL};
    HEED_TRY(heed__alloc((size_t)count, sizeof *w.chunks, "examples", &w.chunks));
    for (int64_t i = 0; i < count; i++) {
        w.chunks[i].first = i * CHUNK;
        w.chunks[i].n = n - i * CHUNK < CHUNK ? n - i * CHUNK : CHUNK;
    }
    heed__parallel(context, count, encode_task, &w);
    heed_status status = HEED_OK;
    for (int64_t i = 0; i < count && status == HEED_OK; i++)
        if (w.chunks[i].status != HEED_OK) /* its message stayed with the other thread */
            status = heed__fail(w.chunks[i].status, "texts %lld to %lld could not be encoded: %s",
                                (long long)w.chunks[i].first + 1,
                                (long long)(w.chunks[i].first + w.chunks[i].n),
                                heed_status_name(w.chunks[i].status));
    if (status == HEED_OK) status = put_together(w.chunks, count, tokenizer, out);
    if (status == HEED_OK && words) status = put_words(w.chunks, count, out);
    for (int64_t i = 0; i < count; i++) {
        free(w.chunks[i].ids);
        for (int k = 0; k < HEED_BAGS; k++) heed__bags_free(&w.chunks[i].bags[k]);
        free(w.chunks[i].word_rows);
        free(w.chunks[i].begins);
    }
    heed__free(w.chunks);
    if (status != HEED_OK)
        heed__examples_free(out);
    else if (out->cut)
        heed__log(context, HEED_LOG_INFO, "%lld of %lld texts were cut at %lld tokens",
                  (long long)out->cut, (long long)n,
                  (long long)heed__tokenizer_settings_of(tokenizer)->max_length);
    return status;
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

heed_status heed__examples_encode_side(heed_context *context, const heed__tokenizer *tokenizer,
                                       const heed_dataset *dataset, heed__side side,
                                       heed__examples *out)
{
    side_texts texts = {dataset, side};
    int64_t n = heed_dataset_rows(dataset) * (side == HEED_SIDE_BOTH ? 2 : 1);
    return heed__examples_encode(context, tokenizer, n, side_text, &texts, out);
}

heed_status heed__examples_encode_dataset(heed_context *context, const heed__tokenizer *tokenizer,
                                          const heed_dataset *dataset, heed__examples *out)
{
    return heed__examples_encode_side(context, tokenizer, dataset, HEED_SIDE_SOURCE, out);
}

/* The rows of a file, one after another, are one example. */
static void join_rows(const heed_dataset *dataset, heed__examples *x)
{
    int64_t kept = 0, line;
    const char *path, *before = NULL;
    for (int64_t row = 0; row < x->n; row++) {
        heed_dataset_position(dataset, row, &path, &line);
        if (!before || (path != before && strcmp(path, before) != 0))
            x->offsets[kept++] = x->offsets[row];
        before = path;
    }
    x->offsets[kept] = x->tokens;
    x->n = kept;
    x->longest = 0;
    for (int64_t i = 0; i < kept; i++)
        if (x->offsets[i + 1] - x->offsets[i] > x->longest)
            x->longest = x->offsets[i + 1] - x->offsets[i];
}

heed_status heed__examples_encode_running(heed_context *context, const heed__tokenizer *tokenizer,
                                          const heed_dataset *dataset, heed__examples *out)
{
    HEED_TRY(heed__examples_encode_dataset(context, tokenizer, dataset, out));
    if (heed_dataset_layout(dataset)->format == HEED_FORMAT_RUNNING) join_rows(dataset, out);
    return HEED_OK;
}

void heed__examples_free(heed__examples *examples)
{
    heed__free(examples->offsets);
    heed__free(examples->ids);
    heed__free(examples->words);
    heed__free(examples->word_rows);
    for (int i = 0; i < HEED_BAGS; i++) heed__bags_free(&examples->bags[i]);
    heed__free(examples->begins);
    *examples = (heed__examples){0};
}
