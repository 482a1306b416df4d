/* SPDX-License-Identifier: MIT */
/*
 *       title, unit                                     A chart's box, in units of its view:
 *   y   +---------------------------------+
 *   ... |            lines                | label 0.48   0 .. LEFT: values; RIGHT .. WIDTH: what
 *   0   +---------------------------------+              lines are called, moved apart where they
 *       0        steps               1,302               would touch
 */
#include "report/chart.h"

#include "explain/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 460, HEIGHT = 236, LEFT = 50, RIGHT = 352, TOP = 34, BOTTOM = 202 };
enum { MOST_POINTS = 300, MOST_HOVERS = 200, LINE_HEIGHT = 15, WANTED_TICKS = 4 };

static const double log_from = 100;     /* largest by smallest */
static const double least_plain = 1e-4; /* smaller numbers are written with a power of ten */

const char heed__chart_style[] =
    ":root{--ca:#1a66d6;--cb:#8a9099;--cc:#b8620b;--cd:#1d7f45;--ce:#8a3fb5}\n"
    ".charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(25em,1fr));gap:.6em 1.6em;"
    "margin:.6em 0}\n"
    "svg.chart{width:100%;height:auto;display:block;font-size:12px}\n"
    ".chart text{fill:var(--soft)}\n.chart "
    ".title{fill:var(--ink);font-size:14px;font-weight:bold}\n"
    ".chart .axis{stroke:var(--line);stroke-width:1}\n"
    ".chart .rule{stroke:var(--soft);stroke-dasharray:4 3}\n"
    ".chart path{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}\n"
    ".chart path.ca,.chart circle.ca{stroke:var(--ca)}.chart path.cb,.chart circle.cb{stroke:"
    "var(--cb)}.chart path.cc,.chart circle.cc{stroke:var(--cc)}.chart path.cd,.chart circle.cd{"
    "stroke:var(--cd)}.chart path.ce,.chart circle.ce{stroke:var(--ce)}\n"
    ".chart path.cb{stroke-width:1.4}\n.chart path.pale{stroke-opacity:.4;stroke-width:1.4}\n"
    ".chart circle{fill:var(--ground);stroke-width:1.6}\n"
    ".chart .ca{--c:var(--ca)}.chart .cb{--c:var(--soft)}.chart .cc{--c:var(--cc)}"
    ".chart .cd{--c:var(--cd)}.chart .ce{--c:var(--ce)}\n"
    ".chart text[class^=c],.chart .at tspan{fill:var(--c)}\n"
    ".chart .at rect{fill:transparent}.chart .at line{stroke:var(--soft);opacity:0}\n"
    ".chart .at text{opacity:0;fill:var(--ink)}\n"
    ".chart .at:hover line,.chart .at:hover text{opacity:1}\n"
    ".chart:hover .off{opacity:0}\n";
const char heed__chart_dark[] =
    ":root{--ca:#8ab4f8;--cb:#9aa0a6;--cc:#f6ad55;--cd:#7fce9b;--ce:#d0a0f2}\n";

/* ---- numbers ---- */

void heed__chart_count(heed__buffer *out, double value)
{
    char digits[32];
    heed__buffer whole = {0};
    heed__buffer_number(&whole, value, 0);
    size_t n = whole.size < sizeof digits ? whole.size : sizeof digits - 1;
    if (whole.bytes) memcpy(digits, whole.bytes, n);
    heed__buffer_free(&whole);
    for (size_t i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0 && digits[i - 1] != '-') heed__buffer_text(out, ",");
        heed__buffer_add(out, digits + i, 1);
    }
}

static int decimals_of(double size)
{
    int decimals = 3 - (int)floor(log10(size > 0 ? size : 1));
    return decimals < 0 ? 0 : decimals > 9 ? 9 : decimals;
}

void heed__chart_number(heed__buffer *out, double value)
{
    heed__buffer text = {0};
    if (isfinite(value) && fabs(value) >= 1000) {
        heed__chart_count(out, value);
        return;
    }
    if (isfinite(value) && value != 0 && fabs(value) < least_plain) {
        int power = (int)floor(log10(fabs(value)));
        heed__buffer_number(out, value * pow(10, -power), 1);
        heed__buffer_format(out, "e%d", power);
        return;
    }
    int decimals = isfinite(value) ? decimals_of(fabs(value)) : 0;
    heed__buffer_number(&text, value, decimals);
    if (decimals > 4) /* of small ones no noughts at the end */
        while (text.size && text.bytes[text.size - 1] == '0') text.size--;
    heed__buffer_add(out, text.bytes ? text.bytes : "", text.size);
    heed__buffer_free(&text);
}

