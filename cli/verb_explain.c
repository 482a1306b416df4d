/* SPDX-License-Identifier: MIT */
/* heed explain: which words decided, on the screen, as pictures and as data. */
#include "cli/explaining.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/reading.h"
#include "cli/report.h"
#include "cli/rows.h"
#include "cli/session.h"
#include "cli/tasks.h"
#include "cli/terminal.h"

#include "heed/config.h"
#include "heed/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static heed_status add(explaining *e, const char *name, heed_text text, const char *const *truth)
{
    if (e->count == e->room) {
        long long room = e->room ? 2 * e->room : 32;
        char **names = realloc(e->names, (size_t)room * sizeof *names);
        if (!names) return report(HEED_E_NOMEM, "no memory for names of texts");
        e->names = names;
        e->room = room;
    }
    char *copy = malloc(strlen(name) + 1);
    if (!copy) return report(HEED_E_NOMEM, "no memory for names of texts");
    strcpy(copy, name);
    e->names[e->count] = copy;
    heed_status status = heed_explainer_add(e->explainer, name, text, truth);
    if (status == HEED_OK)
        e->count++;
    else
        free(copy);
    return status;
}

/* ---- texts from files ---- */

static void name_record(const heed_reader *reader, const heed_record *record, char *name,
                        size_t size)
{
    if (heed_reader_layout(reader)->format == HEED_FORMAT_FOLDER)
        snprintf(name, size, "%s", record->path);
    else if (strcmp(record->path, "-") == 0)
        snprintf(name, size, "line %lld", (long long)record->line);
    else
        snprintf(name, size, "%s:%lld", record->path, (long long)record->line);
}

/* Rows past the last one wanted are read too, where it must be said how many were left out. */
static heed_status add_records(explaining *e, heed_reader *reader, truths *labels)
{
    const char *rows = options_text(e->given, "rows");
    int keywords = options_given(e->given, "keywords");
    long long limit = options_integer(e->given, "limit"), row = 0;
    heed_record record;
    heed_status status = HEED_OK;
    if (!options_given(e->given, "limit") && (rows || keywords)) limit = 0;
    while (status == HEED_OK) {
        const char *const *truth;
        char name[512];
        status = heed_reader_next(reader, &record);
        if (status != HEED_OK || record.end) break;
        row++;
        if (rows && row > e->last_row) break;
        if (rows && !rows_hold(rows, row)) continue;
        if (limit && e->count >= limit) {
            e->left_out++;
            continue;
        }
        name_record(reader, &record, name, sizeof name);
        status = truths_find(labels, reader, &record, &truth);
        if (status == HEED_OK) status = add(e, name, record.text, truth);
    }
    if (status == HEED_OK && e->last_row > row && e->count == 0)
        return report(HEED_E_INVALID, "--rows %s: the input has %lld rows", rows, row);
    return status;
}

static heed_status read_files(explaining *e, heed_context *context)
{
    heed_read_options read;
    heed_reader *reader = NULL;
    truths *labels = NULL;
    heed_status status = reading_for_model(e->given, e->model, &read);
    read.labelled = HEED_UNLABELLED;
    if (status == HEED_OK) status = truths_create(e->given, e->model, &labels);
    if (status == HEED_OK) status = reading_open(e->given, 1, context, &read, &reader);
    if (status == HEED_OK) status = add_records(e, reader, labels);
    heed_reader_close(&reader);
    truths_free(labels);
    if (status == HEED_OK && e->left_out && !options_flag(e->given, "quiet"))
        fprintf(stderr,
                "heed explain: the first %lld texts are explained, %lld are left out; pick others "
                "with --rows, or more with --limit\n",
                e->count, e->left_out);
    return status;
}

/* ---- what comes out ---- */

static heed_status draw(const explaining *e, const heed_draw_options *how, char **bytes,
                        size_t *size)
{
    if (!e->explainer) return heed_alignment_draw(e->alignments, e->count, how, bytes, size);
    return heed_explainer_draw(e->explainer, how, bytes, size);
}

static heed_status write_drawing(const explaining *e, const char *renderer)
{
    char *bytes = NULL;
    size_t size = 0;
    const char *path = options_text(e->given, renderer);
    heed_draw_options how = {.renderer = renderer,
                             .title = options_text(e->given, "title"),
                             .width = (int)options_integer(e->given, "width")};
    if (!path) return HEED_OK;
    heed_status status = draw(e, &how, &bytes, &size);
    if (status == HEED_OK) status = heed_file_write(path, bytes, size);
    heed_text_free(bytes);
    return status;
}

static int colours_of(const options *given)
{
    const char *choice = options_text(given, "colour");
    if (strcmp(choice, "none") == 0) return 1;
    if (strcmp(choice, "256") == 0) return 0;
    if (strcmp(choice, "rgb") == 0) return 2;
    return terminal_colours();
}

