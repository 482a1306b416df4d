/* SPDX-License-Identifier: MIT */
#include "attention/engine_tiled_gradient.h"

heed__gradient_scratch heed__gradient_scratch_of(heed__carver *carver,
                                                 const heed_attention_plan *plan,
                                                 int64_t query_rows, int64_t key_blocks)
{
    const heed__score *score = plan->score;
    size_t d = (size_t)plan->width, dv = (size_t)plan->options.value_size;
    size_t q_rows = (size_t)query_rows, k_rows = (size_t)key_blocks * HEED_KEY_BLOCK;
    size_t state = sizeof(heed__row_state) / sizeof(heed_real);
    heed__gradient_scratch s;
    s.queries = heed__carve(carver, heed__prepared_size(plan, HEED_SIDE_QUERY, q_rows));
    s.keys = heed__carve(carver, heed__prepared_size(plan, HEED_SIDE_KEY, k_rows));
    s.d_queries = heed__carve(carver, heed__prepared_size(plan, HEED_SIDE_QUERY, q_rows));
    s.d_keys = heed__carve(carver, heed__prepared_size(plan, HEED_SIDE_KEY, k_rows));
    heed__carver beside = *carver; /* a task uses one or the other */
    s.turned = heed__carve(carver, score->product ? k_rows * d : 0);
    s.values = heed__carve(carver, k_rows * dv);
    s.narrow =
        heed__narrow_back_of(&beside, plan, heed__blocks(query_rows, HEED_QUERY_BLOCK), key_blocks);
    if (beside.used > carver->used) carver->used = beside.used;
    s.d_rows = heed__carve(carver, q_rows * (size_t)plan->row_columns);
    s.states = (heed__row_state *)(void *)heed__carve(carver, q_rows * state);
    s.score = heed__carve(carver, score->scratch ? score->scratch(plan->width) : 0);
    s.s = heed__carve(carver, HEED_TILE);
    s.d = heed__carve(carver, HEED_TILE);
    s.visible = (unsigned char *)heed__carve(carver, HEED_TILE / sizeof(heed_real));
    return s;
}

void heed__gradient_begin(heed__gradient_scratch *room, const heed__run *run, int64_t sequence)
{
    if (!heed__narrow_now(run->plan) ||
        heed__length(&run->batch->queries, sequence) < run->plan->thresholds.narrow_queries)
        room->narrow.parts = 0;
    if (!room->narrow.parts) return;
    room->turned = room->narrow.one_k;
    room->values = room->narrow.one_v;
    room->narrow.amx->begin();
}

void heed__gradient_end(const heed__gradient_scratch *room)
{
    if (room->narrow.parts) room->narrow.amx->end();
}

static void zero(int64_t n, heed_real *x)
{
    for (int64_t d = 0; d < n; d++) x[d] = 0;
}

heed__gradient_rows heed__gradient_rows_start(const heed__stage *stage, const heed__tiled_job *job,
                                              const heed__gradient_scratch *room, int64_t first,
                                              int64_t count, int64_t at, int makes_dq)
{
    const heed__run *run = stage->run;
    const heed_attention_plan *plan = run->plan;
    const heed_attention_rows *side = &run->batch->queries;
    int64_t s = stage->place.sequence, h = stage->place.head, n = plan->width;
    heed__gradient_rows r = {
        .queries = heed__tile_queries(run, &stage->place, first, count,
                                      room->queries + (room->queries ? at * n : 0)),
        .d_o = heed__read_at(&run->d_o, side, s, h) + first * run->d_o.row_stride,
        .states = room->states + at,
        .owner = makes_dq};
    heed__row_states(&job->ahead, stage, first, count, room->states + at);
    if (room->narrow.parts)
        r.narrow = heed__narrow_rows_start(&room->narrow, at / HEED_QUERY_BLOCK, &r.queries, r.d_o,
                                           run->d_o.row_stride, r.states);
    if (!makes_dq) return r;
    if (job->pairs_in_tiles) {
        const heed_attention_extra *pairs = run->stage[job->pairs_in_tiles - 1].extra[0];
        r.pairs = pairs->gradient + s * pairs->sequence_stride + h * pairs->head_stride +
                  first * pairs->row_stride;
        r.pair_row = pairs->row_stride;
        r.pair_stage = job->pairs_in_tiles - 1;
    }
    if (heed__wants_row_sums(run)) {
        r.d_rows = room->d_rows + at * plan->row_columns;
        zero(count * plan->row_columns, r.d_rows);
    }
    int prepares = heed__prepares(plan, HEED_SIDE_QUERY);
    if (prepares && (run->dq.data || heed__learns_at_finish(run, HEED_SIDE_QUERY))) {
        r.dq = room->d_queries + at * n;
        r.dq_stride = n;
        zero(count * n, r.dq);
    } else if (run->dq.data) {
        r.dq = heed__write_at(&run->dq, side, s, h) + first * run->dq.row_stride;
        r.dq_stride = run->dq.row_stride;
    }
    return r;
}

