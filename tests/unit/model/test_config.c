/* SPDX-License-Identifier: MIT */
/* Settings: what is taken and refused, one spelling for each value, and the same in any locale. */
#include "check.h"

#include "model/config.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static heed_config *fresh(void)
{
    heed_config *config = NULL;
    check_ok(heed_config_create(&config));
    return config;
}

static void test_values(void **state)
{
    (void)state;
    static const char *const taken[][3] = {
        {"encoder.layers", "3", "3"},
        {"layers", "4e0", "4"},
        {"train.lr", "1e-3", "0.001"},
        {"train.lr", "0.00100", "0.001"},
        {"lr", "+5", "5"},
        {"encoder.kind", "gru", "gru"},
        {"lowercase", "false", "false"},
        {"train.seed", "9007199254740991", "9007199254740991"},
        {"input.dropout", "-0", "0"},
        {"train.steps", "-0", "0"},
        {"weight-decay", "1E-2", "0.01"},
        {"pool", "attention+mean", "attention+mean"},
        {"stages", "softcap:cap=20,softcap", "softcap:cap=20,softcap"},
        {"stages", "none", "none"},
        {"encoder.mask", "all(causal,none)", "all(causal,none)"},
        {"normaliser", "sink", "sink"},
        {"normalizer", "sparsemax", "sparsemax"},
        {"encoder.normalizer", "entmax15", "entmax15"},
        {"pool-normalizer", "sparsemax", "sparsemax"},
        {"decoder.mask", "window:left=3,right=0", "window:left=3,right=0"},
        {"cross-stages", "gaussian", "gaussian"},
        {"cross-score", "same", "same"}};
    static const char *const refused[][3] = {{"encoder.layers", "0", "whole number from 1"},
                                             {"encoder.layers", "2.5", "whole number"},
                                             {"encoder.layers", "0x3", "whole number"},
                                             {"encoder.layers", " 3", "whole number"},
                                             {"encoder.layers", "", "whole number"},
                                             {"train.lr", "nan", "a number"},
                                             {"train.lr", "inf", "a number"},
                                             {"train.lr", "1,5", "a number"},
                                             {"train.lr", "1e-400", "a number"},
                                             {"encoder.kind", "GRU", "one of"},
                                             {"encoder.kind", "gru|lstm", "one of"},
                                             {"encoder.kind", "", "one of"},
                                             {"lowercase", "yes", "true or false"},
                                             {"normaliser", "softmin", "no normaliser \"softmin\""},
                                             {"stages", "softcap:cup=2", "no setting \"cup\""},
                                             {"stages", "softcap,", "a name is missing"},
                                             {"normalizes", "softmax", "did you mean normaliser"},
                                             {"mask", "same", "no mask \"same\""},
                                             {"decoder-mask", "sane", "no mask \"sane\""},
                                             {"layer", "3", "did you mean layers"},
                                             {"encoder.layer", "3", "did you mean encoder.layers"}};
    heed_config *config = fresh();
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        check_ok(heed_config_set(config, taken[i][0], taken[i][1]));
        assert_string_equal(heed_config_get(config, taken[i][0]), taken[i][2]);
        assert_true(heed_config_is_set(config, taken[i][0]));
    }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        check_fails(heed_config_set(config, refused[i][0], refused[i][1]), HEED_E_INVALID,
                    refused[i][2]);
    assert_string_equal(heed_config_get(config, "encoder.layers"), "4"); /* as it was */
    assert_null(heed_config_get(config, "nothing"));
    assert_false(heed_config_is_set(config, "encoder.heads"));
    heed_config_destroy(&config);
    heed_config_destroy(&config);
    assert_null(config);
}

static void test_json(void **state)
{
    (void)state;
    static const char *const refused[][2] = {{"[]", "must be a JSON object"},
                                             {"{\"encoder\": 3}", "encoder: it must be an object"},
                                             {"{\"encoder\": {\"layers\": \"3\"}}", "a number"},
                                             {"{\"encoder\": {\"layers\": 65}}", "from 1 to 64"},
                                             {"{\"encoder\": {\"layesr\": 3}}", "encoder.layers"},
                                             {"{\"encoder\": {\"causal\": 1}}", "true or false"},
                                             {"{\"encoder\": {\"kind\": null}}", "a string"},
                                             {"{\"a\": {\"b\": 1}}", "did you mean"}};
    heed_config *config = fresh();
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_true(heed_config_parse(config, refused[i][0], strlen(refused[i][0]), "c.json") !=
                        HEED_OK &&
                    strstr(heed_status_message(), refused[i][1]));
    static const char good[] = "{\"encoder\": {\"kind\": \"lstm\", \"causal\": true},"
                               " \"train\": {\"lr\": 0.1, \"seed\": 9007199254740991}}";
    check_ok(heed_config_parse(config, good, strlen(good), "c.json"));
    assert_string_equal(heed_config_get(config, "lr"), "0.1");
    assert_string_equal(heed_config_get(config, "seed"), "9007199254740991");
    heed_config_destroy(&config);
}

