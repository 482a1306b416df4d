/* SPDX-License-Identifier: MIT */
#include "data/labels.h"

#include "base/fail.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/parallel.h"
#include "data/strings.h"
#include "data/tags.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NUMBER_CLASSES = 20, FEW_ROWS = 20, SHOWN = 8 };

static const char *const kind_names[HEED_LABEL_KINDS] = {"guess", "class", "set", "number", "tags"};

const char *heed__label_kind_name(heed__label_kind kind)
{
    return kind_names[kind];
}

heed_status heed__label_kind_find(const char *name, heed__label_kind *out)
{
    for (int i = 0; i < HEED_LABEL_KINDS; i++)
        if (strcmp(kind_names[i], name) == 0) {
            *out = (heed__label_kind)i;
            return HEED_OK;
        }
    return heed__fail(HEED_E_INVALID,
                      "label kind '%s' is not known; use class, set, number or tags", name);
}

typedef struct found {
    heed__strings names;
    int64_t *counts;
    size_t room;
} found;

static heed_status collect(const heed_dataset *d, int output, heed__label_kind kind, found *f)
{
    for (int64_t row = 0; row < heed_dataset_rows(d); row++) {
        heed_text all = heed_dataset_label(d, row, output), label;
        for (size_t at = 0; heed__labels_next(kind, all, &at, &label);) {
            int64_t id, before = f->names.n;
            HEED_TRY(heed__strings_add(&f->names, label.bytes, label.size, &id));
            HEED_TRY(heed__grow(&f->counts, &f->room, (size_t)id + 1, sizeof *f->counts, "labels"));
            if (id == before) f->counts[id] = 0;
            f->counts[id]++;
        }
    }
    return HEED_OK;
}

static void found_free(found *f)
{
    heed__strings_free(&f->names);
    free(f->counts);
    *f = (found){0};
}

heed_status heed__labels_are_tags(const heed_dataset *d, int output, int *out)
{
    heed__strings names = {0};
    int64_t parts = 0, rows = heed_dataset_rows(d), row = 0, id;
    heed_status status = HEED_OK;
    for (*out = 1; row < rows && *out && status == HEED_OK; row++) {
        heed_text all = heed_dataset_label(d, row, output), tag;
        int64_t before = parts;
        for (size_t at = 0; heed__labels_next(HEED_LABEL_TAGS, all, &at, &tag); parts++)
            if (status == HEED_OK) status = heed__strings_add(&names, tag.bytes, tag.size, &id);
        *out = parts - before == heed__count_words(heed_dataset_text(d, row));
    }
    *out = *out && parts > rows && names.n * 2 <= parts;
    heed__strings_free(&names);
    return status;
}

/* Whole numbers are class numbers when they run from 0 or 1 without gaps, or are few. */
static heed__label_kind guess_kind(const found *f, int64_t rows)
{
    int numbers = 1, fractions = 0, bars = 0;
    double least = 0, most = 0;
    for (int64_t i = 0; i < f->names.n; i++) {
        heed_text name = f->names.items[i];
        double number = 0;
        if (!heed__number_parse(name.bytes, name.size, &number)) numbers = 0;
        fractions |= number != trunc(number);
        bars |= memchr(name.bytes, '|', name.size) != NULL;
        if (!i || number < least) least = number;
        if (!i || number > most) most = number;
    }
    int gapless = (least == 0 || least == 1) && most - least + 1 == (double)f->names.n;
    int classes = f->names.n <= MOST_NUMBER_CLASSES || (gapless && f->names.n * 5 <= rows);
    if (numbers && (fractions || !classes)) return HEED_LABEL_NUMBER;
    return bars ? HEED_LABEL_SET : HEED_LABEL_CLASS;
}

static heed_status check_names(const char *output, heed__label_kind kind, const found *f,
                               int64_t rows)
{
    if (f->names.n < 2)
        return heed__fail(HEED_E_DATA,
                          "label '%.60s': all %lld rows have the same, '%.60s'; at least two "
                          "different ones are needed",
                          output, (long long)rows, f->names.n ? f->names.items[0].bytes : "");
    if (kind == HEED_LABEL_CLASS && rows > FEW_ROWS && f->names.n * 2 > rows)
        return heed__fail(HEED_E_DATA,
                          "label '%.60s': %lld different ones in %lld rows, so this is no label; "
                          "name the right column with --label (translations: --task translate)",
                          output, (long long)f->names.n, (long long)rows);
    return HEED_OK;
}

typedef struct ordered {
    heed_text name;
    double value;
    int64_t count;
} ordered;

static int by_value(const void *a, const void *b)
{
    const ordered *x = a, *y = b;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    return heed__text_compare(x->name, y->name);
}

static heed_status create(const char *output, heed__label_kind kind, heed__labels **out)
{
    HEED_TRY(heed__alloc(1, sizeof **out, "labels", out));
    (*out)->kind = kind;
    (*out)->n = 1;
    HEED_TRY(heed__arena_text(&(*out)->arena, output, strlen(output), &(*out)->output));
    return heed__alloc(1, sizeof *(*out)->map, "labels", &(*out)->map);
}

