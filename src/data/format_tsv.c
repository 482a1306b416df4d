/* SPDX-License-Identifier: MIT */
/* Tab-separated values: no quoting, a field is all between two tabs. */
#include "data/format.h"

#include "base/fail.h"

#include <string.h>

/* Most lines must have the same number of tabs, at least one. */
static int fits(const char *bytes, size_t size, char *delimiter)
{
    (void)delimiter;
    enum { MOST = 64 };
    int64_t lines = 0, with[MOST] = {0}, best = 1;
    for (size_t at = 0; at < size;) {
        const char *newline = memchr(bytes + at, '\n', size - at);
        size_t end = newline ? (size_t)(newline - bytes) : size;
        int64_t tabs = 0, other = 0;
        for (size_t i = at; i < end; i++) {
            tabs += bytes[i] == '\t';
            other += bytes[i] > ' ' || (unsigned char)bytes[i] >= 0x80;
        }
        if (tabs || other) {
            lines++;
            with[tabs < MOST ? tabs : MOST - 1]++;
        }
        at = end + 1;
    }
    for (int i = 1; i < MOST; i++)
        if (with[i] > with[best]) best = i;
    return with[best] * 2 > lines;
}

static heed_status next(heed__rows *rows)
{
    heed__line line;
    HEED_TRY(heed__rows_line(rows, 0, &line));
    if (rows->kind != HEED_ROW_GOOD) return HEED_OK;
    char *at = line.bytes, *end = line.bytes + line.size;
    for (;;) {
        char *tab = memchr(at, '\t', (size_t)(end - at));
        char *stop = tab ? tab : end;
        *stop = 0;
        HEED_TRY(heed__rows_add(rows, (heed_text){0}, (heed_text){at, (size_t)(stop - at)}, 0));
        if (!tab) return HEED_OK;
        at = tab + 1;
    }
}

const heed__format heed__format_tsv = {
    .id = HEED_FORMAT_TSV,
    .name = "tsv",
    .columns = 1,
    .fits = fits,
    .next = next,
};
