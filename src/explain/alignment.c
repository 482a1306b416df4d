/* SPDX-License-Identifier: MIT */
/* An alignment as a matrix to be drawn. */
#include "base/fail.h"
#include "base/memory.h"
#include "explain/drawing.h"

static heed_status fill_marks(const heed_alignment *a, unsigned char *marks)
{
    for (int64_t i = 0; i < a->links.n; i++) {
        heed_link link = a->links.items[i];
        if (link.source < 0 || link.target < 0 || link.source >= a->n_source ||
            link.target >= a->n_target)
            return heed__fail(HEED_E_INVALID,
                              "%s: link %d-%d lies outside of %lld source and %lld target words",
                              a->name ? a->name : "an alignment", (int)link.source,
                              (int)link.target, (long long)a->n_source, (long long)a->n_target);
        marks[link.target * a->n_source + link.source] =
            a->links.possible && a->links.possible[i] ? HEED_MARK_POSSIBLE : HEED_MARK_LINK;
    }
    return HEED_OK;
}

static heed_status fill_map(const heed_alignment *a, heed__arena *arena, heed__heat_map *map)
{
    if (a->n_source < 0 || a->n_target < 0)
        return heed__fail(HEED_E_INVALID, "an alignment of %lld source and %lld target words",
                          (long long)a->n_source, (long long)a->n_target);
    size_t rows = (size_t)a->n_target, columns = (size_t)a->n_source;
    *map = (heed__heat_map){.title = a->name,
                            .rows = rows,
                            .columns = columns,
                            .weights = a->weights,
                            .row_labels = a->target,
                            .column_labels = a->source,
                            .row_axis = a->target_axis ? a->target_axis : "target",
                            .column_axis = a->source_axis ? a->source_axis : "source",
                            .darkest = a->darkest};
    if (!a->weights) {
        float *zeros = NULL;
        HEED_TRY(heed__arena_take(arena, rows * columns, sizeof *zeros, "an alignment", &zeros));
        map->weights = zeros;
    }
    if (a->links.n) {
        unsigned char *marks = NULL;
        HEED_TRY(heed__arena_take(arena, rows * columns, 1, "an alignment", &marks));
        HEED_TRY(fill_marks(a, marks));
        map->marks = marks;
    }
    return HEED_OK;
}

heed_status heed_alignment_draw(const heed_alignment *alignments, int64_t n,
                                const heed_draw_options *options, char **out, size_t *size)
{
    heed__arena arena = {0};
    heed__heat_map *maps = NULL;
    *out = NULL;
    *size = 0;
    heed_status status = heed__arena_take(&arena, (size_t)n, sizeof *maps, "alignments", &maps);
    for (int64_t i = 0; i < n && status == HEED_OK; i++)
        status = fill_map(alignments + i, &arena, maps + i);
    heed__picture picture = {.n_heat_maps = (size_t)n, .heat_maps = maps};
    if (status == HEED_OK) status = heed__drawing_make(&picture, options, out, size);
    heed__arena_free(&arena);
    return status;
}
