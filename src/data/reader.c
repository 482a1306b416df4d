/* SPDX-License-Identifier: MIT */
/*
 * Records out of rows: the inputs one after another, each row by the chosen columns, what cannot be
 * used reported and counted.
 */
#include "data/reader.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "data/source.h"
#include "data/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEFAULT_LINE = 1 << 20,
    LEAST_LINE = 16,
    ALWAYS_MAY_BE_BAD = 10,
    SHOWN = 5,        /* bad rows that get a line of their own */
    EARLY_ROWS = 1000 /* from here on an input that is mostly bad is refused at once */
};

static heed_status copy_options(heed_reader *r, const heed_read_options *options)
{
    if (options) r->options = *options;
    heed_read_options *o = &r->options;
    if (o->max_bad > 1 || o->max_bad != o->max_bad)
        return heed__fail(HEED_E_INVALID, "max_bad = %g: it is a share of rows, at most 1",
                          o->max_bad);
    if (o->max_line && o->max_line < LEAST_LINE)
        return heed__fail(HEED_E_INVALID, "max_line = %zu: it must be at least %d bytes",
                          o->max_line, LEAST_LINE);
    if (o->format != HEED_FORMAT_GUESS && !heed__format_of(o->format))
        return heed__fail(HEED_E_INVALID,
                          "format %d cannot be asked for; folders are seen by "
                          "themselves",
                          (int)o->format);
    if (o->format == HEED_FORMAT_RUNNING && o->kind != HEED_READ_LANGUAGE)
        return heed__fail(HEED_E_INVALID,
                          "format running is for language models (--task language); use lines");
    if (o->max_bad == 0) o->max_bad = 0.01;
    if (!o->max_line) o->max_line = DEFAULT_LINE;
    if (o->text && !*o->text) o->text = NULL;
    if (o->label && !*o->label) o->label = NULL;
    if (o->text) HEED_TRY(heed__arena_text(&r->arena, o->text, strlen(o->text), &o->text));
    if (o->label) HEED_TRY(heed__arena_text(&r->arena, o->label, strlen(o->label), &o->label));
    return HEED_OK;
}

static heed_status add_path(heed_reader *r, const char *path)
{
    size_t n = (size_t)r->n_paths;
    HEED_TRY(heed__grow(&r->paths, &r->paths_room, n + 1, sizeof *r->paths, "paths"));
    HEED_TRY(heed__arena_text(&r->arena, path, strlen(path), &r->paths[n]));
    r->n_paths++;
    return HEED_OK;
}

/* Each file of a folder is an input of its own. */
static heed_status add_folder(heed_reader *r, const char *folder)
{
    heed__walk walk = {0};
    heed_status status = heed__walk_folder(folder, &walk);
    for (size_t i = 0; i < walk.n && status == HEED_OK; i++) status = add_path(r, walk.files[i]);
    if (status == HEED_OK && !walk.n)
        status = heed__fail(HEED_E_DATA, "%s: holds no file; put the texts into it", folder);
    heed__walk_free(&walk);
    return status;
}

static heed_status copy_paths(heed_reader *r, const char *const *paths, int n)
{
    if (n < 1)
        return heed__fail(HEED_E_INVALID, "no input is named; name a file, or - for "
                                          "standard input");
    for (int i = 0; i < n; i++)
        HEED_TRY(r->options.kind == HEED_READ_LANGUAGE && heed__walk_is_folder(paths[i])
                     ? add_folder(r, paths[i])
                     : add_path(r, paths[i]));
    return HEED_OK;
}

/* Where the row at hand stood. */
static const char *row_path(const heed_reader *r)
{
    const char *file = r->rows.format->file ? r->rows.format->file(&r->rows) : NULL;
    return file ? file : r->paths[r->at_path - 1];
}

