/* SPDX-License-Identifier: MIT */
/* The curves of a report: a line for each network that was trained, and what several say together.
 */
#include "report/chart.h"
#include "report/page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* So many members have a colour and a name each; of more only the lowest and the highest. */
enum { COLOURS = 4, NAME = 24 };

/* The lines of one chart. */
typedef struct drawing {
    heed__chart chart;
    heed__chart_line lines[2 * HEED_CURVE_RUNS];
    char names[HEED_CURVE_RUNS][NAME];
    char rule[NAME];
} drawing;

static double most_step(const heed__curves *c)
{
    double most = 0;
    for (int i = 0; i < c->n; i++) {
        most = fmax(most, heed__columns_last(&c->runs[i].valid, HEED_CURVE_STEP));
        most = fmax(most, heed__columns_last(&c->runs[i].trace, HEED_CURVE_STEP));
    }
    return most;
}

static void begin(drawing *d, const heed__report *r, const char *title, const char *unit)
{
    *d = (drawing){.chart = {.title = title,
                             .unit = unit,
                             .most_x = most_step(&r->curves),
                             .rule = NAN,
                             .rule_name = "",
                             .mark = NAN,
                             .mark_name = "best"}};
    d->chart.lines = d->lines;
}

static void end(drawing *d, heed__report *r)
{
    heed__chart_draw(r->out, &d->chart);
}

static void add(drawing *d, const heed__columns *c, heed__curve curve, const char *name,
                const char *colour, int points)
{
    d->lines[d->chart.n_lines++] = (heed__chart_line){
        name, colour, c->column[HEED_CURVE_STEP], c->column[curve], c->n, points};
}

static const heed__columns *columns_of(const heed__run *run, int traced)
{
    return traced && run->trace.n ? &run->trace : &run->valid;
}

/* Of many the two that end lowest and highest. */
static int is_outermost(const heed__curves *c, int which, int traced, heed__curve curve)
{
    int least = -1, most = -1;
    double lowest = INFINITY, highest = -INFINITY;
    for (int i = 0; i < c->n; i++) {
        double last = heed__columns_last(columns_of(&c->runs[i], traced), curve);
        if (last < lowest) lowest = last, least = i;
        if (last > highest) highest = last, most = i;
    }
    return which == least || which == most;
}

/* A line for each run; its values are multiplied by `scale` first. `name` is that of a run alone.
 */
static void add_runs(drawing *d, heed__report *r, int traced, heed__curve curve, const char *name,
                     double scale, int points)
{
    static const char *const colours[COLOURS] = {"ca", "cc", "cd", "ce"};
    const heed__curves *c = &r->curves;
    for (int i = 0; i < c->n; i++) {
        const heed__columns *from = columns_of(&c->runs[i], traced);
        for (size_t j = 0; j < from->n; j++) from->column[curve][j] *= scale;
    }
    for (int i = 0; i < c->n; i++) {
        const heed__columns *from = columns_of(&c->runs[i], traced);
        const char *called = c->n == 1 ? name : d->names[i];
        int few = c->n <= COLOURS;
        snprintf(d->names[i], NAME, "member %d", i + 1);
        if (!few && !is_outermost(c, i, traced, curve)) called = NULL;
        add(d, from, curve, called, few ? colours[i] : "ca", points);
    }
}

/* The level of all together, or the step of the best. */
static void add_best(drawing *d, const heed__report *r, heed__curve curve, double scale)
{
    const heed__curves *c = &r->curves;
    if (c->n == 1) d->chart.mark = c->runs[0].best_step;
    if (!c->together || !isfinite(c->together_says[curve])) return;
    d->chart.rule = scale * c->together_says[curve];
    d->chart.with_rule = 1;
    d->chart.rule_name = d->rule;
    snprintf(d->rule, NAME, "%d together", c->together);
}

static void put_losses(heed__report *r)
{
    drawing d;
    const heed__curves *c = &r->curves;
    begin(&d, r, "Loss",
          c->n > 1 ? "nats; grey: in training, with dropout and smoothing"
                   : "nats; in training with dropout and smoothing");
    for (int i = 0; i < c->n; i++) {
        int traced = c->runs[i].trace.n > 0;
        add(&d, columns_of(&c->runs[i], 1), HEED_CURVE_LOSS, i ? NULL : "training", "cb", !traced);
    }
    add_runs(&d, r, 0, HEED_CURVE_VALID_LOSS, "validation", 1, 1);
    add_best(&d, r, HEED_CURVE_VALID_LOSS, 1);
    end(&d, r);
}

static void put_metrics(heed__report *r)
{
    drawing d;
    double scale = strcmp(r->curves.metric, "r2") != 0 ? 100 : 1;
    heed__buffer name = {0};
    heed__report_metric(&name, r->curves.metric, 1);
    if (*r->curves.metric) {
        begin(&d, r, name.bytes ? name.bytes : "",
              scale > 1 ? "of the validation data, %" : "of the validation data");
        add_runs(&d, r, 0, HEED_CURVE_METRIC, "validation", scale, 1);
        add_best(&d, r, HEED_CURVE_METRIC, scale);
        end(&d, r);
    }
    heed__buffer_free(&name);
    begin(&d, r, "BLEU", "greedy, of a sample of the validation data");
    add_runs(&d, r, 0, HEED_CURVE_BLEU, "validation", 1, 1);
    add_best(&d, r, HEED_CURVE_BLEU, 1);
    end(&d, r);
}

static double clip_of(const heed__report *r)
{
    const json_t *config = json_object_get(r->info, "config");
    const json_t *clip = json_object_get(json_object_get(config, "train"), "clip");
    double value = json_is_number(clip) ? json_number_value(clip) : 0;
    return value > 0 ? value : NAN;
}

static void put_norms(heed__report *r)
{
    drawing d;
    begin(&d, r, "Norm of the gradient", "before it is clipped");
    d.chart.rule = clip_of(r);
    d.chart.rule_name = "clipped above";
    add_runs(&d, r, 1, HEED_CURVE_NORM, "norm", 1, 0);
    end(&d, r);
}

/* Of what is read from zero. */
static void put_amounts(heed__report *r, const char *title, const char *unit, int traced,
                        heed__curve curve, const char *name, double scale)
{
    drawing d;
    begin(&d, r, title, unit);
    d.chart.from_zero = 1;
    add_runs(&d, r, traced, curve, name, scale, !traced);
    end(&d, r);
}

void heed__report_curves(heed__report *r)
{
    size_t validations = 0;
    for (int i = 0; i < r->curves.n; i++) validations += r->curves.runs[i].valid.n;
    if (!validations) return;
    heed__report_heading(r->out, "Curves");
    heed__buffer_text(r->out, "<div class=\"charts\">\n");
    put_losses(r);
    put_metrics(r);
    put_norms(r);
    put_amounts(r, "Learning rate", "", 1, HEED_CURVE_RATE, "rate", 1);
    put_amounts(r, "Speed", "thousand tokens a second, validation included", 0, HEED_CURVE_SPEED,
                "speed", 1e-3);
    put_amounts(r, "Memory", "MB, the most that the process took so far", 0, HEED_CURVE_MEMORY,
                "memory", 1e-6);
    heed__buffer_text(r->out, "</div>\n");
}
