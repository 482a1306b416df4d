/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "base/memory.h"
#include "heed/metrics.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 200, MOST_LABELS = 4 };

static const char *const names[] = {"a", "b", "c", "d"};
static FILE *golden;
static float values[MOST_ROWS * MOST_LABELS], wide_gold[MOST_ROWS * MOST_LABELS];
static int32_t gold[MOST_ROWS];

static double next(void)
{
    double value;
    assert_int_equal(fscanf(golden, "%lf", &value), 1);
    return value;
}

static void check_next(double got)
{
    double wanted = next();
    if (fabs(got - wanted) > 2e-8) fail_msg("%.9g, scikit-learn has %.9g", got, wanted);
}

static void check_labels(const heed_metrics *m)
{
    for (int64_t i = 0; i < m->n_labels; i++) {
        check_next(m->labels[i].precision);
        check_next(m->labels[i].recall);
        check_next(m->labels[i].f1);
        check_next((double)m->labels[i].count);
    }
}

/* Rows lie `stride` apart, as they do where a model has several outputs. */
static void check_golden_class(int rows, int labels)
{
    heed_metrics *m = NULL;
    for (int r = 0; r < rows; r++) {
        gold[r] = (int32_t)next();
        for (int i = 0; i < labels; i++) values[r * labels + i] = (float)next();
    }
    check_ok(heed_metrics_class(names, labels, rows, gold, values, labels, &m));
    check_next(m->accuracy);
    check_next(m->macro_f1);
    check_next(m->micro_f1);
    check_next(m->ece);
    check_labels(m);
    for (int i = 0; i < labels * labels; i++) check_next((double)m->confusion[i]);
    heed_metrics_destroy(&m);
    assert_null(m);
}

static void check_golden_set(int rows, int labels)
{
    heed_metrics *m = NULL;
    for (int r = 0; r < rows; r++) {
        for (int i = 0; i < labels; i++) wide_gold[r * labels + i] = (float)next();
        for (int i = 0; i < labels; i++) values[r * labels + i] = (float)next();
    }
    check_ok(heed_metrics_set(names, labels, rows, wide_gold, 0, values, labels, &m));
    check_next(m->accuracy);
    check_next(m->macro_f1);
    check_next(m->micro_f1);
    check_labels(m);
    assert_true(isnan(m->ece));
    assert_null(m->confusion);
    heed_metrics_destroy(&m);
}

static void check_golden_number(int rows)
{
    heed_metrics *m = NULL;
    for (int r = 0; r < rows; r++) {
        wide_gold[r] = (float)next();
        values[3 * r] = (float)next();
    }
    check_ok(heed_metrics_number(rows, wide_gold, values, 3, &m));
    check_next(m->mse);
    check_next(m->mae);
    check_next(m->r2);
    check_next(m->pearson);
    heed_metrics_destroy(&m);
}

static void test_figures_are_those_of_scikit_learn(void **state)
{
    (void)state;
    golden = fopen("tests/golden/metrics.txt", "r");
    assert_non_null(golden);
    char kind[16];
    int rows, labels, runs = 0;
    for (; fscanf(golden, "%15s %d %d", kind, &rows, &labels) == 3; runs++) {
        assert_true(rows <= MOST_ROWS && labels <= MOST_LABELS);
        if (strcmp(kind, "class") == 0) check_golden_class(rows, labels);
        if (strcmp(kind, "set") == 0) check_golden_set(rows, labels);
        if (strcmp(kind, "number") == 0) check_golden_number(rows);
    }
    fclose(golden);
    assert_int_equal(runs, 3);
}

/* Five rows by hand; one true label is not known, label 2 is never met. */
static heed_metrics *by_hand(const char *const *labels)
{
    static const float probabilities[5][4] = {
        {0.8f, 0.1f, 0.1f}, {0.6f, 0.4f, 0}, {0.2f, 0.8f, 0}, {0.5f, 0.5f, 0}, {0.1f, 0.9f, 0}};
    static const int32_t truth[] = {0, 1, 1, 0, -1};
    heed_metrics *m = NULL;
    check_ok(heed_metrics_class(labels, 3, 5, truth, &probabilities[0][0], 4, &m));
    return m;
}

