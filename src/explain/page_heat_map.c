/* SPDX-License-Identifier: MIT */
/* An attention matrix on a page: rows look, columns are looked at; beside it the colour bar. */
#include "explain/page.h"

#ifdef HEED_WITH_CAIRO

#    include "explain/renderers.h"

#    include <math.h>
#    include <string.h>

enum {
    LARGEST_CELL = 30,
    SMALLEST_CELL = 12,
    MOST_LABEL = 150,
    BAR = 14,
    BAR_ROOM = 80,
    GAP = 6,
    LARGEST_FONT = 14
};

typedef struct grid {
    heed__page *page;
    const heed__explanation *explanation;
    const heed__heat_map *map;
    size_t rows, columns; /* shown */
    double cell;
    heed__page_font font;
    double left, top; /* of the cells */
} grid;

/* One label, cut with an ellipsis where it is longer than any column may be. */
static PangoLayout *label_layout(grid *g, const char *const *labels, size_t i, double *width)
{
    size_t length;
    const char *label = heed__heat_map_label(g->explanation, labels, i, &length);
    PangoLayout *layout = heed__page_layout(g->page, label, length, &g->font, -1);
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    int pixels;
    pango_layout_get_pixel_size(layout, &pixels, NULL);
    if (pixels > MOST_LABEL) {
        pango_layout_set_width(layout, MOST_LABEL * PANGO_SCALE);
        pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
        pixels = MOST_LABEL;
    }
    *width = pixels;
    return layout;
}

static double widest_label(grid *g, const char *const *labels, size_t count)
{
    double widest = 0;
    for (size_t i = 0; i < count; i++) {
        double width;
        g_object_unref(label_layout(g, labels, i, &width));
        widest = fmax(widest, width);
    }
    return widest;
}

static void row_labels(grid *g)
{
    for (size_t i = 0; i < g->rows; i++) {
        double width;
        int height;
        PangoLayout *layout = label_layout(g, g->map->row_labels, i, &width);
        pango_layout_get_pixel_size(layout, NULL, &height);
        heed__page_show(g->page, layout, g->left - GAP - width,
                        g->top + g->cell * (double)i + (g->cell - height) / 2, g->font.colour);
        g_object_unref(layout);
    }
}

/* Upright where every label is as narrow as its column (Chinese characters), else turned. */
static void column_labels(grid *g, int upright)
{
    cairo_t *cairo = g->page->cairo;
    for (size_t j = 0; j < g->columns; j++) {
        double width, middle = g->left + g->cell * ((double)j + 0.5);
        int height;
        PangoLayout *layout = label_layout(g, g->map->column_labels, j, &width);
        pango_layout_get_pixel_size(layout, NULL, &height);
        cairo_save(cairo);
        cairo_translate(cairo, middle, g->top - GAP);
        if (!upright) cairo_rotate(cairo, -G_PI / 2);
        heed__page_show(g->page, layout, upright ? -width / 2 : 0,
                        upright ? -height : -height / 2.0, g->font.colour);
        cairo_restore(cairo);
        g_object_unref(layout);
    }
}

static void cells(grid *g, float largest)
{
    for (size_t i = 0; i < g->rows; i++) {
        for (size_t j = 0; j < g->columns; j++) {
            float weight = g->map->weights[i * g->map->columns + j];
            const heed__rgb unknown = {200, 200, 200};
            cairo_rectangle(g->page->cairo, g->left + g->cell * (double)j,
                            g->top + g->cell * (double)i, g->cell - 1, g->cell - 1);
            heed__page_fill(g->page, isnan(weight)
                                         ? unknown
                                         : heed__colour_of(largest > 0 ? weight / largest : 0, 0));
        }
    }
    cairo_rectangle(g->page->cairo, g->left - 1, g->top - 1, g->cell * (double)g->columns + 1,
                    g->cell * (double)g->rows + 1);
    cairo_set_source_rgb(g->page->cairo, 0.8, 0.8, 0.8);
    cairo_set_line_width(g->page->cairo, 1);
    cairo_stroke(g->page->cairo);
}

static void bar_number(grid *g, double value, double x, double y)
{
    heed__buffer number = {0};
    heed__buffer_number(&number, value, 3);
    PangoLayout *layout = heed__page_layout(g->page, number.bytes ? number.bytes : "", number.size,
                                            &heed__page_small, -1);
    heed__page_show(g->page, layout, x, y, heed__page_small.colour);
    g_object_unref(layout);
    heed__buffer_free(&number);
}

static double colour_bar(grid *g, float largest)
{
    enum { STEPS = 50 };
    double x = g->left + g->cell * (double)g->columns + 20;
    double height = fmax(60, fmin(200, g->cell * (double)g->rows));
    for (int i = 0; i < STEPS; i++) {
        cairo_rectangle(g->page->cairo, x, g->top + height * i / STEPS, BAR, height / STEPS + 0.5);
        heed__page_fill(g->page, heed__colour_of(1.0f - (float)i / (STEPS - 1), 0));
    }
    bar_number(g, (double)largest, x + BAR + 6, g->top - 8);
    bar_number(g, 0, x + BAR + 6, g->top + height - 10);
    return height;
}

/* As many columns as fit, at a size that reads. */
static void fit(grid *g, double label_width)
{
    double room = g->page->width - 2 * HEED_PAGE_MARGIN - label_width - GAP - BAR_ROOM;
    size_t most = room > SMALLEST_CELL ? (size_t)(room / SMALLEST_CELL) : 1;
    g->columns = g->map->columns < most ? g->map->columns : most;
    g->rows = g->map->rows < most ? g->map->rows : most;
    g->cell = fmax(SMALLEST_CELL, fmin(LARGEST_CELL, floor(room / (double)g->columns)));
    g->font.size = fmin(LARGEST_FONT, g->cell * 0.8);
}

void heed__page_heat_map(heed__page *page, const heed__explanation *e, const heed__heat_map *map)
{
    if (!map->rows || !map->columns) return;
    grid g = {.page = page, .explanation = e, .map = map, .font = {LARGEST_FONT, 0, {29, 29, 31}}};
    fit(&g, fmin(MOST_LABEL, page->width / 4));
    double used = widest_label(&g, map->row_labels, g.rows) * LARGEST_FONT / g.font.size;
    fit(&g, fmin(MOST_LABEL, fmin(used, page->width / 4))); /* narrow labels leave room for cells */
    heed__buffer line = {0};
    heed__buffer_format(&line, "%s: each row a word that looks, each column a word it looks at",
                        map->title ? map->title : "attention");
    heed__page_line(page, &line, &heed__page_small);
    double widest = widest_label(&g, map->column_labels, g.columns);
    int upright = widest <= g.cell;
    g.left = HEED_PAGE_MARGIN + widest_label(&g, map->row_labels, g.rows) + GAP;
    g.top = page->y + GAP + (upright ? 1.4 * g.font.size : widest) + GAP;
    float largest = heed__heat_map_largest(map);
    row_labels(&g);
    column_labels(&g, upright);
    cells(&g, largest);
    double height = colour_bar(&g, largest);
    page->y = g.top + fmax(height, g.cell * (double)g.rows) + 14;
    if (g.rows < map->rows || g.columns < map->columns)
        heed__buffer_format(&line,
                            "… %zu of %zu rows and %zu of %zu columns are shown; a wider "
                            "picture shows more",
                            g.rows, map->rows, g.columns, map->columns);
    heed__page_line(page, &line, &heed__page_small);
    page->y += 8;
}

#else

typedef int heed__page_needs_cairo; /* a file of C must declare something */

#endif
