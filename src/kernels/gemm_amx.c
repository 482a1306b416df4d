/* SPDX-License-Identifier: MIT */
/*
 * The product in bfloat16, in slabs of k, or where b and c are large in groups of columns with all
 * of k, so that c passes by once. All threads lay a slab of b out in panels of 32 columns.
 * Each task then takes some rows of a and some panels, which stay in the second cache: a strip of
 * 32 rows and a piece of k at a time, which stay in the first while the panels go by, and meanwhile
 * the next strip is laid out. Where a's rows are not contiguous (dy^T x), all threads lay a group
 * of rows out before, reading memory as it lies; unless c is small: then each thread does so for
 * blocks of its own, since half of what it reads would come from another's cache otherwise. Between
 * pieces of k the sums rest in c, which is exact, and pieces begin at multiples of PIECE: the bits
 * of an output depend on its row, its column and the number of parts only.
 */
#include "kernels/gemm_amx.h"

#include "kernels/amx.h"
#include "kernels/gemm_thresholds.h"

enum {
    BLOCK = HEED_AMX_BLOCK,
    CHUNK = HEED_AMX_CHUNK,
    PIECE = 256, /* of k, a multiple of CHUNK */
    WIDTH = 8    /* strips or panels that are laid out together, for their rows lie together */
};

typedef struct plan {
    const heed__gemm *g;
    const heed__amx *amx;
    int parts;
    int64_t unit;   /* reals */
    int64_t panels; /* of b */
    int64_t slab;   /* of k */
    int64_t strips; /* of rows, per task */
    int64_t task_panels;
    int64_t down, across;
    heed_real *flags;   /* of each WIDTH panels and piece of k: they need care */
    heed_real *b, *a;   /* workspace */
    int64_t k0, depth;  /* the slab at work */
    int streams;        /* c is left to no cache */
    int before;         /* a is laid out before: */
    int64_t i0, rows;   /* these rows of it */
    heed_real *a_flags; /* as above */
} plan;

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t greatest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t parts_of(int64_t count, int64_t step)
{
    return (count + step - 1) / step;
}

static int64_t round_up(int64_t count, int64_t step)
{
    return parts_of(count, step) * step;
}

static int64_t slab_of(int64_t n, int64_t k, int turned)
{
    const heed__gemm_thresholds *now = heed__gemm_now;
    int64_t pieces = (turned ? now->turned : now->slab) / (round_up(n, BLOCK) * PIECE);
    return least(k, greatest(pieces, turned ? now->turned_deep / PIECE : 1) * PIECE);
}

/* So many whole groups of strips, or panels, as `numbers` are with so much of k; one at least. */
static int64_t wide_of(int64_t numbers, int64_t k)
{
    enum { GROUP = WIDTH * BLOCK };
    return greatest(numbers / round_up(k, CHUNK) / GROUP, 1) * GROUP;
}

/* Rows of a that are laid out together. */
static int64_t group_of(int64_t m, int64_t slab)
{
    return least(m, wide_of(heed__gemm_now->turned_rows, slab));
}

int heed__gemm_parts(heed_precision precision)
{
    if (precision == HEED_PRECISION_HIGHEST || !heed__amx_best()) return 0;
    return precision == HEED_PRECISION_HIGH ? 2 : 1;
}

/* Flags, then units. */
static int64_t flags_room(int64_t n, int64_t k)
{
    return round_up(parts_of(n, WIDTH * BLOCK) * parts_of(k, PIECE), 16);
}

size_t heed__gemm_amx_packed(int parts, int64_t n, int64_t k)
{
    int64_t units = parts_of(n, BLOCK) * parts_of(k, CHUNK);
    return (size_t)(flags_room(n, k) + units * HEED_AMX_UNIT(parts));
}

/* What one thread needs: two strips, the one at work and the next. */
static int64_t strip_room(int parts)
{
    return PIECE / CHUNK * HEED_AMX_UNIT(parts);
}

size_t heed__gemm_amx_rows(int threads)
{
    return (size_t)(threads * 2 * strip_room(2));
}

