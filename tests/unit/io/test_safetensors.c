/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "base/file.h"
#include "io/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file made of this header and `data` bytes of data. The caller frees. */
static unsigned char *make_file(const char *header, size_t data, size_t *size)
{
    size_t length = strlen(header);
    *size = 8 + length + data;
    unsigned char *bytes = calloc(1, *size ? *size : 1);
    assert_non_null(bytes);
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)((uint64_t)length >> 8 * i);
    memcpy(bytes + 8, header, length);
    return bytes;
}

static void check_refused(const char *header, size_t data, const char *message)
{
    size_t size;
    unsigned char *bytes = make_file(header, data, &size);
    heed__safetensors *file = NULL;
    check_fails(heed__safetensors_parse(bytes, size, "m.st", &file), HEED_E_FORMAT, message);
    assert_null(file);
    assert_non_null(strstr(heed_status_message(), "m.st"));
    free(bytes);
}

static void check_read(const char *header, size_t data, size_t tensors)
{
    size_t size;
    unsigned char *bytes = make_file(header, data, &size);
    heed__safetensors *file = NULL;
    check_ok(heed__safetensors_parse(bytes, size, "m.st", &file));
    assert_int_equal(file->tensor_count, tensors);
    heed__safetensors_free(&file);
    free(bytes);
}

#define F32(shape, offsets) "{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static void test_valid_headers(void **state)
{
    (void)state;
    check_read("{}", 0, 0);
    check_read("{}     ", 0, 0);
    check_read("{\"__metadata__\":{}}", 0, 0);
    check_read("{\"a\":" F32("[]", "[0,4]") "}", 4, 1);
    check_read("{\"a\":" F32("[0]", "[0,0]") "}", 0, 1);
    check_read("{\"b\":" F32("[1]", "[4,8]") ",\"a\":" F32("[1]", "[0,4]") "}", 8, 2);
    check_read("{\"b\":" F32("[1]", "[0,4]") ",\"a\":" F32("[0,9]", "[4,4]") "}", 4, 2);
    check_read("{\"b\":" F32("[1]", "[0,4]") ",\"a\":" F32("[0,9]", "[0,0]") "}", 4, 2);
}

static void test_sizes_and_offsets_are_checked(void **state)
{
    (void)state;
    check_refused("{\"a\":" F32("[2]", "[0,8]") "}", 4, "do not lie in order within");
    check_refused("{\"a\":" F32("[2]", "[0,4]") "}", 4, "needs 8 bytes");
    check_refused("{\"a\":" F32("[1]", "[0,4]") "}", 5, "1 bytes after the last tensor");
    check_refused("{}", 1, "1 bytes after the last tensor");
    check_refused("{\"a\":" F32("[1]", "[4,8]") "}", 8, "leaves unused bytes before it");
    check_refused("{\"a\":" F32("[1]", "[0,4]") ",\"b\":" F32("[1]", "[8,12]") "}", 12,
                  "'b' leaves unused");
    check_refused("{\"a\":" F32("[2]", "[0,8]") ",\"b\":" F32("[2]", "[4,12]") "}", 12,
                  "'b' overlaps");
    check_refused("{\"a\":" F32("[1]", "[0,4]") ",\"b\":" F32("[1]", "[0,4]") "}", 4,
                  "'b' overlaps");
    check_refused("{\"a\":" F32("[1]", "[4,0]") "}", 4, "do not lie in order");
    check_refused("{\"a\":" F32("[1]", "[-4,0]") "}", 4, "do not lie in order");
    check_refused("{\"a\":" F32("[1]", "[0,9223372036854775807]") "}", 4, "do not lie in order");
    check_refused("{\"a\":" F32("[4294967296,4294967296]", "[0,0]") "}", 0, "overflows");
    check_refused("{\"a\":" F32("[4294967296,4294967296,0]", "[0,0]") "}", 0, "overflows");
    check_refused("{\"a\":" F32("[4611686018427387904]", "[0,0]") "}", 0, "overflows");
    check_refused("{\"a\":" F32("[9223372036854775808]", "[0,0]") "}", 0, "damaged at byte");
    check_refused("{\"a\":" F32("[-1]", "[0,4]") "}", 4, "whole number from 0 up");
    check_refused("{\"a\":" F32("[1.0]", "[0,4]") "}", 4, "whole number from 0 up");
    check_refused("{\"a\":" F32("1", "[0,4]") "}", 4, "no shape list");
    check_refused("{\"a\":" F32("[1]", "[0,4,4]") "}", 4, "not two whole numbers");
    check_refused("{\"a\":" F32("[1]", "[0.0,4]") "}", 4, "not two whole numbers");
    check_refused("{\"a\":" F32("[1]", "4") "}", 4, "not two whole numbers");
}

