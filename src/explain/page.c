/* SPDX-License-Identifier: MIT */
#include "explain/page.h"

#include "base/fail.h"

#ifdef HEED_WITH_CAIRO

#    include <math.h>
#    include <stdlib.h>
#    include <string.h>

/* DejaVu Sans for alphabets; what it lacks is looked for in WenQuanYi (Chinese), then anywhere. */
static const char families[] = "DejaVu Sans, WenQuanYi Micro Hei, Noto Sans CJK SC, sans-serif";

const heed__page_font heed__page_title = {21, 1, {29, 29, 31}};
const heed__page_font heed__page_label = {17, 1, {29, 29, 31}};
const heed__page_font heed__page_words = {17, 0, {29, 29, 31}};
const heed__page_font heed__page_small = {13, 0, {95, 99, 104}};

static const double line_spacing = 1.55;

/* A copy that Pango lays out byte for byte like the original: what it would cut at or act on
 * (NUL, controls, direction overrides) becomes spaces. */
static char *layout_text(const char *text, size_t length)
{
    char *copy = g_strndup(text, length); /* stops copying at NUL, fills with NUL */
    memcpy(copy, text, length);
    for (char *at = copy; at < copy + length;) {
        size_t size = (size_t)(g_utf8_next_char(at) - at);
        int32_t c = (int32_t)g_utf8_get_char(at);
        if (c == '\r' || heed__shown_character(c) != c) memset(at, ' ', size);
        at += size;
    }
    return copy;
}

PangoLayout *heed__page_layout(heed__page *page, const char *text, size_t length,
                               const heed__page_font *font, double width)
{
    PangoLayout *layout = pango_layout_new(page->pango);
    PangoFontDescription *description = pango_font_description_new();
    pango_font_description_set_family_static(description, families);
    pango_font_description_set_absolute_size(description, font->size * PANGO_SCALE);
    if (font->bold) pango_font_description_set_weight(description, PANGO_WEIGHT_BOLD);
    pango_layout_set_font_description(layout, description);
    pango_font_description_free(description);
    if (width >= 0) {
        pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
        pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    }
    char *copy = layout_text(text, length);
    pango_layout_set_text(layout, copy, (int)length);
    g_free(copy);
    if (pango_layout_get_unknown_glyphs_count(layout) > 0) page->glyphs_missing = 1;
    return layout;
}

static void set_colour(heed__page *page, heed__rgb c)
{
    cairo_set_source_rgb(page->cairo, c.r / 255.0, c.g / 255.0, c.b / 255.0);
}

/* What was drawn reaches to there, in the coordinates that hold now. */
static void reach(heed__page *page, double left, double top, double right, double bottom)
{
    const double x[2] = {left, right}, y[2] = {top, bottom};
    for (int i = 0; i < 4; i++) {
        double at = x[i % 2], down = y[i / 2];
        cairo_user_to_device(page->cairo, &at, &down);
        page->right = fmax(page->right, at);
    }
}

void heed__page_fill(heed__page *page, heed__rgb colour)
{
    double left, top, right, bottom;
    cairo_fill_extents(page->cairo, &left, &top, &right, &bottom);
    reach(page, left, top, right, bottom);
    set_colour(page, colour);
    cairo_fill(page->cairo);
}

void heed__page_show(heed__page *page, PangoLayout *layout, double x, double y, heed__rgb colour)
{
    PangoRectangle extents; /* the advance of the letters: what is drawn may lean out a little */
    pango_layout_get_extents(layout, NULL, &extents);
    double left = x + (double)extents.x / PANGO_SCALE, width = (double)extents.width / PANGO_SCALE;
    reach(page, left, y, left + width, y + (double)extents.height / PANGO_SCALE);
    page->wrapped |= pango_layout_is_wrapped(layout);
    set_colour(page, colour);
    cairo_move_to(page->cairo, x, y);
    pango_cairo_show_layout(page->cairo, layout);
}

static double height_of(PangoLayout *layout)
{
    int height;
    pango_layout_get_size(layout, NULL, &height);
    return (double)height / PANGO_SCALE;
}

void heed__page_text(heed__page *page, const char *text, size_t length, const heed__page_font *font)
{
    if (!length) return;
    PangoLayout *layout =
        heed__page_layout(page, text, length, font, page->width - 2 * HEED_PAGE_MARGIN);
    heed__page_show(page, layout, HEED_PAGE_MARGIN, page->y, font->colour);
    page->y += height_of(layout) + 0.3 * font->size;
    g_object_unref(layout);
}

void heed__page_line(heed__page *page, heed__buffer *line, const heed__page_font *font)
{
    if (line->size) heed__page_text(page, line->bytes, line->size, font);
    heed__buffer_free(line);
}

/* ---- words on coloured grounds ---- */

