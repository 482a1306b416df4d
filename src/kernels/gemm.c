/* SPDX-License-Identifier: MIT */
/*
 * The product, in blocks of c. A task is one block over the whole of k, so that nobody waits:
 *
 *             k                            n
 *        +-------+-------+          +-----------+--
 *      m | a     | next  |        k | b         |    in panels of tile_cols
 *        | tiles | piece |          +-----------+--
 *        | of tile_rows  |          | next piece|
 *        +-------+-------+
 *
 * A thread lays a piece of b out in panels, in its own workspace, which stays in its second cache
 * beside the block of c; all of k where that is not much, and then for all blocks of these columns.
 * The rows of a that a tile reads stay in the first cache while panels stream by; they are laid
 * out too where they lie apart. Tiles fetch the next piece while they multiply this one. Between
 * pieces of k the sums rest in c, which is exact.
 */
#include "kernels/gemm.h"

#include "kernels/gemm_amx.h"
#include "kernels/gemm_thresholds.h"
#include "kernels/kernels.h"

#include <string.h>

enum {
    PIECE = 256,      /* of k: a tile's rows of a (14 KiB) stay in the first cache */
    FAR_STRIDE = 512, /* rows of b a multiple of this apart lie in one set of the cache */
    MARK = 16         /* reals before what is packed: the first is the number of its parts */
};

typedef struct plan {
    const heed__gemm *g;
    const heed__kernels *kernels;
    int pack_a, pack_b, hold; /* hold: b with all of k */
    int64_t rows, down;       /* in tiles; in blocks */
    int64_t panels, across;
    int64_t a_room, b_room; /* reals a thread has */
    heed_real *room;        /* workspace: of each thread a mark, a, b */
    int threads;
} plan;

/* What will be wanted: tiles fetch it bit by bit. */
typedef struct wanted {
    const heed_real *from;
    int64_t row, rows, cols, i, j;
} wanted;

/* A block of c, and the piece of k at work. */
typedef struct work {
    const plan *p;
    int64_t i0, i1, j0, j1, k, depth;
    heed_real *a, *b; /* the thread's room */
    wanted next[2];
} work;

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t parts_of(int64_t count, int64_t step)
{
    return (count + step - 1) / step;
}

static int64_t round_up(int64_t a, int64_t step)
{
    return parts_of(a, step) * step;
}

static int64_t a_room(int64_t m, int64_t k)
{
    return round_up(least(m, heed__gemm_now->block_rows) * least(k, PIECE), 16);
}

static int64_t b_room(int64_t n, int64_t k)
{
    int64_t padded = round_up(n, heed__kernels_best()->tile_cols);
    int64_t held = heed__gemm_now->held, piece = heed__gemm_now->block_cols * PIECE;
    return least(padded * k, held > piece ? held : piece);
}

size_t heed__gemm_workspace(const heed_context *context, int64_t m, int64_t n, int64_t k)
{
    if (m < 1 || n < 1 || k < 1) return 0;
    return (size_t)((MARK + a_room(m, k) + b_room(n, k)) * heed_context_threads(context));
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
    size_t room = (size_t)((MARK + a_room(heed__gemm_now->block_rows, PIECE)) * threads);
    if (!heed__gemm_parts(HEED_PRECISION_HIGH)) return room;
    size_t amx = heed__gemm_amx_rows(threads);
    return amx > room ? amx : room;
}

/* Blocks as large as caches allow; for threads, many or as many for each. Where rows are cut every
 * block lays b out again, where columns are every block reads a again. */
