/* SPDX-License-Identifier: MIT */
/* What a model that labels texts does with held-out rows: output by output its figures. */
#include "report/labels.h"

#include "base/fail.h"
#include "model/model.h"
#include "report/chart.h"
#include "train/evaluate.h"

#include <math.h>

static void put_figure(heed__buffer *out, const char *name, double value, int is_share)
{
    if (!isfinite(value)) return;
    heed__buffer_text(out, "<div><b>");
    if (is_share) {
        heed__buffer_number(out, 100 * value, 2);
        heed__buffer_text(out, " %");
    } else {
        heed__chart_number(out, value);
    }
    heed__buffer_text(out, "</b><span>");
    heed__report_text(out, name);
    heed__buffer_text(out, "</span></div>\n");
}

static void put_figures(heed__buffer *out, const heed_metrics *m)
{
    heed__buffer_text(out, "<div class=\"cards\">\n");
    if (m->kind == HEED_METRICS_NUMBER) {
        put_figure(out, "R²", m->r2, 0);
        put_figure(out, "mean absolute error", m->mae, 0);
        put_figure(out, "root of the mean squared error", sqrt(m->mse), 0);
        put_figure(out, "correlation", m->pearson, 0);
    } else {
        int set = m->kind == HEED_METRICS_SET, tags = m->kind == HEED_METRICS_TAGS;
        put_figure(out,
                   set    ? "of rows exactly right"
                   : tags ? "of words right"
                          : "accuracy",
                   m->accuracy, 1);
        if (tags) put_figure(out, m->spans ? "F1 of spans" : "micro-F1", m->micro_f1, 1);
        if (tags) put_figure(out, "of texts exactly right", m->exact, 1);
        if (!tags) put_figure(out, "macro-F1", m->macro_f1, 1);
        if (set) put_figure(out, "micro-F1", m->micro_f1, 1);
        put_figure(out, "calibration error", m->ece, 1);
    }
    heed__buffer_text(out, "</div>\n");
}

static heed_status put_numbers(heed__report *r, int output, const float *values)
{
    heed__targets targets = {0};
    heed_output of = heed_model_output(r->model, output);
    int column = -1;
    HEED_TRY(heed__evaluate_column(r->model, r->options->rows, output, &column));
    HEED_TRY(heed__targets_make(NULL, r->model->outputs[output].labels, r->options->rows, column,
                                &targets));
    heed__report_scatter(r, targets.numbers, values + of.first, heed_model_width(r->model),
                         targets.rows);
    heed__targets_free(&targets);
    return HEED_OK;
}

static heed_status put_output(heed__report *r, int output, const float *values)
{
    heed_metrics *m = NULL;
    HEED_TRY(heed_evaluate(r->model, r->options->rows, output, -1, &m));
    if (heed_model_outputs(r->model) > 1) {
        heed__buffer_text(r->out, "<h3>");
        heed__report_text(r->out, heed_model_output(r->model, output).name);
        heed__buffer_text(r->out, "</h3>\n");
    }
    put_figures(r->out, m);
    heed__report_confusion(r, m);
    heed__report_label_table(r, m);
    heed_status status = m->kind == HEED_METRICS_NUMBER ? put_numbers(r, output, values) : HEED_OK;
    heed_metrics_destroy(&m);
    return status;
}

static heed_status predict(heed__report *r, float **out)
{
    int64_t n = heed_dataset_rows(r->options->rows);
    heed_text *texts = NULL;
    if (!heed_model_width(r->model)) return HEED_OK; /* tags alone */
    HEED_TRY(heed__alloc((size_t)n, sizeof *texts, "a report", &texts));
    for (int64_t i = 0; i < n; i++) texts[i] = heed_dataset_text(r->options->rows, i);
    heed_status status =
        heed__alloc((size_t)(n * heed_model_width(r->model)), sizeof **out, "a report", out);
    if (status == HEED_OK) status = heed_model_predict(r->model, texts, n, *out);
    heed__free(texts);
    return status;
}

heed_status heed__report_labels(heed__report *r)
{
    float *values = NULL;
    heed_status status = predict(r, &values);
    heed__report_heading(r->out, "Right and wrong");
    heed__report_note(r->out, "The best model on %lld %s.",
                      (long long)heed_dataset_rows(r->options->rows), r->rows_name);
    for (int i = 0; i < heed_model_outputs(r->model) && status == HEED_OK; i++)
        status = put_output(r, i, values);
    if (status == HEED_OK) status = heed__report_mistakes(r, values);
    heed__free(values);
    return status;
}
