/* SPDX-License-Identifier: MIT */
/* Every output of a product is one chain of fused multiply-adds, for any shape, strides, start,
 * threads and level, and nothing beside the matrices is touched. */
#include "check.h"

#include "base/memory.h"
#include "base/random.h"
#include "guarded.h"
#include "kernels/gemm.h"
#include "kernels/kernels.h"

#include <stdlib.h>

typedef struct shape {
    int64_t m, n, k;
} shape;

enum { LAYOUTS = 3, STARTS = 3, PAD = 3 }; /* layouts: rows, columns, neither contiguous */

static heed__random source;

static void draw(int64_t count, heed_real *x)
{
    for (int64_t i = 0; i < count; i++)
        x[i] = (heed_real)(heed__random_bits(&source) >> 8) * HEED_REAL(0x1p-24) - HEED_REAL(0.5);
}

/* Strides of a rows x cols matrix in one layout; returns its extent. */
static int64_t lay_out(int layout, int64_t rows, int64_t cols, int64_t *row, int64_t *col)
{
    *row = layout == 0 ? cols + PAD : layout == 1 ? 1 : 2 * cols + 1;
    *col = layout == 1 ? rows + PAD : layout == 0 ? 1 : 2;
    return rows && cols ? (rows - 1) * *row + (cols - 1) * *col + 1 : 0;
}

/* How one output starts: from zero, from c (old), or from the bias. */
static heed_real chain(const heed__gemm *g, int64_t i, int64_t j, heed_real old)
{
    heed_real sum = g->accumulate ? old : g->bias ? g->bias[j] : 0;
    for (int64_t p = 0; p < g->k; p++)
        sum = heed__fma(g->a[i * g->a_row + p * g->a_col], g->b[p * g->b_row + j * g->b_col], sum);
    return sum;
}

typedef void (*runner)(const heed__gemm *g, void *with);

static void run_gemm(const heed__gemm *g, void *with)
{
    heed_context *context = with;
    size_t room = heed__gemm_workspace(context, g->m, g->n, g->k);
    guarded workspace = guarded_open((int64_t)room);
    heed_real *p = guarded_place(workspace, (int64_t)room, 1, NULL);
    /* 64-byte aligned and still at the guard, when the room is a multiple of 16 reals */
    assert_int_equal(room % 16, 0);
    memset(p, 0xff, room * sizeof *p);
    heed__gemm_run(context, g, p);
    guarded_close(workspace);
}

/* The same with b laid out before, and nowhere else from then on. */
static void run_packed(const heed__gemm *g, void *with)
{
    heed__gemm packed = *g;
    int64_t room = (int64_t)heed__gemm_packed(g->precision, g->n, g->k);
    guarded pages = guarded_open(room);
    heed_real *b = guarded_place(pages, room, 1, NULL);
    heed__gemm_pack(with, g, b);
    packed.packed = b;
    packed.b = NULL;
    run_gemm(&packed, with);
    guarded_close(pages);
}

static void run_tile(const heed__gemm *g, void *with)
{
    const heed__kernels *k = with;
    heed__tile t = {.rows = g->m, .cols = g->n, .k = g->k, .a = g->a, .a_row = g->a_row};
    t.a_col = g->a_col;
    t.b = g->b;
    t.b_row = g->b_row;
    t.c = g->c;
    t.c_row = g->c_row;
    t.start = g->accumulate ? g->c : g->bias;
    t.start_row = g->accumulate ? g->c_row : 0;
    if (g->m % 2) t.ahead = g->b, t.ahead_row = g->b_row;
    k->gemm_tile(&t);
}

