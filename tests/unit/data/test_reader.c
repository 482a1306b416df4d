/* SPDX-License-Identifier: MIT */
/* What the reader makes of tables, lines, folders and archives, and of what is wrong with them. */
#include "check.h"

#include "reading.h"

#include <fcntl.h>

static void test_tsv_text_first_without_header(void **state)
{
    (void)state;
    check_reads(files_text("a.tsv", "a stirring , funny film\t1\nflat and dull\t0\nso good\t1"),
                NULL, "1:a stirring , funny film;0:flat and dull;1:so good;");
    check_logged("read as tsv, no header; text is column 1 (the longest values); label is column 2 "
                 "(2 different values in the first 3 rows)");
}

static void test_tsv_label_first_without_header(void **state)
{
    (void)state;
    check_reads(files_text("a.tsv",
                           "earn\tprofits of the company rose\nacq\tone firm buys another\n"
                           "earn\tprofits fell again\n"),
                NULL,
                "earn:profits of the company rose;acq:one firm buys another;"
                "earn:profits fell again;");
}

static void test_tsv_skips_an_id_column(void **state)
{
    (void)state;
    char rows[2000];
    size_t used = 0;
    for (int i = 0; i < 40; i++)
        used += (size_t)sprintf(rows + used, "C%d\t%07d\tan abstract with some words\n", i % 3,
                                1000 + i);
    const char *path = files_text("a.tsv", rows);
    check_ok(read_all(&path, 1, NULL, result, sizeof result));
    assert_memory_equal(result, "C0:an abstract with some words;C1:", 34);
}

static void test_tsv_columns_by_name_and_number(void **state)
{
    (void)state;
    const char *path = files_text("mail.tsv", "subject\tbody\ttopic\tpriority\tlanguage\n"
                                              "Budget\tplease pay\tinvoice\turgent\ten\n"
                                              "开会\t明天开会\tmeeting\tnormal\tzh\n");
    check_reads(path, (&(heed_read_options){.text = "subject,body", .label = "topic,priority"}),
                "invoice,urgent:Budget\nplease pay;meeting,normal:开会\n明天开会;");
    check_reads(path, (&(heed_read_options){.text = "2", .label = "5"}),
                "en:please pay;zh:明天开会;");
    check_refuses(path, (&(heed_read_options){.text = "bodi"}), HEED_E_INVALID,
                  "has no column 'bodi'");
    check_refuses(path, (&(heed_read_options){.text = "body", .label = "9"}), HEED_E_INVALID,
                  "its columns are: subject, body, topic, priority, language");
    check_refuses(path, (&(heed_read_options){.text = "body", .label = "body"}), HEED_E_INVALID,
                  "both text and label");
    check_refuses(path, (&(heed_read_options){.text = "body,2", .label = "topic"}), HEED_E_INVALID,
                  "named twice");
}

static void test_csv_quotes_newlines_and_header(void **state)
{
    (void)state;
    const char *path = files_text("a.csv", "label,review\r\n1,\"clean, \"\"quiet\"\"\r\nroom\"\r\n"
                                           "0,dirty\r\n1, spaced \r\n");
    check_reads(path, NULL, "1:clean, \"quiet\"\nroom;0:dirty;1: spaced ;");
    check_logged("read as csv, the first line is a header; text is column review (by its name)");
    check_reads(files_text("b.csv", "text;label\na, b, c;x\nd, e;y\n"), NULL, "x:a, b, c;y:d, e;");
}

static void test_csv_reports_broken_quotes_by_line(void **state)
{
    (void)state;
    check_reads(
        files_text("a.csv", "label,text\na,fine\nb,bad \"quote\na,\"two\nlines\"\nb,good\n"), NULL,
        "a:fine;a:two\nlines;b:good;");
    check_logged("a.csv:3: a quote stands where none may");
    check_reads(files_text("b.csv", "label,text\na,fine\nb,good\na,\"never closed\nb,lost\n"), NULL,
                "a:fine;b:good;");
    check_logged("b.csv:4: a quote opened in this row is not closed");
    check_logged("2 of 4 rows could not be used"); /* both lines that it swallowed */
}

