/* SPDX-License-Identifier: MIT */
/* Products at `high` and `medium`: how far they are from float64, that bits depend on nothing but
 * an output's row and column, that infinities and NaNs stay what they are, and that nothing beside
 * the matrices is touched. Without AMX the same calls give what `highest` gives. */
#include "check.h"

#include "base/random.h"
#include "guarded.h"
#include "kernels/gemm_amx.h"

#include <math.h>
#include <stdlib.h>

typedef struct shape {
    int64_t m, n, k;
} shape;

enum { LAYOUTS = 3, STARTS = 3, PAD = 3 }; /* layouts: rows, columns, neither contiguous */

static const double bounds[] = {2e-6, 2e-5, 1e-2};

static heed__random source;

static void draw(int64_t count, float *x)
{
    for (int64_t i = 0; i < count; i++) x[i] = heed__random_uniform(&source) - 0.5f;
}

static int64_t lay_out(int layout, int64_t rows, int64_t cols, int64_t *row, int64_t *col)
{
    *row = layout == 0 ? cols + PAD : layout == 1 ? 1 : 2 * cols + 1;
    *col = layout == 1 ? rows + PAD : layout == 0 ? 1 : 2;
    return (rows - 1) * *row + (cols - 1) * *col + 1;
}

/* A product whose matrices lie at guards. */
typedef struct work {
    heed__gemm g;
    int64_t c_size;
    float *a, *b, *bias, *old;
    guarded pages[4];
} work;

static work work_open(shape s, int a_layout, int b_layout, int start)
{
    work w = {.g = {.m = s.m, .n = s.n, .k = s.k, .accumulate = start == 1}};
    int64_t a_size = lay_out(a_layout, s.m, s.k, &w.g.a_row, &w.g.a_col);
    int64_t b_size = lay_out(b_layout, s.k, s.n, &w.g.b_row, &w.g.b_col);
    w.g.c_row = s.n + 2;
    w.c_size = (s.m - 1) * w.g.c_row + s.n;
    int64_t sizes[4] = {a_size, b_size, w.c_size, s.n};
    for (int i = 0; i < 4; i++) w.pages[i] = guarded_open(sizes[i]);
    w.old = malloc((size_t)w.c_size * sizeof *w.old);
    w.g.a = w.a = guarded_place(w.pages[0], a_size, 1, NULL);
    w.g.b = w.b = guarded_place(w.pages[1], b_size, 1, NULL);
    w.g.c = guarded_place(w.pages[2], w.c_size, 1, NULL);
    w.bias = guarded_place(w.pages[3], s.n, 1, NULL);
    draw(a_size, w.a);
    draw(b_size, w.b);
    draw(s.n, w.bias);
    draw(w.c_size, w.old);
    if (start == 2) w.g.bias = w.bias;
    return w;
}

static void work_close(work *w)
{
    free(w->old);
    for (int i = 0; i < 4; i++) guarded_close(w->pages[i]);
}

/* c from what it was, with the workspace at a guard and full of NaNs. */
static void run(work *w, heed_context *context, heed_precision precision)
{
    size_t room = heed__gemm_workspace_any(context, w->g.m, w->g.n, w->g.k);
    guarded pages = guarded_open((int64_t)room);
    float *workspace = guarded_place(pages, (int64_t)room, 1, NULL);
    assert_int_equal(room % 16, 0);
    memset(workspace, 0xff, room * sizeof *workspace);
    memcpy(w->g.c, w->old, (size_t)w->c_size * sizeof *w->old);
    w->g.precision = precision;
    heed__gemm_run(context, &w->g, workspace);
    guarded_close(pages);
}

/* The same with b laid out before. */
static void run_packed(work *w, heed_context *context, heed_precision precision)
{
    w->g.precision = precision;
    int64_t room = (int64_t)heed__gemm_packed(precision, w->g.n, w->g.k);
    guarded pages = guarded_open(room);
    float *packed = guarded_place(pages, room, 1, NULL);
    memset(packed, 0xff, (size_t)room * sizeof *packed);
    heed__gemm_pack(context, &w->g, packed);
    w->g.packed = packed;
    run(w, context, precision);
    w->g.packed = NULL;
    guarded_close(pages);
}

