/* SPDX-License-Identifier: MIT */
/*
 * The tiled engine: 64 queries x 64 keys at a time, both products on the matrix tiles of the kernel
 * table. A task is a piece of the queries of one (sequence, key head), for all heads of its group;
 * it turns each key block once and uses it for all its rows:
 *
 *     for each key block (ascending):  turn k
 *         for each head of the group, each query block:  s = q k^T, stages, o = o * factor + p v
 *
 * The output is accumulated in place.
 */
#include "attention/engine_tiled.h"
#include "attention/narrow.h"

#include <stdio.h>
#include <string.h>

/* Rows of a query block that AMX has at work together: two strips' scores and weights stay in the
 * first cache. Float32 takes whole blocks. */
enum { STRIP = HEED_STRIP };

typedef struct scratch {
    heed_real *queries;   /* [group, piece rows, D]: prepared */
    heed_real *top, *sum; /* [group, piece rows] */
    int64_t *begun;       /* of each strip: is there an output to add to? */
    heed_real *keys, *turned, *score, *s;
    /* Of a narrow piece: [group, piece rows, whole strips of Dv]; [2, chunks of KEY_BLOCK] */
    heed_real *out, *weights;
    unsigned char *visible;
    heed__narrow narrow;
} scratch;

/* A strip that AMX is at work for. */
typedef struct strip_on_way {
    heed__stage stage;
    heed__queries queries;
    int64_t key, state;
    const unsigned char *visible;
    heed__narrow_strip strip;
} strip_on_way;

/* One task. */
typedef struct piece {
    const heed__run *run;
    scratch room;
    int64_t sequence, key_head, first, rows;
    int64_t room_rows;    /* of a head: whole strips */
    heed__narrow *narrow; /* NULL = the products are float32 */
    int64_t strip;        /* rows of a query block that are at work together */
    /* Of one strip the product with the values, of another the scores are made while the vectors
     * are at the softmax of a third: first in, first out. strip.rows 0 = none. */
    strip_on_way weighed, scored;
    int other_strip, other_tile; /* which of two buffers is next */
} piece;

static int64_t group_of(const heed_attention_plan *plan)
{
    return plan->options.heads / plan->options.key_heads;
}

/* At most, of a head. */
static int64_t piece_rows(const heed_attention_plan *plan)
{
    const heed__thresholds *t = &plan->thresholds;
    int64_t most = t->forward_blocks, wide = plan->width > 64 ? plan->width : 64;
    if (plan->parts) most = t->narrow_blocks * 64 / wide;
    int64_t blocks = most / group_of(plan);
    return HEED_QUERY_BLOCK * (blocks > 1 ? blocks : 1);
}

/* Of a narrow piece's rows of the output. */
static int64_t narrow_columns(const heed_attention_plan *plan)
{
    return heed__blocks(plan->options.value_size, STRIP) * STRIP;
}

/* Of a strip's weights, laid out. */
static int64_t weights_size(const heed_attention_plan *plan)
{
    return HEED_KEY_BLOCK / HEED_AMX_CHUNK * HEED_AMX_UNIT(plan->parts);
}

static scratch scratch_of(heed__carver *carver, const heed_attention_plan *plan)
{
    const heed__score *score = plan->score;
    int64_t longest = heed__least(piece_rows(plan), plan->capacity.longest_query);
    int64_t strips = group_of(plan) * heed__blocks(longest, STRIP);
    size_t rows = (size_t)(strips * STRIP);
    scratch s;
    s.queries = heed__carve(carver, heed__prepared_size(plan, HEED_SIDE_QUERY, rows));
    s.top = heed__carve(carver, rows);
    s.sum = heed__carve(carver, rows);
    s.begun = heed__carve_integers(carver, (size_t)strips);
    s.keys = heed__carve(carver, heed__prepared_size(plan, HEED_SIDE_KEY, HEED_KEY_BLOCK));
    s.turned = heed__carve(carver, score->product ? (size_t)plan->width * HEED_KEY_BLOCK : 0);
    s.score = heed__carve(carver, score->scratch ? score->scratch(plan->width) : 0);
    int64_t copies = plan->parts ? 2 : 1;
    s.s = heed__carve(carver, HEED_TILE);
    s.visible =
        (unsigned char *)heed__carve(carver, (size_t)copies * HEED_TILE / sizeof(heed_real));
    s.out = heed__carve(carver, plan->parts ? rows * (size_t)narrow_columns(plan) : 0);
    s.weights = heed__carve(carver, 2 * (size_t)weights_size(plan));
    s.narrow = heed__narrow_of(carver, plan, strips);
    return s;
}

