/* SPDX-License-Identifier: MIT */
/* The problem of attention_case.h computed naively, with the matrix, in double. */
#ifndef HEED_TESTS_NAIVE_H
#define HEED_TESTS_NAIVE_H

#include "attention/attention_case.h"

/* The same with the matrix, in double. Results are canonical, and P (before dropout) of all
 * (sequence, head), one matrix after the other. */
typedef struct naive {
    double *o, *lse, *dq, *dk, *dv, *dw, *weights;
} naive;

/* One (sequence, head): row 0 of each array, and how far rows are apart. */
typedef struct naive_head {
    const problem *p;
    int64_t s, h, tq, tk, q0, k0; /* first rows, counted in (row, head) items */
    double *weights;
} naive_head;

static inline double naive_score(const naive_head *n, const heed_real *q, const heed_real *k)
{
    const problem *p = n->p;
    double sum = 0;
    if (p->score && strcmp(p->score, "additive") == 0) {
        for (int64_t d = 0; d < p->size; d++)
            sum += (double)p->w[n->h * p->size + d] * tanh((double)q[d] + (double)k[d]);
        return sum;
    }
    for (int64_t d = 0; d < p->size; d++) sum += (double)q[d] * (double)k[d];
    if (p->score) return sum;
    return sum * (p->scale != 0 ? (double)p->scale : 1 / sqrt((double)p->size));
}

static inline const heed_real *naive_q(const naive_head *n, int64_t i)
{
    return n->p->q + (n->q0 + i * n->p->heads) * n->p->size;
}

static inline int64_t naive_key(const naive_head *n, int64_t j)
{
    return n->k0 + j * n->p->key_heads;
}

/* P's row i and its lse. */
static inline double naive_weights(const naive_head *n, int64_t i)
{
    const problem *p = n->p;
    double top = -INFINITY, sum = 0, *row = n->weights + i * n->tk;
    int64_t last = p->causal ? i + (p->offset ? p->offset[n->s] : 0) : n->tk - 1;
    for (int64_t j = 0; j < n->tk; j++) {
        row[j] = -INFINITY;
        if (j <= last) row[j] = naive_score(n, naive_q(n, i), p->k + naive_key(n, j) * p->size);
        if (row[j] > top) top = row[j];
    }
    for (int64_t j = 0; j < n->tk; j++) sum += row[j] == -INFINITY ? 0 : exp(row[j] - top);
    for (int64_t j = 0; j < n->tk; j++) row[j] = row[j] == -INFINITY ? 0 : exp(row[j] - top) / sum;
    return sum > 0 ? top + log(sum) : -INFINITY;
}

static inline void naive_keep(const naive_head *n, const heed_attention_batch *batch, int64_t i,
                              double *keep)
{
    uint32_t key[2], below = (uint32_t)(n->p->dropout * 65536 + 0.5), drawn[4];
    heed__draw_key(batch, n->s, n->h, HEED_RANDOM_DROPOUT, key);
    for (int64_t j = 0; j < n->tk; j++) {
        heed__philox(key, (uint32_t[]){(uint32_t)j / 8, 0, (uint32_t)i, 0}, drawn);
        int kept = (drawn[j % 8 / 2] >> j % 2 * 16 & 0xffffu) >= below;
        keep[j] = kept ? 65536 / (65536.0 - below) : 0;
    }
}

/* Adds ds * ds/dq, ds/dk, ds/dw of one pair. */
static inline void naive_pair(const naive_head *n, const naive *out, int64_t i, int64_t j,
                              double ds)
{
    const problem *p = n->p;
    const heed_real *q = naive_q(n, i), *k = p->k + naive_key(n, j) * p->size;
    double *dq = out->dq + (n->q0 + i * p->heads) * p->size,
           *dk = out->dk + naive_key(n, j) * p->size;
    int additive = p->score && strcmp(p->score, "additive") == 0;
    double scale = p->score ? 1 : p->scale != 0 ? (double)p->scale : 1 / sqrt((double)p->size);
    for (int64_t d = 0; d < p->size; d++) {
        if (additive) {
            double t = tanh((double)q[d] + (double)k[d]);
            double slope = ds * (double)p->w[n->h * p->size + d] * (1 - t * t);
            dq[d] += slope;
            dk[d] += slope;
            out->dw[n->h * p->size + d] += ds * t;
        } else {
            dq[d] += ds * scale * (double)k[d];
            dk[d] += ds * scale * (double)q[d];
        }
    }
}

