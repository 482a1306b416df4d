/* SPDX-License-Identifier: MIT */
/* Pairs: from two files side by side, and from two columns. */
#include "files.h"
#include "out_of_memory.h"

#include "heed/data.h"

static heed_status parallel(const char *source, const char *target,
                            const heed_read_options *options, heed_dataset **out)
{
    return heed_dataset_read_parallel(files_context, &source, 1, &target, 1, options, out);
}

static heed_status columns(const char *path, const heed_read_options *options, heed_dataset **out)
{
    heed_read_options o = options ? *options : (heed_read_options){0};
    o.kind = HEED_READ_PAIRS;
    return heed_dataset_read(files_context, &path, 1, &o, out);
}

static void check_row(const heed_dataset *d, int64_t row, const char *source, const char *target)
{
    assert_string_equal(heed_dataset_text(d, row).bytes, source);
    assert_string_equal(heed_dataset_label(d, row, 0).bytes, target);
}

static void test_lines_are_read_side_by_side(void **state)
{
    (void)state;
    const char *de = files_gzip("a.de", "\xEF\xBB\xBF"
                                        "ein Hund\n  zwei \r\ndrei|vier\n");
    const char *en = files_text("a.en", "a dog\ntwo\nthree|four");
    heed_dataset *d = NULL;
    check_ok(parallel(de, en, NULL, &d));
    const heed_layout *layout = heed_dataset_layout(d);
    assert_int_equal(heed_dataset_rows(d), 3);
    assert_int_equal(layout->kind, HEED_READ_PAIRS);
    assert_int_equal(layout->n_outputs, 1);
    assert_string_equal(layout->text, "source");
    assert_string_equal(layout->label, "target");
    assert_string_equal(layout->outputs[0], "target");
    check_row(d, 0, "ein Hund", "a dog");
    check_row(d, 1, "zwei", "two");
    check_row(d, 2, "drei|vier", "three|four");
    const char *path;
    int64_t line;
    heed_dataset_position(d, 2, &path, &line);
    assert_string_equal(path, de);
    assert_int_equal(line, 3);
    heed_dataset_destroy(&d);
    const char *sources[] = {de, en}, *targets[] = {en, de};
    check_ok(heed_dataset_read_parallel(NULL, sources, 2, targets, 2, NULL, &d));
    assert_int_equal(heed_dataset_rows(d), 6);
    check_row(d, 3, "a dog", "ein Hund");
    heed_dataset_destroy(&d);
}

static void test_unequal_counts_are_refused_by_both_names(void **state)
{
    (void)state;
    const char *de = files_text("a.de", "1\n2\n3\n\n5\n"), *en = files_text("a.en", "1\n2\n3\n");
    heed_dataset *d = NULL;
    char wanted[400];
    snprintf(wanted, sizeof wanted, "%s has 5 lines and %s has 3", de, en);
    check_fails(parallel(de, en, NULL, &d), HEED_E_DATA, wanted);
    assert_null(d);
    snprintf(wanted, sizeof wanted, "%s has 3 lines and %s has 5", en, de);
    check_fails(parallel(en, de, NULL, &d), HEED_E_DATA, wanted);
    check_fails(parallel(en, de, NULL, &d), HEED_E_DATA, "equally many lines");
}

static void test_empty_sides_are_left_out_and_named(void **state)
{
    (void)state;
    const char *de = files_text("a.de", "eins\n\nzwei\ndrei\n"),
               *en = files_text("a.en", "1\n2\n \t\n3\n");
    heed_dataset *d = NULL;
    char wanted[400];
    check_ok(parallel(de, en, NULL, &d));
    assert_int_equal(heed_dataset_rows(d), 2);
    assert_int_equal(heed_dataset_skipped(d), 2);
    check_row(d, 1, "drei", "3");
    snprintf(wanted, sizeof wanted,
             "2 of 4 pairs have an empty side and were left out; the first is %s:2", de);
    check_logged(wanted);
    heed_dataset_destroy(&d);
    snprintf(wanted, sizeof wanted, "the first is %s:2", de);
    check_fails(parallel(de, en, &(heed_read_options){.max_bad = -1}, &d), HEED_E_DATA, wanted);
}

