/* SPDX-License-Identifier: MIT */
/*
 * The vector that every kernel is written on: 16 lanes of heed_real. This portable form says what
 * each function means; vec_avx2.h, vec_avx512.h and vec_neon.h do the same on registers.
 */
#ifndef HEED_KERNELS_VEC_SCALAR_H
#define HEED_KERNELS_VEC_SCALAR_H

#include <string.h>

typedef struct vec {
    heed_real lane[LANES];
} vec;
typedef struct vec_mask {
    unsigned char lane[LANES];
} vec_mask;

HEED_INLINE vec vec_set(heed_real a)
{
    vec r;
    for (int i = 0; i < LANES; i++) r.lane[i] = a;
    return r;
}

HEED_INLINE vec vec_load(const heed_real *p)
{
    vec r;
    memcpy(r.lane, p, sizeof r.lane);
    return r;
}

HEED_INLINE void vec_store(heed_real *p, vec a)
{
    memcpy(p, a.lane, sizeof a.lane);
}

/* The first n of 16 lanes, 0 <= n < 16; nothing outside them is touched. */
HEED_INLINE vec vec_load_part(const heed_real *p, int64_t n, heed_real fill)
{
    vec r = vec_set(fill);
    for (int64_t i = 0; i < n; i++) r.lane[i] = p[i];
    return r;
}

HEED_INLINE void vec_store_part(heed_real *p, int64_t n, vec a)
{
    for (int64_t i = 0; i < n; i++) p[i] = a.lane[i];
}

/* True in the first n lanes. */
HEED_INLINE vec_mask vec_below(int64_t n)
{
    vec_mask r;
    for (int i = 0; i < LANES; i++) r.lane[i] = i < n;
    return r;
}

/* Brings p near, if the machine likes; p may point anywhere. */
HEED_INLINE void vec_prefetch(const heed_real *p)
{
    (void)p;
}

HEED_INLINE void vec_prefetch_far(const heed_real *p)
{
    (void)p;
}

HEED_INLINE vec vec_add(vec a, vec b)
{
    for (int i = 0; i < LANES; i++) a.lane[i] += b.lane[i];
    return a;
}

HEED_INLINE vec vec_sub(vec a, vec b)
{
    for (int i = 0; i < LANES; i++) a.lane[i] -= b.lane[i];
    return a;
}

HEED_INLINE vec vec_mul(vec a, vec b)
{
    for (int i = 0; i < LANES; i++) a.lane[i] *= b.lane[i];
    return a;
}

HEED_INLINE vec vec_div(vec a, vec b)
{
    for (int i = 0; i < LANES; i++) a.lane[i] /= b.lane[i];
    return a;
}

HEED_INLINE vec vec_sqrt(vec a)
{
    for (int i = 0; i < LANES; i++) a.lane[i] = heed__sqrt(a.lane[i]);
    return a;
}

/* a b + c, rounded once */
HEED_INLINE vec vec_fma(vec a, vec b, vec c)
{
    for (int i = 0; i < LANES; i++) a.lane[i] = heed__fma(a.lane[i], b.lane[i], c.lane[i]);
    return a;
}

/* a > b ? a : b, hence b when either is NaN */
HEED_INLINE vec vec_max(vec a, vec b)
{
    for (int i = 0; i < LANES; i++) b.lane[i] = a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i];
    return b;
}

/* a < b ? a : b, hence b when either is NaN */
HEED_INLINE vec vec_min(vec a, vec b)
{
    for (int i = 0; i < LANES; i++) b.lane[i] = a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i];
    return b;
}

/* False where either is NaN. */
HEED_INLINE vec_mask vec_less(vec a, vec b)
{
    vec_mask r;
    for (int i = 0; i < LANES; i++) r.lane[i] = a.lane[i] < b.lane[i];
    return r;
}

/* True for a NaN. */
HEED_INLINE vec_mask vec_not_less(vec a, vec b)
{
    vec_mask r;
    for (int i = 0; i < LANES; i++) r.lane[i] = (unsigned char)!(a.lane[i] < b.lane[i]);
    return r;
}

HEED_INLINE vec_mask vec_equal(vec a, vec b)
{
    vec_mask r;
    for (int i = 0; i < LANES; i++) r.lane[i] = a.lane[i] == b.lane[i];
    return r;
}

/* a where the mask holds, b elsewhere */
HEED_INLINE vec vec_select(vec_mask m, vec a, vec b)
{
    for (int i = 0; i < LANES; i++) b.lane[i] = m.lane[i] ? a.lane[i] : b.lane[i];
    return b;
}

HEED_INLINE vec_mask vec_both(vec_mask a, vec_mask b)
{
    for (int i = 0; i < LANES; i++) a.lane[i] &= b.lane[i];
    return a;
}

HEED_INLINE int vec_all(vec_mask m)
{
    int all = 1;
    for (int i = 0; i < LANES; i++) all &= m.lane[i];
    return all;
}

/* The tree: lanes 8 apart, then 4, 2, 1. */
HEED_INLINE heed_real vec_tree_sum(vec a)
{
    for (int step = LANES / 2; step > 0; step /= 2)
        for (int i = 0; i < step; i++) a.lane[i] += a.lane[i + step];
    return a.lane[0];
}

