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

/* Keys first to end - 1 are seen by none. */
static void hide(const heed__queries *queries, const heed__rows_scratch *room, int64_t first,
                 int64_t end)
{
    for (int64_t r = 0; r < queries->count; r++)
        for (int64_t t = first; t < end; t++) room->s[r * room->stride + t] = -HEED_REAL(INFINITY);
}

static void block_scores(const heed__stage *stage, const heed__queries *queries,
                         const heed__rows_scratch *room, int64_t j)
{
    heed__key_tile keys =
        heed__tile_keys(stage->run, &stage->place, j, room->keys, room->turned, 1);
    heed__cover cover = heed__tile_look(stage, queries, &keys, room->visible);
    heed__tile_scores(stage, queries, &keys, room->s + j, room->stride, room->score);
    for (int64_t r = 0; r < queries->count; r++) {
        heed__line line = heed__line_of(stage, queries->first + r, j, keys.keys.count,
                                        queries->data + r * queries->stride);
        heed__stage_scores(stage, &line,
                           cover == HEED_PARTIAL ? room->visible + r * HEED_KEY_BLOCK : NULL,
                           room->s + r * room->stride + j);
    }
}

heed__key_range heed__rows_scores(const heed__stage *stage, const heed__queries *queries,
                                  const heed__rows_scratch *room)
{
    heed__key_range range = {0, 0};
    int64_t i = queries->first, count = queries->count, all = stage->place.keys;
    int64_t j = heed__next_keys(stage, i, count, 0);
    for (; j < all; j = heed__next_keys(stage, i, count, j + HEED_KEY_BLOCK)) {
        heed__block block = {i, count, j, heed__least(HEED_KEY_BLOCK, all - j)};
        if (heed__cover_of(stage, &block) == HEED_EMPTY) continue;
        if (range.end)
            hide(queries, room, range.end, j);
        else
            range.first = j;
        block_scores(stage, queries, room, j);
        range.end = j + block.keys;
    }
    return range;
}

void heed__rows_normalise(const heed__stage *stage, const heed__queries *queries,
                          heed__key_range range, int64_t r, const heed__rows_scratch *room,
                          heed_real *stats)
{
    const heed__run *run = stage->run;
    heed__line line = heed__line_of(stage, queries->first + r, range.first, range.end - range.first,
                                    queries->data + r * queries->stride);
    for (int k = 0; k < HEED_STATS; k++) stats[k] = 0;
    stats[0] = -HEED_REAL(INFINITY);
    if (line.n)
        run->plan->normaliser->row(&run->normaliser, &line,
                                   room->s + r * room->stride + range.first, stats);
}
