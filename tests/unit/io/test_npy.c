/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "base/file.h"
#include "base/memory.h"
#include "io/npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void test_arrays_of_numpy(void **state)
{
    (void)state;
    heed_array array;
    check_ok(heed_array_read("tests/golden/numpy_f4.npy", &array));
    assert_int_equal(array.kind, HEED_ARRAY_FLOAT32);
    assert_int_equal(array.rank, 2);
    assert_int_equal(array.shape[0], 2);
    assert_int_equal(array.shape[1], 3);
    for (int i = 0; i < 6; i++) assert_true(((float *)array.data)[i] == (float)i / 4);
    heed_array_free(&array);
    check_ok(heed_array_read("tests/golden/numpy_i8.npy", &array));
    assert_int_equal(array.kind, HEED_ARRAY_INT64);
    assert_int_equal(((int64_t *)array.data)[1], 1ll << 40);
    heed_array_free(&array);
    check_ok(heed_array_read("tests/golden/numpy_scalar.npy", &array));
    assert_int_equal(array.rank, 0);
    assert_true(((double *)array.data)[0] == 0.1);
    heed_array_free(&array);
    check_ok(heed_array_read("tests/golden/numpy_v2.npy", &array));
    assert_int_equal(array.kind, HEED_ARRAY_INT32);
    assert_int_equal(((int32_t *)array.data)[0], 7);
    heed_array_free(&array);
    check_fails(heed_array_read("tests/golden/numpy_fortran.npy", &array), HEED_E_UNSUPPORTED,
                "ascontiguousarray");
    heed_array_free(&array);
}

static heed_status write_array(const char *path, heed_array_kind kind, int rank,
                               const int64_t *shape, void *data)
{
    heed_array array = {.kind = kind, .rank = rank, .data = data};
    if (rank > 0) memcpy(array.shape, shape, (size_t)rank * sizeof *shape);
    return heed_array_write(path, &array);
}

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    char path[] = "/tmp/heed-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && close(fd) == 0);
    double numbers[24];
    for (int i = 0; i < 24; i++) numbers[i] = i / 3.0;
    const struct {
        int rank;
        int64_t shape[4];
        size_t count;
    } shapes[] = {{0, {0}, 1}, {1, {24}, 24}, {1, {0}, 0}, {2, {0, 5}, 0}, {4, {2, 3, 1, 4}, 24}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        heed_array array;
        check_ok(write_array(path, HEED_ARRAY_FLOAT64, shapes[i].rank, shapes[i].shape, numbers));
        check_ok(heed_array_read(path, &array));
        assert_int_equal(array.kind, HEED_ARRAY_FLOAT64);
        assert_int_equal(array.rank, shapes[i].rank);
        assert_memory_equal(array.shape, shapes[i].shape, (size_t)array.rank * sizeof(int64_t));
        assert_int_equal(array.count, shapes[i].count);
        assert_memory_equal(array.data, numbers, shapes[i].count * sizeof(double));
        heed_array_free(&array);
    }
    const int64_t wrong[] = {-1}, wide[] = {1ll << 40, 1ll << 40};
    check_fails(write_array(path, HEED_ARRAY_FLOAT32, 1, wrong, numbers), HEED_E_INVALID, "-1");
    check_fails(write_array(path, HEED_ARRAY_FLOAT32, 2, wide, numbers), HEED_E_INVALID,
                "overflows");
    check_fails(write_array(path, HEED_ARRAY_FLOAT32, -1, wide, numbers), HEED_E_INVALID,
                "-1 dimensions");
    const int64_t twelve = 12;
    for (heed_array_kind kind = 0; kind <= HEED_ARRAY_INT64; kind++) {
        heed_array array;
        check_ok(write_array(path, kind, 1, &twelve, numbers));
        check_ok(heed_array_read(path, &array));
        assert_int_equal(array.kind, kind);
        assert_memory_equal(array.data, numbers, 12 * heed_array_kind_size(kind));
        heed_array_free(&array);
    }
    remove(path);
}

/* A version 1 file of this dictionary and `data` bytes. */
static void check_refused(const char *dictionary, size_t data, heed_status status,
                          const char *message)
{
    size_t length = strlen(dictionary), size = 10 + length + data;
    unsigned char *bytes = calloc(1, size);
    assert_non_null(bytes);
    memcpy(bytes, "\x93NUMPY\x01", 7);
    bytes[8] = (unsigned char)length;
    bytes[9] = (unsigned char)(length >> 8);
    memcpy(bytes + 10, dictionary, length);
    heed_array array;
    check_fails(heed__npy_parse(bytes, size, "a.npy", &array), status, message);
    assert_null(array.data);
    free(bytes);
}

#define DICTIONARY(descr, order, shape)                                                            \
    "{'descr': " descr ", 'fortran_order': " order ", 'shape': " shape "}"

