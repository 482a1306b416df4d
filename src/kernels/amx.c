/* SPDX-License-Identifier: MIT */
/*
 *                 b: 7 (or, then, its low part)
 *              tile 6    tile 7
 *   a: tile 4  sum 0     sum 1       The eight tile registers. A product with two parts loads
 *      tile 5  sum 2     sum 3       eight tiles for twelve multiplications, with one four for
 * four.
 *
 * The processor flushes denormal sums to zero, and adds each chunk's 32 products before they join
 * the sum: bits are its own, but the same whatever the size of the product and whoever asks.
 */
#include "kernels/amx.h"

#include "cpu/cpu.h"
#include "kernels/kernels.h"

#include <string.h>

#if defined(__x86_64__) && !defined(HEED_REAL_DOUBLE)
#    include <immintrin.h>

#    if defined(__clang__)
#        pragma clang attribute push(                                                              \
            __attribute__((                                                                        \
                target("amx-tile,amx-bf16,avx512bf16,avx512f,avx512bw,avx512dq,avx512vl,fma"))),   \
            apply_to = function)
#    else
#        pragma GCC push_options
#        pragma GCC target("amx-tile,amx-bf16,avx512bf16,avx512f,avx512bw,avx512dq,avx512vl,fma")
#    endif

#    define INLINE static inline __attribute__((always_inline))

enum {
    BLOCK = HEED_AMX_BLOCK,
    CHUNK = HEED_AMX_CHUNK,
    HALF = 16,  /* rows or columns of a tile */
    TILE = 256, /* reals' room of a tile */
    ROW = 64,   /* bytes of a tile's row */
    AHEAD = 2   /* chunks ahead of the one in hand memory is asked for */
};

/* ---- packing ---- */

/* bfloat16 in the low halves of 16 words; the bits of `special` are set for infinities and NaNs. */
INLINE __m256i round_half(__m512 x, unsigned *special)
{
    const __m512i size = _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(0x7fffffff));
    __mmask16 huge = _mm512_cmpge_epu32_mask(size, _mm512_set1_epi32(0x7f7f8000));
    __m256i rounded = (__m256i)_mm512_cvtneps_pbh(x);
    if (__builtin_expect(huge != 0, 0)) {
        __mmask16 beyond = _mm512_cmpge_epu32_mask(size, _mm512_set1_epi32(0x7f800000));
        __m256i cut = _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_castps_si512(x), 16));
        rounded = _mm256_mask_mov_epi16(rounded, (__mmask16)(huge & (__mmask16)~beyond), cut);
        *special |= beyond;
    }
    return rounded;
}

/* 16 numbers as one or two bfloat16 each. */
INLINE void split(int parts, __m512 x, __m256i *out, unsigned *special)
{
    unsigned now = 0;
    out[0] = round_half(x, &now);
    if (parts > 1) {
        __m512 high = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(out[0]), 16));
        out[1] = (__m256i)_mm512_cvtneps_pbh(_mm512_sub_ps(x, high));
        if (__builtin_expect(now != 0, 0)) /* an infinity less itself is none */
            out[1] = _mm256_maskz_mov_epi16((__mmask16)~now, out[1]);
    }
    *special |= now;
}

INLINE __mmask16 below(int64_t n)
{
    return n >= HALF ? 0xffff : n > 0 ? (__mmask16)((1u << n) - 1) : 0;
}

/* Rows of 32 neighbours in k, as they lie: a's layout. */
INLINE unsigned pack_along(int parts, const heed_real *from, int64_t row, int64_t rows, int64_t k,
                           heed_real *tile)
{
    unsigned special = 0;
    __mmask16 first = below(k), second = below(k - HALF);
    for (int64_t i = 0; i < HALF; i++) {
        __m256i left[2], right[2];
        __mmask16 there = i < rows ? 0xffff : 0;
        const heed_real *at = i < rows ? from + i * row : from;
        _mm_prefetch((const char *)at + AHEAD * CHUNK * sizeof *at, _MM_HINT_T0);
        _mm_prefetch((const char *)at + (AHEAD * CHUNK + HALF) * sizeof *at, _MM_HINT_T0);
        split(parts, _mm512_maskz_loadu_ps(first & there, at), left, &special);
        split(parts, _mm512_maskz_loadu_ps(second & there, second ? at + HALF : at), right,
              &special);
        for (int p = 0; p < parts; p++) {
            __m256i *to = (__m256i *)(void *)(tile + p * TILE + i * HALF);
            _mm256_store_si256(to, left[p]);
            _mm256_store_si256(to + 1, right[p]);
        }
    }
    return special;
}