/* Room for the pieces' table; returns what a thread needs. */
static size_t lay_out(heed__carver *carver, const heed_attention_plan *plan, heed__pieces *pieces)
{
    heed__carver a_thread = {NULL, 0};
    pieces->first = heed__carve_integers(carver, (size_t)plan->capacity.sequences + 1);
    scratch_of(&a_thread, plan);
    return a_thread.used;
}

static size_t tiled_workspace(const heed_attention_plan *plan, int backward)
{
    heed__carver carver = {NULL, 0};
    heed__pieces pieces;
    if (backward) return heed__tiled_backward_workspace(plan);
    size_t a_thread = lay_out(&carver, plan, &pieces), few = heed__few_workspace(plan);
    size_t all = carver.used + a_thread * (size_t)plan->threads;
    return all > few ? all : few;
}

static void tiled_tile(const heed_attention_plan *plan, int64_t *queries, int64_t *keys)
{
    (void)plan;
    *queries = HEED_QUERY_BLOCK;
    *keys = HEED_KEY_BLOCK;
}

static void tiled_say(const heed_attention_plan *plan, heed__writer *w)
{
    int64_t rows = heed__least(piece_rows(plan), plan->capacity.longest_query);
    heed__say(w, "  forward: up to %lld queries a task, of the %lld query heads of a key head\n",
              (long long)rows, (long long)group_of(plan));
    heed__few_say(plan, w);
    heed__tiled_backward_say(plan, w);
}

static int tiled_supports(const heed_attention_plan *plan, char *why, size_t size)
{
    if (!plan->normaliser->whole) return 1;
    snprintf(why, size, "normaliser \"%s\" needs whole rows", plan->normaliser->entry.name);
    return 0;
}

/* The query block from row `row` of the piece, for one head of the group; it is prepared once. */
static heed__queries block_at(const piece *p, const heed__stage *stage, int64_t group_head,
                              int64_t row, int prepare)
{
    int64_t n = p->run->plan->width;
    heed_real *room = p->room.queries + (group_head * p->room_rows + row) * n;
    heed__queries q = {p->first + row, heed__least(HEED_QUERY_BLOCK, p->rows - row), room, n};
    if (prepare || !heed__prepares(p->run->plan, HEED_SIDE_QUERY))
        return heed__tile_queries(p->run, &stage->place, q.first, q.count, room);
    return q;
}

static heed__queries strip_of(const piece *p, const heed__queries *q, int64_t r)
{
    return (heed__queries){q->first + r, heed__least(p->strip, q->count - r),
                           q->data + r * q->stride, q->stride};
}

static void prepare_block(piece *p, const heed__stage *stage, int64_t group_head, int64_t row)
{
    heed__queries q = block_at(p, stage, group_head, row, 1);
    for (int64_t r = 0; p->narrow && r < q.count; r += p->strip) {
        heed__queries strip = strip_of(p, &q, r);
        heed__narrow_queries(p->narrow, (group_head * p->room_rows + row + r) / STRIP, &strip);
    }
}

/* Where the output of the piece's rows is accumulated: in place; of a narrow piece, whose rows are
 * soon done, beside it, row after row. */
static heed_attention_output sums_of(const piece *p, const heed__stage *stage, int64_t group_head)
{
    const heed__run *run = p->run;
    heed_attention_output o = run->out;
    int64_t dv = narrow_columns(run->plan);
    o.data = p->narrow
                 ? p->room.out + group_head * p->room_rows * dv
                 : heed__write_at(&run->out, &run->batch->queries, p->sequence, stage->place.head) +
                       p->first * o.row_stride;
    if (p->narrow) o.row_stride = dv;
    return o;
}

static void clear_state(const piece *p, int64_t group_head)
{
    int64_t first = group_head * p->room_rows;
    for (int64_t r = first; r < first + p->room_rows; r++) {
        p->room.top[r] = -HEED_REAL(INFINITY);
        p->room.sum[r] = 0;
    }
    for (int64_t i = first / STRIP; i < (first + p->room_rows) / STRIP; i++) p->room.begun[i] = 0;
}

static void clear_rows(int64_t rows, int64_t n, heed_real *x, int64_t x_row)
{
    for (int64_t r = 0; r < rows; r++) memset(x + r * x_row, 0, (size_t)n * sizeof *x);
}

