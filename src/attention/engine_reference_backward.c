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

/* One (sequence, head)'s rows. */
typedef struct side {
    const heed_real *q, *v, *o, *lse, *d_o, *d_lse;
    heed_real *dq, *dk, *dv;
    int64_t dk_stride;
    heed_real *partial; /* of the learned array */
} side;

static side side_of(const heed__stage *stage, const heed__reference_scratch *room)
{
    const heed__run *run = stage->run;
    const heed_attention_rows *queries = &run->batch->queries, *keys = &run->batch->keys;
    int64_t s = stage->place.sequence, h = stage->place.head, g = heed__key_head(run->plan, h);
    side x = {.q = heed__read_at(&run->q, queries, s, h),
              .v = heed__read_at(&run->v, keys, s, g),
              .o = heed__read_at(&run->o, queries, s, h),
              .lse = heed__read_at(&run->lse, queries, s, h),
              .d_o = heed__read_at(&run->d_o, queries, s, h),
              .d_lse = heed__read_at(&run->d_lse, queries, s, h),
              .dq = heed__write_at(&run->dq, queries, s, h),
              .dk = heed__write_at(&run->dk, keys, s, g),
              .dv = heed__write_at(&run->dv, keys, s, g),
              .dk_stride = run->dk.row_stride};
    if (x.dk && room->d_keys) {
        x.dk = room->d_keys;
        x.dk_stride = run->plan->options.head_size;
    }
    return x;
}

static void score_backward(const heed__stage *stage, const heed__keys *keys,
                           const unsigned char *visible, const heed_real *q, const heed_real *ds,
                           heed_real *dq, heed_real *dk, int64_t dk_stride, heed_real *d_row,
                           heed_real *room)
{
    const heed_attention_plan *plan = stage->run->plan;
    int64_t n = plan->options.head_size;
    if (!plan->score->product) {
        plan->score->row_backward(&stage->run->score, plan->kernels, stage->place.head, n, q, keys,
                                  ds, dq, dk, dk_stride, d_row, room);
        return;
    }
    for (int64_t t = 0; t < keys->count; t++) {
        if (visible && !visible[t]) continue;
        if (dq) heed__chain_add(n, ds[t], keys->data + t * keys->stride, dq);
        if (dk) heed__chain_add(n, ds[t], q, dk + t * dk_stride);
    }
}

/* Query i against one key block; q, dq prepared. */
static void backward_block(const heed__stage *stage, const side *x, int64_t i, int64_t j,
                           const heed_real *q, heed_real *dq, heed_real *d_row, heed_real delta,
                           const heed__reference_scratch *room)
{
    const heed__run *run = stage->run;
    int64_t dv = run->plan->options.value_size;
    int64_t n = heed__least(HEED_KEY_BLOCK, stage->place.keys - j);
    const heed_real *d_o = x->d_o + i * run->d_o.row_stride;
    heed_real s[HEED_KEY_BLOCK], d[HEED_KEY_BLOCK];
    unsigned char bytes[HEED_KEY_BLOCK];
    const unsigned char *visible;
    if (!heed__reference_look(stage, i, j, n, bytes, &visible)) return;
    heed__keys keys = heed__reference_keys(run, &stage->place, j, n, room->keys);
    heed__reference_scores(run, stage->place.head, q, &keys, s, room->score);
    for (int64_t t = 0; t < n; t++) d[t] = heed__chain(dv, d_o, x->v + (j + t) * run->v.row_stride);
    heed__stage_backward(stage, i, j, n, visible, x->lse[i * run->lse.row_stride], delta, s, d);
    for (int64_t t = 0; t < n && x->dv; t++)
        if (!visible || visible[t])
            heed__chain_add(dv, s[t], d_o, x->dv + (j + t) * run->dv.row_stride);
    score_backward(stage, &keys, visible, q, d, dq, x->dk ? x->dk + j * x->dk_stride : NULL,
                   x->dk_stride, d_row, room->score);
}

