/* SPDX-License-Identifier: MIT */
/* All records in memory. The bytes belong to a storage that a dataset and those split from it
 * share. */
#include "data/dataset.h"

#include "base/fail.h"
#include "base/memory.h"
#include "base/sha256.h"
#include "data/strings.h"

#include <stdlib.h>
#include <string.h>

static void storage_leave(heed__storage *s)
{
    if (!s || atomic_fetch_sub(&s->owners, 1) > 1) return;
    heed__arena_free(&s->arena);
    heed__free(s);
}

void heed_dataset_destroy(heed_dataset **dataset)
{
    if (!dataset || !*dataset) return;
    storage_leave((*dataset)->storage);
    free((*dataset)->rows);
    heed__free(*dataset);
    *dataset = NULL;
}

static heed_status copy_layout(heed__storage *s, const heed_layout *from)
{
    heed_layout *to = &s->layout;
    const char **outputs = NULL;
    *to = *from;
    HEED_TRY(heed__arena_text(&s->arena, from->text, strlen(from->text), &to->text));
    HEED_TRY(heed__arena_text(&s->arena, from->label, strlen(from->label), &to->label));
    HEED_TRY(heed__arena_take(&s->arena, (size_t)from->n_outputs + 1, sizeof *outputs,
                              "output names", &outputs));
    for (int i = 0; i < from->n_outputs; i++)
        HEED_TRY(
            heed__arena_text(&s->arena, from->outputs[i], strlen(from->outputs[i]), &outputs[i]));
    to->outputs = outputs;
    return HEED_OK;
}

/* Labels are few: each is kept once, in the set. */
static heed_status keep_label(heed__strings *known, heed__storage *s, heed_text from, heed_text *to)
{
    int64_t at = known ? heed__strings_find(known, from.bytes, from.size) : -1;
    if (at >= 0) {
        *to = known->items[at];
        return HEED_OK;
    }
    to->size = from.size;
    HEED_TRY(heed__arena_text(&s->arena, from.bytes, from.size, &to->bytes));
    if (!known) return HEED_OK;
    HEED_TRY(heed__strings_add(known, from.bytes, from.size, &at));
    known->items[at] = *to;
    return HEED_OK;
}

heed_status heed__dataset_add(heed_dataset *d, const heed_record *record, heed__strings *known)
{
    HEED_TRY(heed__grow(&d->rows, &d->room, (size_t)d->n + 1, sizeof *d->rows, "rows of data"));
    heed__data_row *row = &d->rows[d->n];
    heed__arena *arena = &d->storage->arena;
    heed_text *labels = NULL;
    *row = (heed__data_row){.text.size = record->text.size, .line = record->line};
    HEED_TRY(heed__arena_text(arena, record->text.bytes, record->text.size, &row->text.bytes));
    HEED_TRY(
        heed__arena_take(arena, (size_t)record->n_labels + 1, sizeof *labels, "labels", &labels));
    for (int i = 0; i < record->n_labels; i++)
        HEED_TRY(keep_label(known, d->storage, record->labels[i], &labels[i]));
    row->labels = labels;
    const char *last = d->n ? d->rows[d->n - 1].path : NULL;
    row->path = last;
    if (!last || strcmp(last, record->path) != 0)
        HEED_TRY(heed__arena_text(arena, record->path, strlen(record->path), &row->path));
    d->n++;
    return HEED_OK;
}

heed_status heed__dataset_create(heed__storage *s, heed_dataset **out)
{
    HEED_TRY(heed__alloc(1, sizeof **out, "a data set", out));
    (*out)->storage = s;
    atomic_fetch_add(&s->owners, 1);
    return HEED_OK;
}

heed_status heed__dataset_start(const heed_layout *layout, heed_dataset **out)
{
    heed__storage *s = NULL;
    *out = NULL;
    HEED_TRY(heed__alloc(1, sizeof *s, "a data set", &s));
    heed_status status = heed__dataset_create(s, out);
    if (status != HEED_OK) {
        heed__free(s);
        return status;
    }
    status = copy_layout(s, layout);
    if (status != HEED_OK) heed_dataset_destroy(out);
    return status;
}

heed_status heed_dataset_read(heed_context *context, const char *const *paths, int n,
                              const heed_read_options *options, heed_dataset **out)
{
    *out = NULL;
    heed_reader *reader = NULL;
    heed_dataset *d = NULL;
    heed__strings known = {0};
    heed_record record = {0};
    heed_status status;
    int pairs = options && options->kind == HEED_READ_PAIRS;
    HEED_TRY_CLEAN(heed_reader_open(context, paths, n, options, &reader));
    HEED_TRY_CLEAN(heed__dataset_start(heed_reader_layout(reader), &d));
    for (;;) {
        HEED_TRY_CLEAN(heed_reader_next(reader, &record));
        if (record.end) break;
        HEED_TRY_CLEAN(heed__dataset_add(d, &record, pairs ? NULL : &known));
    }
    d->skipped = heed_reader_skipped(reader);
    *out = d;
    d = NULL;
cleanup:
    heed_reader_close(&reader);
    heed__strings_free(&known);
    heed_dataset_destroy(&d);
    return status;
}

int64_t heed_dataset_rows(const heed_dataset *dataset)
{
    return dataset->n;
}

int64_t heed_dataset_skipped(const heed_dataset *dataset)
{
    return dataset->skipped;
}

const heed_layout *heed_dataset_layout(const heed_dataset *dataset)
{
    return &dataset->storage->layout;
}

heed_text heed_dataset_text(const heed_dataset *dataset, int64_t row)
{
    return dataset->rows[row].text;
}

heed_text heed_dataset_label(const heed_dataset *dataset, int64_t row, int output)
{
    return dataset->rows[row].labels[output];
}

void heed_dataset_position(const heed_dataset *dataset, int64_t row, const char **path,
                           int64_t *line)
{
    *path = dataset->rows[row].path;
    *line = dataset->rows[row].line;
}

static void hash_text(heed__sha256 *hash, heed_text text)
{
    unsigned char size[8];
    for (int i = 0; i < 8; i++) size[i] = (unsigned char)((uint64_t)text.size >> 8 * i);
    heed__sha256_add(hash, size, sizeof size);
    heed__sha256_add(hash, text.bytes, text.size);
}

void heed_dataset_hash(const heed_dataset *dataset, char out[HEED_HASH_SIZE])
{
    heed__sha256 hash;
    unsigned char digest[HEED_SHA256_SIZE];
    heed__sha256_start(&hash);
    for (int64_t row = 0; row < dataset->n; row++) {
        hash_text(&hash, dataset->rows[row].text);
        for (int i = 0; i < dataset->storage->layout.n_outputs; i++)
            hash_text(&hash, dataset->rows[row].labels[i]);
    }
    heed__sha256_finish(&hash, digest);
    heed__sha256_hex(digest, out);
}
