/* SPDX-License-Identifier: MIT */
/*
 * Operands of AMX laid out in bfloat16. Numbers whose neighbours are next in k become rows of
 * operand a, 32 of k in a register. Those whose neighbours are rows (or columns) become pairs of
 * two steps of k, 16 columns in a register, as operand b wants them. Each of the two layouts is the
 * other's transpose, in words, where the other operand is wanted.
 */
#include "kernels/amx.h"

#include <string.h>

#if defined(__x86_64__) && !defined(HEED_REAL_DOUBLE)
#    include "kernels/amx_target.h"

#    include "kernels/amx_split.h"

#    define INLINE HEED_AMX_INLINE

enum { BLOCK = HEED_AMX_BLOCK, CHUNK = HEED_AMX_CHUNK, HALF = HEED_AMX_HALF, TILE = HEED_AMX_TILE };

/* ---- neighbours in k lie together ---- */

INLINE __mmask16 below(int64_t n)
{
    return n >= HALF ? 0xffff : n > 0 ? (__mmask16)((1u << n) - 1) : 0;
}

/* Half of a strip's chunk: 16 rows or columns and 32 steps of k, those that are there. */
typedef struct patch {
    const heed_real *from;
    int64_t step; /* from row to row, or from k to k: the others are neighbours */
    int64_t rows, depth;
} patch;

/* 16 numbers at from + i step + j; 0 where none are. */
INLINE __m512 load(int whole, const patch *x, int64_t i, int64_t j, int64_t least, int64_t most)
{
    if (whole) return _mm512_loadu_ps(x->from + i * x->step + j);
    __mmask16 there = i < least ? below(most - j) : 0;
    return _mm512_maskz_loadu_ps(there, there ? x->from + i * x->step + j : x->from);
}

/* Rows of 32 neighbours in k: operand a's layout. Returns whether it wants care. */
INLINE int pack_along(int parts, int whole, int careful, const patch *x, heed_real *tile)
{
    __m512i top = _mm512_setzero_si512(), words[2];
    for (int64_t i = 0; i < HALF; i++) {
        __m512 first = load(whole, x, i, 0, x->rows, x->depth);
        __m512 second = load(whole, x, i, HALF, x->rows, x->depth);
        heed__amx_split(parts, 0, careful, first, second, words, &top);
        heed__amx_store(parts, words, tile + i * HALF);
    }
    return heed__amx_odd(top);
}

/* Words 4c .. 4c + 3 of rows i, i + 4, i + 8 and i + 12, a quarter each. */
INLINE __m512 quarters(const heed_real *from)
{
    __m512 x = _mm512_castps128_ps512(_mm_load_ps(from));
    x = _mm512_insertf32x4(x, _mm_load_ps(from + 4 * HALF), 1);
    x = _mm512_insertf32x4(x, _mm_load_ps(from + 8 * HALF), 2);
    return _mm512_insertf32x4(x, _mm_load_ps(from + 12 * HALF), 3);
}

/* The layouts are each other's transpose, in words: four columns at a time, whose quarters are
 * turned in registers. */
INLINE void turn_tile(const heed_real *from, heed_real *to)
{
    for (int c = 0; c < 4; c++, from += 4, to += 4 * HALF) {
        __m512 r0 = quarters(from), r1 = quarters(from + HALF);
        __m512 r2 = quarters(from + 2 * HALF), r3 = quarters(from + 3 * HALF);
        __m512d low = _mm512_castps_pd(_mm512_unpacklo_ps(r0, r1));
        __m512d high = _mm512_castps_pd(_mm512_unpackhi_ps(r0, r1));
        __m512d then_low = _mm512_castps_pd(_mm512_unpacklo_ps(r2, r3));
        __m512d then_high = _mm512_castps_pd(_mm512_unpackhi_ps(r2, r3));
        _mm512_store_pd(to, _mm512_unpacklo_pd(low, then_low));
        _mm512_store_pd(to + HALF, _mm512_unpackhi_pd(low, then_low));
        _mm512_store_pd(to + 2 * HALF, _mm512_unpacklo_pd(high, then_high));
        _mm512_store_pd(to + 3 * HALF, _mm512_unpackhi_pd(high, then_high));
    }
}

INLINE void turn(int parts, const heed_real *from, heed_real *to)
{
    for (int p = 0; p < parts; p++) turn_tile(from + p * TILE, to + p * TILE);
}

/* 16 rows or columns of a chunk that have their neighbours in k. */
INLINE int pack_half(int parts, const heed__amx_strip *s, int64_t i, int64_t k, heed_real *tile)
{
    patch x = {.from = s->data + i * s->row + k * s->col, .step = s->row};
    x.rows = s->rows - i < HALF ? s->rows - i : HALF;
    x.depth = s->k - k < CHUNK ? s->k - k : CHUNK;
    heed_real copy[HALF * CHUNK];
    if (s->col != 1) {
        for (int64_t r = 0; r < x.rows; r++)
            for (int64_t c = 0; c < x.depth; c++)
                copy[r * CHUNK + c] = x.from[r * s->row + c * s->col];
        x.from = copy;
        x.step = CHUNK;
    }
    _Alignas(64) heed_real turned[2 * TILE];
    heed_real *to = s->by_columns ? turned : tile;
    int odd = x.rows == HALF && x.depth == CHUNK ? pack_along(parts, 1, 0, &x, to)
                                                 : pack_along(parts, 0, 0, &x, to);
    odd = odd && pack_along(parts, 0, 1, &x, to);
    if (s->by_columns) turn(parts, turned, tile);
    return odd;
}