static void backward_query(const heed__stage *stage, const side *x, int64_t i,
                           const heed__reference_scratch *room)
{
    const heed__run *run = stage->run;
    const heed_attention_plan *plan = run->plan;
    const heed__kernels *kernels = plan->kernels;
    int64_t n = plan->options.head_size, head = stage->place.head;
    const heed_real *raw = x->q + i * run->q.row_stride;
    const heed_real *q = heed__reference_prepared(run, HEED_SIDE_QUERY, head, raw, room->query);
    heed_real *dq = x->dq ? x->dq + i * run->dq.row_stride : NULL, *to = dq;
    heed_real *d_row = x->partial ? room->d_row : NULL;
    if (dq && plan->score->finish[HEED_SIDE_QUERY]) to = room->d_query;
    for (int64_t d = 0; to != dq && d < n; d++) to[d] = 0;
    int64_t columns = d_row ? plan->score->entry.parameter.columns(&plan->options) : 0;
    for (int64_t d = 0; d < columns; d++) d_row[d] = 0;
    heed_real delta = kernels->dot(plan->options.value_size, x->d_o + i * run->d_o.row_stride,
                                   x->o + i * run->o.row_stride);
    if (x->d_lse) delta -= x->d_lse[i * run->d_lse.row_stride];
    for (int64_t j = 0; j < stage->place.keys; j += HEED_KEY_BLOCK)
        backward_block(stage, x, i, j, q, to, d_row, delta, room);
    if (to != dq)
        plan->score->finish[HEED_SIDE_QUERY](&run->score, run->plan->kernels, head, n, raw, to, dq);
    if (d_row) kernels->add(columns, d_row, x->partial);
}

static void finish_keys(const heed__run *run, int64_t sequence, int64_t head,
                        const heed__reference_scratch *room)
{
    const heed_attention_rows *rows = &run->batch->keys;
    int64_t n = run->plan->options.head_size;
    const heed_real *k = heed__read_at(&run->k, rows, sequence, head);
    heed_real *dk = heed__write_at(&run->dk, rows, sequence, head);
    for (int64_t j = 0; j < heed__length(rows, sequence); j++)
        run->plan->score->finish[HEED_SIDE_KEY](&run->score, run->plan->kernels, head, n,
                                                k + j * run->k.row_stride, room->d_keys + j * n,
                                                dk + j * run->dk.row_stride);
}

static void backward_task(void *arg, int64_t task, int thread)
{
    const heed__reference_job *job = arg;
    const heed__run *run = job->run;
    const heed_attention_options *o = &run->plan->options;
    int64_t sequence = task / o->key_heads, key_head = task % o->key_heads;
    int64_t group = o->heads / o->key_heads;
    heed__reference_scratch room = heed__reference_scratch_at(job, thread, 1);
    int64_t d_keys = room.d_keys ? heed__length(&run->batch->keys, sequence) * o->head_size : 0;
    for (int64_t d = 0; d < d_keys; d++) room.d_keys[d] = 0;
    for (int64_t h = key_head * group; h < (key_head + 1) * group; h++) {
        heed__stage stage = heed__stage_of(run, sequence, h);
        side x = side_of(&stage, &room);
        for (int64_t i = 0; i < stage.place.queries; i++) {
            x.partial = heed__partial_at(&job->partials, run, sequence, h, i);
            backward_query(&stage, &x, i, &room);
        }
    }
    if (room.d_keys && run->dk.data) finish_keys(run, sequence, key_head, &room);
}

void heed__reference_backward(const heed__run *run, heed_real *workspace)
{
    const heed_attention_plan *plan = run->plan;
    heed__carver carver = {workspace, 0};
    heed__reference_job job = {.run = run};
    heed__partials_start(&job.partials, &carver, plan, run);
    job.workspace = workspace + carver.used;
    job.a_thread = heed__reference_scratch_size(plan, 1);
    heed__parallel(plan->context, run->batch->sequences * plan->options.key_heads, backward_task,
                   &job);
    heed__partials_finish(&job.partials, run);
}
