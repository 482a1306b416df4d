/* SPDX-License-Identifier: MIT */
/*
 * How far two rows of logits say different things: half the sum of both Kullback-Leibler
 * divergences, mean over rows. Of classes, with p = softmax(a), q = softmax(b) and d = log p - log
 * q, sum of (p - q) d / 2,          da = (p (d - sum of p d) + p - q) / 2, of sets, with p =
 * sigmoid(a) and q = sigmoid(b), summed over columns, (p - q) (a - b) / 2,           da = (p (1 -
 * p) (a - b) + p - q) / 2; db is the same with both exchanged. Liang et al., "R-Drop", NeurIPS 2021
 * (arXiv 2106.14448).
 */
#include "autograd/gradcheck.h"
#include "ops/ops.h"
#include "ops/rows.h"

static heed_status divergence_shape(const heed__shapes *s, heed__size *size)
{
    HEED_TRY(heed__want_shape(s, "divergence", 1, "b", s->in[0].rows, s->in[0].cols));
    size->rows = size->cols = 1;
    size->forward_workspace = size->backward_workspace = 4 * s->in[0].cols;
    return HEED_OK;
}

/* A row of each: what is said of each column, and its logarithm up to what falls out. */
typedef struct said {
    heed_real *p, *q, *log_p, *log_q;
} said;

static said in_workspace(const heed__call *call)
{
    int64_t n = call->in[0].cols;
    heed_real *at = call->workspace;
    return (said){at, at + n, at + 2 * n, at + 3 * n};
}

static void say(const heed__call *call, const heed_real *z, heed_real *p, heed_real *log_p)
{
    const heed__divergence *d = call->attributes;
    const heed__kernels *k = call->kernels;
    int64_t n = call->in[0].cols;
    heed_real log_sum = 0;
    if (d->sets) {
        k->scale(n, 1, z, log_p); /* log p - log (1 - p) */
        k->sigmoid(n, z, p);
        return;
    }
    heed_real most = k->max(n, z), sum = k->exp_sum(n, z, most, p);
    k->log(1, &sum, &log_sum);
    k->scale(n, 1 / sum, p, p);
    for (int64_t j = 0; j < n; j++) log_p[j] = z[j] - most - log_sum;
}

static void say_row(const heed__call *call, int64_t i, const said *s)
{
    int64_t n = call->in[0].cols;
    say(call, call->in[0].data + i * n, s->p, s->log_p);
    say(call, call->in[1].data + i * n, s->q, s->log_q);
}

static heed_status divergence_forward(const heed__call *call)
{
    int64_t rows = call->in[0].rows, n = call->in[0].cols;
    said s = in_workspace(call);
    heed_real total = 0;
    for (int64_t i = 0; i < rows; i++) {
        say_row(call, i, &s);
        for (int64_t j = 0; j < n; j++) total += (s.p[j] - s.q[j]) * (s.log_p[j] - s.log_q[j]) / 2;
    }
    *call->out.data = rows ? total / (heed_real)rows : 0;
    return HEED_OK;
}

/* The gradient for the row that says p, the other saying q. */
static void slope(const heed__call *call, heed_real scale, const heed_real *p,
                  const heed_real *log_p, const heed_real *q, const heed_real *log_q, heed_real *dz)
{
    const heed__divergence *d = call->attributes;
    int64_t n = call->in[0].cols;
    heed_real mean = 0;
    for (int64_t j = 0; j < n && !d->sets; j++) mean += p[j] * (log_p[j] - log_q[j]);
    for (int64_t j = 0; j < n; j++) {
        heed_real by = d->sets ? p[j] * (1 - p[j]) : p[j];
        dz[j] += scale * (by * (log_p[j] - log_q[j] - mean) + p[j] - q[j]) / 2;
    }
}

static heed_status divergence_backward(const heed__call *call)
{
    int64_t rows = call->in[0].rows, n = call->in[0].cols;
    said s = in_workspace(call);
    for (int64_t i = 0; i < rows; i++) {
        heed_real scale = *call->out.grad / (heed_real)rows;
        say_row(call, i, &s);
        if (call->in[0].grad)
            slope(call, scale, s.p, s.log_p, s.q, s.log_q, call->in[0].grad + i * n);
        if (call->in[1].grad)
            slope(call, scale, s.q, s.log_q, s.p, s.log_p, call->in[1].grad + i * n);
    }
    return HEED_OK;
}

static heed_status divergence_check(heed__gradcheck *check)
{
    for (int sets = 0; sets < 2; sets++) {
        heed__divergence d = {sets};
        heed__var in[2] = {heed__gradcheck_input(check, 4, 5), heed__gradcheck_input(check, 4, 5)};
        HEED_TRY(heed__gradcheck_apply(check, &heed__op_divergence, in, 2, &d, sizeof d));
    }
    return HEED_OK;
}

const heed__op heed__op_divergence = {
    .name = "divergence",
    .summary = "how far two rows of logits say different things (R-Drop)",
    .least_inputs = 2,
    .most_inputs = 2,
    .reads = HEED_READS(0) | HEED_READS(1),
    .shape = divergence_shape,
    .forward = divergence_forward,
    .backward = divergence_backward,
    .check = divergence_check};
