/* SPDX-License-Identifier: MIT */
#include "data/batches.h"

#include "base/fail.h"
#include "base/memory.h"
#include "base/random.h"

#include <stdlib.h>
#include <string.h>

struct heed__batches {
    const heed__examples *examples;
    heed__batch_options options;
    heed__batch_capacity capacity;
    int64_t *order;  /* [n] examples in the order of the epoch */
    int64_t *sorted; /* [n] scratch of the merge sort */
    int64_t *starts; /* [n + 1] where each batch begins in order */
    int64_t *turns;  /* [n] which batch comes when */
    int64_t count;
};

static int64_t length_of(const heed__batches *b, int64_t example)
{
    return b->examples->offsets[example + 1] - b->examples->offsets[example];
}

static heed_status check(const heed__examples *examples, const heed__batch_options *o)
{
    if (o->max_tokens < 1 || o->max_sequences < 0 || o->bucket < 0)
        return heed__fail(HEED_E_INVALID,
                          "batches: max_tokens = %lld, max_sequences = %lld, bucket = %lld; the "
                          "first must be at least 1, the others 0 or more",
                          (long long)o->max_tokens, (long long)o->max_sequences,
                          (long long)o->bucket);
    if (examples->n < 1) return heed__fail(HEED_E_INVALID, "batches: there are no examples");
    return HEED_OK;
}

/* The most tokens a batch can have: no more than its longest possible sequences hold. */
static heed_status most_rows(const heed__batches *b, int64_t *out)
{
    const heed__examples *x = b->examples;
    int64_t limit = b->options.max_tokens > x->longest ? b->options.max_tokens : x->longest;
    int64_t left = b->options.max_sequences, *lengths = NULL;
    HEED_TRY(heed__alloc((size_t)x->longest + 1, sizeof *lengths, "batches", &lengths));
    for (int64_t i = 0; i < x->n; i++) lengths[length_of(b, i)]++;
    *out = 0;
    for (int64_t length = x->longest; length > 0 && left > 0 && *out < limit; length--) {
        int64_t taken = lengths[length] < left ? lengths[length] : left;
        *out += taken * length;
        left -= taken;
    }
    if (*out > limit) *out = limit;
    heed__free(lengths);
    return HEED_OK;
}

heed_status heed__batches_create(const heed__examples *examples, const heed__batch_options *options,
                                 heed__batches **out)
{
    *out = NULL;
    HEED_TRY(check(examples, options));
    heed__batches *b = NULL;
    heed_status status;
    size_t n = (size_t)examples->n;
    HEED_TRY(heed__alloc(1, sizeof *b, "batches", &b));
    b->examples = examples;
    b->options = *options;
    if (!b->options.max_sequences || b->options.max_sequences > examples->n)
        b->options.max_sequences = examples->n;
    HEED_TRY_CLEAN(heed__alloc(n, sizeof *b->order, "batches", &b->order));
    HEED_TRY_CLEAN(heed__alloc(n, sizeof *b->sorted, "batches", &b->sorted));
    HEED_TRY_CLEAN(heed__alloc(n + 1, sizeof *b->starts, "batches", &b->starts));
    HEED_TRY_CLEAN(heed__alloc(n, sizeof *b->turns, "batches", &b->turns));
    b->capacity =
        (heed__batch_capacity){.sequences = b->options.max_sequences, .longest = examples->longest};
    HEED_TRY_CLEAN(most_rows(b, &b->capacity.rows));
    *out = b;
    return HEED_OK;
cleanup:
    heed__batches_destroy(&b);
    return status;
}

void heed__batches_destroy(heed__batches **batches)
{
    if (!batches || !*batches) return;
    heed__free((*batches)->order);
    heed__free((*batches)->sorted);
    heed__free((*batches)->starts);
    heed__free((*batches)->turns);
    heed__free(*batches);
    *batches = NULL;
}

heed__batch_capacity heed__batches_capacity(const heed__batches *batches)
{
    return batches->capacity;
}

void heed__batch_free(heed__batch *batch)
{
    heed__free(batch->offsets);
    heed__free(batch->tokens);
    heed__free(batch->ngrams);
    heed__free(batch->examples);
    *batch = (heed__batch){0};
}

