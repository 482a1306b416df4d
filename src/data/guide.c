/* SPDX-License-Identifier: MIT */
/* From links between words to links between tokens: chunks of pairs are done side by side, then put
 * together. */
#include "data/guide.h"

#include "base/fail.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "data/guide_files.h"
#include "data/word_spans.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 256 };

/* One side of the pair at hand. */
typedef struct side {
    heed__encoding encoding;
    heed__word_spans words;
    heed__word_range *ranges; /* [tokens] */
    size_t room;
} side;

typedef struct chunk {
    heed_status status;
    int64_t begin, end; /* pairs */
    int64_t *counts;    /* of items, row by row */
    int32_t *items;
    int64_t n_rows, n_items;
    size_t counts_room, items_room;
} chunk;

typedef struct work {
    const heed__guide_files *files;
    const heed_dataset *dataset;
    const heed__tokenizer *source, *target;
    const heed__examples *sources, *targets;
    heed_align_rule rule;
    int rest;
    chunk *chunks;
} work;

static void side_free(side *s)
{
    heed__encoding_free(&s->encoding);
    heed__word_spans_free(&s->words);
    free(s->ranges);
}

static heed_status read_side(const heed__tokenizer *tokenizer, heed_text text,
                             const heed__examples *examples, int64_t pair, side *s)
{
    HEED_TRY(heed__tokenizer_encode(tokenizer, text.bytes, text.size, &s->encoding));
    if (s->encoding.length != examples->offsets[pair + 1] - examples->offsets[pair])
        return heed__fail(HEED_E_INVALID, "example %lld is not row %lld of the data set",
                          (long long)pair, (long long)pair);
    HEED_TRY(heed__word_spans_find(text.bytes, text.size, &s->words));
    HEED_TRY(heed__grow(&s->ranges, &s->room, (size_t)s->encoding.length, sizeof *s->ranges,
                        "the words of tokens"));
    heed__word_ranges(s->encoding.spans, s->encoding.length, &s->words, s->ranges);
    return HEED_OK;
}

/* Nonzero when a link joins a word of one range to a word of the other; links are in the order of
 * the targets. */
static int is_linked(const heed_pair_links *links, heed__word_range target, heed__word_range source)
{
    int64_t low = 0, high = links->n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (links->items[middle].target < target.first)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < links->n && links->items[low].target < target.last; low++)
        if (links->items[low].source >= source.first && links->items[low].source < source.last)
            return 1;
    return 0;
}

static heed_status add_row(chunk *c, int64_t items)
{
    HEED_TRY(heed__grow(&c->counts, &c->counts_room, (size_t)c->n_rows + 1, sizeof *c->counts,
                        "links of tokens"));
    c->counts[c->n_rows++] = items;
    return HEED_OK;
}

static heed_status link_token(const work *w, chunk *c, const heed_pair_links *links,
                              heed__word_range target, const side *source)
{
    int64_t before = c->n_items, tokens = source->encoding.length;
    HEED_TRY(heed__grow(&c->items, &c->items_room, (size_t)(c->n_items + tokens + 1),
                        sizeof *c->items, "links of tokens"));
    for (int64_t t = 0; t < tokens; t++)
        if (is_linked(links, target, source->ranges[t])) c->items[c->n_items++] = (int32_t)t;
    int left = target.first < target.last && c->n_items == before; /* else it is of no word */
    if (w->rest && left) c->items[c->n_items++] = (int32_t)tokens;
    return add_row(c, c->n_items - before);
}

static heed_status link_pair(const work *w, chunk *c, int64_t pair, side *source, side *target)
{
    const heed_links *all;
    int64_t at;
    HEED_TRY(read_side(w->source, heed__side_text(w->dataset, HEED_SIDE_SOURCE, pair), w->sources,
                       pair, source));
    HEED_TRY(read_side(w->target, heed__side_text(w->dataset, HEED_SIDE_TARGET, pair), w->targets,
                       pair, target));
    HEED_TRY(heed__guide_find(w->files, w->dataset, pair, &all, &at));
    HEED_TRY(heed_links_check(all, at, source->words.n, target->words.n));
    heed_pair_links links = heed_links_at(all, at);
    if (w->rule == HEED_ALIGN_INPUT) HEED_TRY(add_row(c, 0)); /* reads the start */
    for (int64_t t = 0; t < target->encoding.length; t++)
        HEED_TRY(link_token(w, c, &links, target->ranges[t], source));
    return w->rule == HEED_ALIGN_INPUT ? HEED_OK : add_row(c, 0); /* writes the end */
}

static heed_status link_chunk(const work *w, chunk *c)
{
    side source = {0}, target = {0};
    heed_status status = HEED_OK;
    c->n_rows = c->n_items = 0;
    for (int64_t pair = c->begin; pair < c->end && status == HEED_OK; pair++)
        status = link_pair(w, c, pair, &source, &target);
    side_free(&source);
    side_free(&target);
    return status;
}