static void test_malformed_headers(void **state)
{
    (void)state;
    check_refused("", 0, "no JSON object");
    check_refused(" {}", 0, "no JSON object");
    check_refused("[]", 0, "no JSON object");
    check_refused("{", 0, "damaged at byte");
    check_refused("{}x", 0, "damaged at byte");
    check_refused("{\"a\":" F32("[1]", "[0,4]") ",\"a\":" F32("[1]", "[0,4]") "}", 4, "duplicate");
    check_refused("{\"a\":" F32("[1]", "[0,4]") ",\"\\u0061\":" F32("[1]", "[4,8]") "}", 8,
                  "duplicate");
    check_refused("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[]}}", 0, "duplicate");
    check_refused("{\"\xff\":" F32("[1]", "[0,4]") "}", 4, "damaged at byte");
    check_refused("{\"a\\u0000b\":" F32("[1]", "[0,4]") "}", 4, "damaged at byte");
    check_refused("{\"a\":7}", 0, "not exactly dtype, shape and data_offsets");
    check_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}", 0, "not exactly");
    check_refused("{\"a\":{\"dtype\":\"F99\",\"shape\":[],\"data_offsets\":[0,4]}}", 4,
                  "dtype 'F99' is not known");
    check_refused("{\"a\":{\"dtype\":4,\"shape\":[],\"data_offsets\":[0,4]}}", 4, "is not known");
    check_refused("{\"__metadata__\":[]}", 0, "__metadata__ is not an object");
    check_refused("{\"__metadata__\":{\"k\":1}}", 0, "metadata 'k' is not a string");
    char deep[6000];
    memset(deep, '[', sizeof deep);
    memcpy(deep, "{\"a\":", 5);
    deep[sizeof deep - 1] = 0;
    check_refused(deep, 0, "damaged at byte");
}

static void test_header_lengths(void **state)
{
    (void)state;
    heed__safetensors *file = NULL;
    for (size_t size = 0; size < 8; size++)
        check_fails(heed__safetensors_parse("\0\0\0\0\0\0\0", size, "m.st", &file), HEED_E_FORMAT,
                    "too few");
    const unsigned char huge[10] = {255, 255, 255, 255, 255, 255, 255, 255, '{', '}'};
    check_fails(heed__safetensors_parse(huge, sizeof huge, "m.st", &file), HEED_E_FORMAT,
                "cut short");
    const unsigned char longer[10] = {3, 0, 0, 0, 0, 0, 0, 0, '{', '}'};
    check_fails(heed__safetensors_parse(longer, sizeof longer, "m.st", &file), HEED_E_FORMAT,
                "cut short");
    check_fails(heed__safetensors_read("/nowhere.st", 100, &file), HEED_E_IO, "/nowhere.st");
}

static void test_file_of_the_stock_library(void **state)
{
    (void)state;
    heed__safetensors *file = NULL;
    check_ok(heed__safetensors_read("tests/golden/stock.safetensors", 10000, &file));
    assert_int_equal(file->tensor_count, 5);
    assert_int_equal(file->text_count, 2);
    assert_string_equal(heed__safetensors_text(file, "note"), "从 Python");
    assert_null(heed__safetensors_text(file, "absent"));
    assert_null(heed__safetensors_tensor(file, "absent"));
    const heed__stored *weight = heed__safetensors_tensor(file, "weight");
    assert_non_null(weight);
    assert_int_equal(weight->dtype, HEED_DTYPE_F32);
    assert_int_equal(weight->rank, 2);
    assert_int_equal(weight->shape[0], 2);
    assert_int_equal(weight->shape[1], 3);
    assert_int_equal(weight->count, 6);
    assert_int_equal(weight->bytes, 24);
    float values[6];
    memcpy(values, weight->data, sizeof values);
    for (int i = 0; i < 6; i++) assert_true(values[i] == (float)i / 4);
    const heed__stored *count = heed__safetensors_tensor(file, "count");
    int64_t number;
    memcpy(&number, count->data, sizeof number);
    assert_int_equal(count->rank, 0);
    assert_int_equal(number, -7);
    assert_int_equal(heed__safetensors_tensor(file, "empty")->count, 0);
    assert_int_equal(heed__safetensors_tensor(file, "名")->dtype, HEED_DTYPE_F64);
    heed__safetensors_free(&file);
    assert_null(file);
}

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    char path[] = "/tmp/heed-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    const float numbers[4] = {1, -2, 3.5f, 0};
    const uint8_t bytes[3] = {9, 8, 7};
    const int64_t four[] = {2, 2}, three[] = {3}, none[] = {5, 0};
    const uint64_t step = 1ull << 60;
    const heed__stored tensors[] = {
        {.name = "bytes", .dtype = HEED_DTYPE_U8, .rank = 1, .shape = three, .data = bytes},
        {.name = "numbers", .dtype = HEED_DTYPE_F32, .rank = 2, .shape = four, .data = numbers},
        {.name = "none", .dtype = HEED_DTYPE_F32, .rank = 2, .shape = none},
        {.name = "step", .dtype = HEED_DTYPE_U64, .data = &step},
    };
    const heed__text texts[] = {{"z", "last \"quoted\" 词\n"}, {"a", ""}};
    heed__safetensors_plan plan;
    check_ok(heed__safetensors_plan_make(texts, 2, tensors, 4, &plan));
    assert_int_equal(plan.header_size % 64, 0);
    check_ok(heed__safetensors_plan_write(&plan, path));
    heed__safetensors_plan_free(&plan);

    heed__safetensors *file = NULL;
    check_ok(heed__safetensors_read(path, 10000, &file));
    assert_int_equal(file->text_count, 2);
    assert_string_equal(file->texts[0].key, "z");
    assert_string_equal(file->texts[0].value, texts[0].value);
    assert_string_equal(file->texts[1].value, "");
    assert_int_equal(file->tensor_count, 4);
    assert_string_equal(file->tensors[0].name, "step"); /* widest first */
    assert_memory_equal(file->tensors[0].data, &step, sizeof step);
    const heed__stored *read = heed__safetensors_tensor(file, "numbers");
    assert_int_equal(((const char *)read->data - (const char *)file->bytes) % 4, 0);
    assert_memory_equal(read->data, numbers, sizeof numbers);
    assert_memory_equal(heed__safetensors_tensor(file, "bytes")->data, bytes, sizeof bytes);
    assert_int_equal(heed__safetensors_tensor(file, "none")->shape[0], 5);
    heed__safetensors_free(&file);
    remove(path);
}

