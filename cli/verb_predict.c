/* SPDX-License-Identifier: MIT */
/* heed predict: texts in, labels out, as they come. */
#include "cli/gather.h"
#include "cli/output.h"
#include "cli/reading.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/tasks.h"
#include "cli/written.h"

#include "heed/tags.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 64 /* records read before the model is asked */ };

typedef enum style { STYLE_TSV, STYLE_CSV, STYLE_JSON, STYLE_CONLL } style;

typedef struct asking {
    const options *given;
    heed_model *model;
    gathering g;
    style style;
    int columns;    /* the input is in columns of words */
    long long best; /* how many labels are shown */
    float *values;
    heed_tagged *tagged; /* of a model that tags */
    long long line;      /* of the last record; -1: not one record a line */
    double least;        /* labels below this probability are left open; 0 = none */
    long long asked, left;
} asking;

/* Whether an output of one label is not sure enough of it. */
static int is_open(const asking *a, const heed_output *o, const float *values)
{
    float most = values[o->first];
    for (int64_t j = 1; j < o->count; j++)
        if (values[o->first + j] > most) most = values[o->first + j];
    return o->kind == HEED_OUTPUT_CLASS && (double)most < a->least;
}

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

static int tags(const heed_model *model)
{
    for (int i = 0; i < heed_model_outputs(model); i++)
        if (heed_model_output(model, i).kind == HEED_OUTPUT_TAGS) return 1;
    return 0;
}

static json_t *part_of(const asking *a, int text, size_t begin, size_t end)
{
    return json_stringn(a->g.texts[text].bytes + begin, end - begin);
}

/* Words, their tags, and the spans that these mark. */
static json_t *tags_object(const asking *a, int text, int output)
{
    json_t *words = json_array(), *labels = json_array(), *sure = json_array();
    json_t *spans = json_array();
    for (int64_t w = 0; w < heed_tagged_words(a->tagged, text); w++) {
        heed_tagged_word word = heed_tagged_word_at(a->tagged, text, output, w);
        json_array_append_new(words, part_of(a, text, word.begin, word.end));
        json_array_append_new(labels, json_string(word.label));
        json_array_append_new(sure, json_real((double)word.probability));
    }
    for (int64_t i = 0; i < heed_tagged_spans(a->tagged, text, output); i++) {
        heed_tagged_span s = heed_tagged_span_at(a->tagged, text, output, i);
        json_array_append_new(spans, json_pack("{s:s, s:o, s:I, s:I, s:f}", "type", s.type, "text",
                                               part_of(a, text, s.begin, s.end), "first",
                                               (json_int_t)s.first, "last", (json_int_t)s.last,
                                               "probability", (double)s.probability));
    }
    return json_pack("{s:o, s:o, s:o, s:o}", "words", words, "tags", labels, "probabilities", sure,
                     "spans", spans);
}

