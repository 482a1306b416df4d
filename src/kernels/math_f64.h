/* SPDX-License-Identifier: MIT */
/* math_tmpl.h for the float64 build, which only checks gradients: libm, lane by lane. */
#ifndef HEED_KERNELS_MATH_F64_H
#define HEED_KERNELS_MATH_F64_H

#include <math.h>

HEED_INLINE vec vec_exp(vec x)
{
    for (int i = 0; i < LANES; i++) x.lane[i] = exp(x.lane[i]);
    return x;
}

HEED_INLINE vec vec_exp_weight(vec x)
{
    return vec_exp(x);
}

HEED_INLINE vec vec_log(vec x)
{
    for (int i = 0; i < LANES; i++) x.lane[i] = log(x.lane[i]);
    return x;
}

HEED_INLINE vec vec_tanh(vec x)
{
    for (int i = 0; i < LANES; i++) x.lane[i] = tanh(x.lane[i]);
    return x;
}

HEED_INLINE vec vec_sigmoid(vec x)
{
    for (int i = 0; i < LANES; i++) {
        double e = exp(-fabs(x.lane[i]));
        x.lane[i] = (x.lane[i] < 0 ? e : 1) / (1 + e);
    }
    return x;
}

HEED_INLINE vec vec_erf(vec x)
{
    for (int i = 0; i < LANES; i++) x.lane[i] = erf(x.lane[i]);
    return x;
}

#endif
