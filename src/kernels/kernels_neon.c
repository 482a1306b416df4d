/* SPDX-License-Identifier: MIT */
/* The level of 64-bit Arm, whose architecture always has it. */
#include "kernels/levels.h"

#include <stddef.h>

#if defined(__aarch64__) && !defined(HEED_REAL_DOUBLE)
#    include <arm_neon.h>

#    include "kernels/vec_neon.h"

#    include "kernels/math_tmpl.h"

#    define LEVEL     HEED_LEVEL_NEON
#    define TILE_ROWS 6 /* 24 sums, 4 of b, 1 of a: 29 of 32 registers */
#    define TILE_VECS 1
#    include "kernels/table_tmpl.h"

const heed__kernels *heed__kernels_neon(void)
{
    return &table;
}

#else

const heed__kernels *heed__kernels_neon(void)
{
    return NULL;
}

#endif
