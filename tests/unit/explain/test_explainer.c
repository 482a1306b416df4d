/* SPDX-License-Identifier: MIT */
/* Small models are trained on made-up texts whose labels hang on known words; explanations must
 * find these words, and each method's numbers must be what the method says they are. */
#include "check.h"

#include "explained_models.h"

#include <math.h>

static heed_model *numbers;

static int train_all(void **state)
{
    static char rows[1 << 18];
    if (train_models(state) != 0) return 1;
    strcpy(rows, "label\ttext\n");
    for (int i = 0; i < 400; i++) {
        strcat(rows, i % 2 ? "7.5\t" : "2.5\t");
        add_text(rows, i % 2 ? "hurry" : "relax", 0);
        strcat(rows, "\n");
    }
    train(files_text("numbers.tsv", rows), "numbers.heed", (const char *[]){NULL}, &numbers);
    return 0;
}

static int forget_all(void **state)
{
    heed_model_destroy(&numbers);
    return forget_models(state);
}

static const char *highest(json_t *words, const char *method)
{
    size_t i;
    json_t *word, *best = NULL;
    json_array_foreach(words, i, word) if (!best || score_of(word, method) > score_of(best, method))
        best = word;
    return json_string_value(json_object_get(best, "text"));
}

static double sum(json_t *words, const char *method)
{
    size_t i;
    json_t *word;
    double total = 0;
    json_array_foreach(words, i, word) total += score_of(word, method);
    return total;
}

static void test_cue_words_win_by_each_method(void **state)
{
    (void)state;
    static const char *const methods[] = {"occlusion", "gradient", "pool"};
    heed_explainer *e = explainer_of(flat, NULL);
    for (int i = 0; i < 40; i++) {
        char text[512] = "";
        add_text(text, kinds[i % 4].cue, i % 4 > 1);
        check_ok(add(e, text));
    }
    json_t *all = document(e);
    for (size_t m = 0; m < 3; m++) {
        int won = 0;
        for (size_t i = 0; i < 40; i++)
            won += strcmp(highest(words_of(all, i), methods[m]), kinds[i % 4].cue) == 0;
        if (won < 38) fail_msg("by %s the cue won in %d of 40 texts", methods[m], won);
    }
    json_decref(all);
    heed_explainer_destroy(&e);
}

/* The fall of the log odds of one of two labels. */
static double fall_of_odds(const float whole[2], const float less[2], int64_t label)
{
    return log((double)whole[label] / (double)whole[1 - label]) -
           log((double)less[label] / (double)less[1 - label]);
}

static void test_occlusion_is_the_difference_of_predictions(void **state)
{
    (void)state;
    static const char text[] = "some people hurry around the city";
    static const char *const without[] = {
        " people hurry around the city",  "some  hurry around the city",
        "some people  around the city",   "some people hurry  the city",
        "some people hurry around  city", "some people hurry around the "};
    heed_model *models[] = {flat, layered};
    for (int m = 0; m < 2; m++) {
        heed_explainer *e = explainer_of(models[m], "occlusion");
        float whole[2], less[2];
        heed_answer answer;
        check_ok(add(e, text));
        heed_text texts = {text, strlen(text)};
        check_ok(heed_model_predict(models[m], &texts, 1, whole));
        heed_model_best(models[m], 0, whole, &answer);
        json_t *all = document(e);
        assert_int_equal(json_array_size(words_of(all, 0)), 6);
        for (size_t w = 0; w < 6; w++) {
            texts = (heed_text){without[w], strlen(without[w])};
            check_ok(heed_model_predict(models[m], &texts, 1, less));
            assert_float_equal(score_of(json_array_get(words_of(all, 0), w), "occlusion"),
                               fall_of_odds(whole, less, answer.index), 1e-4);
        }
        json_decref(all);
        heed_explainer_destroy(&e);
    }
}

