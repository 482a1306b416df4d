/* SPDX-License-Identifier: MIT */
/*
 * The product, in slabs of k. All threads pack a slab of b into panels of tile_cols columns, then
 * each task computes one block of c from it, tile row by tile row: the slab streams by from the
 * second cache, the rows of a and c stay in the first. Between pieces of k the sums rest in c,
 * which is exact. a is read as it lies, but for strides that would spoil the cache; b too, where
 * its rows are contiguous and few tiles read them.
 */
#include "kernels/gemm.h"

#include "kernels/gemm_amx.h"
#include "kernels/kernels.h"

#include <string.h>

enum {
    PIECE = 256,         /* of k: a tile's rows of a (14 KiB) stay in the first cache */
    SLAB = 1 << 17,      /* reals of packed b at a time, or one piece of k where that is more */
    BLOCK_TILES = 4,     /* rows of a block of c, in tiles */
    BLOCK_COLS = 1024,   /* columns of a block of c */
    FEW_TASKS = 16,      /* below it, blocks are made smaller ... */
    TASK_WORK = 1 << 18, /* ... as long as a task keeps this many multiply-adds */
    PATCH_DEPTH = 128,   /* of k: what one task packs of b */
    PATCH_PANELS = 8,
    FEW_TILES = 5,    /* of rows: b is not packed for so few */
    FAR_STRIDE = 512, /* reals: the least stride over k for which a is packed */
    MARK = 16 /* reals before what is packed: the first is the number of its bfloat16 parts */
};

