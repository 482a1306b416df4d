/* SPDX-License-Identifier: MIT */
/*
 * The product, in slabs of k: b's slab is packed into panels of tile_cols columns (all threads),
 * then each task computes one block of c, packing a's rows in pieces that stay in its cache.
 * Between pieces of k the sums rest in c, which is exact. Where b's rows can be read as they are
 * and are read by few tiles only, nothing is packed.
 */
#include "kernels/gemm.h"

#include "kernels/kernels.h"

#include <string.h>

enum {
    PIECE = 256,        /* of k: a panel of b (32 KiB) stays in the first cache */
    SLAB = 1 << 20,     /* reals of packed b, where one piece of k is not more */
    BLOCK_TILES = 8,    /* rows of a block of c, in tiles */
    BLOCK_COLS = 512,   /* columns of a block of c */
    FEW_TASKS = 16,     /* below it, blocks are made smaller ... */
    TASK_WORK = 1 << 18 /* ... as long as a task has this many multiply-adds */
};

typedef struct plan {
    const heed__gemm *g;
    const heed__kernels *kernels;
    int64_t slab;                   /* of k */
    int64_t block_rows, block_cols; /* of c, per task */
    int64_t down, across;           /* blocks */
    int64_t a_room;                 /* reals a thread needs for its piece of a */
    int pack_b;
    heed_real *b, *a;  /* workspace */
    int64_t k0, depth; /* the slab at work */
} plan;

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t round_up(int64_t a, int64_t step)
{
    return (a + step - 1) / step * step;
}

static int64_t slab_of(int64_t k, int64_t padded_n)
{
    int64_t pieces = SLAB / (padded_n * PIECE);
    return least(k, (pieces > 1 ? pieces : 1) * PIECE);
}

static int64_t a_room(const heed__kernels *kernels)
{
    return round_up((int64_t)BLOCK_TILES * kernels->tile_rows, 16) * PIECE;
}

size_t heed__gemm_workspace(const heed_context *context, int64_t m, int64_t n, int64_t k)
{
    const heed__kernels *kernels = heed__kernels_best();
    (void)m;
    if (n < 1 || k < 1) return 0;
    int64_t padded = round_up(n, kernels->tile_cols), most = (int64_t)SLAB;
    if (padded * PIECE > most) most = padded * PIECE;
    int64_t b = least(padded * k, most);
    return (size_t)(b + a_room(kernels) * heed_context_threads(context));
}

/* The same product is cut in the same way whatever the context. */
static void cut(plan *p)
{
    const heed__gemm *g = p->g;
    int64_t rows = p->kernels->tile_rows, cols = p->kernels->tile_cols;
    p->block_rows = BLOCK_TILES * rows;
    p->block_cols = least(round_up(g->n, cols), BLOCK_COLS);
    for (;;) {
        p->down = (g->m + p->block_rows - 1) / p->block_rows;
        p->across = (g->n + p->block_cols - 1) / p->block_cols;
        if (p->down * p->across >= FEW_TASKS ||
            least(p->block_rows, g->m) * least(p->block_cols, g->n) * g->k < 2 * TASK_WORK)
            return;
        if (p->block_rows > 2 * rows && least(p->block_rows, g->m) * 2 > p->block_cols)
            p->block_rows = round_up(p->block_rows / 2, rows);
        else if (p->block_cols > cols)
            p->block_cols = round_up(p->block_cols / 2, cols);
        else if (p->block_rows > rows)
            p->block_rows = round_up(p->block_rows / 2, rows);
        else
            return;
    }
}

static void pack_panel(void *arg, int64_t task, int thread)
{
    const plan *p = arg;
    const heed__gemm *g = p->g;
    int64_t width = p->kernels->tile_cols, j = task * width, cols = least(width, g->n - j);
    const heed_real *from = g->b + p->k0 * g->b_row + j * g->b_col;
    heed_real *to = p->b + j * p->depth;
    (void)thread;
    if (g->b_row == 1) {
        p->kernels->transpose(cols, p->depth, from, g->b_col, to, width);
    } else if (g->b_col == 1) {
        for (int64_t i = 0; i < p->depth; i++)
            memcpy(to + i * width, from + i * g->b_row, (size_t)cols * sizeof *to);
    } else {
        for (int64_t i = 0; i < p->depth; i++)
            for (int64_t c = 0; c < cols; c++)
                to[i * width + c] = from[i * g->b_row + c * g->b_col];
    }
}

