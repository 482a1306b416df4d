/* SPDX-License-Identifier: MIT */
/* An explainer draws what it was asked for, takes any text, and refuses what it cannot do. */
#include "check.h"

#include "explained_models.h"

#include <math.h>
#include <stdlib.h>

static void test_all_renderers_draw(void **state)
{
    (void)state;
    static const char *const renderers[] = {"terminal", "html", "svg", "png", "json"};
    static const char *const holding[] = {"hurry", "<span", "<svg", "PNG", "\"hurry\""};
    heed_explainer *e = explainer_of(layered, NULL);
    const char *truth[] = {"slow"};
    check_ok(heed_explainer_add(e, "row 1", (heed_text){"some people hurry <b>", 21}, truth));
    check_ok(add(e, "他们紧急看书"));
    for (int i = 0; i < 5; i++) {
        char *first, *second;
        size_t size, again;
        heed_draw_options how = {.renderer = renderers[i], .title = "two texts"};
        heed_status status = heed_explainer_draw(e, &how, &first, &size);
        if (status == HEED_E_UNSUPPORTED) continue; /* not built in */
        check_ok(status);
        check_ok(heed_explainer_draw(e, &how, &second, &again));
        assert_true(size > 100);
        assert_int_equal(size, again);
        assert_memory_equal(first, second, size);
        assert_non_null(strstr(first + (i == 3), holding[i]));
        heed_text_free(first);
        heed_text_free(second);
    }
    heed_explainer_destroy(&e);
}

static void test_methods_drawn_can_be_limited(void **state)
{
    (void)state;
    char *all, *one;
    size_t size;
    heed_explainer *e = explainer_of(flat, "occlusion,pool");
    check_ok(add(e, "some people hurry around the city"));
    check_ok(heed_explainer_draw(e, NULL, &all, &size));
    check_ok(heed_explainer_draw(e, &(heed_draw_options){.methods = 1}, &one, &size));
    assert_non_null(strstr(all, "by pool"));
    assert_null(strstr(one, "by occlusion"));
    heed_text_free(all);
    heed_text_free(one);
    heed_explainer_destroy(&e);
}

static void test_odd_texts(void **state)
{
    (void)state;
    heed_explainer *e = explainer_of(flat, NULL);
    char *bytes, *longest = malloc(5000 * 6 + 1);
    size_t size;
    assert_non_null(longest);
    *longest = 0;
    for (int i = 0; i < 1000; i++) memcpy(longest + 6 * i, i == 500 ? "hurry " : "table ", 7);
    check_ok(add(e, ""));
    check_ok(add(e, " \n "));
    check_ok(add(e, "hurry"));
    check_ok(add(e, "!?"));
    check_fails(add(e, "hur\xff"
                       "ry"),
                HEED_E_DATA, "not UTF-8");
    check_ok(add(e, longest)); /* more words than are left out one by one */
    json_t *all = document(e);
    assert_int_equal(json_array_size(json_object_get(all, "explanations")), 5);
    assert_int_equal(json_array_size(words_of(all, 0)), 0);
    assert_int_equal(json_array_size(words_of(all, 4)), 1000);
    double cue = score_of(json_array_get(words_of(all, 4), 500), "occlusion");
    double other = score_of(json_array_get(words_of(all, 4), 10), "occlusion");
    assert_true(fabs(cue) > fabs(other));
    json_decref(all);
    heed_explainer_reset(e);
    check_ok(heed_explainer_draw(e, NULL, &bytes, &size)); /* of no text */
    heed_text_free(bytes);
    heed_explainer_destroy(&e);
    free(longest);
}

static void test_refusals(void **state)
{
    (void)state;
    heed_explainer *e = NULL;
    char *bytes;
    size_t size;
    heed_explain_options options = {.methods = "occlusion,attention"};
    check_fails(heed_explainer_create(flat, &options, &e), HEED_E_INVALID,
                "method attention: this model has occlusion, gradient, pool");
    assert_null(e);
    options.methods = "";
    check_fails(heed_explainer_create(flat, &options, &e), HEED_E_INVALID, "occlusion");
    e = explainer_of(flat, "occlusion");
    check_fails(heed_explainer_draw(e, &(heed_draw_options){.renderer = "tiff"}, &bytes, &size),
                HEED_E_INVALID, "tiff");
    check_fails(heed_explainer_draw(e, &(heed_draw_options){.width = 20}, &bytes, &size),
                HEED_E_INVALID, "20");
    heed_explainer_destroy(&e);
    heed_explainer_destroy(&e);
    heed_method method;
    assert_true(heed_method_at(0, &method));
    assert_string_equal(method.name, "occlusion");
    assert_false(heed_method_at(99, &method));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_renderers_draw),
        cmocka_unit_test(test_methods_drawn_can_be_limited),
        cmocka_unit_test(test_odd_texts),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, train_models, forget_models);
}
