/* SPDX-License-Identifier: MIT */
/* The command's parser, with a verb that has every type of option. */
#include "check.h"

#include "cli/help.h"
#include "cli/nearest.h"
#include "cli/options.h"
#include "cli/report.h"

#include <stdio.h>
#include <string.h>

static const option_row own[] = {
    {"output", 'o', "FILE", OPTION_TEXT, NULL, NULL, 0, 0, "where to write"},
    {"best", 'k', "N", OPTION_INTEGER, "1", NULL, 1, 100, "how many"},
    {"rate", 0, "X", OPTION_NUMBER, "0.5", NULL, 0, 1, "how fast"},
    {"offset", 0, "N", OPTION_INTEGER, "0", NULL, 0, 0, "any whole number"},
    {"pool", 0, "KIND", OPTION_CHOICE, "mean", "mean|cls|attention", 0, 0, "a|b, how to pool"},
    {"seed", 's', "WORD", OPTION_TEXT, "own", NULL, 0, 0, "a seed of its own"},
    {"verbose", 'v', NULL, OPTION_FLAG, NULL, NULL, 0, 0, "say more"},
    {NULL, 0, NULL, OPTION_FLAG, NULL, NULL, 0, 0, NULL},
};

static int settings(size_t index, option_row *out)
{
    static const option_row rows[] = {
        {"bias", 0, "BOOL", OPTION_BOOLEAN, "true", NULL, 0, 0, "whether to add a bias"},
        {"output", 'x', "N", OPTION_INTEGER, "3", NULL, 0, 0, "hidden by the verb's own"},
        {"layers", 'k', "N", OPTION_INTEGER, "2", NULL, 1, 64, "how deep"},
    };
    if (index < sizeof rows / sizeof *rows) *out = rows[index];
    return index < sizeof rows / sizeof *rows;
}

static const verb verb_try = {
    .name = "try",
    .summary = "try things",
    .arguments = "FILE...",
    .description = "Tries.",
    .least_arguments = 1,
    .most_arguments = 3,
    .options = own,
    .more_options = settings,
    .more_heading = "settings",
    .common = COMMON_SEED | COMMON_JSON,
};

const verb *verb_at(size_t index)
{
    return index == 0 ? &verb_try : NULL;
}

enum { MOST_WORDS = 16 };

