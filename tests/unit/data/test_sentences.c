/* SPDX-License-Identifier: MIT */
/* Where sentences begin: the rules one by one, and that no text, cut anywhere, breaks them. */
#include "data/files.h"

#include "data/batches.h"
#include "data/sentences.h"

/* The text with | before each token that begins a sentence but the first; tokens are single
 * characters, white space left out. */
static void check(const char *text, int64_t most, const char *wanted)
{
    heed__span spans[256] = {{0, 0}};
    unsigned char begins[256];
    char found[1024];
    size_t used = 0, at = 0, size = strlen(text);
    int64_t n = 0;
    for (size_t i = 0; i < size;) {
        size_t length = 1;
        while (i + length < size && ((unsigned char)text[i + length] & 0xC0) == 0x80) length++;
        if (text[i] != ' ' && text[i] != '\n')
            spans[n++] = (heed__span){(uint32_t)i, (uint32_t)(i + length)};
        i += length;
    }
    heed__sentences_mark(text, size, spans, n, most, begins);
    for (int64_t t = 0; t < n; t++) {
        memcpy(found + used, text + at, spans[t].begin - at);
        used += spans[t].begin - at;
        at = spans[t].begin;
        if (t && begins[t]) found[used++] = '|';
    }
    memcpy(found + used, text + at, size - at);
    found[used + size - at] = 0;
    assert_string_equal(found, wanted);
    if (n) assert_int_equal(begins[0], 1);
}

static void test_rules(void **state)
{
    (void)state;
    check("One. Two! Three? Four", 99, "One. |Two! |Three? |Four");
    check("It is 3.5 mg, i.e. little. Then", 99, "It is 3.5 mg, i.e. little. |Then");
    check("Dr. J. Smith vs. him. no", 99, "Dr. |J. Smith vs. him. no");
    check("see Fig. 3 there. A", 99, "see Fig. 3 there. |A");
    check("he said \"no.\" (Yes!) \"What?\" and", 99, "he said \"no.\" |(Yes!) |\"What?\" |and");
    check("well ... and Wait... No", 99, "well ... and Wait... |No");
    check("we found . the rest ! yes", 99, "we found . |the rest ! |yes");
    check("a.b a!b a?b", 99, "a.b a!b a?b");
    check("one\n\ntwo\nthree", 99, "one\n\n|two\nthree");
    check("你好。我很好！真的？！是的", 99, "你好。|我很好！|真的？！|是的");
    check("他说：“好。”然后走了…… 嗯", 99, "他说：“好。”|然后走了…… |嗯");
    check("位置好,价格3.5元.房间小", 99, "位置好,价格3.5元.房间小");
    check("第一句。 第二句.\n\n第三句", 99, "第一句。 |第二句.\n\n|第三句");
    check("...", 99, "...");
    check("? ! .", 99, "? |! |.");
    check("", 99, "");
    check("abcdefg. Hi", 3, "abc|def|g. |Hi");
    check("abc", 1, "a|b|c");
}

/* Every token once, in every text that a stretch of this makes. */
static void test_any_stretch(void **state)
{
    (void)state;
    static const char text[] = "A.\n\n\"B!\" ... 好。”c. 1 d)… E?";
    heed__span spans[sizeof text] = {{0, 0}};
    unsigned char begins[sizeof text];
    for (size_t from = 0; from < sizeof text; from++)
        for (size_t to = from; to < sizeof text; to++) {
            int64_t n = 0;
            if (((unsigned char)text[from] & 0xC0) == 0x80) continue;
            if (to < sizeof text && ((unsigned char)text[to] & 0xC0) == 0x80) continue;
            for (uint32_t i = 0; i < to - from; i += 2) spans[n++] = (heed__span){i, i + 1};
            heed__sentences_mark(text + from, to - from, spans, n, 5, begins);
            for (int64_t i = 0; i < n; i++) assert_true(begins[i] == (i == 0) || begins[i] == 1);
        }
}

/* Marks go with the texts into examples and batches. */
static void test_batches(void **state)
{
    (void)state;
    const char *path =
        files_text("a.tsv", "text\tlabel\nOne two. Three.\ty\nA! B! C!\tn\nword\ty\n");
    heed_dataset *dataset = NULL;
    heed__tokenizer *tokenizer = NULL;
    heed__examples examples = {0};
    heed__batches *batches = NULL;
    heed__batch batch;
    heed__batch_options options = {.max_tokens = 100, .max_sequences = 2};
    check_ok(heed_dataset_read(files_context, &path, 1, NULL, &dataset));
    check_ok(heed__tokenizer_train_dataset(files_context, "words", NULL, dataset, &tokenizer));
    heed__tokenizer_split(tokenizer, 64);
    check_ok(heed__examples_encode_dataset(files_context, tokenizer, dataset, &examples));
    check_ok(heed__batches_create(&examples, NULL, &options, &batches));
    heed__sentence_counts most = heed__batches_capacity(batches).sentences;
    assert_int_equal(most.all, 5);
    assert_int_equal(most.in_text, 3);
    assert_int_equal(most.longest, 3);
    check_ok(heed__batch_create(batches, &batch));
    assert_int_equal(heed__batches_epoch(batches, 0), 2);
    heed__batches_fill(batches, 0, &batch);
    static const unsigned char wanted[] = {1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0};
    assert_int_equal(batch.rows, 11);
    assert_memory_equal(batch.begins, wanted, 11);
    heed__batch_free(&batch);
    heed__batches_destroy(&batches);
    heed__examples_free(&examples);
    heed__tokenizer_destroy(&tokenizer);
    heed_dataset_destroy(&dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules), cmocka_unit_test(test_any_stretch), files_test(test_batches)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