/* Reals of the units of no less than any group of at most so many rows (columns) with at most so
 * much of k: a product with fewer rows, or less of k, has room where a larger one has. */
static size_t units_room(int64_t rows, int64_t k, int64_t numbers)
{
    int64_t depth = round_up(k, CHUNK), group = WIDTH * BLOCK * depth;
    int64_t most = least(round_up(rows, BLOCK) * depth, greatest(group, numbers));
    return (size_t)(most / (BLOCK * CHUNK) * HEED_AMX_UNIT(2));
}

static size_t group_room(int64_t m, int64_t slab)
{
    int64_t flags = greatest(16, round_up(parts_of(slab, PIECE), 16));
    return (size_t)flags + units_room(m, slab, heed__gemm_now->turned_rows);
}

static size_t room_turned(int64_t m, int64_t n, int64_t slab)
{
    return heed__gemm_amx_packed(2, n, slab) + group_room(m, slab);
}

/* Of columns with all of k. */
static size_t whole_room(int64_t n, int64_t k)
{
    return (size_t)flags_room(n, k) + units_room(n, k, heed__gemm_now->whole);
}

/* Of a thread's own block. */
static size_t own_room(int64_t m, int64_t n, int64_t k)
{
    int64_t rows = least(m, heed__gemm_now->own_rows), cols = least(n, heed__gemm_now->own_cols);
    return room_turned(rows, cols, least(k, PIECE));
}

size_t heed__gemm_amx_workspace(int threads, int64_t m, int64_t n, int64_t k)
{
    size_t room = heed__gemm_amx_packed(2, n, slab_of(n, k, 0)), whole = whole_room(n, k);
    room = (whole > room ? whole : room) + heed__gemm_amx_rows(threads);
    size_t turned = room_turned(m, n, slab_of(n, k, 1));
    size_t own = (size_t)threads * own_room(m, n, k);
    if (turned > room) room = turned;
    return own > room ? own : room;
}

static plan plan_of(int parts, const heed__gemm *g, heed_real *packed, int64_t slab)
{
    plan p = {.g = g, .amx = heed__amx_best(), .parts = parts, .unit = HEED_AMX_UNIT(parts)};
    p.panels = parts_of(g->n, BLOCK);
    p.slab = slab;
    p.flags = packed;
    p.b = packed + flags_room(g->n, slab);
    return p;
}

/* Rows are cut before columns, since every task across lays a's rows out again. */
static void cut(plan *p)
{
    const heed__gemm_thresholds *now = heed__gemm_now;
    int64_t numbers = p->g->k > PIECE ? now->near : 4 * now->near; /* c passes by once, or more */
    int64_t near = numbers / p->parts / BLOCK / least(p->slab, PIECE);
    p->strips = now->task_strips;
    p->task_panels = least(p->panels, greatest(near, now->least_panels));
    for (;;) {
        p->down = parts_of(p->rows, p->strips * BLOCK);
        p->across = parts_of(p->panels, p->task_panels);
        if (p->down * p->across >= now->enough_tasks) return;
        if (p->strips > 1)
            p->strips /= 2;
        else if (p->task_panels >= 2 * now->least_panels)
            p->task_panels = parts_of(p->task_panels, 2);
        else
            return;
    }
}

/* One piece of k of WIDTH strips of a slab: `count` rows or columns, whose units begin at `to`. */
static void pack_group(const plan *p, int64_t task, heed__amx_strip all, heed_real *to,
                       heed_real *flags)
{
    int64_t pieces = parts_of(p->depth, PIECE), i = task / pieces * WIDTH * BLOCK;
    int64_t k = task % pieces * PIECE, chunks = parts_of(p->depth, CHUNK);
    all.data += i * all.row + (p->k0 + k) * all.col;
    all.rows = least(WIDTH * BLOCK, all.rows - i);
    all.k = least(PIECE, p->depth - k);
    int64_t apart = chunks * p->unit;
    to += i / BLOCK * apart + k / CHUNK * p->unit;
    flags[task] = (heed_real)p->amx->pack_strips(p->parts, &all, apart, to);
}