/* Pairs of neighbours in k, each beside the other, 16 rows (or columns) abreast: b's layout. */
INLINE unsigned pack_across(int parts, const heed_real *from, int64_t col, int64_t rows, int64_t k,
                            heed_real *tile)
{
    unsigned special = 0;
    __mmask16 there = below(rows);
    for (int64_t i = 0; i < CHUNK; i += 2) {
        __m256i even[2], odd[2];
        __mmask16 has_even = i < k ? there : 0, has_odd = i + 1 < k ? there : 0;
        const heed_real *at = has_even ? from + i * col : from;
        _mm_prefetch((const char *)at + (size_t)(CHUNK * col) * sizeof *at, _MM_HINT_T0);
        _mm_prefetch((const char *)at + (size_t)((CHUNK + 1) * col) * sizeof *at, _MM_HINT_T0);
        split(parts, _mm512_maskz_loadu_ps(has_even, at), even, &special);
        split(parts, _mm512_maskz_loadu_ps(has_odd, has_odd ? at + col : at), odd, &special);
        for (int p = 0; p < parts; p++) {
            __m512i low = _mm512_cvtepu16_epi32(even[p]);
            __m512i high = _mm512_slli_epi32(_mm512_cvtepu16_epi32(odd[p]), 16);
            _mm512_store_si512(tile + p * TILE + i / 2 * HALF, _mm512_or_si512(low, high));
        }
    }
    return special;
}

/* Half of a unit: 16 rows. */
INLINE unsigned pack_half(int parts, const heed__amx_strip *s, int64_t i, int64_t k,
                          heed_real *tile)
{
    const heed_real *from = s->data + i * s->row + k * s->col;
    int64_t rows = s->rows - i < HALF ? s->rows - i : HALF;
    int64_t depth = s->k - k < CHUNK ? s->k - k : CHUNK, row = s->row;
    heed_real copy[HALF * CHUNK];
    if (s->col != 1 && s->row != 1) {
        for (int64_t r = 0; r < rows; r++)
            for (int64_t c = 0; c < depth; c++) copy[r * CHUNK + c] = from[r * s->row + c * s->col];
        from = copy;
        row = CHUNK;
    }
    int across = s->row == 1 && s->col != 1, turns = across != s->by_columns;
    _Alignas(64) heed_real turned[2 * TILE];
    heed_real *to = turns ? turned : tile;
    unsigned special = across ? pack_across(parts, from, s->col, rows, depth, to)
                              : pack_along(parts, from, row, rows, depth, to);
    for (int p = 0; p < parts && turns; p++) /* the layouts are each other's transpose, in words */
        heed__kernels_best()->transpose(HALF, HALF, turned + p * TILE, HALF, tile + p * TILE, HALF);
    return special;
}

INLINE int pack_strip(int parts, const heed__amx_strip *s, heed_real *units)
{
    unsigned special = 0;
    for (int64_t k = 0; k < s->k; k += CHUNK)
        for (int64_t i = 0; i < BLOCK; i += HALF, units += parts * TILE)
            if (i < s->rows)
                special |= pack_half(parts, s, i, k, units);
            else
                memset(units, 0, (size_t)(parts * TILE) * sizeof *units);
    return special != 0;
}

static int pack(int parts, const heed__amx_strip *strip, heed_real *units)
{
    return parts > 1 ? pack_strip(2, strip, units) : pack_strip(1, strip, units);
}

/* ---- blocks ---- */

/* Without `down` only the upper tiles, without `right` only the left ones are worth the work. */
INLINE void load_sums(const heed__amx_block *b, int down, int right)
{
    const heed_real *s = b->start;
    size_t row = (size_t)b->start_row * sizeof *s;
    if (!s) {
        _tile_zero(0);
        if (right) _tile_zero(1);
        if (down) _tile_zero(2);
        if (down && right) _tile_zero(3);
        return;
    }
    _tile_loadd(0, s, row);
    if (right) _tile_loadd(1, s + HALF, row);
    if (down) _tile_loadd(2, s + HALF * b->start_row, row);
    if (down && right) _tile_loadd(3, s + HALF * b->start_row + HALF, row);
}

INLINE void store_sums(const heed__amx_block *b, int down, int right)
{
    heed_real *c = b->c;
    size_t row = (size_t)b->c_row * sizeof *c;
    _tile_stored(0, c, row);
    if (right) _tile_stored(1, c + HALF, row);
    if (down) _tile_stored(2, c + HALF * b->c_row, row);
    if (down && right) _tile_stored(3, c + HALF * b->c_row + HALF, row);
}

INLINE void multiply(int down, int right)
{
    _tile_dpbf16ps(0, 4, 6);
    if (right) _tile_dpbf16ps(1, 4, 7);
    if (down) _tile_dpbf16ps(2, 5, 6);
    if (down && right) _tile_dpbf16ps(3, 5, 7);
}

INLINE void sums(int parts, const heed__amx_block *block, int down, int right)
{
    const heed_real *a = block->a, *b = block->b;
    for (int64_t i = 0; i < block->rows && block->start != block->c; i++) {
        __builtin_prefetch(block->c + i * block->c_row, 1);
        __builtin_prefetch(block->c + i * block->c_row + HALF, 1);
    }
    __asm__ volatile("" ::: "memory"); /* gcc does not know that loads of tiles read memory */
    load_sums(block, down, right);
    for (int64_t i = 0; i < block->chunks; i++, a += 2 * parts * TILE, b += 2 * parts * TILE) {
        _tile_loadd(6, b, ROW);
        if (right) _tile_loadd(7, b + parts * TILE, ROW);
        if (parts > 1) {
            _tile_loadd(4, a + TILE, ROW);
            if (down) _tile_loadd(5, a + parts * TILE + TILE, ROW);
            multiply(down, right);
        }
        _tile_loadd(4, a, ROW);
        if (down) _tile_loadd(5, a + parts * TILE, ROW);
        multiply(down, right);
        if (parts > 1) {
            _tile_loadd(6, b + TILE, ROW);
            if (right) _tile_loadd(7, b + parts * TILE + TILE, ROW);
            multiply(down, right);
        }
    }
    store_sums(block, down, right);
}