static void test_a_case_by_hand(void **state)
{
    (void)state;
    heed_metrics *m = by_hand(names);
    assert_true(fabs(m->accuracy - 0.6) < 1e-12);
    assert_int_equal(m->unknown, 1);
    assert_int_equal(m->labels[0].count, 2);
    assert_int_equal(m->labels[0].predicted, 3); /* a tie goes to the lower label */
    assert_true(fabs(m->labels[0].precision - 2.0 / 3) < 1e-12);
    assert_true(fabs(m->labels[0].f1 - 0.8) < 1e-12);
    assert_true(fabs(m->labels[1].recall - 0.5) < 1e-12);
    assert_true(fabs(m->labels[1].f1 - 0.5) < 1e-12);
    assert_true(m->labels[2].f1 == 0);
    assert_true(fabs(m->macro_f1 - 0.65) < 1e-12);
    assert_int_equal(m->confusion[0], 2);
    assert_int_equal(m->confusion[3], 1);
    assert_int_equal(m->confusion[4], 1);
    /* bins: two rows at 0.8, both right; 0.6 wrong; 0.5 right; 0.9 wrong */
    assert_true(fabs(m->ece - (0.4 + 0.6 + 0.5 + 0.9) / 5) < 1e-6);
    heed_metrics_destroy(&m);

    const float exact[] = {1, 0, 0, 1}, all[] = {0.9f, 0.9f, 0.1f, 0.6f};
    check_ok(heed_metrics_set(names, 2, 2, exact, 2, all, 2, &m));
    assert_true(m->accuracy == 0.5 && m->hamming == 0.25);
    assert_true(fabs(m->micro_f1 - 4.0 / 7) < 1e-12); /* 2 right, 3 given, 2 + 2 unknown true */
    heed_metrics_destroy(&m);

    const float tied[] = {1, 2, 2, 4}, ranked[] = {10, 30, 20, 400};
    check_ok(heed_metrics_number(4, tied, ranked, 1, &m));
    assert_true(fabs(m->spearman - 4.5 / sqrt(4.5 * 5)) < 1e-12);
    assert_true(fabs(m->rmse - sqrt(m->mse)) < 1e-9);
    heed_metrics_destroy(&m);

    const float same[] = {2, 2}, other[] = {1, 3};
    check_ok(heed_metrics_number(2, same, other, 1, &m));
    assert_true(m->mse == 1 && m->mae == 1 && m->rmse == 1);
    assert_true(isnan(m->r2) && isnan(m->pearson) && isnan(m->spearman));
    heed_metrics_destroy(&m);
    check_ok(heed_metrics_number(2, other, same, 1, &m));
    assert_true(m->r2 == 0);
    assert_true(isnan(m->pearson));
    heed_metrics_destroy(&m);
}

static void test_what_cannot_be_measured_is_refused(void **state)
{
    (void)state;
    heed_metrics *m = NULL;
    const int32_t high[] = {0, 2}, low[] = {0, 1};
    const float bad[] = {0.5f, 0.5f, 0.5f, NAN}, fine[] = {1, 0, 0, 1}, infinite[] = {1, INFINITY};
    check_fails(heed_metrics_class(names, 2, 0, high, fine, 2, &m), HEED_E_INVALID, "rows = 0");
    check_fails(heed_metrics_class(names, 0, 2, high, fine, 2, &m), HEED_E_INVALID, "n_labels");
    check_fails(heed_metrics_class(names, 2, 2, high, fine, 2, &m), HEED_E_INVALID, "gold[1] = 2");
    check_fails(heed_metrics_class(names, 2, 2, low, bad, 2, &m), HEED_E_NUMERIC, "row 1");
    check_fails(heed_metrics_set(names, 2, 2, fine, 0, bad, 2, &m), HEED_E_NUMERIC, "row 1");
    check_fails(heed_metrics_number(2, fine, infinite, 1, &m), HEED_E_NUMERIC,
                "prediction of row 1 is inf");
    check_fails(heed_metrics_number(2, infinite, fine, 1, &m), HEED_E_NUMERIC,
                "true number of row 1");
    assert_null(m);
}

static void test_json(void **state)
{
    (void)state;
    const char *const chinese[] = {"会议", "b\"q", "c"};
    heed_metrics *m = by_hand(chinese);
    const char *text;
    check_ok(heed_metrics_json(m, 0, &text));
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *labels, *confusion;
    assert_non_null(root);
    assert_true(fabs(json_number_value(json_object_get(root, "accuracy")) - 0.6) < 1e-9);
    assert_true(fabs(json_number_value(json_object_get(root, "macro_f1")) - 0.65) < 1e-9);
    assert_int_equal(json_integer_value(json_object_get(root, "unknown")), 1);
    labels = json_object_get(root, "labels");
    assert_int_equal(json_object_size(labels), 3);
    json_t *meeting = json_object_get(labels, "会议");
    assert_true(fabs(json_number_value(json_object_get(meeting, "f1")) - 0.8) < 1e-9);
    assert_int_equal(json_integer_value(json_object_get(meeting, "count")), 2);
    confusion = json_object_get(json_object_get(root, "confusion"), "counts");
    assert_int_equal(json_integer_value(json_array_get(json_array_get(confusion, 1), 0)), 1);
    json_decref(root);
    check_ok(heed_metrics_json(m, 2, &text));
    assert_non_null(strstr(text, "\n  \"accuracy\": 0.6,"));
    heed_metrics_destroy(&m);

    const char *const twice[] = {"a", "b", "a"}, *const broken[] = {"a", "b", "\xff"};
    m = by_hand(twice);
    check_fails(heed_metrics_json(m, 0, &text), HEED_E_INVALID, "'a' is there twice");
    assert_null(text);
    heed_metrics_destroy(&m);
    m = by_hand(broken);
    check_fails(heed_metrics_json(m, 0, &text), HEED_E_INVALID, "not UTF-8");
    heed_metrics_destroy(&m);
    const float same[] = {2, 2};
    check_ok(heed_metrics_number(2, same, same, 1, &m));
    check_ok(heed_metrics_json(m, 0, &text));
    assert_string_equal(text, "{\"rows\":2,\"mse\":0.0,\"rmse\":0.0,\"mae\":0.0,\"r2\":null,"
                              "\"pearson\":null,\"spearman\":null}");
    heed_metrics_destroy(&m);
}