/* The chosen columns as a list that heed_read_options takes. */
static heed_status list_columns(heed_reader *r, const int *columns, int n, const char **out)
{
    size_t size = 1, used = 0;
    char *list = NULL;
    for (int i = 0; i < n; i++) size += r->columns.names[columns[i]].size + 16;
    HEED_TRY(heed__arena_take(&r->arena, size, 1, "column names", &list));
    for (int i = 0; i < n; i++) {
        const char *name = r->columns.names[columns[i]].bytes;
        const char *comma = i ? "," : "";
        int wrote = strchr(name, ',') /* such a name cannot stand in a list */
                        ? snprintf(list + used, size - used, "%s%d", comma, columns[i] + 1)
                        : snprintf(list + used, size - used, "%s%s", comma, name);
        used += (size_t)wrote;
    }
    *out = list;
    return HEED_OK;
}

static heed_status set_layout(heed_reader *r)
{
    const heed__columns *c = &r->columns;
    const char **outputs = NULL;
    r->layout.format = r->rows.format->id;
    r->layout.has_header = c->has_header;
    r->layout.n_outputs = c->n_label;
    r->layout.kind = r->options.kind;
    HEED_TRY(list_columns(r, c->text, c->n_text, &r->layout.text));
    HEED_TRY(list_columns(r, c->label, c->n_label, &r->layout.label));
    HEED_TRY(heed__arena_take(&r->arena, (size_t)c->n_label + 1, sizeof *outputs, "output names",
                              &outputs));
    for (int i = 0; i < c->n_label; i++) {
        heed_text name = c->names[c->label[i]];
        int number = !c->has_header && !r->rows.format->named;
        if (number && c->n_label == 1) name = (heed_text){"label", 5};
        if (number && c->n_label == 1 && r->rows.format->words) name = (heed_text){"tags", 4};
        if (r->options.kind == HEED_READ_PAIRS) name = (heed_text){"target", 6};
        HEED_TRY(heed__arena_text(&r->arena, name.bytes, name.size, &outputs[i]));
    }
    r->layout.outputs = outputs;
    return HEED_OK;
}

heed_status heed_reader_open(heed_context *context, const char *const *paths, int n,
                             const heed_read_options *options, heed_reader **out)
{
    *out = NULL;
    heed_reader *r = NULL;
    HEED_TRY(heed__alloc(1, sizeof *r, "a reader", &r));
    r->context = context;
    heed_status status = copy_options(r, options);
    if (status == HEED_OK) status = copy_paths(r, paths, n);
    if (status == HEED_OK) status = heed__reader_open_next(r);
    if (status == HEED_OK) status = set_layout(r);
    if (status != HEED_OK) heed_reader_close(&r);
    *out = r;
    return status;
}

void heed_reader_close(heed_reader **reader)
{
    if (!reader || !*reader) return;
    heed_reader *r = *reader;
    heed__reader_close_input(r);
    heed__columns_free(&r->columns);
    heed__record_room_free(&r->room);
    heed__arena_free(&r->arena);
    free(r->paths);
    heed__free(r);
    *reader = NULL;
}

const heed_layout *heed_reader_layout(const heed_reader *reader)
{
    return &reader->layout;
}

int heed_reader_ready(const heed_reader *r)
{
    return r->ended ||
           (r->open && (r->at_sample < r->sample.n || heed__lines_ready(&r->rows.lines)));
}

int64_t heed_reader_skipped(const heed_reader *reader)
{
    return reader->bad;
}

static heed_status refuse(const heed_reader *r)
{
    if (r->options.max_bad < 0) return heed__fail(HEED_E_DATA, "%s", r->first_problem);
    if (r->bad == r->seen)
        return heed__fail(HEED_E_DATA, "no row can be used; the first problem is %s",
                          r->first_problem);
    return heed__fail(HEED_E_DATA,
                      "%lld of %lld rows cannot be used, more than %g %%; mend them or raise "
                      "--max-bad; the first is %s",
                      (long long)r->bad, (long long)r->seen, r->options.max_bad * 100,
                      r->first_problem);
}

/* Counts rows that cannot be used, and says so. */
static heed_status skip_row(heed_reader *r, const heed__sample_row *row, const char *problem)
{
    int64_t lines = row->lines_used > 1 ? row->lines_used : 1;
    char place[400]; /* of a path that is longer, the beginning */
    snprintf(place, sizeof place, "%.360s:%lld", heed__source_name(row_path(r)),
             (long long)row->line);
    if (!r->bad)
        snprintf(r->first_problem, sizeof r->first_problem, "%s: %.*s", place, HEED_PROBLEM_SIZE,
                 problem);
    if (r->bad < SHOWN) heed__log(r->context, HEED_LOG_WARNING, "%s: %s; skipped", place, problem);
    r->bad += lines;
    r->seen += lines;
    int mostly = r->seen > EARLY_ROWS && r->bad * 2 > r->seen && r->options.max_bad < 0.5;
    return r->options.max_bad < 0 || mostly ? refuse(r) : HEED_OK;
}

