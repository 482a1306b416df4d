/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L /* poll, strdup */
#include "cli/gather.h"

#include "cli/reading.h"
#include "cli/report.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- opening ---- */

static heed_status make_room(gathering *g, int pairs)
{
    size_t most = (size_t)g->most;
    g->texts = calloc(most, sizeof *g->texts);
    g->seconds = pairs ? calloc(most, sizeof *g->seconds) : NULL;
    g->fields = calloc(most, sizeof *g->fields);
    g->places = calloc(most, sizeof *g->places);
    if (!g->texts || (pairs && !g->seconds) || !g->fields || !g->places)
        return report(HEED_E_NOMEM, "no memory for the texts");
    return HEED_OK;
}

heed_status gather_open(gathering *g, const options *given, int first, heed_context *context,
                        const heed_read_options *read)
{
    heed_read_options wanted = *read;
    wanted.labelled = HEED_UNLABELLED;
    wanted.abreast = !g->skips;
    g->from_pipe = given->n_arguments <= first;
    for (int i = first; i < given->n_arguments; i++)
        if (strcmp(given->arguments[i], "-") == 0) g->from_pipe = 1;
    heed_status status = make_room(g, 0);
    return status == HEED_OK ? reading_open(given, first, context, &wanted, &g->readers[0])
                             : status;
}

heed_status gather_open_pairs(gathering *g, const options *given, int first, heed_context *context,
                              const heed_read_options *read)
{
    heed_read_options wanted = *read;
    wanted.abreast = 1;
    heed_status status = make_room(g, 1);
    if (status != HEED_OK) return status;
    if (given->n_arguments - first < 2) {
        g->in_columns = 1;
        wanted.kind = HEED_READ_PAIRS;
        return reading_open(given, first, context, &wanted, &g->readers[0]);
    }
    wanted = (heed_read_options){.format = HEED_FORMAT_LINES,
                                 .labelled = HEED_UNLABELLED,
                                 .abreast = 1,
                                 .max_bad = read->max_bad,
                                 .max_line = read->max_line};
    for (int i = 0; i < 2 && status == HEED_OK; i++) {
        g->paths[i] = given->arguments[first + i];
        status = heed_reader_open(context, &g->paths[i], 1, &wanted, &g->readers[i]);
    }
    return status;
}

/* ---- records ---- */

static void drop_last(gathering *g)
{
    int i = --g->n;
    free((char *)g->texts[i].bytes);
    if (g->seconds) free((char *)g->seconds[i].bytes);
    free(g->places[i].path);
    json_decref(g->fields[i]);
    g->texts[i] = (heed_text){0};
    if (g->seconds) g->seconds[i] = (heed_text){0};
    g->places[i] = (gather_place){0};
    g->fields[i] = NULL;
}

static void forget(gathering *g)
{
    while (g->n) drop_last(g);
}

static heed_status copy(heed_text from, heed_text *to)
{
    char *bytes = malloc(from.size + 1);
    if (!bytes) return report(HEED_E_NOMEM, "no memory for a text");
    memcpy(bytes, from.bytes, from.size);
    bytes[from.size] = 0;
    *to = (heed_text){bytes, strspn(bytes, " \t\r\n") == from.size ? 0 : from.size};
    return HEED_OK;
}

static json_t *field_value(const heed_field *field)
{
    if (field->is_json) {
        json_t *value = json_loadb(field->value.bytes, field->value.size, JSON_DECODE_ANY, NULL);
        if (value) return value;
    }
    return json_stringn(field->value.bytes, field->value.size);
}

/* A table's fields under their own names; of plain lines, the text under ours. */
static json_t *fields_of(const gathering *g, const heed_record *record)
{
    json_t *object = json_object();
    int lines = heed_reader_layout(g->readers[0])->format == HEED_FORMAT_LINES;
    for (int f = 0; !lines && f < record->n_fields; f++) {
        const heed_field *field = &record->fields[f];
        json_object_setn_new(object, field->name.bytes, field->name.size, field_value(field));
    }
    if (lines || !record->n_fields)
        json_object_set_new(object, g->names[0],
                            json_stringn(record->text.bytes, record->text.size));
    return object;
}

static heed_status keep(gathering *g, const heed_record *record)
{
    int i = g->n++;
    g->places[i] = (gather_place){strdup(record->path), record->line};
    if (!g->places[i].path) return report(HEED_E_NOMEM, "no memory for a text");
    heed_text second = {"", 0};
    if (g->in_columns && record->n_labels) second = record->labels[0];
    heed_status status = copy(record->text, &g->texts[i]);
    if (status == HEED_OK && g->seconds) status = copy(second, &g->seconds[i]);
    if (g->json) g->fields[i] = fields_of(g, record);
    return status;
}

