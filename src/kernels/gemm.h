/* SPDX-License-Identifier: MIT */
/* heed's own matrix product, on the tiles of the kernel table or, at a lower precision, on AMX. */
#ifndef HEED_KERNELS_GEMM_H
#define HEED_KERNELS_GEMM_H

#include "base/parallel.h"
#include "base/real.h"

#include <stddef.h>
#include <stdint.h>

/* C[m,n] = A[m,k] B[k,n] (+ bias[n]) or, with accumulate, C += A B. Each matrix has a row and a
 * column stride in elements, so a transpose is a swap of strides; C's columns are contiguous. Every
 * output is one chain of fused multiply-adds over k, in order, from zero (from C when accumulating;
 * from bias[j] when there is one), so its bits depend on nothing else. At a lower precision than
 * highest, where the machine has AMX (amx.h), operands are one or two bfloat16, and chunks of 32
 * steps of k are added in order: bits depend on precision and level, on no size but k. */
typedef struct heed__gemm {
    int64_t m, n, k;
    const heed_real *a;
    int64_t a_row, a_col;
    const heed_real *b;
    int64_t b_row, b_col;
    heed_real *c;
    int64_t c_row;
    const heed_real *bias;   /* NULL = none */
    int accumulate;          /* excludes bias */
    const heed_real *packed; /* b as heed__gemm_pack left it; NULL = b is as it lies */
    heed_precision precision;
} heed__gemm;

/* How many heed_reals of workspace a product of at most this size needs, for this context: at
 * `highest`, and at any precision. */
size_t heed__gemm_workspace_any(const heed_context *context, int64_t m, int64_t n, int64_t k);
size_t heed__gemm_workspace(const heed_context *context, int64_t m, int64_t n, int64_t k);

/* workspace: 64-byte aligned. Allocates nothing. */
void heed__gemm_run(heed_context *context, const heed__gemm *product, heed_real *workspace);

/* The same where b is packed at the product's precision. */
size_t heed__gemm_workspace_packed(const heed_context *context);

/* A b that many products share, laid out for them: its n, k, b, strides and precision are read.
 * Into heed__gemm_packed heed_reals, 64-byte aligned. The bits of a product are the same with it.
 * One of another precision takes b as it lies. */
size_t heed__gemm_packed(heed_precision precision, int64_t n, int64_t k);
/* The same at any precision, in whole cache lines. */
size_t heed__gemm_packed_any(int64_t n, int64_t k);
void heed__gemm_pack(heed_context *context, const heed__gemm *product, heed_real *packed);

#endif
