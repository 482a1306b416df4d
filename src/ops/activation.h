/* SPDX-License-Identifier: MIT */
/* Element-wise functions on a few elements, for the operations that are made of them. */
#ifndef HEED_OPS_ACTIVATION_H
#define HEED_OPS_ACTIVATION_H

#include "ops/ops.h"

enum { HEED_ACTIVATION_CHUNK = 256 /* elements at a time, which fit on the stack */ };

/* y = f(x); n is at most HEED_ACTIVATION_CHUNK. */
void heed__activation_apply(heed__activation_kind kind, const heed__kernels *kernels, int64_t n,
                            const heed_real *x, heed_real *y);
/* dx += dy * f'(x), where y = f(x). */
void heed__activation_derive(heed__activation_kind kind, const heed__kernels *kernels, int64_t n,
                             const heed_real *x, const heed_real *y, const heed_real *dy,
                             heed_real *dx);

/* dx = dy * f'(x), where y = f(x); dx may be dy. n is at most HEED_ACTIVATION_CHUNK. */
void heed__activation_derive_over(heed__activation_kind kind, const heed__kernels *kernels,
                                  int64_t n, const heed_real *x, const heed_real *y,
                                  const heed_real *dy, heed_real *dx);
/* f' is made of x; else of y alone. */
int heed__activation_reads_input(heed__activation_kind kind);

#endif
