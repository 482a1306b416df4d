/* SPDX-License-Identifier: MIT */
/* A chart of lines as inline SVG: no script, colours of the page's style, values at a glance when a
 * point is pointed at. */
#ifndef HEED_REPORT_CHART_H
#define HEED_REPORT_CHART_H

#include "base/buffer.h"

/* Points with a NaN are left out. */
typedef struct heed__chart_line {
    const char *name;   /* stands at its end, with its last value; NULL = one of many, and pale */
    const char *colour; /* class of the page: "ca", "cb", "cc", "cd", "ce" */
    const double *x, *y;
    size_t n;
    int points; /* nonzero: few and exact, drawn as dots; the page shows their values when pointed
                   at */
} heed__chart_line;

typedef struct heed__chart {
    const char *title, *unit; /* what is drawn, and in what; unit may be "" */
    const heed__chart_line *lines;
    size_t n_lines;
    double most_x; /* the axis goes from 0 to it */
    int from_zero; /* the axis of values begins at 0 */
    double rule;   /* a level that is marked, where it is within the axis; NaN = none */
    int with_rule; /* the axis reaches to it */
    const char *rule_name;
    double mark; /* a step that is marked; NaN = none */
    const char *mark_name;
} heed__chart;

enum { HEED_CHART_NAMES = 5 }; /* there is room for so many lines with names */

extern const char heed__chart_style[], heed__chart_dark[];
/* Nothing where there is not one point. */
void heed__chart_draw(heed__buffer *out, const heed__chart *chart);

/* A number in about four digits: 0.4801, 12.35, 1,302, 1.3e-6. */
void heed__chart_number(heed__buffer *out, double value);
/* A whole number with commas: 1,302. */
void heed__chart_count(heed__buffer *out, double value);

#endif
