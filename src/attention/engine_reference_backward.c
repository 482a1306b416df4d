/* SPDX-License-Identifier: MIT */
/*
 * The reference engine backwards. P is recomputed from lse; with D_i = <do_i, o_i>:
 *
 *     dP_ij = <do_i, v_j> Z_ij / (1 - p)          dS_ij = P_ij (dP_ij - D_i + dlse_i)
 *     dv_j += P_ij Z_ij / (1 - p) do_i            dq~_i += dS_ij k~_j,  dk~_j += dS_ij q~_i
 *
 * dq sums over keys ascending; dk and dv over the heads of the group, then queries ascending.
 */
#include "attention/engine_reference.h"
#include "attention/pairs.h"

/* One (sequence, head)'s rows. */
typedef struct side {
    const heed_real *q, *v, *d_o;
    heed_real *dq, *dk, *dv;
    int64_t dk_stride;
} side;

static side side_of(const heed__stage *stage, const heed__reference_scratch *room)
{
    const heed__run *run = stage->run;
    const heed_attention_rows *queries = &run->batch->queries, *keys = &run->batch->keys;
    int64_t s = stage->place.sequence, h = stage->place.head, g = heed__key_head(run->plan, h);
    side x = {.q = heed__read_at(&run->q, queries, s, h),
              .v = heed__read_at(&run->v, keys, s, g),
              .d_o = heed__read_at(&run->d_o, queries, s, h),
              .dq = heed__write_at(&run->dq, queries, s, h),
              .dk = heed__write_at(&run->dk, keys, s, g),
              .dv = heed__write_at(&run->dv, keys, s, g),
              .dk_stride = run->dk.row_stride};
    if (room->d_keys) { /* finished later */
        x.dk = room->d_keys;
        x.dk_stride = run->plan->width;
    }
    return x;
}

static void score_backward(const heed__stage *stage, const heed__line *line, const heed__keys *keys,
                           const unsigned char *visible, const heed_real *ds, heed_real *dk,
                           int64_t dk_stride, const heed__reference_scratch *room)
{
    const heed__run *run = stage->run;
    const heed_attention_plan *plan = run->plan;
    heed_real *dp[HEED_SELF_SLOTS];
    if (!plan->score->product) {
        heed__row_sums(run, &plan->score_fit, room->sums, dp);
        plan->score->row_backward(&run->score, stage->place.head, line->q, keys, ds, line->dq, dk,
                                  dk_stride, dp, room->score);
        return;
    }
    for (int64_t t = 0; t < keys->count; t++) {
        if (visible && !visible[t]) continue;
        if (line->dq) heed__chain_add(plan->width, ds[t], keys->data + t * keys->stride, line->dq);
        if (dk) heed__chain_add(plan->width, ds[t], line->q, dk + t * dk_stride);
    }
}

/* The line's query against its key block. */
static void backward_block(const heed__stage *stage, const side *x, const heed__line *line,
                           const heed__row_state *state, const heed__reference_scratch *room)
{
    const heed__run *run = stage->run;
    int64_t dv = run->plan->options.value_size, j = line->key, n = line->n;
    const heed_real *d_o = x->d_o + line->query * run->d_o.row_stride;
    heed_real s[HEED_KEY_BLOCK], d[HEED_KEY_BLOCK];
    unsigned char bytes[HEED_KEY_BLOCK];
    const unsigned char *visible;
    if (!heed__reference_look(stage, line->query, j, n, bytes, &visible)) return;
    heed__keys keys = heed__reference_keys(run, &stage->place, j, n, room->keys);
    heed__reference_scores(run, stage->place.head, line->q, &keys, s, room->score);
    for (int64_t t = 0; t < n; t++) d[t] = heed__chain(dv, d_o, x->v + (j + t) * run->v.row_stride);
    heed__stage_backward(stage, line, visible, d_o, state, room->sums, s, d);
    for (int64_t t = 0; t < n && x->dv; t++)
        if (!visible || visible[t])
            heed__chain_add(dv, s[t], d_o, x->dv + (j + t) * run->dv.row_stride);
    score_backward(stage, line, &keys, visible, d, x->dk ? x->dk + j * x->dk_stride : NULL,
                   x->dk_stride, room);
}

