/* SPDX-License-Identifier: MIT */
#include "data/format.h"

#include "base/fail.h"
#include "base/memory.h"
#include "data/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order they are tried; plain lines fit anything. */
static const heed__format *const formats[] = {
    &heed__format_jsonl, &heed__format_fasttext, &heed__format_conll, &heed__format_tsv,
    &heed__format_csv,   &heed__format_running,  &heed__format_lines,
};
enum { FORMATS = sizeof formats / sizeof *formats };

const char *heed_format_name(heed_format format)
{
    if (format == HEED_FORMAT_FOLDER) return "folder";
    if (format == HEED_FORMAT_SLOTS) return "slots";
    const heed__format *found = heed__format_of(format);
    return found ? found->name : "guess";
}

heed_status heed_format_find(const char *name, heed_format *out)
{
    for (int i = 0; i < FORMATS; i++)
        if (name && strcmp(formats[i]->name, name) == 0) {
            *out = formats[i]->id;
            return HEED_OK;
        }
    return heed__fail(HEED_E_INVALID,
                      "format '%s' is not known; use tsv, csv, jsonl, fasttext, conll, lines or "
                      "running (folders are seen by themselves)",
                      name ? name : "");
}

const heed__format *heed__format_of(heed_format id)
{
    for (int i = 0; i < FORMATS; i++)
        if (formats[i]->id == id) return formats[i];
    return NULL;
}

const heed__format *heed__format_guess(const char *bytes, size_t size, char *delimiter)
{
    for (int i = 0; i < FORMATS; i++)
        if (formats[i]->fits(bytes, size, delimiter)) return formats[i];
    return &heed__format_lines;
}

heed_status heed__rows_start(heed__rows *rows)
{
    return rows->format->open ? rows->format->open(rows) : HEED_OK;
}

heed_status heed__rows_next(heed__rows *rows)
{
    rows->kind = HEED_ROW_GOOD;
    rows->n = 0;
    rows->lines_used = 1;
    return rows->format->next(rows);
}

void heed__rows_close(heed__rows *rows)
{
    if (rows->state && rows->format->close) rows->format->close(rows);
    heed__lines_close(&rows->lines);
    free(rows->fields);
    *rows = (heed__rows){0};
}

/* Tabs count: a row of empty fields is a row. */
static int blank_line(const heed__line *line)
{
    return strspn(line->bytes, " ") == line->size;
}

heed_status heed__rows_line(heed__rows *rows, int blank, heed__line *line)
{
    do HEED_TRY(heed__lines_next(&rows->lines, line));
    while (!blank && !line->end && !line->too_long && blank_line(line));
    rows->line = rows->lines.line;
    if (line->end) {
        rows->kind = HEED_ROW_END;
    } else if (line->too_long) {
        heed__rows_bad(rows, "the line is longer than %zu bytes; split it, or raise --max-line",
                       rows->lines.max_line);
    } else {
        size_t valid = heed__utf8_valid(line->bytes, line->size);
        if (valid < line->size)
            heed__rows_bad(rows,
                           "byte %zu (0x%02X) is not UTF-8; convert the file with iconv -t UTF-8 "
                           "-f and its encoding",
                           valid + 1, (unsigned char)line->bytes[valid]);
    }
    if (rows->kind != HEED_ROW_GOOD) line->size = 0;
    return HEED_OK;
}

heed_status heed__rows_add(heed__rows *rows, heed_text name, heed_text value, int is_json)
{
    HEED_TRY(heed__grow(&rows->fields, &rows->field_room, (size_t)rows->n + 1, sizeof *rows->fields,
                        "the fields of a row"));
    rows->fields[rows->n++] = (heed_field){.name = name, .value = value, .is_json = is_json};
    return HEED_OK;
}

void heed__rows_bad(heed__rows *rows, const char *format, ...)
{
    rows->kind = HEED_ROW_BAD;
    rows->n = 0;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(rows->problem, sizeof rows->problem, format, arguments);
    va_end(arguments);
}
