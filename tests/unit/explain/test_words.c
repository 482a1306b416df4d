/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "explain/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Cuts the text into characters, joins them by the bonds, and writes the words as "a|b|". */
static void joined(const char *text, const float *bonds, const char *wanted)
{
    heed__word pieces[16], words[16];
    int64_t word_of[16];
    float used[16];
    char got[256] = "";
    size_t length = strlen(text), n = 0;
    for (size_t at = 0; at < length; n++) {
        pieces[n].begin = at++;
        while (at < length && ((unsigned char)text[at] & 0xC0) == 0x80) at++;
        pieces[n].end = at;
    }
    size_t before = heed__words_from_pieces(text, length, pieces, n, words, word_of);
    memcpy(used, bonds, sizeof used);
    size_t count = heed__words_join(text, length, used, words, before, word_of, n);
    for (size_t w = 0; w < count; w++) {
        strncat(got, text + words[w].begin, words[w].end - words[w].begin);
        strcat(got, "|");
        for (size_t i = 0; i < n; i++) /* a piece belongs to the word that holds it */
            if (pieces[i].begin >= words[w].begin && pieces[i].end <= words[w].end)
                assert_int_equal(word_of[i], w);
    }
    assert_string_equal(got, wanted);
}

static void test_pairs_become_words(void **state)
{
    (void)state;
    joined("紧急会议", (const float[16]){0.9f, 0.32f, 0.88f}, "紧急|会议|");
    joined("开会议程", (const float[16]){0.5f, 0.6f, 0.7f}, "开会|议程|");
    joined("的会议", (const float[16]){0.4f, 0.6f}, "的|会议|");
    joined("会议会", (const float[16]){0.5f, 0.5f}, "会议|会|"); /* of equals the first */
    joined("我去了", (const float[16]){0.1f, 0.29f}, "我|去|了|");
    joined("谢谢", (const float[16]){-1.0f}, "谢|谢|");
    joined("急", (const float[16]){0.0f}, "急|");
    joined("", (const float[16]){0.0f}, "");
}

static void test_only_ideographs_that_touch_are_joined(void **state)
{
    (void)state;
    joined("紧 急", (const float[16]){0.9f}, "紧|急|");
    joined("急！", (const float[16]){0.9f}, "急|！|");
    joined("急a", (const float[16]){0.9f}, "急|a|");
    joined("mail 会议", (const float[16]){0.9f, 0.9f}, "mail|会议|");
    joined("ほん", (const float[16]){0.9f}, "ほ|ん|");
}

static void test_a_long_rising_chain(void **state)
{
    (void)state;
    joined("一二三四五六", (const float[16]){0.4f, 0.5f, 0.6f, 0.7f, 0.8f}, "一二|三四|五六|");
}

static void test_what_would_run_together(void **state)
{
    (void)state;
    assert_true(heed__words_would_join("well-known", 10, 4, 5));
    assert_true(heed__words_would_join("aéb", 4, 1, 3));
    assert_false(heed__words_would_join("a - b", 5, 2, 3));
    assert_false(heed__words_would_join("紧急会", 9, 3, 6));
    assert_false(heed__words_would_join("ab", 2, 0, 1));
    assert_false(heed__words_would_join("ab", 2, 1, 2));
}

static void check_pieces(const char *text, const size_t (*pieces)[2], size_t n, const char *wanted)
{
    heed__word spans[32], words[32];
    int64_t word_of[32];
    char got[256] = "";
    for (size_t i = 0; i < n; i++) spans[i] = (heed__word){pieces[i][0], pieces[i][1]};
    size_t count = heed__words_from_pieces(text, strlen(text), spans, n, words, word_of);
    for (size_t i = 0; i < count; i++) {
        strcat(got, i ? "|" : "");
        strncat(got, text + words[i].begin, words[i].end - words[i].begin);
    }
    assert_string_equal(got, wanted);
}

static void test_pieces_become_words(void **state)
{
    (void)state;
    /* "_un" "believ" "able" "," "_isn" "'" "t" "_it": leading spaces are in the pieces. */
    check_pieces(
        "unbelievable, isn't it",
        (const size_t[][2]){
            {0, 0}, {0, 2}, {2, 8}, {8, 12}, {12, 13}, {13, 17}, {17, 18}, {18, 19}, {19, 22}},
        9, "unbelievable|,|isn't|it");
    check_pieces("会议改期", (const size_t[][2]){{0, 6}, {6, 9}, {9, 12}}, 3, "会议|改|期");
    /* One character as three byte pieces, then a span cut in the middle of a character. */
    check_pieces("急x", (const size_t[][2]){{0, 1}, {1, 2}, {2, 3}, {3, 4}}, 4, "急|x");
    check_pieces("Straße", (const size_t[][2]){{0, 5}, {5, 7}}, 2, "Straße");
    check_pieces("ab", (const size_t[][2]){{0, 9}, {7, 9}}, 2, "ab");
    check_pieces("", NULL, 0, "");
}

static void test_scores_and_attention_of_words(void **state)
{
    (void)state;
    const int64_t word_of[] = {-1, 0, 0, 1};
    const float pieces[] = {9, 0.25f, -0.5f, NAN};
    float scores[2];
    heed__words_scores(word_of, pieces, 4, HEED_COMBINE_SUM, scores, 2);
    assert_true(scores[0] == -0.25f && isnan(scores[1]));
    heed__words_scores(word_of, pieces, 4, HEED_COMBINE_MAX, scores, 2);
    assert_true(scores[0] == -0.5f && isnan(scores[1]));
    const float weights[16] = {1, 0,     0,     0,    0, 0.5f, 0.25f, 0.25f,
                               0, 0.25f, 0.25f, 0.5f, 0, 0,    0.25f, 0.75f};
    float merged[4];
    heed__words_attention(word_of, weights, 4, merged, 2);
    assert_true(merged[0] == 0.625f && merged[1] == 0.375f);
    assert_true(merged[2] == 0.25f && merged[3] == 0.75f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_become_words),
        cmocka_unit_test(test_scores_and_attention_of_words),
        cmocka_unit_test(test_pairs_become_words),
        cmocka_unit_test(test_only_ideographs_that_touch_are_joined),
        cmocka_unit_test(test_a_long_rising_chain),
        cmocka_unit_test(test_what_would_run_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
