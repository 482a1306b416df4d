/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "data/tokenizer.h"
#include "out_of_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const texts[] = {
    "The film isn't bad: 3.5 stars, and The cast is GREAT!",
    "the film is great; the cast isn't.",
    "这部电影很好，the film is great",
    "电影不好 3.5",
};
enum { TEXTS = sizeof texts / sizeof *texts };

static heed_text give(const void *user, int64_t i)
{
    const char *const *list = user;
    return (heed_text){list[i], strlen(list[i])};
}

static heed__tokenizer *train(const char *kind, void (*change)(heed__tokenizer_settings *))
{
    heed__tokenizer_settings settings;
    heed__tokenizer *tokenizer = NULL;
    check_ok(heed__tokenizer_defaults(kind, &settings));
    if (change) change(&settings);
    check_ok(heed__tokenizer_train(NULL, kind, &settings, TEXTS, give, texts, &tokenizer));
    return tokenizer;
}

/* The parts of the text that the tokens stand for, each followed by a bar. */
static const char *parts(const heed__tokenizer *tokenizer, const char *text, heed__encoding *e)
{
    static char out[4096];
    size_t used = 0;
    check_ok(heed__tokenizer_encode(tokenizer, text, strlen(text), e));
    out[0] = 0;
    for (int64_t i = 0; i < e->length; i++) {
        assert_true(e->spans[i].begin <= e->spans[i].end && e->spans[i].end <= strlen(text));
        assert_true(e->ids[i] >= 0 && e->ids[i] < heed__tokenizer_vocabulary(tokenizer));
        used +=
            (size_t)snprintf(out + used, sizeof out - used, "%.*s|",
                             (int)(e->spans[i].end - e->spans[i].begin), text + e->spans[i].begin);
    }
    return out;
}

static void keep_all(heed__tokenizer_settings *s)
{
    s->min_count = 1;
}

static void test_words_split_by_script_and_mark(void **state)
{
    (void)state;
    heed__encoding e = {0};
    heed__tokenizer *t = train("words", keep_all);
    assert_string_equal(parts(t, "Isn't it 3.5, or 10,000...", &e),
                        "Isn't|it|3.5|,|or|10,000|.|.|.|");
    assert_string_equal(parts(t, "'quoted' dogs' l’été", &e), "'|quoted|'|dogs|'|l’été|");
    assert_string_equal(parts(t, "会议紧急! buy买ok", &e), "会|议|紧|急|!|buy|买|ok|");
    assert_string_equal(parts(t, "caf\x65\xCC\x81 \xE0\xB9\x81\xE0\xB8\xA5\xE0\xB9\x89", &e),
                        "cafe\xCC\x81|\xE0\xB9\x81|\xE0\xB8\xA5\xE0\xB9\x89|");
    assert_string_equal(parts(t, "\xE3\x80\x80\xC2\xA0 a\tb\n", &e), "a|b|");
    assert_string_equal(parts(t, "x-y_z@w.com", &e), "x|-|y|_|z|@|w|.|com|");
    heed__encoding_free(&e);
    heed__tokenizer_destroy(&t);
    assert_null(t);
}

static void test_words_are_ordered_by_count_then_bytes(void **state)
{
    (void)state;
    heed__tokenizer *t = train("words", NULL);
    static const char *const wanted[] = {"<unk>", "<cls>", "the",  "film", "great",
                                         "is",    "3.5",   "cast", "isn't"};
    for (int i = 0; i < 9; i++) assert_string_equal(heed__tokenizer_token(t, i).bytes, wanted[i]);
    heed__encoding e = {0};
    parts(t, "THE unseen film", &e); /* rare words are unknown, capitals are not */
    assert_int_equal(e.ids[0], 2);
    assert_int_equal(e.ids[1], HEED_TOKEN_UNKNOWN);
    assert_int_equal(e.ids[2], 3);
    parts(t, "<cls>", &e); /* no text reaches the special ids */
    for (int64_t i = 0; i < e.length; i++) assert_int_not_equal(e.ids[i], HEED_TOKEN_START);
    heed__encoding_free(&e);
    heed__tokenizer_destroy(&t);
}

static void keep_case_and_few(heed__tokenizer_settings *s)
{
    s->lower = 0;
    s->min_count = 1;
    s->max_vocabulary = 6;
}

