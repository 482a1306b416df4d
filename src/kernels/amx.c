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

#include <string.h>

#if defined(__x86_64__) && !defined(HEED_REAL_DOUBLE)
#    include "kernels/amx_target.h"

#    include "kernels/amx_split.h"

#    define INLINE HEED_AMX_INLINE

enum {
    BLOCK = HEED_AMX_BLOCK,
    CHUNK = HEED_AMX_CHUNK,
    HALF = HEED_AMX_HALF,
    TILE = HEED_AMX_TILE,
    ROW = 64 /* bytes of a tile's row */
};

/* ---- laying out ahead ---- */

/* Errands: rows come before chunks, so that memory is read in long pieces. What a block leaves in
 * memory is not read again soon: it would wait for all that was stored before, c's lines too. */
typedef struct errand {
    const heed_real *from;
    heed_real *to;
    int64_t row, chunk, chunks, left; /* chunks of these four rows, and errands */
    __m512i top;
} errand;

enum { FOUR = 4 };

INLINE void move_errand(int parts, errand *e, int64_t fours, int64_t chunks)
{
    e->from += fours * FOUR * e->row + chunks * CHUNK;
    e->to += fours * FOUR * HALF + chunks * 2 * parts * TILE;
}

INLINE errand first_errand(int parts, const heed__amx_ahead *ahead, int64_t at)
{
    errand e = {.from = ahead->from, .to = ahead->to, .row = ahead->row, .chunks = ahead->chunks};
    int64_t four = at / e.chunks;
    e.chunk = at % e.chunks;
    e.left = HEED_AMX_ERRANDS(e.chunks) - at;
    e.top = _mm512_setzero_si512();
    move_errand(parts, &e, four, e.chunk);
    if (four >= HALF / FOUR) e.to += (parts - 1) * TILE;
    return e;
}

INLINE void next_errand(int parts, errand *e)
{
    e->left--;
    move_errand(parts, e, 0, 1);
    if (++e->chunk < e->chunks) return;
    e->chunk = 0;
    move_errand(parts, e, 1, -e->chunks);
    if (e->left == HEED_AMX_ERRANDS(e->chunks) / 2) e->to += (parts - 1) * TILE;
}

INLINE void errand_row(int parts, errand *e, int64_t i)
{
    __m512i words[2];
    const heed_real *from = e->from + i * e->row;
    heed__amx_split(parts, 0, 0, _mm512_loadu_ps(from), _mm512_loadu_ps(from + HALF), words,
                    &e->top);
    heed__amx_store(parts, words, e->to + i * HALF);
}

INLINE void finish_of(int parts, const heed__amx_ahead *ahead, int64_t at)
{
    errand e = first_errand(parts, ahead, at);
    for (; e.left > 0; next_errand(parts, &e))
        for (int64_t i = 0; i < FOUR; i++) errand_row(parts, &e, i);
    if (heed__amx_odd(e.top)) *ahead->odd = 1;
}