/* ---- scales ---- */

typedef struct scale {
    double least, most, step; /* of ticks */
    int is_log, decimals;
} scale;

/* 1, 2 or 5 times a power of ten. */
static double round_step(double wanted)
{
    double power = pow(10, floor(log10(wanted)));
    double share = wanted / power;
    return power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
}

static void find_range(const heed__chart *c, double *least, double *most)
{
    *least = INFINITY;
    *most = -INFINITY;
    for (size_t i = 0; i < c->n_lines; i++)
        for (size_t j = 0; j < c->lines[i].n; j++) {
            double y = c->lines[i].y[j];
            if (!isfinite(y) || !isfinite(c->lines[i].x[j])) continue;
            *least = fmin(*least, y);
            *most = fmax(*most, y);
        }
    if (!c->with_rule || !isfinite(c->rule) || !(*least <= *most)) return;
    *least = fmin(*least, c->rule);
    *most = fmax(*most, c->rule);
}

static scale scale_of(const heed__chart *c)
{
    scale s = {.is_log = 0};
    double least, most;
    find_range(c, &least, &most);
    if (c->from_zero) least = fmin(least, 0);
    if (least > 0 && most / least >= log_from) {
        s.is_log = 1;
        s.least = floor(log10(least));
        s.most = ceil(log10(most));
        s.step = ceil((s.most - s.least) / WANTED_TICKS);
        return s;
    }
    if (!(most - least > 1e-12 * fabs(most))) most = least + (least != 0 ? fabs(least) / 5 : 1);
    s.step = round_step((most - least) / WANTED_TICKS);
    s.least = floor(least / s.step + 1e-9) * s.step;
    s.most = ceil(most / s.step - 1e-9) * s.step;
    s.decimals = (int)ceil(-log10(s.step) - 1e-9);
    if (s.decimals < 0) s.decimals = 0;
    if (s.decimals > 9) s.decimals = 9;
    return s;
}

static double x_of(const heed__chart *c, double x)
{
    return LEFT + (RIGHT - LEFT) * (c->most_x > 0 ? x / c->most_x : 0);
}

static double y_of(const scale *s, double y)
{
    double at = s->is_log ? log10(y) : y;
    return BOTTOM - (BOTTOM - TOP) * (at - s->least) / (s->most - s->least);
}

/* ---- parts ---- */

static void put_escaped(heed__buffer *out, const char *text)
{
    heed__html_escaped(out, text, strlen(text));
}

/* " name=\"12.3\"" */
static void put_place(heed__buffer *out, const char *name, double value)
{
    heed__buffer_format(out, " %s=\"", name);
    heed__buffer_number(out, value, 1);
    heed__buffer_text(out, "\"");
}

static void put_line(heed__buffer *out, const char *kind, double x1, double y1, double x2,
                     double y2)
{
    heed__buffer_format(out, "<line class=\"%s\"", kind);
    put_place(out, "x1", x1);
    put_place(out, "y1", y1);
    put_place(out, "x2", x2);
    put_place(out, "y2", y2);
    heed__buffer_text(out, "/>");
}

/* Opens a text; anchor is "start", "middle" or "end". */
static void open_text(heed__buffer *out, const char *kind, const char *anchor, double x, double y)
{
    heed__buffer_format(out, "<text class=\"%s\" text-anchor=\"%s\"", kind, anchor);
    put_place(out, "x", x);
    put_place(out, "y", y);
    heed__buffer_text(out, ">");
}

static void put_axes(heed__buffer *out, const heed__chart *c, const scale *s)
{
    for (double at = s->least; at <= s->most + s->step / 2; at += s->step) {
        double y = BOTTOM - (BOTTOM - TOP) * (at - s->least) / (s->most - s->least);
        put_line(out, "axis", LEFT, y, RIGHT, y);
        open_text(out, "tick", "end", LEFT - 6, y + 4);
        if (s->is_log)
            heed__buffer_number(out, pow(10, at), at < 0 ? (int)-at : 0);
        else
            heed__buffer_number(out, at, s->decimals);
        heed__buffer_text(out, "</text>\n");
    }
    double step = c->most_x > 0 ? round_step(c->most_x / WANTED_TICKS) : 1;
    if (step < 1) step = 1;
    for (double at = 0; at <= c->most_x * (1 + 1e-9); at += step) {
        open_text(out, "tick", "middle", x_of(c, at), BOTTOM + 16);
        heed__chart_count(out, at);
        heed__buffer_text(out, "</text>");
    }
    open_text(out, "tick", "start", RIGHT + 22, BOTTOM + 16);
    heed__buffer_text(out, "steps</text>\n");
}

