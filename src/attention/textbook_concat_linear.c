/* SPDX-License-Identifier: MIT */
/*
 * The concat-linear rule. dP_t = <do, v_t>, ds_t = P_t (dP_t - sum of P dP); what rows share gets
 * its gradient from them in order, each part from one task.
 */
#include "attention/textbook.h"

typedef heed_textbook_concat_linear rule;

typedef struct job {
    const rule *r;
    const heed_textbook_concat_linear_gradient *g;
    const heed__kernels *kernels;
    int64_t columns, value_size; /* Dq + Dk, Dv */
    heed_real *d_scores;         /* [B, T, Tv]; 0 past the lengths */
} job;

static int64_t rows_of(const rule *r, int64_t sequence)
{
    return r->row_lengths ? r->row_lengths[sequence] : r->rows;
}

/* The values that row i has: none past the length of its sequence. */
static int64_t values_of(const rule *r, int64_t i)
{
    int64_t sequence = i / r->rows;
    if (i % r->rows >= rows_of(r, sequence)) return 0;
    return r->value_lengths ? r->value_lengths[sequence] : r->values;
}

static const heed_real *v_of(const job *j, int64_t i)
{
    return j->r->v + i / j->r->rows * j->r->values * j->value_size;
}

static void forward_row(void *arg, int64_t i, int thread)
{
    const job *j = arg;
    const rule *r = j->r;
    const heed__kernels *kernels = j->kernels;
    int64_t n = values_of(r, i);
    heed_real *p = r->weights + i * r->values, *o = r->o + i * j->value_size;
    (void)thread;
    for (int64_t t = 0; t < n; t++) {
        const heed_real *w = r->w + t * j->columns;
        p[t] = kernels->dot(r->query_size, w, r->q + i * r->query_size) +
               kernels->dot(r->key_size, w + r->query_size, r->k + i * r->key_size) +
               (r->b ? r->b[t] : 0);
    }
    for (int64_t t = n; t < r->values; t++) p[t] = 0;
    for (int64_t d = 0; d < j->value_size; d++) o[d] = 0;
    if (!n) return;
    heed_real sum = kernels->exp_sum(n, p, kernels->max(n, p), p);
    for (int64_t t = 0; t < n; t++) p[t] /= sum;
    for (int64_t t = 0; t < n; t++)
        kernels->axpy(j->value_size, p[t], v_of(j, i) + t * j->value_size, o);
}

/* The gradient of the row's scores, and of its query and key. */
static void backward_row(void *arg, int64_t i, int thread)
{
    const job *j = arg;
    const rule *r = j->r;
    const heed__kernels *kernels = j->kernels;
    int64_t n = values_of(r, i);
    const heed_real *p = r->weights + i * r->values, *d_o = j->g->d_o + i * j->value_size;
    heed_real *d = j->d_scores + i * r->values;
    (void)thread;
    for (int64_t t = 0; t < n; t++)
        d[t] = kernels->dot(j->value_size, d_o, v_of(j, i) + t * j->value_size);
    heed_real mean = kernels->dot(n, p, d);
    for (int64_t t = 0; t < n; t++) d[t] = p[t] * (d[t] - mean);
    for (int64_t t = 0; t < n; t++) {
        const heed_real *w = r->w + t * j->columns;
        if (j->g->q) kernels->axpy(r->query_size, d[t], w, j->g->q + i * r->query_size);
        if (j->g->k) kernels->axpy(r->key_size, d[t], w + r->query_size, j->g->k + i * r->key_size);
    }
}

/* Row t of W and b, from all rows in order. One past a length has no gradient and may be anything.
 */
static void backward_linear(void *arg, int64_t t, int thread)
{
    const job *j = arg;
    const rule *r = j->r;
    heed_real *w = j->g->w ? j->g->w + t * j->columns : NULL;
    (void)thread;
    for (int64_t i = 0; i < r->batch * r->rows; i++) {
        heed_real d = j->d_scores[i * r->values + t];
        if (d == 0) continue;
        if (j->g->b) j->g->b[t] += d;
        if (!w) continue;
        j->kernels->axpy(r->query_size, d, r->q + i * r->query_size, w);
        j->kernels->axpy(r->key_size, d, r->k + i * r->key_size, w + r->query_size);
    }
}

