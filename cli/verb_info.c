/* SPDX-License-Identifier: MIT */
/* heed info: a model file; without one the version, the processor and the libraries. */
#include "cli/output.h"
#include "cli/reading.h"
#include "cli/report.h"
#include "cli/session.h"

#include "heed/config.h"
#include "heed/evaluate.h"
#include "heed/info.h"
#include "heed/model.h"
#include "heed/translate.h"
#include "heed/version.h"

#include <stdio.h>
#include <string.h>

static void show_text(int threads)
{
    heed_info_level level;
    heed_info_library library;
    output_format("%-12s%s\n", "heed", heed_version());
    output_format("%-12s%s\n", "processor", heed_info_processor());
    output_format("%-12s", "levels");
    for (size_t i = 0, shown = 0; heed_info_level_at(i, &level); i++)
        if (level.available)
            output_format("%s%s%s", shown++ ? ", " : "", level.name, level.chosen ? " (used)" : "");
    heed_info_precision precision;
    output_format("\n%-12s", "precision");
    for (size_t i = 0; heed_info_precision_at(i, &precision); i++)
        output_format("%s%s: %s", i ? "; " : "", precision.name, precision.arithmetic);
    output_format("\n%-12s%d\n\nlibraries\n", "threads", threads);
    for (size_t i = 0; heed_info_library_at(i, &library); i++)
        if (library.version)
            output_format("  %-14s%-9s %s\n", library.name, library.version, library.use);
        else
            output_format("  %-14s%-9s %s: install %s and build again\n", library.name, "none",
                          library.use, library.package);
}

static heed_status show_json(int threads)
{
    heed_info_level level;
    heed_info_library library;
    heed_info_precision precision;
    json_t *levels = json_array(), *libraries = json_array(), *precisions = json_object();
    const char *used = "";
    for (size_t i = 0; heed_info_level_at(i, &level); i++) {
        if (level.available) json_array_append_new(levels, json_string(level.name));
        if (level.chosen) used = level.name;
    }
    for (size_t i = 0; heed_info_precision_at(i, &precision); i++)
        json_object_set_new(precisions, precision.name, json_string(precision.arithmetic));
    for (size_t i = 0; heed_info_library_at(i, &library); i++)
        json_array_append_new(libraries, json_pack("{s:s, s:s?, s:s, s:s}", "name", library.name,
                                                   "version", library.version, "use", library.use,
                                                   "package", library.package));
    return output_json(json_pack("{s:s, s:s, s:s, s:o, s:o, s:i, s:o}", "version", heed_version(),
                                 "processor", heed_info_processor(), "level", used, "levels",
                                 levels, "precisions", precisions, "threads", threads, "libraries",
                                 libraries));
}

/* ---- a model ---- */

enum { TOKENS = 128 }; /* of the text that attention is planned for */

/* A string, number or short list on the line of its name; anything else below it. */
static void show_value(const char *name, json_t *value, int indent);