/* Parses words that end with NULL. The caller frees. */
static heed_status parse(options *given, const char *const *words)
{
    static char storage[MOST_WORDS][64];
    char *argv[MOST_WORDS];
    int argc = 0;
    for (; words[argc]; argc++) {
        snprintf(storage[argc], sizeof storage[argc], "%s", words[argc]);
        argv[argc] = storage[argc];
    }
    check_ok(options_gather(&verb_try, given));
    return options_parse(given, argc, argv);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_defaults(void **state)
{
    (void)state;
    options given;
    check_ok(parse(&given, WORDS("a")));
    assert_null(options_text(&given, "output"));
    assert_int_equal(options_integer(&given, "best"), 1);
    assert_true(options_number(&given, "rate") == 0.5);
    assert_string_equal(options_text(&given, "pool"), "mean");
    assert_true(options_flag(&given, "bias"));
    assert_false(options_flag(&given, "verbose"));
    assert_false(options_given(&given, "best"));
    assert_string_equal(options_text(&given, "seed"), "own"); /* its own row, not the common one */
    options_free(&given);
}

static void test_all_spellings(void **state)
{
    (void)state;
    options given;
    check_ok(
        parse(&given, WORDS("a", "--best", "3", "-o", "x", "--rate=0.25", "-v", "-", "--offset",
                            "-7", "--bias=false", "--layers", "64", "--", "--best")));
    assert_int_equal(options_integer(&given, "best"), 3);
    assert_string_equal(options_text(&given, "output"), "x");
    assert_true(options_number(&given, "rate") == 0.25);
    assert_int_equal(options_integer(&given, "offset"), -7);
    assert_int_equal(options_integer(&given, "layers"), 64);
    assert_true(options_flag(&given, "verbose") && !options_flag(&given, "bias"));
    assert_int_equal(given.n_arguments, 3);
    assert_string_equal(given.arguments[1], "-");
    assert_string_equal(given.arguments[2], "--best");
    options_free(&given);
    check_ok(parse(&given, WORDS("-o", "one", "a", "--rate=1", "--output=two")));
    assert_int_equal(options_count(&given, "output"), 2);
    assert_string_equal(options_nth(&given, "output", 0), "one");
    assert_string_equal(options_nth(&given, "output", 1), "two");
    assert_null(options_nth(&given, "output", 2));
    assert_int_equal(options_count(&given, "best"), 0);
    options_free(&given);
    check_ok(parse(&given, WORDS("-k5", "a", "-k", "6"))); /* the last counts */
    assert_int_equal(options_integer(&given, "best"), 6);
    assert_true(options_given(&given, "best"));
    options_free(&given);
    check_ok(parse(&given, WORDS("--help", "--nonsense")));
    assert_true(given.help);
    options_free(&given);
}

static void test_refusals_name_flag_value_and_rule(void **state)
{
    (void)state;
    static const struct {
        const char *words[4];
        const char *message;
    } cases[] = {
        {{"a", "--best", "0"}, "--best 0: it must be a whole number from 1 to 100"},
        {{"a", "--best", "1.5"}, "--best 1.5: it must be a whole number from 1 to 100"},
        {{"a", "--best", ""}, "whole number"},
        {{"a", "--offset", "99999999999999999999"}, "--offset 99999999999999999999: it must be a"},
        {{"a", "--rate", "nan"}, "--rate nan: it must be a number from 0 to 1"},
        {{"a", "--rate", "2"}, "from 0 to 1"},
        {{"a", "--rate", "0.5x"}, "--rate 0.5x"},
        {{"a", "--pool", "max"}, "--pool max: it must be mean, cls or attention"},
        {{"a", "--pool", "mean|cls"}, "it must be mean, cls or attention"},
        {{"a", "--bias", "yes"}, "--bias yes: it must be true or false"},
        {{"a", "--best"}, "--best needs a value: --best N"},
        {{"a", "--output", "--verbose"}, "--output needs a value"},
        {{"a", "--verbose=1"}, "--verbose takes no value, and was given 1"},
        {{"a", "--layer", "2"}, "there is no --layer; the nearest is --layers"},
        {{"a", "--otuput=x"}, "there is no --otuput; the nearest is --output"},
        {{"a", "--zebra"}, "there is no --zebra; see heed try --help"},
        {{"a", "-z"}, "there is no -z"},
        {{"a", "-x"}, "there is no -x"}, /* the hidden row's letter went with it */
        {{"-v"}, "something is missing; usage: heed try [OPTION...] FILE..."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        options given;
        assert_int_equal(parse(&given, cases[i].words), HEED_E_INVALID);
        if (!strstr(report_message(), cases[i].message))
            fail_msg("'%s' lacks '%s'", report_message(), cases[i].message);
        options_free(&given);
    }
    options given;
    assert_int_equal(parse(&given, WORDS("a", "b", "c", "d")), HEED_E_INVALID);
    assert_non_null(strstr(report_message(), "'d' is too much"));
    options_free(&given);
}

static char written[16384];

static void write_text(const char *text)
{
    assert_true(strlen(written) + strlen(text) < sizeof written);
    strcat(written, text);
}

static void test_help_shows_every_row(void **state)
{
    (void)state;
    options rows;
    check_ok(options_gather(&verb_try, &rows));
    for (int markdown = 0; markdown < 2; markdown++) {
        written[0] = 0;
        (markdown ? help_markdown : help_verb)(&rows, write_text);
        for (size_t i = 0; i < rows.n_rows; i++) {
            char flag[64];
            snprintf(flag, sizeof flag, "--%s", rows.rows[i].flag);
            assert_non_null(strstr(written, flag));
        }
        assert_null(strstr(written, "hidden by the verb"));
        assert_non_null(strstr(written, "mean, cls, attention"));
        assert_non_null(strstr(written, markdown ? "## Settings" : "\nsettings\n"));
    }
    assert_non_null(strstr(written, "| a\\|b, how to pool |"));
    written[0] = 0;
    help_verb(&rows, write_text);
    for (char *line = written, *end; (end = strchr(line, '\n')); line = end + 1)
        assert_true(end - line <= 80);
    options_free(&rows);
}

static const char *name_of(size_t index, const void *table)
{
    return ((const char *const *)table)[index];
}

static void test_nearest_names(void **state)
{
    (void)state;
    const char *const names[] = {"train", "eval", "predict", "explain", "list", "info", NULL};
    assert_string_equal(nearest("trian", name_of, names), "train");
    assert_string_equal(nearest("prdict", name_of, names), "predict");
    assert_string_equal(nearest("exp", name_of, names), "explain");
    assert_string_equal(nearest("evaluate", name_of, names) ? "some" : "none", "none");
    assert_null(nearest("zzz", name_of, names));
    assert_null(nearest("", name_of, names));
    char longer[200];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    assert_null(nearest(longer, name_of, names));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_all_spellings),
        cmocka_unit_test(test_refusals_name_flag_value_and_rule),
        cmocka_unit_test(test_help_shows_every_row),
        cmocka_unit_test(test_nearest_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