static void test_too_many_empty_sides_are_refused(void **state)
{
    (void)state;
    char source[400] = "", target[400] = "";
    for (int i = 0; i < 30; i++) {
        strcat(source, "eins\n");
        strcat(target, i < 11 ? "\n" : "one\n");
    }
    const char *de = files_text("a.de", source), *en = files_text("a.en", target);
    heed_dataset *d = NULL;
    check_fails(parallel(de, en, NULL, &d), HEED_E_DATA, "11 of 30 pairs cannot be used");
    check_fails(parallel(de, en, NULL, &d), HEED_E_DATA, "a.en:1");
    check_ok(parallel(de, en, &(heed_read_options){.max_bad = 0.5}, &d));
    assert_int_equal(heed_dataset_rows(d), 19);
    heed_dataset_destroy(&d);
    const char *none = files_text("none", "\n\n");
    check_fails(parallel(none, none, NULL, &d), HEED_E_DATA, "2 of 2 pairs cannot be used");
    const char *empty = files_text("empty", "");
    check_fails(parallel(empty, empty, NULL, &d), HEED_E_DATA, "holds no lines");
}

static void test_damaged_lines_are_named(void **state)
{
    (void)state;
    const char *de = files_text("a.de", "eins\nzw\xFFi\ndrei\nvier\n");
    const char *en = files_text("a.en", "one\ntwo\nthree, which is far too long a line\nfour\n");
    heed_dataset *d = NULL;
    check_ok(parallel(de, en, &(heed_read_options){.max_line = 16}, &d));
    assert_int_equal(heed_dataset_rows(d), 2);
    check_row(d, 1, "vier", "four");
    check_logged("a.de:2: byte 3 (0xFF) is not UTF-8");
    check_logged("a.en:3: the line is longer than 16 bytes");
    check_logged("2 of 4 pairs have a line that cannot be used");
    heed_dataset_destroy(&d);
    const char *zero = files_bytes("zero", "a\0b\n", 4);
    check_fails(parallel(de, zero, NULL, &d), HEED_E_FORMAT, "zero: byte 2 is NUL");
    const char *whole = files_gzip("whole.gz", "one\ntwo\nthree\nfour\n");
    char bytes[200];
    FILE *file = fopen(whole, "rb");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    const char *cut = files_bytes("cut.gz", bytes, size - 6);
    check_fails(parallel(cut, en, NULL, &d), HEED_E_FORMAT, "cut.gz");
    bytes[size - 6] ^= 1;
    const char *damaged = files_bytes("damaged.gz", bytes, size);
    check_fails(parallel(en, damaged, NULL, &d), HEED_E_FORMAT, "damaged.gz");
    check_fails(parallel(de, "not-there", NULL, &d), HEED_E_IO, "not-there");
    assert_null(d);
}

static void test_arguments_are_checked(void **state)
{
    (void)state;
    const char *a = files_text("a", "x\n"), *both[] = {a, a};
    heed_dataset *d = NULL;
    check_fails(heed_dataset_read_parallel(NULL, both, 2, both, 1, NULL, &d), HEED_E_INVALID,
                "2 source files and 1 target files");
    check_fails(heed_dataset_read_parallel(NULL, NULL, 0, NULL, 0, NULL, &d), HEED_E_INVALID,
                "0 source files");
    check_fails(parallel("-", "-", NULL, &d), HEED_E_INVALID, "standard input is named 2 times");
    check_fails(parallel(a, a, &(heed_read_options){.format = HEED_FORMAT_TSV}, &d), HEED_E_INVALID,
                "not as tsv");
    check_fails(parallel(a, a, &(heed_read_options){.text = "de"}, &d), HEED_E_INVALID, "--text");
    check_fails(parallel(a, a, &(heed_read_options){.max_bad = 2}, &d), HEED_E_INVALID, "max_bad");
}

