/* SPDX-License-Identifier: MIT */
/*
 * Sparsemax (Martins, Astudillo 2016): the projection onto the simplex, P = max(s - tau, 0) with
 * sum P = 1. tau is found without sorting (Michelot 1986): the mean of the support, less 1 / size,
 * with what falls below left out until nothing does. lse receives tau.
 *
 *     ds_j = dP_j - mean of dP over the support, where P_j > 0
 */
#include "attention/tables.h"

/* What a row keeps: tau itself, and in two parts that s - tau is computed from. */
enum { TAU, TOP, BELOW };

static heed_real weight(heed_real s, const heed_real *stats)
{
    heed_real p = s - stats[TOP] - stats[BELOW];
    if (s == -HEED_REAL(INFINITY)) return 0;
    return p > 0 || p != p ? p : 0;
}

/* Of the scores above top + below: how many there are, and their sum over top. */
static int64_t support(int64_t n, const heed_real *s, heed_real top, heed_real below,
                       heed_real *sum)
{
    int64_t count = 0;
    *sum = 0;
    for (int64_t t = 0; t < n; t++)
        if (s[t] - top > below) {
            *sum += s[t] - top;
            count++;
        }
    return count;
}

static void sparsemax_row(const heed__self *self, const heed__line *line, heed_real *s,
                          heed_real *stats)
{
    heed_real top = self->kernels->max(line->n, s), below = -1, sum;
    int64_t count, before = -1;
    if (top == -HEED_REAL(INFINITY)) {
        for (int64_t t = 0; t < line->n; t++) s[t] = 0;
        stats[TAU] = top;
        return;
    }
    while (top == top && (count = support(line->n, s, top, below, &sum)) != before) {
        below = (sum - 1) / (heed_real)count;
        before = count;
    }
    stats[TOP] = top;
    stats[BELOW] = below;
    stats[TAU] = top + below;
    for (int64_t t = 0; t < line->n; t++) s[t] = weight(s[t], stats);
}

static void sparsemax_weights(const heed__self *self, const heed__line *line, heed_real *s,
                              const heed_real *stats)
{
    (void)self;
    for (int64_t t = 0; t < line->n; t++) s[t] = weight(s[t], stats);
}

static void sparsemax_gather(const heed__self *self, const heed__line *line, const heed_real *s,
                             const heed_real *p, const heed_real *d, const heed_real *stats,
                             heed_real *sums)
{
    (void)self, (void)s, (void)stats;
    for (int64_t t = 0; t < line->n; t++)
        if (p[t] != 0) {
            sums[0] += d[t];
            sums[1] += 1;
        }
}

static void sparsemax_backward(const heed__self *self, const heed__line *line, const heed_real *s,
                               const heed_real *p, heed_real *d, const heed__row_state *row)
{
    (void)self, (void)s;
    for (int64_t t = 0; t < line->n; t++) d[t] = p[t] != 0 ? d[t] - row->sums[0] / row->sums[1] : 0;
}

const heed__normaliser heed__normaliser_sparsemax = {
    .entry = {.name = "sparsemax",
              .help = "max(s - tau, 0) that sums to 1: many weights are exactly 0"},
    .whole = 1,
    .row = sparsemax_row,
    .weights = sparsemax_weights,
    .gather = sparsemax_gather,
    .backward = sparsemax_backward,
};
