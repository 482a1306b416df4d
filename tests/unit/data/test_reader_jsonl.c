/* SPDX-License-Identifier: MIT */
/* What the reader makes of JSON Lines: fields, lists, answers of heed predict, and bad rows. */
#include "check.h"

#include "reading.h"

static void test_jsonl_fields_pass_through(void **state)
{
    (void)state;
    const char *path = files_text(
        "a.jsonl", "{\"id\": 12.50, \"text\": \"a \\u00e9 \\\"b\\\"\", \"label\": [\"x\", \"y\"], "
                   "\"more\": {\"k\": [1, \"}\"]}}\n{\"text\":\"c\",\"label\":7}\n");
    heed_reader *reader = NULL;
    heed_record record;
    check_ok(heed_reader_open(files_context, &path, 1, NULL, &reader));
    check_ok(heed_reader_next(reader, &record));
    assert_string_equal(record.text.bytes, "a \xC3\xA9 \"b\"");
    assert_string_equal(record.labels[0].bytes, "x|y");
    assert_int_equal(record.line, 1);
    assert_int_equal(record.n_fields, 4);
    assert_string_equal(record.fields[0].name.bytes, "id");
    assert_string_equal(record.fields[0].value.bytes, "12.50");
    assert_true(record.fields[0].is_json);
    assert_false(record.fields[1].is_json);
    assert_string_equal(record.fields[3].value.bytes, "{\"k\": [1, \"}\"]}");
    check_ok(heed_reader_next(reader, &record));
    assert_string_equal(record.labels[0].bytes, "7");
    check_ok(heed_reader_next(reader, &record));
    assert_true(record.end);
    heed_reader_close(&reader);
    assert_null(reader);
}

static void test_jsonl_reports_bad_rows(void **state)
{
    (void)state;
    check_reads(files_text("a.jsonl",
                           "{\"text\":\"a\",\"label\":\"x\"}\n"
                           "{\"text\":\"b\",\"text\":\"c\",\"label\":\"x\"}\n[1]\n{\"tex\n"
                           "{\"text\":null,\"label\":\"x\"}\n{\"label\":\"x\"}\n"
                           "{\"text\":\"d\",\"label\":null}\n"),
                NULL, "x:a;");
    check_logged("a.jsonl:2: is not JSON: duplicate object key");
    check_logged("a.jsonl:3: is JSON, but not an object");
    check_logged("a.jsonl:5: 'text' is not a string");
    check_logged("a.jsonl:6: there is no 'text'");
}

/* Words and their tags as lists are what CoNLL would have them be; a list of labels that is not as
 * long as the text has words is a set of them. */
static void test_jsonl_lists(void **state)
{
    (void)state;
    check_reads(
        files_text("a.jsonl",
                   "{\"id\":\"1\",\"words\":[\"new\",\"york\"],\"tags\":[\"B-c\",\"I-c\"]}\n"
                   "{\"id\":\"2\",\"words\":[\"caf\\u00e9\"],\"tags\":[\"O\"]}\n"),
        NULL, "B-c I-c:new york;O:caf\xC3\xA9;");
    check_logged("text is column words (by its name); label is column tags");
    check_reads(files_text("a.jsonl",
                           "{\"tokens\":[\"to\",\"york\"],\"about\":\"trip\",\"ner_tags\":[0,3]}\n"
                           "{\"tokens\":[\"hi\"],\"about\":\"talk\",\"ner_tags\":[0]}\n"),
                (&(heed_read_options){.label = "about,ner_tags"}), "trip,0 3:to york;talk,0:hi;");
    check_reads(files_text("a.jsonl", "{\"text\":\"to york\",\"tags\":[\"O\",\"B-c\"]}\n"
                                      "{\"text\":\"hi\",\"tags\":[\"O\"]}\n"),
                NULL, "O B-c:to york;O:hi;");
    check_reads(files_text("a.jsonl", "{\"words\":[\"a\",\"b\",\"c\"],\"labels\":[\"x\",\"y\"]}\n"
                                      "{\"words\":[\"d\",\"e\",\"f\"],\"labels\":[\"x\"]}\n"),
                NULL, "x|y:a b c;x:d e f;");
    check_reads(files_text("a.jsonl", "{\"words\":[\"a\",\"b\"]}\n{\"words\":[\"c\"]}\n"),
                (&(heed_read_options){.labelled = HEED_UNLABELLED}), ":a b;:c;");
}

/* A text out of two lists takes the room of both twice. */
static void test_jsonl_texts_of_lists(void **state)
{
    (void)state;
    enum { LETTERS = 3000 };
    static char word[LETTERS + 1], row[3 * LETTERS], wanted[3 * LETTERS];
    memset(word, 'w', LETTERS);
    snprintf(row, sizeof row, "{\"a\":[\"%s\"],\"b\":[\"%s\"],\"label\":\"x\"}\n", word, word);
    snprintf(wanted, sizeof wanted, "x:%s\n%s;", word, word);
    check_reads(files_text("a.jsonl", row), (&(heed_read_options){.text = "a,b"}), wanted);
}

static void test_jsonl_bad_lists(void **state)
{
    (void)state;
    char rows[4096] = "";
    for (int i = 0; i < 40; i++)
        strcat(rows, "{\"words\":[\"new\",\"york\"],\"tags\":[\"B-c\",\"I-c\"]}\n");
    strcat(rows, "{\"words\":[\"new york\"],\"tags\":[\"B-c\"]}\n"
                 "{\"words\":[1,\"york\"],\"tags\":[\"O\",\"B-c\"]}\n"
                 "{\"words\":[\"york\"],\"tags\":[\"B-c\",\"I-c\"]}\n"
                 "{\"words\":[\"\"],\"tags\":[\"O\"]}\n");
    const char *path = files_text("a.jsonl", rows);
    check_ok(read_all(&path, 1, NULL, result, sizeof result));
    check_logged("a.jsonl:41: the list in 'words' holds something else than words, which are "
                 "strings without blanks; write [\"new\", \"york\"]");
    check_logged("a.jsonl:42: the list in 'words'");
    check_logged("a.jsonl:43: 'tags' has 2 labels for 1 words; give each word one");
    check_logged("a.jsonl:44: the list in 'words'");
    check_refuses(files_text("a.jsonl", "{\"wrds\":[\"a\"],\"tags\":[\"O\"]}\n"), NULL, HEED_E_DATA,
                  "a list called words or tokens");
}

/* What heed predict --json writes is text again; what it answered is no label. */
static void test_jsonl_answers(void **state)
{
    (void)state;
    static const char rows[] =
        "{\"text\":\"a b\",\"prediction\":{\"label\":\"x\",\"probability\":0.9}}\n"
        "{\"text\":\"c\",\"prediction\":{\"label\":\"y\",\"probability\":0.8}}\n";
    check_reads(files_text("a.jsonl", rows), (&(heed_read_options){.labelled = HEED_UNLABELLED}),
                ":a b;:c;");
    check_refuses(files_text("a.jsonl", rows), NULL, HEED_E_DATA,
                  "'prediction' is an object; write the label as a field of its own");
    check_refuses(files_text("a.jsonl", rows), (&(heed_read_options){.label = "prediction"}),
                  HEED_E_DATA, "a.jsonl:1: 'prediction' is an object; write the label as a field");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        files_test(test_jsonl_fields_pass_through),
        files_test(test_jsonl_reports_bad_rows),
        files_test(test_jsonl_lists),
        files_test(test_jsonl_texts_of_lists),
        files_test(test_jsonl_bad_lists),
        files_test(test_jsonl_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