/* The line of row r against the key block from `key`; gradients where the rows make them. */
static heed__line line_at(const heed__stage *stage, const heed__gradient_rows *rows, int64_t r,
                          int64_t key, int64_t n)
{
    heed__line line = heed__line_of(stage, rows->queries.first + r, key, n,
                                    rows->queries.data + r * rows->queries.stride);
    if (rows->dq) line.dq = rows->dq + r * rows->dq_stride;
    line.owner = rows->owner;
    line.pair_stage = rows->pair_stage;
    if (rows->pairs) line.pairs = rows->pairs + r * rows->pair_row + key;
    return line;
}

void heed__gradient_rows_finish(const heed__stage *stage, const heed__tiled_job *job,
                                const heed__gradient_rows *r)
{
    const heed__run *run = stage->run;
    const heed_attention_plan *plan = run->plan;
    int64_t first = r->queries.first;
    for (int64_t i = 0; r->d_rows && i < r->queries.count; i++) {
        heed_real *sums = r->d_rows + i * plan->row_columns;
        heed__line line = line_at(stage, r, i, 0, 0);
        heed__stage_row_backward(stage, &line, &r->states[i], sums);
        heed__row_sums_add(&job->partials, run, &stage->place, first + i, sums);
    }
    if (!r->dq || !heed__prepares(plan, HEED_SIDE_QUERY)) return;
    heed__finish_queries(run, &job->partials, &stage->place, first, r->queries.count, r->dq);
}

heed__gradient_keys heed__gradient_keys_start(const heed__run *run,
                                              const heed__gradient_scratch *room,
                                              const heed__place *place, int64_t first, int64_t at,
                                              int makes_dk, int fill)
{
    const heed_attention_plan *plan = run->plan;
    const heed_attention_rows *side = &run->batch->keys;
    int64_t n = plan->width, dv = plan->options.value_size, block = at * n * HEED_KEY_BLOCK;
    int64_t sequence = place->sequence, key_head = heed__key_head(plan, place->head);
    int prepares = heed__prepares(plan, HEED_SIDE_KEY);
    int narrow = room->narrow.parts != 0;
    heed_real *values = room->values + (narrow ? 0 : at * dv * HEED_KEY_BLOCK);
    heed__gradient_keys k = {
        .keys = heed__tile_keys(run, place, first, room->keys + (prepares ? block : 0),
                                narrow ? NULL : room->turned + (plan->score->product ? block : 0),
                                fill),
        .values = values};
    k.v = heed__read_at(&run->v, side, sequence, key_head) + first * run->v.row_stride;
    if (narrow)
        k.narrow = heed__narrow_columns_start(&room->narrow, at, &k.keys.keys, k.v,
                                              run->v.row_stride, fill);
    else if (fill)
        plan->kernels->transpose(k.keys.keys.count, dv, k.v, run->v.row_stride, values,
                                 HEED_KEY_BLOCK);
    if (!makes_dk) return k;
    if (run->dv.data)
        k.dv = heed__write_at(&run->dv, side, sequence, key_head) + first * run->dv.row_stride;
    if (prepares && (run->dk.data || heed__learns_at_finish(run, HEED_SIDE_KEY))) {
        k.dk = room->d_keys + block;
        k.dk_stride = n;
        if (fill) zero(k.keys.keys.count * n, k.dk);
    } else if (run->dk.data) {
        k.dk = heed__write_at(&run->dk, side, sequence, key_head) + first * run->dk.row_stride;
        k.dk_stride = run->dk.row_stride;
    }
    return k;
}

