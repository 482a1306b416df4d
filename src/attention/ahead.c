/* SPDX-License-Identifier: MIT */
#include "attention/ahead.h"

#include "base/parallel.h"

typedef struct scratch {
    heed__rows_scratch rows;
    heed_real *values, *d; /* [Dv, KEY_BLOCK], [QUERY_BLOCK, KEY_BLOCK] */
} scratch;

static scratch scratch_of(heed__carver *carver, const heed_attention_plan *plan)
{
    scratch s = {.rows = heed__rows_scratch_of(carver, plan)};
    s.values = heed__carve(carver, (size_t)plan->options.value_size * HEED_KEY_BLOCK);
    s.d = heed__carve(carver, HEED_TILE);
    return s;
}

size_t heed__ahead_scratch(const heed_attention_plan *plan)
{
    heed__carver carver = {NULL, 0};
    if (!heed__looks_ahead(plan)) return 0;
    scratch_of(&carver, plan);
    return carver.used;
}

void heed__ahead_start(heed__ahead *ahead, heed__carver *carver, const heed_attention_plan *plan)
{
    const heed_attention_capacity *c = &plan->capacity;
    size_t reals = sizeof(heed__row_state) / sizeof(heed_real);
    *ahead = (heed__ahead){.states = NULL};
    if (!heed__looks_ahead(plan)) return;
    ahead->pieces.first = heed__carve_integers(carver, (size_t)c->sequences + 1);
    ahead->first = heed__carve_integers(carver, (size_t)c->sequences + 1);
    ahead->states = (heed__row_state *)(void *)heed__carve(
        carver, (size_t)(c->query_rows * plan->options.heads) * reals);
}

static heed__row_state *state_at(const heed__ahead *ahead, const heed__stage *stage, int64_t i)
{
    int64_t heads = stage->run->plan->options.heads;
    return ahead->states + (ahead->first[stage->place.sequence] + i) * heads + stage->place.head;
}

/* lse as forward left it, and <do, o> - dlse. */
static void plain_states(const heed__stage *stage, int64_t first, int64_t count,
                         heed__row_state *states)
{
    const heed__run *run = stage->run;
    const heed_attention_rows *side = &run->batch->queries;
    int64_t s = stage->place.sequence, h = stage->place.head, n = run->plan->options.value_size;
    const heed_real *lse = heed__read_at(&run->lse, side, s, h);
    const heed_real *d_lse = heed__read_at(&run->d_lse, side, s, h);
    const heed_real *d_o = heed__read_at(&run->d_o, side, s, h);
    const heed_real *o = heed__read_at(&run->o, side, s, h);
    for (int64_t i = first; i < first + count; i++, states++) {
        *states = (heed__row_state){.stats = {lse[i * run->lse.row_stride]}};
        states->delta =
            run->plan->kernels->dot(n, d_o + i * run->d_o.row_stride, o + i * run->o.row_stride);
        if (d_lse) states->d_lse = d_lse[i * run->d_lse.row_stride];
        states->delta -= states->d_lse;
    }
}

void heed__row_states(const heed__ahead *ahead, const heed__stage *stage, int64_t first,
                      int64_t count, heed__row_state *states)
{
    if (!ahead->states) plain_states(stage, first, count, states);
    for (int64_t i = 0; ahead->states && i < count; i++)
        states[i] = *state_at(ahead, stage, first + i);
}