static void test_fasttext_lines(void **state)
{
    (void)state;
    check_reads(files_text("a.txt", "__label__pos __label__new good film\n__label__neg bad\n"),
                NULL, "pos|new:good film;neg:bad;");
}

static void test_folder_of_folders_in_sorted_order(void **state)
{
    (void)state;
    files_text("data/pos/b.txt", "\xEF\xBB\xBFgood");
    files_text("data/pos/a/x.txt", "fine\nfilm");
    files_text("data/neg/1.txt", "bad");
    files_text("data/.hidden/1.txt", "no");
    files_gzip("data/neg/2.txt", "worse");
    files_text("data/top.txt", "no label here");
    check_reads(files_path("data"), NULL, "neg:bad;neg:worse;pos:fine\nfilm;pos:good;");
    check_logged("data/top.txt:1: the label 'label' is missing; put the file into a folder");
    mkdir(files_path("empty"), 0777);
    check_refuses(files_path("empty"), NULL, HEED_E_DATA, "holds no file");
}

static void test_gzip_is_seen_by_content(void **state)
{
    (void)state;
    check_reads(files_gzip("a.tsv", "one film\tpos\ntwo films\tneg\n"), NULL,
                "pos:one film;neg:two films;");
    const char *path = files_gzip("whole.gz", "one film\tpos\ntwo films\tneg\n");
    char bytes[200];
    FILE *file = fopen(path, "rb");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    check_refuses(files_bytes("cut.gz", bytes, size - 9), NULL, HEED_E_FORMAT,
                  "the gzip data ends too early");
    memcpy(bytes + size, bytes, size); /* two members are one file */
    check_reads(files_bytes("two.gz", bytes, 2 * size), NULL,
                "pos:one film;neg:two films;pos:one film;neg:two films;");
    memcpy(bytes + size, "junk", 4);
    check_refuses(files_bytes("junk.gz", bytes, size + 4), NULL, HEED_E_FORMAT, "junk.gz: bytes");
    bytes[size - 6] ^= 1;
    check_refuses(files_bytes("crc.gz", bytes, size), NULL, HEED_E_FORMAT, "is damaged");
}

static void test_several_inputs_are_read_in_order(void **state)
{
    (void)state;
    const char *paths[] = {files_text("a.csv", "label,text\npos,a b\nneg,c d\n"),
                           files_text("b.tsv", "text\tlabel\ne f\tpos\n"),
                           files_text("c.jsonl", "{\"text\":\"g\",\"label\":\"neg\"}\n")};
    check_ok(read_all(paths, 3, NULL, result, sizeof result));
    assert_string_equal(result, "pos:a b;neg:c d;pos:e f;neg:g;");
}

static void test_columns_asked_for_hold_for_every_input(void **state)
{
    (void)state;
    const char *paths[] = {files_text("a.tsv", "body\ttopic\na b\tx\nc d\ty\n"),
                           files_text("b.tsv", "title\ttopic\ne f\tx\n")};
    heed_read_options options = {.text = "body"};
    check_fails(read_all(paths, 2, &options, result, sizeof result), HEED_E_INVALID,
                "b.tsv: has no column 'body'; its columns are: title, topic");
}

static void test_failures_stick_and_the_end_stays(void **state)
{
    (void)state;
    const char *paths[] = {files_text("a.tsv", "a b\tx\nc d\ty\n"), files_path("none")};
    heed_reader *reader = NULL;
    heed_record record;
    check_ok(heed_reader_open(files_context, paths, 2, NULL, &reader));
    for (int i = 0; i < 2; i++) check_ok(heed_reader_next(reader, &record));
    check_fails(heed_reader_next(reader, &record), HEED_E_IO, "none: cannot be opened");
    assert_int_equal(heed_reader_next(reader, &record), HEED_E_IO);
    heed_reader_close(&reader);
    check_ok(heed_reader_open(files_context, paths, 1, NULL, &reader));
    for (int i = 0; i < 4; i++) check_ok(heed_reader_next(reader, &record));
    assert_true(record.end);
    heed_reader_close(&reader);
}

