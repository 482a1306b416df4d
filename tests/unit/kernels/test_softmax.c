/* SPDX-License-Identifier: MIT */
/* Softmax of tiles: each level against its definition, row by row on the scalar level's exp_sum. */
#include "check.h"

#include "base/random.h"
#include "guarded.h"
#include "kernels/kernels.h"

enum { ROWS = 70, MOST = 70, STRIDE = 80 };

static const int64_t heights[] = {1, 2, 15, 16, 17, 32, 64, 70};
static const int64_t widths[] = {1, 3, 15, 16, 17, 48, 63, 64, 65, 70};

typedef struct state {
    heed_real top[ROWS], sum[ROWS], factor[ROWS];
} state;

static const heed__kernels *scalar;

/* One row, as the paper has it. */
static void row_by_row(int64_t n, heed_real *s, heed_real *top, heed_real *sum, heed_real *factor)
{
    heed_real now = *top, added, shift;
    for (int64_t t = 0; t < n; t++)
        if (s[t] > now) now = s[t];
    shift = now == -HEED_REAL(INFINITY) ? 0 : now;
    added = scalar->exp_sum(n, s, shift, s);
    *factor = 1;
    if (now != *top && *top != -HEED_REAL(INFINITY)) scalar->exp_sum(1, top, now, factor);
    *sum = heed__fma(*sum, *factor, added);
    *top = now;
}

/* Some rows see little, one nothing, and with `nan` one has a NaN. */
static void draw(heed__random *r, int64_t rows, int64_t n, int nan, heed_real *s)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t t = 0; t < n; t++) {
            heed_real x = 40 * heed__random_uniform(r) - 20;
            if (i % 5 == 2 && t % 3) x = -HEED_REAL(INFINITY);
            if (i % 7 == 3) x = -HEED_REAL(INFINITY);
            if (i % 4 == 1) x *= 10;
            if (nan && i % 6 == 4 && t == n / 2) x = HEED_REAL(NAN);
            s[i * STRIDE + t] = x;
        }
}

static int same(heed_real a, heed_real b)
{
    return (a != a && b != b) || memcmp(&a, &b, sizeof a) == 0 || (a == 0 && b == 0);
}

static void check_rows(int64_t rows, int64_t n, const heed_real *s, const heed_real *wanted,
                       const state *x, const state *y)
{
    for (int64_t i = 0; i < rows; i++) {
        assert_true(same(x->top[i], y->top[i]));
        assert_true(same(x->sum[i], y->sum[i]));
        assert_true(same(x->factor[i], y->factor[i]));
        for (int64_t t = 0; t < n; t++)
            assert_true(same(s[i * STRIDE + t], wanted[i * STRIDE + t]));
    }
}

/* Three blocks one after another, the tile at the end of its page. */
static void hold(const heed__kernels *k, guarded page, int64_t rows, int64_t n)
{
    static heed_real wanted[ROWS * STRIDE];
    heed__random random;
    state x, y;
    heed__random_start(&random, 3, (uint32_t)(rows * 100 + n));
    for (int64_t i = 0; i < ROWS; i++) {
        x.top[i] = y.top[i] = -HEED_REAL(INFINITY);
        x.sum[i] = y.sum[i] = 0;
        x.factor[i] = y.factor[i] = 7;
    }
    for (int block = 0; block < 3; block++) {
        heed_real *s = guarded_place(page, (rows - 1) * STRIDE + n, 1, NULL);
        draw(&random, rows, n, block == 1, s);
        memcpy(wanted, s, (size_t)((rows - 1) * STRIDE + n) * sizeof *s);
        k->softmax_online(rows, n, s, STRIDE, x.top, x.sum, x.factor);
        for (int64_t i = 0; i < rows; i++)
            row_by_row(n, wanted + i * STRIDE, y.top + i, y.sum + i, y.factor + i);
        check_rows(rows, n, s, wanted, &x, &y);
        for (int64_t i = rows; i < ROWS; i++) assert_true(x.factor[i] == 7);
    }
}

static void test_online(void **unused)
{
    guarded page = guarded_open(ROWS * STRIDE);
    (void)unused;
    for (int l = 0; l < HEED_LEVELS; l++) {
        const heed__kernels *k = heed__kernels_at((heed__level)l);
        for (size_t r = 0; k && r < sizeof heights / sizeof *heights; r++)
            for (size_t c = 0; c < sizeof widths / sizeof *widths; c++)
                hold(k, page, heights[r], widths[c]);
    }
    guarded_close(page);
}

static void hold_back(const heed__kernels *k, guarded *page, int64_t n)
{
    heed_real wanted_s[MOST], wanted_d[MOST];
    heed__random random;
    heed__random_start(&random, 4, (uint32_t)n);
    heed_real *s = guarded_place(page[0], n, 1, NULL), *d = guarded_place(page[1], n, 1, NULL);
    for (int64_t t = 0; t < n; t++) {
        wanted_s[t] = s[t] = t % 5 == 3 ? -HEED_REAL(INFINITY) : 9 * heed__random_uniform(&random);
        wanted_d[t] = d[t] = t % 7 == 6 ? HEED_REAL(NAN) : heed__random_uniform(&random);
    }
    k->softmax_back(n, s, d, 3, 0.25f);
    scalar->exp_sum(n, wanted_s, 3, wanted_s);
    for (int64_t t = 0; t < n; t++) {
        assert_true(same(s[t], wanted_s[t]));
        assert_true(same(d[t], wanted_s[t] * (wanted_d[t] - 0.25f)));
    }
}

static void test_back(void **unused)
{
    guarded page[2] = {guarded_open(MOST), guarded_open(MOST)};
    (void)unused;
    for (int l = 0; l < HEED_LEVELS; l++) {
        const heed__kernels *k = heed__kernels_at((heed__level)l);
        for (size_t c = 0; k && c < sizeof widths / sizeof *widths; c++)
            hold_back(k, page, widths[c]);
    }
    guarded_close(page[0]);
    guarded_close(page[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_online),
        cmocka_unit_test(test_back),
    };
    scalar = heed__kernels_at(HEED_LEVEL_SCALAR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