/* Either would be hidden by the other if only one was left out at a time. */
static void test_a_word_that_stands_twice_counts_as_a_whole(void **state)
{
    (void)state;
    static const char text[] = "some HURRY around people hurry the city";
    heed_explainer *e = explainer_of(flat, "occlusion");
    float whole[2], less[2];
    heed_answer answer;
    check_ok(add(e, text));
    check_ok(heed_model_predict(flat, &(heed_text){text, strlen(text)}, 1, whole));
    heed_model_best(flat, 0, whole, &answer);
    json_t *all = document(e);
    json_t *words = words_of(all, 0);
    double both = score_of(json_array_get(words, 1), "occlusion") +
                  score_of(json_array_get(words, 4), "occlusion");
    check_ok(heed_model_predict(flat, &(heed_text){"some  around people  the city", 29}, 1, less));
    assert_float_equal(both, fall_of_odds(whole, less, answer.index), 1e-4);
    check_ok(heed_model_predict(flat, &(heed_text){"some HURRY around  hurry the city", 33}, 1,
                                less)); /* stands once */
    assert_float_equal(score_of(json_array_get(words, 3), "occlusion"),
                       fall_of_odds(whole, less, answer.index), 1e-4);
    json_decref(all);
    heed_explainer_destroy(&e);
}

static void test_a_word_of_two_characters_is_left_out_whole(void **state)
{
    (void)state;
    heed_explainer *e = explainer_of(flat, "occlusion");
    float whole[2], less[2];
    check_ok(add(e, "他们紧急看书"));
    json_t *all = document(e);
    json_t *words = words_of(all, 0);
    size_t i;
    json_t *word;
    int seen = 0;
    check_ok(heed_model_predict(flat, &(heed_text){"他们紧急看书", 18}, 1, whole));
    check_ok(heed_model_predict(flat, &(heed_text){"他们看书", 12}, 1, less));
    int best = whole[1] > whole[0];
    json_array_foreach(words, i, word)
    {
        if (strcmp(json_string_value(json_object_get(word, "text")), "紧急") != 0) continue;
        assert_float_equal(score_of(word, "occlusion"), fall_of_odds(whole, less, best), 1e-4);
        seen++;
    }
    assert_int_equal(seen, 1);
    json_decref(all);
    heed_explainer_destroy(&e);
}

static void test_attention_sums_to_one(void **state)
{
    (void)state;
    heed_explainer *e = explainer_of(flat, "pool");
    check_ok(add(e, "some people hurry around the city"));
    json_t *all = document(e);
    assert_float_equal(sum(words_of(all, 0), "pool"), 1.0, 1e-5);
    json_decref(all);
    heed_explainer_destroy(&e);
    e = explainer_of(layered, "attention");
    check_ok(add(e, "some people hurry around the city 他们"));
    all = document(e);
    assert_float_equal(sum(words_of(all, 0), "attention"), 1.0, 1e-5);
    json_decref(all);
    heed_explainer_destroy(&e);
}

static void test_heat_maps_hold_each_layer_and_head(void **state)
{
    (void)state;
    heed_explainer *e;
    heed_explain_options options = {.heat_maps = 1, .removed = -1};
    check_ok(heed_explainer_create(layered, &options, &e));
    check_ok(add(e, "some people hurry"));
    json_t *all = document(e);
    json_t *maps =
        json_object_get(json_array_get(json_object_get(all, "explanations"), 0), "attention");
    assert_int_equal(json_array_size(maps), 4);
    size_t m, i, j;
    json_t *map, *row, *weight;
    json_array_foreach(maps, m, map)
    {
        assert_int_equal(json_array_size(json_object_get(map, "weights")), 3);
        json_array_foreach(json_object_get(map, "weights"), i, row)
        {
            double total = 0;
            json_array_foreach(row, j, weight) total += json_number_value(weight);
            assert_float_equal(total, 1.0, 1e-5);
        }
    }
    json_decref(all);
    heed_explainer_destroy(&e);
    check_ok(heed_explainer_create(flat, &options, &e));
    check_ok(add(e, "some people hurry"));
    all = document(e);
    maps = json_object_get(json_array_get(json_object_get(all, "explanations"), 0), "attention");
    assert_int_equal(json_array_size(maps), 1); /* the pool's one row */
    json_decref(all);
    heed_explainer_destroy(&e);
}

static void test_faithfulness_of_cues_is_above_chance(void **state)
{
    (void)state;
    double removed, random;
    heed_explainer *e;
    heed_explain_options options = {.methods = "occlusion", .removed = 1};
    check_ok(heed_explainer_create(flat, &options, &e));
    heed_explainer_faithfulness(e, 0, &removed, &random);
    assert_true(isnan(removed) && isnan(random));
    for (int i = 0; i < 20; i++) {
        char text[512] = "";
        add_text(text, kinds[i % 4].cue, i % 4 > 1);
        check_ok(add(e, text));
    }
    heed_explainer_faithfulness(e, 0, &removed, &random);
    assert_true(removed > 0.2);
    assert_true(removed > 2 * random);
    heed_explainer_reset(e);
    check_ok(add(e, "hurry")); /* as many words as would be removed */
    heed_explainer_faithfulness(e, 0, &removed, &random);
    assert_true(isnan(removed));
    heed_explainer_destroy(&e);
}

