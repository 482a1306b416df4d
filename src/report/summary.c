/* SPDX-License-Identifier: MIT */
/* The head of a report: the figures of the run in words. */
#include "report/chart.h"
#include "report/page.h"

#include <math.h>
#include <string.h>

/* Of the best model: the row of its step. */
static double best_of(const heed__run *run, heed__curve curve)
{
    for (size_t i = run->valid.n; i-- > 0;)
        if (run->valid.column[HEED_CURVE_STEP][i] <= run->best_step)
            return run->valid.column[curve][i];
    return heed__columns_last(&run->valid, curve);
}

/* Of several members what they say together. */
static double figure_of(const heed__curves *c, heed__curve curve)
{
    if (c->together) return c->together_says[curve];
    return c->n ? best_of(&c->runs[0], curve) : NAN;
}

/* "token_accuracy" as people say it; as a title it begins with a capital. */
void heed__report_metric(heed__buffer *out, const char *metric, int title)
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

/* A value of the metric. */
static void put_value(heed__report *r, double metric)
{
    int share = strcmp(r->curves.metric, "r2") != 0;
    heed__buffer_number(r->out, share ? 100 * metric : metric, share ? 2 : 4);
    if (share) heed__buffer_text(r->out, " %");
}

/* What each member says alone. */
static void put_alone(heed__report *r)
{
    const heed__curves *c = &r->curves;
    int any = 0;
    for (int i = 0; i < c->n && c->n > 1 && *c->metric; i++) {
        double metric = best_of(&c->runs[i], HEED_CURVE_METRIC);
        if (!isfinite(metric)) continue;
        if (!any++) heed__buffer_text(r->out, "<p class=\"note\">Members alone: ");
        if (any > 1) heed__buffer_text(r->out, ", ");
        put_value(r, metric);
    }
    if (any) heed__buffer_text(r->out, ".</p>\n");
}

/* Since the run was begun, or resumed. */
static double seconds_of(const heed__curves *c)
{
    double seconds = c->together ? c->together_says[HEED_CURVE_SECONDS] : NAN;
    for (int i = 0; i < c->n; i++)
        seconds = fmax(seconds, heed__columns_last(&c->runs[i].valid, HEED_CURVE_SECONDS));
    return seconds;
}

static void put_metric(heed__report *r)
{
    const heed__curves *c = &r->curves;
    double metric = figure_of(c, HEED_CURVE_METRIC), loss = figure_of(c, HEED_CURVE_VALID_LOSS);
    double bleu = figure_of(c, HEED_CURVE_BLEU);
    if (isfinite(metric) && *c->metric) {
        open_card(r->out);
        put_value(r, metric);
        heed__buffer_text(r->out, "</b><span>");
        heed__report_metric(r->out, c->metric, 0);
        heed__buffer_text(r->out, ", validation");
        if (c->together) heed__buffer_format(r->out, ", %d members together", c->together);
        heed__buffer_text(r->out, "</span></div>\n");
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
    double best = r->curves.n == 1 ? r->curves.runs[0].best_step : NAN, parameters = NAN;
    double seconds = seconds_of(&r->curves);
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
    if (isfinite(seconds)) {
        open_card(r->out);
        put_seconds(r->out, seconds);
        close_card(r->out, "of training");
    }
    heed__buffer_text(r->out, "</div>\n");
    put_alone(r);
}

static void put_running(heed__report *r)
{
    const heed_report_options *o = r->options;
    heed__buffer_text(r->out, "<p class=\"running\">Training: ");
    if (o->members > 1) heed__buffer_format(r->out, "member %d of %d, ", o->member, o->members);
    heed__buffer_format(r->out, "step %lld of %lld", (long long)o->step, (long long)o->steps);
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
