/* SPDX-License-Identifier: MIT */
#include "train/metrics.h"

#include "base/fail.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

enum { WIDEST = 32, MATRIX_LABELS = 10, MISTAKES = 10, FIGURE = 11 };

/* The next character; a byte that is not UTF-8, or would move the cursor, becomes '?'. */
static int32_t next_character(const char **at)
{
    utf8proc_int32_t c;
    utf8proc_ssize_t length = utf8proc_iterate((const utf8proc_uint8_t *)*at, -1, &c);
    *at += length > 0 ? length : 1;
    return length <= 0 || c < ' ' || (c >= 0x7f && c < 0xa0) ? '?' : c;
}

static int width_of(const char *text)
{
    int width = 0;
    while (*text) width += utf8proc_charwidth(next_character(&text));
    return width;
}

static void add_spaces(heed__buffer *b, int count)
{
    while (count-- > 0) heed__buffer_text(b, " ");
}

/* The text in exactly `width` columns, at the right end of them on request; the end of one that is
 * too long is cut. */
static void add_cell(heed__buffer *b, const char *text, int width, int right)
{
    int whole = width_of(text), most = whole > width ? width - 1 : width, used = 0;
    if (right) add_spaces(b, width - whole);
    while (*text) {
        int32_t c = next_character(&text);
        char bytes[4];
        if (used + utf8proc_charwidth(c) > most) break;
        used += utf8proc_charwidth(c);
        utf8proc_ssize_t length = utf8proc_encode_char(c, (utf8proc_uint8_t *)bytes);
        heed__buffer_add(b, bytes, (size_t)length);
    }
    if (whole > width) heed__buffer_text(b, "\xe2\x80\xa6"); /* an ellipsis, one column */
    if (whole > width) used++;
    if (!right || whole > width) add_spaces(b, width - used);
}

static void add_figure(heed__buffer *b, double value, int width)
{
    heed__buffer text = {0};
    heed__buffer_number(&text, value, 3);
    if (text.status != HEED_OK)
        b->status = text.status;
    else
        add_cell(b, text.bytes, width, 1);
    heed__buffer_free(&text);
}

static void add_named(heed__buffer *b, const char *name, double value)
{
    heed__buffer_format(b, "   %s ", name);
    heed__buffer_number(b, value, 4);
}

static int label_width(const heed_metrics *m, int least)
{
    int width = least;
    for (int64_t i = 0; i < m->n_labels; i++) {
        int this_wide = width_of(m->labels[i].name);
        if (this_wide > width) width = this_wide;
    }
    return width < WIDEST ? width : WIDEST;
}

static void add_labels(heed__buffer *b, const heed_metrics *m)
{
    int width = label_width(m, 5);
    heed__buffer_text(b, "\n");
    add_cell(b, m->kind != HEED_METRICS_TAGS ? "label" : m->spans ? "type" : "tag", width, 0);
    heed__buffer_text(b, "  precision     recall         F1      count\n");
    for (int64_t i = 0; i < m->n_labels; i++) {
        const heed_label_metrics *label = &m->labels[i];
        add_cell(b, label->name, width, 0);
        add_figure(b, label->precision, FIGURE);
        add_figure(b, label->recall, FIGURE);
        add_figure(b, label->f1, FIGURE);
        heed__buffer_format(b, "%11lld\n", (long long)label->count);
    }
}

static void add_matrix(heed__buffer *b, const heed_metrics *m)
{
    int first = label_width(m, 4), column = label_width(m, 6);
    heed__buffer_text(b, "\nconfusion: a row for each true label, a column for each predicted\n");
    add_cell(b, "", first, 0);
    for (int64_t j = 0; j < m->n_labels; j++) {
        heed__buffer_text(b, "  ");
        add_cell(b, m->labels[j].name, column, 1);
    }
    heed__buffer_text(b, "\n");
    for (int64_t i = 0; i < m->n_labels; i++) {
        add_cell(b, m->labels[i].name, first, 0);
        for (int64_t j = 0; j < m->n_labels; j++)
            heed__buffer_format(b, "  %*lld", column, (long long)m->confusion[i * m->n_labels + j]);
        heed__buffer_text(b, "\n");
    }
}

