/* SPDX-License-Identifier: MIT */
/*
 * The product in bfloat16, in slabs of k. All threads lay a slab of b out in panels of 32 columns;
 * each task then lays out a piece of some rows of a, and multiplies: a panel (32 KiB a piece) stays
 * in the first cache while those rows, in the second, go by. Between pieces of k the sums rest in
 * c, which is exact, and pieces begin at multiples of PIECE: the bits of an output depend on its
 * row, its column and the number of parts only.
 */
#include "kernels/gemm_amx.h"

#include "kernels/amx.h"

enum {
    BLOCK = HEED_AMX_BLOCK,
    CHUNK = HEED_AMX_CHUNK,
    PIECE = 256,     /* of k, a multiple of CHUNK */
    SLAB = 1 << 18,  /* numbers of b at a time, or one piece of k where that is more */
    MOST_BLOCKS = 4, /* of rows, per task */
    ENOUGH_TASKS = 8,
    LEAST_PANELS = 4 /* per task, when columns are cut too */
};

typedef struct plan {
    const heed__gemm *g;
    const heed__amx *amx;
    int parts;
    int64_t unit;   /* reals */
    int64_t panels; /* of b */
    int64_t slab;   /* of k */
    int64_t blocks; /* rows per task, in blocks */
    int64_t task_panels;
    int64_t down, across;
    heed_real *flags;  /* of each panel: it needs care */
    heed_real *b, *a;  /* workspace */
    int64_t k0, depth; /* the slab at work */
} plan;

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t parts_of(int64_t count, int64_t step)
{
    return (count + step - 1) / step;
}

static int64_t flags_room(int64_t n)
{
    return parts_of(parts_of(n, BLOCK), 16) * 16;
}

static int64_t slab_of(int64_t n, int64_t k)
{
    int64_t pieces = SLAB / (parts_of(n, BLOCK) * BLOCK * PIECE);
    return least(k, (pieces > 1 ? pieces : 1) * PIECE);
}

int heed__gemm_parts(heed_precision precision)
{
    if (precision == HEED_PRECISION_HIGHEST || !heed__amx_best()) return 0;
    return precision == HEED_PRECISION_HIGH ? 2 : 1;
}

size_t heed__gemm_amx_packed(int parts, int64_t n, int64_t k)
{
    return (size_t)(flags_room(n) + parts_of(n, BLOCK) * parts_of(k, CHUNK) * HEED_AMX_UNIT(parts));
}

/* What one thread needs for its rows of a. */
static int64_t a_room(int parts)
{
    return (int64_t)MOST_BLOCKS * (PIECE / CHUNK) * HEED_AMX_UNIT(parts);
}

size_t heed__gemm_amx_rows(int threads)
{
    return (size_t)(threads * a_room(2));
}

size_t heed__gemm_amx_workspace(int threads, int64_t n, int64_t k)
{
    return heed__gemm_amx_packed(2, n, slab_of(n, k)) + heed__gemm_amx_rows(threads);
}

static plan plan_of(int parts, const heed__gemm *g, heed_real *packed)
{
    plan p = {.g = g, .amx = heed__amx_best(), .parts = parts, .unit = HEED_AMX_UNIT(parts)};
    p.panels = parts_of(g->n, BLOCK);
    p.flags = packed;
    p.b = packed + flags_room(g->n);
    return p;
}

/* Rows are cut before columns, since every task across lays a's rows out again. */
static void cut(plan *p)
{
    p->blocks = MOST_BLOCKS;
    p->task_panels = p->panels;
    for (;;) {
        p->down = parts_of(p->g->m, p->blocks * BLOCK);
        p->across = parts_of(p->panels, p->task_panels);
        if (p->down * p->across >= ENOUGH_TASKS) return;
        if (p->blocks > 1)
            p->blocks /= 2;
        else if (p->task_panels >= 2 * LEAST_PANELS)
            p->task_panels = parts_of(p->task_panels, 2);
        else
            return;
    }
}

static void pack_panel(void *arg, int64_t panel, int thread)
{
    const plan *p = arg;
    const heed__gemm *g = p->g;
    int64_t j = panel * BLOCK;
    heed__amx_strip strip = {.data = g->b + p->k0 * g->b_row + j * g->b_col,
                             .row = g->b_col,
                             .col = g->b_row,
                             .rows = least(BLOCK, g->n - j),
                             .k = p->depth,
                             .by_columns = 1};
    heed_real *to = p->b + panel * parts_of(p->depth, CHUNK) * p->unit;
    (void)thread;
    p->flags[panel] = (heed_real)p->amx->pack(p->parts, &strip, to);
}

