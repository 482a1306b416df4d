/* SPDX-License-Identifier: MIT */
/*
 * Records out of rows: the inputs one after another, the columns chosen by the first rows of each,
 * what cannot be used reported and counted.
 */
#include "heed/data.h"

#include "base/fail.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "data/columns.h"
#include "data/format_folder.h"
#include "data/guess.h"
#include "data/record.h"
#include "data/source.h"
#include "data/utf8.h"
#include "data/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEFAULT_LINE = 1 << 20,
    LEAST_LINE = 16,
    SAMPLE_BYTES = 1 << 20, /* looked at for guessing */
    SAMPLE_ROWS = 1 << 16,
    ALWAYS_MAY_BE_BAD = 10,
    SHOWN = 5,        /* bad rows that get a line of their own */
    EARLY_ROWS = 1000 /* from here on an input that is mostly bad is refused at once */
};

struct heed_reader {
    heed_context *context;
    heed_read_options options; /* its texts are in the arena */
    heed__arena arena;
    const char **paths;
    int n_paths, at_path; /* inputs opened so far */
    heed__rows rows;
    int open;
    heed__sample sample; /* rows looked at ahead of time, given out first */
    int64_t at_sample;
    int header_passed; /* in the input at hand */
    heed__columns columns;
    heed_layout layout;
    int64_t seen, bad;
    int ended;
    heed_status failed; /* sticks: after a failure there is nothing more to read */
    char first_problem[HEED_PROBLEM_SIZE + 480];
    heed__record_room room;
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
    if (o->max_bad == 0) o->max_bad = 0.01;
    if (!o->max_line) o->max_line = DEFAULT_LINE;
    if (o->text && !*o->text) o->text = NULL;
    if (o->label && !*o->label) o->label = NULL;
    if (o->text) HEED_TRY(heed__arena_text(&r->arena, o->text, strlen(o->text), &o->text));
    if (o->label) HEED_TRY(heed__arena_text(&r->arena, o->label, strlen(o->label), &o->label));
    return HEED_OK;
}

static heed_status copy_paths(heed_reader *r, const char *const *paths, int n)
{
    if (n < 1)
        return heed__fail(HEED_E_INVALID, "no input is named; name a file, or - for "
                                          "standard input");
    HEED_TRY(heed__arena_take(&r->arena, (size_t)n, sizeof *r->paths, "paths", &r->paths));
    for (int i = 0; i < n; i++)
        HEED_TRY(heed__arena_text(&r->arena, paths[i], strlen(paths[i]), &r->paths[i]));
    r->n_paths = n;
    return HEED_OK;
}

/* Where the row at hand stood. */
static const char *row_path(const heed_reader *r)
{
    const char *file = r->rows.format == &heed__format_folder ? heed__folder_file(&r->rows) : NULL;
    return file ? file : r->paths[r->at_path - 1];
}

static heed_status copy_row(heed__sample *sample, const heed__rows *rows, size_t *bytes)
{
    HEED_TRY(heed__grow(&sample->rows, &sample->room, (size_t)sample->n + 1, sizeof *sample->rows,
                        "rows looked at"));
    heed__sample_row *row = &sample->rows[sample->n];
    *row = (heed__sample_row){
        .kind = (int)rows->kind, .line = rows->line, .lines_used = rows->lines_used, .n = rows->n};
    if (rows->kind == HEED_ROW_BAD)
        HEED_TRY(
            heed__arena_text(&sample->arena, rows->problem, strlen(rows->problem), &row->problem));
    HEED_TRY(heed__arena_take(&sample->arena, (size_t)rows->n, sizeof *row->fields, "fields",
                              &row->fields));
    for (int i = 0; i < rows->n; i++) {
        const heed_field *from = &rows->fields[i];
        heed_field *to = &row->fields[i];
        *to = *from;
        *bytes += from->value.size + 1;
        HEED_TRY(heed__arena_text(&sample->arena, from->value.bytes, from->value.size,
                                  &to->value.bytes));
        if (from->name.bytes)
            HEED_TRY(heed__arena_text(&sample->arena, from->name.bytes, from->name.size,
                                      &to->name.bytes));
    }
    sample->n++;
    return HEED_OK;
}

