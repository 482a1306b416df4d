/* SPDX-License-Identifier: MIT */
/*
 * Attention pooling with a Gaussian kernel, a query at a time.
 *
 *     s_j = -|q - k_j|^2 / (2 sigma^2),  P = softmax(s),  o = sum P_j v_j
 *     ds_j = P_j (<do, v_j> - <do, o>)
 *     dsigma = sum ds_j |q - k_j|^2 / sigma^3,  dq = -sum ds_j (q - k_j) / sigma^2 = -sum of dk_j
 */
#include "attention/task.h"
#include "attention/textbook.h"
#include "kernels/kernels.h"

enum { TASK_QUERIES = 64 };

/* A pooling with its defaults, and what its threads work in. */
typedef struct pool_job {
    const heed_textbook_pooling *p;
    const heed_textbook_pooling_gradient *gradient; /* NULL = forward */
    const heed__kernels *kernels;
    int64_t size, value_size;
    heed_real sharpness; /* 1 / (2 sigma^2) */
    heed_real *room;     /* [threads, 3 x keys] */
    heed_real *d_sigma;  /* [batch] */
} pool_job;

static int64_t length_of(const int64_t *lengths, int64_t b, int64_t all)
{
    return lengths ? lengths[b] : all;
}

/* |q - k_j|^2 of each key, and P. */
static void weigh(const pool_job *job, int64_t n, const heed_real *q, const heed_real *k,
                  heed_real *squares, heed_real *weights)
{
    for (int64_t j = 0; j < n; j++) {
        squares[j] = 0;
        for (int64_t d = 0; d < job->size; d++) {
            heed_real apart = q[d] - k[j * job->size + d];
            squares[j] = heed__fma(apart, apart, squares[j]);
        }
    }
    job->kernels->scale(n, -job->sharpness, squares, weights);
    heed_real top = job->kernels->max(n, weights);
    heed_real sum = job->kernels->exp_sum(n, weights, top, weights);
    job->kernels->scale(n, 1 / sum, weights, weights);
}

static void forward_row(const pool_job *job, int64_t b, int64_t i, heed_real *room)
{
    const heed_textbook_pooling *p = job->p;
    int64_t row = b * p->queries + i, n = length_of(p->key_lengths, b, p->keys);
    heed_real *weights = room + p->keys, *o = p->o + row * job->value_size;
    if (i >= length_of(p->query_lengths, b, p->queries)) n = 0;
    for (int64_t d = 0; d < job->value_size; d++) o[d] = 0;
    if (n) weigh(job, n, p->q + row * job->size, p->k + b * p->keys * job->size, room, weights);
    for (int64_t j = 0; j < n; j++)
        job->kernels->axpy(job->value_size, weights[j], p->v + (b * p->keys + j) * job->value_size,
                           o);
    for (int64_t j = 0; p->weights && j < p->keys; j++)
        p->weights[row * p->keys + j] = j < n ? weights[j] : 0;
}

static void forward_task(void *arg, int64_t task, int thread)
{
    const pool_job *job = arg;
    int64_t pieces = heed__blocks(job->p->queries, TASK_QUERIES);
    int64_t first = task % pieces * TASK_QUERIES;
    int64_t last = heed__least(first + TASK_QUERIES, job->p->queries);
    for (int64_t i = first; i < last; i++)
        forward_row(job, task / pieces, i, job->room + thread * 3 * job->p->keys);
}

/* ds_j becomes gradients of q, k and sigma. */
static void spread(const pool_job *job, int64_t row, int64_t first_key, int64_t n,
                   const heed_real *squares, const heed_real *d)
{
    const heed_textbook_pooling *p = job->p;
    const heed_textbook_pooling_gradient *g = job->gradient;
    heed_real slope = 2 * job->sharpness; /* 1 / sigma^2 */
    const heed_real *q = p->q + row * job->size;
    for (int64_t j = 0; j < n; j++)
        for (int64_t c = 0; c < job->size; c++) {
            int64_t at = (first_key + j) * job->size + c;
            heed_real along = d[j] * slope * (q[c] - p->k[at]);
            if (g->k) g->k[at] += along;
            if (g->q) g->q[row * job->size + c] -= along;
        }
    job->d_sigma[first_key / p->keys] += job->kernels->dot(n, d, squares) * slope / p->sigma;
}

