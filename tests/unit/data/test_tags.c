/* SPDX-License-Identifier: MIT */
/* Words with tags: files that hold them, the spans they mark, and where words stand among tokens.
 */
#include "check.h"

#include "data/batches.h"
#include "data/labels.h"
#include "data/spans.h"
#include "data/tags.h"
#include "files.h"
#include "heed/data.h"

static heed_dataset *read_path(const char *path, const heed_read_options *options)
{
    heed_dataset *d = NULL;
    check_ok(heed_dataset_read(files_context, &path, 1, options, &d));
    return d;
}

static void check_row(const heed_dataset *d, int64_t row, const char *text, const char *label)
{
    assert_string_equal(heed_dataset_text(d, row).bytes, text);
    assert_string_equal(heed_dataset_label(d, row, heed_dataset_layout(d)->n_outputs - 1).bytes,
                        label);
}

static const char conll[] = "-DOCSTART- -X- O\n\n# sent_id = 1\nEU NNP B-ORG\nrejects\tVBZ\tO\n"
                            "German JJ B-MISC\r\n\n\nPeter NNP B-PER\n# is O\n";

static void test_conll(void **state)
{
    (void)state;
    heed_dataset *d = read_path(files_text("a.txt", conll), NULL);
    assert_int_equal(heed_dataset_rows(d), 2);
    check_row(d, 0, "EU rejects German", "B-ORG O B-MISC");
    check_row(d, 1, "Peter #", "B-PER O");
    assert_string_equal(heed_dataset_layout(d)->outputs[0], "tags");
    const char *path;
    int64_t line;
    heed_dataset_position(d, 1, &path, &line);
    assert_int_equal(line, 9);
    heed_dataset_destroy(&d);
    check_logged("read as conll");
    d = read_path(files_text("b.txt", conll), &(heed_read_options){.label = "2"});
    check_row(d, 0, "EU rejects German", "NNP VBZ JJ");
    heed_dataset_destroy(&d);
    d = read_path(files_text("c.conll", conll), &(heed_read_options){.labelled = HEED_UNLABELLED});
    assert_string_equal(heed_dataset_text(d, 0).bytes, "EU rejects German");
    heed_dataset_destroy(&d);
    d = read_path(files_text("one.conll", "one O\nsentence B-x\n"), NULL); /* by its name */
    check_row(d, 0, "one sentence", "O B-x");
    heed_dataset_destroy(&d);
}

static void test_conll_bad_sentence(void **state)
{
    (void)state;
    heed_dataset *d = read_path(files_text("a.txt", "a O\nb O\n\nc O\nd\n\ne O\nf O\n"),
                                &(heed_read_options){.format = HEED_FORMAT_CONLL});
    assert_int_equal(heed_dataset_rows(d), 2);
    assert_int_equal(heed_dataset_skipped(d), 2);
    check_row(d, 1, "e f", "O O");
    heed_dataset_destroy(&d);
    check_logged("a.txt:4: line 5 has 1 columns where the sentence has 2");
}

/* Tables of words with blank lines are CoNLL; those of texts, and without gaps, are not. */
static void test_conll_is_told_from_tables(void **state)
{
    (void)state;
    heed_dataset *d = read_path(
        files_text("a.tsv", "good film here\tpos\nbad\tneg\n\nso good\tpos\nso bad\tneg\n"), NULL);
    assert_int_equal(heed_dataset_layout(d)->format, HEED_FORMAT_TSV);
    heed_dataset_destroy(&d);
    d = read_path(files_text("b.tsv", "good\tpos\nbad\tneg\n"), NULL);
    assert_int_equal(heed_dataset_layout(d)->format, HEED_FORMAT_TSV);
    heed_dataset_destroy(&d);
}

static void write_slots(const char *in, const char *out, const char *label)
{
    files_text("slots/seq.in", in);
    files_text("slots/seq.out", out);
    if (label) files_text("slots/label", label);
}

static void test_slots(void **state)
{
    (void)state;
    write_slots("to rome \nplay jazz\n", "O B-city \nO B-genre\n", "fly\nmusic\n");
    heed_dataset *d = read_path(files_path("slots"), NULL);
    const heed_layout *layout = heed_dataset_layout(d);
    assert_int_equal(layout->format, HEED_FORMAT_SLOTS);
    assert_int_equal(layout->n_outputs, 2);
    assert_string_equal(layout->outputs[0], "label");
    check_row(d, 0, "to rome ", "O B-city");
    assert_string_equal(heed_dataset_label(d, 1, 0).bytes, "music");
    heed_dataset_destroy(&d);
    check_ok(remove(files_path("slots/label")) ? HEED_E_IO : HEED_OK);
    d = read_path(files_path("slots"), NULL);
    assert_int_equal(heed_dataset_layout(d)->n_outputs, 1);
    heed_dataset_destroy(&d);
    check_ok(remove(files_path("slots/seq.out")) ? HEED_E_IO : HEED_OK);
    d = read_path(files_path("slots"), &(heed_read_options){.labelled = HEED_UNLABELLED});
    assert_int_equal(heed_dataset_rows(d), 2);
    heed_dataset_destroy(&d);
}

