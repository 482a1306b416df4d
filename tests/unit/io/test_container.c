/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "base/file.h"
#include "io/checksum.h"
#include "io/container.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/heed-test-XXXXXX";

static int make_path(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 || close(fd) != 0;
}

static int remove_path(void **state)
{
    (void)state;
    return remove(path);
}

/* The file that is committed as tests/golden/heed.safetensors and checked by formats.py. */
static void write_small(heed_context *context)
{
    static const float weight[6] = {0, 0.25f, 0.5f, 0.75f, 1, 1.25f};
    static const int8_t codes[3] = {-1, 0, 1};
    static const uint64_t step = 1ull << 40;
    static const int64_t matrix[] = {2, 3}, three[] = {3};
    const heed__stored tensors[] = {
        {.name = "codes", .dtype = HEED_DTYPE_I8, .rank = 1, .shape = three, .data = codes},
        {.name = "weight", .dtype = HEED_DTYPE_F32, .rank = 2, .shape = matrix, .data = weight},
        {.name = "step", .dtype = HEED_DTYPE_U64, .data = &step},
    };
    const heed__text texts[] = {{"heed.config", "{\"dim\":3}"}, {"heed.labels", "[\"是\"]"}};
    check_ok(heed__container_write(context, path, texts, 2, tensors, 3));
}

static unsigned char *read_small(size_t *size)
{
    unsigned char *bytes;
    write_small(NULL);
    check_ok(heed__file_read(path, 10000, &bytes, size));
    return bytes;
}

static void test_the_bytes_are_the_golden_ones(void **state)
{
    (void)state;
    size_t size, golden_size;
    unsigned char *bytes = read_small(&size), *golden;
    check_ok(heed__file_read("tests/golden/heed.safetensors", 10000, &golden, &golden_size));
    assert_int_equal(size, golden_size);
    assert_memory_equal(bytes, golden, size);
    heed__free(golden);
    heed__free(bytes);
}

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    write_small(NULL);
    heed__safetensors *file = NULL;
    check_ok(heed__container_read(NULL, path, &file));
    assert_string_equal(file->texts[0].key, HEED_CONTAINER_FORMAT_KEY);
    assert_string_equal(file->texts[0].value, "1");
    assert_string_equal(heed__safetensors_text(file, "heed.config"), "{\"dim\":3}");
    assert_int_equal(heed__safetensors_tensor(file, "codes")->count, 3);
    heed__safetensors_free(&file);
}

/* A heed file is read whole or refused: nothing in between, whatever single byte is damaged. */
static void test_every_flipped_byte_is_noticed(void **state)
{
    (void)state;
    size_t size;
    unsigned char *bytes = read_small(&size);
    for (size_t i = 0; i < size; i++)
        for (int flip = 0; flip < 9; flip++) {
            unsigned char was = bytes[i];
            bytes[i] ^= (unsigned char)(flip < 8 ? 1 << flip : 0xff);
            heed__safetensors *file = NULL;
            if (heed__container_parse(NULL, bytes, size, "m.heed", &file) != HEED_E_FORMAT)
                fail_msg("byte %zu, flip %d is not noticed", i, flip);
            assert_null(file);
            assert_non_null(strstr(heed_status_message(), "m.heed"));
            bytes[i] = was;
        }
    heed__safetensors *file = NULL;
    check_ok(heed__container_parse(NULL, bytes, size, "m.heed", &file));
    heed__safetensors_free(&file);
    heed__free(bytes);
}

static void test_every_cut_and_every_tail_is_noticed(void **state)
{
    (void)state;
    size_t size;
    unsigned char *bytes = read_small(&size);
    for (size_t cut = 0; cut < size; cut++) {
        unsigned char *part = malloc(cut ? cut : 1); /* exact, so that a sanitizer sees overreads */
        assert_non_null(part);
        memcpy(part, bytes, cut);
        heed__safetensors *file = NULL;
        assert_int_equal(heed__container_parse(NULL, part, cut, "m.heed", &file), HEED_E_FORMAT);
        free(part);
    }
    heed__safetensors *file = NULL; /* heed__file_read puts a NUL after the bytes */
    check_fails(heed__container_parse(NULL, bytes, size + 1, "m.heed", &file), HEED_E_FORMAT,
                "1 bytes after");
    heed__free(bytes);
}

/* Writes a plain safetensors file with these texts and returns what opening it as heed's says. */
static void check_texts(const heed__text *texts, size_t count, const char *message)
{
    heed__safetensors_plan plan;
    check_ok(heed__safetensors_plan_make(texts, count, NULL, 0, &plan));
    check_ok(heed__safetensors_plan_write(&plan, path));
    heed__safetensors_plan_free(&plan);
    heed__safetensors *file = NULL;
    check_fails(heed__container_read(NULL, path, &file), HEED_E_FORMAT, message);
    assert_null(file);
}

