/* SPDX-License-Identifier: MIT */
/* The arithmetic that the pointer's loss and its log-probabilities share. */
#ifndef HEED_OPS_POINTER_MIX_H
#define HEED_OPS_POINTER_MIX_H

#include "kernels/kernels.h"
#include "ops/pointer.h"

#define HEED_LEAST_COPY HEED_REAL(1e-30)

/* *generate = log sigmoid(gate), *copy = log(1 - sigmoid(gate)). */
void heed__gate_logs(const heed__kernels *kernels, heed_real gate, heed_real *generate,
                     heed_real *copy);

/* The sum of a query's weights over the source words that are `word`, from source row `from` on. */
heed_real heed__copied(const heed__pointer *pointer, int64_t query, const heed_real *weights,
                       int32_t word, int64_t from);

heed_real heed__log_of(const heed__kernels *kernels, heed_real x);

/* log(exp(a) + exp(b)); -inf for two of them. */
heed_real heed__log_add(const heed__kernels *kernels, heed_real a, heed_real b);

#endif
