/* SPDX-License-Identifier: MIT */
/* A matrix on a page: rows look, columns are looked at; beside it what the colours mean. Where not
 * all columns fit, the rest stands in panels below, and nothing is left out of it. */
#include "base/fail.h"
#include "explain/page_label.h"

#ifdef HEED_WITH_CAIRO

#    include "base/memory.h"
#    include "explain/renderers.h"

#    include <math.h>
#    include <string.h>

enum {
    LARGEST_CELL = 30,
    SMALLEST_CELL = 12,  /* where each has a label */
    SMALLEST_OF_ALL = 4, /* where few have */
    SMALLEST_RULED = 8,  /* below this there are no lines between cells */
    BAR = 14,
    LEGEND_ROOM = 110,
    GAP = 6,
    MOST_HEIGHT = 12000 /* of one matrix, all panels */
};

typedef struct grid {
    heed__page *page;
    const heed__heat_map *map;
    heed__matrix_label *row_labels, *column_labels;
    heed__label_setting setting;
    heed__matrix_label row_axis, column_axis; /* with their arrows */
    heed__buffer row_text, column_text;
    float largest;
    int plain;                        /* all weights are 0 or 1: colours need no legend */
    size_t rows, columns, panel;      /* shown in all; columns of a panel */
    double smallest, cell, left, top; /* of the cells */
} grid;

static const heed__rgb line_colour = {222, 225, 230}, mark_colour = {20, 24, 60},
                       unknown_colour = {190, 190, 190};

/* ---- where everything goes ---- */

static heed_status measure_labels(heed__page *page, const heed__explanation *e,
                                  const char *const *labels, size_t count, heed__matrix_label **out)
{
    HEED_TRY(heed__alloc(count, sizeof **out, "the labels of a matrix", out));
    for (size_t i = 0; i < count; i++) {
        size_t length;
        const char *label = heed__heat_map_label(e, labels, i, &length);
        heed__label_measure(page, label, length, *out + i);
    }
    return HEED_OK;
}

static heed__label_setting axis_setting(const grid *g)
{
    heed__label_setting setting = g->setting;
    setting.font = heed__page_small;
    return setting;
}

/* Room at the left: the widest label of a row, or the names of the axes in the corner. */
static double left_room(const grid *g)
{
    heed__label_setting corner = axis_setting(g);
    double widest = fmax(heed__label_row_width(&corner, &g->row_axis),
                         heed__label_row_width(&corner, &g->column_axis));
    for (size_t i = 0; i < g->rows; i++)
        widest = fmax(widest, heed__label_row_width(&g->setting, g->row_labels + i));
    return widest + GAP;
}

static int has_legend(const grid *g)
{
    return !g->plain || g->map->marks;
}

/* Room right of the cells when they are this wide: the legend, or labels that rise over it. */
static double right_room(const grid *g, size_t columns)
{
    double room = has_legend(g) ? LEGEND_ROOM : 0;
    for (size_t j = 0; j < g->map->columns; j++) {
        double after = ((double)(columns - 1 - j % columns) + 0.5) * g->cell;
        heed__label_extent e = heed__label_column_extent(&g->setting, g->column_labels + j);
        room = fmax(room, e.right - after);
    }
    return room;
}

static size_t columns_that_fit(const grid *g, size_t panel)
{
    double room = g->page->width - 2 * HEED_PAGE_MARGIN - ceil(left_room(g)) - right_room(g, panel);
    return room >= g->cell ? (size_t)(room / g->cell) : 1;
}

/* Cells may be smaller where not each has a label. */
static double smallest_cell(const heed__matrix_label *labels, size_t n)
{
    double labelled = 0;
    for (size_t i = 0; i < n; i++) labelled += labels[i].width > 0;
    return fmax(SMALLEST_OF_ALL, n ? ceil(SMALLEST_CELL * labelled / (double)n) : 0);
}

/* The largest cells that so many columns fit with; 0 when not even the smallest do. */
static int settle(grid *g, size_t panel)
{
    double width = g->page->width - 2 * HEED_PAGE_MARGIN;
    g->panel = panel;
    for (g->cell = LARGEST_CELL; g->cell >= g->smallest; g->cell--) {
        g->setting = heed__label_settle(g->cell, width, g->column_labels, g->map->columns);
        if (columns_that_fit(g, panel) >= panel) return 1;
    }
    g->cell = g->smallest;
    return 0;
}

/* All columns side by side, or as few panels as it takes, of like width. */
static void fit(grid *g)
{
    if (!settle(g, g->map->columns)) {
        size_t most = columns_that_fit(g, 1); /* every label may be a panel's last */
        size_t panels = (g->map->columns + most - 1) / most;
        settle(g, (g->map->columns + panels - 1) / panels);
    }
    g->left = HEED_PAGE_MARGIN + ceil(left_room(g)); /* whole pixels: sharp edges */
}