static void cut(plan *p)
{
    const heed__gemm *g = p->g;
    const heed__gemm_thresholds *now = heed__gemm_now;
    int64_t height = p->kernels->tile_rows, width = p->kernels->tile_cols;
    int64_t cols = p->hold ? least(now->held / g->k, now->held_cols) : now->block_cols;
    p->rows = parts_of(g->m, height);
    p->panels = parts_of(g->n, width);
    p->down = parts_of(p->rows, now->block_rows / height);
    p->across = parts_of(p->panels, cols > width ? cols / width : 1);
    int64_t threads = least(p->threads, g->m * g->n * g->k / now->task_work);
    if (threads < 2 || p->down * p->across >= now->many_tasks * threads) return;
    int64_t again = !p->pack_b ? 0 : g->b_col != 1 ? 2 * g->n : g->n;
    if (p->panels < 2 * threads || again < g->m)
        p->down = least(round_up(p->down, threads), p->rows);
    else
        p->across = least(round_up(p->across, threads), p->panels);
}

static void gather(int64_t rows, int64_t cols, const heed_real *x, int64_t row, int64_t col,
                   heed_real *y, int64_t y_row)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) y[i * y_row + j] = x[i * row + j * col];
}

/* y [rows, cols] is x, whatever its strides. */
static void lay(const plan *p, int64_t rows, int64_t cols, const heed_real *x, int64_t row,
                int64_t col, heed_real *y, int64_t y_row)
{
    if (col == 1)
        p->kernels->copy(rows, cols, x, row, y, y_row);
    else if (row == 1)
        p->kernels->transpose(cols, rows, x, col, y, y_row);
    else
        gather(rows, cols, x, row, col, y, y_row);
}

/* b's columns j0 .. j1 - 1, k .. k + depth - 1, in panels of [depth][tile_cols]. */
static void lay_b(const plan *p, int64_t j0, int64_t j1, int64_t k, int64_t depth, heed_real *to)
{
    const heed__gemm *g = p->g;
    int64_t width = p->kernels->tile_cols;
    for (int64_t j = j0; j < j1; j += width, to += depth * width)
        lay(p, depth, least(width, j1 - j), g->b + k * g->b_row + j * g->b_col, g->b_row, g->b_col,
            to, width);
}

static int64_t tiles_of(const work *w)
{
    return parts_of(w->i1 - w->i0, w->p->kernels->tile_rows);
}

/* The rows of one tile of the block: spread evenly, since tiles of few rows wait for their sums. */
static heed__tile tile_at(const work *w, int64_t tile, int64_t *i)
{
    const heed__gemm *g = w->p->g;
    int64_t rows = w->i1 - w->i0, tiles = tiles_of(w), first = rows * tile / tiles;
    heed__tile t = {.rows = rows * (tile + 1) / tiles - first, .k = w->depth};
    *i = w->i0 + first;
    t.a = g->a + *i * g->a_row + w->k * g->a_col;
    t.a_row = g->a_row;
    t.a_col = g->a_col;
    if (w->p->pack_a) {
        t.a_row = 1;
        t.a_col = t.rows;
        t.a = w->a + first * w->depth;
    }
    return t;
}

/* The block's rows of this piece of a, as tile_at finds them. */
static void lay_a(const work *w)
{
    const heed__gemm *g = w->p->g;
    int64_t tiles = tiles_of(w), i;
    for (int64_t k = 0; k < w->depth; k += 16) /* all tiles', as they lie side by side in a */
        for (int64_t tile = 0; tile < tiles; tile++) {
            heed__tile t = tile_at(w, tile, &i);
            lay(w->p, least(16, w->depth - k), t.rows, g->a + i * g->a_row + (w->k + k) * g->a_col,
                g->a_col, g->a_row, w->a + (t.a - w->a) + k * t.rows, t.rows);
        }
}

static wanted want(const heed_real *from, int64_t rows, int64_t cols, int64_t row, int64_t col)
{
    if (col == 1) return (wanted){.from = from, .rows = rows, .cols = cols, .row = row};
    if (row == 1) return (wanted){.from = from, .rows = cols, .cols = rows, .row = col};
    return (wanted){.from = from};
}

/* What the block wants after this piece: the next of k, or the first of the rows that this thread
 * is likely to take next. */
