/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "base/number.h"
#include "data/labels.h"
#include "files.h"

/* A data set whose rows have these labels. */
static heed_dataset *labelled(const char *const *labels, int n)
{
    static char rows[1 << 16];
    size_t used = 0;
    for (int i = 0; i < n; i++)
        used += (size_t)sprintf(rows + used, "%s\tsome text of row %d\n", labels[i], i);
    const char *path = files_text("rows.tsv", rows);
    heed_read_options options = {.text = "2", .label = "1"};
    heed_dataset *data = NULL;
    check_ok(heed_dataset_read(files_context, &path, 1, &options, &data));
    return data;
}

static heed__labels *build(const heed_dataset *data, heed__label_kind kind)
{
    heed__labels *labels = NULL;
    check_ok(heed__labels_build(files_context, data, 0, kind, &labels));
    return labels;
}

static void check_kind(const char *const *names, int n, heed__label_kind wanted, int64_t count)
{
    heed_dataset *data = labelled(names, n);
    heed__labels *labels = build(data, HEED_LABEL_GUESS);
    assert_int_equal(labels->kind, wanted);
    assert_int_equal(labels->n, count);
    heed__labels_destroy(&labels);
    heed_dataset_destroy(&data);
}

static void test_kinds_are_guessed(void **state)
{
    (void)state;
    check_kind((const char *[]){"pos", "neg", "pos"}, 3, HEED_LABEL_CLASS, 2);
    check_kind((const char *[]){"1", "0", "1"}, 3, HEED_LABEL_CLASS, 2);
    check_kind((const char *[]){"a|b", "b", "c|a"}, 3, HEED_LABEL_SET, 3);
    check_kind((const char *[]){"1", "2.5", "3"}, 3, HEED_LABEL_NUMBER, 1);
    const char *many[200], *classes[200];
    char numbers[200][8], small[200][8];
    for (int i = 0; i < 200; i++) {
        sprintf(numbers[i], "%d", i * 7 % 190 + 40);
        sprintf(small[i], "%d", i % 30);
        many[i] = numbers[i];
        classes[i] = small[i];
    }
    check_kind(many, 200, HEED_LABEL_NUMBER, 1);
    check_kind(classes, 200, HEED_LABEL_CLASS, 30);
    check_logged("label 'label': a number (200 rows)");
    check_logged("label 'label': several a row, 3 classes (a 2, b 2, c 1)");
}

static void test_order_is_by_bytes_or_value(void **state)
{
    (void)state;
    heed_dataset *data = labelled((const char *[]){"b", "a", "Z", "会议"}, 4);
    heed__labels *labels = build(data, HEED_LABEL_GUESS);
    assert_string_equal(labels->names[0], "Z");
    assert_string_equal(labels->names[1], "a");
    assert_string_equal(labels->names[3], "会议");
    assert_int_equal(heed__labels_find(labels, "b", 1), 2);
    assert_int_equal(heed__labels_find(labels, "bb", 2), -1);
    heed__labels_destroy(&labels);
    heed_dataset_destroy(&data);
    data = labelled((const char *[]){"10", "9", "10", "-1"}, 4);
    labels = build(data, HEED_LABEL_GUESS);
    assert_string_equal(labels->names[0], "-1");
    assert_string_equal(labels->names[1], "9");
    assert_string_equal(labels->names[2], "10");
    assert_int_equal(labels->counts[2], 2);
    heed__labels_destroy(&labels);
    heed_dataset_destroy(&data);
}

static void test_useless_labels_are_refused(void **state)
{
    (void)state;
    heed__labels *labels = NULL;
    heed_dataset *data = labelled((const char *[]){"x", "x", "x"}, 3);
    check_fails(heed__labels_build(NULL, data, 0, HEED_LABEL_GUESS, &labels), HEED_E_DATA,
                "all 3 rows have the same, 'x'");
    heed_dataset_destroy(&data);
    const char *names[30];
    char room[30][8];
    for (int i = 0; i < 30; i++) {
        sprintf(room[i], "id%d", i);
        names[i] = room[i];
    }
    data = labelled(names, 30);
    check_fails(heed__labels_build(NULL, data, 0, HEED_LABEL_GUESS, &labels), HEED_E_DATA,
                "30 different ones in 30 rows");
    heed__targets targets;
    check_ok(heed__labels_create("score", HEED_LABEL_NUMBER, 0, NULL, &labels));
    check_fails(heed__targets_make(NULL, labels, data, 0, &targets), HEED_E_DATA,
                "rows.tsv:1: the label 'id0' is not a number");
    heed__labels_destroy(&labels);
    heed_dataset_destroy(&data);
}

static void test_targets_of_each_kind(void **state)
{
    (void)state;
    heed__targets targets;
    heed__labels *labels = NULL;
    heed_dataset *data = labelled((const char *[]){"b", "new", "a"}, 3);
    check_ok(
        heed__labels_create("label", HEED_LABEL_CLASS, 2, (const char *[]){"a", "b"}, &labels));
    check_ok(heed__targets_make(files_context, labels, data, 0, &targets));
    assert_int_equal(targets.classes[0], 1);
    assert_int_equal(targets.classes[1], -1);
    assert_int_equal(targets.classes[2], 0);
    assert_int_equal(targets.unknown, 1);
    check_logged("! label 'label': 1 rows have a label that the model does not know ('new')");
    heed__targets_free(&targets);
    heed__labels_destroy(&labels);
    heed_dataset_destroy(&data);

    data = labelled((const char *[]){"b|a", "a", "|b|"}, 3);
    labels = build(data, HEED_LABEL_GUESS);
    check_ok(heed__targets_make(NULL, labels, data, 0, &targets));
    const float wanted[] = {1, 1, 1, 0, 0, 1};
    assert_memory_equal(targets.set, wanted, sizeof wanted);
    heed__targets_free(&targets);
    heed__labels_destroy(&labels);
    heed_dataset_destroy(&data);

    data = labelled((const char *[]){"1.5", "-2e1", "3"}, 3);
    labels = build(data, HEED_LABEL_GUESS);
    check_ok(heed__targets_make(NULL, labels, data, 0, &targets));
    const float numbers[] = {1.5f, -20, 3};
    assert_memory_equal(targets.numbers, numbers, sizeof numbers);
    heed__targets_free(&targets);
    heed__labels_destroy(&labels);
    heed_dataset_destroy(&data);
}

static void test_labels_of_a_damaged_model_are_refused(void **state)
{
    (void)state;
    heed__labels *labels = NULL;
    check_fails(
        heed__labels_create("topic", HEED_LABEL_CLASS, 2, (const char *[]){"a", "a"}, &labels),
        HEED_E_FORMAT, "label 'a' stands twice");
    assert_null(labels);
}

static void test_what_counts_as_a_number(void **state)
{
    (void)state;
    static const char *const good[] = {
        "0", "-1", "+2.5", ".5", "5.", "1e-3", "12345678901234567890"};
    static const char *const bad[] = {"",    "-",   ".",  "1e", "0x10",  "inf",
                                      "nan", "1,5", " 1", "1 ", "1e999", "1.2.3"};
    double number;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(heed__number_parse(good[i], strlen(good[i]), &number));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(heed__number_parse(bad[i], strlen(bad[i]), &number));
    assert_true(heed__number_parse("2.5", 3, &number) && number == 2.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        files_test(test_kinds_are_guessed),
        files_test(test_order_is_by_bytes_or_value),
        files_test(test_useless_labels_are_refused),
        files_test(test_targets_of_each_kind),
        files_test(test_labels_of_a_damaged_model_are_refused),
        files_test(test_what_counts_as_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
