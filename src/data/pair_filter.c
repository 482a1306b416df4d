/* SPDX-License-Identifier: MIT */
#include "data/pair_filter.h"

#include "base/buffer.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "data/dataset.h"
#include "data/source.h"
#include "data/strings.h"

#include <stdlib.h>
#include <string.h>

/* Why a pair goes; the first that holds. */
typedef enum reason { STAYS, UNKNOWN, TOO_LONG, RATIO, IDENTICAL, REASONS } reason;

static const char *const said[REASONS] = {
    [UNKNOWN] = "with a side of nothing but unknown tokens",
    [TOO_LONG] = "too long",
    [RATIO] = "with sides of too different lengths",
    [IDENTICAL] = "of two equal texts",
};

static int64_t tokens_of(const heed__examples *x, int64_t row)
{
    return x->offsets[row + 1] - x->offsets[row];
}

static int is_unknown(const heed__examples *x, int64_t row)
{
    for (int64_t k = x->offsets[row]; k < x->offsets[row + 1]; k++)
        if (x->ids[k] != HEED_TOKEN_UNKNOWN) return 0;
    return 1;
}

static reason judge(const heed__pair_limits *limits, const heed_dataset *dataset,
                    const heed__examples *sources, const heed__examples *targets, int64_t row)
{
    int64_t source = tokens_of(sources, row), target = tokens_of(targets, row);
    int64_t longer = source > target ? source : target, shorter = source + target - longer;
    if (limits->drop_unknown && (is_unknown(sources, row) || is_unknown(targets, row)))
        return UNKNOWN;
    if ((limits->max_source && source > limits->max_source) ||
        (limits->max_target && target > limits->max_target))
        return TOO_LONG;
    if (limits->max_ratio > 0 && longer > HEED_PAIR_SHORT &&
        (double)longer > limits->max_ratio * (double)shorter)
        return RATIO;
    if (limits->drop_identical && heed__text_compare(heed_dataset_text(dataset, row),
                                                     heed_dataset_label(dataset, row, 0)) == 0)
        return IDENTICAL;
    return STAYS;
}

/* What went, for the log or the refusal. */
static void describe(const heed_dataset *dataset, const int64_t *counts, const int64_t *first,
                     heed__buffer *out)
{
    for (int i = STAYS + 1; i < REASONS; i++) {
        const char *path;
        int64_t line;
        if (!counts[i]) continue;
        heed_dataset_position(dataset, first[i], &path, &line);
        heed__buffer_format(out, "%s%lld %s (the first is %s:%lld)", out->size ? ", " : "",
                            (long long)counts[i], said[i], heed__source_name(path),
                            (long long)line);
    }
}

static void keep_examples(heed__examples *x, const unsigned char *reasons)
{
    int64_t n = 0, tokens = 0;
    x->longest = 0;
    for (int i = 0; i < HEED_BAGS; i++)
        if (x->bags[i].offsets) (void)heed__bags_empty(&x->bags[i]);
    for (int64_t row = 0, begin = 0; row < x->n; row++) {
        int64_t end = x->offsets[row + 1], length = end - begin;
        if (reasons[row] == STAYS) {
            memmove(x->ids + tokens, x->ids + begin, (size_t)length * sizeof *x->ids);
            for (int i = 0; i < HEED_BAGS; i++)
                if (x->bags[i].offsets)
                    (void)heed__bags_append(&x->bags[i], &x->bags[i], begin, length);
            tokens += length;
            x->offsets[++n] = tokens;
            if (length > x->longest) x->longest = length;
        }
        begin = end;
    }
    x->n = n;
    x->tokens = tokens;
}

static void keep_rows(heed_dataset *d, const unsigned char *reasons)
{
    int64_t n = 0;
    for (int64_t row = 0; row < d->n; row++)
        if (reasons[row] == STAYS) d->rows[n++] = d->rows[row];
    d->skipped += d->n - n;
    d->n = n;
}

static heed_status refuse(const heed__pair_limits *limits, int64_t n, const char *what)
{
    if (!(limits->max_ratio > 0))
        return heed__fail(HEED_E_DATA,
                          "none of %lld pairs is left: %s; the limit is %lld tokens: mend the "
                          "pairs, or raise --max-length or --vocabulary",
                          (long long)n, what, (long long)limits->max_source);
    return heed__fail(HEED_E_DATA,
                      "none of %lld pairs is left: %s; the limits are %lld tokens and a ratio of "
                      "%g: mend the pairs, or raise --max-length, --max-ratio or --vocabulary",
                      (long long)n, what, (long long)limits->max_source, limits->max_ratio);
}

heed_status heed__pairs_filter(heed_context *context, const heed__pair_limits *limits,
                               heed_dataset *dataset, heed__examples *sources,
                               heed__examples *targets)
{
    int64_t counts[REASONS] = {0}, first[REASONS] = {0}, n = dataset->n;
    unsigned char *reasons = NULL;
    heed__buffer what = {0};
    if (n != sources->n || n != targets->n)
        return heed__fail(HEED_E_INVALID, "%lld pairs, but %lld sources and %lld targets",
                          (long long)n, (long long)sources->n, (long long)targets->n);
    HEED_TRY(heed__alloc((size_t)n, 1, "a filter of pairs", &reasons));
    for (int64_t row = 0; row < n; row++) {
        reason found = judge(limits, dataset, sources, targets, row);
        reasons[row] = (unsigned char)found;
        if (!counts[found]++) first[found] = row;
    }
    heed_status status = HEED_OK;
    if (counts[STAYS] < n) {
        describe(dataset, counts, first, &what);
        status = what.status;
        if (status == HEED_OK && !counts[STAYS]) status = refuse(limits, n, what.bytes);
    }
    if (status == HEED_OK && counts[STAYS] < n) {
        heed__log(context, HEED_LOG_INFO, "%lld of %lld pairs were left out: %s",
                  (long long)(n - counts[STAYS]), (long long)n, what.bytes);
        keep_rows(dataset, reasons);
        keep_examples(sources, reasons);
        keep_examples(targets, reasons);
    }
    heed__buffer_free(&what);
    heed__free(reasons);
    return status;
}
