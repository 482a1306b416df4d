/* SPDX-License-Identifier: MIT */
/* Ids of the extended vocabulary: by text, by first occurrence, sentence by sentence. */
#include "check.h"

#include "data/extend.h"

#include <stdio.h>
#include <string.h>

static heed_text at(const void *user, int64_t i)
{
    const char *const *texts = user;
    return (heed_text){texts[i], strlen(texts[i])};
}

static heed__tokenizer *learn(const char *kind, const char *text)
{
    heed__tokenizer_settings settings;
    heed__tokenizer *t = NULL;
    check_ok(heed__tokenizer_defaults(kind, &settings));
    settings.min_count = 1;
    settings.lower = 1;
    check_ok(heed__tokenizer_train(NULL, kind, &settings, 1, at, &text, &t));
    return t;
}

/* wanted: target ids as texts ("cat"), or "+0", "+1" for those past the vocabulary, or "?". */
static void check_ids(const heed__tokenizer *target, const int32_t *ids, int64_t n,
                      const char *const *wanted)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t vocabulary = heed__tokenizer_vocabulary(target);
        if (wanted[i][0] == '+')
            assert_int_equal(ids[i], vocabulary + wanted[i][1] - '0');
        else if (wanted[i][0] == '?')
            assert_int_equal(ids[i], HEED_TOKEN_UNKNOWN);
        else
            assert_string_equal(heed__tokenizer_token(target, ids[i]).bytes, wanted[i]);
    }
}

typedef struct example {
    const char *source, *target;
    const char *words[8], *labels[8];
} example;

static void check_examples(const heed__tokenizer *source, const heed__tokenizer *target,
                           const example *examples, int count)
{
    heed__extender extender = {0};
    heed__extension extension = {0};
    heed__encoding s = {0}, t = {0};
    check_ok(heed__extender_create(source, target, &extender));
    for (int i = 0; i < count; i++) {
        const example *e = &examples[i];
        int32_t words[8], labels[8];
        check_ok(heed__tokenizer_encode(source, e->source, strlen(e->source), &s));
        check_ok(heed__tokenizer_encode(target, e->target, strlen(e->target), &t));
        check_ok(heed__extend_source(&extender, (heed_text){e->source, strlen(e->source)}, &s,
                                     &extension, words));
        heed__extend_target(&extender, (heed_text){e->target, strlen(e->target)}, &t, &extension,
                            labels);
        check_ids(target, words, s.length, e->words);
        check_ids(target, labels, t.length, e->labels);
    }
    heed__encoding_free(&s);
    heed__encoding_free(&t);
    heed__extension_free(&extension);
    heed__extender_free(&extender);
}

static void test_one_vocabulary(void **state)
{
    (void)state;
    static const example examples[] = {
        {"cat yak dog emu yak",
         "Yak dog emu gnu",
         {"cat", "+0", "dog", "+1", "+0"},
         {"+0", "dog", "+1", "?"}},
        {"EMU yak", "yak Emu emu", {"+0", "+1"}, {"+1", "+0", "+0"}},
        {"cat", "yak", {"cat"}, {"?"}},
        {"", "yak", {"?"}, {"?"}},
    };
    heed__tokenizer *t = learn("words", "cat dog");
    check_examples(t, t, examples, 4);
    heed__tokenizer_destroy(&t);
}

/* Only the source's text matters: known to which of both does not. */
static void test_two_vocabularies(void **state)
{
    (void)state;
    static const example examples[] = {{"cat Emu Hund cat yak",
                                        "hund emu cat yak gnu",
                                        {"+0", "emu", "hund", "+0", "+1"},
                                        {"hund", "emu", "+0", "+1", "?"}}};
    heed__tokenizer *source = learn("words", "cat hund"), *target = learn("words", "emu hund");
    check_examples(source, target, examples, 1);
    heed__tokenizer_destroy(&source);
    heed__tokenizer_destroy(&target);
}

/* Words longer than any of a vocabulary differ to the last byte. */
static void test_long_words(void **state)
{
    (void)state;
    char a[401], b[401], text[1300];
    memset(a, 'x', 400);
    a[400] = 0;
    strcpy(b, a);
    b[399] = 'y';
    snprintf(text, sizeof text, "%s %s %s", a, b, a);
    example e = {text, b, {"+0", "+1", "+0"}, {"+1"}};
    heed__tokenizer *t = learn("words", "cat");
    check_examples(t, t, &e, 1);
    heed__tokenizer_destroy(&t);
}

static void test_two_kinds(void **state)
{
    (void)state;
    heed__extender extender = {0};
    heed__tokenizer *words = learn("words", "cat"), *characters = learn("characters", "cat");
    check_fails(heed__extender_create(words, characters, &extender), HEED_E_INVALID,
                "words and targets into characters");
    heed__tokenizer_destroy(&words);
    heed__tokenizer_destroy(&characters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_vocabulary), cmocka_unit_test(test_two_vocabularies),
        cmocka_unit_test(test_long_words), cmocka_unit_test(test_two_kinds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