static void backward_row(const pool_job *job, int64_t b, int64_t i, heed_real *room)
{
    const heed_textbook_pooling *p = job->p;
    const heed_textbook_pooling_gradient *g = job->gradient;
    int64_t row = b * p->queries + i, n = length_of(p->key_lengths, b, p->keys);
    heed_real *weights = room + p->keys, *d = weights + p->keys;
    const heed_real *d_o = g->d_o + row * job->value_size;
    if (!n) return;
    weigh(job, n, p->q + row * job->size, p->k + b * p->keys * job->size, room, weights);
    for (int64_t j = 0; j < n; j++) {
        int64_t at = (b * p->keys + j) * job->value_size;
        d[j] = job->kernels->dot(job->value_size, d_o, p->v + at);
        if (g->v) job->kernels->axpy(job->value_size, weights[j], d_o, g->v + at);
    }
    heed_real mean = job->kernels->dot(n, weights, d);
    for (int64_t j = 0; j < n; j++) d[j] = weights[j] * (d[j] - mean);
    spread(job, row, b * p->keys, n, room, d);
}

/* A sequence: its keys gather from all its queries, in order. */
static void backward_task(void *arg, int64_t b, int thread)
{
    const pool_job *job = arg;
    const heed_textbook_pooling *p = job->p;
    job->d_sigma[b] = 0;
    for (int64_t i = 0; i < length_of(p->query_lengths, b, p->queries); i++)
        backward_row(job, b, i, job->room + thread * 3 * p->keys);
}

static heed_status check(const heed_textbook_pooling *p, pool_job *job)
{
    *job = (pool_job){.p = p, .kernels = heed__kernels_best()};
    HEED_TRY(heed__check_struct("pooling", p->size, sizeof *p));
    HEED_TRY(heed__textbook_size("batch", p->batch, 0));
    HEED_TRY(heed__textbook_size("queries", p->queries, 0));
    HEED_TRY(heed__textbook_size("keys", p->keys, 0));
    HEED_TRY(heed__textbook_size("position_size", p->position_size, 0));
    HEED_TRY(heed__textbook_size("value_size", p->value_size, 0));
    job->size = p->position_size ? p->position_size : 1;
    job->value_size = p->value_size ? p->value_size : 1;
    HEED_TRY(heed__textbook_volume("q", p->batch, p->queries, job->size));
    HEED_TRY(heed__textbook_volume("k", p->batch, p->keys, job->size));
    HEED_TRY(heed__textbook_volume("v", p->batch, p->keys, job->value_size));
    HEED_TRY(heed__textbook_given("q", p->q, p->batch * p->queries));
    HEED_TRY(heed__textbook_given("k", p->k, p->batch * p->keys));
    HEED_TRY(heed__textbook_given("v", p->v, p->batch * p->keys));
    HEED_TRY(heed__textbook_lengths("query_lengths", p->query_lengths, p->batch, p->queries));
    HEED_TRY(heed__textbook_lengths("key_lengths", p->key_lengths, p->batch, p->keys));
    job->sharpness = 1 / (2 * p->sigma * p->sigma);
    if (!(p->sigma > 0) || p->sigma - p->sigma != 0 || job->sharpness - job->sharpness != 0)
        return heed__fail(HEED_E_INVALID,
                          "sigma = %g; it must be above 0 and finite, and so must 1 / sigma^2",
                          (double)p->sigma);
    return HEED_OK;
}

static heed_status take_room(heed_context *context, pool_job *job)
{
    size_t threads = (size_t)heed_context_threads(context);
    return heed__alloc(3 * (size_t)job->p->keys * threads, sizeof(heed_real),
                       "a pooling's workspace", &job->room);
}

heed_status heed_textbook_pool(heed_context *context, const heed_textbook_pooling *p)
{
    pool_job job;
    HEED_TRY(check(p, &job));
    HEED_TRY(heed__textbook_given("o", p->o, p->batch * p->queries));
    HEED_TRY(take_room(context, &job));
    heed__parallel(context, p->batch * heed__blocks(p->queries, TASK_QUERIES), forward_task, &job);
    heed__free(job.room);
    return HEED_OK;
}

heed_status heed_textbook_pool_backward(heed_context *context, const heed_textbook_pooling *p,
                                        const heed_textbook_pooling_gradient *gradient)
{
    pool_job job;
    HEED_TRY(check(p, &job));
    HEED_TRY(heed__check_struct("gradient", gradient->size, sizeof *gradient));
    HEED_TRY(heed__textbook_given("d_o", gradient->d_o, p->batch * p->queries));
    if (!p->keys) return HEED_OK;
    job.gradient = gradient;
    HEED_TRY(take_room(context, &job));
    heed_status status =
        heed__alloc((size_t)p->batch, sizeof(heed_real), "a pooling's workspace", &job.d_sigma);
    if (status == HEED_OK) heed__parallel(context, p->batch, backward_task, &job);
    for (int64_t b = 0; status == HEED_OK && gradient->sigma && b < p->batch; b++)
        *gradient->sigma += job.d_sigma[b];
    heed__free(job.d_sigma);
    heed__free(job.room);
    return status;
}
