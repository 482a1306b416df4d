/* SPDX-License-Identifier: MIT */
/*
 * A matrix on a terminal. A cell is two columns wide: coloured ground, or blocks where there are no
 * colours. A column's label stands above it letter over letter (a Chinese sign takes the two
 * columns of its cell). Where the screen is too narrow for all columns the rest stands in panels
 * below.
 */
#include "base/fail.h"
#include "base/memory.h"
#include "data/utf8.h"
#include "explain/renderers.h"
#include "explain/runs.h"
#include "explain/terminal.h"

#include <math.h>
#include <utf8proc.h>

enum { CELL = 2, TALLEST = 40, MOST_ROWS = 500 };

typedef struct label {
    const char *text;
    size_t length;
    int letters; /* with their accents */
    int width;   /* columns */
} label;

typedef struct grid {
    heed__screen *screen;
    const heed__heat_map *map;
    label *rows, *columns;
    size_t n_rows, panel; /* rows shown; columns of a panel */
    int left;             /* columns that row labels take */
    float largest;
} grid;

/* The letter at `at` with the marks that follow it; a line's end within a label is a blank. */
static size_t next_letter(const label *l, size_t at, int *width)
{
    size_t size, more;
    *width = utf8proc_charwidth(
        heed__shown_character((utf8proc_int32_t)heed__utf8_next(l->text + at, &size)));
    while (at + size < l->length) {
        uint32_t c = heed__utf8_next(l->text + at + size, &more);
        if (utf8proc_charwidth((utf8proc_int32_t)c) || c < ' ') break;
        size += more;
    }
    return size;
}

static void put_letter(grid *g, const char *bytes, size_t size)
{
    for (size_t at = 0, more; at < size; at += more) {
        char out[4];
        int32_t c = heed__shown_character((int32_t)heed__utf8_next(bytes + at, &more));
        if (c == '\n' || c == '\t') c = ' ';
        heed__buffer_add(g->screen->out, out, heed__utf8_put((uint32_t)c, out));
    }
}

static heed_status read_labels(const heed__explanation *e, const char *const *labels, size_t count,
                               label **out)
{
    HEED_TRY(heed__alloc(count, sizeof **out, "the labels of a matrix", out));
    for (size_t i = 0; i < count; i++) {
        label *l = *out + i;
        l->text = heed__heat_map_label(e, labels, i, &l->length);
        for (size_t at = 0; at < l->length; l->letters++) {
            int width;
            at += next_letter(l, at, &width);
            l->width += width;
        }
    }
    return HEED_OK;
}

static void spaces(grid *g, int count)
{
    heed__buffer_format(g->screen->out, "%*s", count > 0 ? count : 0, "");
}

/* Right-aligned, cut with an ellipsis where it is wider than half of the screen. */
static void put_row_label(grid *g, const label *l)
{
    int room = g->left - 1, used = 0;
    spaces(g, room - l->width);
    for (size_t at = 0; at < l->length;) {
        int width;
        size_t size = next_letter(l, at, &width);
        if (l->width > room && used + width > room - 1) {
            heed__buffer_text(g->screen->out, "…");
            used++;
            break;
        }
        put_letter(g, l->text + at, size);
        used += width;
        at += size;
    }
    if (l->width > room) spaces(g, room - used);
    spaces(g, 1);
}

/* Letter `index` of a label, filled to a cell; a label taller than all may be ends in dots. */
static void put_column_letter(grid *g, const label *l, int index)
{
    int width = 0;
    size_t at = 0, size = 0;
    if (l->letters > TALLEST && index == TALLEST - 1) {
        heed__buffer_text(g->screen->out, "⋮ ");
        return;
    }
    for (int i = 0; i <= index; i++) {
        at += size;
        size = next_letter(l, at, &width);
    }
    put_letter(g, l->text + at, size);
    spaces(g, CELL - width);
}

static void put_column_labels(grid *g, size_t begin, size_t end)
{
    int height = 0;
    for (size_t j = begin; j < end; j++) {
        int letters = g->columns[j].letters < TALLEST ? g->columns[j].letters : TALLEST;
        if (letters > height) height = letters;
    }
    for (int line = 0; line < height; line++) {
        spaces(g, g->left);
        for (size_t j = begin; j < end; j++) {
            int letters = g->columns[j].letters < TALLEST ? g->columns[j].letters : TALLEST;
            int index = line - (height - letters);
            if (index < 0)
                spaces(g, CELL);
            else
                put_column_letter(g, g->columns + j, index);
        }
        heed__screen_line(g->screen);
    }
}

/* ---- cells ---- */

static const char *const blocks[] = {"·", "░", "▒", "▓", "█"};
static const float block_from[] = {0.0f, 0.1f, 0.3f, 0.55f, 0.8f};

enum { BLOCKS = sizeof blocks / sizeof *blocks };

static int block_of(float shade)
{
    int block = 0;
    while (block + 1 < BLOCKS && shade >= block_from[block + 1]) block++;
    return block;
}

static const char *sign_of(heed__mark mark)
{
    return mark == HEED_MARK_LINK ? "*" : "+";
}

