/* SPDX-License-Identifier: MIT */
#include "explain/page_label.h"

#ifdef HEED_WITH_CAIRO

#    include "data/utf8.h"

#    include <math.h>
#    include <utf8proc.h>

static const double largest_font = 14, smallest_font = 9, line_height = 1.2, least_scale = 0.6;

/* The number of signs that are two columns wide; 0 when anything else is among them. */
static int count_signs(const char *text, size_t length)
{
    int signs = 0;
    for (size_t at = 0, size; at < length; at += size) {
        int width = utf8proc_charwidth((utf8proc_int32_t)heed__utf8_next(text + at, &size));
        if (width == 1) return 0;
        signs += width == 2;
    }
    return signs;
}

void heed__label_measure(heed__page *page, const char *text, size_t length, heed__matrix_label *out)
{
    const heed__page_font font = {100, 0, {0, 0, 0}};
    PangoLayout *layout = heed__page_layout(page, text, length, &font, -1);
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    int width;
    pango_layout_get_size(layout, &width, NULL);
    g_object_unref(layout);
    *out = (heed__matrix_label){.text = text,
                                .length = length,
                                .width = (double)width / PANGO_SCALE / font.size,
                                .signs = count_signs(text, length)};
}

/* The font's share at which a label is as long as it may be. */
static double scale_of(double most, double width)
{
    return fmax(least_scale, fmin(1, most / width));
}

static double width_within(const heed__label_setting *s, const heed__matrix_label *label,
                           double most)
{
    double width = label->width * s->font.size;
    return width > 0 ? fmin(most, width * scale_of(most, width)) : 0;
}

static double width_of(const heed__label_setting *s, const heed__matrix_label *label)
{
    return width_within(s, label, s->most);
}

/* ---- where labels of columns go ---- */

static int is_stacked(const heed__label_setting *s, const heed__matrix_label *label)
{
    return label->signs > 1 && label->width * s->font.size > 0.85 * s->cell;
}

static int is_slanted(const heed__label_setting *s, const heed__matrix_label *label)
{
    return s->slanted && !label->signs;
}

/* Signs that fit into the height a label may have; one place is for the ellipsis where not all do.
 */
static int stacked_signs(const heed__label_setting *s, const heed__matrix_label *label)
{
    int most = (int)(s->most / (line_height * s->font.size));
    return label->signs <= most ? label->signs : most;
}

heed__label_extent heed__label_column_extent(const heed__label_setting *s,
                                             const heed__matrix_label *label)
{
    double line = line_height * s->font.size, width = width_of(s, label);
    if (is_stacked(s, label))
        return (heed__label_extent){line * stacked_signs(s, label), s->font.size / 2};
    if (!is_slanted(s, label)) return (heed__label_extent){line, width / 2};
    return (heed__label_extent){label->lift + width * sin(s->angle) + line * cos(s->angle),
                                width * cos(s->angle) + line / 2};
}

/* How much higher a slanted label must begin so that its lower edge is above the upper left corner
 * of each upright one under it. */
static double lift_of(const heed__label_setting *s, const heed__matrix_label *labels, size_t n,
                      size_t at)
{
    double lift = 0, line = line_height * s->font.size;
    double reach = width_of(s, labels + at) * cos(s->angle);
    for (size_t j = at + 1; j < n && s->cell * (double)(j - at) < reach + s->font.size; j++) {
        if (is_slanted(s, labels + j)) continue;
        double left = s->cell * (double)(j - at) - s->font.size / 2;
        double lower = left * tan(s->angle) - line / 2 / cos(s->angle);
        lift = fmax(lift, heed__label_column_extent(s, labels + j).up + 0.4 * s->font.size - lower);
    }
    return lift;
}

/* From the middle of a label to that of its nearest neighbour; the matrix's width for one alone. */
static double room_of(const heed__matrix_label *labels, size_t n, size_t at, double cell)
{
    size_t steps = 1;
    for (; steps < n; steps++)
        if ((at >= steps && labels[at - steps].width > 0) ||
            (at + steps < n && labels[at + steps].width > 0))
            break;
    return cell * (double)steps;
}

