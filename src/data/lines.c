/* SPDX-License-Identifier: MIT */
#include "data/lines.h"

#include "base/fail.h"
#include "base/memory.h"
#include "data/source.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 64 * 1024 };

heed_status heed__lines_open(heed__lines *l, const char *path, size_t max_line)
{
    *l = (heed__lines){.path = path, .max_line = max_line};
    return heed__source_open(path, &l->source);
}

void heed__lines_close(heed__lines *l)
{
    heed__source_close(&l->source);
    free(l->buffer);
    *l = (heed__lines){0};
}

static heed_status refuse_binary(const heed__lines *l, uint64_t at)
{
    return heed__fail(HEED_E_FORMAT,
                      "%s: byte %llu is NUL, so this is no UTF-8 text; give a text file (UTF-16: "
                      "convert it with iconv -f UTF-16 -t UTF-8)",
                      heed__source_name(l->path), (unsigned long long)at + 1);
}

/* Reads once more; what is not given out yet moves to the front. */
static heed_status read_more(heed__lines *l)
{
    memmove(l->buffer, l->buffer + l->begin, l->end - l->begin);
    l->end -= l->begin;
    l->begin = 0;
    HEED_TRY(heed__grow(&l->buffer, &l->room, l->end + CHUNK + 1, 1, "a line of text"));
    size_t got;
    HEED_TRY(heed__source_read(l->source, l->buffer + l->end, l->room - l->end - 1, &got));
    const char *zero = got ? memchr(l->buffer + l->end, 0, got) : NULL;
    if (zero) return refuse_binary(l, l->taken + (uint64_t)(zero - (l->buffer + l->end)));
    l->end += got;
    l->taken += got;
    if (!got) l->ended = 1;
    return HEED_OK;
}

static heed_status start(heed__lines *l)
{
    l->started = 1;
    HEED_TRY(heed__grow(&l->buffer, &l->room, CHUNK + 1, 1, "a line of text"));
    while (l->end < 3 && !l->ended) HEED_TRY(read_more(l));
    if (l->end >= 2 && (memcmp(l->buffer, "\xFF\xFE", 2) == 0 || !memcmp(l->buffer, "\xFE\xFF", 2)))
        return heed__fail(HEED_E_FORMAT, "%s: is UTF-16; convert it with iconv -f UTF-16 -t UTF-8",
                          heed__source_name(l->path));
    if (l->end >= 3 && memcmp(l->buffer, "\xEF\xBB\xBF", 3) == 0) l->begin = 3;
    return HEED_OK;
}

heed_status heed__lines_look(heed__lines *l, size_t wanted, const char **bytes, size_t *size)
{
    if (!l->started) HEED_TRY(start(l));
    size_t most = wanted ? wanted : l->max_line;
    while (l->end - l->begin < most && !l->ended) {
        if (!wanted && memchr(l->buffer + l->begin, '\n', l->end - l->begin)) break;
        HEED_TRY(read_more(l));
    }
    *bytes = l->buffer + l->begin;
    *size = l->end - l->begin < most ? l->end - l->begin : most;
    return HEED_OK;
}

void heed__lines_skip(heed__lines *l, size_t size)
{
    l->begin += size;
}

/* Drops the rest of a line that is too long. */
static heed_status skip_line(heed__lines *l)
{
    for (;;) {
        char *newline = memchr(l->buffer + l->begin, '\n', l->end - l->begin);
        if (newline) {
            l->begin = (size_t)(newline - l->buffer) + 1;
            return HEED_OK;
        }
        l->begin = l->end;
        if (l->ended) return HEED_OK;
        HEED_TRY(read_more(l));
    }
}

int heed__lines_ready(const heed__lines *l)
{
    return l->ended || (l->started && memchr(l->buffer + l->begin, '\n', l->end - l->begin));
}

heed_status heed__lines_next(heed__lines *l, heed__line *line)
{
    *line = (heed__line){0};
    if (!l->started) HEED_TRY(start(l));
    size_t searched = 0;
    char *newline = NULL;
    for (;;) {
        size_t held = l->end - l->begin;
        newline = memchr(l->buffer + l->begin + searched, '\n', held - searched);
        if (newline || l->ended || held > l->max_line + 1) break;
        searched = held;
        HEED_TRY(read_more(l));
    }
    size_t size = newline ? (size_t)(newline - l->buffer) - l->begin : l->end - l->begin;
    if (!newline && !size) {
        line->end = 1;
        return HEED_OK;
    }
    l->line++;
    if (size && l->buffer[l->begin + size - 1] == '\r') size--;
    if (size > l->max_line) {
        line->too_long = 1;
        return skip_line(l);
    }
    line->bytes = l->buffer + l->begin;
    line->size = size;
    l->begin = newline ? (size_t)(newline - l->buffer) + 1 : l->end;
    line->bytes[size] = 0;
    return HEED_OK;
}
