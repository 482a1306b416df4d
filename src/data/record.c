/* SPDX-License-Identifier: MIT */
#include "data/record.h"

#include "base/fail.h"
#include "data/json_lists.h"
#include "data/tags.h"
#include "data/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void heed__record_room_free(heed__record_room *room)
{
    free(room->bytes);
    free(room->fields);
    *room = (heed__record_room){0};
}

static const char *problem_of(heed__record_room *room, const char *format, ...) HEED_PRINTF(2, 3);
static const char *problem_of(heed__record_room *room, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(room->problem, sizeof room->problem, format, arguments);
    va_end(arguments);
    return room->problem;
}

static heed_status name_fields(const heed__columns *columns, const heed__format *format,
                               const heed__sample_row *row, heed__record_room *room,
                               heed_record *record)
{
    record->fields = row->fields;
    record->n_fields = row->n;
    if (format->named) return HEED_OK;
    HEED_TRY(heed__grow(&room->fields, &room->field_room, (size_t)row->n, sizeof *room->fields,
                        "the fields of a row"));
    for (int i = 0; i < row->n; i++) {
        room->fields[i] = row->fields[i];
        room->fields[i].name = columns->names[i];
    }
    record->fields = room->fields;
    return HEED_OK;
}

/* Room for all that is joined: what comes out of a JSON list is never longer than the list, and a
 * text may come out of one and go into another. */
static heed_status make_room(const heed__columns *columns, const heed__sample_row *row,
                             heed__record_room *room)
{
    size_t wanted = 16 + 2 * (size_t)(columns->n_text + columns->n_label);
    for (int i = 0; i < row->n; i++) wanted += 2 * row->fields[i].value.size;
    return heed__grow(&room->bytes, &room->room, wanted, 1, "a record");
}

/* A list of words is a text with a blank between them. */
static const char *take_text(const heed_field *field, const char *name, heed__record_room *room,
                             char **to, heed_text *out)
{
    *out = field->value;
    if (!field->is_json) return NULL;
    if (heed__json_list_is_words(field) && heed__json_list_join(field, ' ', to, out)) return NULL;
    if (field->value.bytes[0] == '[')
        return problem_of(room,
                          "the list in '%.60s' holds something else than words, which are strings "
                          "without blanks; write [\"new\", \"york\"]",
                          name);
    return problem_of(room, "'%.60s' is not a string; put it in quotes", name);
}

static const char *take_texts(const heed__columns *columns, const heed__format *format,
                              const heed__sample_row *row, heed__record_room *room, char **to,
                              heed_record *record)
{
    int blank = 1;
    for (int i = 0; i < columns->n_text; i++) {
        const char *name = columns->names[columns->text[i]].bytes;
        const heed_field *f =
            heed__columns_field(columns, format, row->fields, row->n, columns->text[i]);
        if (!f) return problem_of(room, "there is no '%.60s'; add it to the row", name);
        const char *problem = take_text(f, name, room, to, &room->texts[i]);
        if (problem) return problem;
        blank &= heed__utf8_blank(room->texts[i].bytes, room->texts[i].size);
    }
    if (blank && !room->blank)
        return problem_of(room, "the text is empty; fill it in or drop the row");
    record->texts = room->texts;
    record->n_texts = columns->n_text;
    record->text = room->texts[0];
    if (columns->n_text == 1) return NULL;
    char *begin = *to;
    for (int i = 0; i < columns->n_text; i++) {
        if (i) *(*to)++ = '\n';
        memcpy(*to, room->texts[i].bytes, room->texts[i].size);
        *to += room->texts[i].size;
    }
    record->text = (heed_text){begin, (size_t)(*to - begin)};
    *(*to)++ = 0;
    return NULL;
}

static heed_text trim(heed_text text)
{
    while (text.size && strchr(" \t\r\n", text.bytes[0])) text.bytes++, text.size--;
    while (text.size && strchr(" \t\r\n", text.bytes[text.size - 1])) text.size--;
    return text;
}

