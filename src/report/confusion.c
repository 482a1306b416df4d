/* SPDX-License-Identifier: MIT */
/* Labels of a report: the confusion matrix where it can be read, else the commonest confusions; a
 * line for each label; and numbers as points. */
#include "explain/html.h"
#include "report/chart.h"
#include "report/labels.h"

#include <math.h>
#include <stdlib.h>

enum { MATRIX_LABELS = 20, TABLE_LABELS = 100, CONFUSIONS = 12, POINTS = 600, SIDE = 300 };

/* ---- the matrix ---- */

static void put_row(heed__report *r, const heed_metrics *m, int64_t i)
{
    int64_t total = 0;
    for (int64_t j = 0; j < m->n_labels; j++) total += m->confusion[i * m->n_labels + j];
    heed__buffer_text(r->out, "<tr><th scope=\"row\">");
    heed__report_text(r->out, m->labels[i].name);
    heed__buffer_text(r->out, "</th>");
    for (int64_t j = 0; j < m->n_labels; j++) {
        int64_t count = m->confusion[i * m->n_labels + j];
        double share = total ? (double)count / (double)total : 0;
        heed__buffer_text(r->out, "<td class=\"count ");
        heed__html_class(r->out, (float)(i == j ? -share : share));
        heed__buffer_text(r->out, "\" title=\"");
        heed__report_text(r->out, m->labels[i].name);
        heed__buffer_text(r->out, i == j ? " taken for itself: " : " taken for ");
        if (i != j) heed__report_text(r->out, m->labels[j].name);
        if (i != j) heed__buffer_text(r->out, ": ");
        heed__buffer_number(r->out, 100 * share, 1);
        heed__buffer_text(r->out, " %\">");
        if (count) heed__buffer_format(r->out, "%lld", (long long)count);
        heed__buffer_text(r->out, "</td>");
    }
    heed__buffer_text(r->out, "</tr>\n");
}

static void put_matrix(heed__report *r, const heed_metrics *m)
{
    heed__buffer_text(r->out, "<figure>\n<table class=\"matrix\"><thead><tr><td>taken for →<br>"
                              "true ↓</td>");
    for (int64_t j = 0; j < m->n_labels; j++) {
        heed__buffer_text(r->out, "<th scope=\"col\" title=\"");
        heed__report_text(r->out, m->labels[j].name);
        heed__buffer_text(r->out, "\">");
        heed__report_text(r->out, m->labels[j].name);
        heed__buffer_text(r->out, "</th>");
    }
    heed__buffer_text(r->out, "</tr></thead>\n<tbody>\n");
    for (int64_t i = 0; i < m->n_labels; i++) put_row(r, m, i);
    heed__buffer_text(r->out, "</tbody></table>\n</figure>\n");
    heed__report_note(r->out, "Each row is shaded by its own shares: blue right, red wrong.");
}

/* ---- the commonest confusions ---- */

static void put_pairs(heed__report *r, const heed_metrics *m)
{
    int64_t n = m->n_labels, best[CONFUSIONS];
    int found = 0;
    for (int64_t cell = 0; cell < n * n; cell++) {
        if (cell / n == cell % n || !m->confusion[cell]) continue;
        int at = found < CONFUSIONS ? found++ : CONFUSIONS;
        for (; at > 0 && m->confusion[best[at - 1]] < m->confusion[cell]; at--)
            if (at < CONFUSIONS) best[at] = best[at - 1];
        if (at < CONFUSIONS) best[at] = cell;
    }
    if (!found) return;
    heed__buffer_text(r->out, "<table class=\"plain\"><thead><tr><th>true</th><th>taken for</th>"
                              "<th class=\"r\">rows</th></tr></thead><tbody>\n");
    for (int i = 0; i < found; i++) {
        heed__buffer_text(r->out, "<tr><td>");
        heed__report_text(r->out, m->labels[best[i] / n].name);
        heed__buffer_text(r->out, "</td><td>");
        heed__report_text(r->out, m->labels[best[i] % n].name);
        heed__buffer_format(r->out, "</td><td class=\"r\">%lld</td></tr>\n",
                            (long long)m->confusion[best[i]]);
    }
    heed__buffer_text(r->out, "</tbody></table>\n");
}

void heed__report_confusion(heed__report *r, const heed_metrics *m)
{
    if (!m->confusion) return;
    if (m->n_labels <= MATRIX_LABELS)
        put_matrix(r, m);
    else
        put_pairs(r, m);
}

/* ---- a line for each label ---- */

static void put_share(heed__buffer *out, double share)
{
    heed__buffer_text(out, "<td class=\"r\">");
    heed__buffer_number(out, 100 * share, 1);
    heed__buffer_text(out, " %</td>");
}

