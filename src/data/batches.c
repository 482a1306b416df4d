/* SPDX-License-Identifier: MIT */
#include "data/batches.h"

#include "base/fail.h"
#include "base/memory.h"
#include "base/random.h"
#include "data/windows.h"

#include <stdlib.h>
#include <string.h>

struct heed__batches {
    const heed__examples *sources, *targets; /* NULL = there are none */
    heed__windows windows;                   /* of the targets, where there are no sources */
    heed__batch_options options;
    heed__batch_capacity capacity;
    int64_t n;       /* sequences of the epoch: examples or windows */
    int64_t *order;  /* [n] sequences in the order of the epoch */
    int64_t *sorted; /* [n] scratch of the merge sort */
    int64_t *starts; /* [n + 1] where each batch begins in order */
    int64_t *turns;  /* [n] which batch comes when */
    int64_t count;
};

static int64_t tokens_of(const heed__examples *x, int64_t example)
{
    return x->offsets[example + 1] - x->offsets[example];
}

static int64_t source_rows(const heed__batches *b, int64_t sequence)
{
    return b->sources ? tokens_of(b->sources, sequence) + (b->targets != NULL) : 0;
}

static int64_t target_rows(const heed__batches *b, int64_t sequence)
{
    if (!b->targets) return 0;
    return b->sources ? tokens_of(b->targets, sequence) + 1 : b->windows.items[sequence].rows;
}

static heed_status check(const heed__examples *sources, const heed__examples *targets,
                         const heed__batch_options *o)
{
    if (o->max_tokens < 1 || o->max_sequences < 0 || o->bucket < 0 || o->block < 0)
        return heed__fail(HEED_E_INVALID,
                          "batches: max_tokens = %lld, max_sequences = %lld, bucket = %lld, block "
                          "= %lld; the first must be at least 1, the others 0 or more",
                          (long long)o->max_tokens, (long long)o->max_sequences,
                          (long long)o->bucket, (long long)o->block);
    if (!(sources ? sources : targets) || (sources ? sources : targets)->n < 1)
        return heed__fail(HEED_E_INVALID, "batches: there are no examples");
    if (sources && targets && sources->n != targets->n)
        return heed__fail(HEED_E_INVALID, "batches: %lld sources and %lld targets",
                          (long long)sources->n, (long long)targets->n);
    return HEED_OK;
}

/* The most tokens of one side that a batch can have, no more than its longest possible sequences
 * hold; `more` is what each has beside its tokens. */
static heed_status most_rows(const heed__batches *b, const heed__examples *x, int64_t more,
                             int64_t *out)
{
    int64_t longest = x->longest + more, left = b->options.max_sequences, *lengths = NULL;
    int64_t limit = b->options.max_tokens > longest ? b->options.max_tokens : longest;
    HEED_TRY(heed__alloc((size_t)x->longest + 1, sizeof *lengths, "batches", &lengths));
    for (int64_t i = 0; i < x->n; i++) lengths[tokens_of(x, i)]++;
    *out = 0;
    for (int64_t length = x->longest; length > 0 && left > 0 && *out < limit; length--) {
        int64_t taken = lengths[length] < left ? lengths[length] : left;
        *out += taken * (length + more);
        left -= taken;
    }
    if (*out > limit) *out = limit;
    heed__free(lengths);
    return HEED_OK;
}

/* Lowers *most to as many of the shortest examples as fit into a batch together. */
static heed_status most_sequences(const heed__batches *b, const heed__examples *x, int64_t more,
                                  int64_t *most)
{
    int64_t left = b->options.max_tokens, sequences = 0, *lengths = NULL;
    HEED_TRY(heed__alloc((size_t)x->longest + 1, sizeof *lengths, "batches", &lengths));
    for (int64_t i = 0; i < x->n; i++) lengths[tokens_of(x, i)]++;
    for (int64_t length = 0; length <= x->longest; length++) {
        int64_t each = length + more, fit = each ? left / each : lengths[length];
        if (fit > lengths[length]) fit = lengths[length];
        sequences += fit;
        left -= fit * each;
        if (fit < lengths[length]) break;
    }
    if (sequences < 1) sequences = 1; /* one that is longer stands alone */
    if (sequences < *most) *most = sequences;
    heed__free(lengths);
    return HEED_OK;
}

