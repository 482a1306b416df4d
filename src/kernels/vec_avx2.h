/* SPDX-License-Identifier: MIT */
/* 16 lanes of float32 in two AVX2 registers. vec_scalar.h says what each function means. */
#ifndef HEED_KERNELS_VEC_AVX2_H
#define HEED_KERNELS_VEC_AVX2_H

typedef struct vec {
    __m256 low, high;
} vec;
typedef vec vec_mask;

HEED_INLINE vec vec_set(float a)
{
    return (vec){_mm256_set1_ps(a), _mm256_set1_ps(a)};
}

HEED_INLINE vec vec_load(const float *p)
{
    return (vec){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
}

HEED_INLINE void vec_store(float *p, vec a)
{
    _mm256_storeu_ps(p, a.low);
    _mm256_storeu_ps(p + 8, a.high);
}

/* Lanes from .. from + 7 that are below n. */
HEED_INLINE __m256i lanes_below(int64_t n, int from)
{
    __m256i lane =
        _mm256_add_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_set1_epi32(from));
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), lane);
}

HEED_INLINE vec_mask vec_below(int64_t n)
{
    return (vec){_mm256_castsi256_ps(lanes_below(n, 0)), _mm256_castsi256_ps(lanes_below(n, 8))};
}

HEED_INLINE vec vec_select(vec_mask m, vec a, vec b)
{
    return (vec){_mm256_blendv_ps(b.low, a.low, m.low), _mm256_blendv_ps(b.high, a.high, m.high)};
}

/* A masked load touches no lane outside its mask. */
HEED_INLINE vec vec_load_part(const float *p, int64_t n, float fill)
{
    vec a = {_mm256_maskload_ps(p, lanes_below(n, 0)),
             _mm256_maskload_ps(p + 8, lanes_below(n, 8))};
    return fill == 0.0f ? a : vec_select(vec_below(n), a, vec_set(fill));
}

HEED_INLINE void vec_store_part(float *p, int64_t n, vec a)
{
    _mm256_maskstore_ps(p, lanes_below(n, 0), a.low);
    _mm256_maskstore_ps(p + 8, lanes_below(n, 8), a.high);
}

HEED_INLINE void vec_prefetch(const float *p)
{
    _mm_prefetch((const char *)p, _MM_HINT_T0);
}

HEED_INLINE void vec_prefetch_far(const float *p)
{
    _mm_prefetch((const char *)p, _MM_HINT_T1);
}

HEED_INLINE vec vec_add(vec a, vec b)
{
    return (vec){_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
}

HEED_INLINE vec vec_sub(vec a, vec b)
{
    return (vec){_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)};
}

HEED_INLINE vec vec_mul(vec a, vec b)
{
    return (vec){_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
}

HEED_INLINE vec vec_div(vec a, vec b)
{
    return (vec){_mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high)};
}

HEED_INLINE vec vec_sqrt(vec a)
{
    return (vec){_mm256_sqrt_ps(a.low), _mm256_sqrt_ps(a.high)};
}

HEED_INLINE vec vec_fma(vec a, vec b, vec c)
{
    return (vec){_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}

HEED_INLINE vec vec_max(vec a, vec b)
{
    return (vec){_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)};
}

HEED_INLINE vec vec_min(vec a, vec b)
{
    return (vec){_mm256_min_ps(a.low, b.low), _mm256_min_ps(a.high, b.high)};
}

HEED_INLINE vec vec_abs(vec a)
{
    __m256 sign = _mm256_set1_ps(-0.0f);
    return (vec){_mm256_andnot_ps(sign, a.low), _mm256_andnot_ps(sign, a.high)};
}

HEED_INLINE vec vec_copysign(vec size, vec sign)
{
    __m256 bit = _mm256_set1_ps(-0.0f);
    return (vec){_mm256_or_ps(size.low, _mm256_and_ps(bit, sign.low)),
                 _mm256_or_ps(size.high, _mm256_and_ps(bit, sign.high))};
}

HEED_INLINE vec_mask vec_less(vec a, vec b)
{
    return (vec){_mm256_cmp_ps(a.low, b.low, _CMP_LT_OQ),
                 _mm256_cmp_ps(a.high, b.high, _CMP_LT_OQ)};
}

