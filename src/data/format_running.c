/* SPDX-License-Identifier: MIT */
/*
 * Running text: the bytes of a file as they are, newlines included, in pieces that end with a line
 * where one ends. Only CR LF becomes LF.
 */
#include "data/format.h"

#include "base/fail.h"
#include "base/memory.h"
#include "data/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 4096 };

typedef struct piece_room {
    char bytes[PIECE + 1];
    int64_t line; /* where the next piece begins */
} piece_room;

/* It is never guessed from content: any text is running text. */
static int fits(const char *bytes, size_t size, char *delimiter)
{
    (void)bytes;
    (void)size;
    (void)delimiter;
    return 0;
}

static heed_status running_open(heed__rows *rows)
{
    piece_room *room = NULL;
    HEED_TRY(heed__alloc(1, sizeof *room, "a piece of text", &room));
    room->line = 1;
    rows->state = room;
    return HEED_OK;
}

/* Where a piece of more text ends: after a line, else after a blank, else between characters. */
static size_t end_of_piece(const char *bytes, size_t size)
{
    for (size_t end = size; end > 0; end--)
        if (bytes[end - 1] == '\n') return end;
    for (size_t end = size; end > 0; end--)
        if (bytes[end - 1] == ' ') return end;
    size_t end = size;
    while (end > size - 4 && ((unsigned char)bytes[end] & 0xC0) == 0x80) end--;
    return end > 1 && bytes[end - 1] == '\r' ? end - 1 : end; /* not between CR and LF */
}

static heed_status next(heed__rows *rows)
{
    piece_room *room = rows->state;
    const char *bytes;
    size_t ahead, size, used = 0;
    HEED_TRY(heed__lines_look(&rows->lines, PIECE + 1, &bytes, &ahead));
    rows->line = room->line;
    if (!ahead) {
        rows->kind = HEED_ROW_END;
        return HEED_OK;
    }
    size = ahead > PIECE ? end_of_piece(bytes, PIECE) : ahead;
    size_t valid = heed__utf8_valid(bytes, size);
    for (size_t i = 0; i < size; i++) {
        room->line += bytes[i] == '\n';
        if (bytes[i] != '\r' || i + 1 == size || bytes[i + 1] != '\n')
            room->bytes[used++] = bytes[i];
    }
    room->bytes[used] = 0;
    heed__lines_skip(&rows->lines, size);
    if (valid < size) {
        for (size_t i = 0; i < valid; i++) rows->line += bytes[i] == '\n';
        heed__rows_bad(rows,
                       "byte 0x%02X is not UTF-8; convert the file with iconv -t UTF-8 -f and its "
                       "encoding",
                       (unsigned char)bytes[valid]);
        return HEED_OK;
    }
    return heed__rows_add(rows, (heed_text){"text", 4}, (heed_text){room->bytes, used}, 0);
}

static void running_close(heed__rows *rows)
{
    heed__free(rows->state);
    rows->state = NULL;
}

static const char *const fixed[] = {"text", NULL};

const heed__format heed__format_running = {
    .id = HEED_FORMAT_RUNNING,
    .name = "running",
    .named = 1,
    .fixed = fixed,
    .fits = fits,
    .open = running_open,
    .next = next,
    .close = running_close,
};