/* The rows of a task that begin at i, for one piece of k; care[] of each block. */
static void pack_rows(const plan *p, int64_t i, int64_t end, int64_t k, int64_t depth,
                      heed_real *to, int *care)
{
    const heed__gemm *g = p->g;
    for (; i < end; i += BLOCK, to += parts_of(depth, CHUNK) * p->unit) {
        heed__amx_strip strip = {.data = g->a + i * g->a_row + k * g->a_col,
                                 .row = g->a_row,
                                 .col = g->a_col,
                                 .rows = least(BLOCK, end - i),
                                 .k = depth};
        *care++ = p->amx->pack(p->parts, &strip, to);
    }
}

static void set_start(const plan *p, heed__amx_block *block, int64_t k, int64_t j)
{
    const heed__gemm *g = p->g;
    block->start = NULL;
    block->start_row = 0;
    if (k > 0 || g->accumulate) {
        block->start = block->c;
        block->start_row = g->c_row;
    } else if (g->bias) {
        block->start = g->bias + j;
    }
}

/* A task's rows against one panel, for one piece of k. */
static void run_panel(const plan *p, int64_t panel, int64_t i0, int64_t i1, int64_t k,
                      int64_t chunks, const heed_real *a, const int *care)
{
    const heed__gemm *g = p->g;
    int64_t j = panel * BLOCK, first = panel * parts_of(p->depth, CHUNK) + (k - p->k0) / CHUNK;
    heed__amx_block block = {.cols = least(BLOCK, g->n - j), .chunks = chunks};
    block.c_row = g->c_row;
    block.b = p->b + first * p->unit;
    for (int64_t i = i0; i < i1; i += BLOCK, a += chunks * p->unit, care++) {
        block.rows = least(BLOCK, i1 - i);
        block.a = a;
        block.c = g->c + i * g->c_row + j;
        block.careful = *care || p->flags[panel] != 0;
        set_start(p, &block, k, j);
        p->amx->block(p->parts, &block);
    }
}

static void run_task(void *arg, int64_t task, int thread)
{
    const plan *p = arg;
    int64_t i0 = task / p->across * p->blocks * BLOCK, i1 = least(i0 + p->blocks * BLOCK, p->g->m);
    int64_t j0 = task % p->across * p->task_panels, j1 = least(j0 + p->task_panels, p->panels);
    heed_real *a = p->a + thread * a_room(p->parts);
    int care[MOST_BLOCKS] = {0};
    p->amx->begin();
    for (int64_t k = p->k0; k < p->k0 + p->depth; k += PIECE) {
        int64_t depth = least(PIECE, p->k0 + p->depth - k);
        pack_rows(p, i0, i1, k, depth, a, care);
        for (int64_t j = j0; j < j1; j++)
            run_panel(p, j, i0, i1, k, parts_of(depth, CHUNK), a, care);
    }
    p->amx->end();
}

static void spread(heed_context *context, int64_t count, heed__task task, plan *p)
{
    if (context)
        heed__parallel(context, count, task, p);
    else
        for (int64_t i = 0; i < count; i++) task(p, i, 0);
}

void heed__gemm_amx_pack(heed_context *context, int parts, const heed__gemm *product,
                         heed_real *packed)
{
    plan p = plan_of(parts, product, packed);
    p.depth = product->k;
    spread(context, p.panels, pack_panel, &p);
}

void heed__gemm_amx_run(heed_context *context, int parts, const heed__gemm *product,
                        heed_real *workspace)
{
    const heed__gemm *g = product;
    /* what is packed is only read */
    plan p = plan_of(parts, g, g->packed ? (heed_real *)g->packed : workspace);
    cut(&p);
    p.slab = g->packed ? g->k : slab_of(g->n, g->k);
    p.a = g->packed ? workspace : workspace + heed__gemm_amx_packed(parts, g->n, p.slab);
    for (; p.k0 < g->k; p.k0 += p.slab) {
        p.depth = least(p.slab, g->k - p.k0);
        if (!g->packed) spread(context, p.panels, pack_panel, &p);
        spread(context, p.down * p.across, run_task, &p);
    }
}
