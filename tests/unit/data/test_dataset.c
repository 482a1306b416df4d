/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "data/labels.h"
#include "files.h"
#include "heed/data.h"
#include "out_of_memory.h"

static heed_dataset *read_rows(const char *name, const char *rows)
{
    const char *path = files_text(name, rows);
    heed_dataset *data = NULL;
    check_ok(heed_dataset_read(files_context, &path, 1, NULL, &data));
    return data;
}

/* n rows, a third of them "rare"; `order` is a step that visits the rows in another order. */
static heed_dataset *numbered(const char *name, int n, int order)
{
    char *rows = malloc(64 * (size_t)n);
    size_t used = 0;
    for (int k = 0; k < n; k++) {
        int i = k * order % n;
        used += (size_t)sprintf(rows + used, "this is text number %d\t%s\n", i,
                                i % 3 ? "often" : "rare");
    }
    heed_dataset *data = read_rows(name, rows);
    free(rows);
    return data;
}

static void test_rows_know_their_place(void **state)
{
    (void)state;
    const char *path;
    int64_t line;
    heed_dataset *data = read_rows("a.tsv", "one film\tpos\n\ntwo films\tneg\n");
    assert_int_equal(heed_dataset_rows(data), 2);
    assert_string_equal(heed_dataset_text(data, 1).bytes, "two films");
    assert_string_equal(heed_dataset_label(data, 1, 0).bytes, "neg");
    heed_dataset_position(data, 1, &path, &line);
    assert_non_null(strstr(path, "a.tsv"));
    assert_int_equal(line, 3);
    heed_dataset_destroy(&data);
    assert_null(data);
}

/* The SHA-256 of (size as 8 bytes, bytes) of each text and label, by another program. */
static void test_hash_names_texts_and_labels(void **state)
{
    (void)state;
    char a[HEED_HASH_SIZE], b[HEED_HASH_SIZE], c[HEED_HASH_SIZE];
    heed_dataset *data = read_rows("a.tsv", "one film\tpos\ntwo films\tneg\n");
    heed_dataset *same = read_rows("b.csv", "label,text\npos,one film\nneg,two films\n");
    heed_dataset *other = read_rows("c.tsv", "one film\tpos\ntwo films\tpos\n");
    heed_dataset_hash(data, a);
    heed_dataset_hash(same, b);
    heed_dataset_hash(other, c);
    assert_string_equal(a, "b87cb03838133c5ceb5fe6cba4ea9c17f2a9e4995dd39f6b9aa6b1d201e580a7");
    assert_string_equal(a, b);
    assert_string_not_equal(a, c);
    heed_dataset_destroy(&data);
    heed_dataset_destroy(&same);
    heed_dataset_destroy(&other);
}

static int64_t count_label(const heed_dataset *data, const char *label)
{
    int64_t count = 0;
    for (int64_t i = 0; i < heed_dataset_rows(data); i++)
        count += strcmp(heed_dataset_label(data, i, 0).bytes, label) == 0;
    return count;
}

static int has_text(const heed_dataset *data, const char *text)
{
    for (int64_t i = 0; i < heed_dataset_rows(data); i++)
        if (strcmp(heed_dataset_text(data, i).bytes, text) == 0) return 1;
    return 0;
}

static void test_split_keeps_proportions_and_order(void **state)
{
    (void)state;
    heed_dataset *data = numbered("a.tsv", 300, 1), *valid = NULL;
    check_ok(heed_dataset_split(data, 0.1, 7, &valid));
    assert_int_equal(heed_dataset_rows(valid), 30);
    assert_int_equal(heed_dataset_rows(data), 270);
    assert_int_equal(count_label(valid, "rare"), 10);
    int64_t before = 0, line;
    const char *path;
    for (int64_t i = 0; i < 270; i++, before = line) {
        heed_dataset_position(data, i, &path, &line);
        assert_true(line > before);
        assert_false(has_text(valid, heed_dataset_text(data, i).bytes));
    }
    heed_dataset_destroy(&data);
    assert_true(heed_dataset_text(valid, 0).size > 0); /* the part outlives the whole */
    heed_dataset_destroy(&valid);
}

