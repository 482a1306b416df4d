/* SPDX-License-Identifier: MIT */
/*
 * A matrix as a table. Where a word is wider than its column, words of alphabets rise above their
 * columns to the right and Chinese ones stand sign over sign; how high and how far they reach is
 * reckoned from their letters, since the page may be shown with any font.
 */
#include "data/utf8.h"
#include "explain/html.h"
#include "explain/renderers.h"

#include <math.h>
#include <utf8proc.h>

enum { MOST_CELLS = 200 /* a side of a table */ };

/* In heights of a letter: the width of a letter, a cell, and the slope of labels. */
static const double letter = 0.64, cell = 1.4, sine = 0.82, cosine = 0.573;

const char heed__html_heat_map_style[] =
    "figure{margin:1em 0;overflow-x:auto;width:max-content;max-width:calc(100vw - 4em)}\n"
    "figcaption{font-size:.9em;color:var(--soft)}\n"
    "table{border-collapse:separate;border-spacing:1px;font-size:.8em;line-height:1.2}\n"
    "tbody th{font-weight:normal;text-align:right;padding:.1em .4em;white-space:nowrap}\n"
    "thead th{font-weight:normal;position:relative;vertical-align:bottom;padding:0 0 .3em;"
    "white-space:nowrap}\n"
    "thead td{vertical-align:bottom;text-align:right;color:var(--soft);white-space:nowrap;"
    "padding:0 .4em .3em 0;width:auto;min-width:0;max-width:none}\n"
    ".slant span{position:absolute;left:50%;bottom:.2em;line-height:1;transform-origin:0 50%;"
    "transform:rotate(-55deg)}\n"
    ".stack span{position:absolute;left:50%;bottom:.3em;width:1em;margin-left:-.5em;"
    "white-space:normal;word-break:break-all;line-break:anywhere;line-height:1.1}\n"
    "tbody td{box-sizing:border-box;width:1.4em;min-width:1.4em;max-width:1.4em;height:1.4em;"
    "padding:0;outline:1px solid var(--line)}\n"
    "tbody td:hover{outline:2px solid var(--ink)}\n"
    "tbody tr:hover th{text-decoration:underline}\n"
    ".k{box-shadow:inset 0 0 0 2px var(--ink)}\n"
    ".q{background-clip:padding-box;border:2px dashed var(--ink)}\n"
    ".legend .k,.legend .q{box-sizing:border-box;height:1.2em;margin-left:1em}\n";

typedef struct table {
    heed__buffer *out;
    const heed__explanation *explanation;
    const heed__heat_map *map;
    size_t rows, columns; /* shown */
    float largest;
    int slanted;
} table;

/* A column's label in heights of a letter; signs as in page_label.h. */
typedef struct label {
    const char *text;
    size_t length;
    double width;
    int signs;
} label;

static label label_of(const table *t, size_t column)
{
    label l = {0};
    int narrow = 0;
    l.text = heed__heat_map_label(t->explanation, t->map->column_labels, column, &l.length);
    for (size_t at = 0, size; at < l.length; at += size) {
        int width = utf8proc_charwidth((utf8proc_int32_t)heed__utf8_next(l.text + at, &size));
        narrow += width == 1;
        l.signs += width == 2;
    }
    l.width = narrow * letter + l.signs;
    if (narrow) l.signs = 0;
    return l;
}

/* As in page_label.c: a slanted label passes over the upright ones at its right. */
static double lift_of(const table *t, size_t column)
{
    double lift = 0, reach = label_of(t, column).width * cosine;
    for (size_t j = column + 1; j < t->columns && cell * (double)(j - column) < reach + 1; j++) {
        label other = label_of(t, j);
        double lower = (cell * (double)(j - column) - 0.5) * sine / cosine - 0.9;
        if (other.signs) lift = fmax(lift, 1.1 * other.signs + 0.5 - lower);
    }
    return lift;
}

/* ---- the head ---- */

static void put_room(const table *t)
{
    double up = 2.4, right = 0;
    for (size_t j = 0; j < t->columns; j++) {
        label l = label_of(t, j);
        if (l.signs) {
            up = fmax(up, 1.1 * l.signs);
        } else if (t->slanted) {
            up = fmax(up, lift_of(t, j) + l.width * sine + 0.6);
            right = fmax(right, l.width * cosine - cell * (double)(t->columns - 1 - j));
        }
    }
    heed__buffer_text(t->out, "<table style=\"margin-right:");
    heed__buffer_number(t->out, right, 1);
    heed__buffer_text(t->out, "em\">\n<thead><tr style=\"height:");
    heed__buffer_number(t->out, up + 0.6, 1);
    heed__buffer_text(t->out, "em\">");
}

static void put_text(heed__buffer *out, const char *text)
{
    size_t length = 0;
    while (text[length]) length++;
    heed__html_escaped(out, text, length);
}

