/* SPDX-License-Identifier: MIT */
/*
 * 16 rows at a time, forwards: the largest of each row by a tree that turns them,
 *
 *     row 0:  l0 l1 .. l15     joined by twos,     most of row 0, most of row 1, .., of row 15
 *     row 1:  l0 l1 .. l15     fours, eights  -->  (30 shuffles, 15 maxima)
 *
 * then row by row 2^(s log2 e - top log2 e), four vectors of 16 keys, its sum, and two vectors each
 * to 32 bfloat16 of a row of operand a. Backwards two rows at a time, since operand b wants pairs
 * of queries: two rows of operand a, joined word by word.
 *
 * 2^y is 2^(whole part of y) p(rest), p of degree 4 (of one part 3): an exact 1 at 0.
 */
#include "kernels/amx_softmax.h"

#include <string.h>

#if defined(__x86_64__) && !defined(HEED_REAL_DOUBLE)
#    include "kernels/amx_target.h"

#    define INLINE static inline __attribute__((always_inline))

enum {
    HALF = 16,
    CHUNK = HEED_AMX_CHUNK,
    VECTORS = HEED_AMX_KEYS / HALF,
    TILE = 256 /* reals' room of a tile */
};

static const float log2_e = 0x1.715476p+0f;

/* Fits of (2^f - 1) / f on [0, 1): tools/fit_polynomials.py. */
INLINE __m512 power_of_rest(int parts, __m512 f)
{
    static const float three[] = {0x1.63e65ap-1f, 0x1.d2377cp-3f, 0x1.3baab8p-4f};
    static const float four[] = {0x1.62d6c6p-1f, 0x1.ee2454p-3f, 0x1.abf854p-5f, 0x1.b7f75ap-7f};
    __m512 sum = _mm512_set1_ps(parts > 1 ? four[3] : three[2]);
    if (parts > 1) sum = _mm512_fmadd_ps(sum, f, _mm512_set1_ps(four[2]));
    sum = _mm512_fmadd_ps(sum, f, _mm512_set1_ps(parts > 1 ? four[1] : three[1]));
    sum = _mm512_fmadd_ps(sum, f, _mm512_set1_ps(parts > 1 ? four[0] : three[0]));
    return _mm512_fmadd_ps(sum, f, _mm512_set1_ps(1));
}

