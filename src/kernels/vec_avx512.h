/* SPDX-License-Identifier: MIT */
/* 16 lanes of float32 in one AVX-512 register. vec_scalar.h says what each function means. */
#ifndef HEED_KERNELS_VEC_AVX512_H
#define HEED_KERNELS_VEC_AVX512_H

typedef __m512 vec;
typedef __mmask16 vec_mask;

HEED_INLINE vec vec_set(float a)
{
    return _mm512_set1_ps(a);
}

HEED_INLINE vec vec_load(const float *p)
{
    return _mm512_loadu_ps(p);
}

HEED_INLINE void vec_store(float *p, vec a)
{
    _mm512_storeu_ps(p, a);
}

HEED_INLINE vec_mask vec_below(int64_t n)
{
    return (__mmask16)((1u << n) - 1);
}

HEED_INLINE vec vec_load_part(const float *p, int64_t n, float fill)
{
    return _mm512_mask_loadu_ps(vec_set(fill), vec_below(n), p);
}

HEED_INLINE void vec_store_part(float *p, int64_t n, vec a)
{
    _mm512_mask_storeu_ps(p, vec_below(n), a);
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
    return _mm512_add_ps(a, b);
}

HEED_INLINE vec vec_sub(vec a, vec b)
{
    return _mm512_sub_ps(a, b);
}

HEED_INLINE vec vec_mul(vec a, vec b)
{
    return _mm512_mul_ps(a, b);
}

HEED_INLINE vec vec_div(vec a, vec b)
{
    return _mm512_div_ps(a, b);
}

HEED_INLINE vec vec_sqrt(vec a)
{
    return _mm512_sqrt_ps(a);
}

HEED_INLINE vec vec_fma(vec a, vec b, vec c)
{
    return _mm512_fmadd_ps(a, b, c);
}

HEED_INLINE vec vec_max(vec a, vec b)
{
    return _mm512_max_ps(a, b);
}

HEED_INLINE vec vec_min(vec a, vec b)
{
    return _mm512_min_ps(a, b);
}

HEED_INLINE vec vec_abs(vec a)
{
    return _mm512_andnot_ps(vec_set(-0.0f), a);
}

HEED_INLINE vec vec_copysign(vec size, vec sign)
{
    return _mm512_or_ps(size, _mm512_and_ps(vec_set(-0.0f), sign));
}

HEED_INLINE vec_mask vec_less(vec a, vec b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
}

HEED_INLINE vec_mask vec_not_less(vec a, vec b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_NLT_UQ);
}

HEED_INLINE vec_mask vec_equal(vec a, vec b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ);
}

HEED_INLINE vec vec_select(vec_mask m, vec a, vec b)
{
    return _mm512_mask_blend_ps(m, b, a);
}

HEED_INLINE vec_mask vec_both(vec_mask a, vec_mask b)
{
    return a & b;
}

HEED_INLINE int vec_all(vec_mask m)
{
    return m == 0xffff;
}

HEED_INLINE vec vec_scale_where(vec_mask m, vec a, vec n)
{
    return _mm512_maskz_scalef_ps(m, a, n);
}

HEED_INLINE vec vec_rest(vec a, vec *n)
{
    vec rest = _mm512_reduce_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    *n = _mm512_sub_ps(a, rest);
    return rest;
}

HEED_INLINE vec vec_power(vec n)
{
    __m512i exponent = _mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127));
    return _mm512_castsi512_ps(_mm512_slli_epi32(exponent, 23));
}

HEED_INLINE vec vec_split(vec a, vec low, vec *exponent)
{
    __m512i base = _mm512_castps_si512(low);
    __m512i bits = _mm512_sub_epi32(_mm512_castps_si512(a), base);
    *exponent = _mm512_cvtepi32_ps(_mm512_srai_epi32(bits, 23));
    bits = _mm512_and_si512(bits, _mm512_set1_epi32(0x7fffff));
    return _mm512_castsi512_ps(_mm512_add_epi32(bits, base));
}

HEED_INLINE __m256 halves(vec a, __m256 *high)
{
    *high = _mm512_extractf32x8_ps(a, 1);
    return _mm512_castps512_ps256(a);
}

HEED_INLINE float vec_tree_sum(vec a)
{
    __m256 high, low = halves(a, &high), b = _mm256_add_ps(low, high);
    __m128 c = _mm_add_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
    c = _mm_add_ps(c, _mm_movehl_ps(c, c));
    return _mm_cvtss_f32(_mm_add_ss(c, _mm_shuffle_ps(c, c, 1)));
}

HEED_INLINE float vec_tree_max(vec a)
{
    __m256 high, low = halves(a, &high), b = _mm256_max_ps(low, high);
    __m128 c = _mm_max_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
    c = _mm_max_ps(c, _mm_movehl_ps(c, c));
    return _mm_cvtss_f32(_mm_max_ss(c, _mm_shuffle_ps(c, c, 1)));
}

HEED_INLINE __m512 unpack_low(__m512 a, __m512 b)
{
    return _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)));
}

HEED_INLINE __m512 unpack_high(__m512 a, __m512 b)
{
    return _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)));
}

/* By halves, 16 rows in 15 joins: A and B stand for rows, digits for their blocks of 4 lanes.
 *
 *     A0 A1 A2 A3        A0 A1 B0 B1     A01 B01 C01 D01
 *     B0 B1 B2 B3  -->   A2 A3 B2 B3     A.. B.. C.. D..  and so on inside the blocks
 */
