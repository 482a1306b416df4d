/* SPDX-License-Identifier: MIT */
/* Ids back to text, and tokenizers of two sides. */
#include "files.h"
#include "out_of_memory.h"

#include "data/tokenizer.h"

static const char *const texts[] = {
    "A man, smiling, sits (on a well-known bench).",
    "He said, \"That's the man, isn't it?\" (It is.)",
    "\"No,\" she said. \"It's $5.50, or 7%: the bench!\"",
    "A well-known man/woman sits on the bench; he is smiling.",
    "这个男人坐在长凳上，笑着说：“你好！”",
    "这是长凳。男人（笑着）坐在上。",
    "Tom是这个男人。这是Tom的长凳！",
};
enum { TEXTS = sizeof texts / sizeof *texts };

static heed_text give(const void *user, int64_t i)
{
    const char *const *list = user;
    return (heed_text){list[i % TEXTS], strlen(list[i % TEXTS])};
}

static heed__tokenizer *train(const char *kind, int64_t spacing)
{
    heed__tokenizer_settings s;
    heed__tokenizer *t = NULL;
    check_ok(heed__tokenizer_defaults(kind, &s));
    s.lower = 0;
    s.spacing = spacing;
    s.max_vocabulary = 160;
    check_ok(heed__tokenizer_train(NULL, kind, &s, 4 * TEXTS, give, texts, &t));
    return t;
}

static heed_status round_trip(const heed__tokenizer *t, const char *text, heed__buffer *out)
{
    heed__encoding e = {0};
    heed__span spans[256];
    heed_status status = heed__tokenizer_encode(t, text, strlen(text), &e);
    if (status == HEED_OK) {
        assert_in_range(e.length, 1, 256);
        status = heed__tokenizer_decode(t, e.ids, e.length, NULL, out, spans);
    }
    for (int64_t i = 0; i < e.length && status == HEED_OK; i++) {
        assert_true(spans[i].begin <= spans[i].end && spans[i].end <= out->size);
        assert_true(i == 0 || spans[i].begin >= spans[i - 1].end);
    }
    heed__encoding_free(&e);
    return status;
}

static void check_becomes(const heed__tokenizer *t, const char *text, const char *wanted)
{
    heed__buffer out = {0};
    check_ok(round_trip(t, text, &out));
    assert_string_equal(out.bytes, wanted);
    heed__buffer_free(&out);
}

static void check_returns(const heed__tokenizer *t)
{
    for (int i = 0; i < TEXTS; i++) check_becomes(t, texts[i], texts[i]);
}

static void test_words_stand_as_they_stood(void **state)
{
    (void)state;
    heed__tokenizer *t = train("words", HEED_SPACING_LINE);
    check_returns(t);
    check_becomes(t, "the man , smiling .", "the man, smiling.");
    check_becomes(t, "\" it is the ( bench ) , \" he said .", "\"it is the (bench),\" he said.");
    check_becomes(t, "长 凳 是 男 人 的 。", "长凳是男人的。");
    check_becomes(t, "Tom A man", "Tom A man");
    check_becomes(t, "the unseen, man", "the <unk>, man");
    heed__tokenizer_destroy(&t);
    t = train("words", HEED_SPACING_NONE);
    check_becomes(t, "the man, smiling.", "the man , smiling .");
    heed__tokenizer_destroy(&t);
}

static void test_newlines_are_tokens_of_running_text(void **state)
{
    (void)state;
    static const char *const kinds[] = {"words", "characters", "bpe", "unigram"};
    static const char text[] = "A man, smiling.\n\nthe bench!\nIt is";
    static const char *const lines[TEXTS] = {text, text, "A man\n", "the bench,\n",
                                             text, "\n", text};
    for (int i = 0; i < 4; i++) {
        heed__tokenizer_settings s;
        heed__tokenizer *t = NULL;
        if (heed__tokenizer_defaults(kinds[i], &s) != HEED_OK) continue;
        s.lower = 0;
        s.spacing = HEED_SPACING_RUNNING;
        s.max_vocabulary = 40;
        check_ok(heed__tokenizer_train(NULL, kinds[i], &s, 2 * TEXTS, give, lines, &t));
        check_becomes(t, text, text);
        check_becomes(t, "A man\n", "A man\n");
        heed__tokenizer_destroy(&t);
    }
}

