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
    size_t d = (size_t)plan->options.head_size;
    heed__reference_scratch s = {.query = heed__carve(carver, d),
                                 .keys = heed__carve(carver, d * HEED_KEY_BLOCK)};
    s.score = heed__carve(carver, score->scratch ? score->scratch((int64_t)d) : 0);
    if (!backward) return s;
    s.d_query = heed__carve(carver, d);
    if (score->finish[HEED_SIDE_KEY])
        s.d_keys = heed__carve(carver, (size_t)plan->capacity.longest_key * d);
    if (score->entry.parameter.name)
        s.d_row = heed__carve(carver, (size_t)score->entry.parameter.columns(&plan->options));
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
    heed__carver carver = {NULL, 0};
    heed__partials partials;
    if (backward) heed__partials_start(&partials, &carver, plan, NULL);
    return carver.used + heed__reference_scratch_size(plan, backward) * (size_t)plan->threads;
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

const heed_real *heed__reference_prepared(const heed__run *run, heed__side side, int64_t head,
                                          const heed_real *x, heed_real *room)
{
    const heed__score *score = run->plan->score;
    if (!score->prepare[side]) return x;
    score->prepare[side](&run->score, run->plan->kernels, head, run->plan->options.head_size, x,
                         room);
    return room;
}

heed__keys heed__reference_keys(const heed__run *run, const heed__place *place, int64_t first,
                                int64_t count, heed_real *room)
{
    int64_t n = run->plan->options.head_size, stride = run->k.row_stride;
    int64_t head = heed__key_head(run->plan, place->head);
    const heed_real *k =
        heed__read_at(&run->k, &run->batch->keys, place->sequence, head) + first * stride;
    if (!run->plan->score->prepare[HEED_SIDE_KEY]) return (heed__keys){count, k, stride};
    for (int64_t t = 0; t < count; t++)
        heed__reference_prepared(run, HEED_SIDE_KEY, head, k + t * stride, room + t * n);
    return (heed__keys){count, room, n};
}

void heed__reference_scores(const heed__run *run, int64_t head, const heed_real *q,
                            const heed__keys *keys, heed_real *s, heed_real *room)
{
    const heed_attention_plan *plan = run->plan;
    int64_t n = plan->options.head_size;
    if (!plan->score->product) {
        plan->score->row(&run->score, plan->kernels, head, n, q, keys, s, room);
        return;
    }
    for (int64_t t = 0; t < keys->count; t++)
        s[t] = heed__chain(n, q, keys->data + t * keys->stride);
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

static void forward_query(const heed__stage *stage, int64_t i, const heed__reference_scratch *room,
                          heed_real *o, heed_real *lse)
{
    const heed__run *run = stage->run;
    const heed_attention_plan *plan = run->plan;
    const heed__place *place = &stage->place;
    int64_t dv = plan->options.value_size, v_stride = run->v.row_stride;
    const heed_real *q = heed__read_at(&run->q, &run->batch->queries, place->sequence, place->head);
    const heed_real *v = heed__read_at(&run->v, &run->batch->keys, place->sequence,
                                       heed__key_head(plan, place->head));
    heed_real top = -HEED_REAL(INFINITY), sum = 0, s[HEED_KEY_BLOCK];
    unsigned char bytes[HEED_KEY_BLOCK];
    const unsigned char *visible;
    q = heed__reference_prepared(run, HEED_SIDE_QUERY, place->head, q + i * run->q.row_stride,
                                 room->query);
    for (int64_t d = 0; d < dv; d++) o[d] = 0;
    for (int64_t j = 0; j < place->keys; j += HEED_KEY_BLOCK) {
        int64_t n = heed__least(HEED_KEY_BLOCK, place->keys - j);
        if (!heed__reference_look(stage, i, j, n, bytes, &visible)) continue;
        heed__keys keys = heed__reference_keys(run, place, j, n, room->keys);
        heed__reference_scores(run, place->head, q, &keys, s, room->score);
        heed_real factor = heed__stage_forward(stage, i, j, n, visible, s, &top, &sum);
        for (int64_t d = 0; d < dv; d++) o[d] *= factor;
        for (int64_t t = 0; t < n; t++)
            if (!visible || visible[t]) heed__chain_add(dv, s[t], v + (j + t) * v_stride, o);
    }
    plan->normaliser->finish(plan->kernels, 1, &top, &sum);
    for (int64_t d = 0; d < dv; d++) o[d] *= sum;
    if (lse) *lse = top;
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
    .forward = reference_forward,
    .backward = heed__reference_backward,
};