static void test_settings_are_obeyed(void **state)
{
    (void)state;
    heed__encoding e = {0};
    heed__tokenizer *t = train("words", keep_case_and_few);
    assert_int_equal(heed__tokenizer_vocabulary(t), 6);
    parts(t, "the The", &e);
    assert_int_not_equal(e.ids[0], e.ids[1]);
    heed__tokenizer_destroy(&t);
    heed__encoding_free(&e);
    heed__tokenizer_settings s;
    check_ok(heed__tokenizer_defaults("words", &s));
    s.ngrams = 6;
    check_fails(heed__tokenizer_train(NULL, "words", &s, TEXTS, give, texts, &t), HEED_E_INVALID,
                "ngrams = 6");
    s.ngrams = 1, s.characters = 2;
    check_fails(heed__tokenizer_train(NULL, "words", &s, TEXTS, give, texts, &t), HEED_E_INVALID,
                "characters_from = 3 is above characters = 2");
    check_ok(heed__tokenizer_defaults("words", &s));
    s.min_count = 100;
    check_fails(heed__tokenizer_train(NULL, "words", &s, TEXTS, give, texts, &t), HEED_E_DATA,
                "nothing stands 100 times");
    check_fails(heed__tokenizer_defaults("syllables", &s), HEED_E_INVALID,
                "'syllables' is not known");
}

static void with_start_and_limit(heed__tokenizer_settings *s)
{
    s->start = 1;
    s->max_length = 4;
}

static void test_start_and_limit(void **state)
{
    (void)state;
    heed__encoding e = {0};
    heed__tokenizer *t = train("words", with_start_and_limit);
    assert_string_equal(parts(t, "the film is great", &e), "|the|film|is|");
    assert_int_equal(e.ids[0], HEED_TOKEN_START);
    assert_int_equal(e.cut, 1);
    assert_string_equal(parts(t, "the film is", &e), "|the|film|is|");
    assert_int_equal(e.cut, 0);
    parts(t, "\xE2\x80\x8B", &e); /* no token at all */
    assert_int_equal(e.length, 2);
    assert_int_equal(e.ids[1], HEED_TOKEN_UNKNOWN);
    heed__encoding_free(&e);
    heed__tokenizer_destroy(&t);
}

/* The bag of token t holds `count` ids; the first of them, 0 = none. */
static int32_t bag(const heed__encoding *e, int which, int64_t t, int64_t count)
{
    const heed__bags *b = &e->bags[which];
    assert_int_equal(b->n, e->length);
    assert_int_equal(heed__bags_count(b, t, t + 1), count);
    return count ? b->ids[b->offsets[t]] : 0;
}

static void with_pairs(heed__tokenizer_settings *s)
{
    s->ngrams = 2;
}

static void test_pairs_have_ids_of_their_own(void **state)
{
    (void)state;
    heed__encoding e = {0};
    heed__tokenizer *t = train("words", with_pairs);
    /* "the film" stands 3 times; "film is", "is great" and "the cast" twice; then "电影" */
    assert_int_equal(heed__tokenizer_ngrams(t, HEED_BAGS_TOKENS), 6);
    assert_int_equal(heed__tokenizer_ngrams(t, HEED_BAGS_CHARACTERS), 0);
    parts(t, "the film is the film", &e);
    assert_int_equal(bag(&e, HEED_BAGS_TOKENS, 0, 1), 1);
    assert_true(bag(&e, HEED_BAGS_TOKENS, 1, 1) > 1);
    bag(&e, HEED_BAGS_TOKENS, 2, 0); /* "is the" is not met twice */
    assert_int_equal(bag(&e, HEED_BAGS_TOKENS, 3, 1), 1);
    bag(&e, HEED_BAGS_TOKENS, 4, 0); /* nothing follows */
    assert_null(e.bags[HEED_BAGS_CHARACTERS].offsets);
    parts(t, "unseen film", &e);
    bag(&e, HEED_BAGS_TOKENS, 0, 0);
    parts(t, "电影", &e);
    assert_true(bag(&e, HEED_BAGS_TOKENS, 0, 1) < 6);
    heed__encoding_free(&e);
    heed__tokenizer_destroy(&t);
}

static void with_all_ngrams(heed__tokenizer_settings *s)
{
    s->ngrams = 3;
    s->ngram_min_count = 1;
    s->characters = 4;
}

static void test_longer_runs_have_ids_too(void **state)
{
    (void)state;
    heed__encoding e = {0};
    heed__tokenizer *t = train("words", with_all_ngrams);
    parts(t, "the film is", &e);
    bag(&e, HEED_BAGS_TOKENS, 0, 2); /* "the film", "the film is" */
    bag(&e, HEED_BAGS_TOKENS, 1, 1);
    bag(&e, HEED_BAGS_TOKENS, 2, 0);
    int32_t triple = e.bags[0].ids[1];
    parts(t, "film the film is", &e);
    assert_int_equal(e.bags[0].ids[e.bags[0].offsets[1] + 1], triple);
    parts(t, "the film was", &e);
    bag(&e, HEED_BAGS_TOKENS, 0, 1);
    heed__encoding_free(&e);
    heed__tokenizer_destroy(&t);
}

