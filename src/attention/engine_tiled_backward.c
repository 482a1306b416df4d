/* SPDX-License-Identifier: MIT */
/*
 * The tiled engine backwards (formulas: engine_reference_backward.c). Two schedules, same bits:
 *
 *     whole   a task owns a (sequence, key head): for each head of the group, each query block,
 * each key block: the tile's P and dS, added to dv, dk and dq. Five products a tile: the cheaper
 * one, where there are enough such tasks. halves  tasks that own a piece of the keys make dk and
 * dv, then tasks that own a piece of the queries make dq; each computes its tiles anew. Seven
 * products. For few, long sequences.
 *
 * dv, and dk and dq where the score needs no finish, are accumulated in place.
 */
#include "attention/engine_tiled_gradient.h"
#include "attention/pairs.h"

/* The three kinds of task: rows and key blocks that one holds at a time. */
typedef struct layout {
    int64_t query_rows, key_blocks;
} layout;

static layout whole_layout(const heed_attention_plan *plan)
{
    return (layout){HEED_QUERY_BLOCK, heed__blocks(plan->capacity.longest_key, HEED_KEY_BLOCK)};
}

static layout keys_layout(const heed_attention_plan *plan)
{
    return (layout){HEED_QUERY_BLOCK, plan->thresholds.half_blocks};
}

static layout queries_layout(const heed_attention_plan *plan)
{
    return (layout){HEED_QUERY_BLOCK * plan->thresholds.half_blocks, 1};
}

static size_t scratch_size(const heed_attention_plan *plan, layout l)
{
    heed__carver carver = {NULL, 0};
    heed__gradient_scratch_of(&carver, plan, l.query_rows, l.key_blocks);
    return carver.used;
}

static heed__gradient_scratch scratch_at(const heed__tiled_job *job, int thread, layout l)
{
    heed__carver carver = {job->workspace + (size_t)thread * job->a_thread, 0};
    return heed__gradient_scratch_of(&carver, job->run->plan, l.query_rows, l.key_blocks);
}

/* Is a task a (sequence, key head) done before two passes, which any number of threads share? */
static int goes_whole(const heed_attention_plan *plan, int64_t sequences)
{
    int64_t tasks = sequences * plan->options.key_heads, threads = plan->threads;
    int64_t rounds = heed__blocks(tasks, threads); /* some threads may idle in the last */
    return threads == 1 || 100 * rounds * threads <= plan->thresholds.halves_cost * tasks;
}

/* Does any batch? From three rounds on all do. */
static int may_go_whole(const heed_attention_plan *plan)
{
    for (int64_t s = 1; s <= plan->capacity.sequences && s <= 3 * plan->threads; s++)
        if (goes_whole(plan, s)) return 1;
    return plan->capacity.sequences > 3 * plan->threads;
}

void heed__tiled_backward_say(const heed_attention_plan *plan, heed__writer *w)
{
    long long tasks = (long long)(plan->capacity.sequences * plan->options.key_heads);
    long long rows = (long long)(plan->thresholds.half_blocks * HEED_QUERY_BLOCK);
    if (goes_whole(plan, plan->capacity.sequences))
        heed__say(w,
                  "  backward: in one pass, a task for each of up to %lld (sequence, key head)\n",
                  tasks);
    else
        heed__say(
            w,
            "  backward: in two passes, %lld keys or queries a task, since %lld (sequence, key "
            "head) would leave threads idle\n",
            rows, tasks);
}

/* What comes before the threads' scratch; returns what one thread needs, whichever way it goes. */
static size_t lay_out(heed__carver *carver, const heed_attention_plan *plan, heed__tiled_job *job,
                      const heed__run *run)
{
    size_t half_keys = scratch_size(plan, keys_layout(plan));
    size_t half_queries = scratch_size(plan, queries_layout(plan));
    size_t most = half_keys > half_queries ? half_keys : half_queries;
    job->pieces.first = heed__carve_integers(carver, (size_t)plan->capacity.sequences + 1);
    heed__partials_start(&job->partials, carver, plan, run);
    heed__ahead_start(&job->ahead, carver, plan);
    size_t look = heed__ahead_scratch(plan), pairs = heed__pairs_scratch(plan);
    if (look > most) most = look;
    if (pairs > most) most = pairs;
    if (!may_go_whole(plan)) return most;
    size_t whole = scratch_size(plan, whole_layout(plan));
    return whole > most ? whole : most;
}

