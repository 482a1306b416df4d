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

/* What is kept where the unsure rows are left open; NULL out: as text. */
static heed_status show_kept(const options *given, const heed_metrics *metrics, json_t *out)
{
    double least = options_number(given, "abstain"), kept, accuracy;
    if (!options_given(given, "abstain") || metrics->kind != HEED_METRICS_CLASS) return HEED_OK;
    heed_status status = heed_metrics_abstain(metrics, least, &kept, &accuracy);
    if (status != HEED_OK) return status;
    json_t *right = accuracy == accuracy ? json_real(accuracy) : json_null();
    json_t *object = json_pack("{s:f, s:f, s:o}", "least", least, "kept", kept, "accuracy", right);
    if (out)
        json_object_set(out, "abstain", object);
    else if (accuracy == accuracy)
        output_format("\nof a probability of %g or more: %.2f %% of the rows, accuracy %.4f\n",
                      least, 100 * kept, accuracy);
    else
        output_format("\nof a probability of %g or more: no row\n", least);
    json_decref(object);
    return HEED_OK;
}

/* One output's figures, or NULL. */
static json_t *output_document(const options *given, heed_model *model, const heed_dataset *dataset,
                               int output, heed_status *status)
{
    heed_metrics *metrics = NULL;
    *status = heed_evaluate(model, dataset, output, -1, &metrics);
    json_t *one = metrics_document(metrics, status);
    if (*status == HEED_OK && one) *status = show_kept(given, metrics, one);
    heed_metrics_destroy(&metrics);
    return one;
}

/* A model of one output gives its figures, one of several an object with each one's by name. */
static heed_status evaluate_json(const options *given, heed_model *model,
                                 const heed_dataset *dataset, json_t *all)
{
    int outputs = heed_model_outputs(model);
    heed_status status = HEED_OK;
    for (int i = 0; i < outputs && status == HEED_OK; i++) {
        json_t *one = output_document(given, model, dataset, i, &status);
        if (outputs == 1 && one) json_object_update(all, one);
        if (outputs > 1 && one) json_object_set(all, heed_model_output(model, i).name, one);
        json_decref(one);
    }
    double exact;
    if (status != HEED_OK || outputs == 1) return status;
    status = heed_evaluate_exact(model, dataset, &exact);
    if (status == HEED_OK) json_object_set_new(all, "exact", json_real(exact));
    return status;
}

/* And, of a model of several members, each one's alone. */
static heed_status show_json(const options *given, heed_model *model, const heed_dataset *dataset)
{
    json_t *all = json_object(), *members = json_array();
    int count = heed_model_members(model);
    heed_status status = evaluate_json(given, model, dataset, all);
    for (int i = 1; i <= count && count > 1 && status == HEED_OK; i++) {
        json_t *one = json_object();
        status = heed_model_ask_member(model, i);
        if (status == HEED_OK) status = evaluate_json(given, model, dataset, one);
        json_array_append_new(members, one);
    }
    if (count > 1) json_object_set(all, "members", members);
    json_decref(members);
    if (status == HEED_OK) return output_json(all);
    json_decref(all);
    return status;
}

static heed_status show_text(const options *given, heed_model *model, const heed_dataset *dataset)
{
    heed_status status = HEED_OK;
    for (int i = 0; i < heed_model_outputs(model) && status == HEED_OK; i++) {
        heed_metrics *metrics = NULL;
        const char *table = NULL;
        status = heed_evaluate(model, dataset, i, -1, &metrics);
        if (status == HEED_OK) status = heed_metrics_table(metrics, &table);
        if (status == HEED_OK) show_table(model, i, table);
        if (status == HEED_OK) status = show_kept(given, metrics, NULL);
        heed_metrics_destroy(&metrics);
    }
    double exact;
    if (status == HEED_OK && heed_model_outputs(model) > 1) {
        status = heed_evaluate_exact(model, dataset, &exact);
        if (status == HEED_OK) output_format("\nrows with every output right %.4f\n", exact);
    }
    return status;
}

