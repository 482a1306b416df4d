/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "data/aligner.h"
#include "heed/alignment.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The words of a text, joined by '|'. */
static void check_words(const char *text, const char *wanted)
{
    heed__word_spans words = {0};
    char joined[256] = "";
    check_ok(heed__word_spans_find(text, strlen(text), &words));
    for (int64_t i = 0; i < words.n; i++)
        sprintf(joined + strlen(joined), "%s%.*s", i ? "|" : "",
                (int)(words.items[i].end - words.items[i].begin), text + words.items[i].begin);
    assert_string_equal(joined, wanted);
    heed__word_spans_free(&words);
}

static void test_words_of_a_text(void **state)
{
    (void)state;
    check_words("", "");
    check_words(" \t\n", "");
    check_words("  ein Hund\tbellt. ", "ein|Hund|bellt.");
    check_words("l'« été\xC2\xA0» d'or", "l'«|été|»|d'or");
    check_words("我爱Python吧。", "我|爱|Python|吧|。");
    check_words("カタカナ 안녕 하세요", "カ|タ|カ|ナ|안녕|하세요");
    check_words("我们 爱 Python吧 。", "我们|爱|Python吧|。"); /* cut already */
    check_words("我 爱 狗", "我|爱|狗");
    check_words("用 Python 吧", "用|Python|吧");
    check_words("e\xCC\x81t か\xE3\x82\x99x", "e\xCC\x81t|か\xE3\x82\x99|x");
    check_words("\xCC\x81 a", "\xCC\x81|a"); /* an accent on nothing */
}

/* A side of a pair whose tokens are cut at '|', which is not part of the text. */
typedef struct side {
    char text[128];
    heed__span spans[32];
    heed__word_spans words;
    heed__align_side it;
} side;

static void make_side(side *s, const char *pieces)
{
    uint32_t at = 0, begin = 0;
    memset(s, 0, sizeof *s);
    for (const char *c = pieces;; c++) {
        if (*c && *c != '|') {
            s->text[at++] = *c;
            continue;
        }
        s->spans[s->it.tokens++] = (heed__span){begin, at};
        begin = at;
        if (!*c) break;
    }
    check_ok(heed__word_spans_find(s->text, at, &s->words));
    s->it.spans = s->spans;
    s->it.words = &s->words;
}

static void check_links(const heed__align_pair *pair, heed__align_how how, const char *wanted)
{
    heed__aligner aligner = {0};
    char line[256] = "";
    check_ok(heed__align_links(&aligner, pair, &how));
    for (int64_t i = 0; i < aligner.n_links; i++)
        sprintf(line + strlen(line), "%s%d-%d", i ? " " : "", (int)aligner.links[i].source,
                (int)aligner.links[i].target);
    assert_string_equal(line, wanted);
    heed__aligner_free(&aligner);
}

static void test_tokens_stand_in_words(void **state)
{
    (void)state;
    side s;
    heed__word_range ranges[32];
    make_side(&s, "ein| Hu|nd|| 我爱|你们"); /* words: ein Hund 我 爱 你 们 */
    heed__word_ranges(s.spans, s.it.tokens, &s.words, ranges);
    const int wanted[][2] = {{0, 1}, {1, 2}, {1, 2}, {0, 0}, {2, 4}, {4, 6}};
    for (int i = 0; i < 6; i++) {
        assert_int_equal(ranges[i].first, wanted[i][0]);
        assert_int_equal(ranges[i].last, wanted[i][1]);
    }
    heed__word_spans_free(&s.words);
}

/* Two source words of two pieces each, two target words, the second of two pieces. */
static const float weights[4][5] = {
    {0.30f, 0.20f, 0.35f, 0.10f, 0.05f}, /* writes a: word 0 has 0.50, its best piece does not */
    {0.10f, 0.10f, 0.10f, 0.30f, 0.40f}, /* writes b, reads a */
    {0.30f, 0.20f, 0.00f, 0.30f, 0.20f}, /* writes c, reads b */
    {0.00f, 0.10f, 0.60f, 0.20f, 0.10f}, /* writes the end, reads c */
};

