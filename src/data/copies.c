/* SPDX-License-Identifier: MIT */
/* Chunks of pairs are done side by side, each into its own part of the arrays. */
#include "data/copies.h"

#include "base/fail.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <string.h>

enum { CHUNK = 256 };

typedef struct chunk {
    heed_status status;
    int64_t begin, end; /* pairs */
    int64_t most;
} chunk;

typedef struct work {
    const heed__extender *extender;
    const heed_dataset *dataset;
    heed__copies *out;
    chunk *chunks;
} work;

typedef struct pair {
    heed__encoding source, target;
    heed__extension extension;
} pair;

static heed_status encode(const heed__tokenizer *tokenizer, heed_text text,
                          const heed__examples *examples, int64_t row, heed__encoding *out)
{
    HEED_TRY(heed__tokenizer_encode(tokenizer, text.bytes, text.size, out));
    if (out->length == examples->offsets[row + 1] - examples->offsets[row]) return HEED_OK;
    return heed__fail(HEED_E_INVALID, "example %lld is not row %lld of the data set",
                      (long long)row, (long long)row);
}

static heed_status extend_pair(const work *w, int64_t row, pair *p)
{
    heed__copies *out = w->out;
    heed_text source = heed__side_text(w->dataset, HEED_SIDE_SOURCE, row);
    heed_text target = heed__side_text(w->dataset, HEED_SIDE_TARGET, row);
    HEED_TRY(encode(w->extender->source, source, out->sources, row, &p->source));
    HEED_TRY(encode(w->extender->target, target, out->targets, row, &p->target));
    HEED_TRY(heed__extend_source(w->extender, source, &p->source, &p->extension,
                                 out->words + out->sources->offsets[row]));
    heed__extend_target(w->extender, target, &p->target, &p->extension,
                        out->labels + out->targets->offsets[row]);
    return HEED_OK;
}

static heed_status extend_chunk(const work *w, chunk *c)
{
    pair p = {{0}, {0}, {0}};
    heed_status status = HEED_OK;
    for (int64_t row = c->begin; row < c->end && status == HEED_OK; row++) {
        status = extend_pair(w, row, &p);
        if (p.extension.n > c->most) c->most = p.extension.n;
    }
    heed__encoding_free(&p.source);
    heed__encoding_free(&p.target);
    heed__extension_free(&p.extension);
    return status;
}

static void extend_task(void *arg, int64_t task, int thread)
{
    work *w = arg;
    (void)thread;
    w->chunks[task].status = extend_chunk(w, &w->chunks[task]);
}

/* A failed chunk left its message with another thread: it is done again on this one, to say it. */
static heed_status extend_all(heed_context *context, work *w, int64_t count)
{
    int64_t n = w->out->sources->n;
    for (int64_t i = 0; i < count; i++) {
        w->chunks[i].begin = i * CHUNK;
        w->chunks[i].end = (i + 1) * CHUNK < n ? (i + 1) * CHUNK : n;
    }
    heed__parallel(context, count, extend_task, w);
    for (int64_t i = 0; i < count; i++) {
        heed_status status = w->chunks[i].status;
        if (status != HEED_OK) {
            HEED_TRY(extend_chunk(w, &w->chunks[i]));
            return heed__fail(status, "pairs %lld to %lld could not be read again: %s",
                              (long long)w->chunks[i].begin + 1, (long long)w->chunks[i].end,
                              heed_status_name(status));
        }
        if (w->chunks[i].most > w->out->most) w->out->most = w->chunks[i].most;
    }
    return HEED_OK;
}

heed_status heed__copies_make(heed_context *context, const heed__extender *extender,
                              const heed_dataset *dataset, const heed__examples *sources,
                              const heed__examples *targets, heed__copies *out)
{
    work w = {extender, dataset, out, NULL};
    int64_t n = heed_dataset_rows(dataset), count = (n + CHUNK - 1) / CHUNK;
    heed_status status;
    *out = (heed__copies){.sources = sources, .targets = targets};
    if (sources->n != n || targets->n != n)
        return heed__fail(HEED_E_INVALID, "%lld pairs, but %lld sources and %lld targets",
                          (long long)n, (long long)sources->n, (long long)targets->n);
    HEED_TRY_CLEAN(
        heed__alloc((size_t)sources->tokens, sizeof *out->words, "copied words", &out->words));
    HEED_TRY_CLEAN(
        heed__alloc((size_t)targets->tokens, sizeof *out->labels, "copied words", &out->labels));
    HEED_TRY_CLEAN(heed__alloc((size_t)count, sizeof *w.chunks, "copied words", &w.chunks));
    HEED_TRY_CLEAN(extend_all(context, &w, count));
cleanup:
    heed__free(w.chunks);
    if (status != HEED_OK) heed__copies_free(out);
    return status;
}

void heed__copies_free(heed__copies *copies)
{
    heed__free(copies->words);
    heed__free(copies->labels);
    *copies = (heed__copies){0};
}

/* ---- batches ---- */

heed_status heed__copies_batch_create(const heed__batch_capacity *capacity, heed__copies_batch *out)
{
    *out = (heed__copies_batch){0};
    HEED_TRY(heed__alloc((size_t)capacity->rows, sizeof *out->words, "a batch", &out->words));
    heed_status status =
        heed__alloc((size_t)capacity->target_rows, sizeof *out->labels, "a batch", &out->labels);
    if (status != HEED_OK) heed__copies_batch_free(out);
    return status;
}

void heed__copies_batch_free(heed__copies_batch *batch)
{
    heed__free(batch->words);
    heed__free(batch->labels);
    *batch = (heed__copies_batch){0};
}

/* An example's ids and the end, where the batch has the sequence; returns the row after it. */
static int64_t add(const heed__examples *examples, const int32_t *ids, int64_t example, int64_t row,
                   int32_t *out)
{
    int64_t from = examples->offsets[example], n = examples->offsets[example + 1] - from;
    if (n) memcpy(out + row, ids + from, (size_t)n * sizeof *out);
    out[row + n] = HEED_TOKEN_END;
    return row + n + 1;
}

void heed__copies_fill(const heed__copies *copies, const heed__batch *batch,
                       heed__copies_batch *out)
{
    int64_t row = 0, target = 0;
    for (int64_t i = 0; i < batch->n; i++) {
        row = add(copies->sources, copies->words, batch->examples[i], row, out->words);
        target = add(copies->targets, copies->labels, batch->examples[i], target, out->labels);
    }
}