static void pack_columns(void *arg, int64_t task, int thread)
{
    const plan *p = arg;
    const heed__gemm *g = p->g;
    heed__amx_strip all = {g->b, g->b_col, g->b_row, g->n, 0, 1};
    (void)thread;
    pack_group(p, task, all, p->b, p->flags);
}

static void pack_before(void *arg, int64_t task, int thread)
{
    const plan *p = arg;
    const heed__gemm *g = p->g;
    heed__amx_strip all = {g->a + p->i0 * g->a_row, g->a_row, g->a_col, p->rows, 0, 0};
    (void)thread;
    pack_group(p, task, all, p->a, p->a_flags);
}

/* Whether strip (or panel) `at` of a slab needs care in the piece that begins at k. */
static int care_of(const plan *p, const heed_real *flags, int64_t at, int64_t k)
{
    int64_t pieces = parts_of(p->depth, PIECE);
    return flags[at / WIDTH * pieces + (k - p->k0) / PIECE] != 0;
}

/* A strip of rows and a piece of k. */
typedef struct place {
    int64_t i, rows, k, depth;
    int64_t strip, strips; /* of the task */
} place;

/* The t-th of a task that begins at row `first`: all its strips of a piece, then the next piece. */
static place place_of(const plan *p, int64_t first, int64_t rows, int64_t t)
{
    int64_t strips = parts_of(rows, BLOCK), k = t / strips * PIECE;
    place at = {.i = first + t % strips * BLOCK, .k = p->k0 + k, .strip = t % strips};
    at.strips = strips;
    at.rows = least(BLOCK, first + rows - at.i);
    at.depth = least(PIECE, p->depth - k);
    return at;
}

static int pack_rows(const plan *p, place at, heed_real *to)
{
    const heed__gemm *g = p->g;
    heed__amx_strip strip = {.data = g->a + at.i * g->a_row + at.k * g->a_col,
                             .row = g->a_row,
                             .col = g->a_col,
                             .rows = at.rows,
                             .k = at.depth};
    return p->amx->pack(p->parts, &strip, to);
}

/* What can be laid out beside a product: whole rows, as they lie. */
static int can_wait(const plan *p, place at)
{
    return p->g->a_col == 1 && at.rows == BLOCK && at.depth % CHUNK == 0;
}

static heed__amx_ahead ahead_of(const plan *p, place at, heed_real *to, int *odd)
{
    const heed__gemm *g = p->g;
    heed__amx_ahead ahead = {.from = g->a + at.i * g->a_row + at.k * g->a_col, .row = g->a_row};
    ahead.chunks = at.depth / CHUNK;
    ahead.to = to;
    ahead.odd = odd;
    return ahead;
}

static void set_start(const plan *p, heed__amx_block *block, int64_t k, int64_t j)
{
    const heed__gemm *g = p->g;
    int rests = k > 0 || g->accumulate;
    block->start = rests ? block->c : g->bias ? g->bias + j : NULL;
    block->start_row = rests ? g->c_row : 0;
}

/* A strip against panels j0 .. j1 - 1, while its share of b's next piece is fetched. The block is
 * changed field by field: storing it in larger pieces than it is read in would make each wait until
 * the last one's c is in the cache. */
static void run_strip(const plan *p, place at, int64_t j0, int64_t j1, const heed_real *a, int care,
                      const heed__amx_ahead *ahead)
{
    const heed__gemm *g = p->g;
    int64_t panel_reals = parts_of(p->depth, CHUNK) * p->unit, next = at.k + PIECE;
    heed__amx_block block = {.rows = at.rows, .a = a, .c_row = g->c_row};
    block.streams = p->streams && at.k + at.depth == g->k;
    block.chunks = parts_of(at.depth, CHUNK);
    block.b = p->b + j0 * panel_reals + (at.k - p->k0) / CHUNK * p->unit;
    block.c = g->c + at.i * g->c_row + j0 * BLOCK;
    if (at.strips > 1 && next + PIECE <= p->k0 + p->depth) block.lines = p->unit / 16 / at.strips;
    for (int64_t panel = j0; panel < j1; panel++) {
        block.cols = least(BLOCK, g->n - panel * BLOCK);
        block.careful = care || care_of(p, p->flags, panel, at.k);
        block.ahead = 2 * block.rows > BLOCK && 2 * block.cols > BLOCK ? ahead : NULL;
        block.fetch = block.b + block.chunks * (p->unit + at.strip * block.lines * 16);
        set_start(p, &block, at.k, panel * BLOCK);
        p->amx->block(p->parts, &block);
        if (block.ahead) block.errand += block.chunks;
        block.b += panel_reals;
        block.c += BLOCK;
    }
    if (ahead && block.errand < HEED_AMX_ERRANDS(ahead->chunks))
        p->amx->finish(p->parts, ahead, block.errand);
}