HEED_INLINE heed_real vec_tree_max(vec a)
{
    for (int step = LANES / 2; step > 0; step /= 2)
        for (int i = 0; i < step; i++)
            a.lane[i] = a.lane[i] > a.lane[i + step] ? a.lane[i] : a.lane[i + step];
    return a.lane[0];
}

/* Lane j of r[i] and lane i of r[j] change places. */
HEED_INLINE void vec_transpose(vec r[LANES])
{
    for (int i = 0; i < LANES; i++)
        for (int j = 0; j < i; j++) {
            heed_real t = r[i].lane[j];
            r[i].lane[j] = r[j].lane[i];
            r[j].lane[i] = t;
        }
}

/* r[j] is column j of the 16 x 16 numbers at x, whose rows are `row` apart. */
HEED_INLINE void vec_load_turned(const heed_real *x, int64_t row, vec r[LANES])
{
    for (int i = 0; i < LANES; i++) r[i] = vec_load(x + i * row);
    vec_transpose(r);
}

#ifndef HEED_REAL_DOUBLE

HEED_INLINE uint32_t float_bits(float a)
{
    uint32_t bits;
    memcpy(&bits, &a, sizeof bits);
    return bits;
}

HEED_INLINE float bits_float(uint32_t bits)
{
    float a;
    memcpy(&a, &bits, sizeof a);
    return a;
}

HEED_INLINE vec vec_abs(vec a)
{
    for (int i = 0; i < LANES; i++) a.lane[i] = bits_float(float_bits(a.lane[i]) & 0x7fffffffu);
    return a;
}

/* size (not negative) with the sign of the other */
HEED_INLINE vec vec_copysign(vec size, vec sign)
{
    for (int i = 0; i < LANES; i++)
        size.lane[i] =
            bits_float(float_bits(size.lane[i]) | (float_bits(sign.lane[i]) & 0x80000000u));
    return size;
}

/* The bits of 1.5 2^23 + n hold the integer n at their low end; a NaN gives some integer. */
HEED_INLINE int32_t whole(float n)
{
    return (int32_t)(float_bits(n + 0x1.8p23f) & 0x7fffffu) - 0x400000;
}

HEED_INLINE float power(int32_t n)
{
    return bits_float((uint32_t)(n + 127) << 23);
}

/* 2^n for whole n from -126 to 127 */
HEED_INLINE vec vec_power(vec n)
{
    for (int i = 0; i < LANES; i++) n.lane[i] = power(whole(n.lane[i]));
    return n;
}

/* Where m, a 2^n, rounded once, for a from 1/2 to 2 and whole n from -200 to 200 (a NaN gives NaN);
 * 0 elsewhere, whatever a and n are. Two steps, since 2^n itself may be no normal number; the first
 * is exact. */
HEED_INLINE vec vec_scale_where(vec_mask m, vec a, vec n)
{
    for (int i = 0; i < LANES; i++) {
        int32_t all = m.lane[i] ? whole(n.lane[i]) : 0, half = (all - (all & 1)) / 2;
        a.lane[i] = m.lane[i] ? a.lane[i] * power(half) * power(all - half) : 0;
    }
    return a;
}

/* a - n, exactly, with n = a to the nearest whole number (of two, the even one), for sizes below
 * 2^22. A NaN gives NaN; so may what is larger. */
HEED_INLINE vec vec_rest(vec a, vec *n)
{
    for (int i = 0; i < LANES; i++) {
        n->lane[i] = a.lane[i] + 0x1.8p23f - 0x1.8p23f;
        a.lane[i] -= n->lane[i];
    }
    return a;
}

/* a (positive and normal) = m 2^exponent with low <= m < 2 low; returns m. */
HEED_INLINE vec vec_split(vec a, vec low, vec *exponent)
{
    for (int i = 0; i < LANES; i++) {
        uint32_t base = float_bits(low.lane[i]), bits = float_bits(a.lane[i]) - base;
        exponent->lane[i] = (float)(int32_t)(bits >> 23 | (bits & 0x80000000u ? 0xfffffe00u : 0));
        a.lane[i] = bits_float((bits & 0x7fffffu) + base);
    }
    return a;
}

#endif
/* upper[i] = the upper half of a[i] * factor, for 16 words. */
HEED_INLINE void words_product(const uint32_t *a, uint32_t factor, uint32_t *lower, uint32_t *upper)
{
    for (int i = 0; i < LANES; i++) {
        uint64_t product = (uint64_t)a[i] * factor;
        lower[i] = (uint32_t)product;
        upper[i] = (uint32_t)(product >> 32);
    }
}

/* sums[l] += w[2 l] x[0] + w[2 l + 1] x[1], modulo 2^32; stores and loads of sums fall away. */
HEED_INLINE void bytes_product(const int8_t *w, const int16_t *x, int32_t *sums)
{
    for (int i = 0; i < LANES; i++)
        sums[i] = (int32_t)((uint32_t)sums[i] + (uint32_t)(w[2 * i] * x[0] + w[2 * i + 1] * x[1]));
}

#include "kernels/vec_trees.h"

#endif
