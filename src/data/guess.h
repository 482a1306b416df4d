/* SPDX-License-Identifier: MIT */
/* Guesses about columns, from the rows of a sample. */
#ifndef HEED_DATA_GUESS_H
#define HEED_DATA_GUESS_H

#include "data/columns.h"
#include "data/strings.h"

/* The first good row, NULL if none. */
const heed__sample_row *heed__guess_first(const heed__sample *sample);

/* How many columns most rows have; the first row decides between equals. At least 1. */
int heed__guess_width(const heed__sample *sample);

/* *out is nonzero when the first row names the columns. */
heed_status heed__guess_header(const heed__sample *sample, int width,
                               const heed_read_options *options, int *out);

/* The column with the longest values, one called "text" or the like before others. */
heed_status heed__guess_text(const heed__sample *sample, const heed__columns *columns, int *out,
                             const char **why);

/* The column beside the texts with few different short values. Errors HEED_E_DATA (none). */
heed_status heed__guess_label(const heed__sample *sample, const heed__columns *columns, int *out,
                              char *why, size_t why_size);

/* Whether lists of a column are, but for a few, as long as the text of their row has words, some of
 * several words: they are its tags. The text's column is chosen. */
int heed__guess_are_tags(const heed__sample *sample, const heed__columns *columns, int column);

/* Pairs: sets the columns of text and label that are not chosen yet. Errors HEED_E_DATA (no two
 * columns). And: nonzero when the row names such columns. */
heed_status heed__guess_pairs(const heed__sample *sample, heed__columns *columns, const char **why);
int heed__guess_pairs_header(const heed__sample_row *first);

/* Nonzero when a column's name is one of these, whatever the case of ASCII letters. */
int heed__guess_is_name(heed_text name, const char *const *names, int n);

/* A column number, 0 when the text is none; how many columns a list names (0 for NULL). */
int heed__guess_column_number(heed_text text);
int heed__guess_list_length(const char *list);

#endif