/* Weaker shades are left white: a ground that can hardly be seen only makes the page unquiet. */
static int is_shown(float shade)
{
    return isnan(shade) || fabsf(shade) >= 0.04f;
}

static void letters_readable(PangoAttrList *list, const heed__run *run, float shade)
{
    heed__rgb letters = heed__text_colour(heed__colour_of(shade, 0));
    if (!is_shown(shade) || isnan(shade) || letters.r == 0) return;
    PangoAttribute *attribute = pango_attr_foreground_new(65535, 65535, 65535);
    attribute->start_index = (guint)run->begin;
    attribute->end_index = (guint)run->end;
    pango_attr_list_insert(list, attribute);
}

static void rounded(cairo_t *cairo, double x, double y, double width, double height)
{
    double radius = fmin(3.0, fmin(width, height) / 2);
    cairo_new_sub_path(cairo);
    cairo_arc(cairo, x + width - radius, y + radius, radius, -G_PI / 2, 0);
    cairo_arc(cairo, x + width - radius, y + height - radius, radius, 0, G_PI / 2);
    cairo_arc(cairo, x + radius, y + height - radius, radius, G_PI / 2, G_PI);
    cairo_arc(cairo, x + radius, y + radius, radius, G_PI, 3 * G_PI / 2);
    cairo_close_path(cairo);
}

static void ground(heed__page *page, float shade, double x, double y, double width, double height)
{
    if (isnan(shade)) {
        const double dots[] = {2, 2};
        rounded(page->cairo, x + 0.5, y + 0.5, width - 1, height - 1);
        set_colour(page, heed__page_small.colour);
        cairo_set_line_width(page->cairo, 1);
        cairo_set_dash(page->cairo, dots, 2, 0);
        cairo_stroke(page->cairo);
        cairo_set_dash(page->cairo, NULL, 0, 0);
    } else {
        rounded(page->cairo, x, y, width, height);
        heed__page_fill(page, heed__colour_of(shade, 0));
    }
}

/* The part of a run that stands on this line; a run may be wrapped. */
static void ground_on_line(heed__page *page, PangoLayoutLine *line, double baseline,
                           const heed__run *run, float shade)
{
    int first = line->start_index, last = line->start_index + line->length;
    int begin = (int)run->begin > first ? (int)run->begin : first;
    int end = (int)run->end < last ? (int)run->end : last;
    if (begin >= end || !is_shown(shade)) return;
    int *ranges, count;
    pango_layout_line_get_x_ranges(line, begin, end, &ranges, &count);
    double size = heed__page_words.size;
    for (int i = 0; i < count; i++) {
        double x = (double)ranges[2 * i] / PANGO_SCALE;
        double width = (double)(ranges[2 * i + 1] - ranges[2 * i]) / PANGO_SCALE;
        ground(page, shade, HEED_PAGE_MARGIN + x, baseline - 1.08 * size, width, 1.45 * size);
    }
    g_free(ranges);
}

static void grounds(heed__page *page, PangoLayout *layout, const heed__runs *runs,
                    const float *scores, const heed__scale *scale)
{
    PangoLayoutIter *iterator = pango_layout_get_iter(layout);
    size_t first = 0; /* runs that ended on earlier lines are not looked at again */
    do {
        PangoLayoutLine *line = pango_layout_iter_get_line_readonly(iterator);
        double baseline = page->y + (double)pango_layout_iter_get_baseline(iterator) / PANGO_SCALE;
        size_t start = (size_t)line->start_index, end = start + (size_t)line->length;
        while (first < runs->count && runs->items[first].end <= start) first++;
        for (size_t i = first; i < runs->count && runs->items[i].begin < end; i++)
            if (runs->items[i].word != HEED_NO_WORD)
                ground_on_line(page, line, baseline, runs->items + i,
                               heed__shade(scale, scores[runs->items[i].word]));
    } while (pango_layout_iter_next_line(iterator));
    pango_layout_iter_free(iterator);
}

static void words(heed__page *page, const heed__explanation *e, const heed__runs *runs,
                  const heed__attribution *attribution)
{
    heed__scale scale = heed__scale_of(attribution, e->n_words);
    PangoLayout *layout = heed__page_layout(page, e->text, runs->shown, &heed__page_words,
                                            page->width - 2 * HEED_PAGE_MARGIN);
    pango_layout_set_line_spacing(layout, (float)line_spacing);
    PangoAttrList *list = pango_attr_list_new();
    for (size_t i = 0; i < runs->count; i++)
        if (runs->items[i].word != HEED_NO_WORD)
            letters_readable(list, runs->items + i,
                             heed__shade(&scale, attribution->scores[runs->items[i].word]));
    pango_layout_set_attributes(layout, list);
    pango_attr_list_unref(list);
    grounds(page, layout, runs, attribution->scores, &scale);
    heed__page_show(page, layout, HEED_PAGE_MARGIN, page->y, heed__page_words.colour);
    page->y += height_of(layout) + 10;
    g_object_unref(layout);
    page->has_words = 1;
    page->is_signed |= scale.is_signed;
    page->has_unknown |= scale.has_unknown;
}

