/* SPDX-License-Identifier: MIT */
/* The rows that cost a model most, with the words that misled it. */
#include "base/fail.h"
#include "data/labels.h"
#include "explain/explainer.h"
#include "explain/html.h"
#include "model/model.h"
#include "report/labels.h"
#include "train/evaluate.h"

#include <math.h>
#include <stdio.h>

enum { MOST_CHARACTERS = 1200, LEAST_PROBABILITY_LOG = 20 };

/* What a wrong answer costs in nats; 0 for a right one. */
static double cost_of_class(const float *values, int64_t n, int32_t truth)
{
    int64_t best = 0;
    for (int64_t j = 1; j < n; j++)
        if (values[j] > values[best]) best = j;
    if (truth < 0 || best == truth) return 0;
    double p = (double)values[truth];
    return p > 0 ? fmin(-log(p), LEAST_PROBABILITY_LOG) : LEAST_PROBABILITY_LOG;
}

static double cost_of_set(const float *values, int64_t n, const float *truth)
{
    double cost = 0;
    for (int64_t j = 0; j < n; j++) {
        double p = truth[j] > 0 ? (double)values[j] : 1 - (double)values[j];
        if ((values[j] > 0.5f) == (truth[j] > 0)) continue;
        cost += p > 0 ? fmin(-log(p), LEAST_PROBABILITY_LOG) : LEAST_PROBABILITY_LOG;
    }
    return cost;
}

/* Adds what each row costs in one output. */
static heed_status add_costs(heed__report *r, int output, const float *values, double *costs)
{
    const heed__model_output *o = &r->model->outputs[output];
    int64_t width = heed_model_width(r->model);
    heed__targets t = {0};
    int column = -1;
    HEED_TRY(heed__evaluate_column(r->model, r->options->rows, output, &column));
    HEED_TRY(heed__targets_make(NULL, o->labels, r->options->rows, column, &t));
    for (int64_t i = 0; i < t.rows; i++) {
        const float *row = values + i * width + o->first;
        if (t.classes) costs[i] += cost_of_class(row, o->count, t.classes[i]);
        if (t.set) costs[i] += cost_of_set(row, o->count, t.set + i * t.n);
        if (t.numbers) costs[i] += fabs((double)row[0] - (double)t.numbers[i]) / (double)o->spread;
    }
    heed__targets_free(&t);
    return HEED_OK;
}

/* The rows of greatest cost, greatest first. */
static int find_worst(const double *costs, int64_t n, int most, int64_t *worst)
{
    int found = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!(costs[i] > 0)) continue;
        int at = found < most ? found++ : most;
        for (; at > 0 && costs[worst[at - 1]] < costs[i]; at--)
            if (at < most) worst[at] = worst[at - 1];
        if (at < most) worst[at] = i;
    }
    return found;
}

static heed_status explain_row(heed__report *r, heed_explainer *explainer, int64_t row)
{
    const char *truth[HEED_MODEL_OUTPUTS], *path;
    const heed_dataset *rows = r->options->rows;
    char name[512];
    int64_t line;
    for (int i = 0; i < heed_model_outputs(r->model); i++) {
        int column = -1;
        HEED_TRY(heed__evaluate_column(r->model, rows, i, &column));
        truth[i] = heed_dataset_label(rows, row, column).bytes;
    }
    heed_dataset_position(rows, row, &path, &line);
    snprintf(name, sizeof name, "%s:%lld", path, (long long)line);
    return heed_explainer_add(explainer, name, heed_dataset_text(rows, row), truth);
}

static heed_status put_worst(heed__report *r, const int64_t *worst, int count)
{
    const heed_explain_options how = {.methods = "occlusion", .removed = -1};
    heed__picture_options picture = heed__picture_defaults();
    heed_explainer *explainer = NULL;
    int is_signed = 0;
    picture.max_characters = MOST_CHARACTERS;
    HEED_TRY(heed_explainer_create(r->model, &how, &explainer));
    heed_status status = HEED_OK;
    for (int i = 0; i < count && status == HEED_OK; i++)
        status = explain_row(r, explainer, worst[i]);
    for (size_t i = 0; status == HEED_OK && i < explainer->count; i++)
        status = heed__html_explanation(r->out, &explainer->items[i].shown, &picture, &is_signed);
    if (status == HEED_OK) heed__html_legend(r->out, is_signed);
    heed_explainer_destroy(&explainer);
    return status;
}

/* Tags have no one answer a text whose words could be weighed. */
static int has_tags(const heed_model *model)
{
    for (int i = 0; i < heed_model_outputs(model); i++)
        if (heed_model_output(model, i).kind == HEED_OUTPUT_TAGS) return 1;
    return 0;
}

heed_status heed__report_mistakes(heed__report *r, const float *values)
{
    if (has_tags(r->model)) return HEED_OK;
    int64_t n = heed_dataset_rows(r->options->rows), *worst = NULL;
    double *costs = NULL;
    int found = 0;
    heed_status status = heed__alloc((size_t)n, sizeof *costs, "a report", &costs);
    if (status == HEED_OK)
        status = heed__alloc((size_t)r->examples, sizeof *worst, "a report", &worst);
    for (int i = 0; i < heed_model_outputs(r->model) && status == HEED_OK; i++)
        status = add_costs(r, i, values, costs);
    if (status == HEED_OK) found = find_worst(costs, n, r->examples, worst);
    if (found) {
        heed__report_heading(r->out, "Worst mistakes");
        heed__report_note(r->out, "The wrong answers that the model was surest of, and the words "
                                  "that spoke for them and against them.");
        status = put_worst(r, worst, found);
    }
    heed__free(costs);
    heed__free(worst);
    return status;
}
