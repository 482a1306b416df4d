/* SPDX-License-Identifier: MIT */
/* The svg and png renderers: a page is drawn once on nothing to learn its size, and once for good.
 */
#include "base/fail.h"
#include "explain/page.h"
#include "explain/renderers.h"

#ifdef HEED_WITH_CAIRO

#    include <cairo-svg.h>
#    include <math.h>
#    include <string.h>

enum { MOST_HEIGHT = 16000, MOST_CHARACTERS = 6000 };

/* No guessing from the desktop: the same glyphs at the same places everywhere the fonts are. The
 * font map is the picture's own, so nothing stays behind in the caller's thread. */
static PangoContext *make_pango(void)
{
    PangoFontMap *fonts = pango_cairo_font_map_new();
    PangoContext *pango = pango_font_map_create_context(fonts);
    g_object_unref(fonts);
    cairo_font_options_t *font = cairo_font_options_create();
    cairo_font_options_set_antialias(font, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(font, CAIRO_HINT_STYLE_SLIGHT);
    cairo_font_options_set_hint_metrics(font, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(pango, font);
    pango_cairo_context_set_resolution(pango, 96);
    pango_context_set_base_dir(pango, PANGO_DIRECTION_WEAK_LTR);
    pango_context_set_language(pango, pango_language_from_string("en"));
    cairo_font_options_destroy(font);
    return pango;
}

/* As wide as the page, which therefore need not be any wider. */
static void draw_rule(heed__page *page)
{
    double right = page->right;
    cairo_rectangle(page->cairo, HEED_PAGE_MARGIN, page->y, page->shown - 2 * HEED_PAGE_MARGIN, 1);
    heed__page_fill(page, (heed__rgb){218, 220, 224});
    page->right = right;
    page->y += 16;
}

/* ---- matrices that stand by themselves ---- */

/* A column of the page as wide as one of `across`. */
static double share_of(const heed__page *page, size_t across)
{
    return floor((page->width - 2 * HEED_PAGE_MARGIN) / (double)across);
}

/* How many of the first `most` stand side by side: as many as fit whole, at least one. */
static heed_status count_across(heed__page *page, const heed__heat_map *maps, size_t most,
                                size_t *out)
{
    double width = page->width;
    heed_status status = HEED_OK;
    int fits = 0;
    for (*out = most + 1; !fits && *out > 1 && status == HEED_OK;) {
        --*out;
        page->width = width;
        page->width = share_of(page, *out) + 2 * HEED_PAGE_MARGIN;
        fits = 1;
        for (size_t i = 0; i < most && fits && status == HEED_OK; i++)
            status = heed__page_heat_map_fits(page, maps + i, &fits);
    }
    page->width = width;
    return status;
}

/* Side by side, each in a column of the page of its own. */
static heed_status draw_row(heed__page *page, const heed__heat_map *maps, size_t count,
                            size_t across)
{
    double top = page->y, bottom = top, width = page->width, share = share_of(page, across);
    heed_status status = HEED_OK;
    page->width = share + 2 * HEED_PAGE_MARGIN;
    for (size_t i = 0; i < count && status == HEED_OK; i++) {
        page->y = top;
        cairo_save(page->cairo);
        cairo_translate(page->cairo, share * (double)i, 0);
        status = heed__page_heat_map(page, NULL, maps + i);
        cairo_restore(page->cairo);
        bottom = fmax(bottom, page->y);
    }
    page->width = width;
    page->y = bottom;
    return status;
}

/* Texts, then matrices that stand by themselves, until the page is full. */
static heed_status draw_blocks(heed__page *page, const heed__picture *picture,
                               const heed__picture_options *how)
{
    size_t texts = picture->n_explanations, all = texts + picture->n_heat_maps, across = 1;
    size_t most = how->across > 0 ? (size_t)how->across : 1, drawn = 0, now = 1;
    if (most > picture->n_heat_maps) most = picture->n_heat_maps;
    if (most > 1) HEED_TRY(count_across(page, picture->heat_maps, most, &across));
    for (; drawn < all && page->y <= MOST_HEIGHT; drawn += now) {
        if (drawn && across == 1) draw_rule(page);
        now = drawn < texts ? 1 : all - drawn < across ? all - drawn : across;
        if (drawn < texts)
            HEED_TRY(heed__page_explanation(page, picture->explanations + drawn, how));
        else
            HEED_TRY(draw_row(page, picture->heat_maps + (drawn - texts), now, across));
        page->y += 8;
    }
    if (drawn == all) return HEED_OK;
    heed__buffer line = {0};
    heed__buffer_format(&line, "… %zu more %s are not shown; html holds any number", all - drawn,
                        texts ? "texts" : "pairs");
    heed__page_line(page, &line, &heed__page_label);
    return HEED_OK;
}

typedef struct page_size {
    double width, height;
} page_size;

/* What stands on the page needs no more than this. */
static page_size size_of(const heed__page *page)
{
    double needed = page->wrapped ? page->width : ceil(page->right) + HEED_PAGE_MARGIN;
    return (page_size){fmin(page->width, needed), ceil(page->y + HEED_PAGE_MARGIN / 2.0)};
}

/* Lays out within the width of the options; *size is the page's, as `shown` or as it turns out. */
static heed_status draw_page(cairo_surface_t *surface, const heed__picture *picture,
                             const heed__picture_options *options, double shown, page_size *size)
{
    cairo_t *cairo = cairo_create(surface);
    PangoContext *pango = make_pango();
    heed__page page = {.cairo = cairo,
                       .pango = pango,
                       .width = options->width,
                       .shown = shown,
                       .y = HEED_PAGE_MARGIN};
    heed__picture_options how = *options;
    if (!how.max_characters) how.max_characters = MOST_CHARACTERS;
    cairo_set_source_rgb(cairo, 1, 1, 1);
    cairo_paint(cairo);
    if (picture->title) {
        heed__page_text(&page, picture->title, strlen(picture->title), &heed__page_title);
        page.y += 10;
    }
    heed_status status = draw_blocks(&page, picture, &how);
    heed__page_legend(&page);
    *size = size_of(&page);
    g_object_unref(pango);
    cairo_destroy(cairo);
    return status;
}

static heed_status measure(const heed__picture *picture, const heed__picture_options *options,
                           page_size *size)
{
    cairo_surface_t *nothing = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    heed_status status = draw_page(nothing, picture, options, options->width, size);
    cairo_surface_destroy(nothing);
    return status;
}

static heed_status cairo_failed(cairo_status_t status)
{
    heed_status code = status == CAIRO_STATUS_NO_MEMORY ? HEED_E_NOMEM : HEED_E_UNSUPPORTED;
    return heed__fail(code, "the picture cannot be drawn: %s; use fewer or shorter texts, or html",
                      cairo_status_to_string(status));
}

static cairo_status_t add_bytes(void *out, const unsigned char *bytes, unsigned length)
{
    heed__buffer_add(out, bytes, length);
    return ((heed__buffer *)out)->status == HEED_OK ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_NO_MEMORY;
}

static heed_status draw_png(const heed__picture *picture, const heed__picture_options *options,
                            heed__buffer *out)
{
    page_size size;
    HEED_TRY(measure(picture, options, &size));
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)size.width, (int)size.height);
    heed_status status = draw_page(surface, picture, options, size.width, &size);
    cairo_status_t failure = cairo_surface_write_to_png_stream(surface, add_bytes, out);
    cairo_surface_destroy(surface);
    if (status == HEED_OK && failure != CAIRO_STATUS_SUCCESS) status = cairo_failed(failure);
    return status;
}