/* Mechanisms of attention as data become the texts of settings. */
static void test_attention(void **state)
{
    (void)state;
    static const char *const refused[][2] = {
        {"{\"attention\": \"softmax\"}", "attention: it must be an object"},
        {"{\"attention\": {\"normalisr\": \"softmax\"}}", "normaliser"},
        {"{\"attention\": {\"window\": [3]}}", "[left, right]"},
        {"{\"attention\": {\"score\": {\"scale\": 1}}}", "its \"name\" is missing"},
        {"{\"attention\": {\"score\": 3}}", "it must be a name"},
        {"{\"attention\": {\"stages\": [{\"name\": \"softcap\", \"cap\": \"x\"}]}}", "a number"},
        {"{\"attention\": {\"normalizer\": \"softmin\"}}", "no normaliser \"softmin\""},
        {"{\"attention\": {\"cross\": \"softmax\"}}", "cross: must be an object"},
        {"{\"attention\": {\"cross\": {\"causal\": true}}}", "attention.cross.causal"},
        {"{\"attention\": {\"pool\": {\"mask\": \"causal\"}}}", "pool.mask: no such setting"}};
    static const char good[] =
        "{\"attention\": {\"normalizer\": \"sparsemax\", \"causal\": true,"
        " \"score\": {\"name\": \"scaled_dot\", \"scale\": 0.5},"
        " \"mask\": {\"name\": \"any\", \"parts\": [\"causal\", {\"name\": \"none\"}]},"
        " \"stages\": [{\"name\": \"softcap\", \"cap\": 20}, \"softcap\"]}}";
    heed_config *config = fresh();
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        check_fails(heed_config_parse(config, refused[i][0], strlen(refused[i][0]), "c.json"),
                    HEED_E_INVALID, refused[i][1]);
    check_ok(heed_config_parse(config, good, strlen(good), "c.json"));
    assert_string_equal(heed_config_get(config, "encoder.normaliser"), "sparsemax");
    assert_string_equal(heed_config_get(config, "encoder.score"), "scaled_dot:scale=0.5");
    assert_string_equal(heed_config_get(config, "encoder.mask"), "any(causal,none)");
    assert_string_equal(heed_config_get(config, "encoder.stages"), "softcap:cap=20,softcap");
    assert_string_equal(heed_config_get(config, "encoder.causal"), "true");
    static const char window[] = "{\"attention\": {\"window\": [32, -1], \"mask\": \"causal\"}}";
    check_ok(heed_config_parse(config, window, strlen(window), "c.json"));
    assert_string_equal(heed_config_get(config, "encoder.mask"),
                        "all(causal,window:left=32,right=-1)");
    heed_config_destroy(&config);
}

/* As the tour of the operator writes it; then each part its own. */
static void test_attention_parts(void **state)
{
    (void)state;
    static const char plain[] =
        "{\"attention\": {\"normalizer\": \"entmax15\", \"window\": [32, 32]}}";
    static const char parts[] =
        "{\"attention\": {\"normalizer\": \"sparsemax\", \"pool\": {\"normalizer\": \"entmax15\"},"
        " \"decoder\": {\"position\": \"rotary\", \"window\": [16, 0]},"
        " \"cross\": {\"mask\": {\"name\": \"local_p\", \"width\": 4}, \"stages\": "
        "[\"gaussian\"]}},"
        " \"pool\": {\"normalizer\": \"sink\"}}";
    heed_config *config = fresh();
    check_ok(heed_config_parse(config, plain, strlen(plain), "c.json"));
    assert_string_equal(heed_config_get(config, "encoder.normaliser"), "entmax15");
    assert_string_equal(heed_config_get(config, "encoder.mask"), "window:left=32,right=32");
    assert_string_equal(heed_config_get(config, "decoder.mask"), "same");
    assert_string_equal(heed_config_get(config, "cross.mask"), "none");
    check_ok(heed__config_settle(config)); /* who says how layers attend wants such layers */
    assert_string_equal(heed_config_get(config, "encoder.kind"), "transformer");
    heed_config_destroy(&config);
    config = fresh();
    check_ok(heed_config_parse(config, parts, strlen(parts), "c.json"));
    assert_string_equal(heed_config_get(config, "encoder.normaliser"), "sparsemax");
    assert_string_equal(heed_config_get(config, "decoder.position"), "rotary");
    assert_string_equal(heed_config_get(config, "decoder.mask"), "window:left=16,right=0");
    assert_string_equal(heed_config_get(config, "cross.mask"), "local_p:width=4");
    assert_string_equal(heed_config_get(config, "cross.stages"), "gaussian");
    assert_string_equal(heed_config_get(config, "pool.normaliser"), "sink");
    heed_config_destroy(&config);
}