void heed__gradient_keys_finish(const heed__tiled_job *job, const heed__gradient_scratch *room,
                                int64_t sequence, int64_t key_head, const heed__gradient_keys *keys)
{
    const heed__run *run = job->run;
    const heed_attention_rows *side = &run->batch->keys;
    if (room->narrow.parts)
        heed__narrow_back_finish(&room->narrow, &keys->narrow, run->plan->kernels, keys->dk,
                                 keys->dk_stride, keys->dv, run->dv.row_stride);
    if (!keys->dk || !heed__prepares(run->plan, HEED_SIDE_KEY)) return;
    heed__place place = heed__first_of_group(run, sequence, key_head);
    const heed_real *k = heed__read_at(&run->k, side, sequence, key_head);
    heed_real *dk = heed__write_at(&run->dk, side, sequence, key_head);
    for (int64_t t = 0; t < keys->keys.keys.count; t++) {
        int64_t j = keys->keys.first + t;
        heed__finish_row(run, &job->partials, HEED_SIDE_KEY, &place, key_head, j,
                         k + j * run->k.row_stride, keys->dk + t * keys->dk_stride,
                         dk ? dk + j * run->dk.row_stride : NULL);
    }
}

/* s = scores, d = <do, v>. Returns whether AMX made them. */
static int scores_and_gradient(const heed__stage *stage, const heed__gradient_scratch *room,
                               const heed__gradient_rows *rows, const heed__gradient_keys *keys)
{
    const heed__run *run = stage->run;
    const heed__kernels *kernels = run->plan->kernels;
    int64_t n = keys->keys.keys.count, dv = run->plan->options.value_size;
    heed__key_tile k = keys->keys;
    if (room->narrow.parts) {
        if (heed__narrow_back_scores(&room->narrow, &rows->narrow, &keys->narrow, room->s, room->d))
            return 1;
        kernels->transpose(n, run->plan->width, k.keys.data, k.keys.stride, room->turned,
                           HEED_KEY_BLOCK);
        kernels->transpose(n, dv, keys->v, run->v.row_stride, room->values, HEED_KEY_BLOCK);
        k.turned = room->turned;
    }
    heed__tile_scores(stage, &rows->queries, &k, room->s, HEED_KEY_BLOCK, room->score);
    kernels->gemm_tile(&(heed__tile){.rows = rows->queries.count,
                                     .cols = n,
                                     .k = dv,
                                     .a = rows->d_o,
                                     .a_row = run->d_o.row_stride,
                                     .a_col = 1,
                                     .b = keys->values,
                                     .b_row = HEED_KEY_BLOCK,
                                     .c = room->d,
                                     .c_row = HEED_KEY_BLOCK});
    return 0;
}

/* s = dropped weights, d = gradient of the scores; from AMX they are laid out for it instead, if
 * possible. Returns whether they are. */
static int weights_and_gradient(const heed__stage *stage, const heed__gradient_scratch *room,
                                const heed__gradient_rows *rows, const heed__gradient_keys *keys,
                                const unsigned char *visible)
{
    const heed__run *run = stage->run;
    int64_t n = keys->keys.keys.count;
    heed__scores scores = {rows->queries.count, n, room->s, HEED_KEY_BLOCK};
    int narrow = scores_and_gradient(stage, room, rows, keys);
    if (narrow && room->narrow.fuses) {
        heed__line first = line_at(stage, rows, 0, keys->keys.first, n);
        heed__stage_shape(stage, &first, rows->queries.stride, visible, &scores);
        if (heed__narrow_back_weights(&room->narrow, &rows->narrow, n, room->s, room->d, 0))
            return 1;
        scores_and_gradient(stage, room, rows, keys);
    }
    heed_real keep[HEED_DRAWN_ROWS * HEED_KEY_BLOCK];
    int plain = heed__stage_backward_plain(stage, &scores, visible, rows->states, room->d);
    for (int64_t r = 0; !plain && r < rows->queries.count; r++) {
        int64_t at = r % HEED_DRAWN_ROWS, rest = rows->queries.count - r;
        heed__line line = line_at(stage, rows, r, keys->keys.first, n);
        if (run->drops && at == 0)
            heed__stage_draw(stage, &line, rest < HEED_DRAWN_ROWS ? rest : HEED_DRAWN_ROWS, keep);
        line.keep = run->drops ? keep + at * HEED_KEY_BLOCK : NULL;
        heed__stage_backward(stage, &line, visible ? visible + r * HEED_KEY_BLOCK : NULL,
                             rows->d_o + r * run->d_o.row_stride, &rows->states[r],
                             rows->d_rows ? rows->d_rows + r * run->plan->row_columns : NULL,
                             room->s + r * HEED_KEY_BLOCK, room->d + r * HEED_KEY_BLOCK);
    }
    return narrow &&
           heed__narrow_back_weights(&room->narrow, &rows->narrow, n, room->s, room->d, 1);
}

