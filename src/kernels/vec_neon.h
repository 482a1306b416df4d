/* SPDX-License-Identifier: MIT */
/* 16 lanes of float32 in four NEON registers. vec_scalar.h says what each function means. */
#ifndef HEED_KERNELS_VEC_NEON_H
#define HEED_KERNELS_VEC_NEON_H

#include <string.h>

typedef struct vec {
    float32x4_t q[4];
} vec;
typedef struct vec_mask {
    uint32x4_t q[4];
} vec_mask;

HEED_INLINE vec vec_set(float a)
{
    float32x4_t q = vdupq_n_f32(a);
    return (vec){{q, q, q, q}};
}

HEED_INLINE vec vec_load(const float *p)
{
    return (vec){{vld1q_f32(p), vld1q_f32(p + 4), vld1q_f32(p + 8), vld1q_f32(p + 12)}};
}

HEED_INLINE void vec_store(float *p, vec a)
{
    HEED_UNROLL
    for (int i = 0; i < 4; i++) vst1q_f32(p + 4 * i, a.q[i]);
}

HEED_INLINE vec vec_load_part(const float *p, int64_t n, float fill)
{
    float part[LANES];
    vec_store(part, vec_set(fill));
    memcpy(part, p, (size_t)n * sizeof *p);
    return vec_load(part);
}

HEED_INLINE void vec_store_part(float *p, int64_t n, vec a)
{
    float part[LANES];
    vec_store(part, a);
    memcpy(p, part, (size_t)n * sizeof *p);
}

HEED_INLINE vec_mask vec_below(int64_t n)
{
    const uint32_t first[4] = {0, 1, 2, 3};
    uint32x4_t lane = vld1q_u32(first), limit = vdupq_n_u32((uint32_t)n);
    vec_mask r;
    HEED_UNROLL
    for (int i = 0; i < 4; i++)
        r.q[i] = vcltq_u32(vaddq_u32(lane, vdupq_n_u32((uint32_t)(4 * i))), limit);
    return r;
}

HEED_INLINE void vec_prefetch(const float *p)
{
    __builtin_prefetch(p);
}

HEED_INLINE void vec_prefetch_far(const float *p)
{
    __builtin_prefetch(p, 0, 2);
}

HEED_INLINE vec vec_add(vec a, vec b)
{
    HEED_UNROLL
    for (int i = 0; i < 4; i++) a.q[i] = vaddq_f32(a.q[i], b.q[i]);
    return a;
}

HEED_INLINE vec vec_sub(vec a, vec b)
{
    HEED_UNROLL
    for (int i = 0; i < 4; i++) a.q[i] = vsubq_f32(a.q[i], b.q[i]);
    return a;
}

HEED_INLINE vec vec_mul(vec a, vec b)
{
    HEED_UNROLL
    for (int i = 0; i < 4; i++) a.q[i] = vmulq_f32(a.q[i], b.q[i]);
    return a;
}

HEED_INLINE vec vec_div(vec a, vec b)
{
    HEED_UNROLL
    for (int i = 0; i < 4; i++) a.q[i] = vdivq_f32(a.q[i], b.q[i]);
    return a;
}

HEED_INLINE vec vec_sqrt(vec a)
{
    HEED_UNROLL
    for (int i = 0; i < 4; i++) a.q[i] = vsqrtq_f32(a.q[i]);
    return a;
}

HEED_INLINE vec vec_fma(vec a, vec b, vec c)
{
    HEED_UNROLL
    for (int i = 0; i < 4; i++) c.q[i] = vfmaq_f32(c.q[i], a.q[i], b.q[i]);
    return c;
}

/* Not vmaxq and vminq, whose answer to NaN and to zeros of two signs is another. */
HEED_INLINE vec vec_max(vec a, vec b)
{
    HEED_UNROLL
    for (int i = 0; i < 4; i++) b.q[i] = vbslq_f32(vcgtq_f32(a.q[i], b.q[i]), a.q[i], b.q[i]);
    return b;
}