static void put_column(const table *t, size_t column)
{
    label l = label_of(t, column);
    double lift = t->slanted && !l.signs ? lift_of(t, column) : 0;
    const char *kind = l.signs > 1              ? " class=\"stack\""
                       : !l.signs && t->slanted ? " class=\"slant\""
                                                : "";
    heed__buffer_format(t->out, "<th scope=\"col\"%s><span", kind);
    if (lift > 0) {
        heed__buffer_text(t->out, " style=\"bottom:");
        heed__buffer_number(t->out, lift, 1);
        heed__buffer_text(t->out, "em\"");
    }
    heed__buffer_text(t->out, ">");
    heed__html_escaped(t->out, l.text, l.length);
    heed__buffer_text(t->out, "</span></th>");
}

static void put_head(table *t)
{
    for (size_t j = 0; j < t->columns; j++) {
        label l = label_of(t, j);
        t->slanted |= !l.signs && l.width > cell;
    }
    put_room(t);
    heed__buffer_text(t->out, "<td>");
    put_text(t->out, heed__heat_map_column_axis(t->map));
    heed__buffer_text(t->out, " →<br>");
    put_text(t->out, heed__heat_map_row_axis(t->map));
    heed__buffer_text(t->out, " ↓</td>");
    for (size_t j = 0; j < t->columns; j++) put_column(t, j);
    heed__buffer_text(t->out, "</tr></thead>\n<tbody>\n");
}

/* ---- the cells ---- */

static const char *class_of(heed__mark mark)
{
    return mark == HEED_MARK_LINK ? "k" : "q";
}

static const char *word_of(heed__mark mark)
{
    return mark == HEED_MARK_LINK ? ", link" : ", possible link";
}

/* Where labels are left out for room, here is room: what has none goes by its number. */
static void put_name(const table *t, const char *const *labels, size_t at)
{
    size_t length;
    const char *name = heed__heat_map_label(t->explanation, labels, at, &length);
    if (length)
        heed__html_escaped(t->out, name, length);
    else
        heed__buffer_format(t->out, "%zu", at);
}

static void put_cell(const table *t, size_t i, size_t j)
{
    const heed__heat_map *map = t->map;
    heed__mark mark = heed__heat_map_mark(map, i, j);
    heed__buffer_text(t->out, "<td class=\"");
    heed__html_class(t->out, heed__heat_map_shade(map, t->largest, i, j));
    if (mark) heed__buffer_format(t->out, " %s", class_of(mark));
    heed__buffer_text(t->out, "\" title=\"");
    put_name(t, map->row_labels, i);
    heed__buffer_text(t->out, " – ");
    put_name(t, map->column_labels, j);
    heed__buffer_text(t->out, ": ");
    heed__buffer_number(t->out, (double)map->weights[i * map->columns + j], 4);
    if (mark) heed__buffer_text(t->out, word_of(mark));
    heed__buffer_text(t->out, "\"></td>");
}

static void put_row(const table *t, size_t i)
{
    size_t length;
    const char *row = heed__heat_map_label(t->explanation, t->map->row_labels, i, &length);
    heed__buffer_text(t->out, "<tr><th scope=\"row\">");
    heed__html_escaped(t->out, row, length);
    heed__buffer_text(t->out, "</th>");
    for (size_t j = 0; j < t->columns; j++) put_cell(t, i, j);
    heed__buffer_text(t->out, "</tr>\n");
}

static void put_legend(const table *t)
{
    heed__buffer_text(t->out, "<p class=\"note legend\">0 ");
    for (int shade = 1; shade <= HEED_HTML_SHADES; shade++)
        heed__buffer_format(t->out, "<span class=\"p%d\"></span>", shade);
    heed__buffer_text(t->out, " ");
    heed__buffer_number(t->out, (double)t->largest, 3);
    for (heed__mark mark = HEED_MARK_LINK; mark <= HEED_MARK_POSSIBLE; mark++)
        if (heed__heat_map_has(t->map, mark))
            heed__buffer_format(t->out, " <span class=\"%s\"></span>%s", class_of(mark),
                                word_of(mark) + 1);
    heed__buffer_text(t->out, " &#160; Point at a cell to see its figure.</p>\n");
}

void heed__html_heat_map(heed__buffer *out, const heed__explanation *explanation,
                         const heed__heat_map *map)
{
    table t = {.out = out,
               .explanation = explanation,
               .map = map,
               .rows = map->rows < MOST_CELLS ? map->rows : MOST_CELLS,
               .columns = map->columns < MOST_CELLS ? map->columns : MOST_CELLS,
               .largest = heed__heat_map_largest(map)};
    if (!map->rows || !map->columns) return;
    heed__buffer_text(out, "<figure>\n");
    if (map->title) {
        heed__buffer_text(out, "<figcaption>");
        put_text(out, map->title);
        heed__buffer_text(out, "</figcaption>\n");
    }
    put_head(&t);
    for (size_t i = 0; i < t.rows; i++) put_row(&t, i);
    heed__buffer_text(out, "</tbody>\n</table>\n</figure>\n");
    put_legend(&t);
    heed__buffer note = {0};
    heed__heat_map_left_out(&note, map, t.rows, t.columns);
    heed__html_note(out, &note);
}
