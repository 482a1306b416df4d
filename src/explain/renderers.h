/* SPDX-License-Identifier: MIT */
/* The renderers, one a file; picture.c lists them. */
#ifndef HEED_EXPLAIN_RENDERERS_H
#define HEED_EXPLAIN_RENDERERS_H

#include "explain/picture.h"

extern const heed__renderer heed__renderer_terminal;
extern const heed__renderer heed__renderer_html;
extern const heed__renderer heed__renderer_svg;
extern const heed__renderer heed__renderer_png;
extern const heed__renderer heed__renderer_json;

/* Row or column i's label within a matrix: a given label, or the explanation's word. Not
 * NUL-terminated. */
const char *heed__heat_map_label(const heed__explanation *explanation, const char *const *labels,
                                 size_t i, size_t *out_length);
/* The largest finite weight; 0 for none. */
float heed__heat_map_largest(const heed__heat_map *map);

#endif