size_t heed__tiled_backward_workspace(const heed_attention_plan *plan)
{
    heed__carver carver = {NULL, 0};
    heed__tiled_job job;
    size_t a_thread = lay_out(&carver, plan, &job, NULL);
    return carver.used + a_thread * (size_t)plan->threads;
}

/* A piece of the keys of one (sequence, key head). */
typedef struct key_piece {
    const heed__tiled_job *job;
    heed__gradient_scratch room;
    int64_t sequence, key_head, first, count;
} key_piece;

static heed__gradient_keys key_block(const key_piece *p, int64_t j, int fill)
{
    heed__place place = heed__first_of_group(p->job->run, p->sequence, p->key_head);
    return heed__gradient_keys_start(p->job->run, &p->room, &place, p->first + j,
                                     j / HEED_KEY_BLOCK, 1, fill);
}

/* All queries of one head against the piece; dq too where the piece is all keys. */
static void queries_against(const key_piece *p, int64_t head)
{
    const heed__tiled_job *job = p->job;
    heed__stage stage = heed__stage_of(job->run, p->sequence, head);
    int64_t i = heed__next_queries(&stage, 0, p->first, p->count);
    for (; i < stage.place.queries;
         i = heed__next_queries(&stage, i + HEED_QUERY_BLOCK, p->first, p->count)) {
        int64_t rows = heed__least(HEED_QUERY_BLOCK, stage.place.queries - i);
        int64_t j = heed__next_keys(&stage, i, rows, p->first);
        heed__block block = {i, rows, p->first, p->count};
        if (heed__cover_of(&stage, &block) == HEED_EMPTY) continue;
        heed__gradient_rows r =
            heed__gradient_rows_start(&stage, job, &p->room, i, rows, 0, job->whole);
        for (; j < p->first + p->count; j = heed__next_keys(&stage, i, rows, j + HEED_KEY_BLOCK)) {
            heed__gradient_keys k = key_block(p, j - p->first, 0);
            heed__gradient_tile(&stage, &p->room, &r, &k);
        }
        heed__gradient_rows_finish(&stage, job, &r);
    }
}

static void keys_piece(const key_piece *p)
{
    const heed__run *run = p->job->run;
    int64_t group = run->plan->options.heads / run->plan->options.key_heads;
    for (int64_t j = 0; j < p->count; j += HEED_KEY_BLOCK) key_block(p, j, 1);
    for (int64_t g = 0; g < group; g++) queries_against(p, p->key_head * group + g);
    for (int64_t j = 0; j < p->count; j += HEED_KEY_BLOCK) {
        heed__gradient_keys k = key_block(p, j, 0);
        heed__gradient_keys_finish(p->job, &p->room, p->sequence, p->key_head, &k);
    }
}

static void whole_task(void *arg, int64_t task, int thread)
{
    const heed__tiled_job *job = arg;
    const heed_attention_plan *plan = job->run->plan;
    int64_t key_heads = plan->options.key_heads;
    key_piece p = {.job = job,
                   .room = scratch_at(job, thread, whole_layout(plan)),
                   .sequence = task / key_heads,
                   .key_head = task % key_heads};
    p.count = heed__length(&job->run->batch->keys, p.sequence);
    heed__gradient_begin(&p.room, job->run, p.sequence);
    keys_piece(&p);
    heed__gradient_end(&p.room);
}

