/* SPDX-License-Identifier: MIT */
/*
 * Numbers as one or two bfloat16 each, 32 at a time, for files of the AMX level. Words are pairs of
 * bfloat16; tiles of operand a hold pairs of neighbours in a row, tiles of operand b the same pairs
 * down a column:
 *
 *     along (a):   x0 x1 | x2 x3 | .. | x14 x15 | y0 y1 | .. | y14 y15     a row of 32
 *     across (b):  x0 y0 | x1 y1 | .. | x15 y15                            16 of two rows
 */
#ifndef HEED_KERNELS_AMX_SPLIT_H
#define HEED_KERNELS_AMX_SPLIT_H

#include "kernels/amx.h"

#include <immintrin.h>

/* Rows or columns of a tile; the room of one, in reals. */
enum { HEED_AMX_HALF = 16, HEED_AMX_TILE = 256 };

#define HEED_AMX_INLINE static inline __attribute__((always_inline))

/* From along to across. */
HEED_AMX_INLINE __m512i heed__amx_zip(__m512i words)
{
    const __m512i half = _mm512_set1_epi32(0x00100000);
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i both = _mm512_mullo_epi32(lane, _mm512_set1_epi32(0x00010001));
    return _mm512_permutexvar_epi16(_mm512_add_epi32(both, half), words);
}

/* *top keeps the largest exponents seen: heed__amx_odd says whether a number was infinite, NaN, or
 * rounded to infinity. Then once more with `careful`, which cuts what is finite, so that it stays
 * so, gives an infinity no low part (less itself it is none), and leaves odd what is not finite. */
HEED_AMX_INLINE __m512 heed__amx_cut(__m512 x)
{
    const __m512i bits = _mm512_castps_si512(x), least = _mm512_set1_epi32(0x7f7f8000);
    __m512i size = _mm512_and_si512(bits, _mm512_set1_epi32(0x7fffffff));
    __mmask16 huge = _mm512_cmpge_epu32_mask(size, least);
    huge &= _mm512_cmplt_epu32_mask(size, _mm512_set1_epi32(0x7f800000));
    return _mm512_castsi512_ps(
        _mm512_mask_and_epi32(bits, huge, bits, _mm512_set1_epi32(-0x10000)));
}

HEED_AMX_INLINE __m512 heed__amx_rest(int careful, __m512 x, __m512 high)
{
    if (!careful) return _mm512_sub_ps(x, high);
    __mmask16 finite = (__mmask16)~_mm512_fpclass_ps_mask(high, 0x99);
    return _mm512_maskz_sub_ps(finite, x, high);
}

HEED_AMX_INLINE void heed__amx_split(int parts, int across, int careful, __m512 x, __m512 y,
                                     __m512i *words, __m512i *top)
{
    __m512i high = careful ? (__m512i)_mm512_cvtne2ps_pbh(heed__amx_cut(y), heed__amx_cut(x))
                           : (__m512i)_mm512_cvtne2ps_pbh(y, x);
    *top = _mm512_max_epu16(*top, _mm512_add_epi16(high, high));
    words[0] = high;
    if (parts == 1 && !across) return;
    __m512i pairs = heed__amx_zip(high);
    if (across) words[0] = pairs;
    if (parts == 1) return;
    __m512i odd = _mm512_and_si512(pairs, _mm512_set1_epi32(-0x10000));
    x = heed__amx_rest(careful, x, _mm512_castsi512_ps(_mm512_slli_epi32(pairs, 16)));
    y = heed__amx_rest(careful, y, _mm512_castsi512_ps(odd));
    words[1] = (__m512i)_mm512_cvtne2ps_pbh(y, x);
    if (across) words[1] = heed__amx_zip(words[1]);
}

/* To the same place of each part's tile. */
HEED_AMX_INLINE void heed__amx_store(int parts, const __m512i *words, heed_real *to)
{
    for (int p = 0; p < parts; p++) _mm512_store_si512(to + p * HEED_AMX_TILE, words[p]);
}

HEED_AMX_INLINE int heed__amx_odd(__m512i top)
{
    return _mm512_cmpge_epu16_mask(top, _mm512_set1_epi16((short)0xff00)) != 0;
}

/* As in heed__amx. */
int heed__amx_pack(int parts, const heed__amx_strip *strip, heed_real *units);
int heed__amx_pack_strips(int parts, const heed__amx_strip *strips, int64_t apart,
                          heed_real *units);

#endif
