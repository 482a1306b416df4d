/* SPDX-License-Identifier: MIT */
/* heed eval: how good a model is on labelled data. */
#include "cli/output.h"
#include "cli/reading.h"
#include "cli/report.h"
#include "cli/session.h"

#include "heed/evaluate.h"
#include "heed/translate.h"

static json_t *metrics_document(heed_metrics *metrics, heed_status *status)
{
    const char *text = NULL;
    if (*status == HEED_OK) *status = heed_metrics_json(metrics, 0, &text);
    return *status == HEED_OK ? json_loads(text, 0, NULL) : NULL;
}

static void show_table(const heed_model *model, int output, const char *table)
{
    if (heed_model_outputs(model) > 1)
        output_format("%s%s\n", output ? "\n" : "", heed_model_output(model, output).name);
    output_text(table);
}

/* A model of one output gives its figures, one of several an object with each one's by name. */
static heed_status evaluate(const options *given, heed_model *model, const heed_dataset *dataset)
{
    int outputs = heed_model_outputs(model), json = options_flag(given, "json");
    json_t *all = json_object();
    heed_status status = HEED_OK;
    for (int i = 0; i < outputs && status == HEED_OK; i++) {
        heed_metrics *metrics = NULL;
        const char *table = NULL;
        status = heed_evaluate(model, dataset, i, -1, &metrics);
        if (json) {
            json_t *one = metrics_document(metrics, &status);
            if (outputs == 1 && one) json_object_update(all, one);
            if (outputs > 1 && one) json_object_set(all, heed_model_output(model, i).name, one);
            json_decref(one);
        } else {
            if (status == HEED_OK) status = heed_metrics_table(metrics, &table);
            if (status == HEED_OK) show_table(model, i, table);
        }
        heed_metrics_destroy(&metrics);
    }
    double exact;
    if (status == HEED_OK && outputs > 1) {
        status = heed_evaluate_exact(model, dataset, &exact);
        if (status == HEED_OK && !json)
            output_format("\nrows with every output right %.4f\n", exact);
        if (status == HEED_OK && json) json_object_set_new(all, "exact", json_real(exact));
    }
    if (json && status == HEED_OK) return output_json(all);
    json_decref(all);
    return status;
}

/* Texts have no labels to compare. */
static heed_status check_labels(const options *given, const heed_model *model)
{
    static const char likelihood[] = "heed score --summary (its perplexity on given texts)";
    heed_task task = heed_model_task(model);
    if (task == HEED_TASK_TRANSLATE)
        return report(HEED_E_INVALID,
                      "%s: the model translates; measure what heed translate writes with heed "
                      "metric (BLEU and others), or the model with %s",
                      given->arguments[0], likelihood);
    if (task == HEED_TASK_LANGUAGE)
        return report(HEED_E_INVALID, "%s: the model is a language model; measure it with %s",
                      given->arguments[0], likelihood);
    return HEED_OK;
}

static heed_status run(const options *given)
{
    heed_context *context = NULL;
    heed_model *model = NULL;
    heed_dataset *dataset = NULL;
    heed_read_options read;
    heed_status status = session_start(given, &context);
    if (status == HEED_OK) status = heed_model_load(context, given->arguments[0], &model);
    if (status == HEED_OK) status = check_labels(given, model);
    if (status == HEED_OK) status = reading_for_model(given, model, &read);
    if (status == HEED_OK)
        status = heed_dataset_read(context, given->arguments + 1, given->n_arguments - 1, &read,
                                   &dataset);
    if (status == HEED_OK) status = evaluate(given, model, dataset);
    heed_dataset_destroy(&dataset);
    heed_model_destroy(&model);
    heed_context_destroy(&context);
    return status;
}

static const verb_example examples[] = {
    {"heed eval reviews.heed test.csv", "a table for people"},
    {"heed eval reviews.heed test.csv --json", "the same as data, shares as fractions"},
    {NULL, NULL},
};

const verb verb_eval = {
    .name = "eval",
    .summary = "measure a model on labelled data",
    .arguments = "MODEL FILE...",
    .description =
        "Predicts every row and compares with its labels: accuracy; precision, recall and F1 of "
        "each label and their mean; the confusion matrix; the expected calibration error (how far "
        "probabilities are from shares of right answers, 15 bins). For several labels a row micro "
        "and macro F1, for numbers the squared and absolute error, R squared and correlation, for "
        "tags of words precision, recall and F1 of the spans that they mark, as conlleval counts. "
        "Of several outputs it also says in how many rows every one is right. A "
        "label that the model does not know counts as wrong, with a warning. Models that write "
        "texts are measured with heed translate and heed metric, or heed score --summary.",
    .least_arguments = 2,
    .most_arguments = -1,
    .common = COMMON_THREADS | COMMON_PRECISION | COMMON_JSON | COMMON_QUIET | COMMON_READING,
    .examples = examples,
    .run = run,
};
