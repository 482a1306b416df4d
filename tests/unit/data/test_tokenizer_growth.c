/* SPDX-License-Identifier: MIT */
/* A tokenizer that learns from further texts keeps what it knew, and puts what is new behind it. */
#include "check.h"

#include "data/tokenizer.h"
#include "out_of_memory.h"

#include <stdlib.h>
#include <string.h>

static const char *const before[] = {"The film is great", "the film is dull, the cast is great"};
static const char *const after[] = {"the plot is thin and the film is thin", "the plot is a plot",
                                    "thin ice"};
enum { BEFORE = sizeof before / sizeof *before, AFTER = sizeof after / sizeof *after };

static heed_text give(const void *user, int64_t i)
{
    const char *const *list = user;
    return (heed_text){list[i], strlen(list[i])};
}

static heed__tokenizer_settings settings_of(const char *kind)
{
    heed__tokenizer_settings s;
    check_ok(heed__tokenizer_defaults(kind, &s));
    s.ngrams = 3;
    s.characters = 4;
    return s;
}

static heed__tokenizer *trained(const char *kind)
{
    heed__tokenizer_settings s = settings_of(kind);
    heed__tokenizer *t = NULL;
    check_ok(heed__tokenizer_train(NULL, kind, &s, BEFORE, give, before, &t));
    return t;
}

static int64_t find(const heed__tokenizer *t, const char *token)
{
    for (int64_t id = 0; id < heed__tokenizer_vocabulary(t); id++)
        if (strcmp(heed__tokenizer_token(t, id).bytes, token) == 0) return id;
    return -1;
}

/* What a text was before is what it is, with n-grams between and after. */
static void check_contains(const heed__bags *old, const heed__bags *all, int64_t known)
{
    assert_int_equal(old->n, all->n);
    for (int64_t t = 0; t < old->n; t++) {
        int64_t at = old->offsets[t];
        for (int64_t i = all->offsets[t]; i < all->offsets[t + 1]; i++)
            if (all->ids[i] <= known) assert_int_equal(all->ids[i], old->ids[at++]);
        assert_int_equal(at, old->offsets[t + 1]);
    }
}

static void test_what_is_new_stands_behind(void **state)
{
    (void)state;
    heed__tokenizer *old = trained("words"), *t = trained("words");
    heed__tokenizer_settings limits = settings_of("words");
    heed__encoding a = {0}, b = {0};
    heed__growth growth;
    int64_t kept = heed__tokenizer_vocabulary(old);
    assert_true(heed__tokenizer_can_grow(t));
    check_ok(heed__tokenizer_grow(t, &limits, AFTER, give, after, &growth));
    assert_int_equal(growth.tokens, kept);
    assert_false(growth.full);
    for (int64_t id = 0; id < kept; id++)
        assert_string_equal(heed__tokenizer_token(t, id).bytes,
                            heed__tokenizer_token(old, id).bytes);
    assert_int_equal(heed__tokenizer_vocabulary(t), kept + 2);
    assert_int_equal(find(t, "plot"), kept); /* three times each: by their bytes */
    assert_int_equal(find(t, "thin"), kept + 1);
    assert_int_equal(find(t, "ice"), -1); /* once */
    for (int i = 0; i < BEFORE; i++) {
        check_ok(heed__tokenizer_encode(old, before[i], strlen(before[i]), &a));
        check_ok(heed__tokenizer_encode(t, before[i], strlen(before[i]), &b));
        assert_int_equal(a.length, b.length);
        assert_memory_equal(a.ids, b.ids, (size_t)a.length * sizeof *a.ids);
        for (int bag = 0; bag < HEED_BAGS; bag++)
            check_contains(&a.bags[bag], &b.bags[bag], growth.ngrams[bag]);
    }
    for (int bag = 0; bag < HEED_BAGS; bag++) {
        assert_int_equal(growth.ngrams[bag], heed__tokenizer_ngrams(old, bag) - 1);
        assert_true(heed__tokenizer_ngrams(t, bag) > heed__tokenizer_ngrams(old, bag));
    }
    heed__encoding_free(&a);
    heed__encoding_free(&b);
    heed__tokenizer_destroy(&old);
    heed__tokenizer_destroy(&t);
}