INLINE int pack_strips(int parts, const heed__amx_strip *s, int64_t apart, heed_real *units)
{
    int odd = 0;
    for (int64_t first = 0; first < s->rows; first += BLOCK, units += apart) {
        heed_real *to = units;
        for (int64_t k = 0; k < s->k; k += CHUNK)
            for (int64_t i = first; i < first + BLOCK; i += HALF, to += parts * TILE)
                if (i < s->rows)
                    odd |= pack_half(parts, s, i, k, to);
                else
                    memset(to, 0, (size_t)(parts * TILE) * sizeof *to);
    }
    return odd;
}

/* ---- the same from numbers whose neighbours are rows or columns ---- */

/* Wide pieces of two steps of k at a time: memory is read as it lies. */
enum { WIDE = 16, /* halves of a strip */ FETCH = 8 /* steps of k ahead */ };

/* Pairs of one step, 16 abreast, each half to `to` + half * apart. */
INLINE void pack_pair(int parts, int careful, const patch *x, int64_t halves, const int64_t *places,
                      heed_real *to, __m512i *top)
{
    for (int64_t h = 0; h < halves; h++) {
        __m512i words[2];
        int64_t left = x->rows - h * HALF;
        int whole = left >= HALF && x->depth > 1;
        const heed_real *from = x->from + h * HALF;
        __m512 first, second;
        if (whole) {
            _mm_prefetch((const char *)(from + FETCH * x->step), _MM_HINT_T0);
            _mm_prefetch((const char *)(from + (FETCH + 1) * x->step), _MM_HINT_T0);
            first = _mm512_loadu_ps(from), second = _mm512_loadu_ps(from + x->step);
        } else {
            __mmask16 there = below(left), both = x->depth > 1 ? there : 0;
            first = _mm512_maskz_loadu_ps(there, there ? from : x->from);
            second = _mm512_maskz_loadu_ps(both, both ? from + x->step : x->from);
        }
        heed__amx_split(parts, 1, careful, first, second, words, top);
        heed__amx_store(parts, words, to + places[h]);
    }
}

/* One chunk of at most WIDE halves; units: its first. */
INLINE int pack_chunk(int parts, int careful, const heed__amx_strip *s, int64_t k, int64_t apart,
                      heed_real *units)
{
    _Alignas(64) heed_real turned[WIDE * 2 * TILE];
    __m512i top = _mm512_setzero_si512();
    int64_t places[WIDE], halves = (s->rows + BLOCK - 1) / BLOCK * 2;
    for (int64_t h = 0; h < halves; h++) {
        places[h] = h / 2 * apart + h % 2 * parts * TILE;
        if (!s->by_columns) places[h] = h * parts * TILE;
    }
    heed_real *to = s->by_columns ? units : turned;
    for (int64_t j = 0; j < CHUNK / 2; j++, to += HALF) {
        patch x = {s->data + (k + 2 * j) * s->col, s->col, s->rows, s->k - k - 2 * j};
        if (x.depth < 1) x.from = s->data, x.rows = 0;
        pack_pair(parts, careful, &x, halves, places, to, &top);
    }
    for (int64_t h = 0; h < halves && !s->by_columns; h++)
        turn(parts, turned + h * parts * TILE, units + h / 2 * apart + h % 2 * parts * TILE);
    return heed__amx_odd(top);
}

INLINE int pack_wide(int parts, const heed__amx_strip *s, int64_t apart, heed_real *units)
{
    int odd = 0;
    heed__amx_strip some = *s;
    for (int64_t first = 0; first < s->rows; first += WIDE * HALF) {
        some.data = s->data + first;
        some.rows = s->rows - first < WIDE * HALF ? s->rows - first : WIDE * HALF;
        heed_real *to = units + first / BLOCK * apart;
        for (int64_t k = 0; k < s->k; k += CHUNK, to += 2 * parts * TILE)
            if (pack_chunk(parts, 0, &some, k, apart, to))
                odd |= pack_chunk(parts, 1, &some, k, apart, to);
    }
    return odd;
}

INLINE int pack_of(int parts, const heed__amx_strip *s, int64_t apart, heed_real *units)
{
    if (s->row == 1 && s->col != 1) return pack_wide(parts, s, apart, units);
    return pack_strips(parts, s, apart, units);
}

int heed__amx_pack_strips(int parts, const heed__amx_strip *strips, int64_t apart, heed_real *units)
{
    return parts > 1 ? pack_of(2, strips, apart, units) : pack_of(1, strips, apart, units);
}

int heed__amx_pack(int parts, const heed__amx_strip *strip, heed_real *units)
{
    return heed__amx_pack_strips(parts, strip, 0, units);
}

#    include "kernels/amx_target.h"

#else

typedef int heed__amx_pack_is_elsewhere; /* a file is never empty */

#endif