static void put_marks(heed__buffer *out, const heed__chart *c, const scale *s)
{
    if (isfinite(c->mark)) {
        double x = x_of(c, c->mark);
        put_line(out, "rule", x, TOP, x, BOTTOM);
        open_text(out, "off", x > (LEFT + RIGHT) / 2 ? "end" : "start",
                  x > (LEFT + RIGHT) / 2 ? x - 4 : x + 4, TOP - 3);
        put_escaped(out, c->mark_name);
        heed__buffer_text(out, "</text>\n");
    }
    if (!isfinite(c->rule)) return;
    double y = s->is_log && c->rule <= 0 ? NAN : y_of(s, c->rule);
    if (!(y >= TOP && y <= BOTTOM)) return;
    put_line(out, "rule", LEFT, y, RIGHT, y);
    open_text(out, "", "start", LEFT + 4, y - 4);
    put_escaped(out, c->rule_name);
    heed__buffer_text(out, "</text>\n");
}

/* Of many points the means of neighbours. */
static void put_curve(heed__buffer *out, const heed__chart *c, const scale *s,
                      const heed__chart_line *l)
{
    size_t each = (l->n + MOST_POINTS - 1) / MOST_POINTS, drawn = 0;
    heed__buffer_format(out, "<path class=\"%s%s\" d=\"", l->colour, l->name ? "" : " pale");
    for (size_t i = 0; i < l->n; i += each) {
        double x = 0, y = 0, count = 0;
        for (size_t j = i; j < l->n && j < i + each; j++) {
            if (!isfinite(l->y[j]) || !isfinite(l->x[j])) continue;
            x += l->x[j];
            y += l->y[j];
            count++;
        }
        if (count == 0 || (s->is_log && y <= 0)) continue;
        heed__buffer_text(out, drawn++ ? "L" : "M");
        heed__buffer_number(out, x_of(c, x / count), 1);
        heed__buffer_text(out, " ");
        heed__buffer_number(out, y_of(s, y / count), 1);
    }
    heed__buffer_text(out, "\"/>\n");
    if (!l->points || !l->name || l->n > MOST_POINTS / 5) return;
    for (size_t i = 0; i < l->n; i++) {
        if (!isfinite(l->y[i]) || !isfinite(l->x[i]) || (s->is_log && l->y[i] <= 0)) continue;
        heed__buffer_format(out, "<circle class=\"%s\" r=\"2.6\"", l->colour);
        put_place(out, "cx", x_of(c, l->x[i]));
        put_place(out, "cy", y_of(s, l->y[i]));
        heed__buffer_text(out, "/>");
    }
}

/* ---- what lines are called ---- */

typedef struct name {
    double y, value;
    const heed__chart_line *line;
} name;

static int by_height(const void *a, const void *b)
{
    const name *x = a, *y = b;
    return (x->y > y->y) - (x->y < y->y);
}

static void put_names(heed__buffer *out, const heed__chart *c, const scale *s)
{
    name names[HEED_CHART_NAMES];
    size_t n = 0;
    for (size_t i = 0; i < c->n_lines && n < HEED_CHART_NAMES; i++) {
        const heed__chart_line *l = &c->lines[i];
        size_t at = l->name ? l->n : 0;
        while (at && !isfinite(l->y[at - 1])) at--;
        if (!at || (s->is_log && l->y[at - 1] <= 0)) continue;
        names[n++] = (name){y_of(s, l->y[at - 1]), l->y[at - 1], l};
    }
    qsort(names, n, sizeof *names, by_height);
    for (size_t i = 1; i < n; i++) /* a name takes two lines */
        names[i].y = fmax(names[i].y, names[i - 1].y + 2 * LINE_HEIGHT + 3);
    for (size_t i = n; i-- > 0;) {
        double lowest = i + 1 < n ? names[i + 1].y - 2 * LINE_HEIGHT - 3 : BOTTOM - LINE_HEIGHT - 3;
        names[i].y = fmin(names[i].y, lowest);
    }
    for (size_t i = 0; i < n; i++) {
        open_text(out, names[i].line->colour, "start", RIGHT + 8, names[i].y + 4);
        put_escaped(out, names[i].line->name);
        heed__buffer_text(out, "<tspan x=\"360\" dy=\"15\">");
        heed__chart_number(out, names[i].value);
        heed__buffer_text(out, "</tspan></text>\n");
    }
}