/* Each sentence with a bar at the margin as dark as its weight, which stands above it. */
static heed_status sentences(heed__page *page, const heed__explanation *e)
{
    const double bar = 8;
    for (size_t i = 0; i < e->n_sentences; i++) {
        const heed__explained_sentence *sentence = e->sentences + i;
        heed__runs runs;
        heed__buffer line = {0};
        HEED_TRY(heed__runs_make(&sentence->part, 0, &runs));
        double from = page->y;
        heed__buffer_format(&line, "%.3f", (double)sentence->weight);
        heed__page_line(page, &line, &heed__page_small);
        page->y += 3;
        words(page, &sentence->part, &runs, &sentence->words);
        rounded(page->cairo, (HEED_PAGE_MARGIN - bar) / 2, from, bar, page->y - from - 6);
        heed__page_fill(page, heed__colour_of(heed__sentence_shade(e, i), 0));
        heed__runs_free(&runs);
    }
    return HEED_OK;
}

static void label(heed__page *page, const heed__explained_output *output)
{
    heed__buffer line = {0};
    if (output->name) heed__buffer_format(&line, "%s: ", output->name);
    heed__buffer_format(&line, "%s   ", output->label ? output->label : "");
    heed__caption_percent(&line, output->probability);
    if (output->truth) heed__buffer_text(&line, "   ");
    heed__caption_truth(&line, output);
    heed__page_line(page, &line, &heed__page_label);
}

heed_status heed__page_explanation(heed__page *page, const heed__explanation *e,
                                   const heed__picture_options *options)
{
    heed__runs runs;
    heed_status status = heed__runs_make(e, options->max_characters, &runs);
    if (status != HEED_OK) return status;
    if (e->name) heed__page_text(page, e->name, strlen(e->name), &heed__page_small);
    for (size_t i = 0; i < e->n_outputs; i++) {
        const heed__explained_output *output = e->outputs + i;
        label(page, output);
        for (size_t j = 0; j < heed__drawn_methods(output, options); j++) {
            heed__buffer line = {0};
            heed__buffer_format(&line, "by %s", output->attributions[j].method);
            heed__page_line(page, &line, &heed__page_small);
            page->y += 3; /* the first line's grounds reach above its letters */
            words(page, e, &runs, output->attributions + j);
            heed__caption_left_out(&line, runs.left_out);
            heed__page_line(page, &line, &heed__page_small);
            heed__caption_faithfulness(&line, &output->attributions[j].faithfulness);
            heed__page_line(page, &line, &heed__page_small);
            page->y += 8;
        }
    }
    status = sentences(page, e);
    for (size_t i = 0; i < e->n_heat_maps && status == HEED_OK; i++)
        status = heed__page_heat_map(page, e, e->heat_maps + i);
    heed__runs_free(&runs);
    return status;
}

/* ---- the legend ---- */

/* One word of the legend at x; returns where the next thing goes. */
static double legend_text(heed__page *page, double x, const char *text)
{
    int width;
    PangoLayout *layout = heed__page_layout(page, text, strlen(text), &heed__page_small, -1);
    pango_layout_get_pixel_size(layout, &width, NULL);
    heed__page_show(page, layout, x, page->y, heed__page_small.colour);
    g_object_unref(layout);
    return x + width + 8;
}

static void words_legend(heed__page *page)
{
    enum { STEPS = 40 };
    const double bar = 4.0, height = 14;
    double x = legend_text(page, HEED_PAGE_MARGIN, page->is_signed ? "against the label" : "less");
    for (int i = page->is_signed ? -STEPS : 0; i <= STEPS; i++, x += bar / (1 + page->is_signed)) {
        cairo_rectangle(page->cairo, x, page->y + 2, bar / (1 + page->is_signed) + 0.5, height);
        heed__page_fill(page, heed__colour_of((float)i / STEPS, 0));
    }
    x = legend_text(page, x + 8, page->is_signed ? "for the label" : "more");
    if (page->has_unknown) {
        ground(page, NAN, x + 16, page->y + 1, 28, 16);
        legend_text(page, x + 52, "no score");
    }
    page->y += 26;
    static const char own_scale[] = "Each text is scaled to its own strongest word.";
    heed__page_text(page, own_scale, sizeof own_scale - 1, &heed__page_small);
}

void heed__page_legend(heed__page *page)
{
    static const char missing[] = "Some characters have no font on this machine and show as boxes; "
                                  "for Chinese install fonts-wqy-microhei.";
    if (page->has_words) words_legend(page);
    if (page->glyphs_missing) heed__page_text(page, missing, sizeof missing - 1, &heed__page_small);
}

#else

typedef int heed__page_needs_cairo; /* a file of C must declare something */

#endif
