/* SPDX-License-Identifier: MIT */
/*
 * Two results of the same queries over different keys become one.
 *
 *     w_p = exp(lse_p - lse),  o = w_0 o_0 + w_1 o_1
 *     do_p = w_p do,  dlse_p = w_p (dlse + w_q (<do, o_p> - <do, o_q>)),  q the other part
 *
 * A part that is empty is never multiplied, so that nothing is read from it and the other one
 * passes as it is, to the bit.
 */
#include "attention/run.h"
#include "base/fail.h"
#include "base/parallel.h"

enum { TASK_ROWS = 64 };

/* Of one row and head. */
typedef struct shares {
    heed_real lse, weight[2];
    int empty[2];
} shares;

static shares share(const heed__kernels *kernels, heed_real a, heed_real b)
{
    const heed_real none = -HEED_REAL(INFINITY);
    shares s = {.empty = {a == none, b == none}};
    heed_real x[2] = {a, b}, sum;
    if (s.empty[0] || s.empty[1]) {
        s.lse = s.empty[0] ? b : a;
        s.weight[0] = s.empty[0] ? 0 : 1;
        s.weight[1] = s.empty[1] ? 0 : 1;
        return s;
    }
    heed_real top = kernels->max(2, x); /* NaN if any is */
    sum = kernels->exp_sum(2, x, top, s.weight);
    kernels->log(1, &sum, &s.lse);
    s.lse += top;
    s.weight[0] /= sum;
    s.weight[1] /= sum;
    return s;
}

typedef struct merge_job {
    const heed__kernels *kernels;
    const heed_attention_partials *parts;
    const heed_attention_output *o, *lse;
    const heed_attention_partials_gradient *gradient;
    int64_t pieces; /* of a sequence's rows */
} merge_job;

/* One row of one head, and its place in an array. */
typedef struct spot {
    int64_t sequence, row, head;
} spot;

static const heed_real *in_at(const heed_attention_input *x, const spot *at)
{
    if (!x->data) return NULL;
    return x->data + at->sequence * x->sequence_stride + at->row * x->row_stride +
           at->head * x->head_stride;
}

static heed_real *out_at(const heed_attention_output *x, const spot *at)
{
    if (!x->data) return NULL;
    return x->data + at->sequence * x->sequence_stride + at->row * x->row_stride +
           at->head * x->head_stride;
}

static shares shares_at(const merge_job *job, const spot *at)
{
    return share(job->kernels, *in_at(&job->parts->lse[0], at), *in_at(&job->parts->lse[1], at));
}

static void merge_row(const merge_job *job, const spot *at)
{
    const heed_attention_partials *p = job->parts;
    shares s = shares_at(job, at);
    const heed_real *a = in_at(&p->o[0], at), *b = in_at(&p->o[1], at);
    heed_real *o = out_at(job->o, at);
    for (int64_t d = 0; d < p->value_size; d++) {
        if (s.empty[0] && s.empty[1])
            o[d] = 0;
        else if (s.empty[0] || s.empty[1])
            o[d] = s.empty[0] ? b[d] : a[d];
        else
            o[d] = heed__fma(s.weight[1], b[d], s.weight[0] * a[d]);
    }
    *out_at(job->lse, at) = s.lse;
}

static void backward_row(const merge_job *job, const spot *at)
{
    const heed_attention_partials *p = job->parts;
    const heed_attention_partials_gradient *g = job->gradient;
    const heed_real *d_o = in_at(&g->d_o, at), *d_lse = in_at(&g->d_lse, at);
    shares s = shares_at(job, at);
    heed_real along[2] = {0, 0};
    for (int k = 0; k < 2; k++)
        if (!s.empty[k]) along[k] = job->kernels->dot(p->value_size, d_o, in_at(&p->o[k], at));
    for (int k = 0; k < 2; k++) {
        heed_real *d_part = out_at(&g->o[k], at), *d_own = out_at(&g->lse[k], at);
        if (s.empty[k]) continue;
        if (d_part) job->kernels->axpy(p->value_size, s.weight[k], d_o, d_part);
        if (!d_own) continue;
        heed_real d = d_lse ? *d_lse : 0;
        if (!s.empty[1 - k]) d += s.weight[1 - k] * (along[k] - along[1 - k]);
        *d_own += s.weight[k] * d;
    }
}