typedef struct plan {
    const heed__gemm *g;
    const heed__kernels *kernels;
    int pack_a, pack_b;
    int64_t slab;                   /* of k */
    int64_t patches;                /* that lie side by side in a slab */
    int64_t block_rows, block_cols; /* of c, per task */
    int64_t down, across;           /* blocks */
    int64_t a_room;                 /* reals a thread needs for its piece of a */
    heed_real *b, *a;               /* workspace */
    int64_t k0, depth;              /* the slab at work */
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

size_t heed__gemm_workspace_any(const heed_context *context, int64_t m, int64_t n, int64_t k)
{
    size_t room = heed__gemm_workspace(context, m, n, k);
    if (n < 1 || k < 1 || !heed__gemm_parts(HEED_PRECISION_HIGH)) return room;
    size_t amx = heed__gemm_amx_workspace(heed_context_threads(context), m, n, k);
    return amx > room ? amx : room;
}

size_t heed__gemm_workspace_packed(const heed_context *context)
{
    int threads = heed_context_threads(context);
    size_t room = (size_t)(a_room(heed__kernels_best()) * threads);
    if (!heed__gemm_parts(HEED_PRECISION_HIGH)) return room;
    size_t amx = heed__gemm_amx_rows(threads);
    return amx > room ? amx : room;
}

/* Rows are cut before columns, since every task across reads a again. The same product is cut in
 * the same way whatever the context. */
static void cut(plan *p)
{
    const heed__gemm *g = p->g;
    int64_t tiles = BLOCK_TILES, panels = BLOCK_COLS / p->kernels->tile_cols;
    for (;;) {
        p->block_rows = least(tiles * p->kernels->tile_rows, g->m);
        p->block_cols = least(panels * p->kernels->tile_cols, g->n);
        p->down = (g->m + p->block_rows - 1) / p->block_rows;
        p->across = (g->n + p->block_cols - 1) / p->block_cols;
        if (p->down * p->across >= FEW_TASKS ||
            p->block_rows * p->block_cols * g->k < 2 * TASK_WORK || (tiles == 1 && panels == 1))
            return;
        if (tiles > 1)
            tiles /= 2;
        else
            panels /= 2;
    }
}

static void copy_row(int64_t n, const heed_real *from, int64_t step, heed_real *to)
{
    if (step == 1 && n == 32)
        memcpy(to, from, 32 * sizeof *to); /* of known size, hence a few moves */
    else if (step == 1)
        memcpy(to, from, (size_t)n * sizeof *to);
    else
        for (int64_t i = 0; i < n; i++) to[i] = from[i * step];
}

/* One patch of the slab: PATCH_DEPTH of k, PATCH_PANELS panels. */
static void pack_patch(void *arg, int64_t task, int thread)
{
    const plan *p = arg;
    const heed__gemm *g = p->g;
    int64_t width = p->kernels->tile_cols;
    int64_t k = task / p->patches * PATCH_DEPTH, depth = least(PATCH_DEPTH, p->depth - k);
    int64_t j0 = task % p->patches * PATCH_PANELS * width;
    int64_t j1 = least(j0 + PATCH_PANELS * width, g->n);
    const heed_real *from = g->b + (p->k0 + k) * g->b_row;
    heed_real *to = p->b + k * width; /* a panel is [p->depth][width] */
    (void)thread;
    if (g->b_row == 1) {
        for (int64_t j = j0; j < j1; j += width)
            p->kernels->transpose(least(width, j1 - j), depth, from + j * g->b_col, g->b_col,
                                  to + j * p->depth, width);
        return;
    }
    for (int64_t i = 0; i < depth; i++, from += g->b_row, to += width)
        for (int64_t j = j0; j < j1; j += width)
            copy_row(least(width, j1 - j), from + j * g->b_col, g->b_col, to + j * p->depth);
}

/* a's rows i .. i + rows - 1, columns k .. k + depth - 1, as [depth][rows]. */
static void pack_rows(const plan *p, int64_t i, int64_t rows, int64_t k, int64_t depth,
                      heed_real *to)
{
    const heed__gemm *g = p->g;
    const heed_real *from = g->a + i * g->a_row + k * g->a_col;
    for (int64_t c = 0; c < depth; c++)
        copy_row(rows, from + c * g->a_col, g->a_row, to + c * rows);
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

/* One piece of k of some rows: t holds them and their a. b streams by, a and c stay near. */
static void run_rows(const plan *p, heed__tile t, int64_t k, int64_t i, int64_t j0, int64_t j1)
{
    const heed__gemm *g = p->g;
    int64_t width = p->kernels->tile_cols;
    t.b_row = p->pack_b ? width : g->b_row;
    for (int64_t j = j0; j < j1; j += width) {
        t.cols = least(width, j1 - j);
        t.b = p->pack_b ? p->b + j * p->depth + (k - p->k0) * width : g->b + k * g->b_row + j;
        set_start(p, &t, k, i, j);
        p->kernels->gemm_tile(&t);
    }
}

/* Rows are spread evenly over tiles, since a tile of few rows waits for its sums. */
static void run_block(void *arg, int64_t task, int thread)
{
    const plan *p = arg;
    const heed__gemm *g = p->g;
    int64_t i0 = g->m * (task / p->across) / p->down;
    int64_t i1 = g->m * (task / p->across + 1) / p->down;
    int64_t j0 = task % p->across * p->block_cols, j1 = least(j0 + p->block_cols, g->n);
    int64_t rows = i1 - i0, tiles = (rows + p->kernels->tile_rows - 1) / p->kernels->tile_rows;
    heed_real *packed = p->a + thread * p->a_room;
    int64_t k = p->k0;
    do {
        heed__tile t = {.a_row = g->a_row, .a_col = g->a_col};
        t.k = least(PIECE, p->k0 + p->depth - k);
        const heed_real *a = g->a + i0 * g->a_row + k * g->a_col;
        if (p->pack_a) {
            pack_rows(p, i0, rows, k, t.k, packed);
            a = packed;
            t.a_row = 1;
            t.a_col = rows;
        }
        for (int64_t tile = 0, i = 0; tile < tiles; tile++, i += t.rows) {
            t.rows = rows * (tile + 1) / tiles - i;
            t.a = a + i * t.a_row;
            run_rows(p, t, k, i0 + i, j0, j1);
        }
        k += PIECE;
    } while (k < p->k0 + p->depth);
}

static void spread(heed_context *context, int64_t count, heed__task task, plan *p)
{
    if (context)
        heed__parallel(context, count, task, p);
    else /* even inside another context's task the workspace is one thread's */
        for (int64_t i = 0; i < count; i++) task(p, i, 0);
}

static plan plan_of(const heed__gemm *g)
{
    plan p = {.g = g, .kernels = heed__kernels_best()};
    int64_t width = p.kernels->tile_cols, padded = round_up(g->n, width);
    p.pack_b = g->k > 0 && (g->packed || g->b_col != 1 || g->m > FEW_TILES * p.kernels->tile_rows);
    p.slab = p.pack_b && !g->packed ? slab_of(g->k, padded) : g->k;
    p.patches = (padded / width + PATCH_PANELS - 1) / PATCH_PANELS;
    p.a_room = a_room(p.kernels);
    return p;
}

static void pack_slab(heed_context *context, plan *p)
{
    spread(context, p->patches * ((p->depth + PATCH_DEPTH - 1) / PATCH_DEPTH), pack_patch, p);
}

size_t heed__gemm_packed(heed_precision precision, int64_t n, int64_t k)
{
    int parts = heed__gemm_parts(precision);
    if (parts) return MARK + heed__gemm_amx_packed(parts, n, k);
    return (size_t)(MARK + round_up(n, heed__kernels_best()->tile_cols) * k);
}

void heed__gemm_pack(heed_context *context, const heed__gemm *product, heed_real *packed)
{
    int parts = heed__gemm_parts(product->precision);
    *packed = (heed_real)parts;
    if (product->n < 1 || product->k < 1) return;
    if (parts) {
        heed__gemm_amx_pack(context, parts, product, packed + MARK);
        return;
    }
    plan p = plan_of(product);
    p.b = packed + MARK;
    p.depth = product->k;
    pack_slab(context, &p);
}

static void run_highest(heed_context *context, const heed__gemm *g, heed_real *workspace)
{
    plan p = plan_of(g);
    cut(&p);
    p.pack_a = g->a_col != 1 && (g->a_row != 1 || g->a_col >= FAR_STRIDE);
    p.b = g->packed ? (heed_real *)g->packed : workspace; /* what is packed is only read */
    p.a = workspace;
    if (p.pack_b && !g->packed) p.a += round_up(g->n, p.kernels->tile_cols) * p.slab;
    do {
        p.depth = least(p.slab, g->k - p.k0);
        if (p.pack_b && !g->packed) pack_slab(context, &p);
        spread(context, p.down * p.across, run_block, &p);
        p.k0 += p.slab;
    } while (p.k0 < g->k);
}

void heed__gemm_run(heed_context *context, const heed__gemm *product, heed_real *workspace)
{
    if (product->m < 1 || product->n < 1) return;
    int parts = heed__gemm_parts(product->precision);
    heed__gemm g = *product;
    if (g.packed) g.packed = *g.packed == (heed_real)parts ? g.packed + MARK : NULL;
    if (parts && g.k > 0)
        heed__gemm_amx_run(context, parts, &g, workspace);
    else
        run_highest(context, &g, workspace);
}