/* 2^(s log2 e + shift), 0 below e^-60; a NaN stays. */
INLINE __m512 weight(int parts, __m512 s, __m512 shift)
{
    __m512 y = _mm512_fmadd_ps(s, _mm512_set1_ps(log2_e), shift);
    __mmask16 counts = _mm512_cmp_ps_mask(y, _mm512_set1_ps(-86.5f), _CMP_NLT_UQ);
    __m512 rest = _mm512_reduce_ps(y, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    return _mm512_maskz_scalef_ps(counts, power_of_rest(parts, rest), y);
}

INLINE __mmask16 below(int64_t n)
{
    return n >= HALF ? 0xffff : n > 0 ? (__mmask16)((1u << n) - 1) : 0;
}

/* The vector of keys from `at` of a row; what is beyond n is `other`. */
INLINE __m512 load(int full, const heed_real *row, int64_t at, int64_t n, float other)
{
    if (full) return _mm512_loadu_ps(row + at);
    return _mm512_mask_loadu_ps(_mm512_set1_ps(other), below(n - at), row + at);
}

INLINE __m512 high_part(__m256i half)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

/* 32 numbers as one or two bfloat16 each. */
INLINE void split(int parts, __m512 first, __m512 second, __m512i *out)
{
    out[0] = (__m512i)_mm512_cvtne2ps_pbh(second, first);
    if (parts == 1) return;
    first = _mm512_sub_ps(first, high_part(_mm512_castsi512_si256(out[0])));
    second = _mm512_sub_ps(second, high_part(_mm512_extracti64x4_epi64(out[0], 1)));
    out[1] = (__m512i)_mm512_cvtne2ps_pbh(second, first);
}

/* ---- products beside ---- */

/* How far they are: chunk `chunk` of block `at`, `done` chunks of `all`. */
typedef struct progress {
    const heed__amx_beside *work;
    int64_t at, chunk, done, all;
} progress;

INLINE progress begin(const heed__amx_beside *work)
{
    progress p = {.work = work};
    for (int64_t i = 0; i < work->count; i++) p.all += work->blocks[i].chunks;
    return p;
}

INLINE void multiply(void)
{
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
}

INLINE void start_sums(const heed__amx_block *b)
{
    const heed_real *s = b->start;
    size_t row = (size_t)b->start_row * sizeof *s;
    if (!s) {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
        return;
    }
    _tile_loadd(0, s, row);
    _tile_loadd(1, s + HALF, row);
    _tile_loadd(2, s + HALF * b->start_row, row);
    _tile_loadd(3, s + HALF * b->start_row + HALF, row);
}

INLINE void store_sums(const heed__amx_block *b)
{
    heed_real *c = b->c;
    size_t row = (size_t)b->c_row * sizeof *c;
    _tile_stored(0, c, row);
    _tile_stored(1, c + HALF, row);
    _tile_stored(2, c + HALF * b->c_row, row);
    _tile_stored(3, c + HALF * b->c_row + HALF, row);
}

/* One chunk, in the order of amx.c. */
INLINE void step(int parts, progress *p)
{
    enum { LINE = 64 };
    const heed__amx_block *block = &p->work->blocks[p->at];
    const heed_real *a = block->a + p->chunk * HEED_AMX_UNIT(parts);
    const heed_real *b = block->b + p->chunk * HEED_AMX_UNIT(parts);
    if (!p->chunk) start_sums(block);
    _tile_loadd(6, b, LINE);
    _tile_loadd(7, b + parts * TILE, LINE);
    if (parts > 1) {
        _tile_loadd(4, a + TILE, LINE);
        _tile_loadd(5, a + parts * TILE + TILE, LINE);
        multiply();
    }
    _tile_loadd(4, a, LINE);
    _tile_loadd(5, a + parts * TILE, LINE);
    multiply();
    if (parts > 1) {
        _tile_loadd(6, b + TILE, LINE);
        _tile_loadd(7, b + parts * TILE + TILE, LINE);
        multiply();
    }
    p->done++;
    if (++p->chunk < block->chunks) return;
    store_sums(block);
    p->chunk = 0;
    p->at++;
}

/* So much of it that `share` of `of` is done. */
INLINE void go_on(int parts, progress *p, int64_t share, int64_t of)
{
    while (p->done * of < p->all * share) step(parts, p);
}

/* ---- forwards ---- */

INLINE __m512 join(int sum, __m512 a, __m512 b)
{
    return sum ? _mm512_add_ps(a, b) : _mm512_max_ps(a, b);
}

INLINE __m512 join_pairs(int sum, __m512 a, __m512 b)
{
    __m512d x = _mm512_castps_pd(a), y = _mm512_castps_pd(b);
    return join(sum, _mm512_castpd_ps(_mm512_unpacklo_pd(x, y)),
                _mm512_castpd_ps(_mm512_unpackhi_pd(x, y)));
}

INLINE __m512 join_quarters(int sum, __m512 a, __m512 b)
{
    return join(sum, _mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd));
}

/* Lane i: the largest, or the sum, of lanes[i]. */
INLINE __m512 tree(int sum, heed_real lanes[HALF][HALF])
{
    __m512 four[4], two[2];
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < 2; k++) {
            __m512 a = _mm512_load_ps(lanes[4 * i + 2 * k]);
            __m512 b = _mm512_load_ps(lanes[4 * i + 2 * k + 1]);
            two[k] = join(sum, _mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
        }
        four[i] = join_pairs(sum, two[0], two[1]);
    }
    return join_quarters(sum, join_quarters(sum, four[0], four[1]),
                         join_quarters(sum, four[2], four[3]));
}

/* Drops NaNs. */
INLINE __m512 row_most(int full, const heed_real *s, int64_t n)
{
    __m512 most = load(full, s, 0, n, -INFINITY);
    for (int64_t v = 1; v < VECTORS; v++)
        most = _mm512_max_ps(load(full, s, v * HALF, n, -INFINITY), most);
    return _mm512_max_ps(most, _mm512_set1_ps(-INFINITY));
}

