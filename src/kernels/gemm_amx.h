/* SPDX-License-Identifier: MIT */
/* The product on AMX, for gemm.c. */
#ifndef HEED_KERNELS_GEMM_AMX_H
#define HEED_KERNELS_GEMM_AMX_H

#include "kernels/gemm.h"

/* How many bfloat16 make an operand where this machine has AMX for it; 0: float32 is used. */
int heed__gemm_parts(heed_precision precision);

/* As in gemm.h. k is at least 1. */
size_t heed__gemm_amx_workspace(int threads, int64_t m, int64_t n, int64_t k);
size_t heed__gemm_amx_rows(int threads); /* where b is packed */
size_t heed__gemm_amx_packed(int parts, int64_t n, int64_t k);
void heed__gemm_amx_pack(heed_context *context, int parts, const heed__gemm *product,
                         heed_real *packed);
void heed__gemm_amx_run(heed_context *context, int parts, const heed__gemm *product,
                        heed_real *workspace);

#endif
