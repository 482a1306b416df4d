/* SPDX-License-Identifier: MIT */
/* What the files of this folder share: the lanes, and each level's table. */
#ifndef HEED_KERNELS_LEVELS_H
#define HEED_KERNELS_LEVELS_H

#include "kernels/kernels.h"

enum { LANES = 16 };

/* Kernels are written once on the vector of a level: everything must be inlined into the loop. */
#define HEED_INLINE static inline __attribute__((always_inline))

/* Unrolls the next loop, whose count is a constant of at most 16; what holds lanes in arrays
 * defines it empty, since each of its vectors is a loop already. */
#if defined(HEED_UNROLL)
#elif defined(__clang__)
#    define HEED_UNROLL _Pragma("clang loop unroll(full)")
#else
#    define HEED_UNROLL _Pragma("GCC unroll 16")
#endif

/* NULL where the compiler's target has no such level. */
const heed__kernels *heed__kernels_scalar(void);
const heed__kernels *heed__kernels_avx2(void);
const heed__kernels *heed__kernels_avx512(void);
const heed__kernels *heed__kernels_neon(void);

#endif