static void look_ahead(work *w)
{
    const plan *p = w->p;
    const heed__gemm *g = p->g;
    int64_t i = w->i0, rows = w->i1 - w->i0, k = w->k + PIECE;
    w->next[0] = w->next[1] = (wanted){0};
    if (k >= g->k) {
        k = 0;
        i += rows * p->threads;
        rows = least(rows, g->m - i);
    }
    if (rows < 1) return;
    int64_t depth = least(PIECE, g->k - k);
    if (p->pack_a)
        w->next[0] = want(g->a + i * g->a_row + k * g->a_col, rows, depth, g->a_row, g->a_col);
    if (!p->hold && !g->packed)
        w->next[1] =
            want(g->b + k * g->b_row + w->j0 * g->b_col, depth, w->j1 - w->j0, g->b_row, g->b_col);
}

/* Rows that are read as they lie are fetched a tile ahead. */
static void look_down(work *w, int64_t i, int64_t rows)
{
    const heed__gemm *g = w->p->g;
    int64_t k = w->k;
    if (i >= w->i1) {
        i = w->i0;
        k += PIECE;
    }
    if (k >= g->k) {
        i += (w->i1 - w->i0) * w->p->threads;
        k = 0;
    }
    rows = least(rows, g->m - i);
    if (rows > 0)
        w->next[0] = want(g->a + i * g->a_row + k, rows, least(PIECE, g->k - k), g->a_row, 1);
}

