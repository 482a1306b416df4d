/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/random.h"

#include "heed/file.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_message_passes_on_with_prefix(void **state)
{
    (void)state;
    heed_status status = heed__fail(HEED_E_DATA, "label '%s' is empty", "x");
    status = heed__fail_prefix(status, "a.tsv:%d: ", 12);
    assert_int_equal(status, HEED_E_DATA);
    assert_string_equal(heed_status_message(), "a.tsv:12: label 'x' is empty");
}

/* Known answers of Philox 4x32-10, from the vectors published with Random123. */
static void test_philox_known_answers(void **state)
{
    (void)state;
    uint32_t out[4];
    heed__philox((uint32_t[2]){0, 0}, (uint32_t[4]){0, 0, 0, 0}, out);
    assert_int_equal(out[0], 0x6627e8d5u);
    assert_int_equal(out[1], 0xe169c58du);
    assert_int_equal(out[2], 0xbc57ac4cu);
    assert_int_equal(out[3], 0x9b00dbd8u);
    heed__philox((uint32_t[2]){0xffffffffu, 0xffffffffu},
                 (uint32_t[4]){0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu}, out);
    assert_int_equal(out[0], 0x408f276du);
}

static void test_random_resumes_anywhere(void **state)
{
    (void)state;
    heed__random whole, part;
    heed__random_start(&whole, 7, HEED_RANDOM_ORDER);
    for (int i = 0; i < 6; i++) heed__random_bits(&whole);
    heed__random_start(&part, 7, HEED_RANDOM_ORDER);
    part.drawn = 6;
    for (int i = 0; i < 9; i++)
        assert_int_equal(heed__random_bits(&whole), heed__random_bits(&part));
}

typedef struct sums {
    _Atomic int64_t total;
    int64_t each[1000];
} sums;

static void add_task(void *arg, int64_t task, int thread)
{
    sums *s = arg;
    assert_true(thread >= 0 && thread < 3);
    s->each[task] += task;
    atomic_fetch_add(&s->total, task);
}

static void test_parallel_runs_each_task_once(void **state)
{
    (void)state;
    heed_context *context = NULL;
    check_ok(heed_context_create(&(heed_context_options){.threads = 3}, &context));
    for (int round = 0; round < 200; round++) {
        sums s = {0};
        heed__parallel(context, 1000, add_task, &s);
        assert_int_equal(s.total, 999 * 1000 / 2);
        for (int i = 0; i < 1000; i++) assert_int_equal(s.each[i], i);
    }
    heed_context_destroy(&context);
    assert_null(context);
}

static void test_context_refuses_bad_thread_counts(void **state)
{
    (void)state;
    heed_context *context = NULL;
    check_fails(heed_context_create(&(heed_context_options){.threads = -1}, &context),
                HEED_E_INVALID, "threads = -1");
    check_fails(heed_context_create(&(heed_context_options){.threads = 5000}, &context),
                HEED_E_INVALID, "1 to 1024");
}

static void test_file_is_replaced_whole_or_not_at_all(void **state)
{
    (void)state;
    char folder[] = "/tmp/heed-test-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    check_ok(heed_file_write(path, "old", 3));
    heed__file_writer *writer = NULL;
    check_ok(heed__file_create(path, &writer));
    check_ok(heed__file_write(writer, "newer", 5));
    heed__file_abandon(&writer);
    unsigned char *bytes;
    size_t size;
    check_ok(heed__file_read(path, 100, &bytes, &size));
    assert_int_equal(size, 3);
    assert_string_equal((char *)bytes, "old");
    heed__free(bytes);
    check_ok(heed_file_write(path, "newer", 5));
    check_ok(heed__file_read(path, 100, &bytes, &size));
    assert_string_equal((char *)bytes, "newer");
    heed__free(bytes);
    check_fails(heed__file_read(path, 4, &bytes, &size), HEED_E_FORMAT, "limit of 4");
    check_fails(heed_file_write(folder, "x", 1), HEED_E_IO, "is a folder");
    check_fails(heed_file_write("/nowhere/at/all", "x", 1), HEED_E_IO, "/nowhere/at/all");
    check_fails(heed__file_probe("/nowhere/at/all"), HEED_E_IO, "/nowhere/at/all");
    check_fails(heed__file_probe(folder), HEED_E_IO, "is a folder");
    check_ok(heed__file_probe(path));
    check_ok(heed__file_read(path, 100, &bytes, &size));
    assert_string_equal((char *)bytes, "newer");
    heed__free(bytes);
    remove(path);
    check_ok(heed__file_probe(path)); /* and nothing is there after it */
    rmdir(folder); /* fails, and the next run notices, if a temporary file was left */
    struct stat left;
    assert_int_equal(stat(folder, &left), -1);
}

static void test_full_disk_keeps_the_message(void **state)
{
    (void)state;
    if (access("/dev/full", W_OK) != 0) skip();
    check_fails(heed_file_write("/dev/full", "x", 1), HEED_E_IO, "No space left");
}

static void test_allocation_refuses_overflow_and_asked_failures(void **state)
{
    (void)state;
    void *block = NULL;
    check_fails(heed__alloc(SIZE_MAX / 2, 8, "a thing", &block), HEED_E_NOMEM, "a thing");
    check_fails(heed__alloc(heed__memory_there() / 8 + 1, 8, "a thing", &block), HEED_E_NOMEM,
                "a thing");
    heed__alloc_fail_at(1);
    check_fails(heed__alloc(1, 1, "a thing", &block), HEED_E_NOMEM, "a thing");
    heed__alloc_fail_at(0);
    check_ok(heed__alloc(3, 5, "a thing", &block));
    assert_int_equal((uintptr_t)block % HEED_ALIGNMENT, 0);
    heed__free(block);
    heed__arena arena = {0};
    const char *text;
    for (int i = 0; i < 10000; i++) check_ok(heed__arena_text(&arena, "abcdefghijk", 11, &text));
    assert_string_equal(text, "abcdefghijk");
    heed__arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_passes_on_with_prefix),
        cmocka_unit_test(test_philox_known_answers),
        cmocka_unit_test(test_random_resumes_anywhere),
        cmocka_unit_test(test_parallel_runs_each_task_once),
        cmocka_unit_test(test_context_refuses_bad_thread_counts),
        cmocka_unit_test(test_file_is_replaced_whole_or_not_at_all),
        cmocka_unit_test(test_full_disk_keeps_the_message),
        cmocka_unit_test(test_allocation_refuses_overflow_and_asked_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
