/* SPDX-License-Identifier: MIT */
#include "train/metrics.h"

#include "base/fail.h"

#include <math.h>
#include <string.h>

static heed_status copy_names(heed__metrics *m, const char *const *names, int64_t n)
{
    heed_label_metrics *labels = NULL;
    HEED_TRY(heed__arena_take(&m->arena, (size_t)n, sizeof *labels, "metrics", &labels));
    for (int64_t i = 0; i < n; i++)
        HEED_TRY(heed__arena_text(&m->arena, names[i], strlen(names[i]), &labels[i].name));
    m->open.labels = labels;
    m->open.n_labels = n;
    return HEED_OK;
}

heed_status heed__metrics_create(heed_metrics_kind kind, const char *const *names, int64_t n_labels,
                                 int64_t rows, heed__metrics **out)
{
    *out = NULL;
    if (rows < 1)
        return heed__fail(HEED_E_INVALID, "rows = %lld: nothing to measure", (long long)rows);
    if (kind != HEED_METRICS_NUMBER && kind != HEED_METRICS_TAGS && n_labels < 1)
        return heed__fail(HEED_E_INVALID, "n_labels = %lld; there must be one",
                          (long long)n_labels);
    heed__metrics *m = NULL;
    HEED_TRY(heed__alloc(1, sizeof *m, "metrics", &m));
    m->open = (heed_metrics){.kind = kind,
                             .rows = rows,
                             .accuracy = NAN,
                             .macro_f1 = NAN,
                             .micro_f1 = NAN,
                             .ece = NAN,
                             .temperature = NAN,
                             .ece_before = NAN,
                             .mse = NAN,
                             .rmse = NAN,
                             .spearman = NAN,
                             .hamming = NAN,
                             .mae = NAN,
                             .r2 = NAN,
                             .pearson = NAN,
                             .precision = NAN,
                             .recall = NAN,
                             .exact = NAN};
    heed_status status = n_labels ? copy_names(m, names, n_labels) : HEED_OK;
    if (status == HEED_OK) {
        *out = m;
        return HEED_OK;
    }
    heed_metrics *open = &m->open;
    heed_metrics_destroy(&open);
    return status;
}

void heed_metrics_destroy(heed_metrics **metrics)
{
    if (!metrics || !*metrics) return;
    heed__metrics *m = (heed__metrics *)(void *)*metrics;
    heed__arena_free(&m->arena);
    heed__buffer_free(&m->shown);
    heed__free(m->json);
    heed__free(m);
    *metrics = NULL;
}

heed_label_metrics *heed__metrics_labels(heed__metrics *m)
{
    return (heed_label_metrics *)(uintptr_t)m->open.labels;
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

void heed__metrics_scores(int64_t right, int64_t predicted, int64_t count, double *precision,
                          double *recall, double *f1)
{
    *precision = share((double)right, (double)predicted);
    *recall = share((double)right, (double)count);
    *f1 = share(2 * (double)right, (double)predicted + (double)count);
}

void heed__metrics_average(heed__metrics *m)
{
    double sum = 0;
    int64_t met = 0;
    for (int64_t i = 0; i < m->open.n_labels; i++) {
        const heed_label_metrics *label = &m->open.labels[i];
        if (!label->count && !label->predicted) continue;
        sum += label->f1;
        met++;
    }
    m->open.macro_f1 = share(sum, (double)met);
}