/* The most words that so many texts have. */
static heed_status most_words(const heed__examples *x, int64_t sequences, int64_t *out)
{
    int64_t longest = 0, *counts = NULL;
    for (int64_t i = 0; i < x->n; i++)
        if (x->words[i + 1] - x->words[i] > longest) longest = x->words[i + 1] - x->words[i];
    HEED_TRY(heed__alloc((size_t)longest + 1, sizeof *counts, "batches", &counts));
    for (int64_t i = 0; i < x->n; i++) counts[x->words[i + 1] - x->words[i]]++;
    for (int64_t words = longest, left = sequences; words > 0 && left > 0; words--) {
        int64_t taken = counts[words] < left ? counts[words] : left;
        *out += taken * words;
        left -= taken;
    }
    heed__free(counts);
    return HEED_OK;
}

/* As many as the texts that have most of them bring together. */
static heed_status most_sentences(const heed__examples *x, int64_t sequences, int64_t rows,
                                  heed__sentence_counts *out)
{
    int64_t *texts = NULL, left = sequences, length = 0;
    if (!x->begins) return HEED_OK;
    HEED_TRY(heed__alloc((size_t)x->longest + 1, sizeof *texts, "batches", &texts));
    for (int64_t i = 0; i < x->n; i++) {
        const unsigned char *begins = x->begins + x->offsets[i];
        int64_t count = heed__sentences_count(begins, tokens_of(x, i));
        texts[count]++;
        if (count > out->in_text) out->in_text = count;
        for (int64_t t = 0; t < tokens_of(x, i); t++) {
            length = t == 0 || begins[t] ? 1 : length + 1;
            if (length > out->longest) out->longest = length;
        }
    }
    for (int64_t count = out->in_text; count > 0 && left > 0; count--) {
        int64_t taken = texts[count] < left ? texts[count] : left;
        out->all += taken * count;
        left -= taken;
    }
    if (out->all > rows) out->all = rows;
    heed__free(texts);
    return HEED_OK;
}

static heed_status find_capacity(heed__batches *b)
{
    heed__batch_capacity *c = &b->capacity;
    int64_t more = b->targets != NULL;
    c->sequences = b->options.max_sequences;
    if (b->sources) {
        c->longest = b->sources->longest + more;
        HEED_TRY(most_rows(b, b->sources, more, &c->rows));
        HEED_TRY(most_sequences(b, b->sources, more, &c->sequences));
        if (b->sources->words) HEED_TRY(most_words(b->sources, c->sequences, &c->words));
        HEED_TRY(most_sentences(b->sources, c->sequences, c->rows, &c->sentences));
    }
    if (b->targets && b->sources) {
        c->target_longest = b->targets->longest + 1;
        HEED_TRY(most_rows(b, b->targets, 1, &c->target_rows));
        HEED_TRY(most_sequences(b, b->targets, 1, &c->sequences));
    } else if (b->targets) {
        int64_t limit = b->options.max_tokens;
        c->target_longest = b->windows.longest;
        if (limit < c->target_longest) limit = c->target_longest;
        c->target_rows =
            c->sequences < limit / c->target_longest ? c->sequences * c->target_longest : limit;
        int64_t shorter = b->windows.shorter < limit ? b->windows.shorter : limit;
        int64_t most = shorter + (limit - shorter) / c->target_longest;
        if (most < c->sequences) c->sequences = most;
    }
    return HEED_OK;
}

heed_status heed__batches_create(const heed__examples *sources, const heed__examples *targets,
                                 const heed__batch_options *options, heed__batches **out)
{
    *out = NULL;
    HEED_TRY(check(sources, targets, options));
    heed__batches *b = NULL;
    heed_status status;
    HEED_TRY(heed__alloc(1, sizeof *b, "batches", &b));
    b->sources = sources;
    b->targets = targets;
    b->options = *options;
    b->n = sources ? sources->n : 0;
    if (!sources)
        HEED_TRY_CLEAN(
            heed__windows_create(targets, options->block, options->running, &b->windows));
    size_t n = (size_t)(sources ? b->n : b->windows.most);
    if (!b->options.max_sequences || b->options.max_sequences > (int64_t)n)
        b->options.max_sequences = (int64_t)n;
    HEED_TRY_CLEAN(heed__alloc(n, sizeof *b->order, "batches", &b->order));
    HEED_TRY_CLEAN(heed__alloc(n, sizeof *b->sorted, "batches", &b->sorted));
    HEED_TRY_CLEAN(heed__alloc(n + 1, sizeof *b->starts, "batches", &b->starts));
    HEED_TRY_CLEAN(heed__alloc(n, sizeof *b->turns, "batches", &b->turns));
    HEED_TRY_CLEAN(find_capacity(b));
    *out = b;
    return HEED_OK;
cleanup:
    heed__batches_destroy(&b);
    return status;
}