/* c += the tile t (turned: its transpose) times b. */
static heed__tile product_of(const heed_real *t, int turned, int64_t rows, int64_t k, int64_t cols,
                             const heed_real *b, int64_t b_row, heed_real *c, int64_t c_row)
{
    return (heed__tile){.rows = rows,
                        .cols = cols,
                        .k = k,
                        .a = t,
                        .a_row = turned ? 1 : HEED_KEY_BLOCK,
                        .a_col = turned ? HEED_KEY_BLOCK : 1,
                        .b = b,
                        .b_row = b_row,
                        .start = c,
                        .start_row = c_row,
                        .c = c,
                        .c_row = c_row};
}

static void score_gradient(const heed__stage *stage, const heed__gradient_scratch *room,
                           const heed__gradient_rows *rows, const heed__gradient_keys *keys,
                           const unsigned char *visible)
{
    const heed_attention_plan *plan = stage->run->plan;
    const heed__queries *q = &rows->queries;
    const heed__keys *k = &keys->keys.keys;
    int64_t n = plan->width;
    if (plan->score->product) {
        heed__tile dq = product_of(room->d, 0, q->count, k->count, n, k->data, k->stride, rows->dq,
                                   rows->dq_stride);
        heed__tile dk = product_of(room->d, 1, k->count, q->count, n, q->data, q->stride, keys->dk,
                                   keys->dk_stride);
        if (rows->dq) heed__tile_product(plan->kernels, &dq, visible);
        if (keys->dk) heed__tile_product(plan->kernels, &dk, visible);
        return;
    }
    if (!rows->dq && !rows->d_rows && !keys->dk) return;
    for (int64_t r = 0; r < q->count; r++) {
        heed_real *dp[HEED_SELF_SLOTS];
        heed__row_sums(stage->run, &plan->score_fit,
                       rows->d_rows ? rows->d_rows + r * plan->row_columns : NULL, dp);
        plan->score->row_backward(&stage->run->score, stage->place.head, q->data + r * q->stride, k,
                                  room->d + r * HEED_KEY_BLOCK,
                                  rows->dq ? rows->dq + r * rows->dq_stride : NULL, keys->dk,
                                  keys->dk_stride, dp, room->score);
    }
}

void heed__gradient_tile(const heed__stage *stage, const heed__gradient_scratch *room,
                         const heed__gradient_rows *rows, const heed__gradient_keys *keys)
{
    const heed__run *run = stage->run;
    heed__cover cover = heed__tile_look(stage, &rows->queries, &keys->keys, room->visible);
    if (cover == HEED_EMPTY) return;
    const unsigned char *visible = cover == HEED_PARTIAL ? room->visible : NULL;
    if (weights_and_gradient(stage, room, rows, keys, visible)) {
        heed__narrow_back_sums(&room->narrow, &rows->narrow, &keys->narrow, rows->dq,
                               rows->dq_stride, keys->dk != NULL, keys->dv != NULL);
        return;
    }
    if (keys->dv) {
        heed__tile dv = product_of(room->s, 1, keys->keys.keys.count, rows->queries.count,
                                   run->plan->options.value_size, rows->d_o, run->d_o.row_stride,
                                   keys->dv, run->dv.row_stride);
        heed__tile_product(run->plan->kernels, &dv, visible);
    }
    score_gradient(stage, room, rows, keys, visible);
}