static void show_scalar(json_t *value)
{
    if (json_is_string(value))
        output_text(json_string_value(value));
    else if (json_is_integer(value))
        output_format("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        output_format("%.6g", json_real_value(value));
    else
        output_text(json_is_true(value) ? "true" : json_is_false(value) ? "false" : "none");
}

static int is_plain(json_t *value)
{
    size_t i;
    json_t *item;
    if (json_is_object(value)) return 0;
    json_array_foreach(value, i, item) if (json_is_object(item) || json_is_array(item)) return 0;
    return 1;
}

static void show_members(json_t *value, int indent)
{
    size_t i;
    const char *name;
    json_t *item;
    json_array_foreach(value, i, item)
    {
        if (i) output_text("\n");
        show_members(item, indent);
    }
    json_object_foreach(value, name, item) show_value(name, item, indent);
}

static void show_value(const char *name, json_t *value, int indent)
{
    size_t i;
    json_t *item;
    if (is_plain(value)) {
        output_format("%*s%-*s ", indent, "", 20 - indent, name);
        if (!json_is_array(value)) show_scalar(value);
        json_array_foreach(value, i, item)
        {
            output_text(i ? ", " : "");
            show_scalar(item);
        }
        output_text("\n");
    } else {
        output_format("%*s%s\n", indent, "", name);
        show_members(value, indent + 2);
    }
}

/* Each plan under the layers that have it, its lines further in. */
static void show_attention(json_t *plans)
{
    size_t i, j;
    json_t *item, *layer;
    if (json_array_size(plans)) output_format("attention of one text of %d tokens\n", TOKENS);
    json_array_foreach(plans, i, item)
    {
        output_text("  ");
        json_array_foreach(json_object_get(item, "layers"), j, layer)
        {
            output_format("%s%s", j ? "; " : "", json_string_value(layer));
        }
        const char *at = json_string_value(json_object_get(item, "plan"));
        for (size_t n; *at; at += n + (at[n] == '\n')) {
            n = strcspn(at, "\n");
            output_format("\n    %.*s", (int)n, at);
        }
        output_text("\n");
    }
}

/* The model's facts, with the plans of its attention under "attention". */
static heed_status read_model(heed_model *model, json_t **out)
{
    char *facts = NULL, *plans = NULL;
    heed_status status = heed_model_info(model, 0, &facts);
    if (status == HEED_OK) status = heed_model_attention(model, TOKENS, 0, &plans);
    if (status == HEED_OK) {
        *out = json_loads(facts, 0, NULL);
        if (*out) json_object_set_new(*out, "attention", json_loads(plans, 0, NULL));
    }
    heed_text_free(facts);
    heed_text_free(plans);
    return status;
}

static heed_status show_model(const options *given, heed_context *context)
{
    heed_model *model = NULL;
    json_t *document = NULL;
    heed_status status = heed_model_load(context, given->arguments[0], &model);
    if (status == HEED_OK) status = read_model(model, &document);
    heed_model_destroy(&model);
    if (status != HEED_OK) return status;
    if (options_flag(given, "json")) return output_json(document);
    if (!document) return report(HEED_E_NOMEM, "no memory to show the model");
    json_t *plans = json_incref(json_object_get(document, "attention"));
    json_object_del(document, "attention");
    show_members(document, 0);
    show_attention(plans);
    json_decref(plans);
    json_decref(document);
    return HEED_OK;
}

/* ---- how its heads attend ---- */

static void show_figure(const json_t *item, const char *name, int digits)
{
    const json_t *figure = json_object_get(item, name);
    if (json_is_number(figure))
        output_format(" %9.*f", digits, json_number_value(figure));
    else
        output_format(" %9s", "-");
}

/* What mechanisms learned stands last, each figure under its own name. */
static void show_learned(json_t *item)
{
    static const char *const others[] = {"layer",    "head", "entropy", "keys",
                                         "distance", "rank", "gradient"};
    const char *name;
    json_t *figure;
    json_object_foreach(item, name, figure)
    {
        size_t i = 0, count = sizeof others / sizeof *others;
        while (i < count && strcmp(name, others[i]) != 0) i++;
        if (i == count) output_format("  %s %.4g", name, json_number_value(figure));
    }
}

static void show_heads(json_t *heads)
{
    size_t i;
    json_t *item;
    output_format("%-24s %5s %9s %9s %9s %9s %9s\n", "layer", "head", "entropy", "keys", "distance",
                  "rank", "gradient");
    json_array_foreach(heads, i, item)
    {
        const json_t *gradient = json_object_get(item, "gradient");
        output_format("%-24s %5d", json_string_value(json_object_get(item, "layer")),
                      (int)json_integer_value(json_object_get(item, "head")));
        show_figure(item, "entropy", 3);
        show_figure(item, "keys", 1);
        show_figure(item, "distance", 1);
        show_figure(item, "rank", 2);
        if (json_is_number(gradient))
            output_format(" %9.3g", json_number_value(gradient));
        else
            output_format(" %9s", "-");
        show_learned(item);
        output_text("\n");
    }
}

/* What the model is about: labelled texts, pairs (a table, or two files of lines) or plain text. */
static heed_status read_data(const options *given, heed_context *context, const heed_model *model,
                             heed_dataset **out)
{
    heed_read_options read;
    const char *const *files = given->arguments + 1;
    int n = given->n_arguments - 1;
    heed_task task = heed_model_task(model);
    int lines = task == HEED_TASK_TRANSLATE && n > 1;
    heed_status status =
        lines ? reading_options(given, &read) : reading_for_model(given, model, &read);
    if (status != HEED_OK) return status;
    if (task == HEED_TASK_LANGUAGE) read.kind = HEED_READ_LANGUAGE;
    if (task == HEED_TASK_TRANSLATE) read.kind = HEED_READ_PAIRS;
    if (!lines) return heed_dataset_read(context, files, n, &read, out);
    if (n > 2)
        return report(HEED_E_INVALID,
                      "'%s' is too much: a translator is looked at over SOURCE and TARGET, or one "
                      "table",
                      files[2]);
    return heed_dataset_read_parallel(context, files, 1, files + 1, 1, &read, out);
}

static heed_status watch(const options *given, heed_context *context)
{
    heed_model *model = NULL;
    heed_dataset *dataset = NULL;
    char *text = NULL;
    heed_status status = heed_model_load(context, given->arguments[0], &model);
    if (status == HEED_OK) status = read_data(given, context, model, &dataset);
    if (status == HEED_OK)
        status = heed_evaluate_attention(model, dataset, options_integer(given, "texts"), 0, &text);
    heed_dataset_destroy(&dataset);
    heed_model_destroy(&model);
    if (status != HEED_OK) return status;
    json_t *heads = json_loads(text, 0, NULL);
    heed_text_free(text);
    if (options_flag(given, "json")) return output_json(heads);
    show_heads(heads);
    json_decref(heads);
    return HEED_OK;
}

static heed_status check_arguments(const options *given)
{
    int attention = options_flag(given, "attention");
    if (attention && given->n_arguments < 2)
        return report(HEED_E_INVALID, "--attention wants a model and data of its task: heed info "
                                      "--attention MODEL FILE...");
    if (!attention && given->n_arguments > 1)
        return report(HEED_E_INVALID, "%s: only --attention reads data", given->arguments[1]);
    return HEED_OK;
}

static heed_status run(const options *given)
{
    heed_context *context;
    heed_status status = check_arguments(given);
    if (status == HEED_OK) status = session_start(given, &context);
    if (status != HEED_OK) return status;
    if (given->n_arguments > 0) {
        status =
            options_flag(given, "attention") ? watch(given, context) : show_model(given, context);
        heed_context_destroy(&context);
        return status;
    }
    int threads = heed_context_threads(context);
    heed_context_destroy(&context);
    if (heed_info_check_level() != HEED_OK)
        fprintf(stderr, "heed: warning: %s\n", heed_status_message());
    if (options_flag(given, "json")) return show_json(threads);
    show_text(threads);
    return HEED_OK;
}

static const option_row rows[] = {
    {"attention",
     .help = "how each head attends over data: entropy, keys, distance, effective rank, gradient, "
             "what it learned"},
    {"texts", 0, "N", OPTION_INTEGER, "256", NULL, 0, 1000000000,
     "with --attention: texts (pairs, windows of plain text) looked at, from the first on; 0 = "
     "all"},
    {0},
};

static const verb_example examples[] = {
    {"heed info mail.heed", "what a model does, how good it is, and how to rebuild it"},
    {"heed info --attention mail.heed test.tsv", "which heads are blurred, or give tokens alike"},
    {"heed info --attention de-en.heed test.de test.en", "the same of a translator"},
    {"heed info", "what this machine and this build can do"},
    {"HEED_CPU=scalar heed info --json", "the same as data, held to portable code"},
    {NULL, NULL},
};

const verb verb_info = {
    .name = "info",
    .summary = "show what a model is, or what this machine and build can do",
    .arguments = "[MODEL [FILE...]]",
    .description =
        "With a model file: its task, outputs and labels, tokenizer, size, metrics, what "
        "it was made from, the command that rebuilds it bit for bit, its settings, "
        "its hash, and for each layer what its attention is made of and costs. "
        "With --attention and data (labelled texts; for a translator two files of lines or a "
        "table; for a language model plain text): for each layer and head the entropy of a "
        "token's weights in nats, how many keys have a weight other than 0, how far off they are "
        "in the mean, the effective rank of what the head gives for a text's tokens (near 1 they "
        "have become alike) and the norm of the loss's gradient there, means over texts; and what "
        "mechanisms learned for the head: its span, its alpha. "
        "Without a model: which heed "
        "this is, the processor's name and vector levels "
        "(HEED_CPU in the environment caps the level used: scalar, avx2, avx512, amx or "
        "neon), what each --precision is there, the number of threads that verbs work with, and "
        "the libraries it stands "
        "on.",
    .most_arguments = -1,
    .common = COMMON_THREADS | COMMON_JSON | COMMON_READING,
    .options = rows,
    .examples = examples,
    .run = run,
};