static void test_split_does_not_depend_on_the_order_of_rows(void **state)
{
    (void)state;
    heed_dataset *a = numbered("a.tsv", 301, 1), *b = numbered("b.tsv", 301, 100);
    heed_dataset *valid_a = NULL, *valid_b = NULL, *valid_c = NULL;
    check_ok(heed_dataset_split(a, 0.2, 7, &valid_a));
    check_ok(heed_dataset_split(b, 0.2, 7, &valid_b));
    assert_int_equal(heed_dataset_rows(valid_a), heed_dataset_rows(valid_b));
    for (int64_t i = 0; i < heed_dataset_rows(valid_a); i++)
        assert_true(has_text(valid_b, heed_dataset_text(valid_a, i).bytes));
    check_fails(heed_dataset_split(a, 1.0, 8, &valid_c), HEED_E_INVALID, "share = 1");
    heed_dataset_destroy(&valid_a);
    heed_dataset_destroy(&valid_b);
    heed_dataset_destroy(&valid_c);
    heed_dataset_destroy(&a);
    heed_dataset_destroy(&b);
}

static void test_split_depends_on_the_seed(void **state)
{
    (void)state;
    heed_dataset *a = numbered("a.tsv", 300, 1), *b = numbered("b.tsv", 300, 1);
    heed_dataset *valid_a = NULL, *valid_b = NULL;
    int64_t common = 0;
    check_ok(heed_dataset_split(a, 0.2, 1, &valid_a));
    check_ok(heed_dataset_split(b, 0.2, 2, &valid_b));
    for (int64_t i = 0; i < heed_dataset_rows(valid_a); i++)
        common += has_text(valid_b, heed_dataset_text(valid_a, i).bytes);
    assert_true(common < 30); /* of 60; 12 are expected */
    heed_dataset_destroy(&valid_a);
    heed_dataset_destroy(&valid_b);
    heed_dataset_destroy(&a);
    heed_dataset_destroy(&b);
}

static heed_status read_job(void *arg)
{
    const char *path = arg;
    heed_dataset *data = NULL, *valid = NULL;
    heed__labels *labels = NULL;
    heed__targets targets = {0};
    heed_status status = heed_dataset_read(NULL, &path, 1, NULL, &data);
    if (status == HEED_OK) status = heed_dataset_split(data, 0.3, 1, &valid);
    if (status == HEED_OK) status = heed__labels_build(NULL, data, 0, HEED_LABEL_GUESS, &labels);
    if (status == HEED_OK) status = heed__targets_make(NULL, labels, valid, 0, &targets);
    heed__targets_free(&targets);
    heed__labels_destroy(&labels);
    heed_dataset_destroy(&valid);
    heed_dataset_destroy(&data);
    return status;
}

static void test_reading_survives_each_failing_allocation(void **state)
{
    (void)state;
    check_out_of_memory(read_job, (void *)files_text("a.tsv", "a b\tx\nc d\ty\ne f\tx\ng h\ty\n"),
                        1000);
    check_out_of_memory(
        read_job, (void *)files_text("a.csv", "label,text\nx,\"a\nb\"\ny,c\nx,e\ny,f\n"), 1000);
    check_out_of_memory(read_job,
                        (void *)files_text("a.jsonl", "{\"text\":\"a b\",\"label\":\"x\"}\n"
                                                      "{\"text\":\"c d\",\"label\":\"y\"}\n"
                                                      "{\"text\":\"e f\",\"label\":\"y\"}\n"
                                                      "{\"text\":\"g h\",\"label\":\"x\"}\n"),
                        1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        files_test(test_rows_know_their_place),
        files_test(test_hash_names_texts_and_labels),
        files_test(test_split_keeps_proportions_and_order),
        files_test(test_split_does_not_depend_on_the_order_of_rows),
        files_test(test_split_depends_on_the_seed),
        files_test(test_reading_survives_each_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