/* to: the row's place in the first chunk's tile, whose chunks are a unit apart. */
INLINE __m512 row_weights(int parts, int full, const heed_real *s, int64_t n, heed_real shift,
                          heed_real *to)
{
    __m512 sum = _mm512_setzero_ps(), by = _mm512_set1_ps(shift);
    for (int64_t at = 0; at < HEED_AMX_KEYS; at += CHUNK) {
        __m512i words[2];
        if (!full && at >= n) break;
        __m512 first = weight(parts, load(full, s, at, n, -INFINITY), by);
        __m512 second = weight(parts, load(full, s, at + HALF, n, -INFINITY), by);
        sum = _mm512_add_ps(sum, _mm512_add_ps(first, second));
        split(parts, first, second, words);
        for (int p = 0; p < parts; p++)
            _mm512_store_si512(to + at / CHUNK * HEED_AMX_UNIT(parts) + p * TILE, words[p]);
    }
    return sum;
}

/* At most 16 rows, from row `first`. */
INLINE void online_rows(int parts, int full, const heed__amx_scores *x, int64_t first, int64_t rows,
                        heed_real *top, heed_real *sum, heed_real *factor, heed_real *weights,
                        progress *beside)
{
    const __m512 none = _mm512_set1_ps(-INFINITY), zero = _mm512_setzero_ps();
    _Alignas(64) heed_real lanes[HALF][HALF], shift[HALF];
    __mmask16 there = below(rows);
    for (int64_t r = 0; r < HALF; r++)
        _mm512_store_ps(lanes[r], r < rows ? row_most(full, x->s + r * x->row, x->n) : none);
    __m512 before = _mm512_maskz_loadu_ps(there, top), now = _mm512_max_ps(tree(0, lanes), before);
    __mmask16 seen = _mm512_cmp_ps_mask(now, none, _CMP_NEQ_UQ);
    __m512 by = _mm512_mul_ps(now, _mm512_set1_ps(-log2_e));
    _mm512_store_ps(shift, _mm512_maskz_mov_ps(seen, by));
    by = weight(2, _mm512_sub_ps(before, now), zero);
    __mmask16 same = _mm512_cmp_ps_mask(before, now, _CMP_EQ_OQ);
    same |= _mm512_cmp_ps_mask(before, none, _CMP_EQ_OQ);
    by = _mm512_mask_mov_ps(by, same, _mm512_set1_ps(1));
    for (int64_t r = 0; r < HALF; r++) {
        go_on(parts, beside, first + r + 1, HEED_AMX_BLOCK);
        _mm512_store_ps(lanes[r], r < rows ? row_weights(parts, full, x->s + r * x->row, x->n,
                                                         shift[r], weights + r * HALF)
                                           : zero);
    }
    __m512 all = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(there, sum), by, tree(1, lanes));
    _mm512_mask_storeu_ps(top, there, now);
    _mm512_mask_storeu_ps(sum, there, all);
    _mm512_mask_storeu_ps(factor, there, by);
}

INLINE void online_of(int parts, const heed__amx_scores *x, heed_real *top, heed_real *sum,
                      heed_real *factor, heed_real *weights, const heed__amx_beside *work)
{
    progress beside = begin(work);
    for (int64_t r = 0; r < x->rows; r += HALF) {
        heed__amx_scores half = *x;
        int64_t rows = x->rows - r < HALF ? x->rows - r : HALF;
        heed_real *to = weights + r / HALF * parts * TILE;
        half.s += r * x->row;
        if (x->n == HEED_AMX_KEYS)
            online_rows(parts, 1, &half, r, rows, top + r, sum + r, factor + r, to, &beside);
        else
            online_rows(parts, 0, &half, r, rows, top + r, sum + r, factor + r, to, &beside);
    }
    go_on(parts, &beside, 1, 1);
}

static void online(int parts, const heed__amx_scores *x, heed_real *top, heed_real *sum,
                   heed_real *factor, heed_real *weights, const heed__amx_beside *beside)
{
    if (parts > 1)
        online_of(2, x, top, sum, factor, weights, beside);
    else
        online_of(1, x, top, sum, factor, weights, beside);
}

