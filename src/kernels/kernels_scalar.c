/* SPDX-License-Identifier: MIT */
/* The reference level, in portable C; also the only level of the float64 build. */
#define HEED_UNROLL
#include "kernels/levels.h"

#include "kernels/vec_scalar.h"

#ifdef HEED_REAL_DOUBLE
#    include "kernels/math_f64.h"
#else
#    include "kernels/math_tmpl.h"
#endif

#define LEVEL     HEED_LEVEL_SCALAR
#define TILE_ROWS 4
#define TILE_VECS 1
#include "kernels/table_tmpl.h"

const heed__kernels *heed__kernels_scalar(void)
{
    return &table;
}
