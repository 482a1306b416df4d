/* SPDX-License-Identifier: MIT */
/* The labels of rows as what a model is to give. */
#include "base/fail.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/parallel.h"
#include "data/labels.h"
#include "data/strings.h"

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
    if (*at) return 0;
    *at = 1;
    *out = all;
    return 1;
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
        for (size_t at = 0; heed__labels_next(l->kind, all, &at, &label);) {
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