HEED_INLINE vec vec_min(vec a, vec b)
{
    HEED_UNROLL
    for (int i = 0; i < 4; i++) b.q[i] = vbslq_f32(vcltq_f32(a.q[i], b.q[i]), a.q[i], b.q[i]);
    return b;
}

HEED_INLINE vec vec_abs(vec a)
{
    HEED_UNROLL
    for (int i = 0; i < 4; i++) a.q[i] = vabsq_f32(a.q[i]);
    return a;
}

HEED_INLINE vec vec_copysign(vec size, vec sign)
{
    HEED_UNROLL
    for (int i = 0; i < 4; i++)
        size.q[i] = vbslq_f32(vdupq_n_u32(0x80000000u), sign.q[i], size.q[i]);
    return size;
}

HEED_INLINE vec_mask vec_less(vec a, vec b)
{
    vec_mask r;
    HEED_UNROLL
    for (int i = 0; i < 4; i++) r.q[i] = vcltq_f32(a.q[i], b.q[i]);
    return r;
}

HEED_INLINE vec_mask vec_not_less(vec a, vec b)
{
    vec_mask r;
    HEED_UNROLL
    for (int i = 0; i < 4; i++) r.q[i] = vmvnq_u32(vcltq_f32(a.q[i], b.q[i]));
    return r;
}

HEED_INLINE vec_mask vec_equal(vec a, vec b)
{
    vec_mask r;
    HEED_UNROLL
    for (int i = 0; i < 4; i++) r.q[i] = vceqq_f32(a.q[i], b.q[i]);
    return r;
}

HEED_INLINE vec vec_select(vec_mask m, vec a, vec b)
{
    HEED_UNROLL
    for (int i = 0; i < 4; i++) b.q[i] = vbslq_f32(m.q[i], a.q[i], b.q[i]);
    return b;
}

HEED_INLINE vec_mask vec_both(vec_mask a, vec_mask b)
{
    HEED_UNROLL
    for (int i = 0; i < 4; i++) a.q[i] = vandq_u32(a.q[i], b.q[i]);
    return a;
}

HEED_INLINE int vec_all(vec_mask m)
{
    uint32x4_t all = vandq_u32(vandq_u32(m.q[0], m.q[1]), vandq_u32(m.q[2], m.q[3]));
    return vminvq_u32(all) == 0xffffffffu;
}

HEED_INLINE float32x4_t power4(int32x4_t n)
{
    return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(n, vdupq_n_s32(127)), 23));
}

HEED_INLINE vec vec_power(vec n)
{
    HEED_UNROLL
    for (int i = 0; i < 4; i++) n.q[i] = power4(vcvtq_s32_f32(n.q[i]));
    return n;
}

HEED_INLINE vec vec_scale_where(vec_mask m, vec a, vec n)
{
    const float32x4_t zero = vdupq_n_f32(0);
    HEED_UNROLL
    for (int i = 0; i < 4; i++) {
        int32x4_t all = vcvtq_s32_f32(vbslq_f32(m.q[i], n.q[i], zero)), half = vshrq_n_s32(all, 1);
        a.q[i] = vmulq_f32(vbslq_f32(m.q[i], a.q[i], zero), power4(half));
        a.q[i] = vmulq_f32(a.q[i], power4(vsubq_s32(all, half)));
    }
    return a;
}

HEED_INLINE vec vec_rest(vec a, vec *n)
{
    HEED_UNROLL
    for (int i = 0; i < 4; i++) n->q[i] = vrndnq_f32(a.q[i]);
    return vec_sub(a, *n);
}