static void test_a_format_can_be_forced(void **state)
{
    (void)state;
    heed_read_options csv = {.format = HEED_FORMAT_CSV}, lines = {.format = HEED_FORMAT_LINES};
    check_reads(files_text("a", "a\tb;x\nc\td;y\n"), &csv, "x:a\tb;y:c\td;");
    check_refuses(files_text("b", "a\tx\nb\ty\n"), &lines, HEED_E_DATA, "there is no label");
    lines.labelled = HEED_UNLABELLED;
    check_reads(files_text("c", "{\"text\": 1}\n"), &lines, ":{\"text\": 1};");
}

static void test_layout_says_what_later_readers_need(void **state)
{
    (void)state;
    const char *path = files_text("a.csv", "topic,subject,body\nx,b c,dd\ny,f g,hhh\n");
    heed_reader *reader = NULL;
    heed_read_options options = {.text = "subject,3", .label = "topic"};
    check_ok(heed_reader_open(files_context, &path, 1, &options, &reader));
    const heed_layout *layout = heed_reader_layout(reader);
    assert_int_equal(layout->format, HEED_FORMAT_CSV);
    assert_true(layout->has_header);
    assert_string_equal(layout->text, "subject,body");
    assert_string_equal(layout->label, "topic");
    assert_int_equal(layout->n_outputs, 1);
    assert_string_equal(layout->outputs[0], "topic");
    heed_reader_close(&reader);
}

static void test_unlabelled_input_is_seen_from_its_first_line(void **state)
{
    (void)state;
    heed_read_options hints = {
        .text = "1", .label = "2", .columns_are_hints = 1, .labelled = HEED_UNLABELLED};
    check_reads(files_text("a", "Well, I liked it\n\nno; not me\n"), &hints,
                ":Well, I liked it;:no; not me;");
    check_reads(files_text("b", "a film\t1\nanother\t0\n"), &hints, ":a film;:another;");
    hints.text = "subject,body";
    check_reads(files_text("c", "topic\tsubject\tbody\nx\thi\tthere\n"), &hints, ":hi\nthere;");
    check_reads(files_text("d", "hi\tthere\n"), &hints, ":hi\nthere;");
    check_reads(files_text("e", "subject,\"body\"\n\"hi, you\",there\n"), &hints,
                ":hi, you\nthere;");
    check_reads(files_text("f", "only a text\n"), &hints, ":only a text;");
    hints.text = "text";
    check_reads(files_text("g", "{\"text\": \"a b\"}\n"), &hints, ":a b;");
    check_reads(files_text("h", "__label__x a b\n"), &hints, ":a b;");
}

/* A line is answered before the next is written: what `predict` in a pipe needs. */
static void test_a_pipe_is_not_waited_for(void **state)
{
    (void)state;
    int ends[2], old = dup(STDIN_FILENO);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    const char *path = "-";
    heed_reader *reader = NULL;
    heed_record record;
    assert_int_equal(write(ends[1], "first line\n", 11), 11);
    heed_read_options options = {.labelled = HEED_UNLABELLED};
    check_ok(heed_reader_open(files_context, &path, 1, &options, &reader));
    check_ok(heed_reader_next(reader, &record));
    assert_string_equal(record.text.bytes, "first line");
    assert_string_equal(record.path, "-");
    assert_int_equal(write(ends[1], "second\n", 7), 7);
    check_ok(heed_reader_next(reader, &record));
    assert_string_equal(record.text.bytes, "second");
    close(ends[1]);
    check_ok(heed_reader_next(reader, &record));
    assert_true(record.end);
    heed_reader_close(&reader);
    dup2(old, STDIN_FILENO);
    close(old);
}