static json_t *output_object(const asking *a, int text, int index, const float *values)
{
    heed_output o = heed_model_output(a->model, index);
    if (o.kind == HEED_OUTPUT_TAGS) return tags_object(a, text, index);
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
            : json_pack("{s:s?, s:f}", "label",
                        is_open(a, &o, values) ? NULL : heed_model_label(a->model, index, order[0]),
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
    json_t *object = json_incref(a->g.fields[i]), *all = NULL;
    if (heed_model_outputs(a->model) == 1) {
        all = output_object(a, i, 0, values);
    } else {
        all = json_object();
        for (int o = 0; o < heed_model_outputs(a->model); o++)
            json_object_set_new(all, heed_model_output(a->model, o).name,
                                output_object(a, i, o, values));
    }
    json_object_set_new(object, "prediction", all);
    written_json_line(object);
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

static void show_tags(const asking *a, int text, int output)
{
    for (int64_t w = 0; w < heed_tagged_words(a->tagged, text); w++) {
        if (w) output_text(" ");
        output_text(heed_tagged_word_at(a->tagged, text, output, w).label);
    }
}

/* The columns that word w has in the input, or the word itself. */
static void show_word(const asking *a, int text, int64_t w)
{
    const char *name;
    json_t *column;
    json_object_foreach(a->g.fields[text], name, column)
    {
        const char *at = json_string_value(column);
        for (int64_t i = 0; i < w; i++) at += strcspn(at, " \t\r\n\v\f"), at += strspn(at, " ");
        output_bytes(at, strcspn(at, " "));
        output_text(" ");
    }
}

/* A word a line: its columns, then its tags; before a text what it is as a whole. */
static void show_conll(const asking *a, int text, const float *values)
{
    int outputs = heed_model_outputs(a->model);
    const heed_text *words = &a->g.texts[text];
    for (int i = 0; i < outputs; i++) {
        heed_answer answer;
        heed_output o = heed_model_output(a->model, i);
        if (o.kind != HEED_OUTPUT_CLASS) continue;
        heed_model_best(a->model, i, values, &answer);
        output_format("# %s = %s\n", o.name, answer.label);
    }
    for (int64_t w = 0; w < heed_tagged_words(a->tagged, text); w++) {
        int first = 1;
        if (a->columns) show_word(a, text, w);
        for (int i = 0; i < outputs; i++) {
            if (heed_model_output(a->model, i).kind != HEED_OUTPUT_TAGS) continue;
            heed_tagged_word word = heed_tagged_word_at(a->tagged, text, i, w);
            if (first && !a->columns) {
                output_bytes(words->bytes + word.begin, word.end - word.begin);
                output_text(" ");
            }
            output_format("%s%s", first ? "" : " ", word.label);
            first = 0;
        }
        output_text("\n");
    }
    output_text("\n");
}

/* Columns: for each output its label and probability, -k of them; a number alone; a set as a|b; the
 * tags of words. */
static void show_columns(const asking *a, int text, const float *values)
{
    const char *separator = a->style == STYLE_CSV ? "," : "\t";
    for (int index = 0; index < heed_model_outputs(a->model); index++) {
        heed_output o = heed_model_output(a->model, index);
        const float *p = values + o.first;
        if (index) output_text(separator);
        if (o.kind == HEED_OUTPUT_NUMBER) output_format("%.9g", (double)*p);
        if (o.kind == HEED_OUTPUT_SET) show_set(a, index, &o, p);
        if (o.kind == HEED_OUTPUT_TAGS) show_tags(a, text, index);
        if (o.kind != HEED_OUTPUT_CLASS) continue;
        int64_t order[1024], count = shown_labels(a, &o);
        pick(p, o.count, count, order);
        for (int64_t k = 0; k < count; k++) {
            if (k) output_text(separator);
            if (!is_open(a, &o, values)) show_cell(a, heed_model_label(a->model, index, order[k]));
            output_format("%s%.6f", separator, (double)p[order[k]]);
        }
    }
    output_text("\n");
}

/* Of plain lines, one without text gets an empty answer, so that they stay abreast. */
static void show_gap(asking *a, long long line)
{
    if (a->line < 0) return;
    while (++a->line < line) output_text("\n");
}

static void count_open(asking *a, const float *values)
{
    for (int index = 0; index < heed_model_outputs(a->model); index++) {
        heed_output o = heed_model_output(a->model, index);
        a->asked += o.kind == HEED_OUTPUT_CLASS;
        a->left += is_open(a, &o, values);
    }
}

static heed_status answer(asking *a)
{
    heed_tagged_destroy(&a->tagged);
    heed_status status = tags(a->model)
                             ? heed_model_tag(a->model, a->g.texts, a->g.n, a->values, &a->tagged)
                             : heed_model_predict(a->model, a->g.texts, a->g.n, a->values);
    int64_t width = heed_model_width(a->model);
    for (int i = 0; i < a->g.n && status == HEED_OK; i++) {
        show_gap(a, a->g.places[i].line);
        count_open(a, a->values + i * width);
        if (a->style == STYLE_JSON)
            show_json(a, i, a->values + i * width);
        else if (a->style == STYLE_CONLL)
            show_conll(a, i, a->values + i * width);
        else
            show_columns(a, i, a->values + i * width);
    }
    if (status == HEED_OK && gather_waits(&a->g)) status = output_flush();
    return status == HEED_OK ? output_status() : status;
}

static heed_status answer_all(asking *a)
{
    heed_status status;
    while ((status = gather_next(&a->g)) == HEED_OK && a->g.n) {
        status = answer(a);
        if (status != HEED_OK) break;
    }
    return status;
}

static int is_number_list(const asking *a)
{
    for (int i = 0; i < heed_model_outputs(a->model); i++)
        if (heed_model_output(a->model, i).kind == HEED_OUTPUT_CLASS) return 0;
    return 1;
}

/* Without a probability to go by, and beside labels of the second best, nothing can be left. */
static heed_status check_abstaining(const asking *a)
{
    int classes = 0;
    if (!options_given(a->given, "abstain")) return HEED_OK;
    for (int i = 0; i < heed_model_outputs(a->model); i++)
        classes += heed_model_output(a->model, i).kind == HEED_OUTPUT_CLASS;
    if (!classes)
        return report(HEED_E_INVALID, "--abstain %s: the model has no output of one label a text",
                      options_text(a->given, "abstain"));
    if (a->best > 1 && a->style != STYLE_JSON)
        return report(HEED_E_INVALID,
                      "--abstain and -k %lld: columns hold the label or nothing; leave one out, or "
                      "take --json, which gives both",
                      a->best);
    return HEED_OK;
}

static void say_left(const asking *a)
{
    if (a->least > 0 && !options_flag(a->given, "quiet"))
        fprintf(stderr, "heed: %lld of %lld labels left open: less likely than %g\n", a->left,
                a->asked, a->least);
}

static heed_status predict(asking *a, heed_context *context)
{
    const options *given = a->given;
    heed_read_options read;
    int64_t width = heed_model_width(a->model);
    heed_status status = reading_for_model(given, a->model, &read);
    if (status == HEED_OK && a->style == STYLE_CONLL && !tags(a->model))
        status =
            report(HEED_E_INVALID,
                   "--conll: the model has no output with a label for each word (--task tags)");
    if (status == HEED_OK && a->best > 1 && is_number_list(a))
        status = report(HEED_E_INVALID, "-k %lld: the model has no output with one label a text",
                        a->best);
    if (status == HEED_OK) status = check_abstaining(a);
    if (status == HEED_OK) status = gather_open(&a->g, given, 1, context, &read);
    if (status != HEED_OK) return status;
    heed_format format = heed_reader_layout(a->g.readers[0])->format;
    int abreast = format == HEED_FORMAT_LINES && given->n_arguments <= 2 &&
                  (a->style == STYLE_TSV || a->style == STYLE_CSV);
    a->columns = format == HEED_FORMAT_CONLL;
    a->line = abreast ? 0 : -1;
    a->values = malloc((size_t)(AT_ONCE * width + 1) * sizeof *a->values);
    if (!a->values) return report(HEED_E_NOMEM, "no memory for answers");
    status = answer_all(a);
    if (status == HEED_OK) say_left(a);
    heed_tagged_destroy(&a->tagged);
    free(a->values);
    return status;
}

static heed_status choose_style(const options *given, style *out)
{
    static const char *const names[] = {"csv", "json", "conll"};
    static const style styles[] = {STYLE_CSV, STYLE_JSON, STYLE_CONLL};
    const char *chosen = NULL;
    *out = STYLE_TSV;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!options_flag(given, names[i])) continue;
        if (chosen)
            return report(HEED_E_INVALID, "--%s and --%s were both given; choose one", names[i],
                          chosen);
        chosen = names[i];
        *out = styles[i];
    }
    return HEED_OK;
}

