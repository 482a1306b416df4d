/* SPDX-License-Identifier: MIT */
#include "train/tag_counts.h"

#include "base/fail.h"
#include "base/memory.h"
#include "data/labels.h"

#include <stdlib.h>

void heed__tag_counts_free(heed__tag_counts *c)
{
    heed__strings_free(&c->types);
    free(c->of);
    free(c->spans);
    free(c->tags);
    *c = (heed__tag_counts){0};
}

/* The tags of a text after those that are there. */
static heed_status take_tags(heed__tag_counts *c, heed_text all, int64_t from, int64_t *n)
{
    heed_text tag;
    *n = 0;
    for (size_t at = 0; heed__labels_next(HEED_LABEL_TAGS, all, &at, &tag); (*n)++) {
        HEED_TRY(
            heed__grow(&c->tags, &c->tags_room, (size_t)(from + *n) + 1, sizeof *c->tags, "tags"));
        c->tags[from + *n] = tag;
    }
    return HEED_OK;
}

static heed_text tag_at(const void *user, int64_t word)
{
    return ((const heed_text *)user)[word];
}

/* Spans of n tags, after those that are there. */
static heed_status take_spans(heed__tag_counts *c, const heed_text *tags, int64_t n, int64_t from,
                              int64_t *found)
{
    heed__span_walk walk = {0};
    heed__tag_span span = {0};
    *found = 0;
    for (int64_t w = 0;;) {
        if (c->single) {
            if (w == n) break;
            span = (heed__tag_span){w, w, tags[w]};
            w++;
        } else if (!heed__span_next(&walk, n, tag_at, tags, &span))
            break;
        HEED_TRY(heed__grow(&c->spans, &c->spans_room, (size_t)(from + *found) + 1,
                            sizeof *c->spans, "spans"));
        c->spans[from + (*found)++] = span;
    }
    return HEED_OK;
}

static heed_status find_type(heed__tag_counts *c, heed_text type, heed__tag_count **out)
{
    int64_t at, before = c->types.n;
    HEED_TRY(heed__strings_add(&c->types, type.bytes, type.size, &at));
    HEED_TRY(heed__grow(&c->of, &c->room, (size_t)at + 1, sizeof *c->of, "types"));
    if (at == before) c->of[at] = (heed__tag_count){0, 0, 0};
    *out = &c->of[at];
    return HEED_OK;
}

/* Both lists are in the order of the text. */
static heed_status compare(heed__tag_counts *c, int64_t gold, int64_t given)
{
    const heed__tag_span *a = c->spans, *b = c->spans + gold;
    heed__tag_count *count;
    for (int64_t i = 0; i < gold; i++) {
        HEED_TRY(find_type(c, a[i].type, &count));
        count->gold++;
    }
    for (int64_t i = 0, k = 0; k < given; k++) {
        HEED_TRY(find_type(c, b[k].type, &count));
        count->given++;
        while (i < gold && a[i].first < b[k].first) i++;
        int right = i < gold && a[i].first == b[k].first && a[i].last == b[k].last &&
                    heed__text_compare(a[i].type, b[k].type) == 0;
        count->right += right;
        c->all.right += right;
    }
    c->all.gold += gold;
    c->all.given += given;
    return HEED_OK;
}

heed_status heed__tag_counts_add(heed__tag_counts *c, heed_text gold, heed_text given)
{
    int64_t n, others, gold_spans, given_spans, right = 0;
    HEED_TRY(take_tags(c, gold, 0, &n));
    HEED_TRY(take_tags(c, given, n, &others));
    if (n != others)
        return heed__fail(HEED_E_DATA, "text %lld has %lld true tags and was given %lld",
                          (long long)c->texts + 1, (long long)n, (long long)others);
    for (int64_t w = 0; w < n; w++) right += heed__text_compare(c->tags[w], c->tags[n + w]) == 0;
    c->words += n;
    c->right_words += right;
    c->texts++;
    c->right_texts += right == n;
    HEED_TRY(take_spans(c, c->tags, n, 0, &gold_spans));
    HEED_TRY(take_spans(c, c->tags + n, n, gold_spans, &given_spans));
    return compare(c, gold_spans, given_spans);
}
