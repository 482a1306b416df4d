/* SPDX-License-Identifier: MIT */
#include "train/metrics.h"

#include "base/fail.h"
#include "data/labels.h"
#include "train/tag_counts.h"

/* Nonzero when the tags of both sides mark spans. */
static heed_status mark_spans(int64_t texts, const heed_text *gold, const heed_text *given,
                              int *out)
{
    heed__strings tags = {0};
    const char **names = NULL;
    heed_status status = HEED_OK;
    for (int64_t i = 0; i < 2 * texts && status == HEED_OK; i++) {
        heed_text all = i < texts ? gold[i] : given[i - texts], tag;
        int64_t id;
        for (size_t at = 0; heed__labels_next(HEED_LABEL_TAGS, all, &at, &tag);)
            if (status == HEED_OK) status = heed__strings_add(&tags, tag.bytes, tag.size, &id);
    }
    if (status == HEED_OK) status = heed__alloc((size_t)tags.n, sizeof *names, "tags", &names);
    for (int64_t i = 0; status == HEED_OK && i < tags.n; i++) names[i] = tags.items[i].bytes;
    if (status == HEED_OK) *out = heed__tags_mark_spans(names, tags.n);
    heed__free(names);
    heed__strings_free(&tags);
    return status;
}

static int64_t first_by_bytes(const heed__strings *types, const unsigned char *taken)
{
    int64_t first = -1;
    for (int64_t i = 0; i < types->n; i++)
        if (!taken[i] &&
            (first < 0 || heed__text_compare(types->items[i], types->items[first]) < 0))
            first = i;
    return first;
}

/* Types in the order of their bytes. */
static heed_status fill_types(heed__metrics *m, const heed__tag_counts *counts)
{
    heed_label_metrics *labels = NULL;
    unsigned char *taken = NULL;
    int64_t n = counts->types.n;
    HEED_TRY(heed__arena_take(&m->arena, (size_t)n + 1, sizeof *labels, "metrics", &labels));
    HEED_TRY(heed__arena_take(&m->arena, (size_t)n + 1, 1, "metrics", &taken));
    for (int64_t k = 0; k < n; k++) {
        int64_t i = first_by_bytes(&counts->types, taken);
        const heed__tag_count *of = &counts->of[i];
        taken[i] = 1;
        HEED_TRY(heed__arena_text(&m->arena, counts->types.items[i].bytes,
                                  counts->types.items[i].size, &labels[k].name));
        labels[k].count = of->gold;
        labels[k].predicted = of->given;
        heed__metrics_scores(of->right, of->given, of->gold, &labels[k].precision,
                             &labels[k].recall, &labels[k].f1);
    }
    m->open.labels = labels;
    m->open.n_labels = n;
    return HEED_OK;
}

static heed_status measure(heed__metrics *m, const heed_text *gold, const heed_text *given,
                           heed__tag_counts *counts)
{
    heed_metrics *open = &m->open;
    HEED_TRY(mark_spans(open->rows, gold, given, &open->spans));
    counts->single = !open->spans;
    for (int64_t i = 0; i < open->rows; i++)
        HEED_TRY(heed__tag_counts_add(counts, gold[i], given[i]));
    HEED_TRY(fill_types(m, counts));
    heed__metrics_average(m);
    heed__metrics_scores(counts->all.right, counts->all.given, counts->all.gold, &open->precision,
                         &open->recall, &open->micro_f1);
    open->words = counts->words;
    open->found = counts->all.given;
    open->count = counts->all.gold;
    open->accuracy = counts->words ? (double)counts->right_words / (double)counts->words : 0;
    open->exact = (double)counts->right_texts / (double)counts->texts;
    return HEED_OK;
}

heed_status heed_metrics_tags(int64_t texts, const heed_text *gold, const heed_text *given,
                              heed_metrics **out)
{
    heed__metrics *m = NULL;
    heed__tag_counts counts = {0};
    *out = NULL;
    HEED_TRY(heed__metrics_create(HEED_METRICS_TAGS, NULL, 0, texts, &m));
    heed_metrics *open = &m->open;
    heed_status status = measure(m, gold, given, &counts);
    heed__tag_counts_free(&counts);
    if (status != HEED_OK) heed_metrics_destroy(&open);
    *out = open;
    return status;
}