/* Adds the labels in the order given. */
static heed_status fill(heed__labels *l, const ordered *labels, int64_t n)
{
    l->n = n;
    HEED_TRY(heed__arena_take(&l->arena, (size_t)n, sizeof *l->names, "labels", &l->names));
    HEED_TRY(heed__arena_take(&l->arena, (size_t)n, sizeof *l->counts, "labels", &l->counts));
    for (int64_t i = 0; i < n; i++) {
        int64_t at;
        HEED_TRY(heed__strings_add(l->map, labels[i].name.bytes, labels[i].name.size, &at));
        if (at != i)
            return heed__fail(HEED_E_FORMAT, "label '%.60s' stands twice among those of '%.60s'",
                              labels[i].name.bytes, l->output);
        l->counts[i] = labels[i].count;
    }
    for (int64_t i = 0; i < n; i++) l->names[i] = l->map->items[i].bytes;
    return HEED_OK;
}

static heed_status fill_sorted(heed__labels *l, const found *f)
{
    ordered *labels = NULL;
    int64_t n = f->names.n, whole = 1;
    HEED_TRY(heed__alloc((size_t)n, sizeof *labels, "labels", &labels));
    for (int64_t i = 0; i < n; i++) {
        heed_text name = f->names.items[i];
        double value = 0;
        if (!heed__number_parse(name.bytes, name.size, &value) || value != trunc(value)) whole = 0;
        labels[i] = (ordered){name, value, f->counts[i]};
    }
    for (int64_t i = 0; i < n && !whole; i++) labels[i].value = 0;
    qsort(labels, (size_t)n, sizeof *labels, by_value);
    heed_status status = fill(l, labels, n);
    heed__free(labels);
    return status;
}

static void say_labels(heed_context *context, const heed__labels *l, int64_t rows)
{
    char list[600] = "";
    size_t used = 0;
    for (int64_t i = 0; l->names && i < l->n && i < SHOWN; i++) {
        int wrote = snprintf(list + used, sizeof list - used, "%s%.40s %lld", i ? ", " : "",
                             l->names[i], (long long)l->counts[i]);
        if (wrote > 0) used += (size_t)wrote;
    }
    if (l->kind == HEED_LABEL_NUMBER)
        heed__log(context, HEED_LOG_INFO, "label '%.60s': a number (%lld rows)", l->output,
                  (long long)rows);
    else
        heed__log(context, HEED_LOG_INFO, "label '%.60s': %s%lld %s (%s%s)", l->output,
                  l->kind == HEED_LABEL_SET    ? "several a row, "
                  : l->kind == HEED_LABEL_TAGS ? "one a word, "
                                               : "",
                  (long long)l->n, l->kind == HEED_LABEL_TAGS ? "tags" : "classes", list,
                  l->n > SHOWN ? ", ..." : "");
}

heed_status heed__labels_build(heed_context *context, const heed_dataset *dataset, int output,
                               heed__label_kind kind, heed__labels **out)
{
    *out = NULL;
    const char *name = heed_dataset_layout(dataset)->outputs[output];
    int64_t rows = heed_dataset_rows(dataset);
    found f = {0};
    heed__labels *l = NULL;
    heed_status status;
    int tags = 0;
    if (kind == HEED_LABEL_GUESS || kind == HEED_LABEL_TAGS)
        HEED_TRY(heed__labels_are_tags(dataset, output, &tags));
    HEED_TRY_CLEAN(collect(dataset, output, HEED_LABEL_CLASS, &f));
    if (tags)
        kind = HEED_LABEL_TAGS;
    else if (kind == HEED_LABEL_GUESS || kind == HEED_LABEL_TAGS)
        kind = guess_kind(&f, rows);
    if (kind == HEED_LABEL_SET || kind == HEED_LABEL_TAGS) {
        found_free(&f);
        HEED_TRY_CLEAN(collect(dataset, output, kind, &f));
    }
    HEED_TRY_CLEAN(check_names(name, kind, &f, rows));
    HEED_TRY_CLEAN(create(name, kind, &l));
    if (kind != HEED_LABEL_NUMBER) HEED_TRY_CLEAN(fill_sorted(l, &f));
    say_labels(context, l, rows);
    *out = l;
    l = NULL;
cleanup:
    found_free(&f);
    heed__labels_destroy(&l);
    return status;
}

heed_status heed__labels_create(const char *output, heed__label_kind kind, int64_t n,
                                const char *const *names, heed__labels **out)
{
    *out = NULL;
    ordered *labels = NULL;
    heed__labels *l = NULL;
    heed_status status;
    HEED_TRY_CLEAN(create(output, kind, &l));
    if (kind != HEED_LABEL_NUMBER) {
        HEED_TRY_CLEAN(heed__alloc((size_t)n, sizeof *labels, "labels", &labels));
        for (int64_t i = 0; i < n; i++) labels[i].name = (heed_text){names[i], strlen(names[i])};
        HEED_TRY_CLEAN(fill(l, labels, n));
    }
    *out = l;
    l = NULL;
cleanup:
    heed__free(labels);
    heed__labels_destroy(&l);
    return status;
}

void heed__labels_destroy(heed__labels **labels)
{
    if (!labels || !*labels) return;
    heed__labels *l = *labels;
    if (l->map) heed__strings_free(l->map);
    heed__free(l->map);
    heed__arena_free(&l->arena);
    heed__free(l);
    *labels = NULL;
}

int64_t heed__labels_find(const heed__labels *labels, const char *name, size_t size)
{
    return heed__strings_find(labels->map, name, size);
}
