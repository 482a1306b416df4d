/* SPDX-License-Identifier: MIT */
#include "train/evaluate.h"

#include "base/fail.h"
#include "model/model.h"

#include <string.h>

static heed_text row_text(const void *user, int64_t i)
{
    return heed_dataset_text(user, i);
}

heed_status heed__evaluate_column(const heed_model *model, const heed_dataset *dataset, int output,
                                  int *column)
{
    const heed_layout *layout = heed_dataset_layout(dataset);
    if (output < 0 || output >= model->n_outputs)
        return heed__fail(HEED_E_INVALID, "output = %d; the model has %d", output,
                          model->n_outputs);
    for (int i = 0; *column < 0 && i < layout->n_outputs; i++)
        if (strcmp(layout->outputs[i], model->outputs[output].labels->output) == 0) *column = i;
    if (*column < 0 && layout->n_outputs >= model->n_outputs) *column = output;
    if (*column >= 0 && *column < layout->n_outputs) return HEED_OK;
    return heed__fail(HEED_E_INVALID,
                      "the data has %d label columns, the model %d outputs; name the columns with "
                      "--label",
                      layout->n_outputs, model->n_outputs);
}

/* The calibration error that there would be without the temperature; opinions become values. */
static heed_status measure_before(heed_model *model, int output, const heed__targets *t,
                                  float *opinions, heed_metrics *metrics)
{
    heed__model_output *o = &model->outputs[output];
    float temperature = o->temperature;
    heed_metrics *before = NULL;
    o->temperature = 1;
    heed__model_finish(model, t->rows, opinions);
    o->temperature = temperature;
    HEED_TRY(heed_metrics_class(o->labels->names, o->count, t->rows, t->classes,
                                opinions + o->first, heed_model_width(model), &before));
    metrics->ece_before = before->ece;
    metrics->temperature = model->asked ? 1 : (double)temperature;
    heed_metrics_destroy(&before);
    return HEED_OK;
}

static heed_status measure(const heed_model *model, int output, const heed__targets *t,
                           const float *values, heed_metrics **out)
{
    const heed__model_output *o = &model->outputs[output];
    int64_t width = heed_model_width(model);
    switch (o->labels->kind) {
    case HEED_LABEL_SET:
        return heed_metrics_set(o->labels->names, o->count, t->rows, t->set, t->unknown,
                                values + o->first, width, out);
    case HEED_LABEL_NUMBER:
        return heed_metrics_number(t->rows, t->numbers, values + o->first, width, out);
    case HEED_LABEL_CLASS:
    default:
        return heed_metrics_class(o->labels->names, o->count, t->rows, t->classes,
                                  values + o->first, width, out);
    }
}

typedef struct answers {
    heed__targets targets;
    heed__examples examples;
    heed__tagging tagging;
    float *values, *opinions; /* see heed__model_opinions */
} answers;

static void free_answers(answers *a)
{
    heed__free(a->values);
    heed__free(a->opinions);
    heed__tagging_free(&a->tagging);
    heed__examples_free(&a->examples);
    heed__targets_free(&a->targets);
}

static heed_status predict(heed_model *model, const heed_dataset *dataset, answers *a)
{
    int64_t rows = heed_dataset_rows(dataset), width = heed_model_width(model);
    int tags = heed__model_tags(model);
    HEED_TRY(heed__examples_encode_words(model->context, model->tokenizer, rows, row_text, dataset,
                                         tags, &a->examples));
    if (tags) HEED_TRY(heed__tagging_create(model, a->examples.words[rows], &a->tagging));
    size_t count = (size_t)(rows * width);
    HEED_TRY(heed__alloc(count, sizeof *a->values, "predictions", &a->values));
    HEED_TRY(heed__alloc(count, sizeof *a->opinions, "predictions", &a->opinions));
    HEED_TRY(heed__model_opinions(model, &a->examples, a->opinions, &a->tagging));
    if (count) memcpy(a->values, a->opinions, count * sizeof *a->values);
    heed__model_finish(model, rows, a->values);
    return HEED_OK;
}

