/* SPDX-License-Identifier: MIT */
/*
 * Hard attention: the key with the largest score gets weight 1, equals: the lowest key. "hard" has
 * no gradient to scores. "straight_through" (Bengio, Leonard, Courville 2013) has softmax's:
 *
 *     ds_j = p_j (dP_j - sum_i p_i dP_i + dlse), p = softmax(s)
 */
#include "attention/choice.h"
#include "attention/tables.h"

void heed__choice_weights(const heed__self *self, const heed__line *line, heed_real *s,
                          const heed_real *stats)
{
    heed_real wrong = stats[HEED_CHOICE_LSE];
    int64_t key = wrong == wrong ? heed__choice_key(stats) - line->key : -1;
    int empty = wrong == -HEED_REAL(INFINITY);
    (void)self;
    for (int64_t t = 0; t < line->n; t++) {
        heed_real other = wrong == wrong || s[t] == -HEED_REAL(INFINITY) ? 0 : wrong;
        s[t] = t == key && !empty ? 1 : other;
    }
}

heed_real heed__choice_lse(const heed__self *self, int64_t n, const heed_real *s)
{
    heed_real top = self->kernels->max(n, s), sum = 0, log, parts[HEED_KEY_BLOCK];
    if (top == -HEED_REAL(INFINITY)) return top;
    for (int64_t j = 0; j < n; j += HEED_KEY_BLOCK) {
        int64_t m = n - j < HEED_KEY_BLOCK ? n - j : HEED_KEY_BLOCK;
        sum += self->kernels->exp_sum(m, s + j, top, parts);
    }
    self->kernels->log(1, &sum, &log);
    return top + log;
}

/* The lowest of the keys with the largest score; 0 where that is NaN. */
static int64_t largest(int64_t n, const heed_real *s, heed_real top)
{
    for (int64_t j = 0; j < n; j++)
        if (s[j] == top) return j;
    return 0;
}

static void hard_row(const heed__self *self, const heed__line *line, heed_real *s, heed_real *stats)
{
    heed_real top = self->kernels->max(line->n, s);
    stats[HEED_CHOICE_LSE] = top;
    heed__choice_keep(stats, line->key + largest(line->n, s, top));
    heed__choice_weights(self, line, s, stats);
}

static void hard_backward(const heed__self *self, const heed__line *line, const heed_real *s,
                          const heed_real *p, heed_real *d, const heed__row_state *row)
{
    (void)self, (void)s;
    for (int64_t t = 0; t < line->n; t++) d[t] = p[t] * row->d_lse;
}

const heed__normaliser heed__normaliser_hard = {
    .entry = {.name = "hard",
              .help = "1 for the key with the largest score (the lowest of equals), 0 for others; "
                      "no gradient to scores"},
    .whole = 1,
    .lse_gradient = 1,
    .row = hard_row,
    .weights = heed__choice_weights,
    .backward = hard_backward,
};

void heed__straight_row(const heed__self *self, const heed__line *line, heed_real *s,
                        heed_real *stats)
{
    heed_real top = self->kernels->max(line->n, s);
    stats[HEED_CHOICE_LSE] = heed__choice_lse(self, line->n, s);
    heed__choice_keep(stats, line->key + largest(line->n, s, top));
    heed__choice_weights(self, line, s, stats);
}

void heed__straight_gather(const heed__self *self, const heed__line *line, const heed_real *s,
                           const heed_real *p, const heed_real *d, const heed_real *stats,
                           heed_real *sums)
{
    heed_real soft[HEED_KEY_BLOCK];
    (void)p;
    self->kernels->exp_sum(line->n, s, stats[HEED_CHOICE_LSE], soft);
    sums[0] += self->kernels->dot(line->n, soft, d);
}

void heed__straight_backward(const heed__self *self, const heed__line *line, const heed_real *s,
                             const heed_real *p, heed_real *d, const heed__row_state *row)
{
    heed_real soft[HEED_KEY_BLOCK];
    (void)p;
    self->kernels->exp_sum(line->n, s, row->stats[HEED_CHOICE_LSE], soft);
    for (int64_t t = 0; t < line->n; t++) d[t] = soft[t] * (d[t] - row->sums[0] + row->d_lse);
}

const heed__normaliser heed__normaliser_straight_through = {
    .entry = {.name = "straight_through",
              .help = "hard forward; backward, the gradient of softmax"},
    .whole = 1,
    .lse_gradient = 1,
    .row = heed__straight_row,
    .weights = heed__choice_weights,
    .gather = heed__straight_gather,
    .backward = heed__straight_backward,
};
