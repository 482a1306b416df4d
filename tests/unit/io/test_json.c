/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "base/memory.h"
#include "io/json.h"

#include <locale.h>
#include <math.h>
#include <string.h>

static json_t *parse(const char *text)
{
    json_t *value = NULL;
    check_ok(heed__json_parse(text, strlen(text), 1000, "c.json", &value));
    return value;
}

static void test_documents_are_checked(void **state)
{
    (void)state;
    json_t *value = NULL;
    check_fails(heed__json_parse("{\n\"a\" 1}", 8, 100, "c.json", &value), HEED_E_FORMAT,
                "c.json:2:");
    check_fails(heed__json_parse("{\"a\":1,\"a\":2}", 13, 100, "c.json", &value), HEED_E_FORMAT,
                "duplicate");
    check_fails(heed__json_parse("{\"a\":\"\xff\"}", 9, 100, "c.json", &value), HEED_E_FORMAT,
                "decode byte 0xff");
    check_fails(heed__json_parse("{}", 2, 1, "c.json", &value), HEED_E_FORMAT, "at most 1");
    assert_null(value);
}

static void test_members_keep_their_default_or_are_read(void **state)
{
    (void)state;
    json_t *document =
        parse("{\"layers\":4,\"rate\":0.5,\"whole\":2,\"tied\":true,\"name\":\"gru\","
              "\"none\":null,\"deep\":{\"list\":[{\"x\":1},{\"x\":\"one\"}]}}");
    heed__json root = heed__json_root(document, "c.json"), deep, list;
    int64_t layers = 1, absent = 7;
    double rate = 0, whole = 0;
    int tied = 0;
    size_t kind = 0;
    const char *name = NULL, *const kinds[] = {"none", "gru", "lstm"};
    check_ok(heed__json_integer(&root, "layers", 1, 64, &layers));
    check_ok(heed__json_integer(&root, "absent", 1, 64, &absent));
    check_ok(heed__json_integer(&root, "none", 1, 64, &absent));
    check_ok(heed__json_number(&root, "rate", 0, 1, &rate));
    check_ok(heed__json_number(&root, "whole", 0, 2, &whole));
    check_ok(heed__json_boolean(&root, "tied", &tied));
    check_ok(heed__json_string(&root, "name", &name));
    check_ok(heed__json_choice(&root, "name", kinds, 3, &kind));
    assert_int_equal(layers, 4);
    assert_int_equal(absent, 7);
    assert_true(rate == 0.5 && whole == 2);
    assert_int_equal(tied, 1);
    assert_string_equal(name, "gru");
    assert_int_equal(kind, 1);
    check_ok(heed__json_object(&root, "deep", &deep));
    check_ok(heed__json_array(&deep, "list", &list));
    heed__json first = heed__json_item(&list, 0), second = heed__json_item(&list, 1);
    check_ok(heed__json_integer(&first, "x", 0, 9, &layers));
    check_fails(heed__json_integer(&second, "x", 0, 9, &layers), HEED_E_INVALID,
                "c.json: deep.list[1].x: must be a whole number, not a string");
    assert_int_equal(layers, 1);
    heed__json missing;
    check_ok(heed__json_object(&root, "missing", &missing));
    check_ok(heed__json_integer(&missing, "x", 0, 9, &layers)); /* all its members are absent */
    assert_int_equal(layers, 1);
    json_decref(document);
}

static void test_errors_name_the_path_and_the_rule(void **state)
{
    (void)state;
    json_t *document =
        parse("{\"encoder\":{\"layers\":0,\"rate\":\"x\",\"kind\":\"gur\"},\"l\":[]}");
    heed__json root = heed__json_root(document, "c.json"), encoder, child;
    int64_t number = 0;
    double real = 0;
    size_t kind = 0;
    const char *const kinds[] = {"none", "gru"}, *const known[] = {"layers", "rates", "kind"};
    check_ok(heed__json_object(&root, "encoder", &encoder));
    check_fails(heed__json_integer(&encoder, "layers", 1, 64, &number), HEED_E_INVALID,
                "c.json: encoder.layers: 0 is not between 1 and 64");
    check_fails(heed__json_number(&encoder, "rate", 0, 1, &real), HEED_E_INVALID,
                "encoder.rate: must be a number, not a string");
    check_fails(heed__json_choice(&encoder, "kind", kinds, 2, &kind), HEED_E_INVALID,
                "encoder.kind: 'gur' is not one of none, gru");
    check_fails(heed__json_known(&encoder, known, 3), HEED_E_INVALID,
                "encoder.rate: unknown setting; did you mean 'rates'?");
    check_fails(heed__json_known(&root, known, 3), HEED_E_INVALID, "known here: layers, rates");
    check_fails(heed__json_object(&root, "l", &child), HEED_E_INVALID,
                "l: must be an object, not a list");
    check_fails(heed__json_array(&root, "encoder", &child), HEED_E_INVALID,
                "encoder: must be a list, not an object");
    json_decref(document);
    json_t *list = parse("[1]");
    heed__json at = heed__json_root(list, "c.json");
    check_fails(heed__json_integer(&at, "x", 0, 1, &number), HEED_E_INVALID,
                "c.json: must be an object, not a list");
    json_decref(list);
}

static void test_text_is_the_same_everywhere(void **state)
{
    (void)state;
    setlocale(LC_ALL, "de_DE.UTF-8"); /* decimal commas, where it is installed */
    json_t *value = json_pack("{s:o, s:o, s:s, s:i}", "rate", heed__json_real(0.1), "nan",
                              heed__json_real(NAN), "text", "词", "n", 3);
    char *text = NULL;
    check_ok(heed__json_text(value, 9, 0, &text));
    assert_string_equal(text, "{\"rate\":0.1,\"nan\":null,\"text\":\"词\",\"n\":3}");
    heed__free(text);
    check_ok(heed__json_text(json_object_get(value, "rate"), 17, 0, &text));
    assert_string_equal(text, "0.10000000000000001");
    heed__free(text);
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents_are_checked),
        cmocka_unit_test(test_members_keep_their_default_or_are_read),
        cmocka_unit_test(test_errors_name_the_path_and_the_rule),
        cmocka_unit_test(test_text_is_the_same_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
