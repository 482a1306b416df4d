/* SPDX-License-Identifier: MIT */
/* heed predict: texts in, labels out, as they come. */
#include "cli/output.h"
#include "cli/reading.h"
#include "cli/report.h"
#include "cli/session.h"

#include "heed/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 64 /* records read before the model is asked, from files */ };

typedef enum style { STYLE_TSV, STYLE_CSV, STYLE_JSON } style;

typedef struct asking {
    const options *given;
    heed_model *model;
    heed_reader *reader;
    style style;
    long long best; /* how many labels are shown */
    int stream;     /* answer each record before the next is read */
    float *values;
    char *texts[AT_ONCE];
    heed_text views[AT_ONCE];
    json_t *fields[AT_ONCE];
    long long gaps[AT_ONCE]; /* lines without a text before each */
    long long line;          /* of the last record; -1: not one record a line */
    int n;
} asking;

/* Indices of the `count` highest values, highest first; ties go to the lower index. */
static void pick(const float *values, int64_t n, int64_t count, int64_t *out)
{
    for (int64_t k = 0; k < count; k++) {
        int64_t best = -1;
        for (int64_t j = 0; j < n; j++) {
            int taken = 0;
            for (int64_t i = 0; i < k; i++) taken |= out[i] == j;
            if (!taken && (best < 0 || values[j] > values[best])) best = j;
        }
        out[k] = best;
    }
}

static int64_t shown_labels(const asking *a, const heed_output *o)
{
    return a->best < o->count ? a->best : o->count;
}

static json_t *output_object(const asking *a, int index, const float *values)
{
    heed_output o = heed_model_output(a->model, index);
    const float *p = values + o.first;
    if (o.kind == HEED_OUTPUT_NUMBER) return json_pack("{s:f}", "value", (double)*p);
    int64_t count = shown_labels(a, &o), *order = malloc((size_t)count * sizeof *order);
    json_t *best = json_array(), *set = json_array();
    if (!order) {
        json_decref(best);
        json_decref(set);
        return NULL;
    }
    pick(p, o.count, count, order);
    for (int64_t k = 0; k < count; k++)
        json_array_append_new(best, json_pack("{s:s, s:f}", "label",
                                              heed_model_label(a->model, index, order[k]),
                                              "probability", (double)p[order[k]]));
    for (int64_t j = 0; o.kind == HEED_OUTPUT_SET && j < o.count; j++)
        if (p[j] > 0.5f)
            json_array_append_new(set, json_string(heed_model_label(a->model, index, j)));
    json_t *object =
        o.kind == HEED_OUTPUT_SET
            ? json_pack("{s:o}", "labels", set)
            : json_pack("{s:s, s:f}", "label", heed_model_label(a->model, index, order[0]),
                        "probability", (double)p[order[0]]);
    if (o.kind != HEED_OUTPUT_SET) json_decref(set);
    if (a->best > 1 || o.kind == HEED_OUTPUT_SET)
        json_object_set_new(object, "best", best);
    else
        json_decref(best);
    free(order);
    return object;
}

/* The record's own fields first; the answer under "prediction" (a name of ours that a field may
 * hold is replaced). */
static void show_json(const asking *a, int i, const float *values)
{
    json_t *object = a->fields[i], *all = NULL;
    if (heed_model_outputs(a->model) == 1) {
        all = output_object(a, 0, values);
    } else {
        all = json_object();
        for (int o = 0; o < heed_model_outputs(a->model); o++)
            json_object_set_new(all, heed_model_output(a->model, o).name,
                                output_object(a, o, values));
    }
    json_object_set_new(object, "prediction", all);
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9));
    if (text) output_text(text);
    output_text("\n");
    free(text);
}

static void show_cell(const asking *a, const char *text)
{
    if (a->style != STYLE_CSV || !strpbrk(text, "\",\n\r")) {
        output_text(text);
        return;
    }
    output_text("\"");
    for (const char *at = text; *at; at++) {
        if (*at == '"') output_text("\"");
        output_bytes(at, 1);
    }
    output_text("\"");
}