HEED_INLINE vec_mask vec_not_less(vec a, vec b)
{
    return (vec){_mm256_cmp_ps(a.low, b.low, _CMP_NLT_UQ),
                 _mm256_cmp_ps(a.high, b.high, _CMP_NLT_UQ)};
}

HEED_INLINE vec_mask vec_equal(vec a, vec b)
{
    return (vec){_mm256_cmp_ps(a.low, b.low, _CMP_EQ_OQ),
                 _mm256_cmp_ps(a.high, b.high, _CMP_EQ_OQ)};
}

HEED_INLINE vec_mask vec_both(vec_mask a, vec_mask b)
{
    return (vec){_mm256_and_ps(a.low, b.low), _mm256_and_ps(a.high, b.high)};
}

HEED_INLINE int vec_all(vec_mask m)
{
    return _mm256_movemask_ps(_mm256_and_ps(m.low, m.high)) == 0xff;
}

HEED_INLINE __m256 power8(__m256i n)
{
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
}

/* Two steps, since 2^n itself may be no normal number; the first is exact. */
HEED_INLINE __m256 scale8(__m256 m, __m256 a, __m256 n)
{
    __m256i whole = _mm256_cvtps_epi32(_mm256_and_ps(m, n)), half = _mm256_srai_epi32(whole, 1);
    a = _mm256_mul_ps(_mm256_and_ps(m, a), power8(half));
    return _mm256_mul_ps(a, power8(_mm256_sub_epi32(whole, half)));
}

HEED_INLINE vec vec_scale_where(vec_mask m, vec a, vec n)
{
    return (vec){scale8(m.low, a.low, n.low), scale8(m.high, a.high, n.high)};
}

HEED_INLINE vec vec_rest(vec a, vec *n)
{
    enum { MODE = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC };
    *n = (vec){_mm256_round_ps(a.low, MODE), _mm256_round_ps(a.high, MODE)};
    return vec_sub(a, *n);
}

HEED_INLINE vec vec_power(vec n)
{
    return (vec){power8(_mm256_cvtps_epi32(n.low)), power8(_mm256_cvtps_epi32(n.high))};
}

HEED_INLINE __m256 split8(__m256 a, __m256 low, __m256 *exponent)
{
    __m256i base = _mm256_castps_si256(low);
    __m256i bits = _mm256_sub_epi32(_mm256_castps_si256(a), base);
    *exponent = _mm256_cvtepi32_ps(_mm256_srai_epi32(bits, 23));
    bits = _mm256_and_si256(bits, _mm256_set1_epi32(0x7fffff));
    return _mm256_castsi256_ps(_mm256_add_epi32(bits, base));
}

HEED_INLINE vec vec_split(vec a, vec low, vec *exponent)
{
    return (vec){split8(a.low, low.low, &exponent->low), split8(a.high, low.high, &exponent->high)};
}

HEED_INLINE float vec_tree_sum(vec a)
{
    __m256 b = _mm256_add_ps(a.low, a.high);
    __m128 c = _mm_add_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
    c = _mm_add_ps(c, _mm_movehl_ps(c, c));
    return _mm_cvtss_f32(_mm_add_ss(c, _mm_shuffle_ps(c, c, 1)));
}

HEED_INLINE float vec_tree_max(vec a)
{
    __m256 b = _mm256_max_ps(a.low, a.high);
    __m128 c = _mm_max_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
    c = _mm_max_ps(c, _mm_movehl_ps(c, c));
    return _mm_cvtss_f32(_mm_max_ss(c, _mm_shuffle_ps(c, c, 1)));
}