/* The other text of a pair: a string, and nothing else. */
static const char *take_target(const heed__columns *columns, const heed__format *format,
                               const heed__sample_row *row, heed__record_room *room,
                               heed_record *record)
{
    const char *name = columns->names[columns->label[0]].bytes;
    const heed_field *f =
        heed__columns_field(columns, format, row->fields, row->n, columns->label[0]);
    if (!f) return problem_of(room, "there is no '%.60s'; add it to the row", name);
    if (f->is_json) return problem_of(room, "'%.60s' is not a string; put it in quotes", name);
    if (heed__utf8_blank(f->value.bytes, f->value.size))
        return problem_of(room, "the target '%.60s' is empty; fill it in or drop the row", name);
    room->labels[0] = f->value;
    record->labels = room->labels;
    record->n_labels = 1;
    return NULL;
}

/* A list: of one tag for each word, or of several labels. */
static const char *take_list(const heed_field *field, const char *name, int tags, heed_text text,
                             heed__record_room *room, char **to, heed_text *out)
{
    if (!heed__json_list_join(field, tags ? ' ' : '|', to, out))
        return problem_of(room,
                          "the list of labels in '%.60s' holds something else than "
                          "strings; write [\"a\", \"b\"]",
                          name);
    long long labels = (long long)heed__json_list_length(field);
    long long words = (long long)heed__count_words(text);
    if (!tags || labels == words) return NULL;
    return problem_of(room, "'%.60s' has %lld labels for %lld words; give each word one", name,
                      labels, words);
}

static const char *take_label(const heed_field *field, const char *name, const heed__format *format,
                              heed__record_room *room, char **to, heed_text *label)
{
    *label = field ? trim(field->value) : (heed_text){"", 0};
    if (field && field->is_json && label->bytes[0] == '{')
        return problem_of(room,
                          "'%.60s' is an object; write the label as a field of its own: "
                          "\"label\": \"...\"",
                          name);
    if (field && field->is_json && strcmp(label->bytes, "null") == 0) label->size = 0;
    if (!label->size)
        return problem_of(room, "the label '%.60s' is missing; %s", name,
                          format->no_label ? format->no_label : "fill it in or drop the row");
    if (label->bytes[label->size]) { /* blanks were trimmed from its end */
        memcpy(*to, label->bytes, label->size);
        label->bytes = *to;
        *to += label->size;
        *(*to)++ = 0;
    }
    return NULL;
}

static const char *take_labels(const heed__columns *columns, const heed__format *format,
                               const heed__sample_row *row, heed__record_room *room, char **to,
                               heed_record *record)
{
    for (int i = 0; i < columns->n_label; i++) {
        const char *name = columns->names[columns->label[i]].bytes, *problem;
        const heed_field *f =
            heed__columns_field(columns, format, row->fields, row->n, columns->label[i]);
        int list = f && f->is_json && f->value.bytes[0] == '[';
        problem =
            list ? take_list(f, name, columns->tags[i], record->text, room, to, &room->labels[i])
                 : take_label(f, name, format, room, to, &room->labels[i]);
        if (!problem && !room->labels[i].size)
            problem = problem_of(room, "the label '%.60s' is missing; %s", name,
                                 "fill it in or drop the row");
        if (problem) return problem;
    }
    record->labels = room->labels;
    record->n_labels = columns->n_label;
    return NULL;
}

heed_status heed__record_make(const heed__columns *columns, const heed__format *format,
                              heed_read_kind kind, const heed__sample_row *row,
                              heed__record_room *room, heed_record *record, const char **problem)
{
    *problem = NULL;
    if (format->columns && row->n != columns->n) {
        int csv = format->id == HEED_FORMAT_CSV;
        const char *remedy = row->n < columns->n ? csv ? "add the missing ones"
                                                       : "add the missing ones, with a tab between"
                             : csv               ? "put fields that hold the separator in quotes"
                                                 : "take the extra tabs out";
        *problem = problem_of(room, "%d column%s where %d are expected; %s", row->n,
                              row->n == 1 ? "" : "s", columns->n, remedy);
        return HEED_OK;
    }
    HEED_TRY(name_fields(columns, format, row, room, record));
    HEED_TRY(make_room(columns, row, room));
    char *to = room->bytes;
    *problem = take_texts(columns, format, row, room, &to, record);
    if (*problem) return HEED_OK;
    *problem = kind == HEED_READ_PAIRS && columns->n_label
                   ? take_target(columns, format, row, room, record)
                   : take_labels(columns, format, row, room, &to, record);
    return HEED_OK;
}