/* In float64; size: the sum without signs. */
static double exact(const work *w, int64_t i, int64_t j, double *size)
{
    const heed__gemm *g = &w->g;
    double sum = g->accumulate ? w->old[i * g->c_row + j] : g->bias ? g->bias[j] : 0;
    *size = fabs(sum);
    for (int64_t k = 0; k < g->k; k++) {
        double one = (double)g->a[i * g->a_row + k * g->a_col] * g->b[k * g->b_row + j * g->b_col];
        sum += one;
        *size += fabs(one);
    }
    return sum;
}

/* Relative, by Frobenius norms; of a few outputs, which may cancel to next to nothing, against
 * their terms. */
static double error_of(const work *w)
{
    double away = 0, all = 0, size;
    for (int64_t i = 0; i < w->c_size; i++) {
        int64_t row = i / w->g.c_row, col = i % w->g.c_row;
        if (col >= w->g.n) {
            assert_true(w->g.c[i] == w->old[i]);
            continue;
        }
        double wanted = exact(w, row, col, &size);
        if (w->g.m * w->g.n > 9) size = fabs(wanted);
        away += (w->g.c[i] - wanted) * (w->g.c[i] - wanted);
        all += size * size;
    }
    return all > 0 ? sqrt(away / all) : sqrt(away);
}