static void test_slots_refused(void **state)
{
    (void)state;
    heed_dataset *d = NULL;
    write_slots("a b\nc d\n", "O O\nO O\n", "x\n");
    const char *folder = files_path("slots");
    check_fails(heed_dataset_read(NULL, &folder, 1, NULL, &d), HEED_E_DATA, "label has no line 2");
    write_slots("a b\nc d\n", "O O\nO O\nO\n", "x\ny\n");
    check_fails(heed_dataset_read(NULL, &folder, 1, NULL, &d), HEED_E_DATA, "seq.out has a line 3");
    write_slots("a b\nc d\n", "O O\nO O O\n", "x\ny\n");
    check_fails(heed_dataset_read(NULL, &folder, 1, &(heed_read_options){.max_bad = -1}, &d),
                HEED_E_DATA, "seq.in:2: 2 words, and 3 tags");
}

typedef struct spans_case {
    const char *tags, *spans;
} spans_case;

static heed_text parts[16];

static heed_text part_at(const void *user, int64_t word)
{
    (void)user;
    return parts[word];
}

/* As conlleval reads them (its functions startOfChunk and endOfChunk); checked with seqeval 1.2.2
 * too, in its default mode. */
static const spans_case spans_cases[] = {
    {"O O", ""},
    {"B-a I-a O B-b", "0-1a 3-3b "},
    {"B-a B-a", "0-0a 1-1a "},
    {"I-a I-a O", "0-1a "},        /* begins with I- */
    {"O I-a", "1-1a "},            /* I- after O */
    {"B-a I-b I-b", "0-0a 1-2b "}, /* the type changes */
    {"I-a I-b I-a", "0-0a 1-1b 2-2a "},
    {"B-a O I-a", "0-0a 2-2a "},
    {"B-a I-a B-a I-a I-b", "0-1a 2-3a 4-4b "},
    {"B-a-b I-a-b I-a", "0-1a-b 2-2a "}, /* types may hold dashes */
    {"S-a B-a I-a E-a E-a", "0-0a 1-3a 4-4a "},
    {"B-a E-a I-a", "0-1a 2-2a "},
    {"S-a S-a O S-b", "0-0a 1-1a 3-3b "},
    {"B I I O I", "0-2 4-4 "}, /* no type */
    {"", ""},
};

static void test_spans(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof spans_cases / sizeof *spans_cases; i++) {
        heed_text all = {spans_cases[i].tags, strlen(spans_cases[i].tags)};
        char found[200] = "";
        int64_t n = 0;
        for (size_t at = 0; heed__labels_next(HEED_LABEL_TAGS, all, &at, &parts[n]);) n++;
        heed__span_walk walk = {0};
        heed__tag_span span;
        while (heed__span_next(&walk, n, part_at, NULL, &span))
            sprintf(found + strlen(found), "%lld-%lld%.*s ", (long long)span.first,
                    (long long)span.last, (int)span.type.size, span.type.bytes);
        assert_string_equal(found, spans_cases[i].spans);
    }
}

static void test_marking(void **state)
{
    (void)state;
    assert_true(heed__tags_mark_spans((const char *[]){"O", "B-x"}, 2));
    assert_true(heed__tags_mark_spans((const char *[]){"I-x", "S-y"}, 2));
    assert_false(heed__tags_mark_spans((const char *[]){"NN", "B-x"}, 2));
    assert_false(heed__tags_mark_spans((const char *[]){"O"}, 1));
}

static heed__tokenizer *tokenizer_of(const char *kind, const heed_dataset *d)
{
    heed__tokenizer *t = NULL;
    heed__tokenizer_settings settings;
    check_ok(heed__tokenizer_defaults(kind, &settings));
    settings.min_count = 1;
    settings.max_length = 7;
    settings.start = 1;
    check_ok(heed__tokenizer_train_dataset(NULL, kind, &settings, d, &t));
    return t;
}

static heed_text row_text(const void *user, int64_t i)
{
    return heed_dataset_text(user, i);
}