static void test_links_by_both_rules(void **state)
{
    (void)state;
    side source, target;
    make_side(&source, "x|y| z|w"); /* words: xy zw */
    make_side(&target, "a| b|c");
    heed__align_pair pair = {source.it, target.it, weights[0], 5, 4};
    check_links(&pair, (heed__align_how){.rule = HEED_ALIGN_OUTPUT}, "0-0 0-1");
    check_links(&pair, (heed__align_how){.rule = HEED_ALIGN_INPUT}, "1-0 1-1");
    /* b and c by the output rule: 0.35 against 0.35 of the second word: the first of equals. The
     * boundary has 0.30, and 0.40 in the row that reads a. */
    check_links(&pair, (heed__align_how){.rule = HEED_ALIGN_INPUT, .boundary = 1}, "1-1");
    check_links(&pair, (heed__align_how){.rule = HEED_ALIGN_OUTPUT, .threshold = 0.4f}, "0-0 1-0");
    check_links(&pair, (heed__align_how){.rule = HEED_ALIGN_INPUT, .threshold = 0.6f}, "");
    pair.rows = 3; /* the end was not written: c has the row that wrote it */
    check_links(&pair, (heed__align_how){.rule = HEED_ALIGN_INPUT}, "1-0 0-1");
    heed__word_spans_free(&source.words);
    heed__word_spans_free(&target.words);
}

static void test_weights_between_words(void **state)
{
    (void)state;
    side source, target;
    float out[2][2];
    heed__aligner aligner = {0};
    make_side(&source, "x|y| z|w");
    make_side(&target, "a| b|c");
    heed__align_pair pair = {source.it, target.it, weights[0], 5, 4};
    check_ok(heed__align_weights(&aligner, &pair, HEED_ALIGN_OUTPUT, out[0]));
    assert_float_equal(out[0][0], 0.50f, 1e-6f);
    assert_float_equal(out[0][1], 0.45f, 1e-6f);
    assert_float_equal(out[1][0], (0.20f + 0.50f) / 2, 1e-6f);
    assert_float_equal(out[1][1], (0.40f + 0.30f) / 2, 1e-6f);
    heed__aligner_free(&aligner);
    heed__word_spans_free(&source.words);
    heed__word_spans_free(&target.words);
}

static void test_a_piece_of_several_ideographs(void **state)
{
    (void)state;
    side source, target;
    heed__aligner aligner = {0};
    float out[2][4];
    const float soft[3][4] = {
        {0.6f, 0.3f, 0.1f, 0.0f}, {0.2f, 0.7f, 0.1f, 0.0f}, {0.0f, 0.0f, 0.0f, 1.0f}};
    make_side(&source, "我们|爱|狗");
    make_side(&target, "We| love");
    heed__align_pair pair = {source.it, target.it, soft[0], 4, 3};
    check_links(&pair, (heed__align_how){.rule = HEED_ALIGN_OUTPUT}, "0-0 1-0 2-1");
    check_ok(heed__align_weights(&aligner, &pair, HEED_ALIGN_OUTPUT, out[0]));
    assert_float_equal(out[0][0], 0.3f, 1e-6f);
    assert_float_equal(out[0][1], 0.3f, 1e-6f);
    assert_float_equal(out[1][2], 0.7f, 1e-6f);
    /* The other way round, both ideographs have their piece's row. */
    heed__align_pair turned = {target.it, source.it, soft[0], 4, 3};
    check_links(&turned, (heed__align_how){.rule = HEED_ALIGN_OUTPUT}, "0-0 0-1 1-2");
    heed__aligner_free(&aligner);
    heed__word_spans_free(&source.words);
    heed__word_spans_free(&target.words);
}

static void test_rows_without_weight_have_no_link(void **state)
{
    (void)state;
    side source, target;
    float nothing[3][3] = {{NAN, 0.0f, 0.0f}, {NAN, 0.2f, 0.0f}, {0}};
    make_side(&source, "x| y");
    make_side(&target, "a| b");
    heed__align_pair pair = {source.it, target.it, nothing[0], 3, 3};
    check_links(&pair, (heed__align_how){.rule = HEED_ALIGN_OUTPUT}, "1-1");
    pair.rows = 0;
    check_links(&pair, (heed__align_how){.rule = HEED_ALIGN_OUTPUT}, "");
    heed__word_spans_free(&source.words);
    heed__word_spans_free(&target.words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_of_a_text),
        cmocka_unit_test(test_tokens_stand_in_words),
        cmocka_unit_test(test_links_by_both_rules),
        cmocka_unit_test(test_weights_between_words),
        cmocka_unit_test(test_a_piece_of_several_ideographs),
        cmocka_unit_test(test_rows_without_weight_have_no_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