static void test_characters_and_subwords_give_the_text_back(void **state)
{
    (void)state;
    heed__tokenizer_settings s;
    heed__tokenizer *t = train("characters", HEED_SPACING_LINE);
    check_returns(t);
    check_becomes(t, "  the  man ", "  the  man ");
    heed__tokenizer_destroy(&t);
    static const char *const kinds[] = {"bpe", "unigram"};
    for (int i = 0; i < 2; i++) {
        if (heed__tokenizer_defaults(kinds[i], &s) != HEED_OK) continue;
        t = train(kinds[i], HEED_SPACING_LINE);
        check_returns(t);
        check_becomes(t, "the bench is on the well", "the bench is on the well");
        heed__tokenizer_destroy(&t);
    }
}

static void test_special_ids(void **state)
{
    (void)state;
    heed__tokenizer *t = train("words", HEED_SPACING_LINE);
    heed__encoding e = {0};
    heed__buffer out = {0};
    heed__span spans[6];
    check_ok(heed__tokenizer_encode(t, "the man,", 8, &e));
    int32_t ids[6] = {1, e.ids[0], 0, e.ids[2], 0, 1};
    heed_text unknown[6] = {[2] = {"Hund", 4}};
    check_ok(heed__tokenizer_decode(t, ids, 6, unknown, &out, spans));
    assert_string_equal(out.bytes, "the Hund, <unk>");
    static const heed__span wanted[6] = {{0, 0}, {0, 3}, {4, 8}, {8, 9}, {10, 15}, {15, 15}};
    assert_memory_equal(spans, wanted, sizeof wanted);
    check_ok(heed__tokenizer_decode(t, ids, 0, NULL, &out, NULL)); /* adds */
    assert_string_equal(out.bytes, "the Hund, <unk>");
    ids[1] = (int32_t)heed__tokenizer_vocabulary(t);
    check_fails(heed__tokenizer_decode(t, ids, 6, NULL, &out, NULL), HEED_E_INVALID,
                "token 1 is id");
    ids[1] = -1;
    check_fails(heed__tokenizer_decode(t, ids, 6, NULL, &out, NULL), HEED_E_INVALID, "id -1");
    heed__buffer_free(&out);
    check_ok(heed__tokenizer_decode(t, ids, 1, NULL, &out, NULL));
    assert_string_equal(out.bytes, "");
    heed__buffer_free(&out);
    heed__encoding_free(&e);
    heed__tokenizer_destroy(&t);
}

/* What is loaded decodes like what was saved; without spacing the saved form is that of version 1.
 */