/* "the film": 2 and 1; "the plot": none and 2. */
static void test_counts_add_up(void **state)
{
    (void)state;
    heed__tokenizer *t = trained("words");
    heed__tokenizer_settings limits = settings_of("words");
    heed__growth growth;
    int32_t the = (int32_t)find(t, "the"), film = (int32_t)find(t, "film");
    heed__pair_counts first = heed__tokenizer_pair_counts(t, the, film);
    assert_int_equal(first.together, 2);
    assert_int_equal(first.first, 3);
    check_ok(heed__tokenizer_grow(t, &limits, AFTER, give, after, &growth));
    heed__pair_counts second = heed__tokenizer_pair_counts(t, the, film);
    assert_int_equal(second.together, 3);
    assert_int_equal(second.first, 6);
    assert_int_equal(second.all, first.all + 16);
    heed__pair_counts fresh = heed__tokenizer_pair_counts(t, the, (int32_t)find(t, "plot"));
    assert_int_equal(fresh.together, 2);
    assert_int_equal(fresh.second, 3);
    heed__tokenizer_destroy(&t);
}

static void test_limits(void **state)
{
    (void)state;
    heed__tokenizer *t = trained("spaces");
    heed__tokenizer_settings limits = settings_of("spaces");
    heed__growth growth;
    int64_t kept = heed__tokenizer_vocabulary(t);
    limits.max_vocabulary = kept + 1;
    limits.ngram_min_count = 1000;
    check_ok(heed__tokenizer_grow(t, &limits, AFTER, give, after, &growth));
    assert_int_equal(heed__tokenizer_vocabulary(t), kept + 1);
    assert_true(growth.full);
    assert_int_equal(heed__tokenizer_ngrams(t, HEED_BAGS_TOKENS),
                     growth.ngrams[HEED_BAGS_TOKENS] + 1);
    limits.max_vocabulary = 4; /* below what there is: nothing goes */
    check_ok(heed__tokenizer_grow(t, &limits, AFTER, give, after, &growth));
    assert_int_equal(heed__tokenizer_vocabulary(t), kept + 1);
    limits.min_count = 0;
    check_fails(heed__tokenizer_grow(t, &limits, AFTER, give, after, &growth), HEED_E_INVALID,
                "min_count = 0");
    heed__tokenizer_destroy(&t);
}

static void test_who_can(void **state)
{
    (void)state;
    heed__tokenizer *t = NULL;
    heed__tokenizer_settings s = settings_of("words");
    s.ngrams = 1, s.characters = 0;
    s.spacing = HEED_SPACING_LINE;
    check_ok(heed__tokenizer_train(NULL, "words", &s, BEFORE, give, before, &t));
    assert_false(heed__tokenizer_can_grow(t));
    heed__tokenizer_destroy(&t);
    if (heed__tokenizer_defaults("bpe", &s) == HEED_OK) {
        s.max_vocabulary = 24;
        check_ok(heed__tokenizer_train(NULL, "bpe", &s, BEFORE, give, before, &t));
        assert_false(heed__tokenizer_can_grow(t));
        heed__tokenizer_destroy(&t);
    }
}

/* What has grown is saved like any other, and grows again. */
static heed_status grow_job(void *kind)
{
    heed__tokenizer_settings s = settings_of(kind);
    heed__tokenizer *t = NULL, *loaded = NULL;
    heed__growth growth;
    unsigned char *bytes = NULL, *again = NULL;
    size_t size = 0, again_size = 0;
    heed_status status = heed__tokenizer_train(NULL, kind, &s, BEFORE, give, before, &t);
    if (status == HEED_OK) status = heed__tokenizer_grow(t, &s, AFTER, give, after, &growth);
    if (status == HEED_OK) status = heed__tokenizer_save(t, &bytes, &size);
    if (status == HEED_OK) status = heed__tokenizer_load(bytes, size, &loaded);
    if (status == HEED_OK) status = heed__tokenizer_save(loaded, &again, &again_size);
    if (status == HEED_OK) {
        assert_int_equal(size, again_size);
        assert_memory_equal(bytes, again, size);
        status = heed__tokenizer_grow(loaded, &s, BEFORE, give, before, &growth);
    }
    free(bytes);
    free(again);
    heed__tokenizer_destroy(&t);
    heed__tokenizer_destroy(&loaded);
    return status;
}

static void test_saved_and_out_of_memory(void **state)
{
    (void)state;
    check_out_of_memory(grow_job, "words", 1000);
    check_out_of_memory(grow_job, "characters", 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_new_stands_behind),
        cmocka_unit_test(test_counts_add_up),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_who_can),
        cmocka_unit_test(test_saved_and_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