void heed__batches_destroy(heed__batches **batches)
{
    if (!batches || !*batches) return;
    heed__windows_free(&(*batches)->windows);
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
    for (int i = 0; i < HEED_BAGS; i++) heed__bags_free(&batch->bags[i]);
    heed__free(batch->begins);
    heed__free(batch->examples);
    heed__free(batch->word_offsets);
    heed__free(batch->word_rows);
    heed__free(batch->target_offsets);
    heed__free(batch->target_inputs);
    heed__free(batch->target_labels);
    *batch = (heed__batch){0};
}

static heed_status create_targets(const heed__batches *b, heed__batch *out)
{
    size_t rows = (size_t)b->capacity.target_rows, sequences = (size_t)b->capacity.sequences;
    if (!b->targets) return HEED_OK;
    HEED_TRY(
        heed__alloc(sequences + 1, sizeof *out->target_offsets, "a batch", &out->target_offsets));
    HEED_TRY(heed__alloc(rows, sizeof *out->target_inputs, "a batch", &out->target_inputs));
    return heed__alloc(rows, sizeof *out->target_labels, "a batch", &out->target_labels);
}

static int compare_counts(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x < *y) - (*x > *y);
}

/* As many ids as the examples that have most of them need together. */
static heed_status create_bags(const heed__batches *b, int bag, heed__bags *out)
{
    const heed__examples *x = b->sources;
    int64_t *counts = NULL, most = 0;
    if (!x->bags[bag].offsets) return HEED_OK;
    HEED_TRY(heed__alloc((size_t)x->n, sizeof *counts, "a batch", &counts));
    for (int64_t i = 0; i < x->n; i++)
        counts[i] = heed__bags_count(&x->bags[bag], x->offsets[i], x->offsets[i + 1]);
    qsort(counts, (size_t)x->n, sizeof *counts, compare_counts);
    for (int64_t i = 0; i < b->capacity.sequences; i++) most += counts[i];
    heed__free(counts);
    return heed__bags_reserve(out, b->capacity.rows, most);
}

heed_status heed__batch_create(const heed__batches *b, heed__batch *out)
{
    heed_status status;
    size_t rows = (size_t)b->capacity.rows, sequences = (size_t)b->capacity.sequences;
    *out = (heed__batch){0};
    HEED_TRY_CLEAN(heed__alloc(sequences + 1, sizeof *out->offsets, "a batch", &out->offsets));
    HEED_TRY_CLEAN(heed__alloc(rows, sizeof *out->tokens, "a batch", &out->tokens));
    HEED_TRY_CLEAN(heed__alloc(sequences, sizeof *out->examples, "a batch", &out->examples));
    if (b->sources && b->sources->words) {
        size_t words = (size_t)b->capacity.words;
        HEED_TRY_CLEAN(
            heed__alloc(sequences + 1, sizeof *out->word_offsets, "a batch", &out->word_offsets));
        HEED_TRY_CLEAN(heed__alloc(words, sizeof *out->word_rows, "a batch", &out->word_rows));
    }
    if (b->sources && b->sources->begins)
        HEED_TRY_CLEAN(heed__alloc(rows, 1, "a batch", &out->begins));
    for (int i = 0; i < HEED_BAGS && b->sources; i++)
        HEED_TRY_CLEAN(create_bags(b, i, &out->bags[i]));
    HEED_TRY_CLEAN(create_targets(b, out));
    return HEED_OK;
cleanup:
    heed__batch_free(out);
    return status;
}

/* Nonzero when i may stay before j: the longer target first, then the longer source. */
static int in_order(const heed__batches *b, int64_t i, int64_t j)
{
    int64_t left = target_rows(b, i), right = target_rows(b, j);
    return left != right ? left > right : source_rows(b, i) >= source_rows(b, j);
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
                int from_left = i < middle && (j >= stop || in_order(b, b->order[i], b->order[j]));
                b->sorted[to] = from_left ? b->order[i++] : b->order[j++];
            }
        }
        memcpy(b->order + begin, b->sorted + begin, (size_t)(end - begin) * sizeof *b->order);
    }
}

static void cut_batches(heed__batches *b)
{
    int64_t rows = 0, targets = 0, most = b->options.max_tokens;
    b->count = 0;
    for (int64_t i = 0; i < b->n; i++) {
        int64_t row = source_rows(b, b->order[i]), target = target_rows(b, b->order[i]);
        int64_t sequences = b->count ? i - b->starts[b->count - 1] : 0;
        if (!b->count || rows + row > most || targets + target > most ||
            sequences == b->options.max_sequences) {
            b->turns[b->count] = b->count;
            b->starts[b->count++] = i;
            rows = targets = 0;
        }
        rows += row;
        targets += target;
    }
    b->starts[b->count] = b->n;
}