/* A weak cell is a point, so that a row can be followed to its column. */
static void put_cell(grid *g, size_t i, size_t j)
{
    heed__buffer *out = g->screen->out;
    float shade = heed__heat_map_shade(g->map, g->largest, i, j);
    heed__mark mark = heed__heat_map_mark(g->map, i, j);
    int block = isnan(shade) ? 0 : block_of(shade), colours = g->screen->colours != 0;
    int ground = isnan(shade) || !colours ? 0 : heed__screen_mark_of(shade);
    heed__screen_switch(g->screen, ground);
    if (isnan(shade))
        heed__buffer_text(out, "?");
    else if (ground)
        heed__buffer_text(out, " ");
    else
        heed__buffer_text(out, blocks[colours ? 0 : block]);
    if (mark)
        heed__buffer_text(out, sign_of(mark));
    else
        heed__buffer_text(out, ground || !block || colours ? " " : blocks[block]);
}

static void put_panel(grid *g, size_t begin, size_t end)
{
    put_column_labels(g, begin, end);
    for (size_t i = 0; i < g->n_rows; i++) {
        put_row_label(g, g->rows + i);
        for (size_t j = begin; j < end; j++) put_cell(g, i, j);
        heed__screen_line(g->screen);
    }
}

/* ---- what the cells mean ---- */

static void put_colours(grid *g)
{
    heed__screen *s = g->screen;
    heed__buffer_text(s->out, "0 ");
    for (int mark = 1; mark <= HEED_SCREEN_SHADES; mark++) {
        heed__screen_switch(s, mark);
        heed__buffer_text(s->out, "  ");
    }
    heed__screen_switch(s, 0);
    heed__buffer_text(s->out, " ");
    heed__buffer_number(s->out, (double)g->largest, 3);
    heed__screen_line(s);
}

static void put_blocks(grid *g)
{
    heed__buffer line = {0};
    for (int block = 0; block < BLOCKS; block++) {
        heed__buffer_format(&line, "%s%s from ", block ? "  " : "", blocks[block]);
        heed__buffer_number(&line, (double)(block_from[block] * g->largest), block ? 3 : 0);
    }
    heed__screen_text(g->screen, &line);
}

static void put_legend(grid *g)
{
    int link = heed__heat_map_has(g->map, HEED_MARK_LINK);
    int possible = heed__heat_map_has(g->map, HEED_MARK_POSSIBLE);
    heed__buffer line = {0};
    if (g->screen->colours)
        put_colours(g);
    else
        put_blocks(g);
    heed__buffer_format(&line, "%s%s%s", link ? "* link" : "", link && possible ? "  " : "",
                        possible ? "+ possible" : "");
    heed__screen_text(g->screen, &line);
}

/* ---- the whole ---- */

/* As many columns as stand beside the row labels, in panels of like width. */
static void fit(grid *g)
{
    int widest = 0, half = g->screen->columns / 2;
    for (size_t i = 0; i < g->n_rows; i++)
        if (g->rows[i].width > widest) widest = g->rows[i].width;
    g->left = 1 + (widest < half ? widest : half);
    size_t most = (size_t)((g->screen->columns - g->left) / CELL);
    size_t panels = (g->map->columns + most - 1) / most;
    g->panel = (g->map->columns + panels - 1) / panels;
}

static void put_heat_map(grid *g)
{
    heed__buffer line = {0};
    fit(g);
    heed__buffer_format(&line, "%s%srows: %s, columns: %s%s", g->map->title ? g->map->title : "",
                        g->map->title ? " (" : "", heed__heat_map_row_axis(g->map),
                        heed__heat_map_column_axis(g->map), g->map->title ? ")" : "");
    heed__screen_text(g->screen, &line);
    for (size_t begin = 0; begin < g->map->columns; begin += g->panel) {
        size_t left = g->map->columns - begin, end = begin + (left < g->panel ? left : g->panel);
        if (g->panel < g->map->columns)
            heed__buffer_format(&line, "columns %zu to %zu of %zu", begin + 1, end,
                                g->map->columns);
        heed__screen_text(g->screen, &line);
        put_panel(g, begin, end);
    }
    put_legend(g);
    heed__heat_map_left_out(&line, g->map, g->n_rows, g->map->columns);
    heed__screen_text(g->screen, &line);
}

heed_status heed__screen_heat_map(heed__screen *screen, const heed__explanation *explanation,
                                  const heed__heat_map *map)
{
    grid g = {.screen = screen, .map = map, .largest = heed__heat_map_largest(map)};
    if (!map->rows || !map->columns) return HEED_OK;
    g.n_rows = map->rows < MOST_ROWS ? map->rows : MOST_ROWS;
    heed_status status = read_labels(explanation, map->row_labels, map->rows, &g.rows);
    if (status == HEED_OK)
        status = read_labels(explanation, map->column_labels, map->columns, &g.columns);
    if (status == HEED_OK) put_heat_map(&g);
    heed__free(g.rows);
    heed__free(g.columns);
    return status;
}
