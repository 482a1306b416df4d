/* SPDX-License-Identifier: MIT */
/* P times a vector, and a row vector times P, tile by tile. */
#include "attention/inspect.h"
#include "base/fail.h"
#include "base/parallel.h"

typedef struct product_job {
    const heed__run *run;
    const heed_attention_product *product;
    heed_real *workspace;
} product_job;

/* Row 0 of a vector for the (sequence, head). */
static heed_real *y_of(const product_job *job, const heed__stage *stage)
{
    const heed_attention_batch *b = job->run->batch;
    return heed__write_at(&job->product->y, job->product->left ? &b->keys : &b->queries,
                          stage->place.sequence, stage->place.head);
}

static const heed_real *x_of(const product_job *job, const heed__stage *stage)
{
    const heed_attention_batch *b = job->run->batch;
    return heed__read_at(&job->product->x, job->product->left ? &b->queries : &b->keys,
                         stage->place.sequence, stage->place.head);
}

/* y_j += the sum over the block's queries of x_i P_ij. */
static void add_left(const product_job *job, const heed__stage *stage, const heed__queries *q,
                     int64_t first, int64_t n, const heed_real *weights)
{
    const heed_attention_product *p = job->product;
    const heed_real *x = x_of(job, stage);
    heed_real sums[HEED_KEY_BLOCK] = {0}, *y = y_of(job, stage);
    for (int64_t r = 0; r < q->count; r++) {
        heed_real xi = x[(q->first + r) * p->x.row_stride];
        const heed_real *row = weights + r * HEED_KEY_BLOCK;
        for (int64_t j = 0; j < n; j++)
            if (row[j] != 0) sums[j] = heed__fma(xi, row[j], sums[j]);
    }
    for (int64_t j = 0; j < n; j++) y[(first + j) * p->y.row_stride] += sums[j];
}

/* y_i += the sum over the block's keys of P_ij x_j. */
static void add_right(const product_job *job, const heed__stage *stage, const heed__queries *q,
                      int64_t first, int64_t n, const heed_real *weights)
{
    const heed_attention_product *p = job->product;
    const heed_real *x = x_of(job, stage) + first * p->x.row_stride;
    heed_real terms[HEED_KEY_BLOCK], *y = y_of(job, stage);
    for (int64_t r = 0; r < q->count; r++) {
        const heed_real *row = weights + r * HEED_KEY_BLOCK;
        for (int64_t j = 0; j < n; j++)
            terms[j] = row[j] != 0 ? row[j] * x[j * p->x.row_stride] : 0;
        y[(q->first + r) * p->y.row_stride] += job->run->plan->kernels->sum(n, terms);
    }
}

static void product_task(void *arg, int64_t task, int thread)
{
    const product_job *job = arg;
    const heed__run *run = job->run;
    int64_t heads = run->plan->options.heads;
    heed__stage stage = heed__stage_of(run, task / heads, task % heads);
    heed__inspect_scratch room = heed__inspect_scratch_at(run->plan, job->workspace, thread);
    int64_t rows = job->product->left ? stage.place.keys : stage.place.queries;
    for (int64_t i = 0; i < rows; i++) y_of(job, &stage)[i * job->product->y.row_stride] = 0;
    for (int64_t i = 0; i < stage.place.queries; i += HEED_QUERY_BLOCK) {
        heed__queries q = heed__inspect_queries(
            &stage, i, heed__least(HEED_QUERY_BLOCK, stage.place.queries - i), &room);
        for (int64_t j = 0; j < stage.place.keys; j += HEED_KEY_BLOCK) {
            int64_t n = heed__least(HEED_KEY_BLOCK, stage.place.keys - j);
            if (!heed__inspect_sees(&stage, &q, j, n)) continue;
            heed__inspect_tile(&stage, &q, j, &room);
            (job->product->left ? add_left : add_right)(job, &stage, &q, j, n, room.weights);
        }
    }
}

heed_status heed_attention_multiply(const heed_attention_plan *plan,
                                    const heed_attention_batch *batch,
                                    const heed_attention_inspect_tensors *tensors,
                                    const heed_attention_product *product, heed_real *workspace)
{
    heed__run run = {.plan = plan, .batch = batch};
    const heed_attention_rows *from = product->left ? &batch->queries : &batch->keys;
    const heed_attention_rows *to = product->left ? &batch->keys : &batch->queries;
    HEED_TRY(heed__check_struct("product", product->size, sizeof *product));
    HEED_TRY(heed__inspect_run(&run, tensors, workspace));
    HEED_TRY(heed__check_input("x", &product->x, from));
    if (!product->y.data) return heed__fail(HEED_E_INVALID, "y.data is NULL; it must be given");
    HEED_TRY(heed__check_output("y", &product->y, to, batch->sequences, plan->options.heads));
    product_job job = {&run, product, workspace};
    heed__parallel(plan->context, batch->sequences * plan->options.heads, product_task, &job);
    return HEED_OK;
}
