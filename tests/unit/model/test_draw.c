/* SPDX-License-Identifier: MIT */
/* Nuclei against sorting, and draws at the ends of the range. */
#include "check.h"

#include "base/random.h"
#include "model/draw.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 3000 };

static float weights[MOST], copy[MOST], sorted[MOST];

static int greater_first(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

/* Weights that sums of are exact: multiples of 2^-12, many of them equal. */
static double fill(int64_t n, int kind, uint64_t seed)
{
    heed__random random;
    double total = 0;
    heed__random_start(&random, seed, HEED_RANDOM_CHECK);
    for (int64_t i = 0; i < n; i++) {
        uint64_t x = heed__random_below(&random, kind == 1 ? 3 : 4096) + 1;
        if (kind == 2) x = (uint64_t)i + 1;
        if (kind == 3) x = (uint64_t)(n - i);
        if (kind == 4) x = 7;
        weights[i] = (float)x * 0x1p-12f;
        total += (double)weights[i];
    }
    memcpy(copy, weights, (size_t)n * sizeof *copy);
    memcpy(sorted, weights, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, greater_first);
    return total;
}

static void test_a_nucleus_is_the_head_of_the_sorted(void **state)
{
    (void)state;
    const int64_t sizes[] = {1, 2, 3, 10, 257, MOST};
    const double shares[] = {1e-9, 0.1, 0.5, 0.75, 0.999, 1};
    for (int kind = 0; kind < 5; kind++)
        for (int k = 0; k < 36; k++) {
            int64_t n = sizes[k % 6], wanted_n = 0, above = 0;
            double wanted = shares[k / 6] * fill(n, kind, (uint64_t)k), sum = 0;
            while (sum < wanted) sum += (double)sorted[wanted_n++];
            heed__nucleus nucleus = heed__nucleus_of(n, copy, wanted);
            assert_true(nucleus.total == sum);
            assert_true(nucleus.least == sorted[wanted_n - 1]);
            while (sorted[above] > nucleus.least) above++;
            assert_int_equal(nucleus.of_least, wanted_n - above);
            qsort(copy, (size_t)n, sizeof *copy, greater_first); /* only the order has changed */
            assert_memory_equal(copy, sorted, (size_t)n * sizeof *copy);
        }
}

/* Every share in turn: each token of the nucleus is drawn for its part of them, others never. */
static void test_draws_from_a_nucleus(void **state)
{
    (void)state;
    const float four[] = {0.25f, 0.5f, 0, 0.25f, 0.25f};
    heed__nucleus nucleus = {0.25f, 2, 1};
    int counts[5] = {0};
    for (int i = 0; i < 1000; i++)
        counts[heed__draw_from_nucleus(&nucleus, 5, four, (i + 0.5) / 1000)]++;
    const int wanted[] = {250, 500, 0, 250, 0};
    assert_memory_equal(counts, wanted, sizeof wanted);
    heed__nucleus all = {0, 5, 1.25};
    memset(counts, 0, sizeof counts);
    for (int i = 0; i < 1000; i++)
        counts[heed__draw_from_nucleus(&all, 5, four, (i + 0.5) / 1000)]++;
    const int of_all[] = {200, 400, 0, 200, 200};
    assert_memory_equal(counts, of_all, sizeof of_all);
    all.total = 2; /* should the sum fall short, it is the last possible one */
    assert_int_equal(heed__draw_from_nucleus(&all, 5, four, 0.99), 4);
}

static void test_draws_by_share(void **state)
{
    (void)state;
    float scores[700];
    int counts[700] = {0};
    for (int i = 0; i < 700; i++) scores[i] = -INFINITY;
    scores[3] = logf(0.5f) + 40;
    scores[300] = logf(0.25f) + 40;
    scores[699] = logf(0.25f) + 40;
    heed__weighing weighing = heed__weighing_of(scores[3], 1);
    for (int i = 0; i < 1000; i++)
        counts[heed__draw_token(&weighing, 700, scores, (i + 0.5) / 1000)]++;
    assert_true(counts[3] == 500 && counts[300] == 250 && counts[699] == 250);
    assert_int_equal(heed__draw_token(&weighing, 700, scores, 0), 3);
    assert_int_equal(heed__draw_token(&weighing, 700, scores, 1 - 0x1p-53), 699);
    weighing = heed__weighing_of(scores[3], 0.5); /* shares 4 : 1 : 1 */
    memset(counts, 0, sizeof counts);
    for (int i = 0; i < 600; i++)
        counts[heed__draw_token(&weighing, 700, scores, (i + 0.5) / 600)]++;
    assert_true(counts[3] == 400 && counts[300] == 100 && counts[699] == 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_nucleus_is_the_head_of_the_sorted),
        cmocka_unit_test(test_draws_from_a_nucleus),
        cmocka_unit_test(test_draws_by_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
