/* SPDX-License-Identifier: MIT */
/* Parts of a report about a model that labels texts. */
#ifndef HEED_REPORT_LABELS_H
#define HEED_REPORT_LABELS_H

#include "heed/metrics.h"
#include "report/page.h"

/* Confusion, or a table of labels, or both, as many labels as there are. */
void heed__report_confusion(heed__report *report, const heed_metrics *metrics);
void heed__report_label_table(heed__report *report, const heed_metrics *metrics);
/* True numbers beside predicted ones. */
void heed__report_scatter(heed__report *report, const float *truth, const float *predicted,
                          int64_t stride, int64_t n);
/* The rows that cost most, explained. values: [rows, width] as heed_model_predict gives them. */
heed_status heed__report_mistakes(heed__report *report, const float *values);

#endif