/* The mean over all texts, since one text may be luck. */
static void show_faithfulness(const explaining *e)
{
    for (int o = 0; o < heed_model_outputs(e->model) && e->explainer; o++) {
        heed_output out = heed_model_output(e->model, o);
        double removed, random;
        heed_explainer_faithfulness(e->explainer, o, &removed, &random);
        if (e->count < 2 || removed != removed) continue;
        output_format("%s%s: over %lld texts the highest words are worth %.3f of the %s, as many "
                      "random ones %.3f\n",
                      o ? "" : "\n", out.name, e->count, removed,
                      out.kind == HEED_OUTPUT_NUMBER ? "number" : "probability", random);
    }
}

static heed_status show_text(const explaining *e)
{
    char *bytes = NULL;
    size_t size = 0;
    int columns = (int)options_integer(e->given, "columns");
    heed_draw_options how = {.title = options_text(e->given, "title"),
                             .columns = columns ? columns : terminal_columns(),
                             .colours = colours_of(e->given),
                             .methods = !options_given(e->given, "methods")};
    heed_status status = draw(e, &how, &bytes, &size);
    if (status == HEED_OK) output_bytes(bytes, size);
    heed_text_free(bytes);
    return status;
}

static json_t *faithfulness_object(const explaining *e)
{
    json_t *all = json_object();
    for (int o = 0; o < heed_model_outputs(e->model); o++) {
        double removed, random;
        heed_explainer_faithfulness(e->explainer, o, &removed, &random);
        json_t *one = removed == removed
                          ? json_pack("{s:f, s:f}", "drop_highest", removed, "drop_random", random)
                          : json_null();
        json_object_set_new(all, heed_model_output(e->model, o).name, one);
    }
    return all;
}

static heed_status drawing_document(const explaining *e, json_t **out)
{
    char *bytes = NULL;
    size_t size = 0;
    heed_draw_options how = {.renderer = "json", .title = options_text(e->given, "title")};
    heed_status status = draw(e, &how, &bytes, &size);
    *out = status == HEED_OK ? json_loadb(bytes, size, 0, NULL) : NULL;
    heed_text_free(bytes);
    if (status == HEED_OK && !*out) return report(HEED_E_NOMEM, "no memory for JSON");
    return status;
}

static heed_status show(explaining *e)
{
    json_t *document = NULL;
    int keywords = (int)options_integer(e->given, "keywords");
    int json = options_flag(e->given, "json");
    heed_status status = HEED_OK;
    if (json)
        status =
            keywords ? keywords_document(e, keywords, &document) : drawing_document(e, &document);
    else
        status = keywords ? keywords_show(e, keywords) : show_text(e);
    if (json && status == HEED_OK) {
        if (e->explainer) json_object_set_new(document, "faithfulness", faithfulness_object(e));
        json_object_set_new(document, "left_out", json_integer(e->left_out));
        return output_json(document);
    }
    json_decref(document);
    if (status != HEED_OK) return status;
    show_faithfulness(e);
    return output_status();
}

/* ---- the verb ---- */

static int draws(const options *given)
{
    return options_given(given, "html") || options_given(given, "png") ||
           options_given(given, "svg");
}

static const char *const files[] = {"html", "png", "svg"};
enum { FILES = sizeof files / sizeof *files };

/* Files first: what stands on the screen may name them. */
static heed_status draw_all(explaining *e)
{
    heed_status status = HEED_OK;
    for (size_t i = 0; i < FILES && status == HEED_OK; i++) status = write_drawing(e, files[i]);
    return status == HEED_OK ? show(e) : status;
}

static heed_status explain(explaining *e, heed_context *context)
{
    const char *string = options_text(e->given, "string");
    int removed = (int)options_integer(e->given, "removed");
    heed_explain_options how = {.methods = options_text(e->given, "methods"),
                                .removed = removed ? removed : -1,
                                .heat_maps = options_flag(e->given, "heat-maps"),
                                .seed = (uint64_t)options_integer(e->given, "seed")};
    /* Keywords go by one method; others would cost time and show nowhere. */
    if (!how.methods && options_given(e->given, "keywords") && !draws(e->given))
        how.methods = "occlusion";
    heed_status status = heed_explainer_create(e->model, &how, &e->explainer);
    if (status == HEED_OK)
        status = string ? add(e, "the text", (heed_text){string, strlen(string)}, NULL)
                        : read_files(e, context);
    return status == HEED_OK ? draw_all(e) : status;
}

