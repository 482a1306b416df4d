/* SPDX-License-Identifier: MIT */
/* Opening an input: its format from the bytes ahead, its columns from the first rows. */
#include "base/fail.h"
#include "data/format_folder.h"
#include "data/format_slots.h"
#include "data/guess.h"
#include "data/reader.h"
#include "data/source.h"
#include "data/utf8.h"
#include "data/walk.h"

#include <stdlib.h>
#include <string.h>

enum { SAMPLE_BYTES = 1 << 20, SAMPLE_ROWS = 1 << 16 }; /* looked at for guessing */

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

void heed__reader_sample_free(heed_reader *r)
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

static int ends_in(const char *path, const char *ending)
{
    size_t size = strlen(path), tail = strlen(ending);
    return size >= tail && strcmp(path + size - tail, ending) == 0;
}

/* Text for a language model may look like anything: JSON lines are seen, and tables where the
 * file's name says that it is one. */
static const heed__format *guess_language(const char *path, const char *ahead, size_t size,
                                          char *delimiter)
{
    if (heed__format_jsonl.fits(ahead, size, delimiter)) return &heed__format_jsonl;
    if (ends_in(path, ".tsv") || ends_in(path, ".tsv.gz")) return &heed__format_tsv;
    if ((ends_in(path, ".csv") || ends_in(path, ".csv.gz")) &&
        heed__format_csv.fits(ahead, size, delimiter))
        return &heed__format_csv;
    return &heed__format_running;
}

/* One line, or one sentence, does not tell; the file's name does. */
static int names_conll(const char *path)
{
    static const char *const endings[] = {".conll", ".conllu", ".iob", ".iob2", ".bio"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (ends_in(path, endings[i])) return 1;
    return 0;
}

static heed_status guess_format(heed_reader *r, const char *path)
{
    const char *ahead;
    size_t size;
    heed__lines *lines = &r->rows.lines;
    int streams = r->options.labelled == HEED_UNLABELLED;
    HEED_TRY(heed__lines_look(lines, streams ? 0 : SAMPLE_BYTES + 1, &ahead, &size));
    if (!size && !r->options.abreast)
        return heed__fail(HEED_E_DATA, "%s: is empty; give it at least one row",
                          heed__source_name(path));
    if (r->options.format) {
        r->rows.format = heed__format_of(r->options.format);
        (void)r->rows.format->fits(ahead, size, &r->rows.delimiter); /* for the delimiter */
    } else if (r->options.kind == HEED_READ_LANGUAGE) {
        r->rows.format = guess_language(path, ahead, size, &r->rows.delimiter);
    } else if (names_conll(path)) {
        r->rows.format = &heed__format_conll;
    } else if (streams) {
        r->rows.format =
            heed__columns_unlabelled(ahead, size, path, r->options.text, &r->rows.delimiter);
        /* Columns that must be there are looked for in a table, so that the refusal names its. */
        if (r->rows.format == &heed__format_lines && r->options.text &&
            !r->options.columns_are_hints)
            r->rows.format = heed__format_guess(ahead, size, &r->rows.delimiter);
    } else {
        if (size > r->options.max_line && !memchr(ahead, '\n', size))
            return heed__fail(HEED_E_DATA,
                              "%s:1: the line is longer than %zu bytes; split it, or raise "
                              "--max-line",
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
    r->rows = (heed__rows){.lines.max_line = r->options.max_line, .blank = r->options.abreast};
    if (heed__walk_is_folder(path) && heed__slots_is(path)) {
        r->rows.format = &heed__format_lines; /* until it is known which files there are */
        return heed__slots_open(&r->rows, path, r->options.labelled == HEED_LABELLED);
    }
    if (heed__walk_is_folder(path)) {
        r->rows.format = &heed__format_folder;
        return heed__folder_open(&r->rows, path);
    }
    r->rows.format = &heed__format_lines; /* until it is known: it needs no closing */
    HEED_TRY(heed__lines_open(&r->rows.lines, path, r->options.max_line));
    HEED_TRY(guess_format(r, path));
    r->room.blank = r->options.abreast || r->rows.format == &heed__format_running;
    return heed__rows_start(&r->rows);
}

static int64_t bad_rows(const heed__sample *sample)
{
    int64_t bad = 0;
    for (int64_t i = 0; i < sample->n; i++) bad += sample->rows[i].kind == HEED_ROW_BAD;
    return bad;
}

static heed_status fail_no_row(const heed__sample *sample)
{
    const char *many = bad_rows(sample) < sample->n ? "most rows cannot" : "no row can";
    for (int64_t i = 0; i < sample->n; i++)
        if (sample->rows[i].kind == HEED_ROW_BAD)
            return heed__fail(HEED_E_DATA, "%s be used; the first problem is %s:%lld: %s", many,
                              sample->name, (long long)sample->rows[i].line,
                              sample->rows[i].problem);
    return heed__fail(HEED_E_DATA, "%s: holds no rows; give it at least one", sample->name);
}

/* Opens the next input. Later ones are read like the first unless the caller says otherwise. */
heed_status heed__reader_open_next(heed_reader *r)
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
    heed_status status = heed__columns_choose(r->context, &r->sample, &options, &r->columns);
    /* No columns among rows that are mostly broken: the breakage is what to mend. */
    return status == HEED_E_DATA && 2 * bad_rows(&r->sample) > r->sample.n ? fail_no_row(&r->sample)
                                                                           : status;
}

void heed__reader_close_input(heed_reader *r)
{
    if (r->open) heed__rows_close(&r->rows);
    r->open = 0;
    heed__reader_sample_free(r);
}
