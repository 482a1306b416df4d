/* SPDX-License-Identifier: MIT */
/*
 * The engine of normalisers that need a whole row: 64 queries x all keys at a time, so that memory
 * stays O(keys) a thread. Backward, weights follow from what each row keeps, and the tiles of the
 * tiled engine do the work after a look ahead.
 */
#include "attention/engine.h"
#include "attention/engine_tiled.h"
#include "attention/rows.h"
#include "base/parallel.h"

#include <stdio.h>

static size_t scratch_size(const heed_attention_plan *plan)
{
    heed__carver carver = {NULL, 0};
    heed__rows_scratch_of(&carver, plan);
    return carver.used;
}

static size_t rows_workspace(const heed_attention_plan *plan, int backward)
{
    heed__carver carver = {NULL, 0};
    if (backward) return heed__tiled_backward_workspace(plan);
    heed__carve_integers(&carver, (size_t)plan->capacity.sequences + 1);
    return carver.used + scratch_size(plan) * (size_t)plan->threads;
}

static void rows_tile(const heed_attention_plan *plan, int64_t *queries, int64_t *keys)
{
    *queries = HEED_QUERY_BLOCK;
    *keys = plan->capacity.longest_key;
}

static int rows_supports(const heed_attention_plan *plan, char *why, size_t size)
{
    if (plan->normaliser->whole) return 1;
    snprintf(why, size, "normaliser \"%s\" streams and has no pass over whole rows",
             plan->normaliser->entry.name);
    return 0;
}

/* o += P v of one key block; P is in room->s. */
static void add_values(const heed__stage *stage, const heed__queries *queries, int64_t j,
                       const heed__rows_scratch *room, heed_real *o)
{
    const heed__run *run = stage->run;
    const heed_attention_plan *plan = run->plan;
    int64_t n = heed__least(HEED_KEY_BLOCK, stage->place.keys - j), o_row = run->out.row_stride;
    const heed_real *v = heed__read_at(&run->v, &run->batch->keys, stage->place.sequence,
                                       heed__key_head(plan, stage->place.head));
    heed__key_tile keys = {.first = j, .keys = {.count = n}};
    heed__cover cover = heed__tile_look(stage, queries, &keys, room->visible);
    if (cover == HEED_EMPTY) return;
    for (int64_t r = 0; r < queries->count; r++) {
        heed__line line =
            heed__line_of(stage, queries->first + r, j, n, queries->data + r * queries->stride);
        heed_real *p = room->s + r * room->stride + j;
        heed__stage_weigh(stage, &line, 1, p);
        heed__stage_values(stage, &line, p, o + r * o_row);
    }
    heed_real *p = room->s + j;
    unsigned char *visible = cover == HEED_PARTIAL ? room->visible : NULL;
    heed__tile_product(plan->kernels,
                       &(heed__tile){.rows = queries->count,
                                     .cols = plan->options.value_size,
                                     .k = n,
                                     .a = p,
                                     .a_row = room->stride,
                                     .a_col = 1,
                                     .b = v + j * run->v.row_stride,
                                     .b_row = run->v.row_stride,
                                     .start = o,
                                     .start_row = o_row,
                                     .c = o,
                                     .c_row = o_row},
                       visible);
}

typedef struct job {
    const heed__run *run;
    heed__pieces pieces;
    heed_real *workspace;
    size_t a_thread;
} job;

static void forward_task(void *arg, int64_t task, int thread)
{
    const job *j = arg;
    const heed__run *run = j->run;
    const heed_attention_plan *plan = run->plan;
    const heed_attention_rows *side = &run->batch->queries;
    int64_t heads = plan->options.heads, head = task % heads, sequence, first;
    heed__carver carver = {j->workspace + (size_t)thread * j->a_thread, 0};
    heed__rows_scratch room = heed__rows_scratch_of(&carver, plan);
    heed__piece_at(&j->pieces, run->batch->sequences, task / heads, &sequence, &first);
    heed__stage stage = heed__stage_of(run, sequence, head);
    heed_real *lse = heed__write_at(&run->out_lse, side, sequence, head);
    heed_real *o = heed__write_at(&run->out, side, sequence, head) + first * run->out.row_stride;
    heed__queries q = heed__tile_queries(run, &stage.place, first,
                                         heed__least(HEED_QUERY_BLOCK, stage.place.queries - first),
                                         room.queries);
    heed__key_range range = heed__rows_scores(&stage, &q, &room);
    for (int64_t r = 0; r < q.count; r++) {
        heed_real stats[HEED_STATS];
        heed__rows_normalise(&stage, &q, range, r, &room, stats);
        if (lse) lse[(first + r) * run->out_lse.row_stride] = stats[0];
        for (int64_t d = 0; d < plan->options.value_size; d++) o[r * run->out.row_stride + d] = 0;
    }
    for (int64_t k = range.first; k < range.end;
         k = heed__next_keys(&stage, first, q.count, k + HEED_KEY_BLOCK))
        add_values(&stage, &q, k, &room, o);
}

static void rows_forward(const heed__run *run, heed_real *workspace)
{
    const heed_attention_plan *plan = run->plan;
    const heed_attention_batch *b = run->batch;
    heed__carver carver = {workspace, 0};
    job j = {.run = run, .a_thread = scratch_size(plan)};
    j.pieces.first = heed__carve_integers(&carver, (size_t)plan->capacity.sequences + 1);
    j.workspace = workspace + carver.used;
    heed__pieces_cut(&j.pieces, &b->queries, b->sequences, HEED_QUERY_BLOCK);
    heed__parallel(plan->context, j.pieces.count * plan->options.heads, forward_task, &j);
}

const heed__engine heed__engine_rows = {
    .name = "rows",
    .help = "64 queries x all keys at a time, for normalisers that need whole rows",
    .supports = rows_supports,
    .workspace = rows_workspace,
    .tile = rows_tile,
    .say = heed__tiled_backward_say,
    .forward = rows_forward,
    .backward = heed__tiled_backward,
};