/* The true tags of each text and those given, as data has them. */
static heed_status measure_tags(const heed_model *model, const heed_dataset *dataset, int output,
                                int column, const answers *a, heed_metrics **out)
{
    const heed__labels *labels = model->outputs[output].labels;
    int64_t rows = heed_dataset_rows(dataset), at = 0;
    heed__buffer joined = {0};
    heed_text *gold = NULL;
    heed_status status = heed__alloc(2 * (size_t)rows, sizeof *gold, "tags", &gold);
    for (int64_t w = 0; w < a->examples.words[rows]; w++) {
        heed__buffer_text(&joined, labels->names[a->tagging.labels[output][w]]);
        heed__buffer_text(&joined, " ");
    }
    if (status == HEED_OK) status = joined.status;
    for (int64_t row = 0; row < rows && status == HEED_OK; row++) {
        int64_t begin = at;
        for (int64_t w = a->examples.words[row]; w < a->examples.words[row + 1]; w++)
            at += (int64_t)strlen(labels->names[a->tagging.labels[output][w]]) + 1;
        gold[row] = heed_dataset_label(dataset, row, column);
        gold[rows + row] = (heed_text){joined.bytes + begin, (size_t)(at - begin)};
    }
    if (status == HEED_OK) status = heed_metrics_tags(rows, gold, gold + rows, out);
    if (status == HEED_OK) (*out)->unknown = a->targets.unknown;
    heed__free(gold);
    heed__buffer_free(&joined);
    return status;
}

/* Whether an output's answer for a row is the true one. */
static int is_right(const heed_model *model, int output, int64_t row, const heed__targets *t,
                    const answers *a)
{
    const heed__model_output *o = &model->outputs[output];
    const float *values = a->values + row * heed_model_width(model);
    heed_answer best;
    if (t->words) {
        for (int64_t w = t->words[row]; w < t->words[row + 1]; w++)
            if (a->tagging.labels[output][w] != t->classes[w]) return 0;
        return 1;
    }
    heed_model_best(model, output, values, &best);
    if (t->classes) return best.index == t->classes[row];
    for (int64_t j = 0; t->set && j < o->count; j++)
        if ((values[o->first + j] > 0.5f) != (t->set[row * t->n + j] > 0.5f)) return 0;
    return 1;
}

static heed_status count_exact(heed_model *model, const heed_dataset *dataset, answers *a,
                               unsigned char *right, double *share)
{
    int64_t rows = heed_dataset_rows(dataset), count = 0;
    memset(right, 1, (size_t)rows);
    HEED_TRY(predict(model, dataset, a));
    for (int i = 0; i < model->n_outputs; i++) {
        int column = -1;
        HEED_TRY(heed__evaluate_column(model, dataset, i, &column));
        heed__targets_free(&a->targets);
        HEED_TRY(heed__targets_make(NULL, model->outputs[i].labels, dataset, column, &a->targets));
        for (int64_t row = 0; row < rows; row++)
            if (right[row]) right[row] = (unsigned char)is_right(model, i, row, &a->targets, a);
    }
    for (int64_t row = 0; row < rows; row++) count += right[row];
    *share = (double)count / (double)rows;
    return HEED_OK;
}

heed_status heed_evaluate_exact(heed_model *model, const heed_dataset *dataset, double *share)
{
    answers a = {0};
    unsigned char *right = NULL;
    *share = 0;
    HEED_TRY(heed__model_check_labels(model));
    HEED_TRY(heed__alloc((size_t)heed_dataset_rows(dataset), 1, "rows", &right));
    heed_status status = count_exact(model, dataset, &a, right, share);
    heed__free(right);
    free_answers(&a);
    return status;
}

/* Of classes also what there would be without the temperature; the opinions are used up. */
static heed_status measure_classes(heed_model *model, int output, const answers *a,
                                   heed_metrics **out)
{
    HEED_TRY(measure(model, output, &a->targets, a->values, out));
    if ((*out)->kind != HEED_METRICS_CLASS) return HEED_OK;
    heed_status status = measure_before(model, output, &a->targets, a->opinions, *out);
    if (status != HEED_OK) heed_metrics_destroy(out);
    return status;
}

heed_status heed_evaluate(heed_model *model, const heed_dataset *dataset, int output, int column,
                          heed_metrics **out)
{
    answers a = {0};
    *out = NULL;
    HEED_TRY(heed__model_check_labels(model));
    HEED_TRY(heed__evaluate_column(model, dataset, output, &column));
    const heed__labels *labels = model->outputs[output].labels;
    heed_status status = heed__targets_make(model->context, labels, dataset, column, &a.targets);
    if (status == HEED_OK) status = predict(model, dataset, &a);
    if (status == HEED_OK)
        status = labels->kind == HEED_LABEL_TAGS
                     ? measure_tags(model, dataset, output, column, &a, out)
                     : measure_classes(model, output, &a, out);
    free_answers(&a);
    return status;
}