static void test_the_table_is_aligned(void **state)
{
    (void)state;
    const char *const labels[] = {"会议通知", "urgent",
                                  "a label that is far too long to be shown in whole\n"};
    heed_metrics *m = by_hand(labels);
    const char *text;
    check_ok(heed_metrics_table(m, &text));
    assert_string_equal(
        text, "rows 5   accuracy 0.6000   macro-F1 0.6500   calibration error 0.4800\n"
              "1 true labels are not known to the model: counted wrong\n"
              "\n"
              "label                             precision     recall         F1      count\n"
              "会议通知                              0.667      1.000      0.800          2\n"
              "urgent                                0.500      0.500      0.500          2\n"
              "a label that is far too long to…      0.000      0.000      0.000          0\n"
              "\n"
              "confusion: a row for each true label, a column for each predicted\n"
              "                                                          会议通知"
              "                            urgent  a label that is far too long to…\n"
              "会议通知                                                         2"
              "                                 0                                 0\n"
              "urgent                                                           1"
              "                                 1                                 0\n"
              "a label that is far too long to…                                 0"
              "                                 0                                 0\n");
    heed_metrics_destroy(&m);
    const float truth[] = {1, 2, 4}, given[] = {1, 2, 3};
    check_ok(heed_metrics_number(3, truth, given, 1, &m));
    check_ok(heed_metrics_table(m, &text));
    assert_string_equal(text, "rows 3   mean squared error 0.3333   its root 0.5774   "
                              "mean absolute error 0.3333   R2 0.7857   correlation 0.9820   "
                              "of ranks 1.0000\n");
    heed_metrics_destroy(&m);
}

/* Twelve labels: the commonest mistakes stand there instead of the matrix. */
static void test_many_labels(void **state)
{
    (void)state;
    enum { LABELS = 12, ROWS = 78 };
    char text[LABELS][8];
    const char *many[LABELS], *table;
    static float one_hot[ROWS * LABELS];
    static int32_t truth[ROWS];
    for (int i = 0; i < LABELS; i++) {
        snprintf(text[i], sizeof text[i], "n%d", i);
        many[i] = text[i];
    }
    int row = 0; /* label i is taken for label i + 1 (the last for itself) i + 1 times */
    for (int i = 0; i < LABELS; i++)
        for (int times = 0; times <= i; times++, row++) {
            truth[row] = i;
            one_hot[row * LABELS + (i < LABELS - 1 ? i + 1 : i)] = 1;
        }
    assert_int_equal(row, ROWS);
    heed_metrics *m = NULL;
    check_ok(heed_metrics_class(many, LABELS, ROWS, truth, one_hot, LABELS, &m));
    check_ok(heed_metrics_table(m, &table));
    const char *list = strstr(table, "most frequent mistakes\n");
    assert_non_null(list);
    assert_null(strstr(table, "a column for each"));
    list = strchr(list, '\n') + 1;
    for (int i = 10; i > 0; i--) {
        char line[64];
        snprintf(line, sizeof line, "%8d  n%-3d  taken for  n%d\n", i + 1, i, i + 1);
        if (strncmp(list, line, strlen(line)) != 0) fail_msg("'%s' lacks '%s'", list, line);
        list += strlen(line);
    }
    assert_int_equal(*list, 0); /* ten at most */
    heed_metrics_destroy(&m);
}

static void test_every_failing_allocation_is_an_error(void **state)
{
    (void)state;
    const int32_t truth[] = {0};
    const float one[] = {1};
    int failures = 0;
    heed_metrics *m = NULL;
    for (uint64_t n = 1; !m; n++) {
        heed__alloc_fail_at(n);
        heed_status status = heed_metrics_class(names, 1, 1, truth, one, 1, &m);
        heed__alloc_fail_at(0);
        failures += status == HEED_E_NOMEM;
        assert_int_equal(status == HEED_OK, m != NULL);
    }
    assert_int_equal(failures, 2);
    const char *text;
    heed__alloc_fail_at(1);
    assert_int_equal(heed_metrics_table(m, &text), HEED_E_NOMEM);
    heed__alloc_fail_at(0);
    check_ok(heed_metrics_table(m, &text));
    heed_metrics_destroy(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures_are_those_of_scikit_learn),
        cmocka_unit_test(test_a_case_by_hand),
        cmocka_unit_test(test_what_cannot_be_measured_is_refused),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_the_table_is_aligned),
        cmocka_unit_test(test_many_labels),
        cmocka_unit_test(test_every_failing_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
