/* SPDX-License-Identifier: MIT */
/* The rows that cost a model most, with the words that misled it, and of tags the wrong spans. */
#include "base/fail.h"
#include "data/labels.h"
#include "explain/explainer.h"
#include "explain/html.h"
#include "model/model.h"
#include "report/labels.h"
#include "report/spans.h"
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

/* "mail.tsv:12" */
static void name_row(const heed__report *r, int64_t row, char *out, size_t room)
{
    const char *path;
    int64_t line;
    heed_dataset_position(r->options->rows, row, &path, &line);
    snprintf(out, room, "%s:%lld", path, (long long)line);
}

static heed_status explain_row(heed__report *r, heed_explainer *explainer, int64_t row)
{
    const char *truth[HEED_MODEL_OUTPUTS];
    const heed_dataset *rows = r->options->rows;
    char name[512];
    for (int i = 0; i < heed_model_outputs(r->model); i++) {
        int column = -1;
        HEED_TRY(heed__evaluate_column(r->model, rows, i, &column));
        truth[i] = heed_dataset_label(rows, row, column).bytes;
    }
    name_row(r, row, name, sizeof name);
    return heed_explainer_add(explainer, name, heed_dataset_text(rows, row), truth);
}

/* What the sections about mistakes share. */
typedef struct mistakes {
    heed__report *r;
    heed_tagged *tagged; /* of all rows; NULL where no output is tags */
    heed__report_spans spans;
    heed_explainer *explainer; /* NULL where all outputs are tags */
    int is_signed;
} mistakes;

static int is_tags(const heed_model *model, int output)
{
    return heed_model_output(model, output).kind == HEED_OUTPUT_TAGS;
}

static heed_status tag_rows(mistakes *m)
{
    int64_t n = heed_dataset_rows(m->r->options->rows);
    heed_text *texts = NULL;
    HEED_TRY(heed__alloc((size_t)n, sizeof *texts, "a report", &texts));
    for (int64_t i = 0; i < n; i++) texts[i] = heed_dataset_text(m->r->options->rows, i);
    heed_status status = heed_model_tag(m->r->model, texts, n, NULL, &m->tagged);
    heed__free(texts);
    return status;
}

static heed_status read_spans(mistakes *m, int output, int64_t row)
{
    const heed_dataset *rows = m->r->options->rows;
    int column = -1;
    HEED_TRY(heed__evaluate_column(m->r->model, rows, output, &column));
    return heed__report_spans_read(&m->spans, m->r->model, m->tagged, row, output,
                                   heed_dataset_label(rows, row, column));
}

/* Where there are tags a wrong answer counts as a wrong span does, and by how wrong it is only
 * among equals. */
static heed_status find_costs(mistakes *m, const float *values, double *costs)
{
    enum { EQUALS = 1000 };
    heed__report *r = m->r;
    int64_t n = heed_dataset_rows(r->options->rows);
    int outputs = heed_model_outputs(r->model);
    for (int i = 0; i < outputs; i++)
        if (!is_tags(r->model, i)) HEED_TRY(add_costs(r, i, values, costs));
    for (int64_t row = 0; m->tagged && row < n; row++) {
        if (costs[row] > 0) costs[row] = 1 + costs[row] / EQUALS;
        for (int i = 0; i < outputs; i++) {
            if (!is_tags(r->model, i)) continue;
            HEED_TRY(read_spans(m, i, row));
            costs[row] += (double)heed__report_spans_wrong(&m->spans);
        }
    }
    return HEED_OK;
}

/* The outputs of a text that are no tags, with the words that decided them. */
static heed_status put_words(mistakes *m, const heed__explained *item,
                             const heed__picture_options *picture)
{
    heed__explained_output outputs[HEED_MODEL_OUTPUTS];
    heed__explanation shown = item->shown;
    shown.outputs = outputs;
    shown.n_outputs = 0;
    for (int i = 0; i < heed_model_outputs(m->r->model); i++)
        if (!is_tags(m->r->model, i))
            outputs[shown.n_outputs++] = item->shown.outputs[item->first[i]];
    return heed__html_outputs(m->r->out, &shown, picture, &m->is_signed);
}

/* As much of a text as is shown; whole characters. */
static heed_text cut(heed_text text)
{
    if (text.size <= MOST_CHARACTERS) return text;
    text.size = MOST_CHARACTERS;
    while (text.size && ((unsigned char)text.bytes[text.size] & 0xC0) == 0x80) text.size--;
    return text;
}