int64_t heed__batches_epoch(heed__batches *b, int64_t epoch)
{
    heed__random random;
    heed__random_start(&random, b->options.seed, HEED_RANDOM_ORDER);
    random.drawn = (uint64_t)epoch << 36; /* epochs draw from parts that do not overlap */
    if (!b->sources) {
        heed__windows_cut(&b->windows, b->options.shuffle ? &random : NULL);
        b->n = b->windows.n;
    }
    int64_t n = b->n, bucket = b->options.bucket;
    for (int64_t i = 0; i < n; i++) b->order[i] = i;
    if (b->options.shuffle) {
        heed__random_shuffle(&random, b->order, (size_t)n);
        for (int64_t at = 0; bucket && at < n; at += bucket)
            sort_run(b, at, at + bucket < n ? at + bucket : n);
    }
    cut_batches(b);
    if (b->options.shuffle && bucket) heed__random_shuffle(&random, b->turns, (size_t)b->count);
    return b->count;
}

static void add_source(const heed__batches *b, int64_t sequence, heed__batch *out)
{
    const heed__examples *x = b->sources;
    int64_t tokens = tokens_of(x, sequence), rows = source_rows(b, sequence);
    size_t bytes = (size_t)tokens * sizeof *x->ids;
    memcpy(out->tokens + out->rows, x->ids + x->offsets[sequence], bytes);
    if (out->begins)
        memcpy(out->begins + out->rows, x->begins + x->offsets[sequence], (size_t)tokens);
    if (out->begins && rows > tokens) out->begins[out->rows + tokens] = 0;
    if (rows > tokens) out->tokens[out->rows + tokens] = HEED_TOKEN_END;
    for (int i = 0; i < HEED_BAGS; i++) {
        if (!out->bags[i].offsets) continue;
        /* There is room for any batch: nothing is taken, so nothing fails. */
        (void)heed__bags_append(&out->bags[i], &x->bags[i], x->offsets[sequence], tokens);
        if (rows > tokens) (void)heed__bags_close(&out->bags[i]);
    }
    out->rows += rows;
    if (rows > out->longest) out->longest = rows;
}

static void add_words(const heed__batches *b, int64_t sequence, int64_t row, heed__batch *out)
{
    const heed__examples *x = b->sources;
    for (int64_t w = x->words[sequence]; w < x->words[sequence + 1]; w++)
        out->word_rows[out->words++] = x->word_rows[w] < 0 ? -1 : row + x->word_rows[w];
}

static void add_target(const heed__batches *b, int64_t sequence, heed__batch *out)
{
    const heed__examples *x = b->targets;
    int64_t rows = target_rows(b, sequence);
    heed__window w = {sequence, -1, rows};
    if (!b->sources) w = b->windows.items[sequence];
    const int32_t *ids = x->ids + x->offsets[w.example];
    int64_t tokens = tokens_of(x, w.example);
    int32_t *inputs = out->target_inputs + out->target_rows;
    int32_t *labels = out->target_labels + out->target_rows;
    for (int64_t k = 0; k < rows; k++) {
        int64_t at = w.at + k;
        inputs[k] = at < 0 || (k == 0 && b->windows.running) ? HEED_TOKEN_START : ids[at];
        labels[k] = at + 1 < tokens ? ids[at + 1] : HEED_TOKEN_END;
    }
    out->target_rows += rows;
    if (rows > out->target_longest) out->target_longest = rows;
}

void heed__batches_fill(const heed__batches *b, int64_t index, heed__batch *out)
{
    int64_t turn = b->turns[index], begin = b->starts[turn];
    out->n = b->starts[turn + 1] - begin;
    out->rows = out->longest = out->words = out->target_rows = out->target_longest = 0;
    for (int i = 0; i < HEED_BAGS; i++)
        if (out->bags[i].offsets) (void)heed__bags_empty(&out->bags[i]);
    for (int64_t i = 0; i < out->n; i++) {
        int64_t sequence = b->order[begin + i];
        if (out->word_rows) {
            add_words(b, sequence, out->rows, out);
            out->word_offsets[i + 1] = out->words;
        }
        if (b->sources) add_source(b, sequence, out);
        if (b->targets) {
            add_target(b, sequence, out);
            out->target_offsets[i + 1] = out->target_rows;
        }
        out->examples[i] = sequence;
        out->offsets[i + 1] = out->rows;
    }
}
