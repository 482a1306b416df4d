/* SPDX-License-Identifier: MIT */
/* Every kernel of every level this machine has gives the scalar level's bits and touches nothing
 * outside its arrays: all rows of kernel_trials.h, on numbers of all kinds. HEED_LONG=1 in the
 * environment: many more. With the argument --speed (./dev bench kernels), how fast each is, too.
 */
#include "check.h"

#include "base/random.h"
#include "fastest.h"
#include "guarded.h"
#include "kernel_trials.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- numbers */

static const heed_real odd_values[] = {
    0.0f,       -0.0f,     INFINITY, -INFINITY, NAN,      FLT_MIN,    -FLT_MIN,   0x1p-149f,
    -0x1p-149f, 0x1p-130f, FLT_MAX,  -FLT_MAX,  88.7f,    88.73f,     -87.4f,     -103.9f,
    -104.0f,    -150.0f,   0.95f,    -0.95f,    4.0f,     10.0f,      -10.0f,     1.0f,
    -1.0f,      0x1p-126f, 1e30f,    -1e30f,    0x1p-24f, 0.6666667f, 1.3333334f, 0.34657f,
    -0.34657f,  0x1p127f,  5.0f,     -88.0f,
};
enum { ODD = sizeof odd_values / sizeof *odd_values };

typedef enum numbers { ORDINARY, ANY_SIZE, SOME_ODD, ALL_ODD, ANY_BITS, KINDS } numbers;

static heed__random source;

static heed_real drawn(numbers kind)
{
    uint32_t u = heed__random_bits(&source);
    heed_real x = ((heed_real)(u >> 8) * 0x1p-24f - 0.5f) * 12.0f;
    if (kind == ANY_SIZE) x = ldexpf(x, (int)(heed__random_bits(&source) % 200) - 120);
    if (kind == ANY_BITS) memcpy(&x, &u, sizeof x);
    if (kind == ALL_ODD || (kind == SOME_ODD && heed__random_bits(&source) % 7 == 0))
        x = odd_values[heed__random_bits(&source) % ODD];
    return x;
}

static uint32_t bits_of(heed_real a)
{
    uint32_t bits;
    memcpy(&bits, &a, sizeof bits);
    return bits;
}

static int same(heed_real a, heed_real b)
{
    return (isnan(a) && isnan(b)) || bits_of(a) == bits_of(b);
}

/* ---- cases */

static const int64_t lengths[] = {0,  1,  2,  7,  8,  9,  15, 16,  17,  31,
                                  32, 33, 47, 63, 64, 65, 80, 100, 128, 1000};
static const int64_t widths[] = {1, 3, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 70, 100};
static const int64_t heights[] = {1, 2, 5, 6, 7, 13, 14, 15, 16, 17, 28, 29, 32, 64, 70};
static const int64_t depths[] = {0, 1, 2, 5, 16, 31, 65};
enum {
    LENGTHS = sizeof lengths / sizeof *lengths,
    WIDTHS = sizeof widths / sizeof *widths,
    HEIGHTS = sizeof heights / sizeof *heights,
    DEPTHS = sizeof depths / sizeof *depths,
    PLACES = 4, /* at the first page's begin, at the last one's end, twice anywhere */
    MOST = 16 * (16 * 65 + 8)
};

/* What the arrays hold beforehand, what the scalar level made of them, and where they are held. */
static heed_real before[TRIAL_ARRAYS][MOST], wanted[TRIAL_ARRAYS][MOST];
static guarded pages[TRIAL_ARRAYS];

static int has_rows(const kernel_row *row)
{
    for (int a = 0; a < TRIAL_ARRAYS; a++)
        if (row->arrays[a].role && row->arrays[a].rows != ONE) return 1;
    return 0;
}