/* <film> has <fi fil ilm lm> and <fil film ilm>; a word that is not known has those that are. */
static void test_characters_within_tokens_have_ids(void **state)
{
    (void)state;
    heed__encoding e = {0}, f = {0};
    heed__tokenizer *t = train("words", with_all_ngrams);
    assert_true(heed__tokenizer_ngrams(t, HEED_BAGS_CHARACTERS) > 8);
    parts(t, "Film", &e);
    bag(&e, HEED_BAGS_CHARACTERS, 0, 7);
    parts(t, "films \xE2\x80\x8B", &f);
    assert_int_equal(f.ids[0], HEED_TOKEN_UNKNOWN);
    bag(&f, HEED_BAGS_CHARACTERS, 0, 5); /* <fi <fil fil film ilm */
    for (int i = 0; i < 5; i++) assert_int_equal(f.bags[1].ids[i], e.bags[1].ids[i]);
    parts(t, "电 a", &f);
    bag(&f, HEED_BAGS_CHARACTERS, 0, 0); /* <电> is all of the token */
    bag(&f, HEED_BAGS_CHARACTERS, 1, 0);
    heed__encoding_free(&e);
    heed__encoding_free(&f);
    heed__tokenizer_destroy(&t);
}

static void test_characters(void **state)
{
    (void)state;
    heed__encoding e = {0};
    heed__tokenizer *t = train("characters", NULL);
    assert_string_equal(parts(t, "A 电 \t影", &e), "A| |电| \t|影|");
    assert_int_equal(e.ids[1], e.ids[3]);
    heed__tokenizer_destroy(&t);
    heed__encoding_free(&e);
}

static heed_text give_many(const void *user, int64_t i)
{
    static char text[200];
    static const char *const words[] = {"lowest", "lower", "newer",   "wider",
                                        "newest", "会议",  "紧急会议"};
    (void)user;
    int size = snprintf(text, sizeof text, "the %s %s  is %s!", words[i % 7], words[(i / 7) % 7],
                        words[(i * i + 3) % 7]);
    return (heed_text){text, (size_t)size};
}

static heed__tokenizer *train_subwords(const char *kind)
{
    heed__tokenizer_settings s;
    heed__tokenizer *t = NULL;
    heed_status status = heed__tokenizer_defaults(kind, &s);
    if (status == HEED_E_UNSUPPORTED) skip();
    check_ok(status);
    s.max_vocabulary = 60;
    check_ok(heed__tokenizer_train(NULL, kind, &s, 200, give_many, NULL, &t));
    return t;
}

static void check_subwords(const char *kind)
{
    heed__encoding e = {0};
    heed__tokenizer *t = train_subwords(kind), *again = train_subwords(kind);
    static const char text[] = "the lowest  newer\n紧急会议 \xF0\x9F\x98\x80!";
    char joined[100] = "";
    const char *found = parts(t, text, &e);
    for (size_t used = 0; *found; found++)
        if (*found != '|') joined[used++] = *found;
    assert_string_equal(joined, "thelowestnewer紧急会议\xF0\x9F\x98\x80!"); /* all but the blanks */
    assert_true(e.length < 20); /* pieces, not characters */
    assert_true(heed__tokenizer_vocabulary(t) <= 60);
    unsigned char *a, *b;
    size_t a_size, b_size;
    check_ok(heed__tokenizer_save(t, &a, &a_size));
    check_ok(heed__tokenizer_save(again, &b, &b_size));
    assert_int_equal(a_size, b_size);
    assert_memory_equal(a, b, a_size); /* the same texts, the same tokenizer */
    free(a);
    free(b);
    heed__encoding_free(&e);
    heed__tokenizer_destroy(&t);
    heed__tokenizer_destroy(&again);
}

static void test_subwords(void **state)
{
    (void)state;
    check_subwords("bpe");
    check_subwords("unigram");
}

