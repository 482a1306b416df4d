/* SPDX-License-Identifier: MIT */
/*
 * The matrix product's tile, on the vector of a level: its sums stay in registers over all of k.
 *
 *     step p of k:            b[p]:   vector 0 .. TILE_VECS - 1
 *              a[0][p], repeated      sum 0,0    ..
 *              a[1][p]                sum 1,0    ..       each sum += a[i][p] * b[p]
 *              ..                     ..
 *              a[TILE_ROWS - 1][p]    ..         ..
 *
 * Registers (a vector is 16 reals): sums, a row of b, one number of a.
 *
 *     AVX-512    14 rows x 2 vectors    28 + 2 + 1 of 32    16 loads a step
 *                 6 rows x 4 vectors    24 + 4 + 1          10, of 64 columns (TILE_WIDE_ROWS)
 *     AVX2        6 rows x 1 of two     12 + 2 + 1 of 16
 *     NEON        6 rows x 1 of four    24 + 4 + 1 of 32
 */
#ifndef HEED_KERNELS_TILE_TMPL_H
#define HEED_KERNELS_TILE_TMPL_H

/* The vector that begins at p; when `part` the last one has only `last` columns. */
HEED_INLINE vec tile_load(const heed_real *p, const int part, int64_t last)
{
    return part ? vec_load_part(p, last, 0) : vec_load(p);
}

#ifdef TILE_WIDE_ROWS
enum { MOST_VECS = 4 };
#else
enum { MOST_VECS = TILE_VECS };
#endif

/* How many steps of k ahead b is fetched. */
enum { AHEAD = 8 };

/* In these functions `rows`, `vecs` and `part` are constants in every use. */
HEED_INLINE void tile_begin(const int rows, const int vecs, const int part, const heed_real *start,
                            int64_t start_row, int64_t last, vec sum[TILE_ROWS][MOST_VECS])
{
    HEED_UNROLL
    for (int i = 0; i < rows; i++) {
        HEED_UNROLL
        for (int v = 0; v < vecs; v++) {
            const int cut = part && v == vecs - 1;
            sum[i][v] =
                start ? tile_load(start + i * start_row + LANES * v, cut, last) : vec_set(0);
        }
    }
}

HEED_INLINE void tile_end(const int rows, const int vecs, const int part, heed_real *c,
                          int64_t c_row, int64_t last, vec sum[TILE_ROWS][MOST_VECS])
{
    HEED_UNROLL
    for (int i = 0; i < rows; i++) {
        HEED_UNROLL
        for (int v = 0; v < vecs; v++) {
            heed_real *to = c + i * c_row + LANES * v;
            if (part && v == vecs - 1)
                vec_store_part(to, last, sum[i][v]);
            else
                vec_store(to, sum[i][v]);
        }
    }
}

/* sum += a b: rows of a at `from`. */
HEED_INLINE void tile_sum(const int rows, const int vecs, const int part, const heed__tile *t,
                          const heed_real *from, int64_t last, vec sum[TILE_ROWS][MOST_VECS])
{
    vec across[MOST_VECS];
    /* A pointer for every four rows leaves registers for the offsets between them. */
    const heed_real *a[(TILE_ROWS + 3) / 4], *b = t->b;
    int64_t a_row = t->a_row, a_col = t->a_col, b_row = t->b_row;
    HEED_UNROLL
    for (int i = 0; i < rows; i += 4) a[i / 4] = from + i * a_row;
    for (int64_t left = t->k, done = 0, steps; left > 0; left -= steps, done++) {
        steps = t->ahead && left > HEED__AHEAD_STEPS ? HEED__AHEAD_STEPS : left;
        for (int64_t p = steps; p > 0; p--, b += b_row) {
            HEED_UNROLL
            for (int v = 0; v < vecs; v++) {
                across[v] = tile_load(b + LANES * v, part && v == vecs - 1, last);
                if (vecs <= TILE_VECS) vec_prefetch(b + AHEAD * b_row + LANES * v);
            }
            HEED_UNROLL
            for (int i = 0; i < rows; i++) {
                vec down = vec_set(a[i / 4][i % 4 * a_row]);
                HEED_UNROLL
                for (int v = 0; v < vecs; v++) sum[i][v] = vec_fma(down, across[v], sum[i][v]);
            }
            HEED_UNROLL
            for (int i = 0; i < rows; i += 4) a[i / 4] += a_col;
        }
        if (!t->ahead) break;
        const heed_real *ahead = t->ahead + done * t->ahead_row;
        for (int v = 0; v < HEED__AHEAD_COLS; v += 16) vec_prefetch_far(ahead + v);
    }
}

/* `tiles` of them, one below the other. */
HEED_INLINE void tile_fixed(const int rows, const int vecs, const int part, const heed__tile *t,
                            int64_t last, int64_t tiles)
{
    vec sum[TILE_ROWS][MOST_VECS];
    const heed_real *a = t->a, *start = t->start;
    heed_real *c = t->c;
    for (; tiles > 0; tiles--) {
        tile_begin(rows, vecs, part, start, t->start_row, last, sum);
        tile_sum(rows, vecs, part, t, a, last, sum);
        tile_end(rows, vecs, part, c, t->c_row, last, sum);
        a += rows * t->a_row;
        c += rows * t->c_row;
        if (start) start += rows * t->start_row;
    }
}