/* Sizes, the number, and what all arrays hold, gaps too. */
static trial draw(const kernel_row *row, int which, numbers kind)
{
    trial t = {.n = lengths[which % LENGTHS],
               .rows = heights[heed__random_below(&source, HEIGHTS)],
               .depth = depths[heed__random_below(&source, DEPTHS)],
               .gap = (int64_t)heed__random_below(&source, 3) * 3,
               .a = drawn(kind == ALL_ODD    ? SOME_ODD
                          : kind == ANY_BITS ? kind
                                             : ORDINARY)};
    if (has_rows(row)) t.n = widths[heed__random_below(&source, WIDTHS)];
    for (int a = 0; a < TRIAL_ARRAYS; a++) {
        int64_t span = row->arrays[a].role ? span_of(&t, &row->arrays[a]) : 0;
        assert_true(span <= MOST);
        for (int64_t i = 0; i < span; i++) {
            heed_real x = drawn(kind);
            before[a][i] = row->arrays[a].role & POSITIVE ? fabsf(x) : x;
        }
    }
    return t;
}

/* What is only written is full of one byte, another one for the scalar level: what is left out
 * would differ. */
static void lay(const kernel_row *row, const trial *t, int a, int poison, heed_real *to)
{
    size_t bytes = (size_t)span_of(t, &row->arrays[a]) * sizeof *to;
    if (row->arrays[a].role & IN)
        memcpy(to, before[a], bytes);
    else
        memset(to, poison, bytes);
}

/* The index within its row, or -1 in a gap. */
static int64_t column_of(const trial *t, const trial_array *a, int64_t i)
{
    int64_t column = i % stride_of(t, a);
    return column < extent_of(t, a->columns) ? column : -1;
}

/* What differs is said. */
static void compare(const kernel_row *row, const heed__kernels *k, const trial *t, int a,
                    int poison)
{
    const trial_array *array = &row->arrays[a];
    for (int64_t i = 0; i < span_of(t, array); i++) {
        heed_real got = t->x[a][i], right = wanted[a][i];
        int exact = (row->flags & MOVES) || !(array->role & OUT);
        if (column_of(t, array, i) < 0) { /* a gap */
            exact = 1;
            right = before[a][i];
            if (!(array->role & IN)) memset(&right, poison, sizeof right);
        }
        if (exact ? bits_of(got) != bits_of(right) : !same(got, right))
            fail_msg("%s %s, n = %d, rows %d, depth %d, a = %a: array %d [%d] is %a, not %a",
                     heed__level_name(k->level), row->name, (int)t->n, (int)t->rows, (int)t->depth,
                     (double)t->a, a, (int)i, (double)got, (double)right);
    }
}

static heed_real *place(const trial_array *array, const trial *t, int a, int where)
{
    int64_t span = span_of(t, array);
    heed_real *p = guarded_place(pages[a], span, where == 1, NULL);
    int64_t room = (int64_t)(pages[a].size / sizeof *p) - span;
    if (where > 1) p += heed__random_below(&source, (uint64_t)(room < 100 ? room + 1 : 100));
    guarded_arm(pages[a], p, span);
    return p;
}

static void hold_at(const kernel_row *row, const heed__kernels *k, trial t, int where,
                    const trial *reference)
{
    enum { POISON = 0x77 };
    for (int a = 0; a < TRIAL_ARRAYS; a++) {
        if (!row->arrays[a].role) continue;
        t.x[a] = place(&row->arrays[a], &t, a, where);
        lay(row, &t, a, POISON, t.x[a]);
    }
    row->call(row, k, &t);
    if (!same(t.value, reference->value))
        fail_msg("%s %s, n = %d: %a, scalar %a", heed__level_name(k->level), row->name, (int)t.n,
                 (double)t.value, (double)reference->value);
    for (int a = 0; a < TRIAL_ARRAYS; a++) {
        if (!row->arrays[a].role) continue;
        compare(row, k, &t, a, POISON);
        if (!guarded_whole(pages[a], t.x[a], span_of(&t, &row->arrays[a])))
            fail_msg("%s %s, n = %d, rows %d, depth %d: wrote beside array %d",
                     heed__level_name(k->level), row->name, (int)t.n, (int)t.rows, (int)t.depth, a);
    }
}

