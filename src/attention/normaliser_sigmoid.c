/* SPDX-License-Identifier: MIT */
/*
 * Sigmoid attention (Ramapuram et al. 2024): P = 1 / (1 + exp(-(s + bias))), each weight on its
 * own, so that a row's weights sum to anything from 0 to the number of its keys; lse is the
 * logarithm of that sum.
 *
 *     ds = P (1 - P) (dP + dlse / sum P)
 *
 * Each head may learn its own part of the bias: dbias = sum of ds.
 */
#include "attention/tables.h"
#include "base/fail.h"

static heed_real bias_of(const heed__self *self, int64_t head)
{
    const heed_attention_sigmoid *record = self->record;
    heed_real bias = record ? record->bias : 0;
    return self->parameter[0] ? bias + self->parameter[0][head] : bias;
}

static void weigh(const heed__self *self, int64_t head, int64_t n, heed_real *s)
{
    heed_real bias = bias_of(self, head);
    for (int64_t t = 0; t < n; t++) s[t] += bias;
    self->kernels->sigmoid(n, s, s);
}

static void sigmoid_weights(const heed__self *self, const heed__line *line, heed_real *s,
                            const heed_real *stats)
{
    (void)stats;
    weigh(self, line->place->head, line->n, s);
}

static void sigmoid_block(const heed__self *self, int64_t head, const heed__scores *x,
                          heed_real *top, heed_real *sum, heed_real *factor)
{
    (void)top;
    for (int64_t r = 0; r < x->rows; r++) {
        weigh(self, head, x->n, x->s + r * x->row);
        sum[r] += self->kernels->sum(x->n, x->s + r * x->row);
        factor[r] = 1;
    }
}

static void sigmoid_finish(const heed__self *self, int64_t head, int64_t rows, heed_real *top,
                           heed_real *sum)
{
    (void)head;
    self->kernels->log(rows, sum, top); /* of 0: -inf */
    for (int64_t i = 0; i < rows; i++) sum[i] = 1;
}

static void sigmoid_backward(const heed__self *self, const heed__line *line, const heed_real *s,
                             const heed_real *p, heed_real *d, const heed__row_state *row)
{
    heed_real half = -row->stats[0] / 2, root = 0; /* 1 / sqrt(sum P): its square may overflow */
    (void)s;
    if (row->d_lse != 0) self->kernels->exp(1, &half, &root);
    for (int64_t t = 0; t < line->n; t++)
        d[t] = (1 - p[t]) * (p[t] * d[t] + p[t] * root * root * row->d_lse);
    if (line->dp[0]) line->dp[0][0] += self->kernels->sum(line->n, d);
}

static int64_t bias_columns(const heed_attention_options *options, const void *record)
{
    const heed_attention_sigmoid *r = record;
    (void)options;
    return r && r->learned;
}

static heed_status check(const void *record, const heed_attention_options *options)
{
    const heed_attention_sigmoid *r = record;
    (void)options;
    if (!r) return HEED_OK;
    if (r->learned != 0 && r->learned != 1)
        return heed__fail(HEED_E_INVALID,
                          "normaliser \"sigmoid\": learned = %lld; it must be 0 or 1",
                          (long long)r->learned);
    if (r->bias - r->bias == 0) return HEED_OK;
    return heed__fail(HEED_E_INVALID, "normaliser \"sigmoid\": bias = %g; it must be finite",
                      (double)r->bias);
}

static const heed__field fields[] = {
    {"bias", HEED_ATTENTION_REAL, offsetof(heed_attention_sigmoid, bias), "such as -ln n; 0"},
    {"learned", HEED_ATTENTION_INTEGER, offsetof(heed_attention_sigmoid, learned),
     "1: each head adds its own to bias; 0"},
    {.name = NULL},
};

const heed__normaliser heed__normaliser_sigmoid = {
    .entry =
        {.name = "sigmoid",
         .help = "1 / (1 + exp(-(s + bias))), each weight on its own",
         .record = sizeof(heed_attention_sigmoid),
         .fields = fields,
         .check = check,
         .slots = {{.name = "sigmoid.bias", .columns = bias_columns, .side = HEED_SIDE_QUERY}}},
    .lse_gradient = 1,
    .block = sigmoid_block,
    .finish = sigmoid_finish,
    .weights = sigmoid_weights,
    .backward = sigmoid_backward,
};
