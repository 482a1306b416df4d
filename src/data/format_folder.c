/* SPDX-License-Identifier: MIT */
#include "data/format_folder.h"

#include "base/fail.h"
#include "base/memory.h"
#include "data/source.h"
#include "data/utf8.h"
#include "data/walk.h"

#include <stdlib.h>
#include <string.h>

typedef struct folder_state {
    heed__walk walk;
    size_t at;     /* files given out */
    size_t prefix; /* bytes of the folder's own path and the slash */
    char *text;
    size_t room;
    char *label;
    size_t label_room;
} folder_state;

heed_status heed__folder_open(heed__rows *rows, const char *folder)
{
    folder_state *s = NULL;
    HEED_TRY(heed__alloc(1, sizeof *s, "a folder", &s));
    rows->state = s;
    HEED_TRY(heed__walk_folder(folder, &s->walk));
    if (!s->walk.n)
        return heed__fail(HEED_E_DATA,
                          "%s: holds no file; put each text into a folder named by "
                          "its label",
                          folder);
    s->prefix = strlen(folder);
    while (s->prefix > 1 && folder[s->prefix - 1] == '/') s->prefix--;
    s->prefix++;
    return HEED_OK;
}

static const char *folder_file(const heed__rows *rows)
{
    const folder_state *s = rows->state;
    return s->at ? s->walk.files[s->at - 1] : NULL;
}

/* The whole file, up to one byte more than the limit. */
static heed_status read_file(folder_state *s, const char *path, size_t limit, size_t *size)
{
    heed__source *source = NULL;
    HEED_TRY(heed__source_open(path, &source));
    heed_status status = HEED_OK;
    size_t got = 1;
    *size = 0;
    while (got && *size <= limit) {
        HEED_TRY_CLEAN(heed__grow(&s->text, &s->room, *size + 4097, 1, "a text"));
        HEED_TRY_CLEAN(heed__source_read(source, s->text + *size, s->room - *size - 1, &got));
        *size += got;
    }
    s->text[*size] = 0;
cleanup:
    heed__source_close(&source);
    return status;
}

static heed_status take_label(folder_state *s, const char *path, heed_text *out)
{
    const char *name = path + s->prefix, *slash = strchr(name, '/');
    size_t size = slash ? (size_t)(slash - name) : 0;
    HEED_TRY(heed__grow(&s->label, &s->label_room, size + 1, 1, "a label"));
    memcpy(s->label, name, size);
    s->label[size] = 0;
    *out = (heed_text){s->label, size};
    return HEED_OK;
}

static heed_status next(heed__rows *rows)
{
    folder_state *s = rows->state;
    rows->line = 1;
    if (s->at == s->walk.n) {
        rows->kind = HEED_ROW_END;
        return HEED_OK;
    }
    const char *path = s->walk.files[s->at++];
    size_t size, limit = rows->lines.max_line;
    heed_status status = read_file(s, path, limit, &size);
    if (status == HEED_E_FORMAT) { /* one damaged file is one bad row */
        heed__rows_bad(rows, "%s", heed_status_message());
        return HEED_OK;
    }
    HEED_TRY(status);
    char *text = s->text;
    if (size > limit) {
        heed__rows_bad(rows, "the file is longer than %zu bytes; split it, or raise --max-line",
                       limit);
        return HEED_OK;
    }
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) text += 3, size -= 3;
    if (memchr(text, 0, size)) {
        heed__rows_bad(rows, "holds NUL bytes, so it is no text; take it out of the folder");
        return HEED_OK;
    }
    size_t valid = heed__utf8_valid(text, size);
    if (valid < size) {
        heed__rows_bad(rows,
                       "byte %zu (0x%02X) is not UTF-8; convert the file with iconv -t UTF-8 "
                       "-f and its encoding",
                       valid + 1, (unsigned char)text[valid]);
        return HEED_OK;
    }
    heed_text label;
    HEED_TRY(take_label(s, path, &label));
    HEED_TRY(heed__rows_add(rows, (heed_text){"label", 5}, label, 0));
    return heed__rows_add(rows, (heed_text){"text", 4}, (heed_text){text, size}, 0);
}

static void folder_close(heed__rows *rows)
{
    folder_state *s = rows->state;
    heed__walk_free(&s->walk);
    free(s->text);
    free(s->label);
    heed__free(s);
    rows->state = NULL;
}

static const char *const fixed[] = {"label", "text", NULL};

const heed__format heed__format_folder = {
    .id = HEED_FORMAT_FOLDER,
    .name = "folder",
    .named = 1,
    .fixed = fixed,
    .no_label = "put the file into a folder named by its label",
    .next = next,
    .close = folder_close,
    .file = folder_file,
};