static void sample_free(heed_reader *r)
{
    heed__arena_free(&r->sample.arena);
    free(r->sample.rows);
    r->sample = (heed__sample){0};
    r->at_sample = 0;
}

/* Rows for guessing: a good piece of labelled input; of unlabelled, which may come line by line
 * from a pipe, only the first, and that only where there are columns to find. */
static heed_status take_sample(heed_reader *r, const char *name)
{
    r->sample = (heed__sample){.name = name, .format = r->rows.format};
    size_t bytes = 0;
    int streams = r->options.labelled == HEED_UNLABELLED;
    if (r->rows.format->fixed) return HEED_OK;
    while (bytes < SAMPLE_BYTES && r->sample.n < SAMPLE_ROWS) {
        HEED_TRY(heed__rows_next(&r->rows));
        HEED_TRY(copy_row(&r->sample, &r->rows, &bytes));
        if (r->rows.kind == HEED_ROW_END || (streams && r->rows.kind == HEED_ROW_GOOD)) break;
    }
    return HEED_OK;
}

/* What looks like no format may be no UTF-8. */
static heed_status check_text(const char *path, const char *bytes, size_t size)
{
    size_t valid = heed__utf8_valid(bytes, size), line = 1;
    if (valid == size) return HEED_OK;
    for (size_t i = 0; i < valid; i++) line += bytes[i] == '\n';
    return heed__fail(HEED_E_DATA,
                      "%s:%zu: byte %zu of the file (0x%02X) is not UTF-8; convert it with iconv "
                      "-t UTF-8 -f and its encoding",
                      heed__source_name(path), line, valid + 1, (unsigned char)bytes[valid]);
}

static heed_status guess_format(heed_reader *r, const char *path)
{
    const char *ahead;
    size_t size;
    heed__lines *lines = &r->rows.lines;
    int streams = r->options.labelled == HEED_UNLABELLED;
    HEED_TRY(heed__lines_look(lines, streams ? 0 : SAMPLE_BYTES + 1, &ahead, &size));
    if (!size)
        return heed__fail(HEED_E_DATA, "%s: is empty; give it at least one row",
                          heed__source_name(path));
    if (r->options.format) {
        r->rows.format = heed__format_of(r->options.format);
        (void)r->rows.format->fits(ahead, size, &r->rows.delimiter); /* for the delimiter */
    } else if (streams) {
        r->rows.format =
            heed__columns_unlabelled(ahead, size, path, r->options.text, &r->rows.delimiter);
    } else {
        if (size > r->options.max_line && !memchr(ahead, '\n', size))
            return heed__fail(HEED_E_DATA,
                              "%s:1: the line is longer than %zu bytes; split it, or raise the "
                              "limit",
                              heed__source_name(path), r->options.max_line);
        size_t whole = size; /* a line that is cut off says nothing */
        while (size > SAMPLE_BYTES && whole && ahead[whole - 1] != '\n') whole--;
        r->rows.format = heed__format_guess(ahead, whole ? whole : size, &r->rows.delimiter);
        if (r->rows.format == &heed__format_lines) return check_text(path, ahead, whole);
    }
    return HEED_OK;
}

static heed_status open_rows(heed_reader *r, const char *path)
{
    r->open = 1;
    r->header_passed = 0;
    r->rows = (heed__rows){.lines.max_line = r->options.max_line};
    if (heed__walk_is_folder(path)) {
        r->rows.format = &heed__format_folder;
        return heed__folder_open(&r->rows, path);
    }
    r->rows.format = &heed__format_lines; /* until it is known: it needs no closing */
    HEED_TRY(heed__lines_open(&r->rows.lines, path, r->options.max_line));
    HEED_TRY(guess_format(r, path));
    return heed__rows_start(&r->rows);
}

static heed_status fail_no_row(const heed__sample *sample)
{
    for (int64_t i = 0; i < sample->n; i++)
        if (sample->rows[i].kind == HEED_ROW_BAD)
            return heed__fail(HEED_E_DATA, "no row can be used; the first problem is %s:%lld: %s",
                              sample->name, (long long)sample->rows[i].line,
                              sample->rows[i].problem);
    return heed__fail(HEED_E_DATA, "%s: holds no rows; give it at least one", sample->name);
}