HEED_INLINE void transpose8(__m256 r[8])
{
    __m256 t[8];
    HEED_UNROLL
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
    HEED_UNROLL
    for (int i = 0; i < 8; i += 4) {
        r[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
        r[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
        r[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
        r[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
    }
    HEED_UNROLL
    for (int c = 0; c < 4; c++) {
        __m256 upper = r[c], lower = r[4 + c];
        r[c] = _mm256_permute2f128_ps(upper, lower, 0x20);
        r[4 + c] = _mm256_permute2f128_ps(upper, lower, 0x31);
    }
}

HEED_INLINE __m256 unpack_low8(__m256 a, __m256 b)
{
    return _mm256_castpd_ps(_mm256_unpacklo_pd(_mm256_castps_pd(a), _mm256_castps_pd(b)));
}

HEED_INLINE __m256 unpack_high8(__m256 a, __m256 b)
{
    return _mm256_castpd_ps(_mm256_unpackhi_pd(_mm256_castps_pd(a), _mm256_castps_pd(b)));
}

HEED_INLINE vec join_pairs(vec a, vec b, vec (*join)(vec, vec))
{
    return join((vec){unpack_low8(a.low, b.low), unpack_low8(a.high, b.high)},
                (vec){unpack_high8(a.low, b.low), unpack_high8(a.high, b.high)});
}

/* By halves, as in vec_avx512.h: first the two registers of a row, then what is in each. */
HEED_INLINE vec vec_trees(vec x[LANES], vec (*join)(vec, vec))
{
    HEED_UNROLL
    for (int l = 0; l < 8; l++) /* low: row l, high: row l + 8 */
        x[l] = join((vec){x[l].low, x[l + 8].low}, (vec){x[l].high, x[l + 8].high});
    HEED_UNROLL
    for (int l = 0; l < 4; l++) { /* the blocks of 4 lanes: rows l, l + 4, l + 8, l + 12 */
        vec a = x[l], b = x[l + 4];
        x[l] = join((vec){_mm256_permute2f128_ps(a.low, b.low, 0x20),
                          _mm256_permute2f128_ps(a.high, b.high, 0x20)},
                    (vec){_mm256_permute2f128_ps(a.low, b.low, 0x31),
                          _mm256_permute2f128_ps(a.high, b.high, 0x31)});
    }
    x[0] = join_pairs(x[0], x[1], join);
    x[2] = join_pairs(x[2], x[3], join);
    return join((vec){_mm256_shuffle_ps(x[0].low, x[2].low, 0x88),
                      _mm256_shuffle_ps(x[0].high, x[2].high, 0x88)},
                (vec){_mm256_shuffle_ps(x[0].low, x[2].low, 0xdd),
                      _mm256_shuffle_ps(x[0].high, x[2].high, 0xdd)});
}

HEED_INLINE void vec_transpose(vec r[LANES])
{
    __m256 q[4][8]; /* its quadrants: upper left, upper right, lower left, lower right */
    HEED_UNROLL
    for (int i = 0; i < 8; i++) {
        q[0][i] = r[i].low, q[1][i] = r[i].high;
        q[2][i] = r[8 + i].low, q[3][i] = r[8 + i].high;
    }
    HEED_UNROLL
    for (int i = 0; i < 4; i++) transpose8(q[i]);
    HEED_UNROLL
    for (int i = 0; i < 8; i++) {
        r[i] = (vec){q[0][i], q[2][i]};
        r[8 + i] = (vec){q[1][i], q[3][i]};
    }
}

HEED_INLINE void vec_load_turned(const float *x, int64_t row, vec r[LANES])
{
    for (int i = 0; i < LANES; i++) r[i] = vec_load(x + i * row);
    vec_transpose(r);
}

HEED_INLINE void words_product(const uint32_t *a, uint32_t factor, uint32_t *lower, uint32_t *upper)
{
    __m256i by = _mm256_set1_epi64x(factor);
    for (int i = 0; i < LANES; i += 8) {
        __m256i all = _mm256_loadu_si256((const __m256i *)(const void *)(a + i));
        __m256i even = _mm256_mul_epu32(all, by);
        __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(all, 32), by);
        __m256i low = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa);
        __m256i high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
        _mm256_storeu_si256((__m256i *)(void *)(lower + i), low);
        _mm256_storeu_si256((__m256i *)(void *)(upper + i), high);
    }
}

HEED_INLINE void bytes_product(const int8_t *w, const int16_t *x, int32_t *sums)
{
    int32_t both;
    memcpy(&both, x, sizeof both);
    __m256i by = _mm256_set1_epi32(both);
    for (int i = 0; i < LANES; i += 8) {
        __m256i *to = (__m256i *)(void *)(sums + i);
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(w + 2 * i));
        __m256i products = _mm256_madd_epi16(_mm256_cvtepi8_epi16(bytes), by);
        _mm256_storeu_si256(to, _mm256_add_epi32(_mm256_loadu_si256(to), products));
    }
}

#endif
