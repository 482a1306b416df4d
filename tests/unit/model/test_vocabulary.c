/* SPDX-License-Identifier: MIT */
/* Rows as long as a vocabulary: log-softmax and the best of many. */
#include "check.h"

#include "base/random.h"
#include "model/vocabulary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 5000 };

static float row[3][MOST], same[3][MOST];

static void fill(int64_t n, float spread, uint64_t seed)
{
    heed__random random;
    heed__random_start(&random, seed, HEED_RANDOM_CHECK);
    for (int r = 0; r < 3; r++)
        for (int64_t i = 0; i < n; i++) row[r][i] = spread * heed__random_uniform(&random) - 1;
}

static float most[MOST / HEED_ROW_BLOCK + 1];

/* Logits to log-probabilities, in place. */
static void log_softmax(int64_t n, float *logits)
{
    heed__scored_row scored = heed__row_of(n, logits, 1, most);
    heed__row_write(&scored, logits);
}

static void test_log_softmax(void **state)
{
    (void)state;
    const int64_t sizes[] = {1, 2, 15, 16, 17, 1023, 1024, 1025, 5000};
    heed_context *context;
    check_ok(heed_context_create(&(heed_context_options){.threads = 3}, &context));
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        int64_t n = sizes[k];
        const int32_t last[] = {(int32_t)n - 1};
        float of;
        fill(n, 30, k);
        memcpy(same, row, sizeof row);
        heed__log_softmax_of(NULL, 1, n, row[0], last, &of);
        double sum = 0, total = 0;
        for (int64_t i = 0; i < n; i++) sum += exp(row[0][i]);
        log_softmax(n, row[0]);
        for (int64_t i = 0; i < n; i++) {
            assert_true(fabs(row[0][i] - (same[0][i] - log(sum))) < 4e-6);
            total += exp(row[0][i]);
            assert_true(row[0][i] <= 0);
        }
        assert_true(fabs(total - 1) < 1e-5);
        assert_true(of == row[0][n - 1]);
        /* A row's bits do not depend on its neighbours or on threads. */
        float packed[3 * 1025], each[3];
        const int32_t tokens[3] = {last[0], 0, last[0]};
        if (n > 1025) continue;
        for (int r = 0; r < 3; r++) memcpy(packed + r * n, same[2 - r], (size_t)n * sizeof *packed);
        heed__log_softmax_of(context, 3, n, packed, tokens, each);
        assert_true(each[2] == row[0][n - 1]);
    }
    heed_context_destroy(&context);
}

static void test_rows_without_a_softmax(void **state)
{
    (void)state;
    const float bad[] = {NAN, INFINITY};
    for (int k = 0; k < 2; k++) {
        fill(40, 1, 1);
        row[0][33] = bad[k];
        log_softmax(40, row[0]);
        for (int i = 0; i < 40; i++) assert_true(isnan(row[0][i]));
    }
    for (int i = 0; i < 40; i++) row[0][i] = -INFINITY;
    log_softmax(40, row[0]);
    assert_true(isnan(row[0][0]) && isnan(row[0][39]));
    row[0][0] = -INFINITY;
    row[0][1] = 3;
    log_softmax(2, row[0]);
    assert_true(row[0][0] == -INFINITY && row[0][1] == 0);
}

static void test_barred(void **state)
{
    (void)state;
    const int32_t tokens[] = {2, 0};
    float scores[] = {-1, -2, -3, -4};
    heed__candidate items[4];
    heed__top top = {.room = 4, .items = items};
    heed__scored_row scored = heed__row_of(4, scores, 0, most);
    scored.barred = tokens;
    scored.n_barred = 2;
    assert_true(heed__row_bars(&scored, 0) && !heed__row_bars(&scored, 1));
    assert_true(heed__top_add(&top, &scored, 0, 0));
    heed__top_sort(&top);
    assert_int_equal(top.n, 2);
    assert_int_equal(items[0].token, 1);
    assert_int_equal(items[1].token, 3);
    heed__row_write(&scored, scores);
    const float wanted[] = {-INFINITY, -2, -INFINITY, -4};
    assert_memory_equal(scores, wanted, sizeof scores);
}

static int top_add(heed__top *top, int64_t n, const float *scores, double sum, int64_t at)
{
    heed__scored_row scored = heed__row_of(n, scores, 0, most);
    return heed__top_add(top, &scored, sum, at);
}

static int by_order(const void *a, const void *b)
{
    const heed__candidate *x = a, *y = b;
    if (x->sum != y->sum) return x->sum < y->sum ? 1 : -1;
    if (x->row != y->row) return x->row < y->row ? -1 : 1;
    if (x->log_prob != y->log_prob) return x->log_prob < y->log_prob ? 1 : -1;
    return x->token - y->token;
}

/* Against sorting everything, with many equal scores and some impossible ones. */
static void test_top_is_the_head_of_the_sorted(void **state)
{
    (void)state;
    static heed__candidate sorted[3 * MOST], kept[3 * MOST];
    const int64_t sizes[] = {1, 255, 256, 257, 5000}, rooms[] = {1, 2, 5, 64, 20000};
    const double sums[] = {-1.5, -0.25, -1e9};
    for (int kind = 0; kind < 4; kind++)
        for (size_t k = 0; k < 25; k++) {
            int64_t n = sizes[k % 5], room = rooms[k / 5] < 3 * n ? rooms[k / 5] : 3 * n, m = 0;
            fill(n, 20, k);
            for (int r = 0; r < 3; r++)
                for (int64_t i = 0; i < n; i++) {
                    if (kind == 1) row[r][i] = floorf(row[r][i]);
                    if (kind == 2) row[r][i] = (float)i / (float)n; /* each one is better */
                    if (kind == 3 && i % 3 == 1) row[r][i] = -INFINITY;
                    double sum = sums[r] + row[r][i];
                    if (row[r][i] > -INFINITY)
                        sorted[m++] = (heed__candidate){sum, row[r][i], row[r][i], (int32_t)i, r};
                }
            heed__top top = {.room = room, .items = kept};
            for (int r = 0; r < 3; r++) assert_true(top_add(&top, n, row[r], sums[r], r));
            heed__top_sort(&top);
            qsort(sorted, (size_t)m, sizeof *sorted, by_order);
            assert_int_equal(top.n, m < room ? m : room);
            for (int64_t i = 0; i < top.n; i++) assert_int_equal(by_order(&kept[i], &sorted[i]), 0);
        }
}

static void test_top_refuses_what_is_no_score(void **state)
{
    (void)state;
    const float bad[] = {NAN, INFINITY};
    heed__candidate items[2];
    for (int k = 0; k < 2; k++)
        for (int at = 0; at < 600; at += 599) {
            heed__top top = {.room = 2, .items = items};
            fill(600, 1, 1);
            row[0][at] = bad[k];
            assert_false(top_add(&top, 600, row[0], 0, 0));
        }
    heed__top none = {.room = 2, .items = items};
    row[0][0] = row[0][1] = -INFINITY;
    assert_true(top_add(&none, 2, row[0], 0, 0));
    assert_int_equal(none.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_softmax),
        cmocka_unit_test(test_rows_without_a_softmax),
        cmocka_unit_test(test_barred),
        cmocka_unit_test(test_top_is_the_head_of_the_sorted),
        cmocka_unit_test(test_top_refuses_what_is_no_score),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
