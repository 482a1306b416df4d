/* SPDX-License-Identifier: MIT */
/* Placing buffers: those alive together never overlap, whatever their sizes and lifetimes. */
#include "check.h"

#include "autograd/plan.h"
#include "base/memory.h"
#include "base/random.h"

#include <string.h>

enum { MOST = 80 };

static size_t rounded(size_t size)
{
    return (size + HEED_ALIGNMENT - 1) / HEED_ALIGNMENT * HEED_ALIGNMENT;
}

static int meet(const heed__buffer *a, const heed__buffer *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* No placing can be smaller than what is alive at one step. */
static size_t most_alive(const heed__buffer *buffers, size_t count, int32_t steps)
{
    size_t most = 0;
    for (int32_t step = 0; step < steps; step++) {
        size_t alive = 0;
        for (size_t i = 0; i < count; i++)
            if (buffers[i].first <= step && step <= buffers[i].last)
                alive += rounded(buffers[i].size);
        if (alive > most) most = alive;
    }
    return most;
}

static void check_placing(const heed__buffer *buffers, size_t count, size_t top, int32_t steps)
{
    for (size_t i = 0; i < count; i++) {
        const heed__buffer *a = &buffers[i];
        if (!a->size) continue;
        assert_int_equal(a->offset % HEED_ALIGNMENT, 0);
        assert_true(a->offset + a->size <= top);
        for (size_t j = 0; j < i; j++) {
            const heed__buffer *b = &buffers[j];
            if (!b->size || !meet(a, b)) continue;
            assert_true(a->offset + a->size <= b->offset || b->offset + b->size <= a->offset);
        }
    }
    assert_true(top >= most_alive(buffers, count, steps));
}

static void test_random_lifetimes(void **state)
{
    (void)state;
    heed__random random;
    heed__random_start(&random, 3, HEED_RANDOM_CHECK);
    for (int round = 0; round < 2000; round++) {
        heed__buffer buffers[MOST] = {{0}};
        int32_t order[MOST], placed[MOST], steps = 1 + (int32_t)heed__random_below(&random, 40);
        size_t count = heed__random_below(&random, MOST + 1);
        for (size_t i = 0; i < count; i++) {
            int32_t a = (int32_t)heed__random_below(&random, (uint64_t)steps);
            int32_t b = (int32_t)heed__random_below(&random, (uint64_t)steps);
            size_t limit = heed__random_below(&random, 3) ? 5000 : 3; /* some empty, many equal */
            buffers[i] = (heed__buffer){.size = heed__random_below(&random, limit),
                                        .first = a < b ? a : b,
                                        .last = a < b ? b : a};
        }
        size_t top = heed__plan_buffers(buffers, count, order, placed);
        check_placing(buffers, count, top, steps);
    }
}

/* Lifetimes of a chain, in which only two values are alive at a time, need room for two. */
static void test_memory_is_reused(void **state)
{
    (void)state;
    heed__buffer buffers[MOST] = {{0}};
    int32_t order[MOST], placed[MOST];
    for (int32_t i = 0; i < MOST; i++)
        buffers[i] = (heed__buffer){.size = 640, .first = i, .last = i + 1};
    assert_int_equal(heed__plan_buffers(buffers, MOST, order, placed), 2 * 640);
}

static void test_nothing(void **state)
{
    (void)state;
    heed__buffer empty = {.size = 0, .first = 0, .last = 3};
    int32_t order[1], placed[1];
    assert_int_equal(heed__plan_buffers(&empty, 0, order, placed), 0);
    assert_int_equal(heed__plan_buffers(&empty, 1, order, placed), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_lifetimes),
                                       cmocka_unit_test(test_memory_is_reused),
                                       cmocka_unit_test(test_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