INLINE void sums_of(int parts, const heed__amx_block *b)
{
    int down = b->rows > HALF, right = b->cols > HALF;
    if (down && right)
        sums(parts, b, 1, 1);
    else if (down)
        sums(parts, b, 1, 0);
    else if (right)
        sums(parts, b, 0, 1);
    else
        sums(parts, b, 0, 0);
}

/* Element (i, k) of units with two parts, in a's layout or b's. */
static heed_real element(const heed_real *units, int64_t i, int64_t k, int by_columns)
{
    const heed_real *tile = units + (k / CHUNK * 2 + i / HALF) * 2 * TILE;
    int64_t at =
        by_columns ? (k % CHUNK / 2 * HALF + i % HALF) * 2 + k % 2 : i % HALF * CHUNK + k % CHUNK;
    heed_real sum = 0;
    for (int p = 1; p >= 0; p--) {
        uint16_t half;
        memcpy(&half, (const char *)(tile + p * TILE) + 2 * at, sizeof half);
        uint32_t bits = (uint32_t)half << 16;
        heed_real part;
        memcpy(&part, &bits, sizeof part);
        sum += part;
    }
    return sum;
}

static int is_special(const heed_real *units, int64_t i, int64_t depth, int by_columns)
{
    for (int64_t k = 0; k < depth; k++) {
        heed_real x = element(units, i, k, by_columns);
        if (!(x - x == 0)) return 1;
    }
    return 0;
}

/* An infinity times a low part that is zero, or of the other sign, would be NaN where it is none:
 * outputs that meet one are a chain of whole numbers. */
static void mend(const heed__amx_block *b, const heed_real *start, heed_real *sums)
{
    int64_t depth = b->chunks * CHUNK;
    int columns[BLOCK];
    for (int64_t j = 0; j < b->cols; j++) columns[j] = is_special(b->b, j, depth, 1);
    for (int64_t i = 0; i < b->rows; i++) {
        int row = is_special(b->a, i, depth, 0);
        for (int64_t j = 0; j < b->cols; j++) {
            if (!row && !columns[j]) continue;
            heed_real sum = start[i * BLOCK + j];
            for (int64_t k = 0; k < depth; k++)
                sum = heed__fma(element(b->a, i, k, 0), element(b->b, j, k, 1), sum);
            sums[i * BLOCK + j] = sum;
        }
    }
}

/* Blocks at an edge, and those that need care, by way of whole ones beside c. */
INLINE void block_aside(int parts, const heed__amx_block *b)
{
    _Alignas(64) heed_real start[BLOCK * BLOCK] = {0}, end[BLOCK * BLOCK];
    heed__amx_block whole = *b;
    size_t bytes = (size_t)b->cols * sizeof *start;
    for (int64_t i = 0; b->start && i < b->rows; i++)
        memcpy(start + i * BLOCK, b->start + i * b->start_row, bytes);
    whole.start = start, whole.start_row = BLOCK;
    whole.c = end, whole.c_row = BLOCK;
    sums_of(parts, &whole);
    if (parts > 1 && b->careful) mend(b, start, end);
    for (int64_t i = 0; i < b->rows; i++) memcpy(b->c + i * b->c_row, end + i * BLOCK, bytes);
}

INLINE void block_of(int parts, const heed__amx_block *b)
{
    if (b->rows % HALF || b->cols % HALF || (parts > 1 && b->careful))
        block_aside(parts, b);
    else
        sums_of(parts, b);
}

static void block(int parts, const heed__amx_block *b)
{
    if (parts > 1)
        block_of(2, b);
    else
        block_of(1, b);
}

/* All eight registers are tiles of 16 rows of 64 bytes. */
static void begin(void)
{
    enum { B = ROW, R = HALF };
    static const struct {
        uint8_t palette, row, none[14];
        uint16_t bytes[16];
        uint8_t rows[16];
    } shape = {1, 0, {0}, {B, B, B, B, B, B, B, B}, {R, R, R, R, R, R, R, R}};
    _tile_loadconfig(&shape);
}

/* A thread without tiles in use costs the system less to put aside. */
static void end(void)
{
    _tile_release();
}

#    if defined(__clang__)
#        pragma clang attribute pop
#    else
#        pragma GCC pop_options
#    endif

static const heed__amx amx = {pack, block, begin, end};

const heed__amx *heed__amx_best(void)
{
    return heed__cpu_level() == HEED_LEVEL_AMX ? &amx : NULL;
}

#else

const heed__amx *heed__amx_best(void)
{
    return NULL;
}

#endif
