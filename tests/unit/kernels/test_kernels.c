/* SPDX-License-Identifier: MIT */
/* Every kernel of every level this machine has gives the scalar level's bits and touches nothing
 * outside its arrays. */
#include "check.h"

#include "base/random.h"
#include "guarded.h"
#include "kernels/kernels.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t sizes[] = {0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 64, 100, 1000};
enum { SIZES = sizeof sizes / sizeof *sizes, MOST = 1000, KINDS = 4 };

static const heed_real odd_values[] = {
    0.0f,       -0.0f,     INFINITY, -INFINITY, NAN,      FLT_MIN,    -FLT_MIN,   0x1p-149f,
    -0x1p-149f, 0x1p-130f, FLT_MAX,  -FLT_MAX,  88.7f,    88.73f,     -87.4f,     -103.9f,
    -104.0f,    -150.0f,   0.95f,    -0.95f,    4.0f,     10.0f,      -10.0f,     1.0f,
    -1.0f,      0x1p-126f, 1e30f,    -1e30f,    0x1p-24f, 0.6666667f, 1.3333334f, 0.34657f,
    -0.34657f,  0x1p127f,  5.0f,     -88.0f,
};
enum { ODD = sizeof odd_values / sizeof *odd_values };

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

/* kind 0: ordinary; 1: any finite size; 2: with the odd values among them; 3: odd values only. */
static void draw(heed__random *r, int kind, int64_t n, heed_real *x)
{
    for (int64_t i = 0; i < n; i++) {
        uint32_t u = heed__random_bits(r);
        x[i] = ((heed_real)(u >> 8) * 0x1p-24f - 0.5f) * 12.0f;
        if (kind == 1) x[i] = ldexpf(x[i], (int)(heed__random_bits(r) % 200) - 120);
        if (kind == 3 || (kind == 2 && heed__random_bits(r) % 7 == 0))
            x[i] = odd_values[heed__random_bits(r) % ODD];
    }
}

/* One case: inputs x, y, z and a, outputs in z and `value`. */
typedef struct trial {
    int64_t n;
    heed_real a, *x, *y, *z, value;
} trial;

typedef void (*trial_function)(const heed__kernels *, trial *);

static void run_exp(const heed__kernels *k, trial *t)
{
    k->exp(t->n, t->x, t->z);
}

static void run_log(const heed__kernels *k, trial *t)
{
    k->log(t->n, t->x, t->z);
}

static void run_tanh(const heed__kernels *k, trial *t)
{
    k->tanh(t->n, t->x, t->z);
}

static void run_sigmoid(const heed__kernels *k, trial *t)
{
    k->sigmoid(t->n, t->x, t->z);
}

static void run_erf(const heed__kernels *k, trial *t)
{
    k->erf(t->n, t->x, t->z);
}

static void run_in_place(const heed__kernels *k, trial *t)
{
    k->exp(t->n, t->z, t->z);
    k->tanh(t->n, t->z, t->z);
    k->scale(t->n, t->a, t->z, t->z);
    k->multiply(t->n, t->z, t->z, t->z);
}

static void run_exp_sum(const heed__kernels *k, trial *t)
{
    t->value = k->exp_sum(t->n, t->x, t->a, t->z);
}

static void run_exp_sum_in_place(const heed__kernels *k, trial *t)
{
    t->value = k->exp_sum(t->n, t->z, t->a, t->z);
}

static void run_sum(const heed__kernels *k, trial *t)
{
    t->value = k->sum(t->n, t->x);
}

static void run_dot(const heed__kernels *k, trial *t)
{
    t->value = k->dot(t->n, t->x, t->y);
}

static void run_max(const heed__kernels *k, trial *t)
{
    t->value = k->max(t->n, t->x);
}

static void run_axpy(const heed__kernels *k, trial *t)
{
    k->axpy(t->n, t->a, t->x, t->z);
}

static void run_scale(const heed__kernels *k, trial *t)
{
    k->scale(t->n, t->a, t->x, t->z);
}

static void run_add(const heed__kernels *k, trial *t)
{
    k->add(t->n, t->x, t->z);
}

static void run_multiply(const heed__kernels *k, trial *t)
{
    k->multiply(t->n, t->x, t->y, t->z);
}

static void run_multiply_add(const heed__kernels *k, trial *t)
{
    k->multiply_add(t->n, t->x, t->y, t->z);
}

static const struct {
    const char *name;
    trial_function run;
} trials[] = {
    {"exp", run_exp},           {"log", run_log},
    {"tanh", run_tanh},         {"sigmoid", run_sigmoid},
    {"erf", run_erf},           {"in place", run_in_place},
    {"exp_sum", run_exp_sum},   {"exp_sum in place", run_exp_sum_in_place},
    {"sum", run_sum},           {"dot", run_dot},
    {"max", run_max},           {"axpy", run_axpy},
    {"scale", run_scale},       {"add", run_add},
    {"multiply", run_multiply}, {"multiply_add", run_multiply_add},
};
enum { TRIALS = sizeof trials / sizeof *trials };

static heed_real input[3][MOST], wanted[MOST];
static guarded pages[3];

