/* SPDX-License-Identifier: MIT */
/* The lines of a source, of bounded length, with a look ahead for guessing what it holds. */
#ifndef HEED_DATA_LINES_H
#define HEED_DATA_LINES_H

#include "heed/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct heed__source heed__source;

/* Starts from zero; heed__lines_open, ..., heed__lines_close. */
typedef struct heed__lines {
    heed__source *source;
    const char *path; /* the caller's */
    size_t max_line;
    char *buffer;
    size_t room, begin, end; /* bytes not yet given out */
    int started, ended;
    int64_t line;   /* number of the last line given out */
    uint64_t taken; /* bytes read from the source */
} heed__lines;

/* Errors HEED_E_IO. */
heed_status heed__lines_open(heed__lines *lines, const char *path, size_t max_line);
void heed__lines_close(heed__lines *lines);

/* The bytes ahead: up to `wanted` of them, fewer only at the end; with wanted = 0, through the
 * first newline. A byte order mark is skipped. Errors HEED_E_IO, HEED_E_FORMAT (gzip, NUL bytes,
 * UTF-16). */
heed_status heed__lines_look(heed__lines *lines, size_t wanted, const char **bytes, size_t *size);

/* Passes over bytes that were looked at; does not count lines. */
void heed__lines_skip(heed__lines *lines, size_t size);

typedef struct heed__line {
    char *bytes; /* may be written to; a NUL follows; without CR and LF */
    size_t size;
    int end;      /* there is no further line */
    int too_long; /* longer than max_line: skipped, no bytes */
} heed__line;

/* Nonzero when the next line is at hand without reading. */
int heed__lines_ready(const heed__lines *lines);

/* The next line; it lives until the next call. Errors as heed__lines_look. */
heed_status heed__lines_next(heed__lines *lines, heed__line *line);

#endif
