/* SPDX-License-Identifier: MIT */
/*
 * Draws ratios as bars: chart OUT.png TITLE < LINES. A line: group, peer, ratio, the least and
 * the most of the rounds, and what is wanted (or nothing), with tabs between them.
 */
#include <cairo.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST = 400,
    WIDTH = 960,
    LEFT = 290,
    RIGHT = 110,
    TOP = 64,
    STEP = 17,
    GAP = 9,
    BOTTOM = 14
};

typedef struct bar {
    char group[96], peer[48];
    double ratio, least, most, wanted; /* wanted 0 = nothing */
} bar;

typedef struct chart {
    bar bars[MOST];
    int count;
    double begin, end; /* of the axis, which is logarithmic */
} chart;

static void colour(cairo_t *c, int rgb)
{
    cairo_set_source_rgb(c, (rgb >> 16) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0);
}

static void write(cairo_t *c, double x, double y, int to_left, const char *text)
{
    cairo_text_extents_t size;
    cairo_text_extents(c, text, &size);
    cairo_move_to(c, to_left ? x - size.x_advance : x, y);
    cairo_show_text(c, text);
}

static double place(const chart *all, double ratio)
{
    double share = log(ratio / all->begin) / log(all->end / all->begin);
    return LEFT + fmin(fmax(share, 0), 1) * (WIDTH - LEFT - RIGHT);
}

static void read_lines(chart *all)
{
    char line[512];
    while (all->count < MOST && fgets(line, sizeof line, stdin)) {
        bar *b = &all->bars[all->count];
        int read = sscanf(line, "%95[^\t]\t%47[^\t]\t%lf\t%lf\t%lf\t%lf", b->group, b->peer,
                          &b->ratio, &b->least, &b->most, &b->wanted);
        if (read < 5 || !(b->ratio > 0)) {
            fprintf(stderr, "chart: not a line of a chart: %s", line);
            exit(2);
        }
        all->begin = fmin(all->begin, b->ratio);
        all->end = fmax(all->end, b->ratio);
        all->count++;
    }
}

static void draw_bar(cairo_t *c, const chart *all, const bar *b, double y)
{
    double one = place(all, 1), at = place(all, b->ratio), middle = y + (STEP - 4) / 2.0;
    char text[64];
    colour(c, b->ratio >= 1 ? 0x4c8c6b : 0xc0694e);
    cairo_rectangle(c, fmin(one, at), y, fmax(fabs(at - one), 1), STEP - 4);
    cairo_fill(c);
    colour(c, 0x555555);
    cairo_rectangle(c, place(all, b->least), middle, place(all, b->most) - place(all, b->least), 1);
    cairo_fill(c);
    if (b->wanted > 0) {
        colour(c, 0x1f3f77);
        cairo_rectangle(c, place(all, b->wanted) - 1, y - 1, 2, STEP - 2);
        cairo_fill(c);
    }
    colour(c, 0x333333);
    write(c, LEFT - 8, y + 10, 1, b->peer);
    snprintf(text, sizeof text, b->wanted > 0 ? "%.2f (%g)" : "%.2f", b->ratio, b->wanted);
    write(c, WIDTH - RIGHT + 8, y + 10, 0, text);
}

/* Lines at 1, 2, 4 ... and their halves. */
static void draw_axis(cairo_t *c, const chart *all, double height)
{
    char text[32];
    for (double at = exp2(ceil(log2(all->begin))); at <= all->end * 1.0001; at *= 2) {
        double x = floor(place(all, at));
        colour(c, at == 1 ? 0x333333 : 0xdddddd);
        cairo_rectangle(c, x, TOP - 8, 1, height - TOP - BOTTOM + 8);
        cairo_fill(c);
        colour(c, 0x777777);
        snprintf(text, sizeof text, "%g", at);
        write(c, x + 8, TOP - 12, 1, text);
    }
}

static void draw(cairo_t *c, const chart *all, const char *title, double height)
{
    double y = TOP;
    colour(c, 0xffffff);
    cairo_paint(c);
    cairo_select_font_face(c, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(c, 15);
    colour(c, 0x222222);
    write(c, 14, 26, 0, title);
    cairo_set_font_size(c, 11);
    draw_axis(c, all, height);
    for (int i = 0; i < all->count; i++) {
        const bar *b = &all->bars[i];
        if (i == 0 || strcmp(b->group, b[-1].group) != 0) {
            y += i ? GAP : 0;
            colour(c, 0x222222);
            write(c, 14, y + 10, 0, b->group);
        }
        draw_bar(c, all, b, y);
        y += STEP;
    }
}

int main(int argc, char **argv)
{
    static chart all = {.begin = 0.5, .end = 4};
    if (argc != 3) {
        fprintf(stderr, "usage: chart OUT.png TITLE < LINES\n");
        return 2;
    }
    read_lines(&all);
    int height = TOP + BOTTOM;
    for (int i = 0; i < all.count; i++)
        height += STEP + (i && strcmp(all.bars[i].group, all.bars[i - 1].group) != 0 ? GAP : 0);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, WIDTH, height);
    cairo_t *c = cairo_create(surface);
    draw(c, &all, argv[2], height);
    cairo_destroy(c);
    cairo_status_t status = cairo_surface_write_to_png(surface, argv[1]);
    cairo_surface_destroy(surface);
    if (status != CAIRO_STATUS_SUCCESS)
        fprintf(stderr, "chart: %s: %s\n", argv[1], cairo_status_to_string(status));
    return status != CAIRO_STATUS_SUCCESS;
}