/* Who writes the head and the data to a stream has written the file. */
static void test_heads_for_streams(void **state)
{
    (void)state;
    char path[] = "/tmp/heed-test-XXXXXX", head[HEED_ARRAY_HEAD];
    int fd = mkstemp(path);
    assert_true(fd >= 0 && close(fd) == 0);
    float numbers[6] = {1, 2, 3, 4, 5, 6};
    heed_array array = {.kind = HEED_ARRAY_FLOAT32, .rank = 2, .shape = {2, 3}, .data = numbers};
    size_t size = 0, data_size = 0, file_size = 0;
    unsigned char *file;
    check_ok(heed_array_head(&array, head, &size, &data_size));
    check_ok(heed_array_write(path, &array));
    check_ok(heed__file_read(path, 1000, &file, &file_size));
    assert_int_equal(size % 64, 0);
    assert_int_equal(data_size, sizeof numbers);
    assert_int_equal(file_size, size + data_size);
    assert_memory_equal(file, head, size);
    heed__free(file);
    /* A stream is read to its end, with its name in messages. */
    FILE *stream = fopen(path, "rb");
    check_ok(heed__stream_read(stream, "it", 1000, &file, &file_size));
    assert_int_equal(file_size, size + data_size);
    heed__free(file);
    rewind(stream);
    check_fails(heed__stream_read(stream, "it", 10, &file, &file_size), HEED_E_FORMAT,
                "it: longer");
    fclose(stream);
    array.shape[1] = -1;
    check_fails(heed_array_head(&array, head, &size, &data_size), HEED_E_INVALID, "negative");
    unlink(path);
}

static void test_malformed_headers(void **state)
{
    (void)state;
    const char *cut = "cut short", *tuple = "shape is not a tuple";
    check_refused(DICTIONARY("'<f4'", "False", "(2,)"), 7, HEED_E_FORMAT, cut);
    check_refused(DICTIONARY("'<f4'", "False", "(2,)"), 9, HEED_E_FORMAT, "needs 8");
    check_refused(DICTIONARY("'<f4'", "False", "(0,)"), 4, HEED_E_FORMAT, "needs 0");
    check_refused(DICTIONARY("'<f4'", "False", "(4294967296, 4294967296)"), 8, HEED_E_FORMAT, cut);
    check_refused(DICTIONARY("'<f4'", "False", "(99999999999999999999,)"), 8, HEED_E_FORMAT,
                  "not a whole number");
    check_refused(DICTIONARY("'<f4'", "False", "(-1,)"), 8, HEED_E_FORMAT, "not a whole number");
    check_refused(DICTIONARY("'<f4'", "False", "(2)"), 8, HEED_E_FORMAT, tuple);
    check_refused(DICTIONARY("'<f4'", "False", "[2]"), 8, HEED_E_FORMAT, tuple);
    check_refused(DICTIONARY("'<f4'", "False", "(2, 1"), 8, HEED_E_FORMAT, tuple);
    check_refused(DICTIONARY("'<f4'", "0", "(2,)"), 8, HEED_E_FORMAT, "not True or False");
    check_refused(DICTIONARY("'>f4'", "False", "(2,)"), 8, HEED_E_UNSUPPORTED, "'>f4'");
    check_refused(DICTIONARY("'|O'", "False", "(2,)"), 8, HEED_E_UNSUPPORTED, "'|O'");
    check_refused(DICTIONARY("[('a', '<f4')]", "False", "(2,)"), 8, HEED_E_UNSUPPORTED, "records");
    check_refused("{'descr': '<f4', 'descr': '<f4'}", 8, HEED_E_FORMAT, "there twice");
    check_refused("{'descr': '<f4'}", 8, HEED_E_FORMAT, "is missing");
    check_refused("{'descr': '<f4'", 8, HEED_E_FORMAT, "no closing brace");
    check_refused("{descr: '<f4'}", 8, HEED_E_FORMAT, "no key");
    check_refused("", 0, HEED_E_FORMAT, "no dictionary");
    check_refused(DICTIONARY("'<f4'", "False", "(2,)") "x", 8, HEED_E_FORMAT, "text after");
    char many[300] = "{'shape': (";
    for (int i = 0; i < 33; i++) strcat(many, "1, ");
    check_refused(strcat(many, ")}"), 8, HEED_E_FORMAT, "more than 32");
    heed_array array;
    check_fails(heed__npy_parse("\x93NUMPY\x03\0\1\0\0\0{", 13, "a.npy", &array),
                HEED_E_UNSUPPORTED, "version 3.0");
}

static void test_every_cut_and_flip_is_safe(void **state)
{
    (void)state;
    unsigned char *bytes;
    size_t size;
    check_ok(heed__file_read("tests/golden/numpy_v2.npy", 10000, &bytes, &size));
    heed_array array;
    for (size_t cut = 0; cut < size; cut++) {
        unsigned char *part = malloc(cut ? cut : 1);
        assert_non_null(part);
        memcpy(part, bytes, cut);
        assert_int_not_equal(heed__npy_parse(part, cut, "a.npy", &array), HEED_OK);
        free(part);
    }
    for (size_t i = 0; i < size; i++)
        for (int flip = 0; flip < 8; flip++) {
            bytes[i] ^= (unsigned char)(1 << flip);
            heed_status status = heed__npy_parse(bytes, size, "a.npy", &array);
            assert_int_equal(status == HEED_OK, array.data != NULL);
            heed_array_free(&array);
            bytes[i] ^= (unsigned char)(1 << flip);
        }
    heed__free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrays_of_numpy),
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_heads_for_streams),
        cmocka_unit_test(test_malformed_headers),
        cmocka_unit_test(test_every_cut_and_flip_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
