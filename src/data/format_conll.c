/* SPDX-License-Identifier: MIT */
/*
 * CoNLL files: a word a line, its columns parted by blanks or tabs, a blank line after each
 * sentence. A sentence is a row; each field is a column of it, its words parted by blanks.
 * Sentences of -DOCSTART- are passed over, and so are lines `# name = value` before a sentence
 * (CoNLL-U).
 */
#include "data/format.h"

#include "base/buffer.h"
#include "base/fail.h"
#include "base/memory.h"

#include <string.h>

enum { COLUMNS = 64 };

typedef struct conll_state {
    heed__buffer columns[COLUMNS];
} conll_state;

static int is_blank(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != ' ' && bytes[i] != '\t' && bytes[i] != '\r') return 0;
    return 1;
}

static int is_gap(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The next column of a line at or after *at; zero at the end. */
static int next_column(const char *bytes, size_t size, size_t *at, heed_text *out)
{
    size_t i = *at;
    while (i < size && is_gap(bytes[i])) i++;
    size_t begin = i;
    while (i < size && !is_gap(bytes[i])) i++;
    *at = i;
    *out = (heed_text){bytes + begin, i - begin};
    return i > begin;
}

static int count_columns(const char *bytes, size_t size)
{
    int n = 0;
    heed_text column;
    for (size_t at = 0; next_column(bytes, size, &at, &column);) n++;
    return n;
}

static int begins(const char *bytes, size_t size, const char *with)
{
    return size >= strlen(with) && memcmp(bytes, with, strlen(with)) == 0;
}

/* "# sent_id = 12" */
static int is_comment(const char *bytes, size_t size)
{
    size_t at = 2;
    heed_text name, sign;
    return begins(bytes, size, "# ") && next_column(bytes, size, &at, &name) &&
           next_column(bytes, size, &at, &sign) && sign.size == 1 && *sign.bytes == '=';
}

/* A table's row: a field between tabs holds several words. */
static int is_table(const char *bytes, size_t size)
{
    size_t begin = 0;
    if (!memchr(bytes, '\t', size)) return 0;
    for (size_t i = 0; i <= size; i++) {
        if (i < size && bytes[i] != '\t') continue;
        size_t at = 0;
        heed_text word;
        if (next_column(bytes + begin, i - begin, &at, &word) &&
            next_column(bytes + begin, i - begin, &at, &word))
            return 1;
        begin = i + 1;
    }
    return 0;
}

/* Every line has as many columns, two or more, and blank lines stand between sentences. */
static int fits(const char *bytes, size_t size, char *delimiter)
{
    int64_t words = 0, odd = 0, gaps = 0;
    int columns = 0, after = 0, marked = 0;
    (void)delimiter;
    for (size_t at = 0; at < size;) {
        const char *newline = memchr(bytes + at, '\n', size - at), *line = bytes + at;
        size_t length = newline ? (size_t)(newline - line) : size - at;
        at += length + 1;
        if (is_blank(line, length)) {
            after = 1;
        } else if (!is_comment(line, length)) {
            int here = count_columns(line, length);
            if (begins(line, length, "-DOCSTART-")) marked = 1;
            if (!columns) columns = here;
            gaps += words > 0 && after;
            words++;
            odd += here != columns || is_table(line, length);
            after = 0;
        }
    }
    return columns >= 2 && (gaps || marked) && odd * 50 <= words;
}

static heed_status conll_open(heed__rows *rows)
{
    conll_state *s = NULL;
    HEED_TRY(heed__alloc(1, sizeof *s, "a sentence", &s));
    rows->state = s;
    return HEED_OK;
}

/* Adds a word's columns to those of the sentence, which has `n` of them (0 before its first word).
 * Zero where it has another number: the row is bad then. */
static int add_word(heed__rows *rows, const heed__line *line, int *n)
{
    conll_state *s = rows->state;
    int columns = count_columns(line->bytes, line->size);
    heed_text column;
    if (columns > COLUMNS || (*n && columns != *n)) {
        heed__rows_bad(rows,
                       "line %lld has %d columns where the sentence has %d; a column is what "
                       "stands between blanks or tabs",
                       (long long)rows->lines.line, columns, *n ? *n : COLUMNS);
        return 0;
    }
    size_t at = 0;
    for (int i = 0; next_column(line->bytes, line->size, &at, &column); i++) {
        if (*n) heed__buffer_add(&s->columns[i], " ", 1);
        heed__buffer_add(&s->columns[i], column.bytes, column.size);
    }
    *n = columns;
    return 1;
}

/* The lines of a sentence into the state; *n its columns, 0 at the end of the input. Whatever is
 * wrong with one of its lines makes all of it a bad row. */
static heed_status read_sentence(heed__rows *rows, int *n, int *marker)
{
    conll_state *s = rows->state;
    heed__line line;
    int64_t first = 0, last = 0;
    int bad = 0;
    *n = *marker = 0;
    for (int i = 0; i < COLUMNS; i++) s->columns[i].size = 0;
    for (;;) {
        rows->kind = HEED_ROW_GOOD;
        HEED_TRY(heed__rows_line(rows, 1, &line));
        int end = rows->kind == HEED_ROW_END;
        if (end || (rows->kind == HEED_ROW_GOOD && is_blank(line.bytes, line.size))) {
            if (end || first) break;
            continue;
        }
        if (!first && rows->kind == HEED_ROW_GOOD && is_comment(line.bytes, line.size)) continue;
        if (!first) {
            first = rows->lines.line;
            *marker = begins(line.bytes, line.size, "-DOCSTART-");
        }
        last = rows->lines.line;
        bad = bad || rows->kind == HEED_ROW_BAD || !add_word(rows, &line, n);
    }
    rows->kind = bad ? HEED_ROW_BAD : first ? HEED_ROW_GOOD : HEED_ROW_END;
    rows->line = first ? first : rows->lines.line;
    rows->lines_used = first ? last - first + 1 : 1;
    return HEED_OK;
}

static heed_status next(heed__rows *rows)
{
    conll_state *s = rows->state;
    int n, marker;
    do HEED_TRY(read_sentence(rows, &n, &marker));
    while (marker && rows->kind == HEED_ROW_GOOD);
    for (int i = 0; rows->kind == HEED_ROW_GOOD && i < n; i++) {
        if (s->columns[i].status != HEED_OK) return s->columns[i].status;
        heed_text field = {s->columns[i].bytes, s->columns[i].size};
        HEED_TRY(heed__rows_add(rows, (heed_text){"", 0}, field, 0));
    }
    return HEED_OK;
}

static void conll_close(heed__rows *rows)
{
    conll_state *s = rows->state;
    for (int i = 0; i < COLUMNS; i++) heed__buffer_free(&s->columns[i]);
    heed__free(s);
    rows->state = NULL;
}

const heed__format heed__format_conll = {
    .id = HEED_FORMAT_CONLL,
    .name = "conll",
    .columns = 1,
    .words = 1,
    .fits = fits,
    .open = conll_open,
    .next = next,
    .close = conll_close,
};