/* The cells off the diagonal with the highest counts, highest first, found without sorting all. */
static void add_mistakes(heed__buffer *b, const heed_metrics *m)
{
    int64_t n = m->n_labels, best[MISTAKES], found = 0;
    for (int64_t cell = 0; cell < n * n; cell++) {
        if (cell / n == cell % n || !m->confusion[cell]) continue;
        int64_t at = found < MISTAKES ? found++ : MISTAKES;
        while (at > 0 && m->confusion[best[at - 1]] < m->confusion[cell]) {
            if (at < MISTAKES) best[at] = best[at - 1];
            at--;
        }
        if (at < MISTAKES) best[at] = cell;
    }
    if (!found) return;
    int width = label_width(m, 4);
    heed__buffer_text(b, "\nmost frequent mistakes\n");
    for (int64_t i = 0; i < found; i++) {
        heed__buffer_format(b, "%8lld  ", (long long)m->confusion[best[i]]);
        add_cell(b, m->labels[best[i] / n].name, width, 0);
        heed__buffer_text(b, "  taken for  ");
        heed__buffer_text(b, m->labels[best[i] % n].name);
        heed__buffer_text(b, "\n");
    }
}

static void add_tags(heed__buffer *b, const heed_metrics *m)
{
    heed__buffer_format(b, "   words %lld", (long long)m->words);
    add_named(b, "accuracy", m->accuracy);
    if (m->spans) {
        heed__buffer_format(b, "   spans %lld, found %lld", (long long)m->count,
                            (long long)m->found);
        add_named(b, "precision", m->precision);
        add_named(b, "recall", m->recall);
        add_named(b, "F1", m->micro_f1);
    }
    add_named(b, "macro-F1", m->macro_f1);
    add_named(b, "texts all right", m->exact);
}

static void add_summary(heed__buffer *b, const heed_metrics *m)
{
    heed__buffer_format(b, "rows %lld", (long long)m->rows);
    if (m->kind == HEED_METRICS_TAGS) {
        add_tags(b, m);
    } else if (m->kind == HEED_METRICS_NUMBER) {
        add_named(b, "mean squared error", m->mse);
        add_named(b, "its root", m->rmse);
        add_named(b, "mean absolute error", m->mae);
        add_named(b, "R2", m->r2);
        add_named(b, "correlation", m->pearson);
        add_named(b, "of ranks", m->spearman);
    } else {
        add_named(b, m->kind == HEED_METRICS_SET ? "exactly right" : "accuracy", m->accuracy);
        add_named(b, "macro-F1", m->macro_f1);
        if (m->kind == HEED_METRICS_SET) add_named(b, "micro-F1", m->micro_f1);
        if (m->kind == HEED_METRICS_SET) add_named(b, "wrong decisions", m->hamming);
        if (m->kind == HEED_METRICS_CLASS) add_named(b, "calibration error", m->ece);
    }
    if (m->temperature == m->temperature) {
        heed__buffer_text(b, " (");
        heed__buffer_number(b, m->ece_before, 4);
        heed__buffer_text(b, " before the temperature of ");
        heed__buffer_number(b, m->temperature, 3);
        heed__buffer_text(b, ")");
    }
    heed__buffer_text(b, "\n");
    if (m->unknown)
        heed__buffer_format(b, "%lld true labels are not known to the model: counted wrong\n",
                            (long long)m->unknown);
}

heed_status heed_metrics_table(heed_metrics *metrics, const char **out)
{
    heed__metrics *m = (heed__metrics *)(void *)metrics;
    *out = NULL;
    heed__buffer_free(&m->shown);
    m->shown = (heed__buffer){0};
    add_summary(&m->shown, metrics);
    if (metrics->n_labels) add_labels(&m->shown, metrics);
    if (metrics->confusion && metrics->n_labels <= MATRIX_LABELS)
        add_matrix(&m->shown, metrics);
    else if (metrics->confusion)
        add_mistakes(&m->shown, metrics);
    *out = m->shown.bytes;
    return m->shown.status;
}