/* ---- backwards ---- */

/* 32 keys of one row. */
typedef struct line {
    __m512 p[2], d[2];
} line;

INLINE line line_of(int parts, int full, const heed__amx_back *x, int64_t r, int64_t at,
                    __m512 *size)
{
    const heed__amx_scores *s = &x->scores;
    line l = {{_mm512_setzero_ps(), _mm512_setzero_ps()},
              {_mm512_setzero_ps(), _mm512_setzero_ps()}};
    if (r >= s->rows) return l;
    for (int64_t v = 0; v < 2; v++) {
        float other = x->lse ? -INFINITY : 0;
        l.p[v] = load(full, s->s + r * s->row, at + v * HALF, s->n, other);
        l.d[v] = load(full, x->d + r * s->row, at + v * HALF, s->n, 0);
        if (x->lse) {
            heed_real lse = x->lse[r], shift = lse == -INFINITY ? lse : -lse * log2_e;
            l.p[v] = weight(parts, l.p[v], _mm512_set1_ps(shift));
            l.d[v] = _mm512_mul_ps(l.p[v], _mm512_sub_ps(l.d[v], _mm512_set1_ps(x->delta[r])));
        } else {
            *size = _mm512_fmadd_ps(l.p[v], l.p[v], *size);
        }
        *size = _mm512_fmadd_ps(l.d[v], l.d[v], *size);
    }
    return l;
}

/* Rows r and r + 1 of operand b, from theirs of operand a: two tiles, of 16 columns each. */
INLINE void store_by_query(int parts, const heed__amx_back *x, int64_t r, int64_t at,
                           __m512i words[2][2], heed_real *to)
{
    to += (at / CHUNK * x->chunks + x->chunk) * HEED_AMX_UNIT(parts) + r / 2 * HALF;
    for (int p = 0; p < parts; p++, to += TILE) {
        _mm512_store_si512(to, _mm512_unpacklo_epi16(words[0][p], words[1][p]));
        _mm512_store_si512(to + parts * TILE, _mm512_unpackhi_epi16(words[0][p], words[1][p]));
    }
}

INLINE void back_pair(int parts, int full, const heed__amx_back *x, int64_t r, int64_t at,
                      __m512 *size)
{
    __m512i p[2][2], d[2][2];
    for (int64_t k = 0; k < 2; k++) {
        line l = line_of(parts, full, x, r + k, at, size);
        split(parts, l.p[0], l.p[1], p[k]);
        split(parts, l.d[0], l.d[1], d[k]);
        heed_real *to = x->d_by_key + (at / CHUNK * 2 + (r + k) / HALF) * parts * TILE;
        for (int64_t i = 0; x->d_by_key && i < parts; i++)
            _mm512_store_si512(to + i * TILE + (r + k) % HALF * HALF, d[k][i]);
    }
    if (x->weights) store_by_query(parts, x, r, at, p, x->weights);
    if (x->d_by_query) store_by_query(parts, x, r, at, d, x->d_by_query);
}

INLINE int back_of(int parts, int full, const heed__amx_back *x)
{
    __m512 size = _mm512_setzero_ps();
    for (int64_t r = 0; r < HEED_AMX_BLOCK; r += 2)
        for (int64_t at = 0; at < HEED_AMX_KEYS && (full || at < x->scores.n); at += CHUNK)
            back_pair(parts, full, x, r, at, &size);
    return _mm512_cmp_ps_mask(size, _mm512_set1_ps(INFINITY), _CMP_LT_OQ) != 0xffff;
}

static int back(int parts, const heed__amx_back *x)
{
    int full = x->scores.n == HEED_AMX_KEYS;
    if (parts > 1) return full ? back_of(2, 1, x) : back_of(2, 0, x);
    return full ? back_of(1, 1, x) : back_of(1, 0, x);
}

#    include "kernels/amx_target.h"

static const heed__amx_softmax table = {online, back};

const heed__amx_softmax *heed__amx_softmax_best(void)
{
    return heed__amx_best() ? &table : NULL;
}

#else

const heed__amx_softmax *heed__amx_softmax_best(void)
{
    return NULL;
}

#endif
