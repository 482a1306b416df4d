/* SPDX-License-Identifier: MIT */
/*
 * The table of vector kernels: one struct a level, chosen once. All levels give the same bits at
 * float32: a product is one chain of fused multiply-adds over k; every other sum runs over 16
 * virtual lanes (element i into lane i mod 16, in order) and then one fixed tree; exp, log, tanh
 * and their kin are made of IEEE operations only. (The payload and sign of a NaN are not promised.)
 */
#ifndef HEED_KERNELS_KERNELS_H
#define HEED_KERNELS_KERNELS_H

#include "base/real.h"
#include "cpu/cpu.h"

#include <stdint.h>

/* c[rows, cols] = start + a[rows, k] b[k, cols]; every output is one chain of fused multiply-adds
 * over k, in order. Any sizes. a has any strides; the columns of b, start and c are contiguous.
 * start NULL is zero; start = c with start_row = c_row accumulates; start_row = 0 repeats one row
 * (a bias). c overlaps neither a nor b. */
typedef struct heed__tile {
    int64_t rows, cols, k;
    const heed_real *a;
    int64_t a_row, a_col;
    const heed_real *b;
    int64_t b_row;
    const heed_real *start;
    int64_t start_row;
    heed_real *c;
    int64_t c_row;
    const heed_real *ahead; /* brought near meanwhile; NULL = nothing */
    int64_t ahead_row;
} heed__tile;

/* After so many steps of k a tile fetches so many reals at ahead, then at ahead + ahead_row ... */
enum { HEED__AHEAD_STEPS = 16, HEED__AHEAD_COLS = 128 };

/* The numbers of one step of an optimiser; the gradient is grad_scale x grad. */
typedef struct heed__adamw {
    heed_real grad_scale, keep, rate, beta1, rest1, beta2, rest2, root, epsilon;
} heed__adamw;

typedef struct heed__sgd {
    heed_real grad_scale, rate, momentum, decay;
    int nesterov;
} heed__sgd;

/* Dropout of one row: which elements are dropped is a function of key and counter only. */
typedef struct heed__drop_row {
    uint32_t key[2], counter[3]; /* of Philox; its first counter word numbers the elements */
    uint32_t below;              /* an element whose 32 bits are below it is dropped */
    heed_real scale;             /* kept ones are multiplied by it */
} heed__drop_row;

/* Dropout of attention's weights: of row i, counted from `row`, element t takes 16 bits, half
 * t mod 2 of word t / 2 mod 4 of Philox at {block + t / 8, row + i}, both of 64 bits. */
typedef struct heed__drop_tile {
    uint32_t key[2];
    uint32_t below; /* an element whose 16 bits are below it is dropped */
    heed_real scale;
    uint64_t row, block;
} heed__drop_tile;

