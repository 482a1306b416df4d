/* SPDX-License-Identifier: MIT */
/* Placing buffers: those alive together never overlap, whatever their sizes and lifetimes. */
#include "check.h"

#include "autograd/plan.h"
#include "base/memory.h"
#include "base/random.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 80 };

/* Filled with what must not matter. */
static void *scratch_for(size_t count, int32_t steps)
{
    size_t size = heed__plan_scratch(count, steps);
    void *scratch = malloc(size);
    assert_non_null(scratch);
    memset(scratch, 0xa5, size);
    return scratch;
}

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
        int32_t steps = 1 + (int32_t)heed__random_below(&random, 40);
        void *scratch = scratch_for(MOST, steps);
        size_t count = heed__random_below(&random, MOST + 1);
        for (size_t i = 0; i < count; i++) {
            int32_t a = (int32_t)heed__random_below(&random, (uint64_t)steps);
            int32_t b = (int32_t)heed__random_below(&random, (uint64_t)steps);
            size_t limit = heed__random_below(&random, 3) ? 5000 : 3; /* some empty, many equal */
            buffers[i] = (heed__buffer){.size = heed__random_below(&random, limit),
                                        .first = a < b ? a : b,
                                        .last = a < b ? b : a,
                                        .shares = HEED_OWN_PLACE};
        }
        size_t top = heed__plan_buffers(buffers, count, steps, 0, scratch);
        check_placing(buffers, count, top, steps);
        size_t tight =
            heed__plan_buffers(buffers, count, steps, 1, scratch); /* there is too little */
        assert_true(tight <= top);
        check_placing(buffers, count, tight, steps);
        free(scratch);
    }
}

/* Lifetimes of a chain, in which only two values are alive at a time, need room for two. */
static void test_memory_is_reused(void **state)
{
    (void)state;
    heed__buffer buffers[MOST] = {{0}};
    void *scratch = scratch_for(MOST, MOST + 1);
    for (int32_t i = 0; i < MOST; i++)
        buffers[i] =
            (heed__buffer){.size = 640, .first = i, .last = i + 1, .shares = HEED_OWN_PLACE};
    assert_int_equal(heed__plan_buffers(buffers, MOST, MOST + 1, 0, scratch), 2 * 640);
    free(scratch);
}

/* One that shares lies where the other does, and takes no room of its own. */
static void test_sharing(void **state)
{
    (void)state;
    heed__buffer buffers[3] = {{.size = 640, .last = 5, .shares = HEED_OWN_PLACE},
                               {.size = 64, .last = 9, .shares = HEED_OWN_PLACE},
                               {.size = 640, .first = 3, .last = 5, .shares = 0}};
    void *scratch = scratch_for(3, 10);
    assert_int_equal(heed__plan_buffers(buffers, 3, 10, 0, scratch), 704);
    assert_int_equal(buffers[2].offset, buffers[0].offset);
    free(scratch);
}

/* A long chain forward and backward: each step saves something and has a scratch and a gradient of
 * its own. What it needs is known, and found without trying all pairs. */
static void test_a_long_tape(void **state)
{
    (void)state;
    enum { LONG = 15000 };
    static heed__buffer buffers[3 * LONG];
    size_t least = 0;
    heed__random random;
    heed__random_start(&random, 8, HEED_RANDOM_CHECK);
    void *scratch = scratch_for(3 * LONG, 2 * LONG);
    for (int32_t i = 0; i < LONG; i++) {
        int32_t back = 2 * LONG - 1 - i;
        size_t size = 64 * (1 + heed__random_below(&random, 64));
        buffers[3 * i] = (heed__buffer){size, 0, i, back, HEED_OWN_PLACE};
        buffers[3 * i + 1] = (heed__buffer){4096, 0, i, i, HEED_OWN_PLACE};
        buffers[3 * i + 2] = (heed__buffer){size, 0, back - (i + 1 < LONG), back, HEED_OWN_PLACE};
        least += size;
    }
    size_t top = heed__plan_buffers(buffers, 3 * LONG, 2 * LONG, 0, scratch);
    assert_true(top >= least && top <= least + 3 * 4096);
    free(scratch);
}

static void test_nothing(void **state)
{
    (void)state;
    heed__buffer empty = {.size = 0, .first = 0, .last = 3, .shares = HEED_OWN_PLACE};
    void *scratch = scratch_for(1, 4);
    assert_int_equal(heed__plan_buffers(&empty, 0, 0, 0, scratch), 0);
    assert_int_equal(heed__plan_buffers(&empty, 1, 4, 0, scratch), 0);
    free(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_lifetimes), cmocka_unit_test(test_memory_is_reused),
        cmocka_unit_test(test_sharing), cmocka_unit_test(test_a_long_tape),
        cmocka_unit_test(test_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