/* o = o * factor, or nothing yet: the strip's first product is stored, where nothing else adds. */
static void carry_output(const piece *p, int64_t rows, const heed_real *factor, int64_t *begun,
                         heed_real *o, int64_t o_row)
{
    const heed_attention_plan *plan = p->run->plan;
    int64_t dv = plan->options.value_size;
    if (*begun) {
        plan->kernels->scale_rows(rows, dv, factor, o, o_row, o, o_row);
    } else if (p->narrow || plan->reads_values) {
        clear_rows(rows, dv, o, o_row);
        *begun = 1;
    }
}

/* The oldest strip's product, the next one's softmax and the scores of x (NULL = none), all at
 * once. */
static void send(piece *p, const strip_on_way *x)
{
    const heed__narrow_strip *scores = x ? &x->strip : NULL;
    const heed__narrow_strip *product = p->weighed.strip.rows ? &p->weighed.strip : NULL;
    strip_on_way *w = &p->scored;
    heed_real factor[STRIP];
    if (w->strip.rows) {
        heed__line line =
            heed__line_of(&w->stage, w->queries.first, w->key, w->strip.keys, w->queries.data);
        heed__stage_shape(
            &w->stage, &line, w->queries.stride, w->visible,
            &(heed__scores){w->strip.rows, w->strip.keys, w->strip.s, HEED_KEY_BLOCK});
        heed__narrow_softmax(p->narrow, &w->strip, p->room.top + w->state, p->room.sum + w->state,
                             factor, product, scores);
        carry_output(p, w->strip.rows, factor, &p->room.begun[w->strip.strip], w->strip.o,
                     w->strip.o_row);
    } else {
        if (product) heed__narrow_product(p->narrow, product);
        if (scores) heed__narrow_scores(p->narrow, scores);
    }
    p->weighed = p->scored;
    p->scored.strip.rows = 0;
    if (x) p->scored = *x;
}

static void send_all(piece *p)
{
    while (p->weighed.strip.rows || p->scored.strip.rows) send(p, NULL);
}

static strip_on_way way_of(piece *p, const heed__stage *stage, const heed__queries *queries,
                           const heed__key_tile *keys, const unsigned char *visible, int64_t state)
{
    heed_attention_output sums = sums_of(p, stage, stage->place.head % group_of(p->run->plan));
    int64_t other = p->narrow ? p->other_strip ^= 1 : 0;
    return (strip_on_way){
        .stage = *stage,
        .queries = *queries,
        .key = keys->first,
        .state = state,
        .visible = visible,
        .strip = {.strip = state / STRIP,
                  .rows = queries->count,
                  .keys = keys->keys.count,
                  .s = p->room.s + other * STRIP * HEED_KEY_BLOCK,
                  .weights = p->room.weights + (p->narrow ? other * weights_size(p->run->plan) : 0),
                  .o = sums.data + (queries->first - p->first) * sums.row_stride,
                  .o_row = sums.row_stride}};
}

static void forward_strip(piece *p, const heed__stage *stage, const heed__queries *queries,
                          const heed__key_tile *keys, const unsigned char *visible, int64_t state)
{
    const heed__run *run = p->run;
    strip_on_way x = way_of(p, stage, queries, keys, visible, state);
    const heed__narrow_strip *strip = &x.strip;
    int64_t n = keys->keys.count, dv = run->plan->options.value_size;
    int64_t *begun = &p->room.begun[state / STRIP];
    heed_real *s = strip->s, *o = strip->o, factor[HEED_QUERY_BLOCK];
    const heed_real *v = heed__read_at(&run->v, &run->batch->keys, p->sequence, p->key_head);
    int narrow = p->narrow && heed__narrow_can(p->narrow, strip->strip);
    if (narrow && p->narrow->fuses) {
        send(p, &x);
        return;
    }
    send_all(p);
    if (narrow)
        heed__narrow_scores(p->narrow, strip);
    else
        heed__tile_scores(stage, queries, keys, s, HEED_KEY_BLOCK, p->room.score);
    heed__line first = heed__line_of(stage, queries->first, keys->first, n, queries->data);
    heed__scores scores = {queries->count, n, s, HEED_KEY_BLOCK};
    heed__stage_stream(stage, &first, queries->stride, visible, &scores, p->room.top + state,
                       p->room.sum + state, factor);
    carry_output(p, queries->count, factor, begun, o, strip->o_row);
    for (int64_t r = 0; run->plan->reads_values && r < queries->count; r++) {
        heed__line line = heed__line_of(stage, queries->first + r, keys->first, n,
                                        queries->data + r * queries->stride);
        heed__stage_values(stage, &line, s + r * HEED_KEY_BLOCK, o + r * strip->o_row);
    }
    if (narrow && heed__narrow_weights(p->narrow, strip)) {
        heed__narrow_product(p->narrow, strip);
        return;
    }
    heed__tile_product(run->plan->kernels,
                       &(heed__tile){.rows = queries->count,
                                     .cols = dv,
                                     .k = n,
                                     .a = s,
                                     .a_row = HEED_KEY_BLOCK,
                                     .a_col = 1,
                                     .b = v + keys->first * run->v.row_stride,
                                     .b_row = run->v.row_stride,
                                     .start = *begun ? o : NULL,
                                     .start_row = strip->o_row,
                                     .c = o,
                                     .c_row = strip->o_row},
                       visible);
    *begun = 1;
}