static void keys_task(void *arg, int64_t task, int thread)
{
    const heed__tiled_job *job = arg;
    const heed__run *run = job->run;
    int64_t key_heads = run->plan->options.key_heads;
    key_piece p = {.job = job,
                   .room = scratch_at(job, thread, keys_layout(run->plan)),
                   .key_head = task % key_heads};
    heed__piece_at(&job->pieces, run->batch->sequences, task / key_heads, &p.sequence, &p.first);
    int64_t left = heed__length(&run->batch->keys, p.sequence) - p.first;
    p.count = heed__least(job->pieces.size, left);
    heed__gradient_begin(&p.room, run, p.sequence);
    keys_piece(&p);
    heed__gradient_end(&p.room);
}

/* dq of a piece of the queries of one (sequence, head). */
static void queries_task(void *arg, int64_t task, int thread)
{
    const heed__tiled_job *job = arg;
    const heed__run *run = job->run;
    int64_t heads = run->plan->options.heads, sequence, first;
    heed__gradient_scratch room = scratch_at(job, thread, queries_layout(run->plan));
    heed__gradient_rows rows[HEED_HALF_BLOCKS];
    heed__piece_at(&job->pieces, run->batch->sequences, task / heads, &sequence, &first);
    heed__gradient_begin(&room, run, sequence);
    heed__stage stage = heed__stage_of(run, sequence, task % heads);
    int64_t count = heed__least(job->pieces.size, stage.place.queries - first);
    int64_t blocks = heed__blocks(count, HEED_QUERY_BLOCK);
    for (int64_t b = 0; b < blocks; b++) {
        int64_t at = b * HEED_QUERY_BLOCK;
        rows[b] = heed__gradient_rows_start(&stage, job, &room, first + at,
                                            heed__least(HEED_QUERY_BLOCK, count - at), at, 1);
    }
    int64_t j = heed__next_keys(&stage, first, count, 0);
    for (; j < stage.place.keys; j = heed__next_keys(&stage, first, count, j + HEED_KEY_BLOCK)) {
        int64_t keys = heed__least(HEED_KEY_BLOCK, stage.place.keys - j);
        heed__block block = {first, count, j, keys};
        if (heed__cover_of(&stage, &block) == HEED_EMPTY) continue;
        heed__gradient_keys k = heed__gradient_keys_start(run, &room, &stage.place, j, 0, 0, 1);
        for (int64_t b = 0; b < blocks; b++) heed__gradient_tile(&stage, &room, &rows[b], &k);
    }
    for (int64_t b = 0; b < blocks; b++) heed__gradient_rows_finish(&stage, job, &rows[b]);
    heed__gradient_end(&room);
}

static void backward_in_halves(heed__tiled_job *job)
{
    const heed__run *run = job->run;
    const heed_attention_plan *plan = run->plan;
    const heed_attention_batch *b = run->batch;
    heed__pieces_cut(&job->pieces, &b->keys, b->sequences,
                     HEED_KEY_BLOCK * plan->thresholds.half_blocks);
    if (run->dk.data || run->dv.data || heed__learns_at_finish(run, HEED_SIDE_KEY))
        heed__parallel(plan->context, job->pieces.count * plan->options.key_heads, keys_task, job);
    heed__pieces_cut(&job->pieces, &b->queries, b->sequences,
                     HEED_QUERY_BLOCK * plan->thresholds.half_blocks);
    heed__parallel(plan->context, job->pieces.count * plan->options.heads, queries_task, job);
}

void heed__tiled_backward(const heed__run *run, heed_real *workspace)
{
    const heed_attention_plan *plan = run->plan;
    heed__carver carver = {workspace, 0};
    heed__tiled_job job = {.run = run,
                           .whole = goes_whole(plan, run->batch->sequences),
                           .pairs_in_tiles = heed__pairs_in_tiles(run)};
    job.a_thread = lay_out(&carver, plan, &job, run);
    job.workspace = workspace + carver.used;
    heed__ahead_run(&job.ahead, run, job.workspace);
    if (job.whole)
        heed__parallel(plan->context, run->batch->sequences * plan->options.key_heads, whole_task,
                       &job);
    else
        backward_in_halves(&job);
    heed__partials_finish(&job.partials, run);
    heed__pairs_backward(&job);
}