/* ---- values where one points ---- */

/* The last value of a line at or before a step. */
static double value_at(const heed__chart_line *l, double step)
{
    double value = NAN;
    for (size_t i = 0; i < l->n && !(l->x[i] > step); i++)
        if (isfinite(l->y[i])) value = l->y[i];
    return value;
}

static size_t names_of(const heed__chart *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n_lines; i++) n += c->lines[i].name != NULL;
    return n;
}

static void put_hover(heed__buffer *out, const heed__chart *c, double from, double to, double step)
{
    double x = x_of(c, step);
    heed__buffer_text(out, "<g class=\"at\"><rect");
    put_place(out, "x", from);
    put_place(out, "y", TOP);
    put_place(out, "width", to - from);
    put_place(out, "height", BOTTOM - TOP);
    heed__buffer_text(out, "/>");
    put_line(out, "", x, TOP, x, BOTTOM);
    open_text(out, "", "end", RIGHT, TOP - 3);
    heed__buffer_text(out, "step ");
    heed__chart_count(out, step);
    int many = names_of(c) > 2; /* then values have their line's colour in the place of its name */
    for (size_t i = 0; i < c->n_lines; i++) {
        const heed__chart_line *l = &c->lines[i];
        double value = l->name ? value_at(l, step) : NAN;
        if (!isfinite(value)) continue;
        heed__buffer_text(out, i ? ", " : ": ");
        if (many)
            heed__buffer_format(out, "<tspan class=\"%s\">", l->colour);
        else
            put_escaped(out, l->name);
        if (!many) heed__buffer_text(out, " ");
        heed__chart_number(out, value);
        if (many) heed__buffer_text(out, "</tspan>");
    }
    heed__buffer_text(out, "</text></g>\n");
}

/* Whether points of a are better to be pointed at than those of b. */
static int goes_further(const heed__chart_line *a, const heed__chart_line *b)
{
    if (a->points != b->points) return a->points;
    return a->points && a->n && (!b->n || a->x[a->n - 1] > b->x[b->n - 1]);
}

/* One strip for each point of the longest line whose points count, or of the first line. */
static void put_hovers(heed__buffer *out, const heed__chart *c)
{
    const heed__chart_line *l = &c->lines[0];
    for (size_t i = 1; i < c->n_lines; i++)
        if (goes_further(&c->lines[i], l)) l = &c->lines[i];
    size_t each = (l->n + MOST_HOVERS - 1) / MOST_HOVERS;
    double from = LEFT;
    for (size_t i = 0; i < l->n; i += each) {
        double here = x_of(c, l->x[i]);
        double next = i + each < l->n ? x_of(c, l->x[i + each]) : 2 * RIGHT - here;
        double to = (here + next) / 2;
        if (to > RIGHT) to = RIGHT;
        if (to > from) put_hover(out, c, from, to, l->x[i]);
        from = fmax(from, to);
    }
}

void heed__chart_draw(heed__buffer *out, const heed__chart *c)
{
    double least, most;
    find_range(c, &least, &most);
    if (!(least <= most)) return;
    scale s = scale_of(c);
    heed__buffer_format(out,
                        "<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"",
                        WIDTH, HEIGHT);
    put_escaped(out, c->title);
    heed__buffer_text(out, "\">\n");
    open_text(out, "title", "start", 4, 14);
    put_escaped(out, c->title);
    if (*c->unit) {
        heed__buffer_text(out, "<tspan font-weight=\"normal\" font-size=\"12\" dx=\"6\">");
        put_escaped(out, c->unit);
        heed__buffer_text(out, "</tspan>");
    }
    heed__buffer_text(out, "</text>\n");
    put_axes(out, c, &s);
    put_marks(out, c, &s);
    for (size_t i = c->n_lines; i-- > 0;) put_curve(out, c, &s, &c->lines[i]);
    put_names(out, c, &s);
    put_hovers(out, c);
    heed__buffer_text(out, "</svg>\n");
}