static void hold_to_scalar(const kernel_row *row, const heed__kernels *k, const trial *t)
{
    enum { POISON = 0xdd };
    trial reference = *t;
    for (int a = 0; a < TRIAL_ARRAYS; a++) {
        if (!row->arrays[a].role) continue;
        reference.x[a] = wanted[a];
        lay(row, t, a, POISON, wanted[a]);
    }
    row->call(row, heed__kernels_at(HEED_LEVEL_SCALAR), &reference);
    for (int where = 0; where < PLACES; where++) hold_at(row, k, *t, where, &reference);
}

/* ---- tests */

static void test_levels_give_the_same_bits(void **state)
{
    (void)state;
    int times = getenv("HEED_LONG") ? 20 : 1;
    heed__random_start(&source, 3, HEED_RANDOM_CHECK);
    for (int a = 0; a < TRIAL_ARRAYS; a++) pages[a] = guarded_open(MOST);
    for (int level = 0; level < HEED_LEVELS; level++) {
        const heed__kernels *k = heed__kernels_at((heed__level)level);
        if (!k) continue;
        assert_int_equal(k->level, level);
        for (int row = 0; row < KERNEL_ROWS; row++)
            for (int i = 0; i < LENGTHS * KINDS * times; i++) {
                trial t = draw(&kernel_rows[row], i / KINDS, (numbers)(i % KINDS));
                hold_to_scalar(&kernel_rows[row], k, &t);
            }
    }
    for (int a = 0; a < TRIAL_ARRAYS; a++) guarded_close(pages[a]);
}

/* A kernel that has no row is not held to anything. The peak is its own reference (test_gemm). */
static void test_every_kernel_has_a_row(void **state)
{
    (void)state;
    const size_t size = sizeof(void (*)(void));
    size_t others[] = {SLOT(level), SLOT(tile_rows), SLOT(tile_cols), SLOT(peak)};
    for (size_t slot = 0; slot + size <= sizeof(heed__kernels); slot += size) {
        int found = 0;
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            found |= others[i] / size == slot / size;
        for (int row = 0; row < KERNEL_ROWS; row++) found |= kernel_rows[row].slot == slot;
        if (!found) fail_msg("the kernel at byte %d of the table has no row", (int)slot);
    }
}

/* The sums' order is the one that kernels.h promises, not only the same on every level. */
static void test_sum_runs_over_sixteen_lanes(void **state)
{
    (void)state;
    heed_real *x = before[0], *y = before[1];
    const heed__kernels *k = heed__kernels_best();
    heed__random_start(&source, 4, HEED_RANDOM_CHECK);
    for (int s = 0; s < LENGTHS; s++) {
        heed_real lane[16] = {0}, dots[16] = {0};
        for (int64_t i = 0; i < lengths[s]; i++) {
            x[i] = drawn(ORDINARY);
            y[i] = drawn(ORDINARY);
            lane[i % 16] += x[i];
            dots[i % 16] = heed__fma(x[i], y[i], dots[i % 16]);
        }
        for (int step = 8; step > 0; step /= 2)
            for (int i = 0; i < step; i++) lane[i] += lane[i + step], dots[i] += dots[i + step];
        assert_true(same(k->sum(lengths[s], x), lane[0]));
        assert_true(same(k->dot(lengths[s], x, y), dots[0]));
    }
}

static void test_max_meets_nan_and_nothing(void **state)
{
    (void)state;
    for (int level = 0; level < HEED_LEVELS; level++) {
        const heed__kernels *k = heed__kernels_at((heed__level)level);
        if (!k) continue;
        heed_real x[40];
        assert_true(k->max(0, x) == -INFINITY);
        for (int at = 0; at < 40; at++) {
            for (int i = 0; i < 40; i++) x[i] = -3.0f;
            x[at] = 2.0f;
            assert_true(k->max(40, x) == 2.0f);
            x[at] = NAN;
            assert_true(isnan(k->max(40, x)));
            assert_true(at == 0 || k->max(at, x) == -3.0f);
        }
    }
}