/* a's rows i .. i + rows - 1, columns k .. k + depth - 1, as [depth][stride]. */
static void pack_rows(const plan *p, int64_t i, int64_t rows, int64_t k, int64_t depth,
                      heed_real *to, int64_t stride)
{
    const heed__gemm *g = p->g;
    const heed_real *from = g->a + i * g->a_row + k * g->a_col;
    if (g->a_col == 1) {
        p->kernels->transpose(rows, depth, from, g->a_row, to, stride);
    } else if (g->a_row == 1) {
        for (int64_t c = 0; c < depth; c++)
            memcpy(to + c * stride, from + c * g->a_col, (size_t)rows * sizeof *to);
    } else {
        for (int64_t c = 0; c < depth; c++)
            for (int64_t r = 0; r < rows; r++)
                to[c * stride + r] = from[r * g->a_row + c * g->a_col];
    }
}

static void set_start(const plan *p, heed__tile *t, int64_t k, int64_t i, int64_t j)
{
    const heed__gemm *g = p->g;
    t->c = g->c + i * g->c_row + j;
    t->c_row = g->c_row;
    t->start = NULL;
    t->start_row = 0;
    if (k > 0 || g->accumulate) {
        t->start = t->c;
        t->start_row = g->c_row;
    } else if (g->bias) {
        t->start = g->bias + j;
    }
}

static void run_block(void *arg, int64_t task, int thread)
{
    const plan *p = arg;
    const heed__gemm *g = p->g;
    int64_t width = p->kernels->tile_cols;
    int64_t i0 = g->m * (task / p->across) / p->down;
    int64_t i1 = g->m * (task / p->across + 1) / p->down;
    int64_t j0 = task % p->across * p->block_cols, j1 = least(j0 + p->block_cols, g->n);
    heed_real *packed = p->a + thread * p->a_room;
    int pack_a = j1 - j0 > 4 * width;
    for (int64_t k = p->k0; k < p->k0 + p->depth || k == 0; k += PIECE) {
        heed__tile t = {.rows = i1 - i0, .k = least(PIECE, p->k0 + p->depth - k)};
        t.a = g->a + i0 * g->a_row + k * g->a_col;
        t.a_row = g->a_row;
        t.a_col = g->a_col;
        if (pack_a) {
            t.a_col = round_up(t.rows, 16);
            pack_rows(p, i0, t.rows, k, t.k, packed, t.a_col);
            t.a = packed;
            t.a_row = 1;
        }
        for (int64_t j = j0; j < j1; j += width) {
            t.cols = least(width, j1 - j);
            t.b = p->pack_b ? p->b + j * p->depth + (k - p->k0) * width : g->b + k * g->b_row + j;
            t.b_row = p->pack_b ? width : g->b_row;
            set_start(p, &t, k, i0, j);
            p->kernels->gemm_tile(&t);
        }
        if (t.k == 0) break;
    }
}

static void spread(heed_context *context, int64_t count, heed__task task, plan *p)
{
    if (context)
        heed__parallel(context, count, task, p);
    else /* even inside another context's task the workspace is one thread's */
        for (int64_t i = 0; i < count; i++) task(p, i, 0);
}

void heed__gemm_run(heed_context *context, const heed__gemm *product, heed_real *workspace)
{
    const heed__gemm *g = product;
    plan p = {.g = g, .kernels = heed__kernels_best()};
    if (g->m < 1 || g->n < 1) return;
    cut(&p);
    int64_t width = p.kernels->tile_cols, padded = round_up(g->n, width);
    p.pack_b = g->b_col != 1 || g->m > 2 * p.kernels->tile_rows;
    p.slab = p.pack_b && g->k > 0 ? slab_of(g->k, padded) : g->k;
    p.a_room = a_room(p.kernels);
    p.b = workspace;
    p.a = workspace + (p.pack_b ? padded * p.slab : 0);
    for (p.k0 = 0; p.k0 < g->k || p.k0 == 0; p.k0 += p.slab) {
        p.depth = least(p.slab, g->k - p.k0);
        if (p.pack_b && p.depth > 0) spread(context, padded / width, pack_panel, &p);
        spread(context, p.down * p.across, run_block, &p);
        if (p.depth == 0) break;
    }
}
