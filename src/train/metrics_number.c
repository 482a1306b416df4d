/* SPDX-License-Identifier: MIT */
#include "train/metrics.h"

#include "base/fail.h"

#include <math.h>

static heed_status check_finite(const char *what, int64_t row, float value)
{
    if (isfinite(value)) return HEED_OK;
    return heed__fail(HEED_E_NUMERIC, "the %s of row %lld is %g", what, (long long)row,
                      (double)value);
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
    if (status != HEED_OK) heed_metrics_destroy(&open);
    *out = open;
    return status;
}