static double labels_height(const grid *g, size_t begin, size_t end)
{
    double up = 2 * 1.4 * heed__page_small.size; /* the axes' names */
    for (size_t j = begin; j < end; j++)
        up = fmax(up, heed__label_column_extent(&g->setting, g->column_labels + j).up);
    return up + GAP;
}

/* A page cannot be of any height: what goes beyond is left out, and said. */
static void cut(grid *g)
{
    double head = labels_height(g, 0, g->columns) + 40;
    size_t most_rows = (size_t)((MOST_HEIGHT - head) / g->cell);
    g->rows = g->map->rows < most_rows ? g->map->rows : most_rows;
    size_t panels = (size_t)(MOST_HEIGHT / (head + g->cell * (double)g->rows));
    if (panels < 1) panels = 1;
    if (panels * g->panel < g->columns) g->columns = panels * g->panel;
}

/* ---- drawing ---- */

static void corner(grid *g)
{
    heed__label_setting setting = axis_setting(g);
    double line = 1.4 * setting.font.size, right = g->left - GAP;
    heed__label_row(g->page, &setting, &g->column_axis, right, g->top - GAP - 1.5 * line);
    heed__label_row(g->page, &setting, &g->row_axis, right, g->top - GAP - 0.5 * line);
}

static void outline(grid *g, heed__mark mark, double x, double y, double size)
{
    const double dashes[] = {3, 2};
    cairo_t *cairo = g->page->cairo;
    if (mark == HEED_MARK_NONE) return;
    cairo_rectangle(cairo, x + 1, y + 1, size - 2, size - 2);
    cairo_set_source_rgb(cairo, mark_colour.r / 255.0, mark_colour.g / 255.0,
                         mark_colour.b / 255.0);
    cairo_set_line_width(cairo, 2);
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_MITER);
    if (mark == HEED_MARK_POSSIBLE) cairo_set_dash(cairo, dashes, 2, 0);
    cairo_stroke(cairo);
    cairo_set_dash(cairo, NULL, 0, 0);
}

static void square(grid *g, double x, double y, double width, double height, heed__rgb colour)
{
    cairo_rectangle(g->page->cairo, x, y, width, height);
    heed__page_fill(g->page, colour);
}

/* Cells leave a line of the ground between them. */
static void cells(grid *g, size_t begin, size_t end)
{
    int line = g->cell >= SMALLEST_RULED, frame = line ? 1 : 2; /* the last cells end in a line */
    double size = g->cell - line, width = g->cell * (double)(end - begin) + frame;
    square(g, g->left - 1, g->top - 1, width, g->cell * (double)g->rows + frame, line_colour);
    for (size_t i = 0; i < g->rows; i++)
        for (size_t j = begin; j < end; j++) {
            double x = g->left + g->cell * (double)(j - begin), y = g->top + g->cell * (double)i;
            float shade = heed__heat_map_shade(g->map, g->largest, i, j);
            square(g, x, y, size, size, isnan(shade) ? unknown_colour : heed__colour_of(shade, 0));
            outline(g, heed__heat_map_mark(g->map, i, j), x, y, size);
        }
}

/* ---- what the colours mean ---- */

static void small_text(grid *g, const char *text, double x, double y)
{
    PangoLayout *layout = heed__page_layout(g->page, text, strlen(text), &heed__page_small, -1);
    heed__page_show(g->page, layout, x, y, heed__page_small.colour);
    g_object_unref(layout);
}

static void bar_number(grid *g, double value, double x, double y)
{
    heed__buffer number = {0};
    heed__buffer_number(&number, value, 3);
    small_text(g, number.bytes ? number.bytes : "", x, y);
    heed__buffer_free(&number);
}

static double colour_bar(grid *g, double x)
{
    enum { STEPS = 50 };
    double height = fmax(60, fmin(200, g->cell * (double)g->rows));
    for (int i = 0; i < STEPS; i++) {
        double from = floor(height * i / STEPS), to = floor(height * (i + 1) / STEPS);
        square(g, x, g->top + from, BAR, to - from,
               heed__colour_of(1.0f - (float)i / (STEPS - 1), 0));
    }
    cairo_rectangle(g->page->cairo, x - 0.5, g->top - 0.5, BAR + 1, height + 1);
    cairo_set_source_rgb(g->page->cairo, 0.8, 0.8, 0.8);
    cairo_set_line_width(g->page->cairo, 1);
    cairo_stroke(g->page->cairo);
    bar_number(g, (double)g->largest, x + BAR + 6, g->top - 4);
    bar_number(g, 0, x + BAR + 6, g->top + height - 14);
    return g->top + height;
}