static void merge_task(void *arg, int64_t task, int thread)
{
    const merge_job *job = arg;
    const heed_attention_partials *p = job->parts;
    spot at = {.sequence = task / job->pieces};
    int64_t first = task % job->pieces * TASK_ROWS;
    (void)thread;
    for (at.row = first; at.row < p->rows && at.row < first + TASK_ROWS; at.row++)
        for (at.head = 0; at.head < p->heads; at.head++) {
            if (job->gradient)
                backward_row(job, &at);
            else
                merge_row(job, &at);
        }
}

static void run(heed_context *context, merge_job *job)
{
    const heed_attention_partials *p = job->parts;
    job->kernels = heed__kernels_best();
    job->pieces = (p->rows + TASK_ROWS - 1) / TASK_ROWS;
    heed__parallel(context, p->sequences * job->pieces, merge_task, job);
}

static heed_status check_parts(const heed_attention_partials *p)
{
    static const char *const names[2][2] = {{"o[0]", "lse[0]"}, {"o[1]", "lse[1]"}};
    HEED_TRY(heed__check_struct("parts", p->size, sizeof *p));
    int64_t sizes[4] = {p->sequences, p->rows, p->heads, p->value_size};
    static const char *const size_names[4] = {"sequences", "rows", "heads", "value_size"};
    for (int k = 0; k < 4; k++)
        if (sizes[k] < 0 || sizes[k] > INT64_C(1) << 40)
            return heed__fail(HEED_E_INVALID, "parts.%s = %lld; it must be 0 to 2^40",
                              size_names[k], (long long)sizes[k]);
    for (int k = 0; k < 2; k++) {
        const char *missing = !p->o[k].data ? names[k][0] : !p->lse[k].data ? names[k][1] : NULL;
        if (missing)
            return heed__fail(HEED_E_INVALID, "parts.%s.data is NULL; it must be given", missing);
    }
    return HEED_OK;
}

static heed_status check_written(const heed_attention_partials *p, const char *name,
                                 const heed_attention_output *x)
{
    heed_attention_rows rows = {.length = p->rows};
    return heed__check_output(name, x, &rows, p->sequences, p->heads);
}

heed_status heed_attention_merge(heed_context *context, const heed_attention_partials *parts,
                                 const heed_attention_output *o, const heed_attention_output *lse)
{
    merge_job job = {.parts = parts, .o = o, .lse = lse};
    HEED_TRY(check_parts(parts));
    if (!o->data || !lse->data)
        return heed__fail(HEED_E_INVALID, "%s.data is NULL; it must be given",
                          o->data ? "lse" : "o");
    HEED_TRY(check_written(parts, "o", o));
    HEED_TRY(check_written(parts, "lse", lse));
    run(context, &job);
    return HEED_OK;
}

heed_status heed_attention_merge_backward(heed_context *context,
                                          const heed_attention_partials *parts,
                                          const heed_attention_partials_gradient *gradient)
{
    static const char *const names[2][2] = {{"o[0]", "lse[0]"}, {"o[1]", "lse[1]"}};
    merge_job job = {.parts = parts, .gradient = gradient};
    HEED_TRY(check_parts(parts));
    HEED_TRY(heed__check_struct("gradient", gradient->size, sizeof *gradient));
    if (!gradient->d_o.data)
        return heed__fail(HEED_E_INVALID, "gradient.d_o.data is NULL; it must be given");
    for (int k = 0; k < 2; k++) {
        HEED_TRY(check_written(parts, names[k][0], &gradient->o[k]));
        HEED_TRY(check_written(parts, names[k][1], &gradient->lse[k]));
    }
    run(context, &job);
    return HEED_OK;
}
