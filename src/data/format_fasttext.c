/* SPDX-License-Identifier: MIT */
/* fastText lines: `__label__x __label__y text`, the labels first. */
#include "data/format.h"

#include "base/fail.h"

#include <string.h>

static const char prefix[] = "__label__";
enum { PREFIX = sizeof prefix - 1 };

/* Most lines that are not blank begin with a label. */
static int fits(const char *bytes, size_t size, char *delimiter)
{
    (void)delimiter;
    int64_t lines = 0, labelled = 0;
    for (size_t at = 0; at < size;) {
        const char *newline = memchr(bytes + at, '\n', size - at);
        size_t end = newline ? (size_t)(newline - bytes) : size;
        while (at < end && (bytes[at] == ' ' || bytes[at] == '\t' || bytes[at] == '\r')) at++;
        lines += at < end;
        labelled += end - at >= PREFIX && memcmp(bytes + at, prefix, PREFIX) == 0;
        at = end + 1;
    }
    return labelled * 2 > lines;
}

/* Labels move to the front of the line, joined by '|'; they only ever get shorter. */
static heed_status next(heed__rows *rows)
{
    heed__line line;
    HEED_TRY(heed__rows_line(rows, 0, &line));
    if (rows->kind != HEED_ROW_GOOD) return HEED_OK;
    char *at = line.bytes, *labels = line.bytes, *to = line.bytes;
    for (;;) {
        at += strspn(at, " \t");
        if (strncmp(at, prefix, PREFIX) != 0) break;
        at += PREFIX;
        size_t size = strcspn(at, " \t");
        if (to > labels && size) *to++ = '|';
        memmove(to, at, size);
        to += size;
        at += size;
    }
    char *end = line.bytes + line.size;
    heed_text text = {at, (size_t)(end - at)};
    heed_text label = {"", 0};
    if (to > labels) {
        *to = 0; /* before `at`: the prefix is gone */
        label = (heed_text){labels, (size_t)(to - labels)};
    }
    HEED_TRY(heed__rows_add(rows, (heed_text){"label", 5}, label, 0));
    return heed__rows_add(rows, (heed_text){"text", 4}, text, 0);
}

static const char *const fixed[] = {"label", "text", NULL};

const heed__format heed__format_fasttext = {
    .id = HEED_FORMAT_FASTTEXT,
    .name = "fasttext",
    .named = 1,
    .fixed = fixed,
    .fits = fits,
    .next = next,
};
