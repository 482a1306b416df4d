/* SPDX-License-Identifier: MIT */
/* The greatest logits without all of them, against the whole product. */
#include "check.h"
#include "out_of_memory.h"

#include "base/random.h"
#include "kernels/gemm_amx.h"
#include "model/screen.h"

#include <math.h>
#include <string.h>

enum { ROWS = HEED_SCREEN_ROWS, MOST_N = 700, MOST_K = 1100, MOST_WEIGHTS = 700 * 256 };

/* What the numbers of a row of weights are like. */
typedef enum numbers {
    NORMAL,
    FAR_APART,
    TIED,
    TINY_ONES,
    HUGE_ONES,
    NEARLY_TIED,
    ZERO,
    KINDS
} numbers;

static float weights[MOST_WEIGHTS], biases[MOST_N], x[ROWS * MOST_K];
static float whole[ROWS * MOST_N], found[ROWS * MOST_N];
static heed__param weight = {.data = weights, .rank = 2}, bias = {.data = biases, .rows = 1};

/* About normal. */
static float draw(heed__random *random)
{
    float sum = -2;
    for (int i = 0; i < 4; i++) sum += heed__random_uniform(random);
    return sum;
}

static void fill_row(heed__random *random, numbers kind, int64_t row, int64_t k)
{
    float *w = weights + row * k;
    for (int64_t i = 0; i < k; i++) {
        w[i] = draw(random);
        if (kind == FAR_APART) w[i] *= i % 7 ? 1e-3f : 30;
        if (kind == TIED) w[i] = weights[row % 3 * k + i];
        if (kind == TINY_ONES) w[i] *= row % 2 ? 0x1p-130f : 0x1p-70f;
        if (kind == HUGE_ONES) w[i] *= 1e18f;
        if (kind == NEARLY_TIED && row) w[i] = weights[i] * (1 + 1e-6f * w[i]);
        if (kind == ZERO) w[i] = 0;
    }
}

static heed__linear make(numbers kind, int64_t n, int64_t k, int with_bias)
{
    heed__random random;
    heed__random_start(&random, 11 + (uint64_t)kind, HEED_RANDOM_CHECK);
    assert_true(n <= MOST_N && k <= MOST_K && n * k <= MOST_WEIGHTS);
    weight.rows = n, weight.cols = k, bias.cols = n;
    for (int64_t row = 0; row < n; row++) fill_row(&random, kind, row, k);
    for (int64_t i = 0; i < n; i++) biases[i] = kind == TIED ? 0 : draw(&random);
    for (int64_t i = 0; i < ROWS * k; i++) x[i] = draw(&random);
    return (heed__linear){&weight, with_bias ? &bias : NULL};
}

/* The chain that every output of a product is. */
static void compute_whole(const heed__linear *l)
{
    int64_t n = weight.rows, k = weight.cols;
    for (int64_t at = 0; at < ROWS * n; at++) {
        float sum = l->bias ? biases[at % n] : 0;
        for (int64_t i = 0; i < k; i++) sum = fmaf(x[at / n * k + i], weights[at % n * k + i], sum);
        whole[at] = sum;
    }
}

static int is_apart(int64_t token, const int32_t *apart, int64_t n_apart)
{
    for (int64_t i = 0; i < n_apart; i++)
        if (apart[i] == token) return 1;
    return 0;
}

/* How many scores there are; all of them right, and all that are wanted among them. */
static int64_t check_row(int64_t row, const int32_t *apart, int64_t n_apart)
{
    const float *right = whole + row * weight.rows, *given = found + row * weight.rows;
    float most = -INFINITY;
    int64_t there = 0;
    for (int64_t i = 0; i < weight.rows; i++)
        if (!is_apart(i, apart, n_apart) && right[i] > most) most = right[i];
    for (int64_t i = 0; i < weight.rows; i++) {
        if (isnan(right[i])) {
            assert_true(isnan(given[i]));
        } else if (given[i] > -INFINITY) {
            assert_memory_equal(&given[i], &right[i], sizeof *given);
            there++;
        } else {
            assert_true(isinf(right[i]) || (right[i] < most && !is_apart(i, apart, n_apart)));
        }
    }
    return there;
}

static int64_t check_layer(heed_context *context, const heed__linear *l, const int32_t *apart,
                           int64_t n_apart)
{
    heed__screen *screen;
    int64_t there = 0;
    compute_whole(l);
    check_ok(heed__screen_create(context, l, &screen));
    assert_non_null(screen);
    heed__screen_run(screen, ROWS, x, apart, n_apart, found);
    for (int64_t row = 0; row < ROWS; row++) there += check_row(row, apart, n_apart);
    heed__screen_destroy(&screen);
    return there;
}

static void test_wanted_logits_are_those_of_the_product(void **state)
{
    (void)state;
    static const int64_t sizes[][2] = {{1, 1},    {5, 3},     {16, 8},   {33, 17},
                                       {300, 64}, {700, 256}, {70, 1100}};
    heed_context *two;
    check_ok(heed_context_create(&(heed_context_options){.threads = 2}, &two));
    for (int which = 0; which < 2 * KINDS; which++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            int64_t n = sizes[s][0], k = sizes[s][1], n_apart = (int64_t)s % 3;
            int32_t apart[2] = {(int32_t)(n - 1), (int32_t)(n / 2)};
            heed__linear l = make((numbers)(which / 2), n, k, (int)((size_t)which + s) % 2);
            int64_t there = check_layer(which % 2 ? two : NULL, &l, apart, n_apart);
            /* few of them: that is the point */
            if (which / 2 == NORMAL && n >= 300) assert_true(there < ROWS * n / 25);
        }
    heed_context_destroy(&two);
}

/* What cannot be bounded is computed whole, or not screened at all. */
static void test_numbers_that_are_none(void **state)
{
    (void)state;
    static const float bad[] = {NAN, INFINITY, -INFINITY, 3e38f};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        heed__screen *screen;
        heed__linear l = make(NORMAL, 40, 20, 1);
        x[3] = x[25] = bad[i];
        check_layer(NULL, &l, NULL, 0);
        weights[17] = bad[i];
        check_ok(heed__screen_create(NULL, &l, &screen));
        assert_int_equal(screen != NULL, i == 3);
        heed__screen_destroy(&screen);
    }
}

/* Below `highest` products on AMX are no chains of float32. */
static void test_precisions(void **state)
{
    (void)state;
    heed__screen *screen;
    heed_context *context;
    heed__linear l = make(NORMAL, 40, 20, 0);
    check_ok(heed_context_create(NULL, &context));
    check_ok(heed_context_set_precision(context, HEED_PRECISION_MEDIUM));
    check_ok(heed__screen_create(context, &l, &screen));
    assert_int_equal(screen == NULL, heed__gemm_parts(HEED_PRECISION_MEDIUM) > 0);
    heed__screen_destroy(&screen);
    heed_context_destroy(&context);
}

static heed_status life(void *arg)
{
    heed__screen *screen;
    heed_status status = heed__screen_create(NULL, arg, &screen);
    assert_int_equal(screen != NULL, status == HEED_OK);
    heed__screen_destroy(&screen);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    heed__linear l = make(NORMAL, 40, 20, 0);
    check_out_of_memory(life, &l, 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wanted_logits_are_those_of_the_product),
        cmocka_unit_test(test_numbers_that_are_none),
        cmocka_unit_test(test_precisions),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