static void test_what_cannot_be_written_is_refused(void **state)
{
    (void)state;
    heed__safetensors_plan plan;
    const heed__text twice[] = {{"k", "1"}, {"k", "2"}}, bad[] = {{"k", "\xc3"}};
    check_fails(heed__safetensors_plan_make(twice, 2, NULL, 0, &plan), HEED_E_INVALID, "'k'");
    check_fails(heed__safetensors_plan_make(bad, 1, NULL, 0, &plan), HEED_E_INVALID, "not UTF-8");
    const int64_t wide[] = {1ll << 40, 1ll << 40}, negative[] = {-1}, one[] = {1};
    const float zero = 0;
    heed__stored tensors[2] = {
        {.name = "t", .dtype = HEED_DTYPE_F32, .rank = 1, .shape = one, .data = &zero},
        {.name = "t", .dtype = HEED_DTYPE_F32, .rank = 1, .shape = one, .data = &zero}};
    check_fails(heed__safetensors_plan_make(NULL, 0, tensors, 2, &plan), HEED_E_INVALID, "twice");
    assert_null(plan.header);
    tensors[0].shape = negative;
    check_fails(heed__safetensors_plan_make(NULL, 0, tensors, 1, &plan), HEED_E_INVALID, "'t'");
    tensors[0] = (heed__stored){.name = "t", .dtype = HEED_DTYPE_F32, .rank = 2, .shape = wide};
    check_fails(heed__safetensors_plan_make(NULL, 0, tensors, 1, &plan), HEED_E_INVALID,
                "overflows");
    tensors[0] = (heed__stored){.name = "__metadata__", .dtype = HEED_DTYPE_F32, .data = &zero};
    check_fails(heed__safetensors_plan_make(NULL, 0, tensors, 1, &plan), HEED_E_INVALID,
                "__metadata__");
}

static void test_every_failing_allocation_is_an_error(void **state)
{
    (void)state;
    const char *header = "{\"__metadata__\":{\"k\":\"v\"},\"a\":" F32("[1]", "[0,4]") "}";
    size_t size;
    unsigned char *bytes = make_file(header, 4, &size);
    int failures = 0;
    for (uint64_t n = 1;; n++, failures++) {
        heed__safetensors *file = NULL;
        heed__alloc_fail_at(n);
        heed_status status = heed__safetensors_parse(bytes, size, "m.st", &file);
        heed__alloc_fail_at(0);
        if (status == HEED_OK) {
            heed__safetensors_free(&file);
            break;
        }
        assert_int_equal(status, HEED_E_NOMEM);
        assert_null(file);
    }
    assert_true(failures >= 2);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid_headers),
        cmocka_unit_test(test_sizes_and_offsets_are_checked),
        cmocka_unit_test(test_malformed_headers),
        cmocka_unit_test(test_header_lengths),
        cmocka_unit_test(test_file_of_the_stock_library),
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_what_cannot_be_written_is_refused),
        cmocka_unit_test(test_every_failing_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
