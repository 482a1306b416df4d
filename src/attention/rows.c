/* SPDX-License-Identifier: MIT */
#include "attention/rows.h"

heed__rows_scratch heed__rows_scratch_of(heed__carver *carver, const heed_attention_plan *plan)
{
    const heed__score *score = plan->score;
    heed__rows_scratch s;
    s.queries = heed__carve(carver, heed__prepared_size(plan, HEED_SIDE_QUERY, HEED_QUERY_BLOCK));
    s.keys = heed__carve(carver, heed__prepared_size(plan, HEED_SIDE_KEY, HEED_KEY_BLOCK));
    s.turned = heed__carve(carver, score->product ? (size_t)plan->width * HEED_KEY_BLOCK : 0);
    s.score = heed__carve(carver, score->scratch ? score->scratch(plan->width) : 0);
    s.stride = heed__blocks(plan->capacity.longest_key, HEED_KEY_BLOCK) * HEED_KEY_BLOCK;
    s.s = heed__carve(carver, (plan->normaliser->whole ? (size_t)s.stride : HEED_KEY_BLOCK) *
                                  HEED_QUERY_BLOCK);
    s.visible = (unsigned char *)heed__carve(carver, HEED_TILE / sizeof(heed_real));
    return s;
}

static void hide(const heed__queries *queries, int64_t n, heed_real *s, int64_t stride)
{
    for (int64_t r = 0; r < queries->count; r++)
        for (int64_t t = 0; t < n; t++) s[r * stride + t] = -HEED_REAL(INFINITY);
}

void heed__rows_scores(const heed__stage *stage, const heed__queries *queries,
                       const heed__rows_scratch *room)
{
    for (int64_t j = 0; j < stage->place.keys; j += HEED_KEY_BLOCK) {
        int64_t n = heed__least(HEED_KEY_BLOCK, stage->place.keys - j);
        heed__block block = {queries->first, queries->count, j, n};
        if (heed__cover_of(stage, &block) == HEED_EMPTY) {
            hide(queries, n, room->s + j, room->stride);
            continue;
        }
        heed__key_tile keys =
            heed__tile_keys(stage->run, &stage->place, j, room->keys, room->turned, 1);
        heed__cover cover = heed__tile_look(stage, queries, &keys, room->visible);
        heed__tile_scores(stage, queries, &keys, room->s + j, room->stride, room->score);
        for (int64_t r = 0; r < queries->count; r++) {
            heed__line line =
                heed__line_of(stage, queries->first + r, j, n, queries->data + r * queries->stride);
            heed__stage_scores(stage, &line,
                               cover == HEED_PARTIAL ? room->visible + r * HEED_KEY_BLOCK : NULL,
                               room->s + r * room->stride + j);
        }
    }
}

void heed__rows_normalise(const heed__stage *stage, const heed__queries *queries, int64_t r,
                          const heed__rows_scratch *room, heed_real *stats)
{
    const heed__run *run = stage->run;
    heed__line line = heed__line_of(stage, queries->first + r, 0, stage->place.keys,
                                    queries->data + r * queries->stride);
    for (int k = 0; k < HEED_STATS; k++) stats[k] = 0;
    run->plan->normaliser->row(&run->normaliser, &line, room->s + r * room->stride, stats);
}
