/* SPDX-License-Identifier: MIT */
/* The labels of rows as what a model is to give. */
#include "base/fail.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/parallel.h"
#include "data/labels.h"
#include "data/strings.h"
#include "data/tags.h"

#include <math.h>
#include <string.h>

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

int heed__labels_next(heed__label_kind kind, heed_text all, size_t *at, heed_text *out)
{
    if (kind == HEED_LABEL_SET) return next_of_set(all, at, out);
    heed__span word;
    if (kind == HEED_LABEL_TAGS) {
        int found = heed__next_word(all, at, &word);
        *out = (heed_text){all.bytes + word.begin, word.end - word.begin};
        return found;
    }
    if (*at) return 0;
    *at = 1;
    *out = all;
    return 1;
}

/* Where each row's words begin among all. */
static heed_status count_words(const heed_dataset *d, heed__targets *out)
{
    HEED_TRY(heed__alloc((size_t)out->rows + 1, sizeof *out->words, "targets", &out->words));
    for (int64_t row = 0; row < out->rows; row++)
        out->words[row + 1] = out->words[row] + heed__count_words(heed_dataset_text(d, row));
    return HEED_OK;
}

static heed_status make_room(const heed__labels *l, const heed_dataset *d, heed__targets *out)
{
    size_t n = (size_t)heed_dataset_rows(d);
    *out = (heed__targets){.rows = (int64_t)n, .n = l->n};
    if (l->kind == HEED_LABEL_TAGS) {
        HEED_TRY(count_words(d, out));
        n = (size_t)out->words[out->rows];
        return heed__alloc(n, sizeof *out->classes, "targets", &out->classes);
    }
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

static heed_status check_words(const heed_dataset *d, int64_t row, heed_text tags,
                               const heed__targets *t)
{
    const char *path;
    int64_t line, n = heed__count_words(tags), words = t->words[row + 1] - t->words[row];
    if (n == words) return HEED_OK;
    heed_dataset_position(d, row, &path, &line);
    return heed__fail(HEED_E_DATA,
                      "%s:%lld: %lld tags for %lld words; give each word (what stands between "
                      "white space) one, parted by blanks",
                      path, (long long)line, (long long)n, (long long)words);
}

heed_status heed__targets_make(heed_context *context, const heed__labels *l, const heed_dataset *d,
                               int output, heed__targets *out)
{
    heed__strings unknown = {0};
    heed_status status;
    HEED_TRY_CLEAN(make_room(l, d, out));
    for (int64_t row = 0; row < out->rows; row++) {
        heed_text all = heed_dataset_label(d, row, output), label;
        if (l->kind == HEED_LABEL_NUMBER) {
            HEED_TRY_CLEAN(set_number(d, row, all, &out->numbers[row]));
            continue;
        }
        if (l->kind == HEED_LABEL_TAGS) HEED_TRY_CLEAN(check_words(d, row, all, out));
        int64_t word = out->words ? out->words[row] : 0;
        for (size_t at = 0; heed__labels_next(l->kind, all, &at, &label);) {
            int64_t id = heed__labels_find(l, label.bytes, label.size), slot;
            if (l->kind == HEED_LABEL_TAGS) out->classes[word++] = (int32_t)id;
            if (l->kind == HEED_LABEL_CLASS) out->classes[row] = (int32_t)id;
            if (l->kind == HEED_LABEL_SET && id >= 0) out->set[row * l->n + id] = 1;
            if (id >= 0) continue;
            out->unknown++;
            HEED_TRY_CLEAN(heed__strings_add(&unknown, label.bytes, label.size, &slot));
        }
    }
    if (out->unknown)
        heed__log(context, HEED_LOG_WARNING,
                  "label '%.60s': %lld %s have a label that the model does not know ('%.60s'%s); "
                  "they count as wrong",
                  l->output, (long long)out->unknown, l->kind == HEED_LABEL_TAGS ? "words" : "rows",
                  unknown.items[0].bytes, unknown.n > 1 ? " and others" : "");
cleanup:
    heed__strings_free(&unknown);
    if (status != HEED_OK) heed__targets_free(out);
    return status;
}

void heed__targets_free(heed__targets *targets)
{
    heed__free(targets->classes);
    heed__free(targets->words);
    heed__free(targets->set);
    heed__free(targets->numbers);
    *targets = (heed__targets){0};
}