static void forward_tile(piece *p, const heed__stage *stage, const heed__queries *queries,
                         const heed__key_tile *keys, int64_t state)
{
    unsigned char *visible = p->room.visible + (p->narrow ? p->other_tile * HEED_TILE : 0);
    heed__cover cover = heed__tile_look(stage, queries, keys, visible);
    if (cover == HEED_EMPTY) return;
    p->other_tile ^= 1; /* a strip of the tile before may not have been masked yet */
    for (int64_t r = 0; r < queries->count; r += p->strip) {
        heed__queries strip = strip_of(p, queries, r);
        forward_strip(p, stage, &strip, keys,
                      cover == HEED_PARTIAL ? visible + r * HEED_KEY_BLOCK : NULL, state + r);
    }
}

static void finish_output(const piece *p, const heed__stage *stage, int64_t group_head)
{
    const heed__run *run = p->run;
    int64_t first = group_head * p->room_rows, dv = run->plan->options.value_size;
    heed_real *top = p->room.top + first, *sum = p->room.sum + first;
    heed_attention_output sums = sums_of(p, stage, group_head);
    heed_real *o = heed__write_at(&run->out, &run->batch->queries, p->sequence, stage->place.head);
    heed_real *lse =
        heed__write_at(&run->out_lse, &run->batch->queries, p->sequence, stage->place.head);
    run->plan->normaliser->finish(&run->normaliser, stage->place.head, p->rows, top, sum);
    for (int64_t r = 0; r < p->rows; r += p->strip)
        if (!p->room.begun[(first + r) / STRIP])
            clear_rows(heed__least(p->strip, p->rows - r), dv, sums.data + r * sums.row_stride,
                       sums.row_stride);
    run->plan->kernels->scale_rows(p->rows, dv, sum, sums.data, sums.row_stride,
                                   o + p->first * run->out.row_stride, run->out.row_stride);
    for (int64_t r = 0; lse && r < p->rows; r++)
        lse[(p->first + r) * run->out_lse.row_stride] = top[r];
}

/* Does any head's any query of the piece see any of the keys? */
static int piece_sees(const piece *p, int64_t key, int64_t keys)
{
    int64_t group = group_of(p->run->plan);
    heed__block block = {p->first, p->rows, key, keys};
    if (!p->run->plan->hides) return 1;
    for (int64_t g = 0; g < group; g++) {
        heed__stage stage = heed__stage_of(p->run, p->sequence, p->key_head * group + g);
        if (heed__cover_of(&stage, &block) != HEED_EMPTY) return 1;
    }
    return 0;
}

/* The next key block from `key` on that any of them may see. */
static int64_t piece_next(const piece *p, int64_t key)
{
    int64_t group = group_of(p->run->plan), found = 0;
    if (!p->run->plan->hides) return key;
    for (int64_t g = 0; g < group; g++) {
        heed__stage stage = heed__stage_of(p->run, p->sequence, p->key_head * group + g);
        int64_t own = heed__next_keys(&stage, p->first, p->rows, key);
        if (!g || own < found) found = own;
    }
    return found;
}