static void hold_to_chains(shape s, int a_layout, int b_layout, int start, runner run, void *with)
{
    heed__gemm g = {.m = s.m, .n = s.n, .k = s.k, .accumulate = start == 1};
    int64_t a_size = lay_out(a_layout, s.m, s.k, &g.a_row, &g.a_col);
    int64_t b_size = lay_out(b_layout, s.k, s.n, &g.b_row, &g.b_col);
    g.c_row = s.n + 2;
    int64_t c_size = s.m && s.n ? (s.m - 1) * g.c_row + s.n : 0;
    guarded pages[4] = {guarded_open(a_size), guarded_open(b_size), guarded_open(c_size),
                        guarded_open(s.n)};
    heed_real *a = guarded_place(pages[0], a_size, 1, NULL);
    heed_real *b = guarded_place(pages[1], b_size, 1, NULL);
    heed_real *bias = guarded_place(pages[3], s.n, 1, NULL);
    heed_real *old = malloc((size_t)(c_size + 1) * sizeof *old);
    draw(a_size, a);
    draw(b_size, b);
    draw(s.n, bias);
    draw(c_size, old);
    g.a = a;
    g.b = b;
    g.c = guarded_place(pages[2], c_size, 1, old);
    if (start == 2) g.bias = bias;
    run(&g, with);
    for (int64_t i = 0; i < c_size; i++) {
        int64_t row = i / g.c_row, col = i % g.c_row;
        heed_real wanted = col < s.n ? chain(&g, row, col, old[i]) : old[i];
        if (memcmp(&wanted, &g.c[i], sizeof wanted) != 0)
            fail_msg("%dx%dx%d, layouts %d %d, start %d: c[%d,%d] = %a, not %a", (int)s.m, (int)s.n,
                     (int)s.k, a_layout, b_layout, start, (int)row, (int)col, (double)g.c[i],
                     (double)wanted);
    }
    free(old);
    for (int i = 0; i < 4; i++) guarded_close(pages[i]);
}