static void test_rows_abreast_are_never_left_out(void **state)
{
    (void)state;
    const heed_read_options options = {.labelled = HEED_UNLABELLED, .abreast = 1};
    check_reads(files_text("a.txt", "\none\n \n\xff\nfour\n\n"), &options, ":;:one;: ;:;:four;:;");
    check_logged("a.txt:4: byte 1 (0xFF) is not UTF-8");
    check_reads(files_text("b.txt", "\n"), &options, ":;");
    check_reads(files_text("c.txt", ""), &options, "");
    const heed_read_options column = {
        .labelled = HEED_UNLABELLED, .abreast = 1, .text = "text", .format = HEED_FORMAT_JSONL};
    check_reads(files_text("d.jsonl", "{\"text\":\"a\"}\n{\"text\":\"\"}\n{\n{\"text\":\"b\"}\n"),
                &column, ":a;:;:;:b;");
    check_logged("d.jsonl:3: is not JSON");
}

static void test_what_is_ready_needs_no_reading(void **state)
{
    (void)state;
    int ends[2];
    char path[32];
    heed_reader *reader = NULL;
    heed_record record;
    const heed_read_options options = {.labelled = HEED_UNLABELLED, .format = HEED_FORMAT_LINES};
    assert_int_equal(pipe(ends), 0);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    const char *paths[] = {path};
    assert_int_equal(write(ends[1], "one\ntwo\nthr", 11), 11);
    check_ok(heed_reader_open(files_context, paths, 1, &options, &reader));
    check_ok(heed_reader_next(reader, &record));
    assert_true(heed_reader_ready(reader));
    check_ok(heed_reader_next(reader, &record));
    assert_string_equal(record.text.bytes, "two");
    assert_false(heed_reader_ready(reader));
    close(ends[1]);
    check_ok(heed_reader_next(reader, &record));
    assert_string_equal(record.text.bytes, "thr");
    check_ok(heed_reader_next(reader, &record));
    assert_true(record.end && heed_reader_ready(reader));
    heed_reader_close(&reader);
    close(ends[0]);
}

static void test_unusable_rows_are_named_and_counted(void **state)
{
    (void)state;
    check_reads(files_text("a.tsv", "good\tpos\n\xFF\tpos\nbad\tneg\n \tneg\nlone\nfine\tpos\n"
                                    "a\tb\tc\nnone\t\n"),
                NULL, "pos:good;neg:bad;pos:fine;");
    check_logged("! ");
    check_logged("a.tsv:2: byte 1 (0xFF) is not UTF-8; convert");
    check_logged("a.tsv:4: the text is empty; fill it in");
    check_logged("a.tsv:5: 1 column where 2 are expected; add the missing ones");
    check_logged("a.tsv:7: 3 columns where 2 are expected; take the extra tabs out");
    check_logged("a.tsv:8: the label '2' is missing");
    check_logged("5 of 8 rows could not be used and were skipped");
}

static const char *many_rows(const char *name, int good, int bad)
{
    static char rows[64 * 1024];
    size_t used = 0;
    for (int i = 0; i < good; i++)
        used += (size_t)sprintf(rows + used, "some text\t%s\n", i % 2 ? "pos" : "neg");
    for (int i = 0; i < bad; i++) used += (size_t)sprintf(rows + used, "no label\t\n");
    return files_text(name, rows);
}

static void test_too_many_unusable_rows_are_refused(void **state)
{
    (void)state;
    heed_read_options strict = {.max_bad = -1}, half = {.max_bad = 0.5};
    const char *path = many_rows("a.tsv", 900, 10);
    check_ok(read_all(&path, 1, NULL, result, sizeof result)); /* ten always may be */
    path = many_rows("b.tsv", 900, 11);
    check_refuses(path, NULL, HEED_E_DATA, "11 of 911 rows cannot be used, more than 1 %");
    check_refuses(path, NULL, HEED_E_DATA, "b.tsv:901: the label '2' is missing");
    check_ok(read_all(&path, 1, &half, result, sizeof result));
    path = many_rows("c.tsv", 3, 1);
    check_refuses(path, &strict, HEED_E_DATA, "c.tsv:4: the label '2' is missing");
    heed_read_options wrong = {.max_bad = 2};
    check_refuses(path, &wrong, HEED_E_INVALID, "max_bad = 2");
}