static void check_saved(const heed__tokenizer *t)
{
    static const char text[] = "The film isn't 电影 unseen, lower newest";
    unsigned char *bytes, *again;
    size_t size, again_size;
    heed__tokenizer *loaded = NULL;
    heed__encoding a = {0}, b = {0};
    check_ok(heed__tokenizer_save(t, &bytes, &size));
    check_ok(heed__tokenizer_load(bytes, size, &loaded));
    check_ok(heed__tokenizer_save(loaded, &again, &again_size));
    assert_int_equal(size, again_size);
    assert_memory_equal(bytes, again, size);
    check_ok(heed__tokenizer_encode(t, text, strlen(text), &a));
    check_ok(heed__tokenizer_encode(loaded, text, strlen(text), &b));
    assert_int_equal(a.length, b.length);
    assert_memory_equal(a.ids, b.ids, (size_t)a.length * sizeof *a.ids);
    assert_memory_equal(a.spans, b.spans, (size_t)a.length * sizeof *a.spans);
    for (int i = 0; i < HEED_BAGS; i++) {
        assert_int_equal(a.bags[i].used, b.bags[i].used);
        if (a.bags[i].used)
            assert_memory_equal(a.bags[i].ids, b.bags[i].ids,
                                (size_t)a.bags[i].used * sizeof *a.bags[i].ids);
    }
    heed__tokenizer_destroy(&loaded);
    for (size_t cut = 0; cut < size; cut++) { /* cut anywhere: refused */
        assert_int_equal(heed__tokenizer_load(bytes, cut, &loaded), HEED_E_FORMAT);
        assert_null(loaded);
    }
    for (size_t at = 0; at < size; at++) { /* a bit flipped: refused, or harmless */
        bytes[at] ^= 1u << at % 8;
        if (heed__tokenizer_load(bytes, size, &loaded) == HEED_OK)
            check_ok(heed__tokenizer_encode(loaded, text, strlen(text), &b));
        heed__tokenizer_destroy(&loaded);
        bytes[at] ^= 1u << at % 8;
    }
    free(bytes);
    free(again);
    heed__encoding_free(&a);
    heed__encoding_free(&b);
}

static void test_what_is_saved_is_what_is_loaded(void **state)
{
    (void)state;
    heed__tokenizer *t = train("words", with_pairs);
    check_saved(t);
    heed__tokenizer_destroy(&t);
    t = train("words", with_all_ngrams);
    check_saved(t);
    heed__tokenizer_destroy(&t);
    t = train("characters", with_start_and_limit);
    check_saved(t);
    heed__tokenizer_destroy(&t);
    t = train_subwords("bpe");
    check_saved(t);
    heed__tokenizer_destroy(&t);
    t = train_subwords("unigram");
    check_saved(t);
    heed__tokenizer_destroy(&t);
}

static heed_status train_job(void *arg)
{
    heed__tokenizer_settings s;
    heed__tokenizer *t = NULL, *loaded = NULL;
    heed__encoding e = {0};
    unsigned char *bytes = NULL;
    size_t size;
    heed_status status = heed__tokenizer_defaults(arg, &s);
    s.ngrams = 3;
    s.characters = 3;
    s.max_vocabulary = 100;
    if (status == HEED_OK) status = heed__tokenizer_train(NULL, arg, &s, TEXTS, give, texts, &t);
    if (status == HEED_OK) status = heed__tokenizer_encode(t, texts[0], strlen(texts[0]), &e);
    if (status == HEED_OK) status = heed__tokenizer_save(t, &bytes, &size);
    if (status == HEED_OK) status = heed__tokenizer_load(bytes, size, &loaded);
    free(bytes);
    heed__encoding_free(&e);
    heed__tokenizer_destroy(&t);
    heed__tokenizer_destroy(&loaded);
    return status;
}

static void test_training_survives_each_failing_allocation(void **state)
{
    (void)state;
    heed__tokenizer_settings s;
    check_out_of_memory(train_job, "words", 1000);
    check_out_of_memory(train_job, "characters", 1000);
    if (heed__tokenizer_defaults("unigram", &s) == HEED_OK)
        check_out_of_memory(train_job, "unigram", 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_split_by_script_and_mark),
        cmocka_unit_test(test_words_are_ordered_by_count_then_bytes),
        cmocka_unit_test(test_settings_are_obeyed),
        cmocka_unit_test(test_start_and_limit),
        cmocka_unit_test(test_pairs_have_ids_of_their_own),
        cmocka_unit_test(test_longer_runs_have_ids_too),
        cmocka_unit_test(test_characters_within_tokens_have_ids),
        cmocka_unit_test(test_characters),
        cmocka_unit_test(test_subwords),
        cmocka_unit_test(test_what_is_saved_is_what_is_loaded),
        cmocka_unit_test(test_training_survives_each_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
