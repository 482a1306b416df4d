/* SPDX-License-Identifier: MIT */
/* Text for language models: running text as it stands, and documents. */
#include "files.h"
#include "out_of_memory.h"

#include "data/batches.h"
#include "heed/data.h"

static heed_status language(const char *path, const heed_read_options *options, heed_dataset **out)
{
    heed_read_options o = options ? *options : (heed_read_options){0};
    o.kind = HEED_READ_LANGUAGE;
    return heed_dataset_read(files_context, &path, 1, &o, out);
}

static char *joined(const heed_dataset *d)
{
    static char out[1 << 17];
    size_t used = 0;
    for (int64_t row = 0; row < heed_dataset_rows(d); row++) {
        heed_text text = heed_dataset_text(d, row);
        assert_true(text.size > 0 && text.size <= 4096 && text.bytes[text.size] == 0);
        memcpy(out + used, text.bytes, text.size);
        used += text.size;
    }
    out[used] = 0;
    return out;
}

static void check_comes_back(const char *text, const char *wanted)
{
    heed_dataset *d = NULL;
    check_ok(language(files_text("input.txt", text), NULL, &d));
    const heed_layout *layout = heed_dataset_layout(d);
    assert_int_equal(layout->format, HEED_FORMAT_RUNNING);
    assert_int_equal(layout->kind, HEED_READ_LANGUAGE);
    assert_int_equal(layout->n_outputs, 0);
    assert_string_equal(joined(d), wanted);
    heed_dataset_destroy(&d);
    check_ok(language(files_gzip("input.gz", text), NULL, &d));
    assert_string_equal(joined(d), wanted);
    heed_dataset_destroy(&d);
}

static void test_running_text_stands_as_it_stood(void **state)
{
    (void)state;
    static char text[60000], line[] = "Half a line, and \xE4\xBD\xA0\xE5\xA5\xBD of it\ttabbed,\n";
    check_comes_back("\xEF\xBB\xBFTo be,\r\nor not\n\n\n  to be", "To be,\nor not\n\n\n  to be");
    check_comes_back("\n", "\n");
    check_comes_back("a\rb\r", "a\rb\r");
    for (text[0] = 0; strlen(text) < 30000;) strcat(text, line);
    check_comes_back(text, text);
    for (char *at = text; (at = strchr(at, '\n'));) *at = ' '; /* one line */
    check_comes_back(text, text);
    for (char *at = text; (at = strpbrk(at, " \t"));) *at = '_'; /* one word */
    check_comes_back(text + 1, text + 1);
    for (size_t i = 1; i < 20; i++) { /* a cut between CR and LF, wherever */
        memset(text, 'x', 8300);
        memcpy(text + 4085 + i, "\r\n", 2);
        text[8300] = 0;
        heed_dataset *d = NULL;
        check_ok(language(files_text("input.txt", text), NULL, &d));
        assert_int_equal(strlen(joined(d)), 8299);
        heed_dataset_destroy(&d);
    }
}

static void test_pieces_say_where_they_stood(void **state)
{
    (void)state;
    static char text[20000];
    for (int i = 0; i < 1000; i++) sprintf(text + strlen(text), "line %d\n", i + 1);
    heed_dataset *d = NULL;
    check_ok(language(files_text("input.txt", text), NULL, &d));
    assert_int_equal(heed_dataset_rows(d), 3);
    for (int64_t row = 0; row < 3; row++) {
        const char *path;
        int64_t line, number;
        heed_dataset_position(d, row, &path, &line);
        assert_int_equal(sscanf(heed_dataset_text(d, row).bytes, "line %ld", &number), 1);
        assert_int_equal(line, number);
    }
    heed_dataset_destroy(&d);
    text[5000] = '\xFF';
    check_ok(language(files_text("input.txt", text), &(heed_read_options){.max_bad = 0.5}, &d));
    check_logged("input.txt:");
    check_logged("byte 0xFF is not UTF-8");
    assert_int_equal(heed_dataset_skipped(d), 1);
    heed_dataset_destroy(&d);
    check_fails(language(files_text("empty", ""), NULL, &d), HEED_E_DATA, "is empty");
}

static void test_documents_are_rows(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *first;
        heed_format format;
        int64_t rows;
    } cases[] = {
        {"a.tsv", "id\ttext\n1\tTo be\n2\tor not\n", "To be", HEED_FORMAT_TSV, 2},
        {"a.csv", "text,n\n\"To be,\nor not\",1\nx,2\n", "To be,\nor not", HEED_FORMAT_CSV, 2},
        {"a", "{\"text\": \"To be\", \"n\": 1}\n{\"text\": \"b\"}\n", "To be", HEED_FORMAT_JSONL,
         2},
        {"a.txt", "To\tbe\nor\tnot\n", "To\tbe\nor\tnot\n", HEED_FORMAT_RUNNING, 1},
        {"b.txt", "a,b\nc,d\n", "a,b\nc,d\n", HEED_FORMAT_RUNNING, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        heed_dataset *d = NULL;
        check_ok(language(files_text(cases[i].name, cases[i].text), NULL, &d));
        assert_int_equal(heed_dataset_layout(d)->format, cases[i].format);
        assert_int_equal(heed_dataset_rows(d), cases[i].rows);
        assert_int_equal(heed_dataset_layout(d)->n_outputs, 0);
        assert_string_equal(heed_dataset_text(d, 0).bytes, cases[i].first);
        heed_dataset_destroy(&d);
    }
    heed_dataset *d = NULL;
    const char *path = files_text("lines", "To be\n\nor not\n");
    check_ok(language(path, &(heed_read_options){.format = HEED_FORMAT_LINES}, &d));
    assert_int_equal(heed_dataset_rows(d), 2);
    heed_dataset_destroy(&d);
    heed_read_options o = {.format = HEED_FORMAT_RUNNING};
    check_fails(heed_dataset_read(NULL, &path, 1, &o, &d), HEED_E_INVALID, "--task language");
    const char *both[] = {path, files_text("b.tsv", "a\tb\nc\td\n")};
    o = (heed_read_options){.kind = HEED_READ_LANGUAGE};
    check_fails(heed_dataset_read(NULL, both, 2, &o, &d), HEED_E_DATA,
                "b.tsv: is read as tsv, the first input as running");
}

