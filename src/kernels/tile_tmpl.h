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
 *     AVX-512    14 rows x 2 vectors    28 + 2 + 1 of 32
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

/* How many steps of k ahead b is fetched. */
enum { AHEAD = 8 };

/* In these functions `rows`, `vecs` and `part` are constants in every use. */
HEED_INLINE void tile_begin(const int rows, const int vecs, const int part, const heed__tile *t,
                            int64_t last, vec sum[TILE_ROWS][TILE_VECS])
{
    HEED_UNROLL
    for (int i = 0; i < rows; i++) {
        HEED_UNROLL
        for (int v = 0; v < vecs; v++) {
            const int cut = part && v == vecs - 1;
            sum[i][v] = t->start ? tile_load(t->start + i * t->start_row + LANES * v, cut, last)
                                 : vec_set(0);
        }
    }
}

HEED_INLINE void tile_end(const int rows, const int vecs, const int part, const heed__tile *t,
                          int64_t last, vec sum[TILE_ROWS][TILE_VECS])
{
    HEED_UNROLL
    for (int i = 0; i < rows; i++) {
        HEED_UNROLL
        for (int v = 0; v < vecs; v++) {
            heed_real *to = t->c + i * t->c_row + LANES * v;
            if (part && v == vecs - 1)
                vec_store_part(to, last, sum[i][v]);
            else
                vec_store(to, sum[i][v]);
        }
    }
}

HEED_INLINE void tile_fixed(const int rows, const int vecs, const int part, const heed__tile *t,
                            int64_t last)
{
    vec sum[TILE_ROWS][TILE_VECS], across[TILE_VECS];
    /* A pointer for every four rows leaves registers for the offsets between them. */
    const heed_real *a[(TILE_ROWS + 3) / 4], *b = t->b;
    int64_t a_row = t->a_row, a_col = t->a_col, b_row = t->b_row;
    HEED_UNROLL
    for (int i = 0; i < rows; i += 4) a[i / 4] = t->a + i * a_row;
    tile_begin(rows, vecs, part, t, last, sum);
    for (int64_t left = t->k, done = 0, steps; left > 0; left -= steps, done++) {
        steps = t->ahead && left > HEED__AHEAD_STEPS ? HEED__AHEAD_STEPS : left;
        for (int64_t p = steps; p > 0; p--, b += b_row) {
            HEED_UNROLL
            for (int v = 0; v < vecs; v++) {
                across[v] = tile_load(b + LANES * v, part && v == vecs - 1, last);
                vec_prefetch(b + AHEAD * b_row + LANES * v);
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
    tile_end(rows, vecs, part, t, last, sum);
}

HEED_INLINE void tile_by_rows(const int vecs, const int part, const heed__tile *t, int64_t last)
{
    switch (t->rows) {
    case 1:
        tile_fixed(1, vecs, part, t, last);
        break;
    case 2:
        tile_fixed(2, vecs, part, t, last);
        break;
    case 3:
        tile_fixed(3, vecs, part, t, last);
        break;
    case 4:
        tile_fixed(4, vecs, part, t, last);
        break;
#if TILE_ROWS > 4
    case 5:
        tile_fixed(5, vecs, part, t, last);
        break;
    case 6:
        tile_fixed(6, vecs, part, t, last);
        break;
#endif
#if TILE_ROWS > 6
    case 7:
        tile_fixed(7, vecs, part, t, last);
        break;
    case 8:
        tile_fixed(8, vecs, part, t, last);
        break;
    case 9:
        tile_fixed(9, vecs, part, t, last);
        break;
    case 10:
        tile_fixed(10, vecs, part, t, last);
        break;
    case 11:
        tile_fixed(11, vecs, part, t, last);
        break;
    case 12:
        tile_fixed(12, vecs, part, t, last);
        break;
    case 13:
        tile_fixed(13, vecs, part, t, last);
        break;
    case 14:
        tile_fixed(14, vecs, part, t, last);
        break;
#endif
    }
}

static void tile_one(const heed__tile *t, int64_t last)
{
    tile_by_rows(1, 0, t, last);
}

static void tile_one_part(const heed__tile *t, int64_t last)
{
    tile_by_rows(1, 1, t, last);
}

#if TILE_VECS > 1

static void tile_two(const heed__tile *t, int64_t last)
{
    tile_by_rows(2, 0, t, last);
}

static void tile_two_part(const heed__tile *t, int64_t last)
{
    tile_by_rows(2, 1, t, last);
}

#endif

/* One column of tiles. The rows are spread evenly, since tiles of few rows wait for their sums. */
static void tile_column(const heed__tile *whole)
{
    static void (*const forms[TILE_VECS][2])(const heed__tile *, int64_t) = {
        {tile_one, tile_one_part},
#if TILE_VECS > 1
        {tile_two, tile_two_part},
#endif
    };
    int64_t last = whole->cols % LANES, tiles = (whole->rows + TILE_ROWS - 1) / TILE_ROWS;
    void (*form)(const heed__tile *, int64_t) = forms[(whole->cols - 1) / LANES][last != 0];
    heed__tile t = *whole;
    for (int64_t i = 0, done = 0; i < tiles; i++) {
        t.rows = whole->rows * (i + 1) / tiles - done;
        t.a = whole->a + done * t.a_row;
        t.start = whole->start ? whole->start + done * t.start_row : NULL;
        t.c = whole->c + done * t.c_row;
        form(&t, last);
        done += t.rows;
    }
}

static void tile_product(const heed__tile *whole)
{
    heed__tile t = *whole;
    for (int64_t j = 0; j < whole->cols; j += TILE_VECS * LANES) {
        t.cols = whole->cols - j < TILE_VECS * LANES ? whole->cols - j : TILE_VECS * LANES;
        t.b = whole->b + j;
        t.start = whole->start ? whole->start + j : NULL;
        t.c = whole->c + j;
        tile_column(&t);
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