static void backward_values(void *arg, int64_t sequence, int thread)
{
    const job *j = arg;
    const rule *r = j->r;
    heed_real *dv = j->g->v + sequence * r->values * j->value_size;
    int64_t first = sequence * r->rows;
    (void)thread;
    for (int64_t i = first; i < first + rows_of(r, sequence); i++)
        for (int64_t t = 0; t < values_of(r, i); t++)
            j->kernels->axpy(j->value_size, r->weights[i * r->values + t],
                             j->g->d_o + i * j->value_size, dv + t * j->value_size);
}

static heed_status check_sizes(const rule *r)
{
    HEED_TRY(heed__textbook_size("batch", r->batch, 0));
    HEED_TRY(heed__textbook_size("rows", r->rows, 0));
    HEED_TRY(heed__textbook_size("values", r->values, 1));
    HEED_TRY(heed__textbook_size("query_size", r->query_size, 1));
    HEED_TRY(heed__textbook_size("key_size", r->key_size, 1));
    HEED_TRY(heed__textbook_size("value_size", r->value_size, 0));
    HEED_TRY(heed__textbook_volume("q", r->batch, r->rows, r->query_size));
    HEED_TRY(heed__textbook_volume("k", r->batch, r->rows, r->key_size));
    HEED_TRY(heed__textbook_volume("v", r->batch, r->values, r->value_size));
    HEED_TRY(heed__textbook_volume("o", r->batch, r->rows, r->value_size));
    HEED_TRY(heed__textbook_volume("weights", r->batch, r->rows, r->values));
    HEED_TRY(heed__textbook_volume("w", r->values, r->query_size + r->key_size, 1));
    HEED_TRY(heed__textbook_lengths("row_lengths", r->row_lengths, r->batch, r->rows));
    return heed__textbook_lengths("value_lengths", r->value_lengths, r->batch, r->values);
}

static heed_status check_arrays(const rule *r, int64_t rows)
{
    HEED_TRY(heed__textbook_given("q", r->q, rows));
    HEED_TRY(heed__textbook_given("k", r->k, rows));
    HEED_TRY(heed__textbook_given("v", r->v, rows));
    HEED_TRY(heed__textbook_given("w", r->w, rows));
    HEED_TRY(heed__textbook_given("weights", r->weights, rows));
    return heed__textbook_given("o", r->o, rows);
}

static heed_status start(const rule *r, job *j)
{
    HEED_TRY(heed__check_struct("rule", r->size, sizeof *r));
    HEED_TRY(check_sizes(r));
    *j = (job){.r = r,
               .kernels = heed__kernels_best(),
               .columns = r->query_size + r->key_size,
               .value_size = r->value_size ? r->value_size : 1};
    return check_arrays(r, r->batch * r->rows);
}

heed_status heed_textbook_concat_linear_forward(heed_context *context,
                                                const heed_textbook_concat_linear *r)
{
    job j;
    HEED_TRY(start(r, &j));
    heed__parallel(context, r->batch * r->rows, forward_row, &j);
    return HEED_OK;
}

heed_status
heed_textbook_concat_linear_backward(heed_context *context, const heed_textbook_concat_linear *r,
                                     const heed_textbook_concat_linear_gradient *gradient)
{
    job j;
    HEED_TRY(start(r, &j));
    HEED_TRY(heed__check_struct("gradient", gradient->size, sizeof *gradient));
    if (!r->batch || !r->rows) return HEED_OK;
    HEED_TRY(heed__textbook_given("d_o", gradient->d_o, 1));
    HEED_TRY(heed__alloc((size_t)(r->batch * r->rows * r->values), sizeof *j.d_scores,
                         "the gradient of a rule's scores", &j.d_scores));
    j.g = gradient;
    heed__parallel(context, r->batch * r->rows, backward_row, &j);
    if (gradient->w || gradient->b) heed__parallel(context, r->values, backward_linear, &j);
    if (gradient->v) heed__parallel(context, r->batch, backward_values, &j);
    heed__free(j.d_scores);
    return HEED_OK;
}