static void test_spacing_is_saved(void **state)
{
    (void)state;
    static const char *const kinds[] = {"words", "characters", "bpe", "unigram"};
    for (int i = 0; i < 8; i++) {
        heed__tokenizer_settings s;
        if (heed__tokenizer_defaults(kinds[i % 4], &s) != HEED_OK) continue;
        heed__tokenizer *t = train(kinds[i % 4], i < 4 ? HEED_SPACING_NONE : HEED_SPACING_LINE);
        heed__tokenizer *loaded = NULL;
        unsigned char *bytes, *again;
        size_t size, again_size;
        heed__buffer a = {0}, b = {0};
        check_ok(heed__tokenizer_save(t, &bytes, &size));
        assert_int_equal(bytes[8], i < 4 ? 1 : 2);
        check_ok(heed__tokenizer_load(bytes, size, &loaded));
        check_ok(heed__tokenizer_save(loaded, &again, &again_size));
        assert_int_equal(size, again_size);
        assert_memory_equal(bytes, again, size);
        check_ok(round_trip(t, texts[2], &a));
        check_ok(round_trip(loaded, texts[2], &b));
        assert_string_equal(a.bytes, b.bytes);
        heed__tokenizer_destroy(&loaded);
        for (size_t cut = 0; cut < size; cut++)
            assert_int_equal(heed__tokenizer_load(bytes, cut, &loaded), HEED_E_FORMAT);
        for (size_t at = 0; at < size; at++) { /* a bit flipped: refused, or harmless */
            bytes[at] ^= (unsigned char)(1u << at % 8);
            heed__buffer c = {0};
            if (heed__tokenizer_load(bytes, size, &loaded) == HEED_OK)
                check_ok(round_trip(loaded, "the man", &c));
            heed__buffer_free(&c);
            heed__tokenizer_destroy(&loaded);
            bytes[at] ^= (unsigned char)(1u << at % 8);
        }
        free(bytes);
        free(again);
        heed__buffer_free(&a);
        heed__buffer_free(&b);
        heed__tokenizer_destroy(&t);
    }
}

static void test_one_tokenizer_for_both_sides_or_two(void **state)
{
    (void)state;
    const char *source = files_text("a", "x y x\nx z\n"), *target = files_text("b", "p z\nz q\n");
    heed_dataset *d = NULL;
    heed__tokenizer_settings s;
    heed__tokenizer *t[4] = {0};
    check_ok(heed_dataset_read_parallel(NULL, &source, 1, &target, 1, NULL, &d));
    check_ok(heed__tokenizer_defaults("words", &s));
    s.min_count = 1;
    for (int side = HEED_SIDE_SOURCE; side <= HEED_SIDE_BOTH; side++)
        check_ok(heed__tokenizer_train_side(NULL, "words", &s, d, (heed__side)side, &t[side]));
    assert_int_equal(heed__tokenizer_vocabulary(t[HEED_SIDE_SOURCE]), 2 + 3);
    assert_int_equal(heed__tokenizer_vocabulary(t[HEED_SIDE_TARGET]), 2 + 3);
    assert_int_equal(heed__tokenizer_vocabulary(t[HEED_SIDE_BOTH]), 2 + 5);
    assert_string_equal(heed__tokenizer_token(t[HEED_SIDE_SOURCE], 2).bytes, "x");
    assert_string_equal(heed__tokenizer_token(t[HEED_SIDE_TARGET], 2).bytes, "z");
    assert_string_equal(heed__side_text(d, HEED_SIDE_BOTH, 3).bytes, "z q");
    for (int side = 0; side < 4; side++) heed__tokenizer_destroy(&t[side]);
    heed_dataset_destroy(&d);
}

static heed_status decode_job(void *arg)
{
    heed__tokenizer_settings s;
    heed__tokenizer *t = NULL;
    heed__buffer out = {0};
    heed_status status = heed__tokenizer_defaults(arg, &s);
    s.spacing = HEED_SPACING_LINE;
    if (status == HEED_OK) status = heed__tokenizer_train(NULL, arg, &s, TEXTS, give, texts, &t);
    if (status == HEED_OK) status = round_trip(t, texts[0], &out);
    heed__buffer_free(&out);
    heed__tokenizer_destroy(&t);
    return status;
}

static void test_decoding_survives_each_failing_allocation(void **state)
{
    (void)state;
    check_out_of_memory(decode_job, "words", 1000);
    check_out_of_memory(decode_job, "characters", 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_stand_as_they_stood),
        cmocka_unit_test(test_newlines_are_tokens_of_running_text),
        cmocka_unit_test(test_characters_and_subwords_give_the_text_back),
        cmocka_unit_test(test_special_ids),
        cmocka_unit_test(test_spacing_is_saved),
        files_test(test_one_tokenizer_for_both_sides_or_two),
        cmocka_unit_test(test_decoding_survives_each_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