static void backward_query(const heed__reference_job *job, const heed__stage *stage, const side *x,
                           int64_t i, const heed__reference_scratch *room)
{
    const heed__run *run = stage->run;
    const heed_attention_plan *plan = run->plan;
    int prepares = heed__prepares(plan, HEED_SIDE_QUERY);
    heed_real *dq = x->dq ? x->dq + i * run->dq.row_stride : NULL;
    heed__row_state state;
    heed__row_states(&job->ahead, stage, i, 1, &state);
    heed__line line = heed__line_of(stage, i, 0, 0, NULL);
    line.q = heed__reference_query(run, &stage->place, i, room->query);
    line.dq = prepares ? room->d_query : dq;
    line.owner = 1;
    for (int64_t d = 0; prepares && d < plan->width; d++) room->d_query[d] = 0;
    for (int64_t c = 0; c < plan->row_columns; c++) room->sums[c] = 0;
    for (line.key = 0; line.key < stage->place.keys; line.key += HEED_KEY_BLOCK) {
        line.n = heed__least(HEED_KEY_BLOCK, stage->place.keys - line.key);
        backward_block(stage, x, &line, &state, room);
    }
    line.key = line.n = 0;
    heed__stage_row_backward(stage, &line, &state, room->sums);
    heed__row_sums_add(&job->partials, run, &stage->place, i, room->sums);
    if (prepares)
        heed__finish_row(run, &job->partials, HEED_SIDE_QUERY, &stage->place, stage->place.head, i,
                         x->q + i * run->q.row_stride, room->d_query, dq);
}

static void finish_keys(const heed__reference_job *job, int64_t sequence, int64_t head,
                        const heed__reference_scratch *room)
{
    const heed__run *run = job->run;
    const heed_attention_rows *rows = &run->batch->keys;
    heed__place place = heed__first_of_group(run, sequence, head);
    const heed_real *k = heed__read_at(&run->k, rows, sequence, head);
    heed_real *dk = heed__write_at(&run->dk, rows, sequence, head);
    for (int64_t j = 0; j < place.keys; j++)
        heed__finish_row(run, &job->partials, HEED_SIDE_KEY, &place, head, j,
                         k + j * run->k.row_stride, room->d_keys + j * run->plan->width,
                         dk ? dk + j * run->dk.row_stride : NULL);
}

static void backward_task(void *arg, int64_t task, int thread)
{
    const heed__reference_job *job = arg;
    const heed__run *run = job->run;
    const heed_attention_options *o = &run->plan->options;
    int64_t sequence = task / o->key_heads, key_head = task % o->key_heads;
    int64_t group = o->heads / o->key_heads;
    heed__reference_scratch room = heed__reference_scratch_at(job, thread, 1);
    int64_t d_keys = room.d_keys ? heed__length(&run->batch->keys, sequence) * run->plan->width : 0;
    for (int64_t d = 0; d < d_keys; d++) room.d_keys[d] = 0;
    for (int64_t h = key_head * group; h < (key_head + 1) * group; h++) {
        heed__stage stage = heed__stage_of(run, sequence, h);
        side x = side_of(&stage, &room);
        for (int64_t i = 0; i < stage.place.queries; i++) backward_query(job, &stage, &x, i, &room);
    }
    if (room.d_keys) finish_keys(job, sequence, key_head, &room);
}

/* What comes before the threads' scratch; returns what one thread needs. */
static size_t lay_out(heed__carver *carver, const heed_attention_plan *plan,
                      heed__reference_job *job, const heed__run *run)
{
    size_t room[] = {heed__reference_scratch_size(plan, 1), heed__ahead_scratch(plan),
                     heed__pairs_scratch(plan)};
    heed__partials_start(&job->partials, carver, plan, run);
    heed__ahead_start(&job->ahead, carver, plan);
    for (int r = 1; r < 3; r++)
        if (room[r] > room[0]) room[0] = room[r];
    return room[0];
}

size_t heed__reference_backward_workspace(const heed_attention_plan *plan)
{
    heed__carver carver = {NULL, 0};
    heed__reference_job job;
    size_t a_thread = lay_out(&carver, plan, &job, NULL);
    return carver.used + a_thread * (size_t)plan->threads;
}

void heed__reference_backward(const heed__run *run, heed_real *workspace)
{
    const heed_attention_plan *plan = run->plan;
    heed__carver carver = {workspace, 0};
    heed__reference_job job = {.run = run};
    job.a_thread = lay_out(&carver, plan, &job, run);
    job.workspace = workspace + carver.used;
    heed__ahead_run(&job.ahead, run, job.workspace);
    heed__parallel(plan->context, run->batch->sequences * plan->options.key_heads, backward_task,
                   &job);
    heed__partials_finish(&job.partials, run);
    heed__pairs_backward(&(heed__tiled_job){
        .run = run, .ahead = job.ahead, .workspace = job.workspace, .a_thread = job.a_thread});
}
