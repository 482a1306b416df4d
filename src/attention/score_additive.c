/* SPDX-License-Identifier: MIT */
/*
 * The additive score (Bahdanau, Cho, Bengio 2014): s = w . tanh(q + k) over the hidden units, q and
 * k already projected. The hidden activations of one query against one key block live in scratch
 * and nowhere else.
 */
#include "attention/score_additive.h"
#include "attention/tables.h"

size_t heed__additive_scratch(int64_t n)
{
    return (size_t)n * HEED_KEY_BLOCK;
}

void heed__additive_row(const heed__additive *score, const heed_real *q, const heed__keys *keys,
                        heed_real *s, heed_real *scratch)
{
    const heed__kernels *kernels = score->kernels;
    int64_t n = score->n;
    for (int64_t t = 0; t < keys->count; t++) {
        const heed_real *k = keys->data + t * keys->stride;
        heed_real *hidden = scratch + t * n;
        for (int64_t a = 0; a < n; a++) hidden[a] = q[a] + k[a];
    }
    kernels->tanh(keys->count * n, scratch, scratch);
    for (int64_t t = 0; t < keys->count; t++)
        s[t] = score->w ? kernels->dot(n, score->w, scratch + t * n)
                        : kernels->sum(n, scratch + t * n);
}

/* The hidden activations again, of the keys whose score has a gradient only. */
static void hidden_again(const heed__kernels *kernels, int64_t n, const heed_real *q,
                         const heed__keys *keys, const heed_real *ds, heed_real *hidden)
{
    int64_t used = 0;
    for (int64_t t = 0; t < keys->count; t++) {
        if (ds[t] == 0) continue;
        const heed_real *k = keys->data + t * keys->stride;
        for (int64_t a = 0; a < n; a++) hidden[used * n + a] = q[a] + k[a];
        used++;
    }
    kernels->tanh(used * n, hidden, hidden);
}

void heed__additive_row_backward(const heed__additive *score, const heed_real *q,
                                 const heed__keys *keys, const heed_real *ds, heed_real *dq,
                                 heed_real *dk, int64_t dk_stride, heed_real *dw,
                                 heed_real *scratch)
{
    const heed__kernels *kernels = score->kernels;
    const heed_real *w = score->w;
    int64_t n = score->n;
    heed_real *hidden = scratch;
    hidden_again(kernels, n, q, keys, ds, hidden);
    for (int64_t t = 0; t < keys->count; t++) {
        if (ds[t] == 0) continue;
        if (dw) kernels->axpy(n, ds[t], hidden, dw);
        for (int64_t a = 0; a < n; a++) hidden[a] = (w ? w[a] : 1) * (1 - hidden[a] * hidden[a]);
        if (dq) kernels->axpy(n, ds[t], hidden, dq);
        if (dk) kernels->axpy(n, ds[t], hidden, dk + t * dk_stride);
        hidden += n;
    }
}

static heed__additive score_of(const heed__self *self, int64_t head)
{
    return (heed__additive){self->kernels, self->width, self->parameter[0] + head * self->width};
}

static int64_t hidden_units(const heed_attention_options *options, const void *record)
{
    (void)record;
    return options->head_size;
}

static void additive_row(const heed__self *self, int64_t head, const heed_real *q,
                         const heed__keys *keys, heed_real *s, heed_real *scratch)
{
    heed__additive score = score_of(self, head);
    heed__additive_row(&score, q, keys, s, scratch);
}

static void additive_row_backward(const heed__self *self, int64_t head, const heed_real *q,
                                  const heed__keys *keys, const heed_real *ds, heed_real *dq,
                                  heed_real *dk, int64_t dk_stride, heed_real *const *dp,
                                  heed_real *scratch)
{
    heed__additive score = score_of(self, head);
    heed__additive_row_backward(&score, q, keys, ds, dq, dk, dk_stride, dp[0], scratch);
}

const heed__score heed__score_additive = {
    .entry = {.name = "additive",
              .help = "w . tanh(q + k), q and k already projected (Bahdanau)",
              .slots = {{.name = "score.weight", .columns = hidden_units, .side = HEED_SIDE_QUERY}},
              .begin = {heed__begin_glorot},
              .decays = 1},
    .scratch = heed__additive_scratch,
    .row = additive_row,
    .row_backward = additive_row_backward,
};