static void link_task(void *arg, int64_t task, int thread)
{
    (void)thread;
    work *w = arg;
    w->chunks[task].status = link_chunk(w, &w->chunks[task]);
}

/* ---- putting together ---- */

static heed_status put_together(const work *w, int64_t count, heed__guide *out)
{
    int64_t rows = 0, items = 0, n = w->targets->n;
    for (int64_t i = 0; i < count; i++) {
        rows += w->chunks[i].n_rows;
        items += w->chunks[i].n_items;
    }
    out->n = n;
    HEED_TRY(heed__alloc((size_t)n + 1, sizeof *out->rows, "a guide", &out->rows));
    HEED_TRY(heed__alloc((size_t)rows + 1, sizeof *out->first, "a guide", &out->first));
    HEED_TRY(heed__alloc((size_t)items, sizeof *out->items, "a guide", &out->items));
    for (int64_t i = 0; i <= n; i++) out->rows[i] = w->targets->offsets[i] + i;
    int64_t row = 0, item = 0;
    for (int64_t i = 0; i < count; i++) {
        const chunk *c = &w->chunks[i];
        if (c->n_items) memcpy(out->items + item, c->items, (size_t)c->n_items * sizeof *c->items);
        for (int64_t r = 0; r < c->n_rows; r++) {
            out->first[row++] = item;
            item += c->counts[r];
            if (c->counts[r] > out->longest) out->longest = c->counts[r];
        }
    }
    out->first[row] = item;
    return HEED_OK;
}

/* A failed chunk left its message with another thread: it is done again on this one, to say it. */
static heed_status link_all(heed_context *context, work *w, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        w->chunks[i].begin = i * CHUNK;
        w->chunks[i].end = (i + 1) * CHUNK < w->targets->n ? (i + 1) * CHUNK : w->targets->n;
    }
    heed__parallel(context, count, link_task, w);
    for (int64_t i = 0; i < count; i++)
        if (w->chunks[i].status != HEED_OK) HEED_TRY(link_chunk(w, &w->chunks[i]));
    return HEED_OK;
}

heed_status heed__guide_make(heed_context *context, const heed__guide_files *files,
                             const heed_dataset *dataset, const heed__tokenizer *source,
                             const heed__tokenizer *target, heed_align_rule rule, int rest,
                             const heed__examples *sources, const heed__examples *targets,
                             heed__guide *out)
{
    work w = {files, dataset, source, target, sources, targets, rule, rest, NULL};
    int64_t n = heed_dataset_rows(dataset), count = (n + CHUNK - 1) / CHUNK;
    *out = (heed__guide){0};
    if (sources->n != n || targets->n != n)
        return heed__fail(HEED_E_INVALID, "%lld pairs, but %lld sources and %lld targets",
                          (long long)n, (long long)sources->n, (long long)targets->n);
    HEED_TRY(heed__alloc((size_t)count, sizeof *w.chunks, "a guide", &w.chunks));
    heed_status status = link_all(context, &w, count);
    if (status == HEED_OK) status = put_together(&w, count, out);
    for (int64_t i = 0; i < count; i++) {
        free(w.chunks[i].counts);
        free(w.chunks[i].items);
    }
    heed__free(w.chunks);
    if (status != HEED_OK) heed__guide_free(out);
    return status;
}

void heed__guide_free(heed__guide *guide)
{
    heed__free(guide->rows);
    heed__free(guide->first);
    heed__free(guide->items);
    *guide = (heed__guide){0};
}

/* ---- batches ---- */

heed_status heed__guide_batch_create(const heed__guide *guide, const heed__batch_capacity *capacity,
                                     heed__guide_batch *out)
{
    int64_t rows = capacity->target_rows, all = guide->first[guide->rows[guide->n]];
    int64_t most = guide->longest && rows > all / guide->longest ? all : rows * guide->longest;
    *out = (heed__guide_batch){0};
    HEED_TRY(heed__alloc((size_t)rows + 1, sizeof *out->first, "a batch's links", &out->first));
    heed_status status =
        heed__alloc((size_t)most, sizeof *out->items, "a batch's links", &out->items);
    if (status != HEED_OK) heed__guide_batch_free(out);
    return status;
}

void heed__guide_batch_free(heed__guide_batch *batch)
{
    heed__free(batch->first);
    heed__free(batch->items);
    *batch = (heed__guide_batch){0};
}

void heed__guide_fill(const heed__guide *guide, const heed__batch *batch, heed__guide_batch *out)
{
    int64_t row = 0, item = 0;
    for (int64_t i = 0; i < batch->n; i++) {
        int64_t begin = guide->rows[batch->examples[i]], end = guide->rows[batch->examples[i] + 1];
        int64_t from = guide->first[begin], count = guide->first[end] - from;
        for (int64_t r = begin; r < end; r++) out->first[row++] = item + guide->first[r] - from;
        if (count)
            memcpy(out->items + item, guide->items + from, (size_t)count * sizeof *out->items);
        item += count;
    }
    out->first[row] = item;
}