static heed_status run(const options *given)
{
    heed_context *context = NULL;
    asking a = {.given = given, .best = options_integer(given, "best")};
    heed_status status = choose_style(given, &a.style);
    if (status != HEED_OK) return status;
    if (options_given(given, "abstain")) a.least = options_number(given, "abstain");
    a.g = (gathering){.most = AT_ONCE,
                      .json = a.style == STYLE_JSON || a.style == STYLE_CONLL,
                      .skips = 1,
                      .names = {"text", NULL}};
    status = session_start(given, &context);
    if (status == HEED_OK) status = tasks_load(given, context, TASK_CLASSIFY, &a.model);
    if (status == HEED_OK) status = predict(&a, context);
    gather_close(&a.g);
    heed_model_destroy(&a.model);
    heed_context_destroy(&context);
    return status;
}

static const option_row rows[] = {
    {"best", 'k', "N", OPTION_INTEGER, "1", NULL, 1, 1024, "how many labels to show, best first"},
    {"abstain", 0, "P", OPTION_NUMBER, NULL, NULL, 0, 1,
     "leave open what is not at least this likely: an empty label (JSON: null) and the "
     "probability"},
    {"csv", .help = "write CSV instead of tab-separated columns"},
    {"conll",
     .help = "a model that tags: write a word a line with its columns in the input and its tag, a "
             "blank line after each text"},
    {0},
};

static const verb_example examples[] = {
    {"heed predict m.heed new.txt --abstain 0.9", "for a person to look at the rest"},
    {"echo 'a fine film' | heed predict m.heed", "one line in, one line out: label, probability"},
    {"heed predict m.heed new.csv --json",
     "one JSON object a row, its other fields passed through"},
    {"heed predict slots.heed test.conll --conll", "tag the words of CoNLL sentences"},
    {NULL, NULL},
};

const verb verb_predict = {
    .name = "predict",
    .summary = "label texts with a model",
    .arguments = "MODEL [FILE...]",
    .description =
        "Reads texts from files or standard input (one text a line, or the columns that the model "
        "was trained on) and writes, for each in order, the label and its probability; for several "
        "outputs, each one's; of a model that tags, the tag of each word (what stands between "
        "white "
        "space). A line without text is answered by an empty one. From standard input lines are "
        "answered before more is waited for. "
        "An answer depends on its own text only, to the bit.",
    .least_arguments = 1,
    .most_arguments = -1,
    .options = rows,
    .common = COMMON_THREADS | COMMON_PRECISION | COMMON_JSON | COMMON_QUIET | COMMON_READING,
    .examples = examples,
    .run = run,
};