static void test_transposing_is_by_index(void **state)
{
    (void)state;
    heed_real *x = before[0], *y = before[1];
    for (int i = 0; i < 64 * 64; i++) x[i] = (heed_real)i;
    heed__kernels_best()->transpose(45, 33, x, 64, y, 50);
    for (int i = 0; i < 45; i++)
        for (int j = 0; j < 33; j++) assert_true(y[j * 50 + i] == x[i * 64 + j]);
}

static void test_best_is_the_level_to_use(void **state)
{
    (void)state;
    heed__level level = heed__kernels_best()->level;
    assert_true(level == heed__cpu_level() ||
                (heed__cpu_level() == HEED_LEVEL_AMX && level == HEED_LEVEL_AVX512));
    assert_ptr_equal(heed__kernels_best(), heed__kernels_at(level));
}

/* ---- speed */

typedef struct timed {
    const kernel_row *row;
    const heed__kernels *kernels;
    trial t;
} timed;

/* The arrays as they were before. */
static void prepare_timed(void *with)
{
    timed *w = with;
    for (int a = 0; a < TRIAL_ARRAYS; a++) {
        w->t.x[a] = w->row->arrays[a].role ? wanted[a] : NULL;
        if (w->t.x[a]) lay(w->row, &w->t, a, 0, w->t.x[a]);
    }
}

static void call_timed(void *with)
{
    timed *w = with;
    w->row->call(w->row, w->kernels, &w->t);
}

static double time_row(const kernel_row *row, heed__level level, const trial *t)
{
    timed w = {row, heed__kernels_at(level), *t};
    return fastest(prepare_timed, call_timed, &w);
}

/* One row of the table: the scalar level's time, and of each other its time and the ratio. */
static void print_speed(const kernel_row *row)
{
    trial t = {.n = has_rows(row) ? 64 : 2048, .rows = 64, .depth = 64, .a = 0.25f};
    for (int a = 0; a < TRIAL_ARRAYS; a++)
        for (int i = 0; i < MOST; i++) {
            before[a][i] = drawn(ORDINARY);
            if (row->arrays[a].role & POSITIVE) before[a][i] = fabsf(before[a][i]);
        }
    double scalar = time_row(row, HEED_LEVEL_SCALAR, &t);
    printf("| %-15s | %9.0f |", row->name, 1e9 * scalar);
    for (int level = HEED_LEVEL_SCALAR + 1; level < HEED_LEVELS; level++) {
        if (!heed__kernels_at((heed__level)level)) continue;
        double seconds = time_row(row, (heed__level)level, &t);
        printf(" %8.0f | %6.1f |", 1e9 * seconds, scalar / seconds);
    }
    printf("\n");
}

static void print_speeds(void)
{
    printf("\nNanoseconds of a call on arrays in cache (2,048 numbers; 64 x 64 x 64), and how many "
           "times as fast as the scalar level:\n\n| %-15s | %9s |",
           "kernel", "scalar");
    for (int level = HEED_LEVEL_SCALAR + 1; level < HEED_LEVELS; level++)
        if (heed__kernels_at((heed__level)level))
            printf(" %8s | %6s |", heed__level_name((heed__level)level), "times");
    printf("\n");
    for (int row = 0; row < KERNEL_ROWS; row++)
        if (!(kernel_rows[row].flags & VARIANT)) print_speed(&kernel_rows[row]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels_give_the_same_bits),
        cmocka_unit_test(test_every_kernel_has_a_row),
        cmocka_unit_test(test_sum_runs_over_sixteen_lanes),
        cmocka_unit_test(test_max_meets_nan_and_nothing),
        cmocka_unit_test(test_transposing_is_by_index),
        cmocka_unit_test(test_best_is_the_level_to_use),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (argc > 1 && strcmp(argv[1], "--speed") == 0) print_speeds();
    return failed;
}
