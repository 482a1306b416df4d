/* SPDX-License-Identifier: MIT */
#include "attention/inspect.h"
#include "base/fail.h"

static heed__inspect_scratch scratch_of(heed__carver *carver, const heed_attention_plan *plan)
{
    heed__inspect_scratch s = {.rows = heed__rows_scratch_of(carver, plan)};
    s.weights = heed__carve(carver, HEED_TILE);
    s.stats = heed__carve(carver, (size_t)HEED_QUERY_BLOCK * HEED_STATS);
    s.values = heed__carve(carver, (size_t)plan->options.value_size * HEED_KEY_BLOCK);
    s.d = heed__carve(carver, HEED_TILE);
    return s;
}

static size_t scratch_size(const heed_attention_plan *plan)
{
    heed__carver carver = {NULL, 0};
    scratch_of(&carver, plan);
    return carver.used;
}

size_t heed__inspect_workspace(const heed_attention_plan *plan)
{
    return scratch_size(plan) * (size_t)plan->threads;
}

heed__inspect_scratch heed__inspect_scratch_at(const heed_attention_plan *plan,
                                               heed_real *workspace, int thread)
{
    heed__carver carver = {workspace + (size_t)thread * scratch_size(plan), 0};
    return scratch_of(&carver, plan);
}

heed__queries heed__inspect_queries(const heed__stage *stage, int64_t first, int64_t count,
                                    const heed__inspect_scratch *room)
{
    const heed__run *run = stage->run;
    const heed_real *lse =
        heed__read_at(&run->lse, &run->batch->queries, stage->place.sequence, stage->place.head);
    heed__queries q = heed__tile_queries(run, &stage->place, first, count, room->rows.queries);
    int whole = run->plan->normaliser->whole;
    heed__key_range range = {0, 0};
    if (whole) range = heed__rows_scores(stage, &q, &room->rows);
    for (int64_t r = 0; r < count; r++) {
        heed_real *stats = room->stats + r * HEED_STATS;
        if (whole)
            heed__rows_normalise(stage, &q, range, r, &room->rows, stats);
        else
            stats[0] = lse[(first + r) * run->lse.row_stride];
    }
    return q;
}

int heed__inspect_sees(const heed__stage *stage, const heed__queries *queries, int64_t first,
                       int64_t n)
{
    heed__block block = {queries->first, queries->count, first, n};
    return heed__cover_of(stage, &block) != HEED_EMPTY;
}

int64_t heed__inspect_tile(const heed__stage *stage, const heed__queries *queries, int64_t first,
                           const heed__inspect_scratch *room)
{
    const heed__run *run = stage->run;
    int64_t n = heed__least(HEED_KEY_BLOCK, stage->place.keys - first);
    if (!heed__inspect_sees(stage, queries, first, n)) {
        for (int64_t t = 0; t < HEED_TILE; t++) room->weights[t] = 0;
        return n;
    }
    heed__key_tile keys =
        heed__tile_keys(run, &stage->place, first, room->rows.keys, room->rows.turned, 1);
    heed__cover cover = heed__tile_look(stage, queries, &keys, room->rows.visible);
    heed__tile_scores(stage, queries, &keys, room->weights, HEED_KEY_BLOCK, room->rows.score);
    for (int64_t r = 0; r < queries->count; r++) {
        heed__line line =
            heed__line_of(stage, queries->first + r, first, n, queries->data + r * queries->stride);
        heed__stage_weights(stage, &line,
                            cover == HEED_PARTIAL ? room->rows.visible + r * HEED_KEY_BLOCK : NULL,
                            room->stats + r * HEED_STATS, room->weights + r * HEED_KEY_BLOCK);
    }
    return n;
}

heed_status heed__inspect_run(heed__run *run, const heed_attention_inspect_tensors *t,
                              const heed_real *workspace)
{
    HEED_TRY(heed__check_struct("tensors", t->size, sizeof *t));
    run->q = t->q, run->k = t->k, run->lse = t->lse, run->v = t->v, run->d_o = t->d_o;
    HEED_TRY(heed__run_check(run, t->parameters));
    HEED_TRY(heed__check_input("lse", &run->lse, &run->batch->queries));
    run->drops = 0;
    return heed__check_workspace(workspace, heed__inspect_workspace(run->plan));
}

heed_status heed__inspect_choice(const heed__run *run, heed__side side, int64_t sequence,
                                 int64_t head, int64_t first, int64_t count)
{
    int64_t heads = run->plan->options.heads;
    if (sequence < 0 || sequence >= run->batch->sequences)
        return heed__fail(HEED_E_INVALID, "sequence = %lld; the batch has 0 to %lld",
                          (long long)sequence, (long long)run->batch->sequences - 1);
    if (head < 0 || head >= heads)
        return heed__fail(HEED_E_INVALID, "head = %lld; the plan has 0 to %lld", (long long)head,
                          (long long)heads - 1);
    const heed_attention_batch *b = run->batch;
    int64_t rows = heed__length(side == HEED_SIDE_KEY ? &b->keys : &b->queries, sequence);
    if (first < 0 || count < 0 || first > rows || count > rows - first)
        return heed__fail(HEED_E_INVALID, "rows %lld to %lld; sequence %lld has 0 to %lld",
                          (long long)first, (long long)(first + count - 1), (long long)sequence,
                          (long long)rows - 1);
    return HEED_OK;
}

heed_status heed_attention_weights(const heed_attention_plan *plan,
                                   const heed_attention_batch *batch,
                                   const heed_attention_inspect_tensors *tensors, int64_t sequence,
                                   int64_t head, int64_t first, int64_t count, heed_real *weights,
                                   heed_real *workspace)
{
    heed__run run = {.plan = plan, .batch = batch};
    int most = plan->stages - (plan->normaliser->shaper != NULL);
    HEED_TRY(heed__inspect_run(&run, tensors, workspace));
    if (tensors->unweighed < 0 || tensors->unweighed > most)
        return heed__fail(HEED_E_INVALID, "unweighed = %d; it must be 0 to %d", tensors->unweighed,
                          most);
    run.drops = tensors->dropped && plan->drop_below && !batch->keep_all;
    run.unweighed = tensors->unweighed ? tensors->unweighed + plan->stages - most : 0;
    HEED_TRY(heed__inspect_choice(&run, HEED_SIDE_QUERY, sequence, head, first, count));
    heed__stage stage = heed__stage_of(&run, sequence, head);
    heed__inspect_scratch room = heed__inspect_scratch_at(plan, workspace, 0);
    int64_t keys = stage.place.keys;
    for (int64_t i = first; i < first + count; i += HEED_QUERY_BLOCK) {
        int64_t rows = heed__least(HEED_QUERY_BLOCK, first + count - i);
        heed__queries q = heed__inspect_queries(&stage, i, rows, &room);
        for (int64_t j = 0; j < keys; j += HEED_KEY_BLOCK) {
            int64_t n = heed__inspect_tile(&stage, &q, j, &room);
            for (int64_t r = 0; r < rows; r++)
                for (int64_t t = 0; t < n; t++)
                    weights[(i - first + r) * keys + j + t] = room.weights[r * HEED_KEY_BLOCK + t];
        }
    }
    return HEED_OK;
}