HEED_INLINE vec vec_split(vec a, vec low, vec *exponent)
{
    HEED_UNROLL
    for (int i = 0; i < 4; i++) {
        int32x4_t base = vreinterpretq_s32_f32(low.q[i]);
        int32x4_t bits = vsubq_s32(vreinterpretq_s32_f32(a.q[i]), base);
        exponent->q[i] = vcvtq_f32_s32(vshrq_n_s32(bits, 23));
        bits = vaddq_s32(vandq_s32(bits, vdupq_n_s32(0x7fffff)), base);
        a.q[i] = vreinterpretq_f32_s32(bits);
    }
    return a;
}

HEED_INLINE float vec_tree_sum(vec a)
{
    float32x4_t c = vaddq_f32(vaddq_f32(a.q[0], a.q[2]), vaddq_f32(a.q[1], a.q[3]));
    float32x2_t d = vadd_f32(vget_low_f32(c), vget_high_f32(c));
    return vget_lane_f32(d, 0) + vget_lane_f32(d, 1);
}

HEED_INLINE float vec_tree_max(vec a)
{
    float lane[LANES];
    vec_store(lane, a);
    for (int step = LANES / 2; step > 0; step /= 2)
        for (int i = 0; i < step; i++)
            lane[i] = lane[i] > lane[i + step] ? lane[i] : lane[i + step];
    return lane[0];
}

HEED_INLINE void transpose4(float32x4_t r[4])
{
    float32x4_t a = vtrn1q_f32(r[0], r[1]), b = vtrn2q_f32(r[0], r[1]);
    float32x4_t c = vtrn1q_f32(r[2], r[3]), d = vtrn2q_f32(r[2], r[3]);
    r[0] = vcombine_f32(vget_low_f32(a), vget_low_f32(c));
    r[1] = vcombine_f32(vget_low_f32(b), vget_low_f32(d));
    r[2] = vcombine_f32(vget_high_f32(a), vget_high_f32(c));
    r[3] = vcombine_f32(vget_high_f32(b), vget_high_f32(d));
}

HEED_INLINE void vec_transpose(vec r[LANES])
{
    vec t[LANES];
    HEED_UNROLL
    for (int down = 0; down < 4; down++) HEED_UNROLL
    for (int across = 0; across < 4; across++) {
        float32x4_t block[4];
        for (int i = 0; i < 4; i++) block[i] = r[4 * down + i].q[across];
        transpose4(block);
        for (int i = 0; i < 4; i++) t[4 * across + i].q[down] = block[i];
    }
    for (int i = 0; i < LANES; i++) r[i] = t[i];
}

HEED_INLINE void vec_load_turned(const float *x, int64_t row, vec r[LANES])
{
    for (int i = 0; i < LANES; i++) r[i] = vec_load(x + i * row);
    vec_transpose(r);
}

HEED_INLINE void words_product(const uint32_t *a, uint32_t factor, uint32_t *lower, uint32_t *upper)
{
    uint32x2_t by = vdup_n_u32(factor);
    for (int i = 0; i < LANES; i += 4) {
        uint32x4_t all = vld1q_u32(a + i);
        uint32x4_t low = vreinterpretq_u32_u64(vmull_u32(vget_low_u32(all), by));
        uint32x4_t high = vreinterpretq_u32_u64(vmull_u32(vget_high_u32(all), by));
        vst1q_u32(lower + i, vuzp1q_u32(low, high));
        vst1q_u32(upper + i, vuzp2q_u32(low, high));
    }
}

HEED_INLINE void bytes_product(const int8_t *w, const int16_t *x, int32_t *sums)
{
    int16x4_t by = vzip1_s16(vdup_n_s16(x[0]), vdup_n_s16(x[1]));
    for (int i = 0; i < LANES; i += 4) {
        int16x8_t wide = vmovl_s8(vld1_s8(w + 2 * i));
        int32x4_t low = vmull_s16(vget_low_s16(wide), by);
        int32x4_t high = vmull_s16(vget_high_s16(wide), by);
        vst1q_s32(sums + i, vaddq_s32(vld1q_s32(sums + i), vpaddq_s32(low, high)));
    }
}

#include "kernels/vec_trees.h"

#endif
