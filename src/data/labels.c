/* SPDX-License-Identifier: MIT */
#include "data/labels.h"

#include "base/fail.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "data/number.h"
#include "data/strings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NUMBER_CLASSES = 20, FEW_ROWS = 20, SHOWN = 8 };

static const char *const kind_names[HEED_LABEL_KINDS] = {"guess", "class", "set", "number"};

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
    return heed__fail(HEED_E_INVALID, "label kind '%s' is not known; use class, set or number",
                      name);
}

/* The next of the labels in `all`, split at '|'; empty ones are passed over. Zero at the end. */
static int next_of_set(heed_text all, size_t *at, heed_text *out)
{
    while (*at < all.size) {
        const char *bar = memchr(all.bytes + *at, '|', all.size - *at);
        size_t end = bar ? (size_t)(bar - all.bytes) : all.size;
        *out = (heed_text){all.bytes + *at, end - *at};
        *at = end + 1;
        if (out->size) return 1;
    }
    return 0;
}

/* The labels of a row by the output's kind: one whole, or those between bars. */
static int next_label(heed__label_kind kind, heed_text all, size_t *at, heed_text *out)
{
    if (kind == HEED_LABEL_SET) return next_of_set(all, at, out);
    if (*at) return 0;
    *at = 1;
    *out = all;
    return 1;
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
        for (size_t at = 0; next_label(kind, all, &at, &label);) {
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
                          "name the right column with --label",
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
        heed__log(context, HEED_LOG_INFO, "label '%.60s': %s%lld classes (%s%s)", l->output,
                  l->kind == HEED_LABEL_SET ? "several a row, " : "", (long long)l->n, list,
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
    HEED_TRY_CLEAN(collect(dataset, output, HEED_LABEL_CLASS, &f));
    if (kind == HEED_LABEL_GUESS) kind = guess_kind(&f, rows);
    if (kind == HEED_LABEL_SET) {
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

static heed_status make_room(const heed__labels *l, int64_t rows, heed__targets *out)
{
    size_t n = (size_t)rows;
    *out = (heed__targets){.rows = rows, .n = l->n};
    if (l->kind == HEED_LABEL_CLASS)
        return heed__alloc(n, sizeof *out->classes, "targets", &out->classes);
    if (l->kind == HEED_LABEL_NUMBER)
        return heed__alloc(n, sizeof *out->numbers, "targets", &out->numbers);
    return heed__alloc(n, sizeof *out->set * (size_t)l->n, "targets", &out->set);
}

static heed_status set_number(const heed_dataset *d, int64_t row, heed_text label, float *out)
{
    double number;
    if (heed__number_parse(label.bytes, label.size, &number) && isfinite((float)number)) {
        *out = (float)number;
        return HEED_OK;
    }
    const char *path;
    int64_t line;
    heed_dataset_position(d, row, &path, &line);
    return heed__fail(HEED_E_DATA,
                      "%s:%lld: the label '%.60s' is not a number; mend or drop the row", path,
                      (long long)line, label.bytes);
}

heed_status heed__targets_make(heed_context *context, const heed__labels *l, const heed_dataset *d,
                               int output, heed__targets *out)
{
    heed__strings unknown = {0};
    heed_status status;
    HEED_TRY_CLEAN(make_room(l, heed_dataset_rows(d), out));
    for (int64_t row = 0; row < out->rows; row++) {
        heed_text all = heed_dataset_label(d, row, output), label;
        if (l->kind == HEED_LABEL_NUMBER) {
            HEED_TRY_CLEAN(set_number(d, row, all, &out->numbers[row]));
            continue;
        }
        for (size_t at = 0; next_label(l->kind, all, &at, &label);) {
            int64_t id = heed__labels_find(l, label.bytes, label.size), slot;
            if (l->kind == HEED_LABEL_CLASS) out->classes[row] = (int32_t)id;
            if (l->kind == HEED_LABEL_SET && id >= 0) out->set[row * l->n + id] = 1;
            if (id >= 0) continue;
            out->unknown++;
            HEED_TRY_CLEAN(heed__strings_add(&unknown, label.bytes, label.size, &slot));
        }
    }
    if (out->unknown)
        heed__log(context, HEED_LOG_WARNING,
                  "label '%.60s': %lld rows have a label that the model does not know ('%.60s'%s); "
                  "they count as wrong",
                  l->output, (long long)out->unknown, unknown.items[0].bytes,
                  unknown.n > 1 ? " and others" : "");
cleanup:
    heed__strings_free(&unknown);
    if (status != HEED_OK) heed__targets_free(out);
    return status;
}

void heed__targets_free(heed__targets *targets)
{
    heed__free(targets->classes);
    heed__free(targets->set);
    heed__free(targets->numbers);
    *targets = (heed__targets){0};
}
