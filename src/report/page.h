/* SPDX-License-Identifier: MIT */
/* What the parts of a report share. */
#ifndef HEED_REPORT_PAGE_H
#define HEED_REPORT_PAGE_H

#include "base/buffer.h"
#include "heed/report.h"
#include "report/curves.h"

#include <jansson.h>

typedef struct heed__report {
    heed__buffer *out;
    const heed_report_options *options;
    heed_model *model; /* may be asked, where there are rows */
    const char *rows_name;
    int examples;
    heed__curves curves;
    json_t *info; /* of heed_model_info; NULL without a model */
} heed__report;

extern const char heed__report_style[];

/* Text as it is, whatever it holds. */
void heed__report_text(heed__buffer *out, const char *text);
/* "<h2 ...>title</h2>" of a section. */
void heed__report_heading(heed__buffer *out, const char *title);
/* A paragraph of small print. */
void heed__report_note(heed__buffer *out, const char *format, ...) HEED_PRINTF(2, 3);

/* "token_accuracy" as people say it; as a title it begins with a capital. */
void heed__report_metric(heed__buffer *out, const char *metric, int title);

/* The sections, in their order. Each puts nothing where it has nothing. */
void heed__report_summary(heed__report *report);
void heed__report_curves(heed__report *report);
heed_status heed__report_labels(heed__report *report);  /* a classifier's figures and mistakes */
heed_status heed__report_written(heed__report *report); /* what a model writes */
void heed__report_origin(heed__report *report);         /* data, settings, command */

#endif