HEED_INLINE vec vec_trees(vec x[LANES], vec (*join)(vec, vec))
{
    HEED_UNROLL
    for (int l = 0; l < 8; l++) { /* lane i joins i + 8; x[l]: rows l, l + 4 or l + 4, l + 8 */
        int to = l < 4 ? l : l + 4;
        x[to] = join(_mm512_shuffle_f32x4(x[to], x[to + 4], 0x44),
                     _mm512_shuffle_f32x4(x[to], x[to + 4], 0xee));
    }
    HEED_UNROLL
    for (int l = 0; l < 4; l++) /* i + 4; then x[l]: rows l, l + 4, l + 8, l + 12 */
        x[l] = join(_mm512_shuffle_f32x4(x[l], x[l + 8], 0x88),
                    _mm512_shuffle_f32x4(x[l], x[l + 8], 0xdd));
    x[0] = join(unpack_low(x[0], x[1]), unpack_high(x[0], x[1]));
    x[2] = join(unpack_low(x[2], x[3]), unpack_high(x[2], x[3]));
    return join(_mm512_shuffle_ps(x[0], x[2], 0x88), _mm512_shuffle_ps(x[0], x[2], 0xdd));
}

HEED_INLINE void vec_transpose(vec r[LANES])
{
    __m512 t[LANES];
    HEED_UNROLL
    for (int i = 0; i < LANES; i += 2) {
        t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
    }
    /* Then r[i + c], block b: rows i .. i + 3 of column 4 b + c. */
    HEED_UNROLL
    for (int i = 0; i < LANES; i += 4) {
        r[i] = unpack_low(t[i], t[i + 2]);
        r[i + 1] = unpack_high(t[i], t[i + 2]);
        r[i + 2] = unpack_low(t[i + 1], t[i + 3]);
        r[i + 3] = unpack_high(t[i + 1], t[i + 3]);
    }
    HEED_UNROLL
    for (int c = 0; c < 4; c++) {
        __m512 even = _mm512_shuffle_f32x4(r[c], r[4 + c], 0x88);
        __m512 odd = _mm512_shuffle_f32x4(r[c], r[4 + c], 0xdd);
        __m512 even2 = _mm512_shuffle_f32x4(r[8 + c], r[12 + c], 0x88);
        __m512 odd2 = _mm512_shuffle_f32x4(r[8 + c], r[12 + c], 0xdd);
        r[c] = _mm512_shuffle_f32x4(even, even2, 0x88);
        r[4 + c] = _mm512_shuffle_f32x4(odd, odd2, 0x88);
        r[8 + c] = _mm512_shuffle_f32x4(even, even2, 0xdd);
        r[12 + c] = _mm512_shuffle_f32x4(odd, odd2, 0xdd);
    }
}

/* Four columns at a time: what is put together while loading needs no shuffle across lanes. */
HEED_INLINE void vec_load_turned(const float *x, int64_t row, vec r[LANES])
{
    const float *x4 = x + 4 * row, *x8 = x + 8 * row, *x12 = x + 12 * row;
    HEED_UNROLL
    for (int q = 0; q < LANES; q += 4) {
        __m512 t[4]; /* t[i]: rows i, 4 + i, 8 + i, 12 + i */
        HEED_UNROLL
        for (int i = 0; i < 4; i++) {
            t[i] = _mm512_castps128_ps512(_mm_loadu_ps(x + i * row + q));
            t[i] = _mm512_insertf32x4(t[i], _mm_loadu_ps(x4 + i * row + q), 1);
            t[i] = _mm512_insertf32x4(t[i], _mm_loadu_ps(x8 + i * row + q), 2);
            t[i] = _mm512_insertf32x4(t[i], _mm_loadu_ps(x12 + i * row + q), 3);
        }
        __m512d low = _mm512_castps_pd(_mm512_unpacklo_ps(t[0], t[1]));
        __m512d high = _mm512_castps_pd(_mm512_unpackhi_ps(t[0], t[1]));
        __m512d low2 = _mm512_castps_pd(_mm512_unpacklo_ps(t[2], t[3]));
        __m512d high2 = _mm512_castps_pd(_mm512_unpackhi_ps(t[2], t[3]));
        r[q] = _mm512_castpd_ps(_mm512_unpacklo_pd(low, low2));
        r[q + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low, low2));
        r[q + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(high, high2));
        r[q + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(high, high2));
    }
}

HEED_INLINE void words_product(const uint32_t *a, uint32_t factor, uint32_t *lower, uint32_t *upper)
{
    __m512i all = _mm512_loadu_si512(a), by = _mm512_set1_epi64(factor);
    __m512i even = _mm512_mul_epu32(all, by);
    __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(all, 32), by);
    _mm512_storeu_si512(lower, _mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64(odd, 32)));
    _mm512_storeu_si512(upper, _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 32), odd));
}

HEED_INLINE void bytes_product(const int8_t *w, const int16_t *x, int32_t *sums)
{
    int32_t both;
    memcpy(&both, x, sizeof both);
    __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)w);
    __m512i products = _mm512_madd_epi16(_mm512_cvtepi8_epi16(bytes), _mm512_set1_epi32(both));
    _mm512_storeu_si512(sums, _mm512_add_epi32(_mm512_loadu_si512(sums), products));
}

#endif