/* Cairo numbers the page by how many surfaces the process has made, the one thing in the file that
 * is not a function of the picture. Nothing refers to it. */
static void add_without_page_number(heed__buffer *out, const heed__buffer *svg)
{
    static const char id[] = "<g id=\"surface";
    const char *number = svg->bytes ? strstr(svg->bytes, id) : NULL;
    if (!number) {
        heed__buffer_add(out, svg->bytes, svg->size);
        return;
    }
    number += sizeof id - 1;
    heed__buffer_add(out, svg->bytes, (size_t)(number - svg->bytes));
    heed__buffer_text(out, number + strspn(number, "0123456789"));
}

static heed_status draw_svg(const heed__picture *picture, const heed__picture_options *options,
                            heed__buffer *out)
{
    page_size size;
    HEED_TRY(measure(picture, options, &size));
    heed__buffer svg = {0};
    cairo_surface_t *surface =
        cairo_svg_surface_create_for_stream(add_bytes, &svg, size.width, size.height);
    cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX);
    heed_status status = draw_page(surface, picture, options, size.width, &size);
    cairo_surface_finish(surface);
    cairo_status_t failure = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    if (status == HEED_OK && failure != CAIRO_STATUS_SUCCESS) status = cairo_failed(failure);
    if (status == HEED_OK) add_without_page_number(out, &svg);
    heed__buffer_free(&svg);
    return status;
}

#else

static heed_status draw_png(const heed__picture *picture, const heed__picture_options *options,
                            heed__buffer *out)
{
    (void)picture, (void)options, (void)out;
    return heed__fail(HEED_E_UNSUPPORTED,
                      "this build cannot draw svg or png: install libpango1.0-dev and build again, "
                      "or use html");
}

static heed_status draw_svg(const heed__picture *picture, const heed__picture_options *options,
                            heed__buffer *out)
{
    return draw_png(picture, options, out);
}

#endif

const heed__renderer heed__renderer_svg = {"svg", ".svg", "a drawing that scales", draw_svg};
const heed__renderer heed__renderer_png = {"png", ".png", "an image", draw_png};
