/* SPDX-License-Identifier: MIT */
#include "out_of_memory.h"

#include "base/fail.h"
#include "heed/context.h"

static heed_status make_context(void *arg)
{
    heed_context_options options = {.threads = *(int *)arg};
    heed_context *context = NULL;
    HEED_TRY(heed_context_create(&options, &context));
    heed_context_destroy(&context);
    return HEED_OK;
}

static void test_context_survives_each_failing_allocation(void **state)
{
    (void)state;
    int threads = 3;
    check_out_of_memory(make_context, &threads, 1000);
}

static heed_status fill_arena(void *arg)
{
    heed__arena arena = {0};
    heed_status status = HEED_OK;
    for (int i = 0; i < 5 && status == HEED_OK; i++) {
        void *block = NULL;
        status = heed__arena_take(&arena, 50000, 1, (const char *)arg, &block);
    }
    heed__arena_free(&arena);
    return status;
}

static void test_arena_survives_each_failing_allocation(void **state)
{
    (void)state;
    check_out_of_memory(fill_arena, "a block", 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_context_survives_each_failing_allocation),
        cmocka_unit_test(test_arena_survives_each_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
