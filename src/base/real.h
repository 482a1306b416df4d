/* SPDX-License-Identifier: MIT */
/*
 * Helpers on heed_real, the type that references, operations and the tape are written on. The
 * floors base to nn, and encoders and decoders, are compiled a second time with HEED_REAL_DOUBLE (a
 * test library in which only the references exist), so that gradients are checked by finite
 * differences in float64.
 */
#ifndef HEED_BASE_REAL_H
#define HEED_BASE_REAL_H

#include "heed/real.h"

#include <math.h>

#ifdef HEED_REAL_DOUBLE
static inline heed_real heed__fma(heed_real a, heed_real b, heed_real c)
{
    return fma(a, b, c);
}
static inline heed_real heed__sqrt(heed_real a)
{
    return sqrt(a);
}
#else
static inline heed_real heed__fma(heed_real a, heed_real b, heed_real c)
{
    return fmaf(a, b, c);
}
static inline heed_real heed__sqrt(heed_real a)
{
    return sqrtf(a);
}
#endif

#define HEED_REAL(x) ((heed_real)(x))

#endif
