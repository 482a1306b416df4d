/* SPDX-License-Identifier: MIT */
/* A page of growing height, drawn with Cairo and Pango: what svg and png share. */
#ifndef HEED_EXPLAIN_PAGE_H
#define HEED_EXPLAIN_PAGE_H

#ifdef HEED_WITH_CAIRO

#    include "explain/colour.h"
#    include "explain/picture.h"
#    include "explain/runs.h"

#    include <pango/pangocairo.h>

typedef struct heed__page {
    cairo_t *cairo;
    PangoContext *pango;
    double width;               /* pixels that may be used, margins included */
    double shown;               /* pixels that the page has in the end: rules run over it */
    double right;               /* of what was drawn so far, in pixels */
    int wrapped;                /* a text took more than one line: it needs the width */
    double y;                   /* where the next block begins */
    int has_words;              /* some were drawn on coloured grounds: there is a legend */
    int is_signed, has_unknown; /* some scores were: the legend says what that looks like */
    int glyphs_missing;
} heed__page;

enum { HEED_PAGE_MARGIN = 28 };

typedef struct heed__page_font {
    double size; /* pixels */
    int bold;
    heed__rgb colour;
} heed__page_font;

extern const heed__page_font heed__page_title, heed__page_label, heed__page_words, heed__page_small;

/* Text laid out for this page; width < 0 = one line. The caller frees with g_object_unref. */
PangoLayout *heed__page_layout(heed__page *page, const char *text, size_t length,
                               const heed__page_font *font, double width);
/* Drawing text, and filling the path; both move page->right. */
void heed__page_show(heed__page *page, PangoLayout *layout, double x, double y, heed__rgb colour);
void heed__page_fill(heed__page *page, heed__rgb colour);

/* Blocks: each is drawn from the left margin at page->y, which moves past it. */
void heed__page_text(heed__page *page, const char *text, size_t length,
                     const heed__page_font *font);
void heed__page_line(heed__page *page, heed__buffer *line, const heed__page_font *font);
heed_status heed__page_explanation(heed__page *page, const heed__explanation *explanation,
                                   const heed__picture_options *options);
/* `explanation` NULL: the matrix stands by itself. Errors HEED_E_NOMEM. */
heed_status heed__page_heat_map(heed__page *page, const heed__explanation *explanation,
                                const heed__heat_map *map);
/* Whether it fits the page's width without panels, by itself. Errors HEED_E_NOMEM. */
heed_status heed__page_heat_map_fits(heed__page *page, const heed__heat_map *map, int *fits);
void heed__page_legend(heed__page *page);

#endif
#endif
