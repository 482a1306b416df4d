/* SPDX-License-Identifier: MIT */
#include "ops/chain.h"

#include <string.h>

void heed__chain_start(const heed__kernels *kernels, int64_t K, const heed_real *moves,
                       heed_real *forth, heed_real *back)
{
    kernels->exp(K * K, moves, forth);
    kernels->transpose(K, K, forth, K, back, K);
}

/* y = log (exp(x - max x) b) + max x, b [K, K]; y is not x. */
static void pass_on(const heed__chain *c, const heed_real *x, const heed_real *b,
                    heed_real *scratch, heed_real *y)
{
    heed_real most = c->kernels->max(c->K, x);
    c->kernels->exp_sum(c->K, x, most, scratch);
    heed__tile product = {.rows = 1, .cols = c->K, .k = c->K};
    product.a = scratch, product.a_row = c->K, product.a_col = 1;
    product.b = b, product.b_row = c->K;
    product.c = y, product.c_row = c->K;
    c->kernels->gemm_tile(&product);
    c->kernels->log(c->K, y, y);
    c->kernels->affine(c->K, 1, most, y, y);
}

heed_real heed__chain_alpha(const heed__chain *c, int64_t n, const heed_real *z, heed_real *scratch,
                            heed_real *alpha)
{
    int64_t K = c->K;
    size_t bytes = (size_t)K * sizeof *alpha;
    memcpy(alpha, c->moves + K * K, bytes);
    c->kernels->add(K, z, alpha);
    for (int64_t t = 1; t < n; t++) {
        pass_on(c, alpha + (t - 1) * K, c->forth, scratch, alpha + t * K);
        c->kernels->add(K, z + t * K, alpha + t * K);
    }
    heed_real *last = scratch + K, most, sum;
    memcpy(last, alpha + (n - 1) * K, bytes);
    c->kernels->add(K, c->moves + (K + 1) * K, last);
    most = c->kernels->max(K, last);
    sum = c->kernels->exp_sum(K, last, most, last);
    c->kernels->log(1, &sum, &sum);
    return most + sum;
}

void heed__chain_beta(const heed__chain *c, int64_t n, const heed_real *z, heed_real *scratch,
                      heed_real *beta)
{
    int64_t K = c->K;
    size_t bytes = (size_t)K * sizeof *beta;
    memcpy(beta + (n - 1) * K, c->moves + (K + 1) * K, bytes);
    for (int64_t t = n - 2; t >= 0; t--) {
        heed_real *ahead = scratch + K;
        memcpy(ahead, beta + (t + 1) * K, bytes);
        c->kernels->add(K, z + (t + 1) * K, ahead);
        pass_on(c, ahead, c->back, scratch, beta + t * K);
    }
}
