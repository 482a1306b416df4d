/* SPDX-License-Identifier: MIT */
#include "heed/evaluate.h"

#include "base/fail.h"
#include "model/model.h"

#include <string.h>

static heed_text row_text(const void *user, int64_t i)
{
    return heed_dataset_text(user, i);
}

static heed_status find_column(const heed_model *model, const heed_dataset *dataset, int output,
                               int *column)
{
    const heed_layout *layout = heed_dataset_layout(dataset);
    if (output < 0 || output >= model->n_outputs)
        return heed__fail(HEED_E_INVALID, "output = %d; the model has %d", output,
                          model->n_outputs);
    for (int i = 0; *column < 0 && i < layout->n_outputs; i++)
        if (strcmp(layout->outputs[i], model->outputs[output].labels->output) == 0) *column = i;
    if (*column < 0) *column = output;
    if (*column < layout->n_outputs) return HEED_OK;
    return heed__fail(HEED_E_INVALID,
                      "the data has %d label columns, the model %d outputs; name the columns with "
                      "--label",
                      layout->n_outputs, model->n_outputs);
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

heed_status heed_evaluate(heed_model *model, const heed_dataset *dataset, int output, int column,
                          heed_metrics **out)
{
    heed__targets targets = {0};
    heed__examples examples = {0};
    float *values = NULL;
    int64_t rows = heed_dataset_rows(dataset);
    *out = NULL;
    HEED_TRY(heed__model_check_labels(model));
    HEED_TRY(find_column(model, dataset, output, &column));
    heed_status status = heed__targets_make(model->context, model->outputs[output].labels, dataset,
                                            column, &targets);
    if (status == HEED_OK)
        status = heed__examples_encode(model->context, model->tokenizer, rows, row_text, dataset,
                                       &examples);
    if (status == HEED_OK)
        status = heed__alloc((size_t)(rows * heed_model_width(model)), sizeof *values,
                             "predictions", &values);
    if (status == HEED_OK) status = heed__model_predict_examples(model, &examples, values);
    if (status == HEED_OK) status = measure(model, output, &targets, values, out);
    heed__free(values);
    heed__examples_free(&examples);
    heed__targets_free(&targets);
    return status;
}
