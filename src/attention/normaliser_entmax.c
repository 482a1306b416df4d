/* SPDX-License-Identifier: MIT */
/*
 * Entmax (Peters, Niculae, Martins 2019): with b = alpha - 1 in (0, 1],
 *
 *     P = max(b s - tau, 0)^(1/b), tau such that sum P = 1
 *
 * lies between softmax (alpha 1) and sparsemax (alpha 2). "entmax15" has alpha 1.5, where powers
 * are squares and roots. Learned, b = sigmoid(parameter), moved so that 0 gives the alpha set
 * (Correia, Niculae, Martins 2019). lse receives tau.
 *
 * tau is found without sorting. The sum S(tau) is convex and falls, and so does S^b, a norm: Newton
 * from tau = b max - 1, where S is 1 or more, rises to the solution and stops where a float can
 * tell no more. Far away the step for S^b is taken, which is nearly exact where scores are close.
 *
 *     ds_j = g_j (dP_j - <g, dP> / sum g), g = P^(1-b)
 *     db   = sum ds_j (y - (1 + y) ln(1 + y)) / b^2, 1 + y = max(b s - tau, 0)
 */
#include "attention/tables.h"
#include "base/fail.h"

/* What a row keeps: tau, and in two parts what b s - tau is computed from: tau = b top + below. And
 * b, which many rows share. */
enum { TAU, TOP, BELOW, B };

/* Below, 1 / b^2 in the gradient of alpha leaves too few digits. */
static const heed_real least = HEED_REAL(0.01);

static heed_real given(const void *record)
{
    const heed_attention_entmax *r = record;
    return r && r->alpha != 0 ? r->alpha - 1 : HEED_REAL(0.5);
}

static heed_real sigmoid_of(const heed__kernels *kernels, const void *record, heed_real number)
{
    heed_real b = given(record), y = b / (1 - b);
    kernels->log(1, &y, &y);
    y += number;
    kernels->sigmoid(1, &y, &y);
    return y;
}

/* A NaN stays. */
static heed_real learned(const heed__kernels *kernels, const void *record, heed_real number)
{
    heed_real b = sigmoid_of(kernels, record, number);
    return b < least ? least : b;
}

static heed_real b_of(const heed__self *self, const heed__line *line)
{
    if (!self->parameter[0]) return given(self->record);
    return learned(self->kernels, self->record, self->parameter[0][line->place->head]);
}

static heed_real alpha_of(const void *record, heed_real number)
{
    return 1 + learned(heed__kernels_best(), record, number);
}

/* x = max(b s - tau, 0) of n scores, p = x^(1/b), g = p^(1-b). p may be s. Loops without branches,
 * for the compiler's vectors; a NaN stays, and what is hidden weighs nothing whatever the top. */
static void powers(const heed__self *self, int64_t n, const heed_real *s, const heed_real *stats,
                   heed_real *x, heed_real *p, heed_real *g)
{
    const heed_real b = stats[B], top = stats[TOP], below = stats[BELOW];
    for (int64_t t = 0; t < n; t++) {
        heed_real gap = b * (s[t] - top) - below;
        gap = gap <= 0 ? 0 : gap;
        x[t] = s[t] == -HEED_REAL(INFINITY) ? 0 : gap;
    }
    if (b == HEED_REAL(0.5)) {
        for (int64_t t = 0; t < n; t++) g[t] = x[t], p[t] = x[t] * x[t];
        return;
    }
    self->kernels->log(n, x, g);
    self->kernels->scale(n, 1 / b, g, g);
    self->kernels->exp(n, g, p);
    for (int64_t t = 0; t < n; t++) g[t] = p[t] / (x[t] == 0 ? 1 : x[t]);
}

/* Sums of P and of g over a whole row: key by key of a block over the blocks, then within one. */
static heed_real measure(const heed__self *self, int64_t n, const heed_real *s,
                         const heed_real *stats, heed_real *slope)
{
    heed_real x[HEED_KEY_BLOCK], p[HEED_KEY_BLOCK], g[HEED_KEY_BLOCK];
    heed_real sums[HEED_KEY_BLOCK] = {0}, slopes[HEED_KEY_BLOCK] = {0};
    for (int64_t j = 0; j < n; j += HEED_KEY_BLOCK) {
        int64_t m = n - j < HEED_KEY_BLOCK ? n - j : HEED_KEY_BLOCK;
        powers(self, m, s + j, stats, x, p, g);
        for (int64_t t = 0; t < m; t++) sums[t] += p[t];
        for (int64_t t = 0; t < m; t++) slopes[t] += g[t];
    }
    *slope = self->kernels->sum(HEED_KEY_BLOCK, slopes);
    return self->kernels->sum(HEED_KEY_BLOCK, sums);
}

/* How far tau must rise from where the sum is S > 1. Far away a little less: rounding must not
 * carry it past the solution. */
static heed_real rise(const heed__self *self, heed_real b, heed_real sum, heed_real slope)
{
    static const heed_real near = HEED_REAL(0.999);
    heed_real power;
    if (sum < 2) return b * (sum - 1) / slope;
    if (b == HEED_REAL(0.5)) return near * (sum - heed__sqrt(sum)) / slope;
    self->kernels->log(1, &sum, &power);
    power *= 1 - b;
    self->kernels->exp(1, &power, &power);
    return near * (sum - power) / slope;
}

