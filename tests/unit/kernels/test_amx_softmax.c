/* SPDX-License-Identifier: MIT */
/* Softmax between products on AMX: the numbers that are laid out, against float64, at their places
 * in either operand; what is odd; nothing beside the arrays is written. */
#include "check.h"

#include "base/random.h"
#include "kernels/amx_softmax.h"

#include <math.h>
#include <string.h>

enum { BLOCK = HEED_AMX_BLOCK, KEYS = HEED_AMX_KEYS, CHUNKS = 2, GUARD = 16 };
static const double bound[] = {0, 0.0045,
                               2e-5}; /* of a weight, by parts; scores of some size add */

static heed__random source;

static float half_at(const float *tile, int64_t at)
{
    uint16_t half;
    memcpy(&half, (const char *)tile + 2 * at, sizeof half);
    uint32_t bits = (uint32_t)half << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Element (i, k) of operand a's units, or (k, i) of b's: the sum of its parts. */
static double element(int parts, const float *units, int64_t i, int64_t k, int by_columns)
{
    const float *tile = units + (k / 32 * 2 + i / 16) * parts * 256;
    int64_t at = by_columns ? (k % 32 / 2 * 16 + i % 16) * 2 + k % 2 : i % 16 * 32 + k % 32;
    double sum = 0;
    for (int p = 0; p < parts; p++) sum += (double)half_at(tile + p * 256, at);
    return sum;
}

static void near(double x, double y, double error)
{
    if (!(fabs(x - y) <= error)) fail_msg("%.9g is not %.9g", x, y);
}

/* Scores of which some are hidden; row 3 is hidden in whole. */
static void draw(float *s, int64_t rows, int64_t n, float size)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t t = 0; t < n; t++) {
            int hidden = r == 3 || heed__random_below(&source, 5) == 0;
            float x = (heed__random_uniform(&source) - 0.5f) * size;
            s[r * KEYS + t] = hidden ? -INFINITY : x;
        }
}

static void guard(float *x, int64_t n)
{
    for (int64_t i = 0; i < n + GUARD; i++) x[i] = 777;
}

static void check_guard(const float *x, int64_t n)
{
    for (int64_t i = n; i < n + GUARD; i++) assert_true(x[i] == 777);
}

/* Two blocks of keys, one after the other. */
static void check_online(int parts, int64_t rows, int64_t n, float size)
{
    _Alignas(64) static float s[BLOCK * KEYS], units[CHUNKS * 1024 + GUARD];
    float top[BLOCK], sum[BLOCK], factor[BLOCK];
    double sums[BLOCK] = {0};
    const heed__amx_beside none = {NULL, 0};
    for (int64_t r = 0; r < rows; r++) top[r] = -INFINITY, sum[r] = 0;
    for (int block = 0; block < 2; block++) {
        draw(s, rows, n, size);
        guard(units, CHUNKS * 512 * parts);
        float before[BLOCK];
        memcpy(before, top, sizeof before);
        heed__amx_scores scores = {rows, n, s, KEYS};
        heed__amx_softmax_best()->online(parts, &scores, top, sum, factor, units, &none);
        check_guard(units, CHUNKS * 512 * parts);
        for (int64_t r = 0; r < rows; r++) {
            double most = (double)before[r];
            for (int64_t t = 0; t < n; t++) most = fmax(most, (double)s[r * KEYS + t]);
            assert_true((double)top[r] == most);
            double by = before[r] == -INFINITY ? 1 : exp((double)before[r] - most);
            near((double)factor[r], by, (4e-6 + 1e-7 * (double)size) * by + 1e-26);
            sums[r] *= by;
            for (int64_t t = 0; t < n; t++) {
                float x = s[r * KEYS + t];
                double p = x == -INFINITY ? 0 : exp((double)x - most);
                near(element(parts, units, r, t, 0), p,
                     1e-26 + (bound[parts] + 1e-7 * (double)size) * p);
                sums[r] += p;
            }
            for (int64_t t = n; t < (n + 31) / 32 * 32; t++)
                assert_true(element(parts, units, r, t, 0) == 0);
        }
    }
    for (int64_t r = 0; r < rows; r++) near((double)sum[r], sums[r], 1e-4 * sums[r]);
}

static void test_online(void **state)
{
    (void)state;
    static const int64_t rows[] = {1, 15, 16, 17, 32}, keys[] = {1, 16, 31, 33, 64};
    for (int parts = 1; parts <= 2 && heed__amx_softmax_best(); parts++)
        for (int i = 0; i < 25; i++)
            for (int size = 0; size < 3; size++)
                check_online(parts, rows[i / 5], keys[i % 5], size ? size == 1 ? 8 : 300 : 0);
}

/* The gradient by hand, in both operands' layouts. */
static void check_back(int parts, int64_t rows, int64_t n, int given)
{
    _Alignas(64) static float s[BLOCK * KEYS], d[BLOCK * KEYS], out[3][CHUNKS * 1024 + GUARD];
    float lse[BLOCK], delta[BLOCK];
    int64_t size = CHUNKS * 512 * parts;
    draw(s, rows, n, 6);
    for (int64_t i = 0; i < BLOCK * KEYS; i++) {
        d[i] = heed__random_uniform(&source) - 0.5f;
        if (given && s[i] == -INFINITY) s[i] = 0;
    }
    for (int64_t r = 0; r < rows; r++) {
        lse[r] = r == 3 ? -INFINITY : 3 + heed__random_uniform(&source);
        delta[r] = heed__random_uniform(&source);
    }
    for (int i = 0; i < 3; i++) guard(out[i], size);
    heed__amx_back back = {.scores = {rows, n, s, KEYS},
                           .d = d,
                           .lse = given ? NULL : lse,
                           .delta = delta,
                           .weights = out[0],
                           .d_by_query = out[1],
                           .d_by_key = out[2],
                           .chunks = 1};
    assert_int_equal(heed__amx_softmax_best()->back(parts, &back), 0);
    for (int i = 0; i < 3; i++) check_guard(out[i], size);
    for (int64_t r = 0; r < BLOCK; r++)
        for (int64_t column = 0; column < (n + 31) / 32 * 32; column++) {
            int64_t t = heed__amx_key(column);
            int there = r < rows && t < n;
            double x = there ? (double)s[r * KEYS + t] : -INFINITY, p = 0, g = 0;
            if (given && there) p = x, g = (double)d[r * KEYS + t];
            if (!given && x > -INFINITY) {
                p = exp(x - (double)lse[r]);
                g = p * ((double)d[r * KEYS + t] - (double)delta[r]);
            }
            near(element(parts, out[0], column, r, 1), p, bound[parts] * fabs(p));
            near(element(parts, out[1], column, r, 1), g, bound[parts] * fabs(g) + 1e-7);
            near(element(parts, out[2], r, t, 0), g, bound[parts] * fabs(g) + 1e-7);
        }
    d[(rows - 1) * KEYS + n - 1] = NAN;
    s[(rows - 1) * KEYS + n - 1] = 1;
    assert_int_equal(heed__amx_softmax_best()->back(parts, &back), 1);
}

static void test_back(void **state)
{
    (void)state;
    static const int64_t rows[] = {1, 2, 17, 32}, keys[] = {1, 31, 40, 64};
    for (int parts = 1; parts <= 2 && heed__amx_softmax_best(); parts++)
        for (int i = 0; i < 32; i++) check_back(parts, rows[i / 4 % 4], keys[i % 4], i / 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_online),
        cmocka_unit_test(test_back),
    };
    heed__random_start(&source, 5, 0);
    if (!heed__amx_softmax_best()) print_message("no AMX here\n");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