/* A task's rows i .. i + rows - 1, laid out before. */
static void run_group(const plan *p, int64_t i, int64_t rows, int64_t j0, int64_t j1)
{
    int64_t count = parts_of(rows, BLOCK) * parts_of(p->depth, PIECE);
    for (int64_t t = 0; t < count; t++) {
        place at = place_of(p, i, rows, t);
        int64_t strip = (at.i - p->i0) / BLOCK, chunk = (at.k - p->k0) / CHUNK;
        const heed_real *a = p->a + (strip * parts_of(p->depth, CHUNK) + chunk) * p->unit;
        run_strip(p, at, j0, j1, a, care_of(p, p->a_flags, strip, at.k), NULL);
    }
}

/* The same, laid out one strip ahead; a: room for two. */
static void run_ahead(const plan *p, int64_t i, int64_t rows, int64_t j0, int64_t j1, heed_real *a)
{
    int64_t count = parts_of(rows, BLOCK) * parts_of(p->depth, PIECE);
    heed_real *next = a + strip_room(p->parts);
    place at = place_of(p, i, rows, 0);
    int care = pack_rows(p, at, a);
    for (int64_t t = 0; t < count; t++) {
        place then = place_of(p, i, rows, t + 1);
        int more = t + 1 < count, waits = more && can_wait(p, then), odd = 0;
        heed__amx_ahead ahead = ahead_of(p, then, next, &odd);
        run_strip(p, at, j0, j1, a, care, waits ? &ahead : NULL);
        if (more && (!waits || odd)) odd = pack_rows(p, then, next);
        heed_real *done = a;
        a = next, next = done;
        at = then, care = odd;
    }
}

static void run_task(void *arg, int64_t task, int thread)
{
    const plan *p = arg;
    int64_t room = p->strips * BLOCK, first = task % p->down * room;
    int64_t j0 = task / p->down * p->task_panels, j1 = least(j0 + p->task_panels, p->panels);
    int64_t i = p->i0 + first, rows = least(room, p->rows - first);
    p->amx->begin();
    if (p->before)
        run_group(p, i, rows, j0, j1);
    else
        run_ahead(p, i, rows, j0, j1, p->a + thread * 2 * strip_room(p->parts));
    p->amx->end();
}

static void spread(heed_context *context, int64_t count, heed__task task, void *p)
{
    if (context)
        heed__parallel(context, count, task, p);
    else
        for (int64_t i = 0; i < count; i++) task(p, i, 0);
}

/* How many tasks lay so many rows or columns of a slab out. */
static int64_t groups(const plan *p, int64_t count)
{
    return parts_of(count, WIDTH * BLOCK) * parts_of(p->depth, PIECE);
}

void heed__gemm_amx_pack(heed_context *context, int parts, const heed__gemm *product,
                         heed_real *packed)
{
    plan p = plan_of(parts, product, packed, product->k);
    p.depth = product->k;
    spread(context, groups(&p, product->n), pack_columns, &p);
}

static int is_turned(const heed__gemm *g)
{
    return g->a_row == 1 && g->a_col != 1;
}

/* c's rows, for one slab. */
static void run_slab(heed_context *context, plan *p)
{
    const heed__gemm *g = p->g;
    int64_t group = p->before ? group_of(g->m, p->slab) : g->m;
    for (p->i0 = 0; p->i0 < g->m; p->i0 += group) {
        p->rows = least(group, g->m - p->i0);
        cut(p);
        if (p->before) spread(context, groups(p, p->rows), pack_before, p);
        spread(context, p->down * p->across, run_task, p);
    }
}