static void forward_piece(piece *p)
{
    const heed__run *run = p->run;
    int64_t group = group_of(run->plan), keys = heed__length(&run->batch->keys, p->sequence);
    const heed_real *values = heed__read_at(&run->v, &run->batch->keys, p->sequence, p->key_head);
    for (int64_t g = 0; g < group; g++) {
        heed__stage stage = heed__stage_of(run, p->sequence, p->key_head * group + g);
        clear_state(p, g);
        for (int64_t row = 0; row < p->rows; row += HEED_QUERY_BLOCK)
            prepare_block(p, &stage, g, row);
    }
    for (int64_t j = piece_next(p, 0); j < keys; j = piece_next(p, j + HEED_KEY_BLOCK)) {
        heed__key_tile k;
        if (!piece_sees(p, j, heed__least(HEED_KEY_BLOCK, keys - j))) continue;
        heed__place place = heed__place_of(run, p->sequence, p->key_head * group);
        k = heed__tile_keys(run, &place, j, p->room.keys, p->narrow ? NULL : p->room.turned, 1);
        if (p->narrow && !heed__narrow_keys(p->narrow, &k.keys, values + j * run->v.row_stride,
                                            run->v.row_stride))
            k = heed__tile_keys(run, &place, j, p->room.keys, p->room.turned, 1);
        for (int64_t g = 0; g < group; g++) {
            heed__stage stage = heed__stage_of(run, p->sequence, p->key_head * group + g);
            for (int64_t row = 0; row < p->rows; row += HEED_QUERY_BLOCK) {
                heed__queries q = block_at(p, &stage, g, row, 0);
                forward_tile(p, &stage, &q, &k, g * p->room_rows + row);
            }
        }
        send_all(p);
    }
    for (int64_t g = 0; g < group; g++) {
        heed__stage stage = heed__stage_of(run, p->sequence, p->key_head * group + g);
        finish_output(p, &stage, g);
    }
}

static void forward_task(void *arg, int64_t task, int thread)
{
    const heed__tiled_job *job = arg;
    const heed__run *run = job->run;
    int64_t key_heads = run->plan->options.key_heads;
    heed__carver carver = {job->workspace + (size_t)thread * job->a_thread, 0};
    piece p = {.run = run, .room = scratch_of(&carver, run->plan), .key_head = task % key_heads};
    heed__piece_at(&job->pieces, run->batch->sequences, task / key_heads, &p.sequence, &p.first);
    int64_t left = heed__length(&run->batch->queries, p.sequence) - p.first;
    p.rows = heed__least(job->pieces.size, left);
    p.room_rows = heed__blocks(p.rows, STRIP) * STRIP;
    if (heed__narrow_now(run->plan) &&
        heed__length(&run->batch->queries, p.sequence) >= run->plan->thresholds.narrow_queries)
        p.narrow = &p.room.narrow;
    p.strip = p.narrow ? STRIP : HEED_QUERY_BLOCK;
    if (p.narrow) p.narrow->amx->begin();
    forward_piece(&p);
    if (p.narrow) p.narrow->amx->end();
}

/* Cuts the queries for the threads there are: of the sizes that the plan has room for, the one by
 * which a thread has least to do, with the keys that each piece lays out. No number depends on it.
 */
static void cut(const heed__run *run, heed__pieces *pieces)
{
    const heed_attention_plan *plan = run->plan;
    int64_t lay_out_rows = plan->parts ? HEED_QUERY_BLOCK / 4 : HEED_QUERY_BLOCK / 16;
    int64_t least = INT64_MAX, best = 0, rounds = 0, most = plan->thresholds.piece_rounds;
    for (int64_t n = piece_rows(plan); n >= HEED_QUERY_BLOCK && rounds < most; n /= 2) {
        n -= n % HEED_QUERY_BLOCK;
        heed__pieces_cut(pieces, &run->batch->queries, run->batch->sequences, n);
        rounds = heed__blocks(pieces->count * plan->options.key_heads, plan->threads);
        if (rounds * (n + lay_out_rows) >= least) continue;
        least = rounds * (n + lay_out_rows);
        best = n;
    }
    if (pieces->size != best)
        heed__pieces_cut(pieces, &run->batch->queries, run->batch->sequences, best);
}

static void tiled_forward(const heed__run *run, heed_real *workspace)
{
    const heed_attention_plan *plan = run->plan;
    heed__carver carver = {workspace, 0};
    heed__tiled_job job = {.run = run};
    if (heed__few_takes(run)) {
        heed__few_forward(run, workspace);
        return;
    }
    job.a_thread = lay_out(&carver, plan, &job.pieces);
    job.workspace = workspace + carver.used;
    cut(run, &job.pieces);
    heed__parallel(plan->context, job.pieces.count * plan->options.key_heads, forward_task, &job);
}

const heed__engine heed__engine_tiled = {
    .name = "tiled",
    .help = "64 x 64 tiles on the vector kernels",
    .supports = tiled_supports,
    .workspace = tiled_workspace,
    .tile = tiled_tile,
    .say = tiled_say,
    .forward = tiled_forward,
    .backward = heed__tiled_backward,
};