static void test_versions(void **state)
{
    (void)state;
    check_texts(NULL, 0, "not one of heed's");
    check_texts((heed__text[]){{"heed.format", "3"}}, 1,
                "format version 3, and this heed reads up to 2");
    check_texts((heed__text[]){{"heed.format", "0"}}, 1, "not a version number");
    check_texts((heed__text[]){{"heed.format", ""}}, 1, "not a version number");
    check_texts((heed__text[]){{"heed.format", "1x"}}, 1, "not a version number");
    check_texts((heed__text[]){{"heed.format", "99999999999999999999"}}, 1, "not a version number");
    check_texts((heed__text[]){{"heed.format", "1"}}, 1, "heed.checksum is missing");
    check_texts((heed__text[]){{"heed.format", "1"}, {"heed.checksum", "abc"}}, 2, "is missing");
}

static void test_own_keys_are_refused(void **state)
{
    (void)state;
    const heed__text text = {"heed.checksum", "x"};
    check_fails(heed__container_write(NULL, path, &text, 1, NULL, 0), HEED_E_INVALID,
                "given twice");
}

/* The digests of container.h, chunk by chunk, for sizes around a chunk and a group of them. */
static void test_chunks_are_those_of_the_format(void **state)
{
    (void)state;
    enum { CHUNK = HEED_CHECKSUM_CHUNK, MOST = 33 * CHUNK + 9 };
    unsigned char *data = malloc(MOST);
    assert_non_null(data);
    for (size_t i = 0; i < MOST; i++) data[i] = (unsigned char)(i * 5 + i / 777);
    const size_t sizes[] = {0,         1,          CHUNK - 1,  CHUNK,          CHUNK + 1,
                            3 * CHUNK, 15 * CHUNK, 16 * CHUNK, 16 * CHUNK + 1, 17 * CHUNK,
                            MOST};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        heed__sha256 whole, single;
        unsigned char digest[HEED_SHA256_SIZE], wanted[HEED_SHA256_SIZE];
        heed__sha256_start(&whole);
        heed__sha256_start(&single);
        check_ok(heed__checksum_add(NULL, data, sizes[k], &whole));
        for (size_t at = 0; at < sizes[k]; at += CHUNK) {
            heed__sha256_of(data + at, sizes[k] - at < CHUNK ? sizes[k] - at : CHUNK, digest);
            heed__sha256_add(&single, digest, sizeof digest);
        }
        heed__sha256_finish(&whole, digest);
        heed__sha256_finish(&single, wanted);
        assert_memory_equal(digest, wanted, sizeof digest);
    }
    free(data);
}

/* Many chunks, an odd tail: the same checksum for any number of threads. */
static void test_threads_do_not_matter(void **state)
{
    (void)state;
    enum { COUNT = 300001 };
    unsigned char *data = malloc(COUNT), *one, *three;
    assert_non_null(data);
    for (size_t i = 0; i < COUNT; i++) data[i] = (unsigned char)(i * 7 + i / 1000);
    const int64_t shape[] = {COUNT};
    const heed__stored tensor = {
        .name = "t", .dtype = HEED_DTYPE_U8, .rank = 1, .shape = shape, .data = data};
    size_t size, again;
    check_ok(heed__container_write(NULL, path, NULL, 0, &tensor, 1));
    check_ok(heed__file_read(path, 1 << 20, &one, &size));
    heed_context *context = NULL;
    check_ok(heed_context_create(&(heed_context_options){.threads = 3}, &context));
    check_ok(heed__container_write(context, path, NULL, 0, &tensor, 1));
    check_ok(heed__file_read(path, 1 << 20, &three, &again));
    assert_int_equal(size, again);
    assert_memory_equal(one, three, size);
    heed__safetensors *file = NULL;
    check_ok(heed__container_parse(context, one, size, "m.heed", &file));
    heed__safetensors_free(&file);
    one[size - 1] ^= 1;
    check_fails(heed__container_parse(context, one, size, "m.heed", &file), HEED_E_FORMAT,
                "damaged");
    heed_context_destroy(&context);
    heed__free(one);
    heed__free(three);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_bytes_are_the_golden_ones),
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_every_flipped_byte_is_noticed),
        cmocka_unit_test(test_every_cut_and_every_tail_is_noticed),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_own_keys_are_refused),
        cmocka_unit_test(test_chunks_are_those_of_the_format),
        cmocka_unit_test(test_threads_do_not_matter),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