/* `most`: a constant; no form has more rows. */
HEED_INLINE void tile_by_rows(const int most, const int vecs, const int part, const heed__tile *t,
                              int64_t last, int64_t tiles)
{
    (void)most; /* where all forms are low */
    switch (t->rows) {
    case 1:
        tile_fixed(1, vecs, part, t, last, tiles);
        break;
    case 2:
        tile_fixed(2, vecs, part, t, last, tiles);
        break;
    case 3:
        tile_fixed(3, vecs, part, t, last, tiles);
        break;
    case 4:
        tile_fixed(4, vecs, part, t, last, tiles);
        break;
#if TILE_ROWS > 4
    case 5:
        tile_fixed(5, vecs, part, t, last, tiles);
        break;
    case 6:
        tile_fixed(6, vecs, part, t, last, tiles);
        break;
#endif
#if TILE_ROWS > 6
    case 7:
        if (most >= 7) tile_fixed(7, vecs, part, t, last, tiles);
        break;
    case 8:
        if (most >= 8) tile_fixed(8, vecs, part, t, last, tiles);
        break;
    case 9:
        if (most >= 9) tile_fixed(9, vecs, part, t, last, tiles);
        break;
    case 10:
        if (most >= 10) tile_fixed(10, vecs, part, t, last, tiles);
        break;
    case 11:
        if (most >= 11) tile_fixed(11, vecs, part, t, last, tiles);
        break;
    case 12:
        if (most >= 12) tile_fixed(12, vecs, part, t, last, tiles);
        break;
    case 13:
        if (most >= 13) tile_fixed(13, vecs, part, t, last, tiles);
        break;
    case 14:
        if (most >= 14) tile_fixed(14, vecs, part, t, last, tiles);
        break;
#endif
    }
}

static void tile_one(const heed__tile *t, int64_t last, int64_t tiles)
{
    tile_by_rows(TILE_ROWS, 1, 0, t, last, tiles);
}

static void tile_one_part(const heed__tile *t, int64_t last, int64_t tiles)
{
    tile_by_rows(TILE_ROWS, 1, 1, t, last, tiles);
}

#if TILE_VECS > 1

static void tile_two(const heed__tile *t, int64_t last, int64_t tiles)
{
    tile_by_rows(TILE_ROWS, 2, 0, t, last, tiles);
}

static void tile_two_part(const heed__tile *t, int64_t last, int64_t tiles)
{
    tile_by_rows(TILE_ROWS, 2, 1, t, last, tiles);
}

#endif

#ifdef TILE_WIDE_ROWS

static void tile_wide(const heed__tile *t, int64_t last, int64_t tiles)
{
    tile_by_rows(TILE_WIDE_ROWS, MOST_VECS, 0, t, last, tiles);
}

#endif

/* One column of tiles of at most `most` rows. They are spread evenly, since tiles of few rows wait
 * for their sums: `more` have a row more than the others. */
static void tile_column(const heed__tile *whole, void (*form)(const heed__tile *, int64_t, int64_t),
                        int64_t most)
{
    int64_t last = whole->cols % LANES, tiles = (whole->rows + most - 1) / most;
    int64_t more = tiles ? whole->rows % tiles : 0;
    heed__tile t = *whole;
    if (!tiles) return;
    t.rows = whole->rows / tiles + 1;
    if (more) form(&t, last, more);
    t.a += more * t.rows * t.a_row;
    t.c += more * t.rows * t.c_row;
    if (t.start) t.start += more * t.rows * t.start_row;
    t.rows--;
    form(&t, last, tiles - more);
}

static void tile_product(const heed__tile *whole)
{
    static void (*const forms[TILE_VECS][2])(const heed__tile *, int64_t, int64_t) = {
        {tile_one, tile_one_part},
#if TILE_VECS > 1
        {tile_two, tile_two_part},
#endif
    };
    heed__tile t = *whole;
    for (int64_t j = 0; j < whole->cols; j += t.cols) {
        t.cols = whole->cols - j;
        t.b = whole->b + j;
        t.start = whole->start ? whole->start + j : NULL;
        t.c = whole->c + j;
#ifdef TILE_WIDE_ROWS
        if (t.cols >= MOST_VECS * LANES) {
            t.cols = MOST_VECS * LANES;
            tile_column(&t, tile_wide, TILE_WIDE_ROWS);
            continue;
        }
#endif
        if (t.cols > TILE_VECS * LANES) t.cols = TILE_VECS * LANES;
        tile_column(&t, forms[(t.cols - 1) / LANES][t.cols % LANES != 0], TILE_ROWS);
    }
}

/* The sums of a tile without its loads and stores. Numbers stay normal and differ by chain. */
static heed_real tile_peak(int64_t rounds)
{
    vec sum[TILE_ROWS][TILE_VECS], keep = vec_set((heed_real)0.5), add = vec_set(1);
    HEED_UNROLL
    for (int i = 0; i < TILE_ROWS; i++) {
        HEED_UNROLL
        for (int v = 0; v < TILE_VECS; v++) sum[i][v] = vec_set((heed_real)(i * TILE_VECS + v));
    }
    for (int64_t p = 0; p < rounds; p++) {
        HEED_UNROLL
        for (int i = 0; i < TILE_ROWS; i++) {
            HEED_UNROLL
            for (int v = 0; v < TILE_VECS; v++) sum[i][v] = vec_fma(sum[i][v], keep, add);
        }
    }
    vec all = vec_set(0);
    HEED_UNROLL
    for (int i = 0; i < TILE_ROWS; i++) {
        HEED_UNROLL
        for (int v = 0; v < TILE_VECS; v++) all = vec_add(all, sum[i][v]);
    }
    return vec_tree_sum(all);
}

#endif
