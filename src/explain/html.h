/* SPDX-License-Identifier: MIT */
/* What the parts of an HTML page share. */
#ifndef HEED_EXPLAIN_HTML_H
#define HEED_EXPLAIN_HTML_H

#include "explain/picture.h"

enum { HEED_HTML_SHADES = 10 };

/* Everything up to the page's first heading: `light` and `dark` are rules of style for light and
 * dark screens beside those that explanations need; again > 0: the page loads itself again after so
 * many seconds. heed__html_end closes it. */
void heed__html_head(heed__buffer *out, const char *title, int again, const char *light,
                     const char *dark);
void heed__html_end(heed__buffer *out);

/* An article; name: stands over it, NULL = none. */
void heed__html_open(heed__buffer *out, const char *name);
void heed__html_close(heed__buffer *out);
/* One about a text: its outputs with their words, then sentences and maps; *is_signed becomes 1
 * where some words speak against. */
heed_status heed__html_explanation(heed__buffer *out, const heed__explanation *explanation,
                                   const heed__picture_options *options, int *is_signed);
/* The outputs alone. */
heed_status heed__html_outputs(heed__buffer *out, const heed__explanation *explanation,
                               const heed__picture_options *options, int *is_signed);
/* What the colours of words mean. */
void heed__html_legend(heed__buffer *out, int is_signed);

/* Text as HTML text or as the content of a quoted attribute. */
void heed__html_escaped(heed__buffer *out, const char *text, size_t length);
/* A paragraph of small print; nothing for nothing. Frees it. */
void heed__html_note(heed__buffer *out, heed__buffer *note);
/* "p7", "n3", "u" for unknown, or nothing where a shade is too weak to show. */
void heed__html_class(heed__buffer *out, float shade);

/* The rules that matrices need. */
extern const char heed__html_heat_map_style[];
/* `explanation` NULL: it stands by itself. */
void heed__html_heat_map(heed__buffer *out, const heed__explanation *explanation,
                         const heed__heat_map *map);

#endif