/* Opens the next input. Later ones are read like the first unless the caller says otherwise. */
static heed_status open_next(heed_reader *r)
{
    const char *path = r->paths[r->at_path++];
    HEED_TRY(open_rows(r, path));
    HEED_TRY(take_sample(r, heed__source_name(path)));
    if (!r->rows.format->fixed && !heed__guess_first(&r->sample)) return fail_no_row(&r->sample);
    heed_read_options options = r->options;
    if (r->at_path > 1) {
        if (!options.text && !options.label) options.columns_are_hints = 1;
        if (!options.text) options.text = r->layout.text;
        if (!options.label && *r->layout.label) options.label = r->layout.label;
    }
    heed__columns_free(&r->columns);
    return heed__columns_choose(r->context, &r->sample, &options, &r->columns);
}

static void close_rows(heed_reader *r)
{
    if (r->open) heed__rows_close(&r->rows);
    r->open = 0;
    sample_free(r);
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
    HEED_TRY(list_columns(r, c->text, c->n_text, &r->layout.text));
    HEED_TRY(list_columns(r, c->label, c->n_label, &r->layout.label));
    HEED_TRY(heed__arena_take(&r->arena, (size_t)c->n_label + 1, sizeof *outputs, "output names",
                              &outputs));
    for (int i = 0; i < c->n_label; i++) {
        heed_text name = c->names[c->label[i]];
        int number = !c->has_header && !r->rows.format->named;
        if (number && c->n_label == 1) name = (heed_text){"label", 5};
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
    if (status == HEED_OK) status = open_next(r);
    if (status == HEED_OK) status = set_layout(r);
    if (status != HEED_OK) heed_reader_close(&r);
    *out = r;
    return status;
}

void heed_reader_close(heed_reader **reader)
{
    if (!reader || !*reader) return;
    heed_reader *r = *reader;
    close_rows(r);
    heed__columns_free(&r->columns);
    heed__record_room_free(&r->room);
    heed__arena_free(&r->arena);
    heed__free(r);
    *reader = NULL;
}

const heed_layout *heed_reader_layout(const heed_reader *reader)
{
    return &reader->layout;
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
                      "%lld of %lld rows cannot be used, more than %g %%; mend them or raise the "
                      "limit; the first is %s",
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
    if (r->bad == r->seen) {
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
    if (r->sample.n) sample_free(r);
    HEED_TRY(heed__rows_next(&r->rows));
    *row = (heed__sample_row){.kind = (int)r->rows.kind,
                              .line = r->rows.line,
                              .lines_used = r->rows.lines_used,
                              .fields = r->rows.fields,
                              .n = r->rows.n,
                              .problem = r->rows.kind == HEED_ROW_BAD ? r->rows.problem : NULL};
    return HEED_OK;
}

static heed_status check_outputs(const heed_reader *r)
{
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
            HEED_TRY(open_next(r));
            HEED_TRY(check_outputs(r));
        }
        heed__sample_row row;
        HEED_TRY(next_row(r, &row));
        const char *problem = row.problem;
        if (row.kind == HEED_ROW_END) {
            close_rows(r);
            continue;
        }
        if (row.kind == HEED_ROW_GOOD) {
            if (r->columns.has_header && !r->header_passed) {
                r->header_passed = 1;
                continue;
            }
            HEED_TRY(
                heed__record_make(&r->columns, r->rows.format, &row, &r->room, record, &problem));
        }
        if (!problem) {
            r->seen++;
            record->path = row_path(r);
            record->line = row.line;
            return HEED_OK;
        }
        HEED_TRY(skip_row(r, &row, problem));
    }
}

heed_status heed_reader_next(heed_reader *r, heed_record *record)
{
    *record = (heed_record){0};
    if (r->failed != HEED_OK) return heed__fail(r->failed, "the input could not be read further");
    r->failed = next_record(r, record);
    return r->failed;
}
