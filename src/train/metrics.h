/* SPDX-License-Identifier: MIT */
/* What the files about metrics share. */
#ifndef HEED_TRAIN_METRICS_H
#define HEED_TRAIN_METRICS_H

#include "heed/metrics.h"

#include "base/buffer.h"
#include "base/memory.h"

/* A heed_metrics with what it owns; `shown` is the last text that was asked for. */
typedef struct heed__metrics {
    heed_metrics open; /* first, so that the pointers are interchangeable */
    heed__arena arena;
    heed__buffer shown;
    char *json;
    /* Of a class, a row each: the probability of what it was given, and whether that is right. */
    float *sure;
    unsigned char *right;
} heed__metrics;

/* All figures NaN or 0; rows >= 1 is checked. names may be NULL with n_labels 0. */
heed_status heed__metrics_create(heed_metrics_kind kind, const char *const *names, int64_t n_labels,
                                 int64_t rows, heed__metrics **out);
/* A mutable view of open.labels, for the code that fills them. */
heed_label_metrics *heed__metrics_labels(heed__metrics *metrics);

/* Counts of right, given and true decisions -> precision, recall, F1. */
void heed__metrics_scores(int64_t right, int64_t predicted, int64_t count, double *precision,
                          double *recall, double *f1);
/* macro_f1 from the labels. */
void heed__metrics_average(heed__metrics *metrics);

#endif
