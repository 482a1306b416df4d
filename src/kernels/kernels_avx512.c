/* SPDX-License-Identifier: MIT */
/* The AVX-512 level. The target is opened here, so that no file needs flags of its own. */
#include "kernels/levels.h"

#include <stddef.h>
#include <string.h>

#if defined(__x86_64__) && !defined(HEED_REAL_DOUBLE)
#    include <immintrin.h>

#    if defined(__clang__)
#        pragma clang attribute push(                                                              \
            __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))),                \
            apply_to = function)
#    else
#        pragma GCC push_options
#        pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")
#    endif

#    include "kernels/vec_avx512.h"

#    include "kernels/math_tmpl.h"

#    define LEVEL          HEED_LEVEL_AVX512
#    define TILE_ROWS      14 /* 28 sums, 2 of b, 1 of a: 31 of 32 registers */
#    define TILE_VECS      2
#    define TILE_WIDE_ROWS 6 /* of 64 columns: 24 sums, 4 of b, 1 of a */
#    include "kernels/table_tmpl.h"

#    if defined(__clang__)
#        pragma clang attribute pop
#    else
#        pragma GCC pop_options
#    endif

const heed__kernels *heed__kernels_avx512(void)
{
    return &table;
}

#else

const heed__kernels *heed__kernels_avx512(void)
{
    return NULL;
}

#endif
