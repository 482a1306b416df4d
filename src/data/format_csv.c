/* SPDX-License-Identifier: MIT */
/*
 * CSV by RFC 4180, through libcsv: fields may be quoted, quotes inside are doubled, a quoted field
 * may hold newlines. The file is fed line by line, so that a row knows the line it began in.
 */
#include "data/format.h"

#include "base/fail.h"
#include "base/memory.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

typedef struct csv_state {
    struct csv_parser parser;
    char *bytes; /* the fields so far, each with a NUL */
    size_t room, used;
    size_t *ends; /* of each field, its NUL counted */
    size_t ends_room, n;
    int row_done;
    heed_status status; /* of a callback that failed */
} csv_state;

static int is_newline(unsigned char c)
{
    return c == '\n';
}

static int is_space(unsigned char c)
{
    (void)c; /* blanks around a field belong to it */
    return 0;
}

static void field_done(void *bytes, size_t size, void *user)
{
    csv_state *s = user;
    if (s->status != HEED_OK) return;
    s->status = heed__grow(&s->bytes, &s->room, s->used + size + 1, 1, "a CSV row");
    if (s->status == HEED_OK)
        s->status = heed__grow(&s->ends, &s->ends_room, s->n + 1, sizeof *s->ends, "a CSV row");
    if (s->status != HEED_OK) return;
    if (size) memcpy(s->bytes + s->used, bytes, size);
    s->used += size;
    s->bytes[s->used++] = 0;
    s->ends[s->n++] = s->used;
}

static void row_done(int last, void *user)
{
    (void)last;
    ((csv_state *)user)->row_done = 1;
}

static heed_status parser_set(struct csv_parser *parser, char delimiter)
{
    if (csv_init(parser, CSV_STRICT) != 0)
        return heed__fail(HEED_E_NOMEM, "no memory for the CSV parser");
    csv_set_delim(parser, (unsigned char)delimiter);
    csv_set_space_func(parser, is_space);
    csv_set_term_func(parser, is_newline);
    return HEED_OK;
}

static heed_status parser_start(csv_state *s, char delimiter)
{
    s->used = s->n = 0;
    s->row_done = 0;
    return parser_set(&s->parser, delimiter);
}

/* Nonzero when the bytes break no rule. */
static int parse(csv_state *s, const char *bytes, size_t size)
{
    return csv_parse(&s->parser, bytes, size, field_done, row_done, s) == size;
}

static void state_free(csv_state *s)
{
    csv_free(&s->parser);
    free(s->bytes);
    free(s->ends);
}

/* For guessing, fields are only counted. */
typedef struct field_count {
    struct csv_parser parser;
    size_t n;
    int row_done;
} field_count;

static void count_field(void *bytes, size_t size, void *user)
{
    (void)bytes;
    (void)size;
    ((field_count *)user)->n++;
}

static void count_row(int last, void *user)
{
    (void)last;
    ((field_count *)user)->row_done = 1;
}

static int count_line(field_count *c, const char *bytes, size_t size)
{
    return csv_parse(&c->parser, bytes, size, count_field, count_row, c) == size &&
           csv_parse(&c->parser, "\n", 1, count_field, count_row, c) == 1;
}

/* How many rows have the commonest number of fields, of at least two; *rows = how many there are.
 */
static size_t like_rows(const char *bytes, size_t size, char delimiter, size_t *rows)
{
    enum { MOST = 64 };
    size_t with[MOST] = {0}, best = 2;
    field_count c = {0};
    *rows = 0;
    if (parser_set(&c.parser, delimiter) != HEED_OK) return 0;
    for (size_t at = 0; at < size;) {
        const char *newline = memchr(bytes + at, '\n', size - at);
        size_t end = newline ? (size_t)(newline - bytes) : size;
        size_t text = end > at && bytes[end - 1] == '\r' ? end - 1 : end;
        int good = count_line(&c, bytes + at, text - at);
        if (!good) csv_free(&c.parser);
        if (!good && parser_set(&c.parser, delimiter) != HEED_OK) break;
        if (c.row_done || !good) {
            ++*rows;
            if (c.row_done) with[c.n < MOST ? c.n : MOST - 1]++;
            c.n = 0;
            c.row_done = 0;
        }
        at = end + 1;
    }
    for (size_t i = 3; i < MOST; i++)
        if (with[i] > with[best]) best = i;
    csv_free(&c.parser);
    return with[best];
}

static int fits(const char *bytes, size_t size, char *delimiter)
{
    size_t comma_rows, semicolon_rows;
    size_t commas = like_rows(bytes, size, ',', &comma_rows);
    size_t semicolons = like_rows(bytes, size, ';', &semicolon_rows);
    *delimiter = semicolons > commas ? ';' : ',';
    return semicolons > commas ? semicolons * 2 > semicolon_rows : commas * 2 > comma_rows;
}

static heed_status csv_open(heed__rows *rows)
{
    csv_state *s = NULL;
    HEED_TRY(heed__alloc(1, sizeof *s, "the CSV parser", &s));
    if (!rows->delimiter) rows->delimiter = ',';
    heed_status status = parser_start(s, rows->delimiter);
    if (status != HEED_OK) {
        heed__free(s);
        return status;
    }
    rows->state = s;
    return HEED_OK;
}

/* After a row that is broken the next line is taken for the beginning of a row. */
static heed_status give_up(heed__rows *rows, csv_state *s, const char *problem)
{
    if (problem) heed__rows_bad(rows, "%s", problem);
    csv_free(&s->parser);
    return parser_start(s, rows->delimiter);
}

static heed_status next(heed__rows *rows)
{
    csv_state *s = rows->state;
    int64_t first = 0;
    s->used = s->n = 0;
    for (s->row_done = 0; !s->row_done;) {
        heed__line line;
        HEED_TRY(heed__rows_line(rows, first != 0, &line));
        if (rows->kind == HEED_ROW_END && !first) return HEED_OK;
        if (!first) first = rows->line;
        rows->lines_used = rows->lines.line - first + 1;
        rows->line = first;
        if (rows->kind == HEED_ROW_END)
            return give_up(rows, s, "a quote opened in this row is not closed; close it");
        if (rows->kind == HEED_ROW_BAD) return give_up(rows, s, NULL);
        if (!parse(s, line.bytes, line.size) || !parse(s, "\n", 1))
            return give_up(rows, s,
                           "a quote stands where none may; put the field in quotes and double the "
                           "quotes in it");
        HEED_TRY(s->status);
        if (!s->row_done && s->parser.entry_pos > rows->lines.max_line)
            return give_up(rows, s,
                           "a quoted field that begins here is longer than a line may be; close "
                           "its quote");
    }
    for (size_t i = 0, begin = 0; i < s->n; begin = s->ends[i++])
        HEED_TRY(heed__rows_add(rows, (heed_text){0},
                                (heed_text){s->bytes + begin, s->ends[i] - begin - 1}, 0));
    return HEED_OK;
}

static void csv_close(heed__rows *rows)
{
    state_free(rows->state);
    heed__free(rows->state);
    rows->state = NULL;
}

const heed__format heed__format_csv = {
    .id = HEED_FORMAT_CSV,
    .name = "csv",
    .columns = 1,
    .fits = fits,
    .open = csv_open,
    .next = next,
    .close = csv_close,
};