static void fetch_ahead(work *w, heed__tile *t)
{
    wanted *next = w->next[0].i < w->next[0].rows ? &w->next[0] : &w->next[1];
    t->ahead = NULL;
    if (next->i >= next->rows) return;
    t->ahead = next->from + next->i * next->row + next->j;
    t->ahead_row = next->row;
    next->j += HEED__AHEAD_COLS;
    if (next->j < next->cols) return;
    next->j = 0;
    next->i += parts_of(t->k, HEED__AHEAD_STEPS);
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

/* A last column alone needs no panel. */
static int64_t laid_columns(const work *w)
{
    return (w->j1 - w->j0) % w->p->kernels->tile_cols == 1 ? w->j1 - 1 : w->j1;
}

/* A panel of b, from column j on, at the piece of k at work. */
static void set_panel(const work *w, heed__tile *t, int64_t j)
{
    const heed__gemm *g = w->p->g;
    t->b_row = w->p->kernels->tile_cols;
    t->cols = least(t->b_row, w->j1 - j);
    if (g->packed) {
        t->b = g->packed + j * g->k + w->k * t->b_row;
    } else if (!w->p->pack_b || t->cols == 1) {
        t->b_row = g->b_row;
        t->b = g->b + w->k * g->b_row + j * g->b_col;
    } else {
        t->b = w->p->hold ? w->b + (j - w->j0) * g->k + w->k * t->b_row
                          : w->b + (j - w->j0) * w->depth;
    }
}

static void run_piece(work *w)
{
    const plan *p = w->p;
    int64_t width = p->kernels->tile_cols, tiles = tiles_of(w), i;
    for (int64_t tile = 0; tile < tiles; tile++) {
        heed__tile t = tile_at(w, tile, &i);
        if (!p->pack_a) look_down(w, i + t.rows, t.rows);
        for (int64_t j = w->j0; j < w->j1; j += width) {
            set_panel(w, &t, j);
            set_start(p, &t, w->k, i, j);
            fetch_ahead(w, &t);
            p->kernels->gemm_tile(&t);
        }
    }
}

/* Lays the columns of a block out with all of k, unless the thread has done so. */
static void hold(const work *w, int64_t column, heed_real *mark)
{
    int64_t held;
    memcpy(&held, mark, sizeof held);
    if (held == column) return;
    lay_b(w->p, w->j0, laid_columns(w), 0, w->p->g->k, w->b);
    memcpy(mark, &column, sizeof column);
}

/* Blocks of the same columns follow each other. */
static void run_block(void *arg, int64_t task, int thread)
{
    const plan *p = arg;
    const heed__gemm *g = p->g;
    int64_t down = task % p->down, across = task / p->down, width = p->kernels->tile_cols;
    heed_real *room = p->room + thread * (MARK + p->a_room + p->b_room);
    work w = {.p = p, .a = room + MARK, .b = room + MARK + p->a_room};
    int64_t parts = p->rows, height = p->kernels->tile_rows;
    if (p->rows < heed__gemm_now->even_tiles * p->down) parts = g->m, height = 1;
    w.i0 = parts * down / p->down * height;
    w.i1 = least(parts * (down + 1) / p->down * height, g->m);
    w.j0 = p->panels * across / p->across * width;
    w.j1 = least(p->panels * (across + 1) / p->across * width, g->n);
    if (p->hold) hold(&w, across, room);
    do {
        w.depth = least(PIECE, g->k - w.k);
        if (p->pack_b && !p->hold && !g->packed)
            lay_b(p, w.j0, laid_columns(&w), w.k, w.depth, w.b);
        if (p->pack_a) lay_a(&w);
        look_ahead(&w);
        run_piece(&w);
        w.k += PIECE;
    } while (w.k < g->k);
}

static void spread(heed_context *context, int64_t count, heed__task task, plan *p)
{
    if (context)
        heed__parallel(context, count, task, p);
    else /* even inside another context's task the workspace is one thread's */
        for (int64_t i = 0; i < count; i++) task(p, i, 0);
}

size_t heed__gemm_packed(heed_precision precision, int64_t n, int64_t k)
{
    int parts = heed__gemm_parts(precision);
    if (parts) return MARK + heed__gemm_amx_packed(parts, n, k);
    return (size_t)(MARK + round_up(n, heed__kernels_best()->tile_cols) * k);
}

size_t heed__gemm_packed_any(int64_t n, int64_t k)
{
    size_t room = 0;
    for (int p = HEED_PRECISION_HIGHEST; p <= HEED_PRECISION_MEDIUM; p++) {
        size_t packed = heed__gemm_packed((heed_precision)p, n, k);
        if (packed > room) room = packed;
    }
    return (room + 15) / 16 * 16;
}

static void pack_panel(void *arg, int64_t panel, int thread)
{
    const plan *p = arg;
    int64_t j = panel * p->kernels->tile_cols;
    (void)thread;
    lay_b(p, j, least(j + p->kernels->tile_cols, p->g->n), 0, p->g->k, p->room + j * p->g->k);
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
    plan p = {.g = product, .kernels = heed__kernels_best(), .room = packed + MARK};
    spread(context, parts_of(product->n, p.kernels->tile_cols), pack_panel, &p);
}

static void run_highest(heed_context *context, const heed__gemm *g, heed_real *workspace)
{
    const heed__gemm_thresholds *now = heed__gemm_now;
    plan p = {.g = g, .kernels = heed__kernels_best(), .room = workspace};
    int64_t height = p.kernels->tile_rows, width = p.kernels->tile_cols;
    p.threads = heed_context_threads(context);
    p.pack_a = g->a_col != 1;
    p.pack_b =
        g->k > 0 &&
        (g->packed || g->b_col != 1 ||
         (g->m > now->few_tiles * height && (g->k < now->deep || g->b_row % FAR_STRIDE == 0)));
    p.hold = p.pack_b && !g->packed && g->m > now->block_rows &&
             now->held / g->k >= least(round_up(g->n, width), now->held_least);
    p.a_room = a_room(g->m, g->k);
    p.b_room = g->packed ? 0 : b_room(g->n, g->k);
    cut(&p);
    for (int t = 0; p.hold && t < p.threads; t++)
        memcpy(workspace + t * (MARK + p.a_room + p.b_room), &(int64_t){-1}, sizeof(int64_t));
    spread(context, p.down * p.across, run_block, &p);
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
