/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L /* access */
#include "data/format_slots.h"

#include "base/fail.h"
#include "base/memory.h"
#include "data/tags.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WORDS, TAGS, LABEL, FILES };
static const char *const names[FILES] = {"seq.in", "seq.out", "label"};

typedef struct slots_state {
    char paths[FILES][4096];
    heed__lines lines[FILES]; /* that of the words is the row's own: rows->lines */
    int there[FILES];
} slots_state;

static int make_path(const char *folder, int file, char out[4096])
{
    int wrote = snprintf(out, 4096, "%s/%s", folder, names[file]);
    return wrote > 0 && wrote < 4096;
}

int heed__slots_is(const char *folder)
{
    char path[4096];
    return make_path(folder, WORDS, path) && access(path, R_OK) == 0;
}

extern const heed__format heed__format_slots, heed__format_slots_tags, heed__format_slots_words;

heed_status heed__slots_open(heed__rows *rows, const char *folder, int labelled)
{
    slots_state *s = NULL;
    HEED_TRY(heed__alloc(1, sizeof *s, "a folder", &s));
    rows->state = s;
    rows->format = &heed__format_slots_words;
    for (int i = 0; i < FILES; i++)
        s->there[i] = make_path(folder, i, s->paths[i]) && (i == WORDS || labelled) &&
                      (i != LABEL || access(s->paths[i], R_OK) == 0);
    if (labelled) rows->format = s->there[LABEL] ? &heed__format_slots : &heed__format_slots_tags;
    HEED_TRY(heed__lines_open(&rows->lines, s->paths[WORDS], rows->lines.max_line));
    for (int i = TAGS; i < FILES; i++)
        if (s->there[i])
            HEED_TRY(heed__lines_open(&s->lines[i], s->paths[i], rows->lines.max_line));
    return HEED_OK;
}

static const char *words_file(const heed__rows *rows)
{
    return ((const slots_state *)rows->state)->paths[WORDS];
}

static heed_status refuse_length(const slots_state *s, int file, int64_t line, int shorter)
{
    return heed__fail(HEED_E_DATA,
                      "%s has %s line %lld, %s %s; line n of both must belong together",
                      s->paths[file], shorter ? "no" : "a", (long long)line, s->paths[WORDS],
                      shorter ? "has one" : "has none");
}

/* The lines beside the one of words; all files end together. */
static heed_status read_others(heed__rows *rows, heed__line *lines)
{
    slots_state *s = rows->state;
    for (int i = TAGS; i < FILES; i++) {
        if (!s->there[i]) continue;
        HEED_TRY(heed__lines_next(&s->lines[i], &lines[i]));
        if (lines[i].end != (rows->kind == HEED_ROW_END))
            return refuse_length(s, i, lines[i].end ? rows->line : s->lines[i].line, lines[i].end);
    }
    return HEED_OK;
}

static heed_text text_of(const heed__line *line)
{
    return (heed_text){line->bytes, line->size};
}

static heed_status next(heed__rows *rows)
{
    slots_state *s = rows->state;
    heed__line lines[FILES];
    HEED_TRY(heed__rows_line(rows, 1, &lines[WORDS]));
    HEED_TRY(read_others(rows, lines));
    if (rows->kind != HEED_ROW_GOOD) return HEED_OK;
    if (s->there[TAGS]) {
        int64_t words = heed__count_words(text_of(&lines[WORDS]));
        int64_t tags = heed__count_words(text_of(&lines[TAGS]));
        if (words != tags) {
            heed__rows_bad(rows,
                           "%lld words, and %lld tags on the same line of seq.out; each word "
                           "needs one",
                           (long long)words, (long long)tags);
            return HEED_OK;
        }
    }
    HEED_TRY(heed__rows_add(rows, (heed_text){"text", 4}, text_of(&lines[WORDS]), 0));
    if (s->there[LABEL])
        HEED_TRY(heed__rows_add(rows, (heed_text){"label", 5}, text_of(&lines[LABEL]), 0));
    if (!s->there[TAGS]) return HEED_OK;
    return heed__rows_add(rows, (heed_text){"tags", 4}, text_of(&lines[TAGS]), 0);
}

static void slots_close(heed__rows *rows)
{
    slots_state *s = rows->state;
    for (int i = TAGS; i < FILES; i++) heed__lines_close(&s->lines[i]);
    heed__free(s);
    rows->state = NULL;
}

static const char *const all[] = {"text", "label", "tags", NULL};
static const char *const tags_only[] = {"text", "tags", NULL};
static const char *const words_only[] = {"text", NULL};

const heed__format heed__format_slots = {.id = HEED_FORMAT_SLOTS,
                                         .name = "slots",
                                         .named = 1,
                                         .fixed = all,
                                         .words = 1,
                                         .next = next,
                                         .close = slots_close,
                                         .file = words_file};

const heed__format heed__format_slots_tags = {.id = HEED_FORMAT_SLOTS,
                                              .name = "slots",
                                              .named = 1,
                                              .fixed = tags_only,
                                              .words = 1,
                                              .next = next,
                                              .close = slots_close,
                                              .file = words_file};

const heed__format heed__format_slots_words = {.id = HEED_FORMAT_SLOTS,
                                               .name = "slots",
                                               .named = 1,
                                               .fixed = words_only,
                                               .words = 1,
                                               .next = next,
                                               .close = slots_close,
                                               .file = words_file};
