/* SPDX-License-Identifier: MIT */
/*
 * Sampled hard attention (Xu et al. 2015): one key drawn from p = softmax(s), as the largest of s +
 * G (Gumbel noise by counter); at evaluation the largest of s. Backward is REINFORCE (Williams
 * 1992), with the advantage A of each query and head from the batch (its cost less a baseline) and
 * an entropy weight w:
 *
 *     ds_j = A (P_j - p_j) + w p_j (ln p_j + H),  H = -sum p ln p
 *
 * an unbiased estimate of the gradient of E[cost] - w H. lse is that of softmax.
 */
#include "attention/choice.h"
#include "attention/gumbel.h"
#include "attention/run.h"
#include "attention/tables.h"
#include "base/fail.h"

/* The lowest of the keys with the largest s + G; 0 where there is none. */
static int64_t drawn(const heed__self *self, const heed__line *line, const heed_real *s)
{
    heed_real noise[HEED_KEY_BLOCK], best = -HEED_REAL(INFINITY);
    int64_t key = 0;
    for (int64_t j = 0; j < line->n; j += HEED_KEY_BLOCK) {
        int64_t n = line->n - j < HEED_KEY_BLOCK ? line->n - j : HEED_KEY_BLOCK;
        heed__gumbel(self, line, line->key + j, n, noise);
        for (int64_t t = 0; t < n; t++)
            if (s[j + t] + noise[t] > best) {
                best = s[j + t] + noise[t];
                key = j + t;
            }
    }
    return key;
}

/* terms[t] = p_t ln p_t, 0 where p is; p of the scores s. */
static void logs_of(const heed__self *self, int64_t n, const heed_real *s, heed_real lse,
                    heed_real *p, heed_real *terms)
{
    self->kernels->exp_sum(n, s, lse, p);
    for (int64_t t = 0; t < n; t++) terms[t] = p[t] == 0 ? 0 : p[t] * (s[t] - lse);
}

static heed_real entropy(const heed__self *self, int64_t n, const heed_real *s, heed_real lse)
{
    heed_real p[HEED_KEY_BLOCK], terms[HEED_KEY_BLOCK], sum = 0;
    for (int64_t j = 0; j < n; j += HEED_KEY_BLOCK) {
        int64_t m = n - j < HEED_KEY_BLOCK ? n - j : HEED_KEY_BLOCK;
        logs_of(self, m, s + j, lse, p, terms);
        sum += self->kernels->sum(m, terms);
    }
    return -sum;
}

static void sampled_row(const heed__self *self, const heed__line *line, heed_real *s,
                        heed_real *stats)
{
    heed_real lse = heed__choice_lse(self, line->n, s);
    stats[HEED_CHOICE_LSE] = lse;
    if (lse != -HEED_REAL(INFINITY)) {
        stats[HEED_CHOICE_OWN] = entropy(self, line->n, s, lse);
        heed__choice_keep(stats, line->key + drawn(self, line, s));
    }
    heed__choice_weights(self, line, s, stats);
}

static heed_real advantage(const heed__self *self, const heed__line *line)
{
    const heed_attention_extra *x = self->extra[0];
    const heed_real *data = x->data;
    return data[heed__start(&self->batch->queries, line->place->sequence, x->sequence_stride,
                            x->row_stride) +
                line->query * x->row_stride + line->place->head * x->head_stride];
}

static void sampled_backward(const heed__self *self, const heed__line *line, const heed_real *s,
                             const heed_real *p, heed_real *d, const heed__row_state *row)
{
    const heed_attention_sampled *record = self->record;
    heed_real soft[HEED_KEY_BLOCK], terms[HEED_KEY_BLOCK], a = advantage(self, line);
    heed_real weight = record ? record->entropy : 0, h = row->stats[HEED_CHOICE_OWN];
    logs_of(self, line->n, s, row->stats[HEED_CHOICE_LSE], soft, terms);
    for (int64_t t = 0; t < line->n; t++)
        d[t] = a * (p[t] - soft[t]) + weight * (terms[t] + soft[t] * h) + soft[t] * row->d_lse;
}

static heed_status check(const void *record, const heed_attention_options *options)
{
    const heed_attention_sampled *r = record;
    (void)options;
    if (!r || (r->entropy >= 0 && r->entropy - r->entropy == 0)) return HEED_OK;
    return heed__fail(HEED_E_INVALID,
                      "normaliser \"sampled\": entropy = %g; it must be 0 or more and finite",
                      (double)r->entropy);
}

static const heed__field fields[] = {
    {"entropy", HEED_ATTENTION_REAL, offsetof(heed_attention_sampled, entropy), "0 or more; 0"},
    {.name = NULL},
};

const heed__normaliser heed__normaliser_sampled = {
    .entry = {.name = "sampled",
              .help = "one key drawn from softmax; REINFORCE backward, with the batch's advantages",
              .record = sizeof(heed_attention_sampled),
              .fields = fields,
              .check = check,
              .extras = {{"sampled.advantage", HEED_ATTENTION_QUERY_REALS}},
              .late_extras = 1},
    .whole = 1,
    .lse_gradient = 1,
    .row = sampled_row,
    .weights = heed__choice_weights,
    .backward = sampled_backward,
};