/* By what the model is for. */
static heed_status explain_model(explaining *e, heed_context *context)
{
    static const char *const others[] = {"source", "target", "layer", "head", "rule"};
    heed_status status = tasks_load(e->given, context, TASK_CLASSIFY | TASK_TRANSLATE, &e->model);
    if (status != HEED_OK) return status;
    if (heed_model_task(e->model) == HEED_TASK_TRANSLATE) {
        status = explain_alignment_check(e->given);
        return status == HEED_OK ? explain_alignment(e, context, draw_all) : status;
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (options_given(e->given, others[i]))
            return report(HEED_E_INVALID, "--%s is for models that translate; %s labels texts",
                          others[i], e->given->arguments[0]);
    return explain(e, context);
}

static heed_status run(const options *given)
{
    heed_context *context = NULL;
    explaining e = {.given = given};
    if (options_given(given, "string") && given->n_arguments > 1)
        return report(HEED_E_INVALID, "--string and %s were both given; choose one",
                      given->arguments[1]);
    heed_status status = HEED_OK;
    for (size_t i = 0; i < FILES && status == HEED_OK; i++)
        status = places_check(given, files[i], options_text(given, files[i]));
    if (status == HEED_OK && options_given(given, "rows"))
        status = rows_check(options_text(given, "rows"), &e.last_row);
    if (status == HEED_OK) status = session_start(given, &context);
    if (status == HEED_OK) status = explain_model(&e, context);
    for (long long i = 0; i < e.count; i++) free(e.names[i]);
    free(e.names);
    heed_explainer_destroy(&e.explainer);
    heed_model_destroy(&e.model);
    heed_context_destroy(&context);
    return status;
}

static const option_row rows[] = {
    {"string", 's', "TEXT", OPTION_TEXT, NULL, NULL, 0, 0, "explain this text"},
    {"source", 0, "TEXT", OPTION_TEXT, NULL, NULL, 0, 0,
     "a model that translates: draw the alignment of this text with its translation"},
    {"target", 0, "TEXT", OPTION_TEXT, NULL, NULL, 0, 0,
     "or with this one, instead of the model's own"},
    {"rows", 'r', "LIST", OPTION_TEXT, NULL, NULL, 0, 0,
     "which rows of the input to explain, such as 1,5-9"},
    {"limit", 'n', "N", OPTION_INTEGER, "20", NULL, 0, 1e9,
     "explain at most so many texts, 0 = all; with --rows or --keywords all unless it is given"},
    {"methods", 'm', "LIST", OPTION_TEXT, NULL, NULL, 0, 0,
     "how words are scored: occlusion, gradient, pool, attention, rollout, separated by commas; "
     "without it the screen shows occlusion and files show all that the model has"},
    {"keywords", 'k', "N", OPTION_INTEGER, NULL, NULL, 1, 1000,
     "list the N words that describe each text, and each label, by the first method"},
    {"heat-maps",
     .help = "show the attention of each layer and head too (texts of up to 64 words)"},
    {"removed", 0, "K", OPTION_INTEGER, "3", NULL, 0, 1000,
     "words removed to measure how far the picture can be trusted, 0 = not measured"},
    {"html", 0, "FILE", OPTION_TEXT, NULL, NULL, 0, 0, "write one page that stands alone"},
    {"png", 0, "FILE", OPTION_TEXT, NULL, NULL, 0, 0, "write a picture"},
    {"svg", 0, "FILE", OPTION_TEXT, NULL, NULL, 0, 0, "write a drawing"},
    {"title", 0, "TEXT", OPTION_TEXT, NULL, NULL, 0, 0, "stands over all texts"},
    {"width", 0, "PIXELS", OPTION_INTEGER, "900", NULL, 200, 8000,
     "most pixels that the png and the svg are wide"},
    {"columns", 0, "N", OPTION_INTEGER, NULL, NULL, 40, 1000,
     "characters a line; without it the terminal's, 80 elsewhere"},
    {"colour", 0, "KIND", OPTION_CHOICE, "auto", "auto|none|256|rgb", 0, 0,
     "colours on the screen; auto = none unless it is a terminal, and none where NO_COLOR is set"},
    {0},
};

static const verb_example examples[] = {
    {"heed explain m.heed --string 'a dull film with a great cast'", "one text, on the screen"},
    {"heed explain mail.heed test.tsv --rows 3,10-12 --html why.html --png why.png",
     "four rows, also as a page and a picture"},
    {"heed explain mail.heed test.tsv --keywords 10 --json", "each text's and each label's words"},
    {"heed explain de-en.heed --source 'ein Hund schläft' --png why.png",
     "a translation's alignment, as a matrix"},
    {NULL, NULL},
};

const verb verb_explain = {
    .name = "explain",
    .summary = "show which words decided, or which belong together",
    .arguments = "MODEL [FILE...]",
    .description =
        "Predicts texts from files or standard input and shows for each output, and for each span "
        "of words that was tagged, which words spoke "
        "for the answer and which against it: by occlusion (how much the label's odds fall without "
        "the word), gradient x input, the weights of attention pooling, and the attention "
        "that words receive in a transformer. Beside each picture stands how far it can be "
        "trusted: what the probability loses without the highest words, and without as many random "
        "ones. Where the input has the label columns that the model was trained on, the truth is "
        "shown beside the answer. With a model that translates, the alignment is drawn as a "
        "matrix: a row for each word of the translation, shaded by where the model looked.",
    .least_arguments = 1,
    .most_arguments = -1,
    .options = rows,
    .common = COMMON_ALIGNING | COMMON_THREADS | COMMON_SEED | COMMON_JSON | COMMON_QUIET |
              COMMON_READING,
    .examples = examples,
    .run = run,
};