static int holds(const heed_keyword *words, int n, const char *word)
{
    for (int i = 0; i < n; i++)
        if (words[i].word.size == strlen(word) &&
            memcmp(words[i].word.bytes, word, words[i].word.size) == 0)
            return 1;
    return 0;
}

static void test_keywords_are_the_cues(void **state)
{
    (void)state;
    heed_keyword words[8];
    int found;
    heed_explainer *e = explainer_of(flat, "occlusion");
    check_ok(add(e, "Some people HURRY around, hurry! the city"));
    check_ok(heed_explainer_keywords(e, 0, 0, 8, words, &found));
    assert_true(found >= 1);
    assert_true(holds(words, 1, "hurry")); /* both spellings are one word */
    assert_int_equal(words[0].count, 1);
    assert_false(holds(words, found, ",") || holds(words, found, "!"));
    check_fails(heed_explainer_keywords(e, 1, 0, 8, words, &found), HEED_E_INVALID, "text = 1");
    heed_explainer_reset(e);
    for (int i = 0; i < 60; i++) {
        char text[512] = "";
        add_text(text, kinds[i % 4].cue, i % 4 > 1);
        check_ok(add(e, text));
    }
    for (int64_t label = 0; label < 2; label++) {
        int slow = strcmp(heed_model_label(flat, 0, label), "slow") == 0;
        check_ok(heed_explainer_label_keywords(e, 0, label, 2, words, &found));
        assert_int_equal(found, 2);
        assert_true(holds(words, 2, kinds[slow].cue) && holds(words, 2, kinds[2 + slow].cue));
        assert_true(words[0].count >= 14 && words[0].score >= words[1].score);
    }
    heed_explainer_destroy(&e);
}

static void test_numbers_are_explained(void **state)
{
    (void)state;
    heed_explainer *e = explainer_of(numbers, NULL);
    static const char text[] = "some people hurry around the city";
    const char *truth[] = {"7.25"};
    heed_answer answer;
    float whole, less;
    check_ok(heed_explainer_add(e, NULL, (heed_text){text, strlen(text)}, truth));
    heed_explainer_answer(e, 0, 0, &answer);
    assert_null(answer.label);
    assert_true(answer.value > 5.5f);
    check_ok(heed_model_predict(numbers, &(heed_text){text, strlen(text)}, 1, &whole));
    check_ok(
        heed_model_predict(numbers, &(heed_text){"some people  around the city", 28}, 1, &less));
    json_t *all = document(e);
    assert_string_equal(highest(words_of(all, 0), "occlusion"), "hurry");
    assert_string_equal(highest(words_of(all, 0), "gradient"), "hurry");
    assert_float_equal(score_of(json_array_get(words_of(all, 0), 2), "occlusion"),
                       (double)(whole - less), 1e-5);
    json_decref(all);
    char *bytes;
    size_t size;
    check_ok(heed_explainer_draw(e, &(heed_draw_options){.colours = 1}, &bytes, &size));
    assert_non_null(strstr(bytes, "(it is 7.25)")); /* a number is not right or wrong */
    assert_non_null(strstr(bytes, "the number falls"));
    heed_text_free(bytes);
    heed_explainer_destroy(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cue_words_win_by_each_method),
        cmocka_unit_test(test_occlusion_is_the_difference_of_predictions),
        cmocka_unit_test(test_a_word_that_stands_twice_counts_as_a_whole),
        cmocka_unit_test(test_a_word_of_two_characters_is_left_out_whole),
        cmocka_unit_test(test_attention_sums_to_one),
        cmocka_unit_test(test_heat_maps_hold_each_layer_and_head),
        cmocka_unit_test(test_faithfulness_of_cues_is_above_chance),
        cmocka_unit_test(test_keywords_are_the_cues),
        cmocka_unit_test(test_numbers_are_explained),
    };
    return cmocka_run_group_tests(tests, train_all, forget_all);
}