static void test_bad_files_say_what_is_wrong(void **state)
{
    (void)state;
    check_refuses(files_path("none"), NULL, HEED_E_IO, "none: cannot be opened");
    check_refuses(files_text("empty", ""), NULL, HEED_E_DATA, "empty: is empty");
    check_refuses(files_text("blank", "\n\n"), NULL, HEED_E_DATA, "blank");
    check_refuses(files_bytes("binary", "a\tb\0\n", 5), NULL, HEED_E_FORMAT, "byte 4 is NUL");
    check_refuses(files_bytes("wide", "\xFF\xFE\x16\x4E", 4), NULL, HEED_E_FORMAT, "is UTF-16");
    check_refuses(files_text("latin", "caf\xE9\nna\xEFve\n"), NULL, HEED_E_DATA,
                  "latin:1: byte 4 of the file (0xE9) is not UTF-8");
    check_refuses(files_text("one", "a\nb\n"), NULL, HEED_E_DATA, "only one column");
    check_refuses(files_text("head", "text,label\n"), NULL, HEED_E_DATA, "head");
    check_fails(read_all(NULL, 0, NULL, result, sizeof result), HEED_E_INVALID, "no input");
}

static void test_a_line_of_ten_megabytes_is_refused(void **state)
{
    (void)state;
    size_t size = 10000000;
    char *line = malloc(size);
    memset(line, 'a', size);
    const char *path = files_bytes("long", line, size);
    heed_read_options unlabelled = {.labelled = HEED_UNLABELLED};
    check_refuses(path, NULL, HEED_E_DATA, "long:1: the line is longer than 1048576 bytes");
    check_refuses(path, &unlabelled, HEED_E_DATA, "long:1: the line is longer than 1048576 bytes");
    free(line);
    heed_read_options brief = {.max_line = 20};
    check_reads(files_text("brief", "a\tx\na line of more than twenty bytes\ty\nb\ty\n"), &brief,
                "x:a;y:b;");
    check_logged("brief:2: the line is longer than 20 bytes; split it, or raise --max-line");
}

static void test_marks_and_line_ends_of_other_systems(void **state)
{
    (void)state;
    check_reads(files_text("a.tsv", "\xEF\xBB\xBFone film\tpos\r\n\r\ntwo films\tneg\r\n"), NULL,
                "pos:one film;neg:two films;");
}

static void test_formats_have_names(void **state)
{
    (void)state;
    heed_format format;
    for (int i = HEED_FORMAT_TSV; i <= HEED_FORMAT_LINES; i++) {
        check_ok(heed_format_find(heed_format_name((heed_format)i), &format));
        assert_int_equal(format, i);
    }
    check_fails(heed_format_find("xml", &format), HEED_E_INVALID, "'xml' is not known");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        files_test(test_tsv_text_first_without_header),
        files_test(test_tsv_label_first_without_header),
        files_test(test_tsv_skips_an_id_column),
        files_test(test_tsv_columns_by_name_and_number),
        files_test(test_csv_quotes_newlines_and_header),
        files_test(test_csv_reports_broken_quotes_by_line),
        files_test(test_fasttext_lines),
        files_test(test_folder_of_folders_in_sorted_order),
        files_test(test_gzip_is_seen_by_content),
        files_test(test_several_inputs_are_read_in_order),
        files_test(test_columns_asked_for_hold_for_every_input),
        files_test(test_failures_stick_and_the_end_stays),
        files_test(test_a_format_can_be_forced),
        files_test(test_layout_says_what_later_readers_need),
        files_test(test_unlabelled_input_is_seen_from_its_first_line),
        files_test(test_a_pipe_is_not_waited_for),
        files_test(test_rows_abreast_are_never_left_out),
        files_test(test_what_is_ready_needs_no_reading),
        files_test(test_unusable_rows_are_named_and_counted),
        files_test(test_too_many_unusable_rows_are_refused),
        files_test(test_bad_files_say_what_is_wrong),
        files_test(test_a_line_of_ten_megabytes_is_refused),
        files_test(test_marks_and_line_ends_of_other_systems),
        files_test(test_formats_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