static void run_slabs(heed_context *context, int parts, const heed__gemm *g, int64_t slab,
                      heed_real *workspace)
{
    /* what is packed is only read */
    plan p =
        plan_of(parts, g, g->packed ? (heed_real *)g->packed : workspace, g->packed ? g->k : slab);
    p.streams = parts == 1 && g->m * g->c_row >= heed__gemm_now->stream &&
                (uintptr_t)g->c % 64 == 0 && g->c_row % 16 == 0;
    p.before = !g->packed && is_turned(g);
    heed_real *rest =
        g->packed ? workspace : workspace + heed__gemm_amx_packed(parts, g->n, p.slab);
    p.a_flags = rest;
    p.a = p.before ? rest + flags_room(group_of(g->m, p.slab), p.slab) : rest;
    for (; p.k0 < g->k; p.k0 += p.slab) {
        p.depth = least(p.slab, g->k - p.k0);
        if (!g->packed) spread(context, groups(&p, g->n), pack_columns, &p);
        run_slab(context, &p);
    }
}

/* Columns j .. of b and c with all of k, then the next. */
static void run_columns(heed_context *context, int parts, const heed__gemm *g, heed_real *workspace)
{
    int64_t step = wide_of(heed__gemm_now->whole, g->k);
    for (int64_t j = 0; j < g->n; j += step) {
        heed__gemm some = *g;
        some.n = least(step, g->n - j);
        some.b += j * g->b_col;
        some.c += j;
        if (g->bias) some.bias += j;
        run_slabs(context, parts, &some, g->k, workspace);
    }
}

/* ---- blocks of a thread's own ---- */

typedef struct blocks {
    const heed__gemm *g;
    int parts;
    int64_t strips, panels, down, across;
    heed_real *workspace;
    size_t room; /* of each thread */
} blocks;

static blocks blocks_of(const heed_context *context, int parts, const heed__gemm *g,
                        heed_real *workspace)
{
    blocks b = {.g = g, .parts = parts, .workspace = workspace};
    int64_t threads = heed_context_threads(context);
    b.room = own_room(g->m, g->n, g->k);
    b.strips = parts_of(g->m, BLOCK);
    b.panels = parts_of(g->n, BLOCK);
    b.down = parts_of(g->m, heed__gemm_now->own_rows);
    b.across = parts_of(g->n, heed__gemm_now->own_cols);
    while (b.down * b.across % threads && b.down * b.across < 4 * threads && b.down < b.strips)
        b.down++;
    return b;
}

static void run_block(void *arg, int64_t task, int thread)
{
    const blocks *b = arg;
    heed__gemm g = *b->g;
    int64_t down = task % b->down, across = task / b->down;
    int64_t i = b->strips * down / b->down * BLOCK, j = b->panels * across / b->across * BLOCK;
    g.m = least(b->strips * (down + 1) / b->down * BLOCK, g.m) - i;
    g.n = least(b->panels * (across + 1) / b->across * BLOCK, g.n) - j;
    g.a += i * g.a_row;
    g.b += j * g.b_col;
    g.c += i * g.c_row + j;
    if (g.bias) g.bias += j;
    run_slabs(NULL, b->parts, &g, least(g.k, PIECE), b->workspace + (size_t)thread * b->room);
}

void heed__gemm_amx_run(heed_context *context, int parts, const heed__gemm *g, heed_real *workspace)
{
    int turned = is_turned(g);
    int64_t slab = slab_of(g->n, g->k, turned);
    if (!turned && !g->packed && slab < g->k && g->m * g->n > heed__gemm_now->large) {
        run_columns(context, parts, g, workspace);
        return;
    }
    if (!context || !turned || g->packed || g->m * g->n > heed__gemm_now->own) {
        run_slabs(context, parts, g, slab, workspace);
        return;
    }
    blocks b = blocks_of(context, parts, g, workspace);
    spread(context, b.down * b.across, run_block, &b);
}