static double mark_legend(grid *g, heed__mark mark, const char *text, double x, double y)
{
    if (!heed__heat_map_has(g->map, mark)) return y;
    square(g, x, y + 8, BAR, BAR, (heed__rgb){255, 255, 255});
    outline(g, mark, x, y + 8, BAR);
    small_text(g, text, x + BAR + 6, y + 7);
    return y + 22;
}

/* Returns where it ends. */
static double legend(grid *g)
{
    double x = g->left + g->cell * (double)g->panel + 20, y = g->top - 8;
    if (!g->plain) y = colour_bar(g, x);
    y = mark_legend(g, HEED_MARK_LINK, "link", x, y);
    return mark_legend(g, HEED_MARK_POSSIBLE, "possible", x, y);
}

/* ---- the whole ---- */

static void draw_panel(grid *g, size_t begin, size_t end)
{
    double top = g->top = ceil(g->page->y + labels_height(g, begin, end) + GAP);
    corner(g);
    cells(g, begin, end);
    for (size_t i = 0; i < g->rows; i++)
        heed__label_row(g->page, &g->setting, g->row_labels + i, g->left - GAP,
                        top + g->cell * ((double)i + 0.5));
    for (size_t j = begin; j < end; j++)
        heed__label_column(g->page, &g->setting, g->column_labels + j,
                           g->left + g->cell * ((double)(j - begin) + 0.5), top - GAP);
    double bottom = top + g->cell * (double)g->rows;
    if (begin == 0 && has_legend(g)) bottom = fmax(bottom, legend(g));
    g->page->y = bottom + 14;
}

static void draw(grid *g)
{
    heed__buffer line = {0};
    if (g->map->title)
        heed__page_text(g->page, g->map->title, strlen(g->map->title), &heed__page_small);
    for (size_t begin = 0; begin < g->columns; begin += g->panel) {
        size_t end = begin + g->panel < g->columns ? begin + g->panel : g->columns;
        if (g->panel < g->columns)
            heed__buffer_format(&line, "columns %zu to %zu of %zu", begin + 1, end,
                                g->map->columns);
        heed__page_line(g->page, &line, &heed__page_small);
        draw_panel(g, begin, end);
    }
    heed__heat_map_left_out(&line, g->map, g->rows, g->columns);
    heed__page_line(g->page, &line, &heed__page_small);
    g->page->y += 8;
}

static void axes(grid *g)
{
    heed__buffer_format(&g->row_text, "%s ↓", heed__heat_map_row_axis(g->map));
    heed__buffer_format(&g->column_text, "%s →", heed__heat_map_column_axis(g->map));
    if (g->row_text.bytes)
        heed__label_measure(g->page, g->row_text.bytes, g->row_text.size, &g->row_axis);
    if (g->column_text.bytes)
        heed__label_measure(g->page, g->column_text.bytes, g->column_text.size, &g->column_axis);
}

static void finish(grid *g)
{
    heed__free(g->row_labels);
    heed__free(g->column_labels);
    heed__buffer_free(&g->row_text);
    heed__buffer_free(&g->column_text);
}

/* Whatever comes back, finish is due. */
static heed_status start(grid *g, const heed__explanation *e)
{
    const heed__heat_map *map = g->map;
    HEED_TRY(measure_labels(g->page, e, map->row_labels, map->rows, &g->row_labels));
    HEED_TRY(measure_labels(g->page, e, map->column_labels, map->columns, &g->column_labels));
    g->smallest = fmax(smallest_cell(g->row_labels, map->rows),
                       smallest_cell(g->column_labels, map->columns));
    for (size_t i = 0; i < map->rows * map->columns && g->plain; i++)
        g->plain = map->weights[i] == 0 || map->weights[i] == 1;
    axes(g);
    return HEED_OK;
}

heed_status heed__page_heat_map_fits(heed__page *page, const heed__heat_map *map, int *fits)
{
    grid g = {.page = page, .map = map, .plain = 1, .rows = map->rows, .columns = map->columns};
    *fits = 1;
    if (!map->rows || !map->columns) return HEED_OK;
    heed_status status = start(&g, NULL);
    if (status == HEED_OK) *fits = settle(&g, map->columns);
    finish(&g);
    return status;
}

heed_status heed__page_heat_map(heed__page *page, const heed__explanation *e,
                                const heed__heat_map *map)
{
    grid g = {.page = page,
              .map = map,
              .plain = 1,
              .rows = map->rows,
              .columns = map->columns,
              .largest = heed__heat_map_largest(map)};
    if (!map->rows || !map->columns) return HEED_OK;
    heed_status status = start(&g, e);
    if (status == HEED_OK) {
        fit(&g);
        cut(&g);
        draw(&g);
    }
    finish(&g);
    return status;
}

#else

typedef int heed__page_needs_cairo; /* a file of C must declare something */

#endif