static void entmax_weights(const heed__self *self, const heed__line *line, heed_real *s,
                           const heed_real *stats)
{
    heed_real x[HEED_KEY_BLOCK], g[HEED_KEY_BLOCK];
    for (int64_t j = 0; j < line->n; j += HEED_KEY_BLOCK) {
        int64_t m = line->n - j < HEED_KEY_BLOCK ? line->n - j : HEED_KEY_BLOCK;
        powers(self, m, s + j, stats, x, s + j, g);
    }
}

static void entmax_row(const heed__self *self, const heed__line *line, heed_real *s,
                       heed_real *stats)
{
    heed_real b = b_of(self, line), top = self->kernels->max(line->n, s), sum, slope;
    if (top == -HEED_REAL(INFINITY)) {
        for (int64_t t = 0; t < line->n; t++) s[t] = 0;
        stats[TAU] = top;
        return;
    }
    stats[TOP] = top;
    stats[BELOW] = -1;
    stats[B] = b;
    while ((sum = measure(self, line->n, s, stats, &slope)) > 1) { /* not where NaN */
        heed_real next = stats[BELOW] + rise(self, b, sum, slope);
        if (!(next > stats[BELOW])) break;
        stats[BELOW] = next;
    }
    stats[TAU] = b * top + stats[BELOW];
    entmax_weights(self, line, s, stats);
}

static void entmax_gather(const heed__self *self, const heed__line *line, const heed_real *s,
                          const heed_real *p, const heed_real *d, const heed_real *stats,
                          heed_real *sums)
{
    heed_real x[HEED_KEY_BLOCK], again[HEED_KEY_BLOCK], g[HEED_KEY_BLOCK];
    (void)p;
    powers(self, line->n, s, stats, x, again, g);
    sums[0] += self->kernels->dot(line->n, g, d);
    sums[1] += self->kernels->sum(line->n, g);
}

/* The gradient of the parameter: db, times that of the sigmoid. */
static void add_alpha(const heed__self *self, const heed__line *line, heed_real b,
                      const heed_real *x, const heed_real *ds)
{
    heed_real logs[HEED_KEY_BLOCK], share = b, sum = 0;
    if (!(b > least))
        share = sigmoid_of(self->kernels, self->record, self->parameter[0][line->place->head]);
    self->kernels->log(line->n, x, logs);
    for (int64_t t = 0; t < line->n; t++)
        if (ds[t] != 0) sum += ds[t] * (x[t] - 1 - x[t] * logs[t]);
    *line->dp[0] += sum / (b * b) * share * (1 - share);
}

static void entmax_backward(const heed__self *self, const heed__line *line, const heed_real *s,
                            const heed_real *p, heed_real *d, const heed__row_state *row)
{
    heed_real x[HEED_KEY_BLOCK], again[HEED_KEY_BLOCK], g[HEED_KEY_BLOCK];
    heed_real mean = row->sums[0] / row->sums[1];
    (void)p;
    powers(self, line->n, s, row->stats, x, again, g);
    for (int64_t t = 0; t < line->n; t++) d[t] = g[t] * (d[t] - mean);
    if (line->dp[0]) add_alpha(self, line, row->stats[B], x, d);
}

static heed_status check(const void *record, const heed_attention_options *options)
{
    const heed_attention_entmax *r = record;
    (void)options;
    if (!r) return HEED_OK;
    if (r->learned != 0 && r->learned != 1)
        return heed__fail(HEED_E_INVALID,
                          "normaliser \"entmax\": learned = %lld; it must be 0 or 1",
                          (long long)r->learned);
    if (r->alpha == 0 || (r->alpha >= 1 + least && r->alpha <= 2 && (!r->learned || r->alpha < 2)))
        return HEED_OK;
    return heed__fail(
        HEED_E_INVALID,
        "normaliser \"entmax\": alpha = %g; it must be %g to 2 (0 = 1.5), learned below "
        "2; for alpha = 1 take \"softmax\"",
        (double)r->alpha, (double)(1 + least));
}

static const heed__field fields[] = {
    {"alpha", HEED_ATTENTION_REAL, offsetof(heed_attention_entmax, alpha), "1.01 to 2; 1.5"},
    {"learned", HEED_ATTENTION_INTEGER, offsetof(heed_attention_entmax, learned),
     "1: of each head; 0"},
    {.name = NULL},
};

static int64_t columns(const heed_attention_options *options, const void *record)
{
    const heed_attention_entmax *r = record;
    (void)options;
    return r && r->learned;
}

const heed__normaliser heed__normaliser_entmax15 = {
    .entry = {.name = "entmax15",
              .help = "max(s / 2 - tau, 0)^2 that sums to 1: many weights are exactly 0"},
    .whole = 1,
    .row = entmax_row,
    .weights = entmax_weights,
    .gather = entmax_gather,
    .backward = entmax_backward,
};

const heed__normaliser heed__normaliser_entmax = {
    .entry = {.name = "entmax",
              .help = "between softmax (alpha 1) and sparsemax (alpha 2), alpha set or learned",
              .record = sizeof(heed_attention_entmax),
              .fields = fields,
              .check = check,
              .slots = {{.name = "entmax.alpha",
                         .columns = columns,
                         .reads = "alpha",
                         .reading = alpha_of}}},
    .whole = 1,
    .row = entmax_row,
    .weights = entmax_weights,
    .gather = entmax_gather,
    .backward = entmax_backward,
};
