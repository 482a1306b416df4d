/* SPDX-License-Identifier: MIT */
#include "train/metrics.h"

#include "base/fail.h"

#include <math.h>

enum { BINS = 15, MOST_CONFUSION = 512 };

/* One bin of the reliability diagram: rows whose confidence lies in it. */
typedef struct bin {
    double confidence;
    int64_t rows, right;
} bin;

typedef struct counts {
    heed__metrics *metrics;
    int64_t *right; /* [n_labels] */
    int64_t *confusion;
    bin bins[BINS];
    int64_t all_right;
} counts;

static heed_status likeliest(const float *values, int64_t n, int64_t row, int64_t *out)
{
    int64_t best = 0;
    for (int64_t i = 0; i < n; i++) {
        if (isnan(values[i]))
            return heed__fail(HEED_E_NUMERIC, "the probabilities of row %lld hold a NaN",
                              (long long)row);
        if (values[i] > values[best]) best = i;
    }
    *out = best;
    return HEED_OK;
}

static heed_status count_row(counts *c, int64_t row, int32_t gold, const float *values)
{
    heed_metrics *open = &c->metrics->open;
    heed_label_metrics *labels = heed__metrics_labels(c->metrics);
    int64_t n = open->n_labels, given = 0;
    if (gold >= n)
        return heed__fail(HEED_E_INVALID, "gold[%lld] = %d; there are %lld labels", (long long)row,
                          gold, (long long)n);
    HEED_TRY(likeliest(values, n, row, &given));
    int right = gold == given;
    labels[given].predicted++;
    if (gold >= 0) {
        labels[gold].count++;
        if (c->confusion) c->confusion[gold * n + given]++;
    } else {
        open->unknown++;
    }
    c->metrics->sure[row] = values[given];
    c->metrics->right[row] = (unsigned char)right;
    c->right[given] += right;
    c->all_right += right;
    double place = (double)values[given] * BINS;
    bin *at = &c->bins[place <= 0 ? 0 : place >= BINS ? BINS - 1 : (int)ceil(place) - 1];
    at->confidence += (double)values[given];
    at->rows++;
    at->right += right;
    return HEED_OK;
}

/* Guo et al., "On calibration of modern neural networks", ICML 2017: how far confidence and
 * accuracy lie apart, averaged over the rows. */
static double calibration_error(const counts *c)
{
    double sum = 0;
    for (int i = 0; i < BINS; i++) sum += fabs(c->bins[i].confidence - (double)c->bins[i].right);
    return sum / (double)c->metrics->open.rows;
}

static heed_status measure(heed__metrics *m, const int32_t *gold, const float *values,
                           int64_t stride)
{
    counts c = {.metrics = m};
    heed_metrics *open = &m->open;
    size_t n = (size_t)open->n_labels;
    HEED_TRY(heed__arena_take(&m->arena, n, sizeof *c.right, "metrics", &c.right));
    HEED_TRY(heed__arena_take(&m->arena, (size_t)open->rows, sizeof *m->sure, "metrics", &m->sure));
    HEED_TRY(heed__arena_take(&m->arena, (size_t)open->rows, 1, "metrics", &m->right));
    if (n <= MOST_CONFUSION)
        HEED_TRY(heed__arena_take(&m->arena, n * n, sizeof *c.confusion, "a confusion matrix",
                                  &c.confusion));
    for (int64_t row = 0; row < open->rows; row++)
        HEED_TRY(count_row(&c, row, gold[row], values + row * stride));
    heed_label_metrics *labels = heed__metrics_labels(m);
    for (size_t i = 0; i < n; i++)
        heed__metrics_scores(c.right[i], labels[i].predicted, labels[i].count, &labels[i].precision,
                             &labels[i].recall, &labels[i].f1);
    heed__metrics_average(m);
    open->confusion = c.confusion;
    open->accuracy = open->micro_f1 = (double)c.all_right / (double)open->rows;
    open->ece = calibration_error(&c);
    return HEED_OK;
}

heed_status heed_metrics_class(const char *const *names, int64_t n_labels, int64_t rows,
                               const int32_t *gold, const float *values, int64_t stride,
                               heed_metrics **out)
{
    *out = NULL;
    heed__metrics *m = NULL;
    HEED_TRY(heed__metrics_create(HEED_METRICS_CLASS, names, n_labels, rows, &m));
    heed_metrics *open = &m->open;
    heed_status status = measure(m, gold, values, stride);
    if (status != HEED_OK) heed_metrics_destroy(&open);
    *out = open;
    return status;
}

heed_status heed_metrics_abstain(const heed_metrics *metrics, double least, double *kept,
                                 double *accuracy)
{
    const heed__metrics *m = (const heed__metrics *)(const void *)metrics;
    int64_t rows = 0, right = 0;
    if (metrics->kind != HEED_METRICS_CLASS)
        return heed__fail(HEED_E_INVALID, "only an output of one label a row can leave rows open");
    if (!(least >= 0 && least <= 1))
        return heed__fail(HEED_E_INVALID, "least = %g; it must be a probability, 0 to 1", least);
    for (int64_t i = 0; i < metrics->rows; i++) {
        int is_kept = !((double)m->sure[i] < least);
        rows += is_kept;
        right += is_kept && m->right[i];
    }
    *kept = (double)rows / (double)metrics->rows;
    *accuracy = rows ? (double)right / (double)rows : NAN;
    return HEED_OK;
}