/* Adds one key block's part to the sums of the block's rows. */
static void gather(const heed__ahead *ahead, const heed__stage *stage, const heed__queries *queries,
                   int64_t j, const scratch *room)
{
    const heed__run *run = stage->run;
    const heed_attention_plan *plan = run->plan;
    int64_t dv = plan->options.value_size, v_row = run->v.row_stride, d_row = run->d_o.row_stride;
    const heed_real *d_o =
        heed__read_at(&run->d_o, &run->batch->queries, stage->place.sequence, stage->place.head) +
        queries->first * d_row;
    const heed_real *v = heed__read_at(&run->v, &run->batch->keys, stage->place.sequence,
                                       heed__key_head(plan, stage->place.head));
    int64_t n = heed__least(HEED_KEY_BLOCK, stage->place.keys - j);
    heed__block block = {queries->first, queries->count, j, n};
    if (heed__cover_of(stage, &block) == HEED_EMPTY) return;
    heed__key_tile keys =
        heed__tile_keys(run, &stage->place, j, room->rows.keys, room->rows.turned, 1);
    heed__cover cover = heed__tile_look(stage, queries, &keys, room->rows.visible);
    heed__tile_scores(stage, queries, &keys, room->rows.s, HEED_KEY_BLOCK, room->rows.score);
    plan->kernels->transpose(n, dv, v + j * v_row, v_row, room->values, HEED_KEY_BLOCK);
    plan->kernels->gemm_tile(&(heed__tile){.rows = queries->count,
                                           .cols = n,
                                           .k = dv,
                                           .a = d_o,
                                           .a_row = d_row,
                                           .a_col = 1,
                                           .b = room->values,
                                           .b_row = HEED_KEY_BLOCK,
                                           .c = room->d,
                                           .c_row = HEED_KEY_BLOCK});
    for (int64_t r = 0; r < queries->count; r++) {
        heed__line line =
            heed__line_of(stage, queries->first + r, j, n, queries->data + r * queries->stride);
        heed__stage_gather(stage, &line,
                           cover == HEED_PARTIAL ? room->rows.visible + r * HEED_KEY_BLOCK : NULL,
                           d_o + r * d_row, state_at(ahead, stage, line.query),
                           room->rows.s + r * HEED_KEY_BLOCK, room->d + r * HEED_KEY_BLOCK);
    }
}

typedef struct job {
    const heed__ahead *ahead;
    const heed__run *run;
} job;

static void look_task(void *arg, int64_t task, int thread)
{
    const job *j = arg;
    const heed__ahead *ahead = j->ahead;
    const heed_attention_plan *plan = j->run->plan;
    int64_t heads = plan->options.heads, sequence, first;
    heed__carver carver = {ahead->scratch + (size_t)thread * ahead->a_thread, 0};
    scratch room = scratch_of(&carver, plan);
    heed__piece_at(&ahead->pieces, j->run->batch->sequences, task / heads, &sequence, &first);
    heed__stage stage = heed__stage_of(j->run, sequence, task % heads);
    heed__queries q = heed__tile_queries(j->run, &stage.place, first,
                                         heed__least(HEED_QUERY_BLOCK, stage.place.queries - first),
                                         room.rows.queries);
    heed__key_range range = {0, 0};
    if (plan->normaliser->whole) range = heed__rows_scores(&stage, &q, &room.rows);
    for (int64_t r = 0; r < q.count; r++) {
        heed__row_state *state = state_at(ahead, &stage, first + r);
        plain_states(&stage, first + r, 1, state);
        if (plan->normaliser->whole)
            heed__rows_normalise(&stage, &q, range, r, &room.rows, state->stats);
    }
    int64_t k = heed__next_keys(&stage, first, q.count, 0);
    for (; plan->normaliser->gather && k < stage.place.keys;
         k = heed__next_keys(&stage, first, q.count, k + HEED_KEY_BLOCK))
        gather(ahead, &stage, &q, k, &room);
}

void heed__ahead_run(heed__ahead *ahead, const heed__run *run, heed_real *room)
{
    const heed_attention_batch *b = run->batch;
    if (!ahead->states) return;
    ahead->scratch = room;
    ahead->a_thread = heed__ahead_scratch(run->plan);
    ahead->first[0] = 0;
    for (int64_t s = 0; s < b->sequences; s++)
        ahead->first[s + 1] = ahead->first[s] + heed__length(&b->queries, s);
    heed__pieces_cut(&ahead->pieces, &b->queries, b->sequences, HEED_QUERY_BLOCK);
    job j = {ahead, run};
    heed__parallel(run->plan->context, ahead->pieces.count * run->plan->options.heads, look_task,
                   &j);
}