heed_status heed__batch_create(const heed__batches *b, heed__batch *out)
{
    heed_status status;
    size_t rows = (size_t)b->capacity.rows, sequences = (size_t)b->capacity.sequences;
    *out = (heed__batch){0};
    HEED_TRY_CLEAN(heed__alloc(sequences + 1, sizeof *out->offsets, "a batch", &out->offsets));
    HEED_TRY_CLEAN(heed__alloc(rows, sizeof *out->tokens, "a batch", &out->tokens));
    HEED_TRY_CLEAN(heed__alloc(sequences, sizeof *out->examples, "a batch", &out->examples));
    if (b->examples->ngrams)
        HEED_TRY_CLEAN(heed__alloc(rows, sizeof *out->ngrams, "a batch", &out->ngrams));
    return HEED_OK;
cleanup:
    heed__batch_free(out);
    return status;
}

/* A stable merge sort by falling length of order[begin, end): qsort is not stable, and its result
 * is the C library's. */
static void sort_run(heed__batches *b, int64_t begin, int64_t end)
{
    for (int64_t width = 1; width < end - begin; width *= 2) {
        for (int64_t left = begin; left < end; left += 2 * width) {
            int64_t middle = left + width < end ? left + width : end;
            int64_t stop = middle + width < end ? middle + width : end;
            for (int64_t i = left, j = middle, to = left; to < stop; to++) {
                int from_left = i < middle && (j >= stop || length_of(b, b->order[i]) >=
                                                                length_of(b, b->order[j]));
                b->sorted[to] = from_left ? b->order[i++] : b->order[j++];
            }
        }
        memcpy(b->order + begin, b->sorted + begin, (size_t)(end - begin) * sizeof *b->order);
    }
}

static void cut_batches(heed__batches *b)
{
    int64_t rows = 0;
    b->count = 0;
    for (int64_t i = 0; i < b->examples->n; i++) {
        int64_t length = length_of(b, b->order[i]);
        int64_t sequences = b->count ? i - b->starts[b->count - 1] : 0;
        if (!b->count || rows + length > b->options.max_tokens ||
            sequences == b->options.max_sequences) {
            b->turns[b->count] = b->count;
            b->starts[b->count++] = i;
            rows = 0;
        }
        rows += length;
    }
    b->starts[b->count] = b->examples->n;
}

int64_t heed__batches_epoch(heed__batches *b, int64_t epoch)
{
    int64_t n = b->examples->n;
    heed__random random;
    heed__random_start(&random, b->options.seed, HEED_RANDOM_ORDER);
    random.drawn = (uint64_t)epoch << 36; /* epochs draw from parts that do not overlap */
    for (int64_t i = 0; i < n; i++) b->order[i] = i;
    if (b->options.shuffle) {
        heed__random_shuffle(&random, b->order, (size_t)n);
        for (int64_t at = 0; b->options.bucket && at < n; at += b->options.bucket)
            sort_run(b, at, at + b->options.bucket < n ? at + b->options.bucket : n);
    }
    cut_batches(b);
    if (b->options.shuffle && b->options.bucket)
        heed__random_shuffle(&random, b->turns, (size_t)b->count);
    return b->count;
}

void heed__batches_fill(const heed__batches *b, int64_t index, heed__batch *out)
{
    const heed__examples *x = b->examples;
    int64_t turn = b->turns[index], begin = b->starts[turn];
    out->n = b->starts[turn + 1] - begin;
    out->rows = out->longest = out->offsets[0] = 0;
    for (int64_t i = 0; i < out->n; i++) {
        int64_t example = b->order[begin + i], length = length_of(b, example);
        size_t bytes = (size_t)length * sizeof *x->ids;
        memcpy(out->tokens + out->rows, x->ids + x->offsets[example], bytes);
        if (out->ngrams) memcpy(out->ngrams + out->rows, x->ngrams + x->offsets[example], bytes);
        out->examples[i] = example;
        out->rows += length;
        out->offsets[i + 1] = out->rows;
        if (length > out->longest) out->longest = length;
    }
}
