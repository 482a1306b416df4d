/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "data/pairs.h"
#include "data/strings.h"
#include "data/utf8.h"

#include <stdio.h>
#include <string.h>

static void test_utf8_is_checked_by_the_standard(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t valid;
    } cases[] = {
        {"plain ascii, longer than eight", 30},
        {"\xC3\xA9\xE7\xB4\xA7\xF0\x9F\x98\x80", 9},
        {"ab\xC0\x80", 2},               /* overlong NUL */
        {"\xC1\xBF", 0},                 /* overlong */
        {"\xE0\x9F\xBF", 0},             /* overlong */
        {"\xF0\x8F\xBF\xBF", 0},         /* overlong */
        {"\xED\x9F\xBF\xED\xA0\x80", 3}, /* the last before and the first of the surrogates */
        {"\xF4\x8F\xBF\xBF\xF4\x90\x80\x80", 4}, /* U+10FFFF and what would follow */
        {"\xF5\x80\x80\x80", 0},
        {"12345678\x80", 8},
        {"\xE7\xB4", 0}, /* cut */
        {"\xE7\xB4z", 0},
        {"\xFF", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(heed__utf8_valid(cases[i].bytes, strlen(cases[i].bytes)), cases[i].valid);
}

static void test_utf8_reads_what_it_writes(void **state)
{
    (void)state;
    for (uint32_t code = 1; code <= 0x10FFFF; code += code < 0x3000 ? 1 : 97) {
        char bytes[4];
        if (code >= 0xD800 && code <= 0xDFFF) continue;
        size_t size = heed__utf8_put(code, bytes), length;
        assert_int_equal(heed__utf8_valid(bytes, size), size);
        assert_int_equal(heed__utf8_next(bytes, &length), code);
        assert_int_equal(length, size);
    }
}

static void test_blanks_of_all_kinds(void **state)
{
    (void)state;
    static const char blanks[] = " \t\xC2\xA0\xE3\x80\x80\xE2\x80\x8B\xEF\xBB\xBF\r\n";
    assert_true(heed__utf8_blank(blanks, sizeof blanks - 1));
    assert_true(heed__utf8_blank("", 0));
    assert_false(heed__utf8_blank(" .", 2));
}

static void test_strings_keep_their_numbers(void **state)
{
    (void)state;
    heed__strings strings = {0};
    char text[16];
    int64_t number;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 20000; i++) {
            int size = sprintf(text, "%d", i * 7919);
            check_ok(heed__strings_add(&strings, text, (size_t)size, &number));
            assert_int_equal(number, i);
        }
    assert_int_equal(strings.n, 20000);
    assert_int_equal(heed__strings_find(&strings, "absent", 6), -1);
    check_ok(heed__strings_add(&strings, "", 0, &number));
    assert_int_equal(heed__strings_find(&strings, "", 0), 20000);
    assert_int_equal(heed__strings_find(&strings, "7919", 4), 1);
    assert_string_equal(strings.items[1].bytes, "7919");
    heed__strings_free(&strings);
    assert_int_equal(heed__strings_find(&strings, "", 0), -1);
}

static void test_pairs_keep_their_numbers(void **state)
{
    (void)state;
    heed__pairs pairs = {0};
    int64_t number;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 20000; i++) {
            check_ok(heed__pairs_add(&pairs, heed__pair(i % 150, i / 150), &number));
            assert_int_equal(number, i);
        }
    assert_int_equal(heed__pairs_find(&pairs, heed__pair(1, 2)), 301);
    assert_int_equal(heed__pairs_find(&pairs, heed__pair(2, 150)), -1);
    heed__pairs_free(&pairs);
}

static void test_order_of_texts(void **state)
{
    (void)state;
    assert_true(heed__text_compare((heed_text){"a", 1}, (heed_text){"b", 1}) < 0);
    assert_true(heed__text_compare((heed_text){"ab", 2}, (heed_text){"a", 1}) > 0);
    assert_true(heed__text_compare((heed_text){"\xE7", 1}, (heed_text){"z", 1}) > 0);
    assert_int_equal(heed__text_compare((heed_text){"", 0}, (heed_text){NULL, 0}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8_is_checked_by_the_standard),
        cmocka_unit_test(test_utf8_reads_what_it_writes),
        cmocka_unit_test(test_blanks_of_all_kinds),
        cmocka_unit_test(test_strings_keep_their_numbers),
        cmocka_unit_test(test_pairs_keep_their_numbers),
        cmocka_unit_test(test_order_of_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