static void show_set(const asking *a, int index, const heed_output *o, const float *p)
{
    char joined[4096] = "";
    size_t used = 0;
    for (int64_t j = 0; j < o->count; j++) {
        if (!(p[j] > 0.5f)) continue;
        int wrote = snprintf(joined + used, sizeof joined - used, "%s%s", used ? "|" : "",
                             heed_model_label(a->model, index, j));
        if (wrote > 0 && used + (size_t)wrote < sizeof joined) used += (size_t)wrote;
    }
    show_cell(a, joined);
}

/* Columns: for each output its label and probability, -k of them; a number alone; a set as a|b. */
static void show_columns(const asking *a, const float *values)
{
    const char *separator = a->style == STYLE_CSV ? "," : "\t";
    for (int index = 0; index < heed_model_outputs(a->model); index++) {
        heed_output o = heed_model_output(a->model, index);
        const float *p = values + o.first;
        if (index) output_text(separator);
        if (o.kind == HEED_OUTPUT_NUMBER) output_format("%.9g", (double)*p);
        if (o.kind == HEED_OUTPUT_SET) show_set(a, index, &o, p);
        if (o.kind != HEED_OUTPUT_CLASS) continue;
        int64_t order[1024], count = shown_labels(a, &o);
        pick(p, o.count, count, order);
        for (int64_t k = 0; k < count; k++) {
            if (k) output_text(separator);
            show_cell(a, heed_model_label(a->model, index, order[k]));
            output_format("%s%.6f", separator, (double)p[order[k]]);
        }
    }
    output_text("\n");
}

static heed_status answer(asking *a)
{
    heed_status status = heed_model_predict(a->model, a->views, a->n, a->values);
    int64_t width = heed_model_width(a->model);
    for (int i = 0; i < a->n; i++) {
        for (long long g = 0; g < a->gaps[i] && status == HEED_OK; g++) output_text("\n");
        if (status == HEED_OK && a->style == STYLE_JSON)
            show_json(a, i, a->values + i * width);
        else if (status == HEED_OK)
            show_columns(a, a->values + i * width);
        free(a->texts[i]);
        json_decref(a->fields[i]);
        a->fields[i] = NULL;
    }
    a->n = 0;
    if (status == HEED_OK && a->stream) status = output_flush();
    return status == HEED_OK ? output_status() : status;
}

static json_t *field_value(const heed_field *field)
{
    if (field->is_json) {
        json_t *value = json_loadb(field->value.bytes, field->value.size, JSON_DECODE_ANY, NULL);
        if (value) return value;
    }
    return json_stringn(field->value.bytes, field->value.size);
}

static heed_status keep(asking *a, const heed_record *record)
{
    int i = a->n;
    a->gaps[i] = a->line >= 0 && record->line > a->line ? record->line - a->line - 1 : 0;
    if (a->line >= 0) a->line = record->line;
    a->texts[i] = malloc(record->text.size + 1);
    a->fields[i] = a->style == STYLE_JSON ? json_object() : NULL;
    if (!a->texts[i]) return report(HEED_E_NOMEM, "no memory for a text");
    memcpy(a->texts[i], record->text.bytes, record->text.size + 1);
    a->views[i] = (heed_text){a->texts[i], record->text.size};
    for (int f = 0; a->fields[i] && f < record->n_fields; f++) {
        const heed_field *field = &record->fields[f];
        json_object_setn_new(a->fields[i], field->name.bytes, field->name.size, field_value(field));
    }
    if (a->fields[i] && record->n_fields == 0)
        json_object_set_new(a->fields[i], "text",
                            json_stringn(record->text.bytes, record->text.size));
    a->n++;
    return HEED_OK;
}

