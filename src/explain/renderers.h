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

/* Row or column i's label within a matrix: a given label, or the explanation's word (which is NULL
 * where a matrix stands by itself). Not NUL-terminated. */
const char *heed__heat_map_label(const heed__explanation *explanation, const char *const *labels,
                                 size_t i, size_t *out_length);
/* What rows and columns are. */
const char *heed__heat_map_row_axis(const heed__heat_map *map);
const char *heed__heat_map_column_axis(const heed__heat_map *map);
/* The largest finite weight; 0 for none. */
float heed__heat_map_largest(const heed__heat_map *map);
/* 0 to 1 as a share of the largest; NaN where unknown. */
float heed__heat_map_shade(const heed__heat_map *map, float largest, size_t row, size_t column);
heed__mark heed__heat_map_mark(const heed__heat_map *map, size_t row, size_t column);
/* Nonzero when some cell has this mark. */
int heed__heat_map_has(const heed__heat_map *map, heed__mark mark);
/* "… 40 of 90 rows and 60 of 90 columns are shown"; nothing when all are. */
void heed__heat_map_left_out(heed__buffer *out, const heed__heat_map *map, size_t rows,
                             size_t columns);

#endif