static void test_a_folder_is_its_files(void **state)
{
    (void)state;
    files_text("books/b/two.txt", "second\n");
    files_text("books/one.txt", "first\n");
    heed_dataset *d = NULL;
    char folder[128];
    snprintf(folder, sizeof folder, "%s/books", files_folder);
    check_ok(language(folder, NULL, &d));
    assert_int_equal(heed_dataset_rows(d), 2);
    assert_string_equal(joined(d), "second\nfirst\n");
    heed_dataset_destroy(&d);
    mkdir(files_path("none"), 0777);
    snprintf(folder, sizeof folder, "%s/none", files_folder);
    check_fails(language(folder, NULL, &d), HEED_E_DATA, "holds no file");
}

static void test_the_end_is_split_off(void **state)
{
    (void)state;
    static char text[100001];
    for (int i = 0; strlen(text) < 99900; i++) sprintf(text + strlen(text), "line %d\n", i);
    heed_dataset *d = NULL, *tail = NULL;
    check_ok(language(files_text("input.txt", text), NULL, &d));
    check_ok(heed_dataset_split(d, 0.1, 1, &tail));
    size_t kept = strlen(joined(d));
    assert_in_range(kept, 90000 - 4096, 90000 + 4096);
    assert_memory_equal(joined(d), text, kept);
    assert_string_equal(joined(tail), text + kept);
    assert_int_equal(heed_dataset_layout(tail)->format, HEED_FORMAT_RUNNING);
    heed_dataset_destroy(&d);
    heed_dataset_destroy(&tail);
    check_ok(language(files_text("short.txt", "one piece\n"), NULL, &d));
    check_fails(heed_dataset_split(d, 0.5, 1, &tail), HEED_E_DATA, "too few");
    heed_dataset_destroy(&d);
}

/* Encoded, each file is one example, whatever pieces it was read in. */
static void test_files_are_examples(void **state)
{
    (void)state;
    static char text[20001];
    for (int i = 0; strlen(text) < 19900; i++) sprintf(text + strlen(text), "a %d.\n\n", i % 10);
    const char *paths[] = {files_text("a.txt", text), files_text("b.txt", "a b\n")};
    heed_read_options o = {.kind = HEED_READ_LANGUAGE};
    static const char *const kinds[] = {"characters", "words", "bpe"};
    heed_dataset *d = NULL;
    check_ok(heed_dataset_read(NULL, paths, 2, &o, &d));
    for (int i = 0; i < 3; i++) {
        heed__tokenizer_settings s;
        heed__tokenizer *t = NULL;
        heed__examples x;
        heed__buffer out = {0};
        if (heed__tokenizer_defaults(kinds[i], &s) != HEED_OK) continue;
        s.spacing = HEED_SPACING_RUNNING;
        s.max_vocabulary = 30;
        s.min_count = 1;
        s.max_length = 4096;
        check_ok(heed__tokenizer_train_dataset(NULL, kinds[i], &s, d, &t));
        check_ok(heed__examples_encode_running(NULL, t, d, &x));
        assert_int_equal(x.n, 2);
        assert_int_equal(x.longest, x.offsets[1]);
        assert_int_equal(x.offsets[2], x.tokens);
        check_ok(heed__tokenizer_decode(t, x.ids, x.offsets[1], NULL, &out, NULL));
        assert_string_equal(out.bytes, text);
        heed__buffer_free(&out);
        heed__examples_free(&x);
        heed__tokenizer_destroy(&t);
    }
    heed_dataset_destroy(&d);
}

static heed_status read_job(void *arg)
{
    heed_dataset *d = NULL, *tail = NULL;
    heed_read_options o = {.kind = HEED_READ_LANGUAGE};
    const char *folder = arg;
    heed_status status = heed_dataset_read(NULL, &folder, 1, &o, &d);
    if (status == HEED_OK) status = heed_dataset_split(d, 0.3, 1, &tail);
    heed_dataset_destroy(&d);
    heed_dataset_destroy(&tail);
    return status;
}

static void test_reading_survives_each_failing_allocation(void **state)
{
    (void)state;
    static char text[9001];
    memset(text, 'x', 9000);
    files_text("books/one.txt", text);
    char folder[128];
    snprintf(folder, sizeof folder, "%s/books", files_folder);
    check_out_of_memory(read_job, folder, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        files_test(test_running_text_stands_as_it_stood),
        files_test(test_pieces_say_where_they_stood),
        files_test(test_documents_are_rows),
        files_test(test_a_folder_is_its_files),
        files_test(test_the_end_is_split_off),
        files_test(test_files_are_examples),
        files_test(test_reading_survives_each_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