static void test_columns_are_guessed(void **state)
{
    (void)state;
    static const struct {
        const char *text, *source, *target, *log;
    } cases[] = {
        {"Hi.\t嗨。\tby Martha\nRun.\t你用跑的。\tby Kim\n", "Hi.", "嗨。",
         "text is column 1 (the first columns of text); label is column 2"},
        {"1276\tLet's try.\t4852\tVersuchen wir's!\n1277\tIt rains.\t4853\tEs regnet.\n",
         "Let's try.", "Versuchen wir's!", "text is column 2"},
        {"1 2 3\t3 2 1\n4 5\t5 4\n", "1 2 3", "3 2 1", "no header"},
        {"7\t7\n8\t8\n", "7", "7", "no header"},
        {"id\ttgt\tsrc\n1\tein Hund\ta dog\n2\tzwei\ttwo\n", "a dog", "ein Hund",
         "text is column src (by the columns' names); label is column tgt"},
        {"de\ten\nein Hund\ta dog\nzwei\ttwo\n", "ein Hund", "a dog", "header"},
        {"English,French\n\"a, dog\",un chien\nhi,salut\n", "a, dog", "un chien", "csv"},
        {"{\"n\": 1, \"translation\": \"un|chien\", \"text\": \"a dog\"}\n", "a dog", "un|chien",
         "label is column translation"},
        {"{\"x\": \"a\", \"score\": 0.5, \"y\": \"b\"}\n", "a", "b", "text is column x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        heed_dataset *d = NULL;
        files_log[0] = 0;
        check_ok(columns(files_text("pairs", cases[i].text), NULL, &d));
        check_row(d, 0, cases[i].source, cases[i].target);
        check_logged(cases[i].log);
        assert_string_equal(heed_dataset_layout(d)->outputs[0], "target");
        assert_int_equal(heed_dataset_layout(d)->kind, HEED_READ_PAIRS);
        heed_dataset_destroy(&d);
    }
}

static void test_columns_are_named(void **state)
{
    (void)state;
    const char *path = files_text("pairs", "a\tb\tc\nd\te\tf\n");
    heed_dataset *d = NULL;
    check_ok(columns(path, &(heed_read_options){.text = "3", .label = "1"}, &d));
    check_row(d, 1, "f", "d");
    heed_dataset_destroy(&d);
    check_ok(columns(path, &(heed_read_options){.label = "1"}, &d));
    check_row(d, 1, "e", "d");
    heed_dataset_destroy(&d);
    check_fails(columns(path, &(heed_read_options){.label = "1,2"}, &d), HEED_E_INVALID,
                "2 columns are named as target (1,2); name one");
    check_fails(columns(path, &(heed_read_options){.text = "1", .label = "1"}, &d), HEED_E_INVALID,
                "both text and label");
    check_fails(columns(files_text("lines", "one\ntwo\n"), NULL, &d), HEED_E_DATA, "--target");
    const char *nested = "{\"translation\": {\"de\": \"a\", \"en\": \"b\"}}\n";
    check_fails(columns(files_text("nested", nested), NULL, &d), HEED_E_DATA,
                "the objects have one key; write both texts as strings");
}

static void test_targets_that_cannot_be_used_are_named(void **state)
{
    (void)state;
    const char *path = files_text(
        "pairs.jsonl", "{\"src\": \"a\", \"tgt\": \"b\"}\n{\"src\": \"c\", \"tgt\": [\"d\"]}\n"
                       "{\"src\": \"e\"}\n{\"src\": \"g\", \"tgt\": \" \"}\n");
    heed_dataset *d = NULL;
    check_ok(columns(path, NULL, &d));
    assert_int_equal(heed_dataset_rows(d), 1);
    check_logged("pairs.jsonl:2: 'tgt' is not a string");
    check_logged("pairs.jsonl:3: there is no 'tgt'");
    check_logged("pairs.jsonl:4: the target 'tgt' is empty");
    heed_dataset_destroy(&d);
}

static void test_a_split_goes_by_sources(void **state)
{
    (void)state;
    char text[8000] = "";
    for (int i = 0; i < 200; i++) /* few targets: they are no labels */
        sprintf(text + strlen(text), "source %d\tt%d\n", i, i % 4);
    heed_dataset *d = NULL, *part = NULL;
    check_ok(columns(files_text("pairs", text), NULL, &d));
    check_ok(heed_dataset_split(d, 0.1, 1, &part));
    assert_int_equal(heed_dataset_rows(part), 20);
    assert_int_equal(heed_dataset_layout(part)->kind, HEED_READ_PAIRS);
    heed_dataset_destroy(&part);
    heed_dataset_destroy(&d);
}

static heed_status read_job(void *arg)
{
    const char *const *paths = arg;
    heed_dataset *d = NULL;
    heed_status status = parallel(paths[0], paths[1], NULL, &d);
    heed_dataset_destroy(&d);
    return status;
}

static void test_reading_survives_each_failing_allocation(void **state)
{
    (void)state;
    const char *paths[] = {files_gzip("a.de", "eins\nzwei\n"), files_text("a.en", "one\ntwo\n")};
    check_out_of_memory(read_job, paths, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        files_test(test_lines_are_read_side_by_side),
        files_test(test_unequal_counts_are_refused_by_both_names),
        files_test(test_empty_sides_are_left_out_and_named),
        files_test(test_too_many_empty_sides_are_refused),
        files_test(test_damaged_lines_are_named),
        files_test(test_arguments_are_checked),
        files_test(test_columns_are_guessed),
        files_test(test_columns_are_named),
        files_test(test_targets_that_cannot_be_used_are_named),
        files_test(test_a_split_goes_by_sources),
        files_test(test_reading_survives_each_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