static void finish(int parts, const heed__amx_ahead *ahead, int64_t at)
{
    if (parts > 1)
        finish_of(2, ahead, at);
    else
        finish_of(1, ahead, at);
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

INLINE void store_tiles(heed_real *c, int64_t c_row, int down, int right)
{
    size_t row = (size_t)c_row * sizeof *c;
    _tile_stored(0, c, row);
    if (right) _tile_stored(1, c + HALF, row);
    if (down) _tile_stored(2, c + HALF * c_row, row);
    if (down && right) _tile_stored(3, c + HALF * c_row + HALF, row);
}

/* Past the caches: what is written is not read before. */
INLINE void stream_tiles(const heed__amx_block *b)
{
    _Alignas(64) heed_real sums[BLOCK * BLOCK];
    store_tiles(sums, BLOCK, 1, 1);
    __asm__ volatile("" ::: "memory");
    for (int64_t i = 0; i < BLOCK; i++) {
        heed_real *to = b->c + i * b->c_row;
        _mm512_stream_ps(to, _mm512_load_ps(sums + i * BLOCK));
        _mm512_stream_ps(to + HALF, _mm512_load_ps(sums + i * BLOCK + HALF));
    }
}

INLINE void store_sums(const heed__amx_block *b, int down, int right)
{
    if (down && right && b->streams)
        stream_tiles(b);
    else
        store_tiles(b->c, b->c_row, down, right);
}

/* One part of a by one of b, each loaded shortly before it is wanted: what loads has 16 steps of
 * the clock for each multiplication. NULL: what is loaded stays. */
INLINE void multiply(int parts, const heed_real *a, const heed_real *b, int down, int right)
{
    if (b) _tile_loadd(6, b, ROW);
    if (a) _tile_loadd(4, a, ROW);
    _tile_dpbf16ps(0, 4, 6);
    if (b && right) _tile_loadd(7, b + parts * TILE, ROW);
    if (right) _tile_dpbf16ps(1, 4, 7);
    if (a && down) _tile_loadd(5, a + parts * TILE, ROW);
    if (down) _tile_dpbf16ps(2, 5, 6);
    if (down && right) _tile_dpbf16ps(3, 5, 7);
}

INLINE void multiply_chunk(int parts, const heed_real *a, const heed_real *b, int down, int right)
{
    if (parts == 1) {
        multiply(parts, a, b, down, right);
        return;
    }
    multiply(parts, a + TILE, b, down, right);
    multiply(parts, a, NULL, down, right);
    multiply(parts, NULL, b + TILE, down, right);
}

/* A chunk of a whole block, and four rows on the way. */
INLINE void multiply_errand(int parts, const heed_real *a, const heed_real *b, errand *e)
{
    if (parts > 1) {
        multiply(parts, a + TILE, b, 1, 1);
        errand_row(parts, e, 0);
        multiply(parts, a, NULL, 1, 1);
        errand_row(parts, e, 1);
        errand_row(parts, e, 2);
        multiply(parts, NULL, b + TILE, 1, 1);
        errand_row(parts, e, 3);
        return;
    }
    _tile_loadd(6, b, ROW);
    _tile_loadd(4, a, ROW);
    _tile_dpbf16ps(0, 4, 6);
    errand_row(parts, e, 0);
    _tile_loadd(7, b + TILE, ROW);
    _tile_dpbf16ps(1, 4, 7);
    errand_row(parts, e, 1);
    _tile_loadd(5, a + TILE, ROW);
    _tile_dpbf16ps(2, 5, 6);
    errand_row(parts, e, 2);
    _tile_dpbf16ps(3, 5, 7);
    errand_row(parts, e, 3);
}

/* To the second cache. */
INLINE void fetch_lines(const heed__amx_block *block, int64_t chunk)
{
    const char *at = (const char *)block->fetch + chunk * block->lines * ROW;
    for (int64_t i = 0; i < block->lines; i++) _mm_prefetch(at + i * ROW, _MM_HINT_T1);
}

INLINE void sums(int parts, const heed__amx_block *block, int down, int right)
{
    const heed_real *a = block->a, *b = block->b;
    __asm__ volatile("" ::: "memory"); /* gcc does not know that loads of tiles read memory */
    load_sums(block, down, right);
    for (int64_t i = 0; i < block->chunks; i++, a += 2 * parts * TILE, b += 2 * parts * TILE) {
        fetch_lines(block, i);
        multiply_chunk(parts, a, b, down, right);
    }
    store_sums(block, down, right);
}

/* A whole block, and between its multiplications what is ahead. */
INLINE void sums_and_errands(int parts, const heed__amx_block *block)
{
    const heed_real *a = block->a, *b = block->b;
    errand e = first_errand(parts, block->ahead, block->errand);
    load_sums(block, 1, 1);
    for (int64_t i = 0; i < block->chunks; i++, a += 2 * parts * TILE, b += 2 * parts * TILE) {
        __asm__ volatile("" ::: "memory");
        fetch_lines(block, i);
        if (e.left > 0) {
            multiply_errand(parts, a, b, &e);
            next_errand(parts, &e);
        } else {
            multiply_chunk(parts, a, b, 1, 1);
        }
    }
    store_sums(block, 1, 1);
    if (heed__amx_odd(e.top)) *block->ahead->odd = 1;
}

INLINE void sums_of(int parts, const heed__amx_block *b)
{
    int down = b->rows > HALF, right = b->cols > HALF;
    if (down && right && b->ahead)
        sums_and_errands(parts, b);
    else if (down && right)
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
    whole.streams = 0;
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

static void peak(int64_t rounds)
{
    for (; rounds > 0; rounds--) {
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
}

/* What was streamed is in order from here on. A thread without tiles in use costs the system less
 * to put aside. */
static void end(void)
{
    _mm_sfence();
    _tile_release();
}

#    include "kernels/amx_target.h"

static const heed__amx amx = {
    heed__amx_pack, heed__amx_pack_strips, block, finish, peak, begin, end};

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
