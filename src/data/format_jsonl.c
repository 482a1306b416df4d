/* SPDX-License-Identifier: MIT */
/*
 * JSON lines: one object a line. Jansson checks and decodes it; values that are no strings are
 * passed on as the bytes they stand as (a number keeps its digits).
 */
#include "data/format.h"

#include "base/fail.h"

#include <jansson.h>
#include <string.h>

enum { FLAGS = JSON_REJECT_DUPLICATES };

/* The first line that is not blank is an object. */
static int fits(const char *bytes, size_t size, char *delimiter)
{
    (void)delimiter;
    size_t at = 0;
    while (at < size &&
           (bytes[at] == ' ' || bytes[at] == '\t' || bytes[at] == '\r' || bytes[at] == '\n'))
        at++;
    if (at == size || bytes[at] != '{') return 0;
    const char *newline = memchr(bytes + at, '\n', size - at);
    size_t end = newline ? (size_t)(newline - bytes) : size;
    json_t *object = json_loadb(bytes + at, end - at, FLAGS, NULL);
    int found = json_is_object(object);
    json_decref(object);
    return found;
}

static const char *skip_space(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* Past a string that begins at the quote `at`. */
static const char *skip_string(const char *at)
{
    for (at++; *at != '"'; at++)
        if (*at == '\\') at++;
    return at + 1;
}

/* Past the value at `at`: the text was found to be JSON, so brackets need only be counted. */
static const char *skip_value(const char *at)
{
    int depth = 0;
    do {
        if (*at == '"') {
            at = skip_string(at);
        } else if (*at == '{' || *at == '[') {
            depth++, at++;
        } else if (*at == '}' || *at == ']') {
            depth--, at++;
        } else {
            at++;
            if (!depth) at += strcspn(at, ",}] \t\r\n");
        }
    } while (depth);
    return at;
}

/* Jansson keeps the order of keys, so the text is walked beside it. */
static heed_status add_fields(heed__rows *rows, json_t *object, char *text)
{
    const char *at = skip_space(text) + 1;
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        at = skip_space(skip_string(skip_space(at))); /* the key, to the colon */
        at = skip_space(at + 1);
        char *begin = text + (at - text);
        at = skip_value(at);
        char *end = text + (at - text);
        at = skip_space(at) + 1; /* past the comma or the last brace */
        heed_text shown = {begin, (size_t)(end - begin)};
        if (json_is_string(value))
            shown = (heed_text){json_string_value(value), json_string_length(value)};
        HEED_TRY(
            heed__rows_add(rows, (heed_text){key, strlen(key)}, shown, !json_is_string(value)));
        *end = 0; /* a blank, comma or brace that has been read */
    }
    return HEED_OK;
}

static heed_status next(heed__rows *rows)
{
    json_decref(rows->state);
    rows->state = NULL;
    heed__line line;
    HEED_TRY(heed__rows_line(rows, 0, &line));
    if (rows->kind != HEED_ROW_GOOD) return HEED_OK;
    json_error_t error;
    json_t *object = json_loadb(line.bytes, line.size, FLAGS, &error);
    rows->state = object;
    if (json_is_object(object)) return add_fields(rows, object, line.bytes);
    if (object)
        heed__rows_bad(rows, "is JSON, but not an object; write one object a line");
    else
        heed__rows_bad(rows, "is not JSON: %s at byte %d; write one object a line", error.text,
                       error.position);
    return HEED_OK;
}

static void jsonl_close(heed__rows *rows)
{
    json_decref(rows->state);
    rows->state = NULL;
}

const heed__format heed__format_jsonl = {
    .id = HEED_FORMAT_JSONL,
    .name = "jsonl",
    .named = 1,
    .fits = fits,
    .next = next,
    .close = jsonl_close,
};
