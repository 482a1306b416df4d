/* SPDX-License-Identifier: MIT */
/* heed report: a page about a model, its training and what it does with given data. */
#include "cli/output.h"
#include "cli/places.h"
#include "cli/reading.h"
#include "cli/report.h"
#include "cli/session.h"

#include "heed/config.h"
#include "heed/file.h"
#include "heed/report.h"
#include "heed/translate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Rows as the model was trained on: of a translator two files of lines, or tables. */
static heed_status read_rows(const options *given, heed_context *context, const heed_model *model,
                             heed_dataset **out)
{
    heed_read_options read;
    const char *const *files = given->arguments + 1;
    int n = given->n_arguments - 1;
    heed_task task = heed_model_task(model);
    heed_status status = reading_for_model(given, model, &read);
    if (status != HEED_OK || n == 0) return status;
    if (task == HEED_TASK_TRANSLATE && n == 2) {
        read.text = read.label = NULL;
        return heed_dataset_read_parallel(context, files, 1, files + 1, 1, &read, out);
    }
    read.kind = task == HEED_TASK_TRANSLATE  ? HEED_READ_PAIRS
                : task == HEED_TASK_LANGUAGE ? HEED_READ_LANGUAGE
                                             : HEED_READ_LABELS;
    return heed_dataset_read(context, files, n, &read, out);
}

/* The metrics file: the one named, or the model's where there is one. */
static heed_status find_metrics(const options *given, char *path, size_t room, const char **out)
{
    const char *named = options_text(given, "metrics");
    *out = named;
    if (named) return HEED_OK;
    if ((size_t)snprintf(path, room, "%s.metrics.jsonl", given->arguments[0]) >= room)
        return report(HEED_E_INVALID, "%s: the name is too long", given->arguments[0]);
    FILE *file = fopen(path, "r");
    if (file) fclose(file);
    if (file || errno != ENOENT) *out = path;
    return HEED_OK;
}

static heed_status write_page(const options *given, const heed_model *model,
                              const heed_dataset *rows, const char *path)
{
    const char *name = strrchr(given->arguments[0], '/');
    char metrics[4096], *page = NULL;
    size_t size = 0;
    heed_report_options o = {.size = sizeof o,
                             .title = options_text(given, "title"),
                             .model = model,
                             .rows = rows,
                             .rows_name = "rows",
                             .examples = (int)options_integer(given, "examples")};
    if (!o.title) o.title = name ? name + 1 : given->arguments[0];
    heed_status status = find_metrics(given, metrics, sizeof metrics, &o.metrics_path);
    if (status == HEED_OK) status = heed_report(&o, &page, &size);
    if (status == HEED_OK && strcmp(path, "-") == 0)
        output_bytes(page, size);
    else if (status == HEED_OK)
        status = heed_file_write(path, page, size);
    heed_text_free(page);
    return status == HEED_OK ? output_status() : status;
}

static heed_status run(const options *given)
{
    heed_context *context = NULL;
    heed_model *model = NULL;
    heed_dataset *rows = NULL;
    char path[4096];
    const char *wanted = options_text(given, "output");
    if ((size_t)snprintf(path, sizeof path, "%s%s", wanted ? wanted : given->arguments[0],
                         wanted ? "" : ".html") >= sizeof path)
        return report(HEED_E_INVALID, "%s: the name is too long", given->arguments[0]);
    heed_status status = places_check(given, "output", path);
    if (status == HEED_OK) status = session_start(given, &context);
    if (status == HEED_OK) status = heed_model_load(context, given->arguments[0], &model);
    if (status == HEED_OK) status = read_rows(given, context, model, &rows);
    if (status == HEED_OK) status = write_page(given, model, rows, path);
    if (status == HEED_OK && strcmp(path, "-") != 0 && !options_flag(given, "quiet"))
        output_format("%s\n", path);
    heed_dataset_destroy(&rows);
    heed_model_destroy(&model);
    heed_context_destroy(&context);
    return status == HEED_OK ? output_status() : status;
}

static const option_row rows[] = {
    {"output", 'o', "FILE", OPTION_TEXT, NULL, NULL, 0, 0,
     "the page to write; - = standard output; without it MODEL.html"},
    {"metrics", 0, "FILE", OPTION_TEXT, NULL, NULL, 0, 0,
     "the figures of its training; without it MODEL.metrics.jsonl, where it is there"},
    {"examples", 'n', "N", OPTION_INTEGER, "6", NULL, 1, 1000,
     "how many mistakes, translations or samples are shown"},
    {"title", 0, "TEXT", OPTION_TEXT, NULL, NULL, 0, 0, "stands over the page"},
    {0},
};

static const verb_example examples[] = {
    {"heed report reviews.heed test.csv -o test.html", "the model's curves, and its test figures"},
    {"heed report de-en.heed test.de test.en", "a translator takes two files of lines, or a table"},
    {NULL, NULL},
};

const verb verb_report = {
    .name = "report",
    .summary = "write a page about a model, its training and what it does with data",
    .arguments = "MODEL [FILE...]",
    .description =
        "Writes one HTML page that needs no network and no script: the curves of the training "
        "(from "
        "the metrics file beside the model), what was trained and the command that makes it again; "
        "with data like that of the training, what the model does with it: for labels their "
        "figures, the confusion matrix and the worst mistakes with the words that misled, for "
        "translators translations beside their references with alignments, for language models "
        "samples. heed train writes such a page about the validation data by itself.",
    .least_arguments = 1,
    .most_arguments = -1,
    .options = rows,
    .common = COMMON_THREADS | COMMON_PRECISION | COMMON_QUIET | COMMON_READING,
    .examples = examples,
    .run = run,
};
