/* SPDX-License-Identifier: MIT */
/* Which columns hold the text and the labels: as asked, or guessed from the first rows. */
#ifndef HEED_DATA_COLUMNS_H
#define HEED_DATA_COLUMNS_H

#include "heed/context.h"
#include "heed/data.h"

#include "base/memory.h"
#include "data/format.h"

enum { HEED_MOST_COLUMNS = 64 /* of texts, and of outputs */ };

/* A row looked at ahead of time. */
typedef struct heed__sample_row {
    int kind; /* of heed__rows */
    int64_t line, lines_used;
    heed_field *fields;
    int n;
    const char *problem;
} heed__sample_row;

typedef struct heed__sample {
    const char *name; /* of the file, for messages */
    const heed__format *format;
    heed__sample_row *rows;
    size_t room;
    int64_t n;
    heed__arena arena;
} heed__sample;

typedef struct heed__columns {
    int has_header;   /* the sample's first good row */
    int n;            /* columns of each row; of a format with names, the names met */
    heed_text *names; /* [n]: the header's, the keys, or "1", "2", ... */
    int text[HEED_MOST_COLUMNS], n_text;
    int label[HEED_MOST_COLUMNS], n_label;
    int tags[HEED_MOST_COLUMNS]; /* nonzero: lists of this label are a tag for each word */
    heed__arena arena;
} heed__columns;

/* Errors HEED_E_INVALID (a column that is not there), HEED_E_DATA (nothing that looks like a
 * label). On error *out is empty. */
heed_status heed__columns_choose(heed_context *context, const heed__sample *sample,
                                 const heed_read_options *options, heed__columns *out);
void heed__columns_free(heed__columns *columns);

/* The format of unlabelled text by its first line, and the columns a model was trained on: a whole
 * line is one text unless those columns are plainly there. */
const heed__format *heed__columns_unlabelled(const char *line, size_t size, const char *path,
                                             const char *wanted, char *delimiter);

/* The value of a column in a row, NULL where it has none. */
const heed_field *heed__columns_field(const heed__columns *columns, const heed__format *format,
                                      const heed_field *fields, int n, int column);

#endif
