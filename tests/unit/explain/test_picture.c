/* SPDX-License-Identifier: MIT */
/* What holds for every renderer, and the one for programs. */
#include "explain/picture_case.h"

#include "base/memory.h"

#include <jansson.h>
#include <math.h>

static void test_json_holds_all(void **state)
{
    (void)state;
    fixture f;
    make(&f, "say \"会议\" now");
    f.scores[0] = NAN, f.scores[1] = 0.25f;
    f.output.probability = NAN;
    heed__buffer out = drawn(&f, "json", NULL);
    json_error_t error;
    json_t *root = json_loadb(out.bytes, out.size, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(root);
    json_t *e = json_array_get(json_object_get(root, "explanations"), 0);
    assert_string_equal(json_string_value(json_object_get(e, "text")), f.explanation.text);
    json_t *output = json_array_get(json_object_get(e, "outputs"), 0);
    assert_true(json_is_null(json_object_get(output, "probability")));
    json_t *words = json_object_get(output, "words");
    assert_int_equal(json_array_size(words), f.explanation.n_words);
    json_t *first = json_array_get(words, 0), *second = json_array_get(words, 1);
    assert_true(json_is_null(json_object_get(json_object_get(first, "scores"), "occlusion")));
    assert_true(json_real_value(json_object_get(json_object_get(second, "scores"), "occlusion")) ==
                0.25);
    assert_string_equal(json_string_value(json_object_get(second, "text")), "\"");
    assert_int_equal(json_integer_value(json_object_get(second, "begin")), 4);
    json_t *faith = json_object_get(json_object_get(output, "faithfulness"), "occlusion");
    assert_true(json_real_value(json_object_get(faith, "drop_random")) == 0.125);
    json_decref(root);
    heed__buffer_free(&out);
}

static void test_hard_cases_in_every_renderer(void **state)
{
    (void)state;
    static const char *const texts[] = {"", " \n\t ", "a", "会", "\r\n", "e\xcc\x81\xcc\x81"};
    size_t n_renderers;
    const heed__renderer *const *renderers = heed__renderers(&n_renderers);
    assert_int_equal(n_renderers, 5);
    for (size_t i = 0; i < n_renderers; i++)
        for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
            for (int kind = 0; kind < 4; kind++) {
                static const float odd[] = {0, NAN, INFINITY, -INFINITY};
                fixture f;
                make(&f, texts[t]);
                for (size_t w = 0; w < f.explanation.n_words; w++) f.scores[w] = odd[kind];
                heed__buffer out = {0};
                heed_status status = heed__picture_draw(&f.picture, renderers[i], NULL, &out);
                assert_true(status == HEED_OK || status == HEED_E_UNSUPPORTED);
                assert_true(status != HEED_OK || out.size > 0);
                heed__buffer_free(&out);
            }
}

static void test_bad_input_is_refused(void **state)
{
    (void)state;
    fixture f;
    const heed__renderer *renderer;
    heed__buffer out = {0};
    check_fails(heed__renderer_find("gif", &renderer), HEED_E_INVALID, "terminal, html, svg, png");
    check_ok(heed__renderer_find("html", &renderer));
    make(&f, "caf\xe9 au lait");
    check_fails(heed__picture_draw(&f.picture, renderer, NULL, &out), HEED_E_DATA, "byte 4");
    make(&f, "two words");
    float weight = 1;
    heed__heat_map map = {.title = "m", .rows = 1, .columns = 1, .weights = &weight};
    f.explanation.heat_maps = &map;
    f.explanation.n_heat_maps = 1;
    check_fails(heed__picture_draw(&f.picture, renderer, NULL, &out), HEED_E_DATA, "1 rows for 2");
    heed__picture_options options = heed__picture_defaults();
    options.width = 10;
    check_fails(heed__picture_draw(&f.picture, renderer, &options, &out), HEED_E_INVALID, "200");
    heed__buffer_free(&out);
}

static void test_no_memory_is_said(void **state)
{
    (void)state;
    static const char *const names[] = {"terminal", "html", "json"};
    fixture f;
    make(&f, "the urgent meeting 会议");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const heed__renderer *renderer;
        check_ok(heed__renderer_find(names[i], &renderer));
        heed_status status = HEED_E_NOMEM;
        for (uint64_t n = 1; status != HEED_OK; n++) {
            assert_int_equal(status, HEED_E_NOMEM);
            heed__buffer out = {0};
            heed__alloc_fail_at(n);
            status = heed__picture_draw(&f.picture, renderer, NULL, &out);
            heed__alloc_fail_at(0);
            heed__buffer_free(&out);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_holds_all),
        cmocka_unit_test(test_hard_cases_in_every_renderer),
        cmocka_unit_test(test_bad_input_is_refused),
        cmocka_unit_test(test_no_memory_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
