/* SPDX-License-Identifier: MIT */
/* The AVX2 level. The target is opened here, so that no file needs flags of its own. */
#include "kernels/levels.h"

#include <stddef.h>
#include <string.h>

#if defined(__x86_64__) && !defined(HEED_REAL_DOUBLE)
#    include <immintrin.h>

#    if defined(__clang__)
#        pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#    else
#        pragma GCC push_options
#        pragma GCC target("avx2,fma")
#    endif

#    include "kernels/vec_avx2.h"

#    include "kernels/math_tmpl.h"

#    define LEVEL     HEED_LEVEL_AVX2
#    define TILE_ROWS 6 /* 12 sums, 2 of b, 1 of a: 15 of 16 registers */
#    define TILE_VECS 1
#    include "kernels/table_tmpl.h"

#    if defined(__clang__)
#        pragma clang attribute pop
#    else
#        pragma GCC pop_options
#    endif

const heed__kernels *heed__kernels_avx2(void)
{
    return &table;
}

#else

const heed__kernels *heed__kernels_avx2(void)
{
    return NULL;
}

#endif