static inline void naive_row(const naive_head *n, const naive *out, int64_t i, const double *keep)
{
    const problem *p = n->p;
    int64_t at = n->q0 + i * p->heads, dv = p->value_size;
    const double *row = n->weights + i * n->tk;
    const heed_real *d_o = p->d_o + at * dv;
    double delta = 0, *o = out->o + at * dv;
    for (int64_t j = 0; j < n->tk; j++)
        for (int64_t d = 0; d < dv && row[j] != 0; d++)
            o[d] += row[j] * keep[j] * (double)p->v[naive_key(n, j) * dv + d];
    for (int64_t d = 0; d < dv; d++) delta += (double)d_o[d] * o[d];
    delta -= (double)p->d_lse[at];
    for (int64_t j = 0; j < n->tk; j++) {
        double dp = 0;
        if (row[j] == 0) continue;
        for (int64_t d = 0; d < dv; d++) {
            dp += (double)d_o[d] * (double)p->v[naive_key(n, j) * dv + d];
            out->dv[naive_key(n, j) * dv + d] += row[j] * keep[j] * (double)d_o[d];
        }
        naive_pair(n, out, i, j, row[j] * (dp * keep[j] - delta));
    }
}

static inline naive naive_run(const problem *p)
{
    int64_t nq = rows_of(p->tq, p->sequences) * p->heads, matrix = 1;
    int64_t nk = rows_of(p->tk, p->sequences) * p->key_heads;
    for (int64_t s = 0; s < p->sequences; s++) matrix += p->tq[s] * p->tk[s] * p->heads;
    naive out = {.o = calloc((size_t)(nq * p->value_size + 1), 8),
                 .lse = calloc((size_t)nq + 1, 8),
                 .dq = calloc((size_t)(nq * p->size + 1), 8),
                 .dk = calloc((size_t)(nk * p->size + 1), 8),
                 .dv = calloc((size_t)(nk * p->value_size + 1), 8),
                 .dw = calloc((size_t)(p->heads * p->size), 8),
                 .weights = calloc((size_t)matrix, 8)};
    double *weights = out.weights;
    setup ids = {.plan = NULL};
    setup_batch(p, &ids);
    for (int64_t s = 0; s < p->sequences; s++)
        for (int64_t h = 0; h < p->heads; h++) {
            naive_head n = {.p = p, .s = s, .h = h, .tq = p->tq[s], .tk = p->tk[s]};
            n.q0 = rows_of(p->tq, s) * p->heads + h;
            n.k0 = rows_of(p->tk, s) * p->key_heads + h / (p->heads / p->key_heads);
            n.weights = weights;
            double *keep = calloc((size_t)n.tk + 1, 8);
            for (int64_t i = 0; i < n.tq; i++) {
                out.lse[n.q0 + i * p->heads] = naive_weights(&n, i);
                naive_keep(&n, &ids.batch, i, keep);
                naive_row(&n, &out, i, keep);
            }
            free(keep);
            weights += n.tq * n.tk;
        }
    return out;
}

static inline void naive_free(naive *n)
{
    free(n->o), free(n->lse), free(n->dq), free(n->dk), free(n->dv), free(n->dw), free(n->weights);
}

/* The largest difference, relative to the largest size; equal infinities differ by 0. */
static inline double distance(const heed_real *x, const double *y, int64_t n)
{
    double most = 0, size = 1e-30;
    for (int64_t i = 0; i < n; i++) {
        if (isinf(y[i]) && (double)x[i] == y[i]) continue;
        double difference = fabs((double)x[i] - y[i]);
        if (!(difference == difference)) return INFINITY;
        if (difference > most) most = difference;
        if (fabs(y[i]) > size) size = fabs(y[i]);
    }
    return most / size;
}

#endif
