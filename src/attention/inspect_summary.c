/* SPDX-License-Identifier: MIT */
/*
 * Sums over the weights without the matrix: the tiles of one (sequence, head) pass by and leave
 * their share. Each sum has one order: mass over queries ascending; a row's entropy over its key
 * blocks ascending.
 */
#include "attention/inspect.h"
#include "base/fail.h"
#include "base/parallel.h"

enum { MOST_TOP = 64 };

typedef struct summary_job {
    const heed__run *run;
    const heed_attention_summary *out;
    heed_real *workspace;
} summary_job;

/* Key j weighs p: into the k largest, kept in descending order, equals by ascending key. */
static void rank(int top, heed_real *weights, int64_t *keys, heed_real p, int64_t j)
{
    int at = top;
    while (at > 0 && (keys[at - 1] < 0 || p > weights[at - 1])) at--;
    if (at == top) return;
    for (int k = top - 1; k > at; k--) {
        weights[k] = weights[k - 1];
        keys[k] = keys[k - 1];
    }
    weights[at] = p;
    keys[at] = j;
}

/* Row i of a (sequence, head): where its heaviest keys go, both cleared; NULL = not wanted. */
static heed_real *top_of(const summary_job *job, const heed__stage *stage, int64_t i,
                         int64_t **top_key)
{
    const heed_attention_output *out = &job->out->top_weight;
    const heed_attention_rows *queries = &job->run->batch->queries;
    *top_key = NULL;
    if (!job->out->top) return NULL;
    heed_real *weights = heed__write_at(out, queries, stage->place.sequence, stage->place.head) +
                         i * out->row_stride;
    *top_key = job->out->top_key + (weights - out->data);
    return weights;
}

static void clear(const summary_job *job, const heed__stage *stage)
{
    const heed_attention_summary *out = job->out;
    const heed_attention_batch *b = job->run->batch;
    int64_t s = stage->place.sequence, h = stage->place.head;
    heed_real *mass = heed__write_at(&out->mass, &b->keys, s, h);
    heed_real *entropy = heed__write_at(&out->entropy, &b->queries, s, h);
    for (int64_t j = 0; mass && j < stage->place.keys; j++) mass[j * out->mass.row_stride] = 0;
    for (int64_t i = 0; entropy && i < stage->place.queries; i++)
        entropy[i * out->entropy.row_stride] = 0;
    for (int64_t i = 0; out->top && i < stage->place.queries; i++) {
        int64_t *keys;
        heed_real *weights = top_of(job, stage, i, &keys);
        for (int k = 0; k < out->top; k++) weights[k] = 0, keys[k] = -1;
    }
}

/* -sum p ln p of one row in one key block. */
static heed_real entropy_of(const heed__kernels *kernels, int64_t n, const heed_real *p)
{
    heed_real terms[HEED_KEY_BLOCK];
    kernels->log(n, p, terms);
    for (int64_t t = 0; t < n; t++) terms[t] = p[t] == 0 ? 0 : -p[t] * terms[t];
    return kernels->sum(n, terms);
}

static void take_row(const summary_job *job, const heed__stage *stage, int64_t i, int64_t first,
                     int64_t n, const heed_real *p)
{
    const heed_attention_summary *out = job->out;
    const heed_attention_batch *b = job->run->batch;
    int64_t s = stage->place.sequence, h = stage->place.head, *top_key;
    heed_real *mass = heed__write_at(&out->mass, &b->keys, s, h);
    heed_real *entropy = heed__write_at(&out->entropy, &b->queries, s, h);
    heed_real *top_weight = top_of(job, stage, i, &top_key);
    for (int64_t t = 0; mass && t < n; t++) mass[(first + t) * out->mass.row_stride] += p[t];
    if (entropy) entropy[i * out->entropy.row_stride] += entropy_of(job->run->plan->kernels, n, p);
    for (int64_t t = 0; top_weight && t < n; t++)
        if (p[t] != 0) rank(out->top, top_weight, top_key, p[t], first + t);
}

static void summary_task(void *arg, int64_t task, int thread)
{
    const summary_job *job = arg;
    const heed__run *run = job->run;
    int64_t heads = run->plan->options.heads;
    heed__stage stage = heed__stage_of(run, task / heads, task % heads);
    heed__inspect_scratch room = heed__inspect_scratch_at(run->plan, job->workspace, thread);
    clear(job, &stage);
    for (int64_t i = 0; i < stage.place.queries; i += HEED_QUERY_BLOCK) {
        int64_t rows = heed__least(HEED_QUERY_BLOCK, stage.place.queries - i);
        heed__queries q = heed__inspect_queries(&stage, i, rows, &room);
        for (int64_t j = 0; j < stage.place.keys; j += HEED_KEY_BLOCK) {
            int64_t n = heed__inspect_tile(&stage, &q, j, &room);
            for (int64_t r = 0; r < rows; r++)
                take_row(job, &stage, i + r, j, n, room.weights + r * HEED_KEY_BLOCK);
        }
    }
}

heed_status heed_attention_summarise(const heed_attention_plan *plan,
                                     const heed_attention_batch *batch,
                                     const heed_attention_inspect_tensors *tensors,
                                     const heed_attention_summary *summary, heed_real *workspace)
{
    heed__run run = {.plan = plan, .batch = batch};
    const heed_attention_summary *out = summary;
    int64_t sequences = batch->sequences, heads = plan->options.heads;
    HEED_TRY(heed__check_struct("summary", out->size, sizeof *out));
    HEED_TRY(heed__inspect_run(&run, tensors, workspace));
    HEED_TRY(heed__check_output("mass", &out->mass, &batch->keys, sequences, heads));
    HEED_TRY(heed__check_output("entropy", &out->entropy, &batch->queries, sequences, heads));
    HEED_TRY(heed__check_output("top_weight", &out->top_weight, &batch->queries, sequences, heads));
    if (out->top < 0 || out->top > MOST_TOP)
        return heed__fail(HEED_E_INVALID, "top = %d; it must be 0 to %d", out->top, MOST_TOP);
    if (!out->top != !out->top_weight.data || !out->top != !out->top_key)
        return heed__fail(HEED_E_INVALID,
                          "top = %d with top_weight %s and top_key %s; give both "
                          "where top is 1 or more, else neither",
                          out->top, out->top_weight.data ? "given" : "NULL",
                          out->top_key ? "given" : "NULL");
    summary_job job = {&run, out, workspace};
    heed__parallel(plan->context, sequences * heads, summary_task, &job);
    return HEED_OK;
}