heed__label_setting heed__label_settle(double cell, double page_width, heed__matrix_label *columns,
                                       size_t n)
{
    double half = page_width / 2;
    double size = fmax(smallest_font, fmin(largest_font, 0.75 * cell));
    heed__label_setting s = {.font = {size, 0, heed__page_words.colour},
                             .cell = cell,
                             .most = fmin(300, half),
                             .most_of_rows = fmax(0.3 * page_width, fmin(150, half))};
    for (size_t i = 0; i < n && !s.slanted; i++)
        s.slanted = !columns[i].signs && columns[i].width > 0 &&
                    columns[i].width * size > room_of(columns, n, i, cell);
    /* Steep enough for the lines of neighbours to pass each other, no steeper than it needs. */
    double sine = fmin(1, line_height * size / cell);
    s.angle = fmax(G_PI / 4, fmin(G_PI / 3, asin(sine)));
    for (size_t i = 0; i < n; i++)
        columns[i].lift = is_slanted(&s, columns + i) ? lift_of(&s, columns, n, i) : 0;
    return s;
}

static PangoLayout *layout_of(heed__page *page, const heed__label_setting *s,
                              const heed__matrix_label *label, double most, double *height)
{
    heed__page_font font = s->font;
    double width = label->width * font.size;
    int pixels;
    if (width > 0) font.size *= scale_of(most, width);
    PangoLayout *layout = heed__page_layout(page, label->text, label->length, &font, -1);
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    if (width * least_scale > most) {
        pango_layout_set_width(layout, (int)(most * PANGO_SCALE));
        pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    }
    pango_layout_get_size(layout, NULL, &pixels);
    *height = (double)pixels / PANGO_SCALE;
    return layout;
}

double heed__label_row_width(const heed__label_setting *s, const heed__matrix_label *label)
{
    return width_within(s, label, s->most_of_rows);
}

void heed__label_row(heed__page *page, const heed__label_setting *s,
                     const heed__matrix_label *label, double right, double middle)
{
    double height;
    PangoLayout *layout = layout_of(page, s, label, s->most_of_rows, &height);
    heed__page_show(page, layout, right - heed__label_row_width(s, label), middle - height / 2,
                    s->font.colour);
    g_object_unref(layout);
}

static void show_sign(heed__page *page, const heed__label_setting *s, const char *bytes,
                      size_t size, double x, double y)
{
    int width;
    PangoLayout *layout = heed__page_layout(page, bytes, size, &s->font, -1);
    pango_layout_get_size(layout, &width, NULL);
    heed__page_show(page, layout, x - (double)width / PANGO_SCALE / 2, y, s->font.colour);
    g_object_unref(layout);
}

/* A sign with the marks that follow it. */
static size_t sign_size(const char *text, size_t length)
{
    size_t size, more;
    heed__utf8_next(text, &size);
    while (size < length &&
           utf8proc_charwidth((utf8proc_int32_t)heed__utf8_next(text + size, &more)) == 0)
        size += more;
    return size;
}

static void show_stacked(heed__page *page, const heed__label_setting *s,
                         const heed__matrix_label *label, double x, double y)
{
    int shown = stacked_signs(s, label);
    double line = line_height * s->font.size;
    y -= line * shown;
    for (size_t at = 0, size; at < label->length && shown-- > 0; at += size, y += line) {
        size = sign_size(label->text + at, label->length - at);
        int last = !shown && at + size < label->length;
        show_sign(page, s, last ? "…" : label->text + at, last ? sizeof "…" - 1 : size, x, y);
    }
}

void heed__label_column(heed__page *page, const heed__label_setting *s,
                        const heed__matrix_label *label, double x, double y)
{
    double height, width = width_of(s, label);
    if (is_stacked(s, label)) {
        show_stacked(page, s, label, x, y);
        return;
    }
    PangoLayout *layout = layout_of(page, s, label, s->most, &height);
    if (!is_slanted(s, label)) {
        heed__page_show(page, layout, x - width / 2, y - height, s->font.colour);
    } else {
        cairo_save(page->cairo);
        cairo_translate(page->cairo, x, y - label->lift);
        cairo_rotate(page->cairo, -s->angle);
        heed__page_show(page, layout, 0, -height / 2, s->font.colour);
        cairo_restore(page->cairo);
    }
    g_object_unref(layout);
}

#else

typedef int heed__page_label_needs_cairo; /* a file of C must declare something */

#endif