/* A word stands where its first piece does; past the cut nowhere. Token 0 is the start. */
static void test_words_among_tokens(void **state)
{
    (void)state;
    heed_dataset *d =
        read_path(files_text("a.txt", "i O\n'd O\n3.5% B-x\nst. I-x\n\ngo O\nto O\n"), NULL);
    static const struct {
        const char *kind;
        int32_t rows[6];
    } cases[] = {{"spaces", {1, 2, 3, 4, 1, 2}},
                 {"words", {1, 2, 4, 6, 1, 2}},        /* i ' d 3.5 % st (.) */
                 {"characters", {1, 3, 6, -1, 1, 4}}}; /* blanks too */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        heed__tokenizer *t = tokenizer_of(cases[i].kind, d);
        heed__examples x;
        check_ok(heed__examples_encode_words(files_context, t, 2, row_text, d, 1, &x));
        assert_int_equal(x.words[1], 4);
        assert_int_equal(x.words[2], 6);
        for (int w = 0; w < 6; w++)
            if (x.word_rows[w] != cases[i].rows[w])
                fail_msg("%s: word %d at %d, not %d", cases[i].kind, w, x.word_rows[w],
                         cases[i].rows[w]);
        heed__examples_free(&x);
        heed__tokenizer_destroy(&t);
    }
    heed_dataset_destroy(&d);
}

static void test_batches_have_words(void **state)
{
    (void)state;
    heed_dataset *d = read_path(files_text("a.txt", "a O\nb O\nc O\n\nd O\n\ne O\nf O\n"), NULL);
    heed__tokenizer *t = tokenizer_of("spaces", d);
    heed__examples x;
    heed__batches *batches = NULL;
    heed__batch batch;
    check_ok(heed__examples_encode_words(NULL, t, 3, row_text, d, 1, &x));
    heed__batch_options options = {.max_tokens = 100, .max_sequences = 2};
    check_ok(heed__batches_create(&x, NULL, &options, &batches));
    assert_int_equal(heed__batches_capacity(batches).words, 5); /* the two longest */
    check_ok(heed__batch_create(batches, &batch));
    assert_int_equal(heed__batches_epoch(batches, 0), 2);
    heed__batches_fill(batches, 0, &batch);
    assert_int_equal(batch.words, 4);
    assert_int_equal(batch.word_offsets[1], 3);
    static const int64_t rows[] = {1, 2, 3, 5};
    for (int w = 0; w < 4; w++) assert_int_equal(batch.word_rows[w], rows[w]);
    heed__batch_free(&batch);
    heed__batches_destroy(&batches);
    heed__examples_free(&x);
    heed__tokenizer_destroy(&t);
    heed_dataset_destroy(&d);
}

static void test_kind_is_guessed(void **state)
{
    (void)state;
    heed__labels *labels = NULL;
    heed__targets targets;
    heed_dataset *d = read_path(
        files_text("a.tsv",
                   "text\tlabel\nto rome now\tO B-x O\nrome\tB-x\nto new york\tO B-x I-x\n"),
        NULL);
    check_ok(heed__labels_build(files_context, d, 0, HEED_LABEL_GUESS, &labels));
    assert_int_equal(labels->kind, HEED_LABEL_TAGS);
    assert_int_equal(labels->n, 3);
    check_logged("one a word, 3 tags (B-x 3, I-x 1, O 3)");
    check_ok(heed__targets_make(files_context, labels, d, 0, &targets));
    static const int32_t wanted[] = {2, 0, 2, 0, 2, 0, 1};
    assert_int_equal(targets.words[3], 7);
    for (int w = 0; w < 7; w++) assert_int_equal(targets.classes[w], wanted[w]);
    heed__targets_free(&targets);
    heed_dataset_destroy(&d);
    d = read_path(files_text("b.tsv", "text\tlabel\nto rome\tO B-x O\nrome\tB-x\n"), NULL);
    check_fails(heed__targets_make(files_context, labels, d, 0, &targets), HEED_E_DATA,
                "b.tsv:2: 3 tags for 2 words");
    heed_dataset_destroy(&d);
    heed__labels_destroy(&labels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        files_test(test_conll),
        files_test(test_conll_bad_sentence),
        files_test(test_conll_is_told_from_tables),
        files_test(test_slots),
        files_test(test_slots_refused),
        cmocka_unit_test(test_spans),
        cmocka_unit_test(test_marking),
        files_test(test_words_among_tokens),
        files_test(test_batches_have_words),
        files_test(test_kind_is_guessed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