/* ": 2 missed, 3 wrong" */
static void put_count(heed__buffer *out, const heed__tag_counts *c)
{
    int64_t missed = c->single ? 0 : c->all.gold - c->all.right;
    int64_t wrong = c->all.given - c->all.right;
    if (missed || wrong) heed__buffer_text(out, ": <span class=\"wrong\">");
    if (missed) heed__buffer_format(out, "%lld missed%s", (long long)missed, wrong ? ", " : "");
    if (wrong) heed__buffer_format(out, "%lld wrong", (long long)wrong);
    if (missed || wrong) heed__buffer_text(out, "</span>");
}

static heed_status put_tagged(mistakes *m, int64_t row, const heed__picture_options *picture)
{
    heed__report *r = m->r;
    heed_text text = heed_dataset_text(r->options->rows, row), shown = cut(text);
    const heed__explained *item =
        m->explainer ? &m->explainer->items[m->explainer->count - 1] : NULL;
    char name[512];
    name_row(r, row, name, sizeof name);
    heed__html_open(r->out, name);
    if (item) HEED_TRY(put_words(m, item, picture));
    for (int i = 0; i < heed_model_outputs(r->model); i++) {
        if (!is_tags(r->model, i)) continue;
        HEED_TRY(read_spans(m, i, row));
        heed__buffer_text(r->out, "<h3>");
        heed__report_text(r->out, heed_model_output(r->model, i).name);
        put_count(r->out, &m->spans.counts);
        heed__buffer_text(r->out, "</h3>\n");
        heed__report_spans_put(r->out, &m->spans, shown);
    }
    if (shown.size < text.size)
        heed__report_note(r->out, "The text goes on; %d bytes of it are shown.", (int)shown.size);
    heed__html_close(r->out);
    return HEED_OK;
}

static heed_status put_row(mistakes *m, int64_t row)
{
    heed__picture_options picture = heed__picture_defaults();
    picture.max_characters = MOST_CHARACTERS;
    if (m->explainer) HEED_TRY(explain_row(m->r, m->explainer, row));
    if (m->tagged) return put_tagged(m, row, &picture);
    const heed__explained *item = &m->explainer->items[m->explainer->count - 1];
    return heed__html_explanation(m->r->out, &item->shown, &picture, &m->is_signed);
}

static heed_status put_worst(mistakes *m, const int64_t *worst, int count)
{
    const heed_explain_options how = {.methods = "occlusion", .removed = -1};
    heed__report *r = m->r;
    int others = 0;
    for (int i = 0; i < heed_model_outputs(r->model); i++) others += !is_tags(r->model, i);
    heed__report_heading(r->out, "Worst mistakes");
    if (m->tagged)
        heed__report_note(r->out,
                          "The texts with the most wrong spans%s. A dashed line: a span "
                          "that was missed, or found where there is none.",
                          others ? " and answers, and the words that spoke for each answer and "
                                   "against it"
                                 : "");
    else
        heed__report_note(r->out, "The wrong answers that the model was surest of, and the words "
                                  "that spoke for them and against them.");
    if (others) HEED_TRY(heed_explainer_create(r->model, &how, &m->explainer));
    for (int i = 0; i < count; i++) HEED_TRY(put_row(m, worst[i]));
    if (others) heed__html_legend(r->out, m->is_signed);
    return r->out->status;
}

heed_status heed__report_mistakes(heed__report *r, const float *values)
{
    mistakes m = {.r = r};
    int64_t n = heed_dataset_rows(r->options->rows), *worst = NULL;
    double *costs = NULL;
    int found = 0;
    heed_status status = heed__alloc((size_t)n, sizeof *costs, "a report", &costs);
    if (status == HEED_OK)
        status = heed__alloc((size_t)r->examples, sizeof *worst, "a report", &worst);
    if (status == HEED_OK && heed__model_tags(r->model)) status = tag_rows(&m);
    if (status == HEED_OK) status = find_costs(&m, values, costs);
    if (status == HEED_OK) found = find_worst(costs, n, r->examples, worst);
    if (found) status = put_worst(&m, worst, found);
    heed_explainer_destroy(&m.explainer);
    heed__report_spans_free(&m.spans);
    heed_tagged_destroy(&m.tagged);
    heed__free(costs);
    heed__free(worst);
    return status;
}
