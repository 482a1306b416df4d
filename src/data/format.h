/* SPDX-License-Identifier: MIT */
/*
 * File formats: each turns lines into rows of fields. A format is one row of the table in format.c
 * and one file.
 */
#ifndef HEED_DATA_FORMAT_H
#define HEED_DATA_FORMAT_H

#include "heed/data.h"

#include "data/lines.h"

enum { HEED_PROBLEM_SIZE = 240 };

/* The rows of one file. Starts from zero but for `format`; heed__rows_open, ..., close. */
typedef struct heed__rows {
    const struct heed__format *format;
    heed__lines lines;
    char delimiter; /* csv: ',' or ';' */
    int blank;      /* plain lines: blank ones are rows too */
    void *state;    /* the format's own */

    /* The row at hand, until the next call. */
    enum { HEED_ROW_GOOD, HEED_ROW_BAD, HEED_ROW_END } kind;
    int64_t line;       /* it began here */
    int64_t lines_used; /* lines it takes */
    heed_field *fields; /* without names where the format has none */
    int n;
    size_t field_room;
    char problem[HEED_PROBLEM_SIZE]; /* of a bad row: "what; remedy" */
} heed__rows;

typedef struct heed__format {
    heed_format id;
    const char *name;
    int named;                /* each row names its fields */
    const char *const *fixed; /* and these are the names, NULL-terminated; NULL = they vary */
    const char *no_label;     /* what to do about a missing label; NULL = the usual */
    int columns; /* each row has the same number of fields, and a header may name them */
    int words;   /* fields hold words parted by blanks, the first the text, the last their tags; no
                    header */
    /* Nonzero when the look ahead reads like this format; it ends in a whole line unless it is all
     * there is. For csv it finds the delimiter. */
    int (*fits)(const char *bytes, size_t size, char *delimiter);
    heed_status (*open)(heed__rows *rows); /* NULL = nothing to prepare */
    heed_status (*next)(heed__rows *rows);
    void (*close)(heed__rows *rows);
    /* The file of the row at hand, NULL before the first; NULL = the input itself. */
    const char *(*file)(const heed__rows *rows);
} heed__format;

extern const heed__format heed__format_tsv, heed__format_csv, heed__format_jsonl,
    heed__format_fasttext, heed__format_lines, heed__format_running, heed__format_conll;

/* NULL for HEED_FORMAT_GUESS and those of folders. */
const heed__format *heed__format_of(heed_format id);

/* The format that fits a look ahead at labelled text; plain lines when none does. */
const heed__format *heed__format_guess(const char *bytes, size_t size, char *delimiter);

/* Opens the format's state on rows->lines, which is open. */
heed_status heed__rows_start(heed__rows *rows);
heed_status heed__rows_next(heed__rows *rows);
/* Closes the lines too. */
void heed__rows_close(heed__rows *rows);

/* For formats: the next line that is not blank (blank ones too with `blank`), its UTF-8 checked.
 * Sets the row's kind to BAD or END where there is none to read: then *line is empty. */
heed_status heed__rows_line(heed__rows *rows, int blank, heed__line *line);
/* For formats: adds a field to the row. */
heed_status heed__rows_add(heed__rows *rows, heed_text name, heed_text value, int is_json);
/* For formats: makes the row a bad one. */
void heed__rows_bad(heed__rows *rows, const char *format, ...) HEED_PRINTF(2, 3);

#endif
