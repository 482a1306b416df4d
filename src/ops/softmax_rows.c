/* SPDX-License-Identifier: MIT */
#include "ops/softmax_rows.h"

heed__row_softmax heed__row_softmax_of(const heed__kernels *kernels, int64_t n, const heed_real *z,
                                       heed_real *scratch, heed_real *lse)
{
    heed__row_softmax of = {.most = kernels->max(n, z)};
    heed_real sum = kernels->exp_sum(n, z, of.most, scratch), log_sum = 0;
    kernels->log(1, &sum, &log_sum);
    of.rest = 1 / sum;
    *lse = of.most + log_sum;
    return of;
}

void heed__row_softmax_add(const heed__kernels *kernels, int64_t n, const heed_real *z,
                           heed__row_softmax of, heed_real scale, heed_real *scratch, heed_real *dz)
{
    kernels->exp_sum(n, z, of.most, scratch);
    kernels->axpy(n, scale * of.rest, scratch, dz);
}

void heed__row_softmax_set(const heed__kernels *kernels, int64_t n, const heed_real *z,
                           heed__row_softmax of, heed_real scale, heed_real *dz)
{
    kernels->exp_sum(n, z, of.most, dz);
    kernels->scale(n, scale * of.rest, dz, dz);
}
