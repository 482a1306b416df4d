/* SPDX-License-Identifier: MIT */
/* Plain lines: one text each, no label. Blank lines are passed over, unless they are asked for. */
#include "data/format.h"

#include "base/fail.h"

static int fits(const char *bytes, size_t size, char *delimiter)
{
    (void)bytes;
    (void)size;
    (void)delimiter;
    return 1;
}

static heed_status next(heed__rows *rows)
{
    heed__line line;
    HEED_TRY(heed__rows_line(rows, rows->blank, &line));
    if (rows->kind != HEED_ROW_GOOD) return HEED_OK;
    return heed__rows_add(rows, (heed_text){"text", 4}, (heed_text){line.bytes, line.size}, 0);
}

static const char *const fixed[] = {"text", NULL};

const heed__format heed__format_lines = {
    .id = HEED_FORMAT_LINES,
    .name = "lines",
    .named = 1,
    .fixed = fixed,
    .fits = fits,
    .next = next,
};