static heed_status evaluate(const options *given, heed_model *model, const heed_dataset *dataset)
{
    int classes = 0;
    for (int i = 0; i < heed_model_outputs(model); i++)
        classes += heed_model_output(model, i).kind == HEED_OUTPUT_CLASS;
    if (options_given(given, "abstain") && !classes)
        return report(HEED_E_INVALID, "--abstain %s: the model has no output of one label a row",
                      options_text(given, "abstain"));
    return options_flag(given, "json") ? show_json(given, model, dataset)
                                       : show_text(given, model, dataset);
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
    return HEED_OK;
}

static heed_status evaluate_language(const options *given, heed_model *model,
                                     const heed_dataset *dataset)
{
    heed_language_figures f;
    heed_status status = heed_evaluate_language(model, dataset, &f);
    if (status != HEED_OK) return status;
    if (options_flag(given, "json"))
        return output_json(json_pack(
            "{s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:f}", "tokens", (json_int_t)f.tokens,
            "characters", (json_int_t)f.characters, "bytes", (json_int_t)f.bytes, "loss", f.loss,
            "perplexity", f.perplexity, "bits_per_character", f.bits_per_character, "bits_per_byte",
            f.bits_per_byte, "token_accuracy", f.accuracy));
    output_format("tokens %lld   characters %lld   bytes %lld\n", (long long)f.tokens,
                  (long long)f.characters, (long long)f.bytes);
    output_format("perplexity of a token %.4f   nats a token %.4f   bits a character %.4f   bits a "
                  "byte %.4f   token accuracy %.4f\n",
                  f.perplexity, f.loss, f.bits_per_character, f.bits_per_byte, f.accuracy);
    return output_status();
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
    int language = model && heed_model_task(model) == HEED_TASK_LANGUAGE;
    if (language) read.kind = HEED_READ_LANGUAGE;
    if (status == HEED_OK)
        status = heed_dataset_read(context, given->arguments + 1, given->n_arguments - 1, &read,
                                   &dataset);
    if (status == HEED_OK)
        status =
            language ? evaluate_language(given, model, dataset) : evaluate(given, model, dataset);
    heed_dataset_destroy(&dataset);
    heed_model_destroy(&model);
    heed_context_destroy(&context);
    return status;
}

static const option_row rows[] = {
    {"abstain", 0, "P", OPTION_NUMBER, NULL, NULL, 0, 1,
     "say too what is kept, and how much of it is right, where labels below this probability are "
     "left open (heed predict --abstain)"},
    {0},
};

static const verb_example examples[] = {
    {"heed eval reviews.heed test.csv", "a table for people"},
    {"heed eval reviews.heed test.csv --abstain 0.9", "and what is right where it is sure"},
    {"heed eval reviews.heed test.csv --json", "the same as data, shares as fractions"},
    {"heed eval poems.heed more.txt", "a language model: how likely it finds a text"},
    {NULL, NULL},
};

const verb verb_eval = {
    .name = "eval",
    .summary = "measure a model on labelled data, or a language model on text",
    .arguments = "MODEL FILE...",
    .description =
        "Predicts every row and compares with its labels: accuracy; precision, recall and F1 of "
        "each label and their mean; the confusion matrix; the expected calibration error (how far "
        "probabilities are from shares of right answers, 15 bins), with the model's temperature "
        "and without. For several labels a row micro "
        "and macro F1, for numbers the squared and absolute error, R squared and correlation, for "
        "tags of words precision, recall and F1 of the spans that they mark, as conlleval counts. "
        "Of several outputs it also says in how many rows every one is right. A "
        "label that the model does not know counts as wrong, with a warning. A language "
        "model is measured on plain text: the perplexity of a token, bits a character and a byte. "
        "Translators are measured with heed translate and heed metric, or heed score --summary.",
    .least_arguments = 2,
    .most_arguments = -1,
    .options = rows,
    .common = COMMON_THREADS | COMMON_PRECISION | COMMON_JSON | COMMON_QUIET | COMMON_READING,
    .examples = examples,
    .run = run,
};
