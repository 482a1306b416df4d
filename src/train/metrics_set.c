/* SPDX-License-Identifier: MIT */
#include "train/metrics.h"

#include "base/fail.h"

#include <math.h>

/* Counts one row, and how many of its labels are wrong. */
static heed_status count_row(heed__metrics *m, int64_t row, const float *gold, const float *values,
                             int64_t *right, int64_t *wrong)
{
    heed_label_metrics *labels = heed__metrics_labels(m);
    *wrong = 0;
    for (int64_t i = 0; i < m->open.n_labels; i++) {
        if (isnan(values[i]))
            return heed__fail(HEED_E_NUMERIC, "the probabilities of row %lld hold a NaN",
                              (long long)row);
        int given = values[i] > 0.5f, has = gold[i] != 0;
        labels[i].predicted += given;
        labels[i].count += has;
        right[i] += given && has;
        *wrong += given != has;
    }
    return HEED_OK;
}

static heed_status measure(heed__metrics *m, const float *gold, const float *values, int64_t stride)
{
    heed_metrics *open = &m->open;
    int64_t n = open->n_labels, exact_rows = 0, all_wrong = 0, *right = NULL;
    HEED_TRY(heed__arena_take(&m->arena, (size_t)n, sizeof *right, "metrics", &right));
    for (int64_t row = 0; row < open->rows; row++) {
        int64_t wrong;
        HEED_TRY(count_row(m, row, gold + row * n, values + row * stride, right, &wrong));
        exact_rows += !wrong;
        all_wrong += wrong;
    }
    heed_label_metrics *labels = heed__metrics_labels(m);
    int64_t all_right = 0, all_predicted = 0, all_true = open->unknown;
    for (int64_t i = 0; i < n; i++) {
        heed__metrics_scores(right[i], labels[i].predicted, labels[i].count, &labels[i].precision,
                             &labels[i].recall, &labels[i].f1);
        all_right += right[i];
        all_predicted += labels[i].predicted;
        all_true += labels[i].count;
    }
    double precision, recall;
    heed__metrics_scores(all_right, all_predicted, all_true, &precision, &recall, &open->micro_f1);
    heed__metrics_average(m);
    open->hamming = (double)all_wrong / ((double)open->rows * (double)n);
    open->accuracy = (double)exact_rows / (double)open->rows;
    return HEED_OK;
}

heed_status heed_metrics_set(const char *const *names, int64_t n_labels, int64_t rows,
                             const float *gold, int64_t unknown, const float *values,
                             int64_t stride, heed_metrics **out)
{
    *out = NULL;
    heed__metrics *m = NULL;
    HEED_TRY(heed__metrics_create(HEED_METRICS_SET, names, n_labels, rows, &m));
    m->open.unknown = unknown;
    heed_metrics *open = &m->open;
    heed_status status = measure(m, gold, values, stride);
    if (status != HEED_OK) heed_metrics_destroy(&open);
    *out = open;
    return status;
}