typedef struct heed__kernels {
    heed__level level;

    /* y[i] = f(x[i]); y may be x. */
    void (*exp)(int64_t n, const heed_real *x, heed_real *y);
    void (*log)(int64_t n, const heed_real *x, heed_real *y);
    void (*tanh)(int64_t n, const heed_real *x, heed_real *y);
    void (*sigmoid)(int64_t n, const heed_real *x, heed_real *y);
    void (*erf)(int64_t n, const heed_real *x, heed_real *y);

    /* y[i] = exp(x[i] - shift), 0 where that is below e^-60: beside the row's largest, whose weight
     * is near 1, it counts for nothing. Returns the sum of y over 16 lanes and the tree. y may be
     * x. */
    heed_real (*exp_sum)(int64_t n, const heed_real *x, heed_real shift, heed_real *y);

    /* Softmax over a tile of scores s[rows, n], in place. Online (Milakov, Gimelshein 2018): top is
     * each row's largest score so far (-inf at first), sum the sum of exp(s - top) (0 at first); s
     * becomes exp(s - top) as in exp_sum, factor what earlier weights of the row must be multiplied
     * with. A row of -inf alone becomes 0, and a NaN makes sum NaN. */
    void (*softmax_online)(int64_t rows, int64_t n, heed_real *s, int64_t s_row, heed_real *top,
                           heed_real *sum, heed_real *factor);
    /* One row backwards: s becomes p = exp(s - lse), d becomes p (d - delta). */
    void (*softmax_back)(int64_t n, heed_real *s, heed_real *d, heed_real lse, heed_real delta);

    heed_real (*sum)(int64_t n, const heed_real *x);
    heed_real (*dot)(int64_t n, const heed_real *x, const heed_real *y);
    heed_real (*max)(int64_t n, const heed_real *x); /* NaN if any is; -inf for n = 0 */
    /* 0, or NaN where one of rows x n is infinite or NaN. */
    heed_real (*zero_times)(int64_t rows, int64_t n, const heed_real *x, int64_t x_row);

    void (*axpy)(int64_t n, heed_real a, const heed_real *x, heed_real *y);  /* y = fma(a, x, y) */
    void (*scale)(int64_t n, heed_real a, const heed_real *x, heed_real *y); /* y = a * x */
    void (*affine)(int64_t n, heed_real a, heed_real c, const heed_real *x, heed_real *y);
    /* y = a * x + c, rounded twice; y may be x */
    /* Pairs (x, y) turned: by the angle whose sine is sign * sine. */
    void (*turn)(int64_t n, const heed_real *cosine, const heed_real *sine, heed_real sign,
                 heed_real *x, heed_real *y);
    /* y[r] = a[r] * x[r], rows of n; y may be x. */
    void (*scale_rows)(int64_t rows, int64_t n, const heed_real *a, const heed_real *x,
                       int64_t x_row, heed_real *y, int64_t y_row);
    void (*add)(int64_t n, const heed_real *x, heed_real *y); /* y += x */
    void (*multiply)(int64_t n, const heed_real *x, const heed_real *y, heed_real *z);
    /* z = x * y */
    void (*multiply_add)(int64_t n, const heed_real *x, const heed_real *y, heed_real *z);
    /* z = fma(x, y, z) */

    /* A row's layer normalisation: kept[0] = mean of x, kept[1] = r = 1 / sqrt(variance + epsilon),
     * y = (x - mean) r gain + bias. y may be x. */
    void (*norm)(int64_t n, heed_real epsilon, const heed_real *x, const heed_real *gain,
                 const heed_real *bias, heed_real *y, heed_real kept[2]);
    /* Going back, with xhat = (x - mean) r: dgain += dy xhat, dbias += dy; and with g = dy gain
     * dx = base + r (g - mean(g) - xhat mean(g xhat)), base NULL = 0; dx may be dy or base. */
    void (*norm_learn)(int64_t n, const heed_real kept[2], const heed_real *x, const heed_real *dy,
                       heed_real *dgain, heed_real *dbias);
    void (*norm_back)(int64_t n, const heed_real kept[2], const heed_real *x, const heed_real *gain,
                      const heed_real *dy, const heed_real *base, heed_real *dx);

    /* mean = beta1 mean + rest1 g; square = beta2 square + rest2 g g;
     * data = keep data - rate mean / (root sqrt(square) + epsilon). */
    void (*adamw)(int64_t n, const heed__adamw *step, const heed_real *grad, heed_real *data,
                  heed_real *mean, heed_real *square);
    /* velocity = momentum velocity + p, where p = g + decay data; data -= rate velocity, or with
     * nesterov rate (momentum velocity + p). */
    void (*sgd)(int64_t n, const heed__sgd *step, const heed_real *grad, heed_real *data,
                heed_real *velocity);

    /* y = base + x with some elements dropped; base NULL = 0. y may be x or base. */
    void (*drop)(int64_t n, const heed__drop_row *drop, const heed_real *x, const heed_real *base,
                 heed_real *y);
    /* keep[i * keep_row + t] = scale where kept, else 0, for i < rows, t < n. */
    void (*drop_tile)(int64_t rows, int64_t n, const heed__drop_tile *drop, heed_real *keep,
                      int64_t keep_row);

    /* Brings x [n] near, if the machine likes. */
    void (*fetch)(int64_t n, const heed_real *x);

    /* y[i * y_row + j] = x[i * x_row + j] for i < rows, j < cols. */
    void (*copy)(int64_t rows, int64_t cols, const heed_real *x, int64_t x_row, heed_real *y,
                 int64_t y_row);
    /* y[j * y_row + i] = x[i * x_row + j] for i < rows, j < cols: moves only. */
    void (*transpose)(int64_t rows, int64_t cols, const heed_real *x, int64_t x_row, heed_real *y,
                      int64_t y_row);

    /* SHA-256 of 16 messages side by side: takes `blocks` blocks of 64 bytes from each of `bytes`
     * into state[word][message]. */
    void (*sha256)(int64_t blocks, const unsigned char *const bytes[16], uint32_t state[8][16]);

    /* sums[r] = sum over p < pairs of w[32 p + 2 r] x[2 p] + w[32 p + 2 r + 1] x[2 p + 1], for 16
     * rows r, modulo 2^32. */
    void (*byte_sums)(int64_t pairs, const int8_t *w, const int16_t *x, int32_t *sums);

    /* A whole product on the calling thread, without workspace: see heed__tile. It is fastest on
     * multiples of tile_rows and tile_cols (a multiple of 16), with a's and b's rows in cache. */
    int tile_rows, tile_cols;
    void (*gemm_tile)(const heed__tile *tile);

    /* What the multiplier gives at most: tile_rows x tile_cols chains of `rounds` fused
     * multiply-adds each, in registers alone. Returns a sum over them, so that none is left out. */
    heed_real (*peak)(int64_t rounds);
} heed__kernels;

/* The table of the best level allowed (HEED_CPU caps it). Never NULL. */
const heed__kernels *heed__kernels_best(void);

/* The table of one level, NULL where it is not built in or the machine lacks it (tests, benches).
 */
const heed__kernels *heed__kernels_at(heed__level level);

#endif
