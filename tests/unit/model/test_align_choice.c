/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "model/align_choice.h"

#include <string.h>

enum { LAYERS = 2, HEADS = 3, WORDS = 4 };

/* All weight of row `word` on its column, or on the column after it in a ring. */
static void point(float *head, int shifted_rows, int shifted_columns)
{
    memset(head, 0, (WORDS + 1) * (WORDS + 1) * sizeof *head);
    for (int word = 0; word < WORDS; word++)
        head[(word + shifted_rows) * (WORDS + 1) + (word + shifted_columns) % WORDS] = 1.0f;
}

static void add_layer(heed__align_choosing *c, int64_t layer, const float *weights)
{
    heed__span tokens[WORDS];
    heed__word_spans words = {.n = WORDS, .items = tokens};
    heed_link links[WORDS];
    for (uint32_t i = 0; i < WORDS; i++) {
        tokens[i] = (heed__span){2 * i, 2 * i + 1};
        links[i] = (heed_link){(int32_t)i, (int32_t)i};
    }
    const unsigned char sure[WORDS] = {0};
    heed__align_side side = {WORDS, tokens, &words};
    heed__align_pair pair = {side, side, weights, 0, WORDS + 1};
    check_ok(heed__align_choosing_add(c, &pair, layer, &(heed_pair_links){WORDS, links, sure}));
}

static void test_the_head_that_points_right_is_found(void **state)
{
    (void)state;
    float heads[HEADS][(WORDS + 1) * (WORDS + 1)];
    heed__align_choosing *c = NULL;
    check_ok(heed__align_choosing_create(LAYERS, HEADS, &(heed__align_how){0}, &c));
    for (int pair = 0; pair < 2; pair++) {
        for (int h = 0; h < HEADS; h++) point(heads[h], 0, 1);
        add_layer(c, 0, heads[0]);
        point(heads[1], 1, 0); /* right, one row later */
        add_layer(c, 1, heads[0]);
    }
    heed__align_chosen best = heed__align_choosing_best(c);
    assert_int_equal(best.layer, 1);
    assert_int_equal(best.head, 1);
    assert_int_equal(best.rule, HEED_ALIGN_INPUT);
    assert_true(best.score.error_rate == 0.0);
    assert_int_equal(best.score.links, 2 * WORDS);
    assert_true(heed__align_choosing_score(c, 0, 0, HEED_ALIGN_OUTPUT).error_rate == 1.0);
    heed__align_choosing_destroy(&c);
    assert_null(c);
}

/* Each head is right for some words; only together they are right for all. */
static void test_the_mean_of_heads_is_tried(void **state)
{
    (void)state;
    float heads[HEADS][(WORDS + 1) * (WORDS + 1)];
    heed__align_choosing *c = NULL;
    check_ok(heed__align_choosing_create(1, HEADS, &(heed__align_how){0}, &c));
    for (int h = 0; h < HEADS; h++) {
        point(heads[h], 0, 0);
        for (int s = 0; s < WORDS; s++) heads[h][h * (WORDS + 1) + s] = 0.2f + 0.3f * (s == 3 - h);
    }
    add_layer(c, 0, heads[0]);
    heed__align_chosen best = heed__align_choosing_best(c);
    assert_int_equal(best.head, HEADS);
    assert_int_equal(best.rule, HEED_ALIGN_OUTPUT);
    assert_true(best.score.error_rate == 0.0);
    heed__align_choosing_destroy(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_head_that_points_right_is_found),
        cmocka_unit_test(test_the_mean_of_heads_is_tried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
