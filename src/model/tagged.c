/* SPDX-License-Identifier: MIT */
#include "heed/tags.h"

#include "base/fail.h"
#include "data/spans.h"
#include "data/tags.h"
#include "model/outputs.h"

#include <stdlib.h>
#include <string.h>

/* Spans of one output, all texts' in a row. */
typedef struct span_list {
    heed_tagged_span *items;
    size_t room;
    int64_t *first; /* [n + 1] where each text's begin */
} span_list;

struct heed_tagged {
    const heed_model *model;
    int64_t n;
    int64_t *first; /* [n + 1] where each text's words begin */
    heed__span *words;
    heed__tagging tagging;
    span_list spans[HEED_MODEL_OUTPUTS];
};

void heed_tagged_destroy(heed_tagged **tagged)
{
    if (!tagged || !*tagged) return;
    heed_tagged *t = *tagged;
    heed__free(t->first);
    heed__free(t->words);
    heed__tagging_free(&t->tagging);
    for (int i = 0; i < HEED_MODEL_OUTPUTS; i++) {
        free(t->spans[i].items);
        heed__free(t->spans[i].first);
    }
    heed__free(t);
    *tagged = NULL;
}

int64_t heed_tagged_words(const heed_tagged *t, int64_t text)
{
    return t->first[text + 1] - t->first[text];
}

heed_tagged_word heed_tagged_word_at(const heed_tagged *t, int64_t text, int output, int64_t word)
{
    int64_t at = t->first[text] + word;
    int32_t label = t->tagging.labels[output][at];
    return (heed_tagged_word){.begin = t->words[at].begin,
                              .end = t->words[at].end,
                              .label = t->model->outputs[output].labels->names[label],
                              .index = label,
                              .probability = t->tagging.probabilities[output][at]};
}

int64_t heed_tagged_spans(const heed_tagged *t, int64_t text, int output)
{
    const int64_t *first = t->spans[output].first;
    return first ? first[text + 1] - first[text] : 0;
}

heed_tagged_span heed_tagged_span_at(const heed_tagged *t, int64_t text, int output, int64_t index)
{
    return t->spans[output].items[t->spans[output].first[text] + index];
}

typedef struct place {
    const heed_tagged *tagged;
    int64_t text;
    int output;
} place;

static heed_text tag_at(const void *user, int64_t word)
{
    const place *p = user;
    const char *label = heed_tagged_word_at(p->tagged, p->text, p->output, word).label;
    return (heed_text){label, strlen(label)};
}

static heed_tagged_span open_span(const place *p, const heed__tag_span *span)
{
    heed_tagged_word first = heed_tagged_word_at(p->tagged, p->text, p->output, span->first);
    heed_tagged_span out = {.first = span->first,
                            .last = span->last,
                            .begin = first.begin,
                            .type = span->type.bytes,
                            .probability = first.probability};
    for (int64_t w = span->first; w <= span->last; w++) {
        heed_tagged_word word = heed_tagged_word_at(p->tagged, p->text, p->output, w);
        if (word.probability < out.probability) out.probability = word.probability;
        out.end = word.end;
    }
    return out;
}

static heed_status find_spans(heed_tagged *t, int output)
{
    span_list *list = &t->spans[output];
    const heed__labels *labels = t->model->outputs[output].labels;
    int64_t found = 0;
    if (!heed__tags_mark_spans(labels->names, labels->n)) return HEED_OK;
    HEED_TRY(heed__alloc((size_t)t->n + 1, sizeof *list->first, "spans", &list->first));
    for (int64_t i = 0; i < t->n; i++) {
        place p = {t, i, output};
        heed__span_walk walk = {0};
        heed__tag_span span;
        while (heed__span_next(&walk, heed_tagged_words(t, i), tag_at, &p, &span)) {
            HEED_TRY(heed__grow(&list->items, &list->room, (size_t)found + 1, sizeof *list->items,
                                "spans"));
            list->items[found++] = open_span(&p, &span);
        }
        list->first[i + 1] = found;
    }
    return HEED_OK;
}

static heed_status find_words(heed_tagged *t, const heed_text *texts)
{
    int64_t n = 0;
    HEED_TRY(heed__alloc((size_t)t->n + 1, sizeof *t->first, "words", &t->first));
    for (int64_t i = 0; i < t->n; i++) t->first[i + 1] = n += heed__count_words(texts[i]);
    HEED_TRY(heed__alloc((size_t)n, sizeof *t->words, "words", &t->words));
    n = 0;
    for (int64_t i = 0; i < t->n; i++)
        for (size_t at = 0; n < t->first[i + 1] && heed__next_word(texts[i], &at, &t->words[n]);)
            n++;
    return HEED_OK;
}

static heed_status tag(heed_model *model, const heed_text *texts, float *values, heed_tagged *t)
{
    HEED_TRY(find_words(t, texts));
    HEED_TRY(heed__tagging_create(model, t->first[t->n], &t->tagging));
    if (t->n) HEED_TRY(heed__model_predict_texts(model, texts, t->n, values, &t->tagging));
    for (int i = 0; i < model->n_outputs; i++)
        if (model->outputs[i].kind->per_word) HEED_TRY(find_spans(t, i));
    return HEED_OK;
}

heed_status heed_model_tag(heed_model *model, const heed_text *texts, int64_t n, float *values,
                           heed_tagged **out)
{
    heed_tagged *t = NULL;
    float *own = NULL;
    *out = NULL;
    if (n < 0) return heed__fail(HEED_E_INVALID, "n = %lld; it must not be negative", (long long)n);
    HEED_TRY(heed__model_check_labels(model));
    if (!heed__model_tags(model))
        return heed__fail(HEED_E_INVALID,
                          "the model has no output with a label for each word; train it on such "
                          "data (--task tags)");
    size_t room = (size_t)(n * heed_model_width(model));
    if (!values) HEED_TRY(heed__alloc(room, sizeof *own, "predictions", &own));
    heed_status status = heed__alloc(1, sizeof *t, "tags", &t);
    if (status == HEED_OK) {
        t->model = model;
        t->n = n;
        status = tag(model, texts, values ? values : own, t);
    }
    heed__free(own);
    if (status != HEED_OK) heed_tagged_destroy(&t);
    *out = t;
    return status;
}