/* A configuration's text brings back the same configuration and the same text. */
static void check_round_trip(void)
{
    static const char *const settings[][2] = {
        {"train.lr", "0.00123456789"},  {"input.init", "1e-6"},
        {"train.clip", "999999"},       {"encoder.dropout", "0.3333333333"},
        {"encoder.activation", "silu"}, {"train.seed", "4503599627370497"}};
    heed_config *config = fresh(), *again = fresh();
    char *text = NULL, *same = NULL;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        check_ok(heed_config_set(config, settings[i][0], settings[i][1]));
    check_ok(heed_config_json(config, 2, &text));
    check_ok(heed_config_parse(again, text, strlen(text), "again"));
    check_ok(heed_config_json(again, 2, &same));
    assert_string_equal(text, same);
    const heed_setting *setting;
    for (size_t i = 0; (setting = heed_setting_at(i)); i++)
        assert_string_equal(heed_config_get(config, setting->key),
                            heed_config_get(again, setting->key));
    assert_true(fabs(heed__config_number(again, "train.lr") - 0.00123456789) < 1e-17);
    assert_string_equal(heed_config_get(again, "dropout"), "0.333333333");
    heed_text_free(text);
    heed_text_free(same);
    heed_config_destroy(&config);
    heed_config_destroy(&again);
}

static void test_round_trip(void **state)
{
    (void)state;
    check_round_trip();
}

/* A locale with decimal commas, made here where the system has the sources of one. */
static int set_comma_locale(char *folder)
{
    char command[256];
    static const char *const installed[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8"};
    for (size_t i = 0; i < 3; i++)
        if (setlocale(LC_ALL, installed[i])) return 1;
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 %s/heed_comma >/dev/null 2>&1",
             folder);
    if (system(command) != 0) return 0;
    setenv("LOCPATH", folder, 1);
    return setlocale(LC_ALL, "heed_comma") != NULL;
}

static void test_comma_locale(void **state)
{
    (void)state;
    char folder[] = "/tmp/heed-locale-XXXXXX", command[128];
    assert_non_null(mkdtemp(folder));
    int there = set_comma_locale(folder);
    if (there) {
        test_values(state);
        test_json(state);
        check_round_trip();
        setlocale(LC_ALL, "C");
    }
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    if (!there) skip();
}

/* Every row can be said by key and by flag, and its default is a value it would take. */
static void test_table(void **state)
{
    (void)state;
    heed_config *config = fresh();
    const heed_setting *setting, *other;
    for (size_t i = 0; (setting = heed_setting_at(i)); i++) {
        check_ok(heed_config_set(config, setting->key, setting->initial));
        assert_string_equal(heed_config_get(config, setting->key), setting->initial);
        assert_ptr_equal(heed_config_get(config, setting->key),
                         heed_config_get(config, setting->flag));
        assert_true(setting->help && *setting->help && strchr(setting->key, '.'));
        for (size_t j = 0; j < i && (other = heed_setting_at(j)); j++) {
            assert_string_not_equal(setting->key, other->key);
            assert_string_not_equal(setting->flag, other->flag);
        }
    }
    heed_config_destroy(&config);
}

/* What was left open takes the values that go with what was set. */
static void test_settled(void **state)
{
    static const struct {
        const char *set[2][2], *then[4][2];
    } rows[] = {
        {{{NULL}},
         {{"train.members", "3"}, {"output.consistency", "1"}, {"input.word_dropout", "0.1"}}},
        {{{"encoder.kind", "gru"}}, {{"train.members", "1"}, {"output.consistency", "0"}}},
        {{{"pool.normaliser", "sparsemax"}}, {{"train.members", "1"}, {"output.consistency", "0"}}},
        {{{"output.kind", "tags"}},
         {{"train.members", "1"}, {"input.min_count", "2"}, {"input.characters", "5"}}},
        {{{"output.kind", "language"}, {"input.block", "64"}},
         {{"encoder.positions", "none"},
          {"decoder.position", "rotary"},
          {"decoder.mask", "window:left=63,right=0"},
          {"train.members", "1"}}},
        {{{"output.kind", "language"}, {"encoder.positions", "sinusoidal"}},
         {{"decoder.position", "same"}, {"decoder.mask", "same"}}},
        {{{"output.kind", "language"}, {"encoder.dim", "12"}}, /* heads of 3 */
         {{"encoder.positions", "sinusoidal"}, {"decoder.position", "same"}}},
        {{{"output.kind", "language"}, {"decoder.mask", "window:left=8,right=0"}},
         {{"decoder.position", "rotary"}, {"decoder.mask", "window:left=8,right=0"}}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        heed_config *config = fresh();
        for (int j = 0; j < 2 && rows[i].set[j][0]; j++)
            check_ok(heed_config_set(config, rows[i].set[j][0], rows[i].set[j][1]));
        check_ok(heed__config_settle(config));
        for (int j = 0; j < 4 && rows[i].then[j][0]; j++)
            assert_string_equal(heed_config_get(config, rows[i].then[j][0]), rows[i].then[j][1]);
        heed_config_destroy(&config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),     cmocka_unit_test(test_json),
        cmocka_unit_test(test_attention),  cmocka_unit_test(test_attention_parts),
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_comma_locale),
        cmocka_unit_test(test_table),      cmocka_unit_test(test_settled)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
