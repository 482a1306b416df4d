/* SPDX-License-Identifier: MIT */
/* The head of a report: the figures of the run in words; and its curves. */
#include "report/chart.h"
#include "report/page.h"

#include <math.h>
#include <string.h>

/* The last finite value of a column; NaN for none. */
static double last_of(const heed__columns *c, heed__curve curve)
{
    for (size_t i = c->n; i-- > 0;)
        if (isfinite(c->column[curve][i])) return c->column[curve][i];
    return NAN;
}

/* Of the best model: the row of its step. */
static double best_of(const heed__curves *c, heed__curve curve)
{
    for (size_t i = c->valid.n; i-- > 0;)
        if (c->valid.column[HEED_CURVE_STEP][i] <= c->best_step) return c->valid.column[curve][i];
    return last_of(&c->valid, curve);
}

/* "token_accuracy" as people say it; as a title it begins with a capital. */
static void put_name(heed__buffer *out, const char *metric, int title)
{
    static const char *const names[][2] = {
        {"r2", "R²"}, {"micro_f1", "micro-F1"}, {"macro_f1", "macro-F1"}, {"span_f1", "span F1"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(metric, names[i][0]) == 0) {
            heed__report_text(out, names[i][1]);
            return;
        }
    for (; *metric; metric++) {
        char one[2] = {*metric == '_' ? ' ' : *metric, 0};
        if (title && *one >= 'a' && *one <= 'z') *one = (char)(*one - 'a' + 'A');
        heed__report_text(out, one);
        title = 0;
    }
}

static void open_card(heed__buffer *out)
{
    heed__buffer_text(out, "<div><b>");
}

static void close_card(heed__buffer *out, const char *what)
{
    heed__buffer_text(out, "</b><span>");
    heed__report_text(out, what);
    heed__buffer_text(out, "</span></div>\n");
}

static void put_seconds(heed__buffer *out, double seconds)
{
    double unit = seconds < 100 ? 1 : seconds < 6000 ? 60 : 3600;
    heed__buffer_number(out, seconds / unit, unit > 60 || seconds < 10 ? 1 : 0);
    heed__buffer_text(out, unit < 60 ? " s" : unit < 3600 ? " min" : " h");
}

static void put_metric(heed__report *r)
{
    const heed__curves *c = &r->curves;
    double metric = best_of(c, HEED_CURVE_METRIC), loss = best_of(c, HEED_CURVE_VALID_LOSS);
    double bleu = best_of(c, HEED_CURVE_BLEU);
    if (isfinite(metric) && *c->metric) {
        open_card(r->out);
        if (strcmp(c->metric, "r2") == 0) {
            heed__buffer_number(r->out, metric, 4);
        } else {
            heed__buffer_number(r->out, 100 * metric, 2);
            heed__buffer_text(r->out, " %");
        }
        heed__buffer_text(r->out, "</b><span>");
        put_name(r->out, c->metric, 0);
        heed__buffer_text(r->out, ", validation</span></div>\n");
    }
    if (isfinite(bleu)) {
        open_card(r->out);
        heed__buffer_number(r->out, bleu, 1);
        close_card(r->out, "BLEU of a sample, greedy");
    }
    if (!isfinite(loss)) return;
    open_card(r->out);
    heed__chart_number(r->out, loss);
    close_card(r->out, "validation loss");
    if (strcmp(c->metric, "token_accuracy") != 0) return;
    open_card(r->out);
    heed__buffer_number(r->out, exp(loss), 2);
    close_card(r->out, "perplexity of a token");
}

static void put_cards(heed__report *r)
{
    const heed__columns *v = &r->curves.valid;
    double best = r->curves.best_step, parameters = NAN;
    const json_t *count = json_object_get(r->info, "parameters");
    if (json_is_integer(count)) parameters = (double)json_integer_value(count);
    heed__buffer_text(r->out, "<div class=\"cards\">\n");
    put_metric(r);
    if (isfinite(best)) {
        open_card(r->out);
        heed__chart_count(r->out, best);
        close_card(r->out, "step of the best model");
    }
    if (isfinite(parameters)) {
        open_card(r->out);
        if (parameters >= 1e5) {
            heed__buffer_number(r->out, parameters / 1e6, parameters >= 1e7 ? 1 : 2);
            heed__buffer_text(r->out, " M");
        } else {
            heed__chart_count(r->out, parameters);
        }
        close_card(r->out, "parameters");
    }
    if (isfinite(last_of(v, HEED_CURVE_SECONDS))) {
        open_card(r->out);
        put_seconds(r->out, last_of(v, HEED_CURVE_SECONDS));
        close_card(r->out, "of training");
    }
    heed__buffer_text(r->out, "</div>\n");
}

static void put_running(heed__report *r)
{
    const heed_report_options *o = r->options;
    heed__buffer_format(r->out, "<p class=\"running\">Training: step %lld of %lld",
                        (long long)o->step, (long long)o->steps);
    if (o->seconds_left >= 0) {
        heed__buffer_text(r->out, ", about ");
        put_seconds(r->out, o->seconds_left);
        heed__buffer_text(r->out, " left");
    }
    heed__buffer_format(r->out,
                        ". This page loads itself again every %d s.<br><progress max=\"%lld\" "
                        "value=\"%lld\"></progress></p>\n",
                        o->again, (long long)o->steps, (long long)o->step);
}

void heed__report_summary(heed__report *r)
{
    const char *task = json_string_value(json_object_get(r->info, "task"));
    static const char *const names[][2] = {{"classify", "A model that labels texts"},
                                           {"translate", "A model that translates"},
                                           {"language", "A language model"}};
    for (size_t i = 0; task && i < sizeof names / sizeof *names; i++)
        if (strcmp(task, names[i][0]) == 0)
            heed__buffer_format(r->out, "<p class=\"lead\">%s.</p>\n", names[i][1]);
    if (r->options->again > 0) put_running(r);
    put_cards(r);
}

/* ---- curves ---- */

static heed__chart chart_of(const heed__report *r, const char *title, const char *unit)
{
    const heed__columns *v = &r->curves.valid, *t = &r->curves.trace;
    double most = fmax(v->n ? v->column[HEED_CURVE_STEP][v->n - 1] : 0,
                       t->n ? t->column[HEED_CURVE_STEP][t->n - 1] : 0);
    return (heed__chart){.title = title,
                         .unit = unit,
                         .most_x = most,
                         .rule = NAN,
                         .rule_name = "",
                         .mark = r->curves.best_step,
                         .mark_name = "best"};
}

static heed__chart_line line_of(const heed__columns *c, heed__curve curve, const char *name,
                                const char *colour, int points)
{
    return (heed__chart_line){name, colour, c->column[HEED_CURVE_STEP], c->column[curve],
                              c->n, points};
}

static void put_losses(heed__report *r)
{
    const heed__columns *v = &r->curves.valid, *t = &r->curves.trace;
    heed__chart c = chart_of(r, "Loss", "nats; in training with dropout and smoothing");
    const heed__chart_line lines[] = {
        line_of(t->n ? t : v, HEED_CURVE_LOSS, "training", "cb", !t->n),
        line_of(v, HEED_CURVE_VALID_LOSS, "validation", "ca", 1)};
    c.lines = lines;
    c.n_lines = 2;
    heed__chart_draw(r->out, &c);
}

/* One line; the column may be scaled. */
static void put_one(heed__report *r, heed__chart *c, const heed__columns *from, heed__curve curve,
                    const char *name, double scale, int points)
{
    for (size_t i = 0; i < from->n; i++) from->column[curve][i] *= scale;
    const heed__chart_line line = line_of(from, curve, name, "ca", points);
    c->lines = &line;
    c->n_lines = 1;
    heed__chart_draw(r->out, c);
    c->lines = NULL;
}

static void put_metrics(heed__report *r)
{
    const heed__columns *v = &r->curves.valid;
    int share = strcmp(r->curves.metric, "r2") != 0;
    heed__buffer name = {0};
    put_name(&name, r->curves.metric, 1);
    heed__chart c = chart_of(r, name.bytes ? name.bytes : "", share ? "%" : "");
    if (*r->curves.metric) put_one(r, &c, v, HEED_CURVE_METRIC, "validation", share ? 100 : 1, 1);
    heed__buffer_free(&name);
    c = chart_of(r, "BLEU", "greedy, of a sample of the validation data");
    put_one(r, &c, v, HEED_CURVE_BLEU, "validation", 1, 1);
}

static double clip_of(const heed__report *r)
{
    const json_t *config = json_object_get(r->info, "config");
    const json_t *clip = json_object_get(json_object_get(config, "train"), "clip");
    double value = json_is_number(clip) ? json_number_value(clip) : 0;
    return value > 0 ? value : NAN;
}

void heed__report_curves(heed__report *r)
{
    const heed__columns *v = &r->curves.valid;
    const heed__columns *t = r->curves.trace.n ? &r->curves.trace : v;
    if (!v->n) return;
    heed__report_heading(r->out, "Curves");
    heed__buffer_text(r->out, "<div class=\"charts\">\n");
    put_losses(r);
    put_metrics(r);
    heed__chart c = chart_of(r, "Norm of the gradient", "before it is clipped");
    c.mark = NAN;
    c.rule = clip_of(r);
    c.rule_name = "clipped above";
    put_one(r, &c, t, HEED_CURVE_NORM, "norm", 1, 0);
    c = chart_of(r, "Learning rate", "");
    c.mark = NAN;
    c.from_zero = 1;
    put_one(r, &c, t, HEED_CURVE_RATE, "rate", 1, 0);
    c = chart_of(r, "Speed", "thousand tokens a second, validation included");
    c.mark = NAN;
    c.from_zero = 1;
    put_one(r, &c, v, HEED_CURVE_SPEED, "speed", 1e-3, 1);
    c = chart_of(r, "Memory", "MB, the most that the process took so far");
    c.mark = NAN;
    c.from_zero = 1;
    put_one(r, &c, v, HEED_CURVE_MEMORY, "memory", 1e-6, 1);
    heed__buffer_text(r->out, "</div>\n");
}
