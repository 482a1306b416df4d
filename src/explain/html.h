/* SPDX-License-Identifier: MIT */
/* What the parts of an HTML page share. */
#ifndef HEED_EXPLAIN_HTML_H
#define HEED_EXPLAIN_HTML_H

#include "explain/picture.h"

enum { HEED_HTML_SHADES = 10 };

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
