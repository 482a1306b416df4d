/* SPDX-License-Identifier: MIT */
/* A text cut into runs: nothing is lost, and what is left out is said. */
#include "explain/picture_case.h"

#include "explain/runs.h"

/* Any ranges whatever give runs that are the text, in order, on whole characters. */
static void check_runs_cover(const heed__explanation *e)
{
    heed__runs runs;
    check_ok(heed__runs_make(e, 0, &runs));
    size_t at = 0;
    for (size_t i = 0; i < runs.count; i++) {
        assert_int_equal(runs.items[i].begin, at);
        assert_true(runs.items[i].end > at);
        at = runs.items[i].end;
        assert_true(at == e->length || ((unsigned char)e->text[at] & 0xC0) != 0x80);
    }
    assert_int_equal(at, e->length);
    heed__runs_free(&runs);
}

static void test_no_word_is_lost(void **state)
{
    (void)state;
    fixture f;
    make(&f, "Überfällig: 会议 moved, 明天 at 9 — don’t\n\n reply. ");
    check_runs_cover(&f.explanation);
    unsigned random = 7;
    for (int round = 0; round < 500; round++) {
        for (size_t i = 0; i < f.explanation.n_words; i++) {
            random = random * 1664525u + 1013904223u;
            f.words[i].begin = random >> 8 & 127;
            f.words[i].end = random >> 16 & 127;
        }
        check_runs_cover(&f.explanation);
    }
    f.words[0] = (heed__word){3, SIZE_MAX};
    check_runs_cover(&f.explanation);
    f.explanation.n_words = 0;
    check_runs_cover(&f.explanation);
    f.explanation.length = 0;
    check_runs_cover(&f.explanation);
}

static void test_limit_says_what_it_leaves_out(void **state)
{
    (void)state;
    fixture f;
    make(&f, "会议明天 tomorrow");
    heed__runs runs;
    check_ok(heed__runs_make(&f.explanation, 3, &runs));
    assert_int_equal(runs.shown, 9);
    assert_int_equal(runs.left_out, 10);
    heed__runs_free(&runs);
    heed__picture_options options = heed__picture_defaults();
    options.max_characters = 3;
    for (int i = 0; i < 2; i++) {
        heed__buffer out = drawn(&f, i ? "html" : "terminal", &options);
        assert_non_null(strstr(out.bytes, "10 more characters are not shown"));
        assert_null(strstr(out.bytes, "tomorrow"));
        heed__buffer_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_word_is_lost),
        cmocka_unit_test(test_limit_says_what_it_leaves_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
