/* SPDX-License-Identifier: MIT */
/*
 * The engine that can do everything: plain loops, one query at a time, the definition the others
 * are held to. Its sums run in the order of all engines: keys block by block on the fixed grid,
 * products as one chain of fused multiply-adds.
 *
 *     for each query i:  for each key block: s = scores, masked
 *                                            p = exp(s - top), sum and top updated
 *                                            o = o * factor + sum_j p_j v_j
 *                        o = o / sum, lse = top + ln sum
 */
#include "attention/engine_reference.h"

static heed__reference_scratch scratch_of(heed__carver *carver, const heed_attention_plan *plan,
                                          int backward)
{
    const heed__score *score = plan->score;
    size_t width = (size_t)plan->width, longest = (size_t)plan->capacity.longest_key;
    heed__reference_scratch s = {.query = heed__carve(carver, width),
                                 .keys = heed__carve(carver, width * HEED_KEY_BLOCK)};
    s.score = heed__carve(carver, score->scratch ? score->scratch(plan->width) : 0);
    if (!backward) {
        s.row = heed__carve(carver, plan->normaliser->whole ? longest : 0);
        return s;
    }
    s.d_query = heed__carve(carver, width);
    if (heed__prepares(plan, HEED_SIDE_KEY)) s.d_keys = heed__carve(carver, longest * width);
    s.sums = heed__carve(carver, (size_t)plan->row_columns);
    return s;
}

heed__reference_scratch heed__reference_scratch_at(const heed__reference_job *j, int thread,
                                                   int backward)
{
    heed__carver carver = {j->workspace + (size_t)thread * j->a_thread, 0};
    return scratch_of(&carver, j->run->plan, backward);
}

size_t heed__reference_scratch_size(const heed_attention_plan *plan, int backward)
{
    heed__carver carver = {NULL, 0};
    scratch_of(&carver, plan, backward);
    return carver.used;
}

static size_t reference_workspace(const heed_attention_plan *plan, int backward)
{
    if (backward) return heed__reference_backward_workspace(plan);
    return heed__reference_scratch_size(plan, 0) * (size_t)plan->threads;
}

static void reference_tile(const heed_attention_plan *plan, int64_t *queries, int64_t *keys)
{
    *queries = 1;
    *keys = plan->normaliser->whole ? plan->capacity.longest_key : HEED_KEY_BLOCK;
}

static int reference_supports(const heed_attention_plan *plan, char *why, size_t size)
{
    (void)plan, (void)why, (void)size;
    return 1;
}

heed_real heed__chain(int64_t n, const heed_real *x, const heed_real *y)
{
    heed_real sum = 0;
    for (int64_t d = 0; d < n; d++) sum = heed__fma(x[d], y[d], sum);
    return sum;
}

void heed__chain_add(int64_t n, heed_real a, const heed_real *x, heed_real *y)
{
    for (int64_t d = 0; d < n; d++) y[d] = heed__fma(a, x[d], y[d]);
}

const heed_real *heed__reference_query(const heed__run *run, const heed__place *place, int64_t i,
                                       heed_real *room)
{
    const heed_real *q =
        heed__read_at(&run->q, &run->batch->queries, place->sequence, place->head) +
        i * run->q.row_stride;
    if (!heed__prepares(run->plan, HEED_SIDE_QUERY)) return q;
    heed__prepare_row(run, HEED_SIDE_QUERY, place, place->head, i, q, room);
    return room;
}

heed__keys heed__reference_keys(const heed__run *run, const heed__place *place, int64_t first,
                                int64_t count, heed_real *room)
{
    int64_t width = run->plan->width, stride = run->k.row_stride;
    int64_t head = heed__key_head(run->plan, place->head);
    const heed_real *k =
        heed__read_at(&run->k, &run->batch->keys, place->sequence, head) + first * stride;
    if (!heed__prepares(run->plan, HEED_SIDE_KEY)) return (heed__keys){count, k, stride};
    for (int64_t t = 0; t < count; t++)
        heed__prepare_row(run, HEED_SIDE_KEY, place, head, first + t, k + t * stride,
                          room + t * width);
    return (heed__keys){count, room, width};
}

void heed__reference_scores(const heed__run *run, int64_t head, const heed_real *q,
                            const heed__keys *keys, heed_real *s, heed_real *room)
{
    const heed_attention_plan *plan = run->plan;
    if (!plan->score->product) {
        plan->score->row(&run->score, head, q, keys, s, room);
        return;
    }
    for (int64_t t = 0; t < keys->count; t++)
        s[t] = heed__chain(plan->width, q, keys->data + t * keys->stride);
}

int heed__reference_look(const heed__stage *stage, int64_t i, int64_t key, int64_t keys,
                         unsigned char *room, const unsigned char **visible)
{
    heed__cover cover = heed__cover_of(stage, &(heed__block){i, 1, key, keys});
    *visible = NULL;
    if (cover == HEED_PARTIAL) {
        heed__visible(stage, i, key, keys, room);
        *visible = room;
    }
    return cover != HEED_EMPTY;
}

/* Raw scores of the block's keys; returns 0 where query i sees none. */
static int block_scores(const heed__stage *stage, const heed__line *line,
                        const heed__reference_scratch *room, unsigned char *bytes,
                        const unsigned char **visible, heed_real *s)
{
    const heed__run *run = stage->run;
    if (!heed__reference_look(stage, line->query, line->key, line->n, bytes, visible)) return 0;
    heed__keys keys = heed__reference_keys(run, &stage->place, line->key, line->n, room->keys);
    heed__reference_scores(run, stage->place.head, line->q, &keys, s, room->score);
    return 1;
}