static const shape shapes[] = {{0, 5, 5},     {5, 0, 5},    {5, 5, 0},     {1, 1, 1},
                               {1, 17, 3},    {3, 2, 40},   {14, 32, 16},  {15, 33, 17},
                               {13, 48, 257}, {29, 64, 31}, {31, 100, 65}, {64, 2, 128},
                               {64, 8, 64},   {100, 96, 9}, {7, 600, 40},  {130, 40, 270}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

enum { CONTEXTS = 4 }; /* of 0 (none), 1, 2 and 3 threads; cases take turns with them */

static void open_contexts(heed_context *contexts[CONTEXTS])
{
    contexts[0] = NULL;
    for (int threads = 1; threads < CONTEXTS; threads++)
        check_ok(
            heed_context_create(&(heed_context_options){.threads = threads}, &contexts[threads]));
}

static void close_contexts(heed_context *contexts[CONTEXTS])
{
    for (int threads = 1; threads < CONTEXTS; threads++) heed_context_destroy(&contexts[threads]);
}

static void test_products_are_chains(void **state)
{
    (void)state;
    heed_context *contexts[CONTEXTS];
    open_contexts(contexts);
    for (int s = 0; s < SHAPES; s++)
        for (int c = 0; c < LAYOUTS * LAYOUTS * STARTS; c++)
            hold_to_chains(shapes[s], c % LAYOUTS, c / LAYOUTS % LAYOUTS, c / LAYOUTS / LAYOUTS,
                           run_gemm, contexts[(s + c) % CONTEXTS]);
    close_contexts(contexts);
}

/* Several pieces of k and blocks both ways, all ways to lay a and b out: b piece by piece and with
 * all of k, as it lies and not since its rows are 512 apart, a last column alone. */
static void test_large_products_are_chains(void **state)
{
    (void)state;
    heed_context *contexts[CONTEXTS];
    open_contexts(contexts);
    for (int threads = 0; threads < CONTEXTS; threads += 3) {
        hold_to_chains((shape){20, 1100, 270}, 0, 1, 2, run_gemm, contexts[threads]);
        hold_to_chains((shape){30, 64, 2100}, 1, 0, 0, run_gemm, contexts[threads]);
        hold_to_chains((shape){520, 24, 260}, 1, 0, 1, run_gemm, contexts[threads]);
        hold_to_chains((shape){3, 2100, 270}, 0, 1, 0, run_gemm, contexts[threads]);
        hold_to_chains((shape){300, 130, 100}, 0, 0, 1, run_gemm, contexts[threads]);
        hold_to_chains((shape){560, 33, 300}, 0, 1, 2, run_gemm, contexts[threads]);
        hold_to_chains((shape){560, 33, 300}, 1, 2, 0, run_gemm, contexts[threads]);
        hold_to_chains((shape){80, 40, 2100}, 1, 0, 1, run_gemm, contexts[threads]);
        hold_to_chains((shape){17, 33, 3000}, 0, 1, 0, run_gemm, contexts[threads]);
    }
    hold_to_chains((shape){280, 97, 2100}, 0, 1, 0, run_gemm, contexts[2]);
    hold_to_chains((shape){71, 512 - PAD, 2050}, 1, 0, 1, run_gemm, contexts[2]);
    close_contexts(contexts);
}

static void test_tiles_of_every_level_are_chains(void **state)
{
    (void)state;
    for (int level = 0; level < HEED_LEVELS; level++) {
        const heed__kernels *k = heed__kernels_at((heed__level)level);
        if (!k) continue;
        assert_int_equal(k->tile_cols % 16, 0);
        for (int s = 0; s < SHAPES; s++)
            for (int c = 0; c < LAYOUTS * STARTS; c++)
                hold_to_chains(shapes[s], c % LAYOUTS, 0, c / LAYOUTS, run_tile, (void *)k);
        for (int64_t m = 1; m <= 29; m++)
            for (int64_t n = 1; n <= 49; n += 4)
                hold_to_chains((shape){m, n, 5}, 0, 0, 1, run_tile, (void *)k);
    }
}

/* Chain v starts at v and goes to x/2 + 1: all chains are run, and for all rounds. */
static void test_the_peak_is_that_of_a_tile(void **state)
{
    (void)state;
    for (int level = 0; level < HEED_LEVELS; level++) {
        const heed__kernels *k = heed__kernels_at((heed__level)level);
        if (!k) continue;
        heed_real chains = (heed_real)(k->tile_rows * k->tile_cols / 16);
        heed_real first = 16 * chains * (chains - 1) / 2, last = 32 * chains;
        assert_true(k->peak(0) == first);
        assert_true(k->peak(1) == first / 2 + last / 2);
        assert_true(k->peak(64) == last);
    }
}

/* NaN and infinity spread to their own rows and columns only, whatever shares their tiles. */
static void test_nan_stays_in_its_row(void **state)
{
    (void)state;
    enum { M = 20, N = 40, K = 30 };
    static heed_real a[M * K], b[K * N], c[M * N];
    draw(M * K, a);
    draw(K * N, b);
    a[3 * K + 7] = NAN;
    heed__gemm g = {.m = M, .n = N, .k = K, .a = a, .a_row = K, .a_col = 1};
    g.b = b, g.b_row = N, g.b_col = 1, g.c = c, g.c_row = N;
    run_gemm(&g, NULL);
    for (int i = 0; i < M * N; i++) assert_true(isnan(c[i]) == (i / N == 3));
}

typedef struct nested {
    heed_context *context;
    heed_real *workspace[4], a[64], b[64], c[4][64];
} nested;

static void multiply_task(void *arg, int64_t task, int thread)
{
    nested *all = arg;
    (void)thread;
    heed__gemm g = {.m = 8, .n = 8, .k = 8, .a = all->a, .a_row = 8, .a_col = 1};
    g.b = all->b, g.b_row = 1, g.b_col = 8, g.c = all->c[task], g.c_row = 8;
    heed__gemm_run(NULL, &g, all->workspace[task]); /* sized for no context */
}

static void test_runs_inside_a_task_without_a_context(void **state)
{
    (void)state;
    static nested all;
    draw(64, all.a);
    draw(64, all.b);
    check_ok(heed_context_create(&(heed_context_options){.threads = 3}, &all.context));
    size_t room = heed__gemm_workspace(NULL, 8, 8, 8);
    for (int i = 0; i < 4; i++)
        check_ok(heed__alloc(room, sizeof(heed_real), "workspace", &all.workspace[i]));
    heed__parallel(all.context, 4, multiply_task, &all);
    for (int i = 1; i < 4; i++) assert_memory_equal(all.c[0], all.c[i], sizeof all.c[0]);
    for (int i = 0; i < 4; i++) heed__free(all.workspace[i]);
    heed_context_destroy(&all.context);
}

static void test_packed_products_are_chains(void **state)
{
    (void)state;
    heed_context *context = NULL;
    check_ok(heed_context_create(&(heed_context_options){.threads = 3}, &context));
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int layout = 0; layout < LAYOUTS; layout++)
            for (int start = 0; start < STARTS; start++) {
                hold_to_chains(shapes[i], 0, layout, start, run_packed, context);
                hold_to_chains(shapes[i], 1, layout, start, run_packed, NULL);
            }
    heed_context_destroy(&context);
}

int main(void)
{
    heed__random_start(&source, 9, HEED_RANDOM_ORDER);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products_are_chains),
        cmocka_unit_test(test_large_products_are_chains),
        cmocka_unit_test(test_packed_products_are_chains),
        cmocka_unit_test(test_tiles_of_every_level_are_chains),
        cmocka_unit_test(test_the_peak_is_that_of_a_tile),
        cmocka_unit_test(test_nan_stays_in_its_row),
        cmocka_unit_test(test_runs_inside_a_task_without_a_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