static heed_status answer_all(asking *a)
{
    heed_record record;
    heed_status status;
    while ((status = heed_reader_next(a->reader, &record)) == HEED_OK && !record.end) {
        status = keep(a, &record);
        if (status == HEED_OK && a->n == (a->stream ? 1 : AT_ONCE)) status = answer(a);
        if (status != HEED_OK) break;
    }
    heed_status last = a->n ? answer(a) : HEED_OK; /* what was read before a failure is answered */
    return status == HEED_OK ? last : status;
}

static int is_number_list(const asking *a)
{
    for (int i = 0; i < heed_model_outputs(a->model); i++)
        if (heed_model_output(a->model, i).kind == HEED_OUTPUT_CLASS) return 0;
    return 1;
}

static heed_status predict(asking *a, heed_context *context)
{
    const options *given = a->given;
    heed_read_options read;
    int64_t width = heed_model_width(a->model);
    heed_status status = reading_for_model(given, a->model, &read);
    read.labelled = HEED_UNLABELLED;
    if (status == HEED_OK && a->best > 1 && is_number_list(a))
        status = report(HEED_E_INVALID, "-k %lld: the model has no output with one label a text",
                        a->best);
    if (status == HEED_OK) status = reading_open(given, 1, context, &read, &a->reader);
    if (status != HEED_OK) return status;
    a->stream = given->n_arguments < 2 || strcmp(given->arguments[1], "-") == 0;
    /* Plain lines in, lines out: one without text gets an empty answer, so that they stay abreast.
     */
    int abreast = heed_reader_layout(a->reader)->format == HEED_FORMAT_LINES &&
                  given->n_arguments <= 2 && a->style != STYLE_JSON;
    a->line = abreast ? 0 : -1;
    a->values = malloc((size_t)(AT_ONCE * width) * sizeof *a->values);
    if (!a->values) return report(HEED_E_NOMEM, "no memory for answers");
    status = answer_all(a);
    free(a->values);
    return status;
}

static heed_status run(const options *given)
{
    heed_context *context = NULL;
    asking a = {.given = given, .best = options_integer(given, "best")};
    if (options_flag(given, "json") && options_flag(given, "csv"))
        return report(HEED_E_INVALID, "--json and --csv were both given; choose one");
    a.style = options_flag(given, "json")  ? STYLE_JSON
              : options_flag(given, "csv") ? STYLE_CSV
                                           : STYLE_TSV;
    heed_status status = session_start(given, &context);
    if (status == HEED_OK) status = heed_model_load(context, given->arguments[0], &a.model);
    if (status == HEED_OK) status = predict(&a, context);
    heed_reader_close(&a.reader);
    heed_model_destroy(&a.model);
    heed_context_destroy(&context);
    return status;
}

static const option_row rows[] = {
    {"best", 'k', "N", OPTION_INTEGER, "1", NULL, 1, 1024, "how many labels to show, best first"},
    {"csv", 0, NULL, OPTION_FLAG, NULL, NULL, 0, 0, "write CSV instead of tab-separated columns"},
    {NULL, 0, NULL, OPTION_FLAG, NULL, NULL, 0, 0, NULL},
};

static const verb_example examples[] = {
    {"echo 'a fine film' | heed predict m.heed", "one line in, one line out: label, probability"},
    {"heed predict m.heed new.csv --json",
     "one JSON object a row, its other fields passed through"},
    {NULL, NULL},
};

const verb verb_predict = {
    .name = "predict",
    .summary = "label texts with a model",
    .arguments = "MODEL [FILE...]",
    .description =
        "Reads texts from files or standard input (one text a line, or the columns that the model "
        "was trained on) and writes, for each in order, the label and its probability; for several "
        "outputs, each one's. A line without text is answered by an empty one. From standard input "
        "every line is answered before the next is read. "
        "An answer depends on its own text only, to the bit.",
    .least_arguments = 1,
    .most_arguments = -1,
    .options = rows,
    .common = COMMON_THREADS | COMMON_JSON | COMMON_QUIET | COMMON_READING,
    .examples = examples,
    .run = run,
};