/* The line beside the last record kept. */
static heed_status keep_second(gathering *g, const heed_record *record)
{
    int i = g->n - 1;
    free((char *)g->seconds[i].bytes);
    g->seconds[i] = (heed_text){0};
    if (g->json)
        json_object_set_new(g->fields[i], g->names[1],
                            json_stringn(record->text.bytes, record->text.size));
    return copy(record->text, &g->seconds[i]);
}

static heed_status refuse_lengths(const gathering *g, int shorter, long long lines)
{
    return report(HEED_E_DATA,
                  "%s ends after line %lld, and %s goes on; line i of one must belong to line i of "
                  "the other: give files of equally many lines",
                  g->paths[shorter], lines, g->paths[1 - shorter]);
}

static heed_status read_one(gathering *g)
{
    heed_record record, second;
    heed_status status = heed_reader_next(g->readers[0], &record);
    if (status != HEED_OK) return status;
    g->ended = record.end;
    long long line = record.line;
    if (!record.end) status = keep(g, &record);
    if (status != HEED_OK || !g->readers[1]) return status;
    status = heed_reader_next(g->readers[1], &second);
    if (status == HEED_OK && record.end && second.end) return HEED_OK;
    if (status == HEED_OK && record.end) return refuse_lengths(g, 0, (long long)second.line - 1);
    if (status == HEED_OK && !second.end) return keep_second(g, &second);
    if (!record.end) drop_last(g);
    return status == HEED_OK ? refuse_lengths(g, 1, line - 1) : status;
}

/* Nonzero when there is something more to read now. */
static int more_is_there(const gathering *g)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    if (!g->from_pipe || heed_reader_ready(g->readers[0])) return 1;
    return poll(&input, 1, 0) > 0;
}

const char *gather_name(const gathering *g, int i)
{
    const char *path = g->places[i].path;
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* Where one side only is empty, somebody lost a line. */
static void note_lone(gathering *g, int i)
{
    if (!g->seconds || !g->texts[i].size == !g->seconds[i].size || !gather_empty(g, i)) return;
    if (g->lone++) return;
    snprintf(g->first_lone, sizeof g->first_lone, "%s:%lld", gather_name(g, i), g->places[i].line);
}

heed_status gather_next(gathering *g)
{
    forget(g);
    while (g->failed == HEED_OK && !g->ended && g->n < g->most && (!g->n || more_is_there(g)))
        g->failed = read_one(g);
    for (int i = 0; i < g->n; i++) note_lone(g, i);
    if (g->failed == HEED_OK) return HEED_OK;
    if (!*g->message) {
        snprintf(g->message, sizeof g->message, "%s", report_message());
        report_forget();
    }
    return g->n ? HEED_OK : report(g->failed, "%s", g->message);
}

int gather_empty(const gathering *g, int i)
{
    return !g->texts[i].size || (g->seconds && !g->seconds[i].size && !g->writes_nothing);
}

void gather_tell_empty(const gathering *g)
{
    if (g->lone)
        fprintf(stderr,
                "heed: warning: %lld pair%s one empty side and %s left out; the first is %s\n",
                g->lone, g->lone == 1 ? " has" : "s have", g->lone == 1 ? "was" : "were",
                g->first_lone);
}

int gather_waits(const gathering *g)
{
    return g->from_pipe;
}

/* The place says which text it is; only what else it was stays. */
heed_status gather_blame_at(const char *place, heed_status status)
{
    static const struct {
        const char *begins, *becomes;
    } parts[] = {{"text 0: ", ""}, {"target 0: ", "target: "}, {"prefix 0: ", "prefix: "}};
    char message[1024];
    snprintf(message, sizeof message, "%s", heed_status_message());
    const char *said = message, *what = "";
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
        if (strncmp(message, parts[k].begins, strlen(parts[k].begins)) == 0) {
            said = message + strlen(parts[k].begins);
            what = parts[k].becomes;
        }
    return report(status, "%s: %s%s", place, what, said);
}

heed_status gather_blame(const gathering *g, int i, heed_status status)
{
    char place[1024];
    snprintf(place, sizeof place, "%s:%lld", gather_name(g, i), g->places[i].line);
    return gather_blame_at(place, status);
}

void gather_close(gathering *g)
{
    forget(g);
    for (int i = 0; i < 2; i++) heed_reader_close(&g->readers[i]);
    free(g->texts);
    free(g->seconds);
    free(g->fields);
    free(g->places);
}