/* o += sum_t w_t v_t over the visible keys, and what stages give. */
static void add_values(const heed__stage *stage, const heed__line *line,
                       const unsigned char *visible, const heed_real *w, heed_real *o)
{
    const heed__run *run = stage->run;
    const heed__place *place = &stage->place;
    int64_t stride = run->v.row_stride;
    const heed_real *v = heed__read_at(&run->v, &run->batch->keys, place->sequence,
                                       heed__key_head(run->plan, place->head)) +
                         line->key * stride;
    heed__stage_values(stage, line, w, o);
    for (int64_t t = 0; t < line->n; t++)
        if (!visible || visible[t])
            heed__chain_add(run->plan->options.value_size, w[t], v + t * stride, o);
}

static heed__line block_line(const heed__stage *stage, int64_t i, int64_t j, const heed_real *q)
{
    return heed__line_of(stage, i, j, heed__least(HEED_KEY_BLOCK, stage->place.keys - j), q);
}

/* Block by block; returns lse. */
static heed_real stream_query(const heed__stage *stage, int64_t i, const heed_real *q,
                              const heed__reference_scratch *room, heed_real *o)
{
    const heed__run *run = stage->run;
    const heed_attention_plan *plan = run->plan;
    heed_real top = -HEED_REAL(INFINITY), sum = 0, s[HEED_KEY_BLOCK];
    unsigned char bytes[HEED_KEY_BLOCK];
    const unsigned char *visible;
    for (int64_t j = 0; j < stage->place.keys; j += HEED_KEY_BLOCK) {
        heed__line line = block_line(stage, i, j, q);
        if (!block_scores(stage, &line, room, bytes, &visible, s)) continue;
        heed_real factor;
        heed__stage_stream(stage, &line, 0, visible, &(heed__scores){1, line.n, s, 0}, &top, &sum,
                           &factor);
        for (int64_t d = 0; d < plan->options.value_size; d++) o[d] *= factor;
        add_values(stage, &line, visible, s, o);
    }
    plan->normaliser->finish(&run->normaliser, stage->place.head, 1, &top, &sum);
    for (int64_t d = 0; d < plan->options.value_size; d++) o[d] *= sum;
    return top;
}

/* All scores first; returns lse. */
static heed_real whole_query(const heed__stage *stage, int64_t i, const heed_real *q,
                             const heed__reference_scratch *room, heed_real *o)
{
    const heed__run *run = stage->run;
    heed_real stats[HEED_STATS] = {0};
    unsigned char bytes[HEED_KEY_BLOCK];
    const unsigned char *visible;
    for (int64_t j = 0; j < stage->place.keys; j += HEED_KEY_BLOCK) {
        heed__line line = block_line(stage, i, j, q);
        if (block_scores(stage, &line, room, bytes, &visible, room->row + j))
            heed__stage_scores(stage, &line, visible, room->row + j);
        else
            for (int64_t t = 0; t < line.n; t++) room->row[j + t] = -HEED_REAL(INFINITY);
    }
    heed__line all = heed__line_of(stage, i, 0, stage->place.keys, q);
    run->plan->normaliser->row(&run->normaliser, &all, room->row, stats);
    for (int64_t j = 0; j < stage->place.keys; j += HEED_KEY_BLOCK) {
        heed__line line = block_line(stage, i, j, q);
        if (!heed__reference_look(stage, i, j, line.n, bytes, &visible)) continue;
        heed__stage_weigh(stage, &line, 1, room->row + j);
        add_values(stage, &line, visible, room->row + j, o);
    }
    return stats[0];
}

static void forward_query(const heed__stage *stage, int64_t i, const heed__reference_scratch *room,
                          heed_real *o, heed_real *lse)
{
    const heed_attention_plan *plan = stage->run->plan;
    const heed_real *q = heed__reference_query(stage->run, &stage->place, i, room->query);
    for (int64_t d = 0; d < plan->options.value_size; d++) o[d] = 0;
    heed_real stat = plan->normaliser->whole ? whole_query(stage, i, q, room, o)
                                             : stream_query(stage, i, q, room, o);
    if (lse) *lse = stat;
}

static void forward_task(void *arg, int64_t task, int thread)
{
    const heed__reference_job *j = arg;
    const heed__run *run = j->run;
    int64_t heads = run->plan->options.heads, sequence = task / heads, head = task % heads;
    const heed_attention_rows *rows = &run->batch->queries;
    heed__stage stage = heed__stage_of(run, sequence, head);
    heed__reference_scratch room = heed__reference_scratch_at(j, thread, 0);
    heed_real *o = heed__write_at(&run->out, rows, sequence, head);
    heed_real *lse = heed__write_at(&run->out_lse, rows, sequence, head);
    for (int64_t i = 0; i < stage.place.queries; i++)
        forward_query(&stage, i, &room, o + i * run->out.row_stride,
                      lse ? lse + i * run->out_lse.row_stride : NULL);
}

static void reference_forward(const heed__run *run, heed_real *workspace)
{
    heed__reference_job j = {
        .run = run, .workspace = workspace, .a_thread = heed__reference_scratch_size(run->plan, 0)};
    heed__parallel(run->plan->context, run->batch->sequences * run->plan->options.heads,
                   forward_task, &j);
}

const heed__engine heed__engine_reference = {
    .name = "reference",
    .help = "plain loops, one query at a time",
    .supports = reference_supports,
    .workspace = reference_workspace,
    .tile = reference_tile,
    .slow = 1,
    .forward = reference_forward,
    .backward = heed__reference_backward,
};
