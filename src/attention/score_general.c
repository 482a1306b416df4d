/* SPDX-License-Identifier: MIT */
/* Luong's general score (2015), the bilinear form: s = q W k, W [D, D] a head. The query is
 * multiplied once a row: q~ = W^T q. dW = q (x) dq~. */
#include "attention/tables.h"

static int64_t general_columns(const heed_attention_options *options, const void *record)
{
    (void)record;
    return options->head_size * options->head_size;
}

static void general_prepare(const heed__self *self, int64_t head, const heed_real *x,
                            heed_real *out)
{
    int64_t n = self->width;
    const heed_real *w = self->parameter[0] + head * n * n;
    for (int64_t d = 0; d < n; d++) out[d] = 0;
    for (int64_t e = 0; e < n; e++) self->kernels->axpy(n, x[e], w + e * n, out);
}

static void general_finish(const heed__self *self, int64_t head, const heed_real *x,
                           const heed_real *d, heed_real *gradient, heed_real *const *dp)
{
    int64_t n = self->width;
    const heed_real *w = self->parameter[0] + head * n * n;
    for (int64_t e = 0; e < n && gradient; e++) gradient[e] += self->kernels->dot(n, w + e * n, d);
    for (int64_t e = 0; e < n && dp[0]; e++) self->kernels->axpy(n, x[e], d, dp[0] + e * n);
}

static void general_begin(const heed__beginning *b, int64_t head, heed_real *row)
{
    int64_t n = b->options->head_size;
    (void)head;
    heed__begin_matrix(b, n, n, n * n, row);
}

const heed__score heed__score_general = {
    .entry = {.name = "general",
              .help = "q W k, W learned for each head (Luong's general, bilinear)",
              .slots = {{.name = "score.W",
                         .columns = general_columns,
                         .side = HEED_SIDE_QUERY,
                         .from_finish = 1}},
              .begin = {general_begin},
              .decays = 1},
    .product = 1,
    .prepare = {general_prepare, NULL},
    .finish = {general_finish, NULL},
};