static heed_status finish(heed_reader *r, heed_record *record)
{
    record->end = 1;
    if (r->ended) return HEED_OK;
    r->ended = 1;
    if (r->bad == r->seen && (r->bad || !r->options.abreast)) {
        if (r->bad) return refuse(r);
        return heed__fail(HEED_E_DATA, "%s: holds no rows; give it at least one",
                          heed__source_name(r->paths[0]));
    }
    if (!r->bad) return HEED_OK;
    double share = (double)r->bad / (double)r->seen;
    if (r->bad > ALWAYS_MAY_BE_BAD && share > r->options.max_bad) return refuse(r);
    heed__log(r->context, HEED_LOG_WARNING, "%lld of %lld rows could not be used and were skipped",
              (long long)r->bad, (long long)r->seen);
    return HEED_OK;
}

/* The next row of the input at hand, from the sample first. */
static heed_status next_row(heed_reader *r, heed__sample_row *row)
{
    if (r->at_sample < r->sample.n) {
        *row = r->sample.rows[r->at_sample++];
        return HEED_OK;
    }
    if (r->sample.n) heed__reader_sample_free(r);
    HEED_TRY(heed__rows_next(&r->rows));
    *row = (heed__sample_row){.kind = (int)r->rows.kind,
                              .line = r->rows.line,
                              .lines_used = r->rows.lines_used,
                              .fields = r->rows.fields,
                              .n = r->rows.n,
                              .problem = r->rows.kind == HEED_ROW_BAD ? r->rows.problem : NULL};
    return HEED_OK;
}

/* What a later input must have in common with the first. */
static heed_status check_input(const heed_reader *r)
{
    int running = r->rows.format->id == HEED_FORMAT_RUNNING;
    if (running != (r->layout.format == HEED_FORMAT_RUNNING))
        return heed__fail(HEED_E_DATA,
                          "%s: is read as %s, the first input as %s; give either running text or "
                          "documents, or say which with --format",
                          heed__source_name(r->paths[r->at_path - 1]), r->rows.format->name,
                          heed_format_name(r->layout.format));
    if (r->columns.n_label == r->layout.n_outputs) return HEED_OK;
    return heed__fail(HEED_E_DATA, "%s: has %d label columns where the first input has %d",
                      heed__source_name(r->paths[r->at_path - 1]), r->columns.n_label,
                      r->layout.n_outputs);
}

static heed_status next_record(heed_reader *r, heed_record *record)
{
    for (;;) {
        if (!r->open) {
            if (r->at_path == r->n_paths) return finish(r, record);
            HEED_TRY(heed__reader_open_next(r));
            HEED_TRY(check_input(r));
        }
        heed__sample_row row;
        HEED_TRY(next_row(r, &row));
        const char *problem = row.problem;
        if (row.kind == HEED_ROW_END) {
            heed__reader_close_input(r);
            continue;
        }
        if (row.kind == HEED_ROW_GOOD) {
            if (r->columns.has_header && !r->header_passed) {
                r->header_passed = 1;
                continue;
            }
            HEED_TRY(heed__record_make(&r->columns, r->rows.format, r->options.kind, &row, &r->room,
                                       record, &problem));
        }
        if (problem) {
            HEED_TRY(skip_row(r, &row, problem));
            if (!r->options.abreast) continue;
            *record = (heed_record){.text = {"", 0}};
        }
        r->seen += !problem;
        record->path = row_path(r);
        record->line = row.line;
        return HEED_OK;
    }
}

heed_status heed_reader_next(heed_reader *r, heed_record *record)
{
    *record = (heed_record){0};
    if (r->failed != HEED_OK) return heed__fail(r->failed, "the input could not be read further");
    r->failed = next_record(r, record);
    return r->failed;
}