static const shape shapes[] = {{1, 1, 2},    {1, 17, 3},     {3, 2, 40},     {14, 32, 16},
                               {15, 33, 17}, {16, 16, 32},   {32, 32, 32},   {33, 48, 257},
                               {29, 64, 31}, {64, 2, 128},   {48, 80, 96},   {100, 96, 9},
                               {7, 600, 40}, {130, 40, 270}, {17, 33, 3000}, {300, 128, 128}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* Frobenius errors, in every layout, from zero, from c and from a bias. */
static void test_errors(void **state)
{
    (void)state;
    double most[3] = {0};
    for (int s = 0; s < SHAPES; s++)
        for (int c = 0; c < LAYOUTS * LAYOUTS * STARTS; c++) {
            work w = work_open(shapes[s], c % LAYOUTS, c / LAYOUTS % LAYOUTS, c / 9);
            for (int p = 0; p < 3; p++) {
                run(&w, NULL, (heed_precision)p);
                double error = error_of(&w);
                if (!(error <= bounds[p]))
                    fail_msg("%dx%dx%d, case %d, precision %d: error %g", (int)shapes[s].m,
                             (int)shapes[s].n, (int)shapes[s].k, c, p, error);
                if (error > most[p]) most[p] = error;
            }
            work_close(&w);
        }
    print_message("greatest errors: highest %.1e, high %.1e, medium %.1e\n", most[0], most[1],
                  most[2]);
    if (!heed__gemm_parts(HEED_PRECISION_HIGH)) {
        print_message("without AMX: high and medium ran as highest\n");
        assert_true(most[1] == most[0] && most[2] == most[0]);
    } else {
        assert_true(most[2] > most[1] && most[1] > most[0]);
    }
}

/* Threads, b laid out before, and rows alone; the last two in blocks of a thread's own where a is
 * turned, and in groups of columns with all of k where it is not. */
static void test_bits(void **state)
{
    static const shape more[] = {
        {70, 100, 600}, {1, 40, 300}, {257, 1100, 65}, {600, 300, 33}, {301, 3700, 290}};
    static const int threads[] = {1, 2, 3, 8};
    heed_context *contexts[4];
    (void)state;
    for (int t = 0; t < 4; t++)
        check_ok(heed_context_create(&(heed_context_options){.threads = threads[t]}, &contexts[t]));
    for (int c = 0; c < 5 * 2 * STARTS; c++) {
        int p = 1 + c % 2, start = c / 2 % STARTS, layout = c % LAYOUTS;
        work w = work_open(more[c / 6], layout, (layout + start) % LAYOUTS, start);
        size_t bytes = (size_t)w.c_size * sizeof(float);
        float *wanted = malloc(bytes);
        run(&w, NULL, (heed_precision)p);
        memcpy(wanted, w.g.c, bytes);
        for (int t = 0; t < 4; t++) {
            run(&w, contexts[t], (heed_precision)p);
            assert_memory_equal(w.g.c, wanted, bytes);
            run_packed(&w, contexts[t], (heed_precision)p);
            assert_memory_equal(w.g.c, wanted, bytes);
        }
        int64_t rows = w.g.m;
        const float *a = w.g.a;
        float *all = w.g.c, *old = w.old;
        for (int64_t i = 0; i < rows; i += w.g.m) { /* the same rows, one, two, three ... at once */
            w.g.m = i % 7 + 1 < rows - i ? i % 7 + 1 : rows - i;
            w.g.a = a + i * w.g.a_row;
            w.g.c = all + i * w.g.c_row;
            w.old = old + i * w.g.c_row;
            w.c_size = (w.g.m - 1) * w.g.c_row + w.g.n;
            run(&w, contexts[1], (heed_precision)p);
            assert_memory_equal(w.g.c, wanted + i * w.g.c_row, (size_t)w.c_size * sizeof(float));
        }
        w.old = old;
        free(wanted);
        work_close(&w);
    }
    for (int t = 0; t < 4; t++) heed_context_destroy(&contexts[t]);
}

static int same_kind(float x, float y)
{
    if (isnan(x) || isnan(y)) return isnan(x) && isnan(y);
    return isinf(x) || isinf(y) ? x == y : 1;
}

/* What is not finite is so where it is at highest, and nothing else changes. */
static void test_infinities(void **state)
{
    (void)state;
    for (int c = 0; c < 2 * LAYOUTS * STARTS; c++) {
        int p = 1 + c % 2, layout = c / 2 % LAYOUTS;
        work w = work_open((shape){110, 70, 300}, layout, layout, c / 6);
        size_t bytes = (size_t)w.c_size * sizeof(float);
        float *before = malloc(bytes), *highest = malloc(bytes);
        run(&w, NULL, (heed_precision)p);
        memcpy(before, w.g.c, bytes);
        for (int64_t k = 0; k < w.g.k; k++) /* numbers that bfloat16 has: low parts of zero */
            w.b[k * w.g.b_row + 3 * w.g.b_col] = k % 2 ? 1.0f : 0.5f;
        w.a[3 * w.g.a_row + 9 * w.g.a_col] = INFINITY;
        w.a[40 * w.g.a_row + 99 * w.g.a_col] = -INFINITY;
        w.a[70 * w.g.a_row + 299 * w.g.a_col] = -INFINITY;
        w.a[41 * w.g.a_row + 280 * w.g.a_col] = NAN;
        w.b[7 * w.g.b_row + 69 * w.g.b_col] = INFINITY;
        w.b[270 * w.g.b_row + 69 * w.g.b_col] = INFINITY;
        w.b[0 * w.g.b_row + 33 * w.g.b_col] = NAN;
        run(&w, NULL, HEED_PRECISION_HIGHEST);
        memcpy(highest, w.g.c, bytes);
        run(&w, NULL, (heed_precision)p);
        int64_t special = 0;
        for (int64_t i = 0; i < w.c_size; i++) {
            int64_t row = i / w.g.c_row, col = i % w.g.c_row;
            if (!same_kind(w.g.c[i], highest[i]))
                fail_msg("case %d: c[%d,%d] = %g, not %g", c, (int)row, (int)col, (double)w.g.c[i],
                         (double)highest[i]);
            if (!isfinite(highest[i]))
                special++;
            else if (col != 3)
                assert_memory_equal(&w.g.c[i], &before[i], sizeof(float));
        }
        assert_true(special >= 4 * 70 + 2 * 106);
        free(before);
        free(highest);
        work_close(&w);
    }
}

/* Finite numbers beyond bfloat16's greatest stay finite; the least ones do no harm. */
static void test_extremes(void **state)
{
    (void)state;
    for (int p = 1; p < 3; p++) {
        work w = work_open((shape){3, 5, 40}, 0, 0, 0);
        for (int64_t i = 0; i < 40; i++) {
            w.a[i] = i ? 0 : 3.4028235e38f;
            w.a[w.g.a_row + i] = 0x1p-140f;
            w.a[2 * w.g.a_row + i] = i % 2 ? 0x1p-130f : 1.0f;
        }
        run(&w, NULL, (heed_precision)p);
        for (int64_t j = 0; j < 5; j++) {
            double size, wanted = exact(&w, 0, j, &size);
            assert_true(fabs(w.g.c[j] - wanted) <= bounds[p] * fabs(wanted));
            assert_true(fabsf(w.g.c[w.g.c_row + j]) < 1e-36f);
            wanted = exact(&w, 2, j, &size);
            assert_true(fabs(w.g.c[2 * w.g.c_row + j] - wanted) <= 4 * bounds[p]);
        }
        work_close(&w);
    }
}

/* A result that no cache holds: the bits of its rows alone. */
static void test_large(void **state)
{
    enum { ROWS = 132000, COLS = 128, K = 40 };
    heed__gemm g = {.m = ROWS, .n = COLS, .k = K, .a_row = K, .a_col = 1, .b_row = 1, .b_col = K};
    heed_context *context;
    float *a = malloc(sizeof(float) * ROWS * K), *b = malloc(sizeof(float) * COLS * K);
    float *c = aligned_alloc(64, sizeof(float) * ROWS * COLS);
    (void)state;
    check_ok(heed_context_create(&(heed_context_options){.threads = 2}, &context));
    size_t room = heed__gemm_workspace_any(context, ROWS, COLS, K);
    float *workspace = aligned_alloc(64, room * sizeof(float));
    draw(ROWS * K, a);
    draw(COLS * K, b);
    g.c_row = COLS, g.a = a, g.b = b, g.c = c;
    for (int p = 1; p < 3; p++) {
        g.precision = (heed_precision)p;
        g.m = ROWS, g.a = a, g.c = c;
        heed__gemm_run(context, &g, workspace);
        for (int64_t i = 0; i < ROWS; i += 9973) {
            float row[COLS];
            g.m = 1, g.a = a + i * K, g.c = row;
            heed__gemm_run(context, &g, workspace);
            assert_memory_equal(row, c + i * COLS, sizeof row);
        }
    }
    heed_context_destroy(&context);
    free(a);
    free(b);
    free(c);
    free(workspace);
}

/* What was planned for the largest batch serves smaller ones: fewer rows of a, or less of k. */
static void test_room_grows_with_sizes(void **state)
{
    static const int64_t n[] = {1, 73, 176, 251, 512, 3000};
    static const int64_t m[] = {1, 40, 300, 683, 1008, 2308, 9000};
    (void)state;
    for (size_t i = 0; i < sizeof n / sizeof n[0]; i++)
        for (size_t j = 0; j < sizeof m / sizeof m[0]; j++) {
            size_t before = 0;
            for (int64_t k = 1; k < 2500; k += 7) {
                size_t room = heed__gemm_workspace_any(NULL, m[j], n[i], k);
                assert_true(room >= before);
                assert_true(!j || room >= heed__gemm_workspace_any(NULL, m[j - 1], n[i], k));
                before = room;
            }
        }
}

static void test_the_context_says(void **state)
{
    heed_context *context;
    (void)state;
    assert_int_equal(heed_context_precision(NULL), HEED_PRECISION_HIGHEST);
    check_ok(heed_context_create(NULL, &context));
    assert_int_equal(heed_context_precision(context), HEED_PRECISION_HIGHEST);
    check_ok(heed_context_set_precision(context, HEED_PRECISION_MEDIUM));
    check_fails(heed_context_set_precision(context, (heed_precision)3), HEED_E_INVALID,
                "precision 3");
    assert_int_equal(heed_context_precision(context), HEED_PRECISION_MEDIUM);
    heed_context_destroy(&context);
}

int main(void)
{
    heed__random_start(&source, 5, HEED_RANDOM_ORDER);
    if (!heed__gemm_parts(HEED_PRECISION_HIGH))
        print_message("no AMX here (or HEED_CPU forbids it): high and medium are held to highest "
                      "only\n");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_infinities),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_room_grows_with_sizes),
        cmocka_unit_test(test_the_context_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