static void hold_to_scalar(const heed__kernels *k, int which, int64_t n, heed_real a)
{
    memcpy(wanted, input[2], sizeof wanted);
    trial reference = {n, a, input[0], input[1], wanted, 0};
    trials[which].run(heed__kernels_at(HEED_LEVEL_SCALAR), &reference);
    for (int at_end = 0; at_end < 2; at_end++) {
        trial t = {.n = n, .a = a};
        t.x = guarded_place(pages[0], n, at_end, input[0]);
        t.y = guarded_place(pages[1], n, at_end, input[1]);
        t.z = guarded_place(pages[2], n, at_end, input[2]);
        trials[which].run(k, &t);
        if (!same(t.value, reference.value))
            fail_msg("%s %s, n = %d: %a, scalar %a", heed__level_name(k->level), trials[which].name,
                     (int)n, (double)t.value, (double)reference.value);
        for (int64_t i = 0; i < n; i++)
            if (!same(t.z[i], wanted[i]))
                fail_msg("%s %s, n = %d, [%d]: x = %a: %a, scalar %a", heed__level_name(k->level),
                         trials[which].name, (int)n, (int)i, (double)input[0][i], (double)t.z[i],
                         (double)wanted[i]);
    }
}

static void test_levels_give_the_same_bits(void **state)
{
    (void)state;
    heed__random r;
    heed__random_start(&r, 3, HEED_RANDOM_ORDER);
    for (int i = 0; i < 3; i++) pages[i] = guarded_open(MOST);
    for (int level = 0; level < HEED_LEVELS; level++) {
        const heed__kernels *k = heed__kernels_at((heed__level)level);
        if (!k) continue;
        assert_int_equal(k->level, level);
        for (int kind = 0; kind < KINDS; kind++)
            for (int s = 0; s < SIZES; s++)
                for (int which = 0; which < TRIALS; which++) {
                    heed_real a;
                    for (int i = 0; i < 3; i++) draw(&r, kind, sizes[s], input[i]);
                    draw(&r, kind == 3 ? 2 : 0, 1, &a);
                    hold_to_scalar(k, which, sizes[s], a);
                }
    }
    for (int i = 0; i < 3; i++) guarded_close(pages[i]);
}

/* The sums' order is the one that kernels.h promises, not only the same on every level. */
static void test_sum_runs_over_sixteen_lanes(void **state)
{
    (void)state;
    heed__random r;
    heed__random_start(&r, 4, HEED_RANDOM_ORDER);
    const heed__kernels *k = heed__kernels_best();
    for (int s = 0; s < SIZES; s++) {
        heed_real lane[16] = {0}, dots[16] = {0};
        draw(&r, 0, sizes[s], input[0]);
        draw(&r, 0, sizes[s], input[1]);
        for (int64_t i = 0; i < sizes[s]; i++) {
            lane[i % 16] += input[0][i];
            dots[i % 16] = heed__fma(input[0][i], input[1][i], dots[i % 16]);
        }
        for (int step = 8; step > 0; step /= 2)
            for (int i = 0; i < step; i++) lane[i] += lane[i + step], dots[i] += dots[i + step];
        assert_true(same(k->sum(sizes[s], input[0]), lane[0]));
        assert_true(same(k->dot(sizes[s], input[0], input[1]), dots[0]));
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

static void test_transpose(void **state)
{
    (void)state;
    static const int64_t sides[] = {1, 3, 14, 16, 17, 32, 45};
    enum { COUNT = sizeof sides / sizeof *sides };
    heed__random r;
    heed__random_start(&r, 5, HEED_RANDOM_ORDER);
    guarded from = guarded_open(64 * 64), to = guarded_open(64 * 64);
    for (int level = 0; level < HEED_LEVELS; level++) {
        const heed__kernels *k = heed__kernels_at((heed__level)level);
        for (int c = 0; k && c < COUNT * COUNT * 4; c++) {
            int64_t rows = sides[c % COUNT], cols = sides[c / COUNT % COUNT], pad = c % 4 * 2;
            int64_t x_row = cols + pad, y_row = rows + pad / 2;
            heed_real *x = guarded_place(from, (rows - 1) * x_row + cols, c & 1, NULL);
            heed_real *y = guarded_place(to, (cols - 1) * y_row + rows, c & 1, NULL);
            draw(&r, 2, (rows - 1) * x_row + cols, x);
            for (int64_t i = 0; i < (cols - 1) * y_row + rows; i++) y[i] = 77.0f;
            k->transpose(rows, cols, x, x_row, y, y_row);
            for (int64_t j = 0; j < cols; j++)
                for (int64_t i = 0; i < (j < cols - 1 ? y_row : rows); i++)
                    assert_true(bits_of(y[j * y_row + i]) ==
                                bits_of(i < rows ? x[i * x_row + j] : 77.0f));
        }
    }
    guarded_close(from);
    guarded_close(to);
}

static void test_best_is_the_level_to_use(void **state)
{
    (void)state;
    heed__level level = heed__kernels_best()->level;
    assert_true(level == heed__cpu_level() ||
                (heed__cpu_level() == HEED_LEVEL_AMX && level == HEED_LEVEL_AVX512));
    assert_ptr_equal(heed__kernels_best(), heed__kernels_at(level));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels_give_the_same_bits),
        cmocka_unit_test(test_sum_runs_over_sixteen_lanes),
        cmocka_unit_test(test_max_meets_nan_and_nothing),
        cmocka_unit_test(test_transpose),
        cmocka_unit_test(test_best_is_the_level_to_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