static void put_label(heed__report *r, const heed_label_metrics *label)
{
    heed__buffer_text(r->out, "<tr><th scope=\"row\">");
    heed__report_text(r->out, label->name);
    heed__buffer_text(r->out, "</th>");
    put_share(r->out, label->precision);
    put_share(r->out, label->recall);
    put_share(r->out, label->f1);
    heed__buffer_text(r->out, "<td><span class=\"bar\" style=\"width:");
    heed__buffer_number(r->out, 8 * label->f1, 2);
    heed__buffer_format(r->out, "em\"></span></td><td class=\"r\">%lld</td></tr>\n",
                        (long long)label->count);
}

static int by_count(const void *a, const void *b)
{
    const heed_label_metrics *x = *(const heed_label_metrics *const *)a;
    const heed_label_metrics *y = *(const heed_label_metrics *const *)b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return x < y ? -1 : x > y;
}

void heed__report_label_table(heed__report *r, const heed_metrics *m)
{
    const heed_label_metrics **labels = NULL;
    if (!m->n_labels) return;
    r->out->status = r->out->status == HEED_OK
                         ? heed__alloc((size_t)m->n_labels, sizeof *labels, "labels", &labels)
                         : r->out->status;
    if (!labels) return;
    for (int64_t i = 0; i < m->n_labels; i++) labels[i] = &m->labels[i];
    qsort(labels, (size_t)m->n_labels, sizeof *labels, by_count);
    heed__buffer_text(r->out, "<table class=\"plain\"><thead><tr><th>label</th><th class=\"r\">"
                              "precision</th><th class=\"r\">recall</th><th class=\"r\">F1</th>"
                              "<th></th><th class=\"r\">rows</th></tr></thead><tbody>\n");
    int64_t shown = m->n_labels < TABLE_LABELS ? m->n_labels : TABLE_LABELS;
    for (int64_t i = 0; i < shown; i++) put_label(r, labels[i]);
    heed__buffer_text(r->out, "</tbody></table>\n");
    if (shown < m->n_labels)
        heed__report_note(r->out, "… the %lld commonest of %lld labels are shown", (long long)shown,
                          (long long)m->n_labels);
    heed__free(labels);
}

/* ---- numbers ---- */

static void put_point(heed__buffer *out, double x, double y, double least, double most)
{
    heed__buffer_text(out, "<circle class=\"ca\" r=\"2.4\" cx=\"");
    heed__buffer_number(out, 60 + SIDE * (x - least) / (most - least), 1);
    heed__buffer_text(out, "\" cy=\"");
    heed__buffer_number(out, 20 + SIDE * (1 - (y - least) / (most - least)), 1);
    heed__buffer_text(out, "\"><title>true ");
    heed__chart_number(out, x);
    heed__buffer_text(out, ", predicted ");
    heed__chart_number(out, y);
    heed__buffer_text(out, "</title></circle>\n");
}

static void put_end(heed__buffer *out, const char *place, double value)
{
    heed__buffer_format(out, "<text %s>", place);
    heed__chart_number(out, value);
    heed__buffer_text(out, "</text>");
}

void heed__report_scatter(heed__report *r, const float *truth, const float *predicted,
                          int64_t stride, int64_t n)
{
    double least = INFINITY, most = -INFINITY;
    for (int64_t i = 0; i < n; i++) {
        least = fmin(least, fmin((double)truth[i], (double)predicted[i * stride]));
        most = fmax(most, fmax((double)truth[i], (double)predicted[i * stride]));
    }
    if (!(most > least)) return;
    heed__buffer_format(r->out,
                        "<svg class=\"chart\" style=\"max-width:27em\" viewBox=\"0 0 %d %d\" "
                        "role=\"img\" aria-label=\"true and predicted numbers\">\n"
                        "<line class=\"axis\" x1=\"60\" y1=\"320\" x2=\"360\" y2=\"320\"/>"
                        "<line class=\"axis\" x1=\"60\" y1=\"20\" x2=\"60\" y2=\"320\"/>"
                        "<line class=\"rule\" x1=\"60\" y1=\"320\" x2=\"360\" y2=\"20\"/>\n"
                        "<text x=\"210\" y=\"350\" text-anchor=\"middle\">true</text>"
                        "<text x=\"60\" y=\"12\">predicted</text>\n",
                        SIDE + 80, SIDE + 60);
    put_end(r->out, "x=\"60\" y=\"336\"", least);
    put_end(r->out, "x=\"360\" y=\"336\" text-anchor=\"end\"", most);
    put_end(r->out, "x=\"54\" y=\"322\" text-anchor=\"end\"", least);
    put_end(r->out, "x=\"54\" y=\"26\" text-anchor=\"end\"", most);
    int64_t each = (n + POINTS - 1) / POINTS;
    for (int64_t i = 0; i < n; i += each)
        put_point(r->out, (double)truth[i], (double)predicted[i * stride], least, most);
    heed__buffer_text(r->out, "</svg>\n");
}
