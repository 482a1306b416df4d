/* SPDX-License-Identifier: MIT */
/* The words beside and above a matrix, so that each can be read without turning one's head far:
 * a Chinese word stands upright above its column, sign over sign where it is wider than that; words
 * of alphabets rise to the right as soon as one of them is wider than its column. */
#ifndef HEED_EXPLAIN_PAGE_LABEL_H
#define HEED_EXPLAIN_PAGE_LABEL_H

#include "explain/page.h"

#ifdef HEED_WITH_CAIRO

typedef struct heed__matrix_label {
    const char *text;
    size_t length;
    double width; /* pixels at one pixel of font size */
    int signs;    /* above 0: so many wide signs (Chinese, Japanese, Korean) and nothing else */
    double lift;  /* slanted: pixels that it begins higher, to pass over signs at its right */
} heed__matrix_label;

/* How labels are set around cells of one size. */
typedef struct heed__label_setting {
    heed__page_font font;
    double cell;
    double most;         /* pixels; a longer label is set smaller, then cut with an ellipsis */
    double most_of_rows; /* the same for labels of rows */
    double angle;        /* of slanted labels, from the horizontal */
    int slanted;         /* words of alphabets are */
} heed__label_setting;

/* How far a column's label reaches from the middle of the column's upper edge. */
typedef struct heed__label_extent {
    double up, right;
} heed__label_extent;

void heed__label_measure(heed__page *page, const char *text, size_t length,
                         heed__matrix_label *out);

/* The setting for cells of a size, given all labels of columns, which get their lift. */
heed__label_setting heed__label_settle(double cell, double page_width, heed__matrix_label *columns,
                                       size_t n);

/* The width that a row's label takes. */
double heed__label_row_width(const heed__label_setting *setting, const heed__matrix_label *label);
/* Ends at `right`, vertically around `middle`. */
void heed__label_row(heed__page *page, const heed__label_setting *setting,
                     const heed__matrix_label *label, double right, double middle);

heed__label_extent heed__label_column_extent(const heed__label_setting *setting,
                                             const heed__matrix_label *label);
/* Stands on y, above the column around x. */
void heed__label_column(heed__page *page, const heed__label_setting *setting,
                        const heed__matrix_label *label, double x, double y);

#endif
#endif
