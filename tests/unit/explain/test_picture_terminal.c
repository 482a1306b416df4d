/* SPDX-License-Identifier: MIT */
/* Words on a terminal. */
#include "explain/picture_case.h"

#include <math.h>
#include <utf8proc.h>

static int display_width(const char *line, size_t length)
{
    int width = 0;
    for (size_t at = 0; at < length;) {
        utf8proc_int32_t c;
        if (line[at] == '\x1b') {
            while (line[at++] != 'm') {
            }
            continue;
        }
        at += (size_t)utf8proc_iterate((const utf8proc_uint8_t *)line + at, -1, &c);
        width += utf8proc_charwidth(c);
    }
    return width;
}

/* What is left when escapes, line ends, brackets and spaces are taken away. */
static void letters_of(const char *text, char *letters)
{
    for (; *text; text++) {
        if (*text == '\x1b')
            while (*text != 'm') text++;
        else if (!strchr(" \n\t[]{}", *text))
            *letters++ = *text;
    }
    *letters = 0;
}

static void test_terminal_wraps_by_display_width(void **state)
{
    (void)state;
    fixture f;
    make(&f,
         "紧急通知：明天上午九点在三楼会议室召开重要会议，请务必准时参加。 Please don't be late, "
         "the Straßenbahnfahrkartenverkaufsstelle opens\tat nine, 谢谢！");
    for (int colours = 0; colours < 3; colours++)
        for (int columns = 40; columns < 90; columns++) {
            heed__picture_options options = {900, columns, (heed__colours)colours, 0, 0, 0};
            heed__buffer out = drawn(&f, "terminal", &options);
            for (char *line = out.bytes, *end; (end = strchr(line, '\n')); line = end + 1)
                assert_true(display_width(line, (size_t)(end - line)) <= columns);
            char wanted[1024], got[4096];
            letters_of(f.explanation.text, wanted);
            letters_of(out.bytes, got);
            assert_non_null(strstr(got, wanted));
            assert_true((strstr(out.bytes, "\x1b[") != NULL) == (colours > 0));
            heed__buffer_free(&out);
        }
}

static void test_terminal_marks_without_colours(void **state)
{
    (void)state;
    fixture f;
    make(&f, "the urgent meeting 紧急会议");
    f.scores[0] = 0.01f, f.scores[1] = 1, f.scores[2] = 0.4f;
    f.scores[3] = f.scores[4] = 0.9f, f.scores[5] = -0.5f, f.scores[6] = NAN;
    heed__picture_options options = {900, 300, HEED_COLOURS_NONE, 0, 0, 0};
    heed__buffer out = drawn(&f, "terminal", &options);
    assert_non_null(strstr(out.bytes, "the [[urgent]] [meeting] [[紧急]]{会}?议?\n"));
    assert_non_null(strstr(out.bytes, "topic: meeting  97.3 %"));
    assert_non_null(strstr(out.bytes, "falls by 0.500; without 2 random words it falls by 0.125"));
    assert_null(strstr(out.bytes, "do not trust"));
    heed__buffer_free(&out);
    f.attribution.faithfulness.drop_highest = 0.1;
    out = drawn(&f, "terminal", &options);
    assert_non_null(strstr(out.bytes, "do not trust this picture"));
    heed__buffer_free(&out);
}

/* Each strength has a look of its own, in each number of colours. */
static void test_terminal_shades_differ(void **state)
{
    (void)state;
    fixture f;
    make(&f, "a b c d e f g h i j k");
    for (int i = 0; i < 11; i++) f.scores[i] = (float)(i - 5) / 5;
    for (int colours = 1; colours < 3; colours++) {
        heed__picture_options options = {900, 80, (heed__colours)colours, 0, 0, 0};
        heed__buffer out = drawn(&f, "terminal", &options);
        char looks[11][32] = {{0}};
        for (char letter = 'a'; letter <= 'k'; letter++) {
            char wanted[] = {'m', letter, '\x1b', 0};
            char *at = strstr(out.bytes, wanted);
            assert_true((at != NULL) == (letter != 'f'));
            if (!at) continue;
            char *start = at;
            while (start[-1] != '[' || start[0] != '4') start--;
            memcpy(looks[letter - 'a'], start, (size_t)(at - start));
        }
        for (int i = 0; i < 11; i++)
            for (int j = 0; j < i; j++) assert_string_not_equal(looks[i], looks[j]);
        heed__buffer_free(&out);
    }
}

static void test_terminal_cannot_be_steered(void **state)
{
    (void)state;
    fixture f;
    make(&f, "a\x1b[2J b \x07 c \xc2\x9b"
             "31m \xe2\x80\xae reversed");
    heed__picture_options options = {900, 80, HEED_COLOURS_NONE, 0, 0, 0};
    heed__buffer out = drawn(&f, "terminal", &options);
    assert_null(strchr(out.bytes, '\x1b'));
    assert_null(strchr(out.bytes, '\x07'));
    assert_null(strstr(out.bytes, "\xc2\x9b"));
    assert_null(strstr(out.bytes, "\xe2\x80\xae"));
    heed__buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terminal_wraps_by_display_width),
        cmocka_unit_test(test_terminal_marks_without_colours),
        cmocka_unit_test(test_terminal_shades_differ),
        cmocka_unit_test(test_terminal_cannot_be_steered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
