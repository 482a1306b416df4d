/* SPDX-License-Identifier: MIT */
#include "train/metrics.h"

#include "base/fail.h"

#include <math.h>
#include <stdlib.h>

static heed_status check_finite(const char *what, int64_t row, float value)
{
    if (isfinite(value)) return HEED_OK;
    return heed__fail(HEED_E_NUMERIC, "the %s of row %lld is %g", what, (long long)row,
                      (double)value);
}

typedef struct place {
    double value;
    int64_t row;
} place;

static int by_value(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->value < y->value || x->value > y->value) return x->value < y->value ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Ranks from 1; equal values share the mean of theirs. */
static void rank(int64_t n, const float *values, int64_t stride, place *places, double *ranks)
{
    for (int64_t i = 0; i < n; i++) places[i] = (place){(double)values[i * stride], i};
    qsort(places, (size_t)n, sizeof *places, by_value);
    for (int64_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && !(places[end].value > places[i].value);) end++;
        for (int64_t j = i; j < end; j++) ranks[places[j].row] = (double)(i + 1 + end) / 2;
    }
}

/* The correlation of ranks, whose mean is that of 1 .. n. */
static double correlate(int64_t n, const double *a, const double *b)
{
    double mean = (double)(n + 1) / 2, xx = 0, yy = 0, xy = 0;
    for (int64_t i = 0; i < n; i++) {
        double x = a[i] - mean, y = b[i] - mean;
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    return xx > 0 && yy > 0 ? xy / (sqrt(xx) * sqrt(yy)) : NAN;
}

static heed_status measure_ranks(heed_metrics *m, const float *gold, const float *values,
                                 int64_t stride)
{
    place *places = NULL;
    double *ranks = NULL;
    heed_status status = heed__alloc((size_t)m->rows, sizeof *places, "ranks", &places);
    if (status == HEED_OK)
        status = heed__alloc(2 * (size_t)m->rows, sizeof *ranks, "ranks", &ranks);
    if (status == HEED_OK) {
        rank(m->rows, gold, 1, places, ranks);
        rank(m->rows, values, stride, places, ranks + m->rows);
        m->spearman = correlate(m->rows, ranks, ranks + m->rows);
    }
    heed__free(places);
    heed__free(ranks);
    return status;
}

/* Means first, then sums of differences from them: no cancellation. */
static heed_status measure(heed_metrics *m, const float *gold, const float *values, int64_t stride)
{
    double rows = (double)m->rows, gold_mean = 0, mean = 0;
    for (int64_t i = 0; i < m->rows; i++) {
        HEED_TRY(check_finite("true number", i, gold[i]));
        HEED_TRY(check_finite("prediction", i, values[i * stride]));
        gold_mean += (double)gold[i];
        mean += (double)values[i * stride];
    }
    gold_mean /= rows;
    mean /= rows;
    double squares = 0, sizes = 0, gold_spread = 0, spread = 0, together = 0;
    for (int64_t i = 0; i < m->rows; i++) {
        double error = (double)values[i * stride] - (double)gold[i];
        double x = (double)gold[i] - gold_mean, y = (double)values[i * stride] - mean;
        squares += error * error;
        sizes += fabs(error);
        gold_spread += x * x;
        spread += y * y;
        together += x * y;
    }
    m->mse = squares / rows;
    m->rmse = sqrt(m->mse);
    m->mae = sizes / rows;
    if (gold_spread > 0) m->r2 = 1 - squares / gold_spread;
    if (gold_spread > 0 && spread > 0) m->pearson = together / (sqrt(gold_spread) * sqrt(spread));
    return HEED_OK;
}

heed_status heed_metrics_number(int64_t rows, const float *gold, const float *values,
                                int64_t stride, heed_metrics **out)
{
    *out = NULL;
    heed__metrics *m = NULL;
    HEED_TRY(heed__metrics_create(HEED_METRICS_NUMBER, NULL, 0, rows, &m));
    heed_metrics *open = &m->open;
    heed_status status = measure(open, gold, values, stride);
    if (status == HEED_OK) status = measure_ranks(open, gold, values, stride);
    if (status != HEED_OK) heed_metrics_destroy(&open);
    *out = open;
    return status;
}
