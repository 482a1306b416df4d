/* SPDX-License-Identifier: MIT */
/* What can be asked of models that write, and what is refused, with a message that helps. */
#include "train/pairs.h"

#include "heed/evaluate.h"

#include <math.h>

static heed_model *model_of(const char *settings, const char *data)
{
    char path[512];
    heed_model *model = NULL;
    snprintf(path, sizeof path, "%s", files_path("asked.heed"));
    corpus_run run = {.data = data, .model = path, .settings = settings};
    check_ok(corpus_train(&run));
    check_ok(heed_model_load(NULL, path, &model));
    return model;
}

static heed_model *translator(const char *more)
{
    char settings[768];
    snprintf(settings, sizeof settings, PAIRS_SMALL "train.steps=3 input.max_length=16 %s", more);
    return model_of(settings, pairs_write("pairs.tsv", 'c', 60, 5, 5));
}

static heed_model *language_model(void)
{
    char path[512];
    snprintf(path, sizeof path, "%s", files_path("text.txt"));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 3000; i++) fprintf(file, "the %s sat.\n", pairs_words[i * i % 8]);
    fclose(file);
    return model_of("output.kind=language encoder.dim=16 encoder.heads=2 encoder.layers=1 "
                    "encoder.ffn=16 input.block=32 train.batch_tokens=256 train.steps=3",
                    path);
}

static void test_prefix_is_kept(void **state)
{
    (void)state;
    heed_model *model = translator("");
    heed_text sources[2] = {{"ant bee", 7}, {"dog", 3}}, prefixes[2] = {{"cat dog", 7}, {"", 0}};
    heed_translate_options options = {
        .size = sizeof options, .prefixes = prefixes, .beam = 3, .best = 3};
    heed_translations *out = NULL;
    check_ok(heed_translate(model, sources, 2, &options, &out));
    for (int64_t k = 0; k < heed_translations_count(out, 0); k++)
        assert_int_equal(strncmp(heed_translations_at(out, 0, k)->text, "cat dog", 7), 0);
    for (int64_t k = 1; k < heed_translations_count(out, 0); k++)
        assert_true(heed_translations_at(out, 0, k - 1)->normalised >=
                    heed_translations_at(out, 0, k)->normalised);
    assert_null(heed_translations_at(out, 0, 3));
    assert_int_equal(heed_translations_count(out, 2), 0);
    heed_translations_destroy(&out);
    heed_model_destroy(&model);
}

/* Without scores greedy decoding writes the same, for few rows and many; and a beam finds what it
 * always does. */
static void check_unscored(heed_model *model, const heed_text *sources, int64_t n, int64_t beam)
{
    heed_translate_options how = {.size = sizeof how, .beam = beam, .max_length = 7};
    heed_translations *scored = NULL, *out = NULL;
    check_ok(heed_translate(model, sources, n, &how, &scored));
    how.unscored = 1;
    check_ok(heed_translate(model, sources, n, &how, &out));
    for (int64_t s = 0; s < n; s++) {
        const heed_translation *a = heed_translations_at(scored, s, 0);
        const heed_translation *b = heed_translations_at(out, s, 0);
        assert_string_equal(a->text, b->text);
        assert_int_equal(a->n_tokens, b->n_tokens);
        assert_true(a->score <= 0 && isnan(b->score) && isnan(b->normalised));
        assert_non_null(a->token_scores);
        assert_null(b->token_scores);
    }
    heed_translations_destroy(&scored);
    heed_translations_destroy(&out);
}

static void test_unscored_writes_the_same(void **state)
{
    (void)state;
    enum { MANY = 12 };
    static const char *const settings[] = {"encoder.kind=transformer", "encoder.kind=gru",
                                           "encoder.kind=lstm decoder.copy=true"};
    heed_text sources[MANY];
    for (int i = 0; i < MANY; i++)
        sources[i] = (heed_text){pairs_words[i % 8], strlen(pairs_words[i % 8])};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        heed_model *model = translator(settings[i]);
        for (int64_t beam = 1; beam < 3; beam++)
            for (int64_t n = 1; n <= MANY; n += MANY - 1) check_unscored(model, sources, n, beam);
        heed_model_destroy(&model);
    }
}

static void test_weights_are_shares(void **state)
{
    (void)state;
    heed_model *model = translator("encoder.kind=gru");
    heed_text source = {"ant bee cat", 11};
    heed_translate_options options = {.size = sizeof options, .weights = 1};
    heed_translations *out = NULL;
    check_ok(heed_translate(model, &source, 1, &options, &out));
    const heed_translation *t = heed_translations_at(out, 0, 0);
    assert_int_equal(t->n_source_tokens, 3);
    assert_int_equal(t->n_source_words, 3);
    assert_string_equal(t->source_words[1], "bee");
    for (int64_t i = 0; i < t->n_tokens; i++) {
        double sum = 0;
        for (int64_t j = 0; j < 3; j++) sum += (double)t->weights[i * 3 + j];
        assert_true(sum > 0 && sum < 1.00001); /* the rest is the boundary's */
    }
    for (int64_t i = 0; i < t->n_links; i++) {
        assert_in_range(t->links[i].source, 0, 2);
        assert_in_range(t->links[i].target, 0, t->n_words - 1);
    }
    heed_translations_destroy(&out);
    heed_model_destroy(&model);
}

static void test_empty_texts(void **state)
{
    (void)state;
    heed_model *model = translator("");
    heed_text sources[3] = {{"", 0}, {"ant", 3}, {" \t", 2}};
    heed_translations *out = NULL;
    check_ok(heed_translate(model, sources, 3, NULL, &out));
    assert_string_equal(heed_translations_at(out, 0, 0)->text, "");
    assert_string_equal(heed_translations_at(out, 2, 0)->text, "");
    assert_int_equal(heed_translations_at(out, 1, 0)->finished, 1);
    heed_translations_destroy(&out);
    check_ok(heed_translate(model, sources, 0, NULL, &out));
    heed_translations_destroy(&out);
    heed_model_destroy(&model);
}

/* Nothing is a translation of nothing; a text that came from nothing is as unlikely as it is. */
static void test_empty_sides_are_scored(void **state)
{
    (void)state;
    static const char *const settings[] = {"encoder.kind=transformer", "encoder.kind=gru",
                                           "encoder.kind=gru decoder.attention=none",
                                           "encoder.kind=lstm decoder.copy=true"};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        heed_model *model = translator(settings[i]);
        heed_text sources[4] = {{"", 0}, {"ant", 3}, {" ", 1}, {"", 0}};
        heed_text targets[4] = {{"cat dog", 7}, {"", 0}, {"cat dog", 7}, {"", 0}};
        heed_score_options options = {.size = sizeof options, .weights = i != 2};
        heed_translations *out = NULL;
        check_ok(heed_score(model, sources, targets, 4, &options, &out));
        const heed_translation *t = heed_translations_at(out, 0, 0);
        assert_true(t->score < -0.01);
        assert_int_equal(t->n_tokens, 2);
        assert_int_equal(t->n_links, 0);
        assert_true(heed_translations_at(out, 1, 0)->score < 0);
        assert_int_equal(heed_translations_at(out, 1, 0)->n_tokens, 0);
        assert_true(heed_translations_at(out, 2, 0)->score <= t->score &&
                    heed_translations_at(out, 2, 0)->score >= t->score);
        assert_true(heed_translations_at(out, 3, 0)->score >= 0);
        heed_translations_destroy(&out);
        heed_model_destroy(&model);
    }
}

static void test_what_is_refused(void **state)
{
    (void)state;
    heed_model *model = translator("");
    static const char longest[] =
        "ant ant ant ant ant ant ant ant ant ant ant ant ant ant ant ant ant";
    heed_text source = {"ant", 3}, bad = {"a\xff", 2}, far = {longest, sizeof longest - 1};
    heed_translate_options options = {.size = sizeof options};
    heed_align_choice choice = {.layer = 9, .head = 1};
    heed_translations *out = NULL;
    float values[1];
    check_fails(heed_translate(model, &bad, 1, NULL, &out), HEED_E_DATA, "text 0: not UTF-8");
    check_fails(heed_translate(model, &far, 1, NULL, &out), HEED_E_DATA, "16 tokens");
    check_fails(heed_translate(model, &source, -1, NULL, &out), HEED_E_INVALID, "n = -1");
    options.size = 3;
    check_fails(heed_translate(model, &source, 1, &options, &out), HEED_E_INVALID, "size = 3");
    options = (heed_translate_options){.size = sizeof options, .beam = 2, .best = 3};
    check_fails(heed_translate(model, &source, 1, &options, &out), HEED_E_INVALID, "best");
    check_fails(heed_score(model, NULL, &source, 1, NULL, &out), HEED_E_INVALID, "source");
    check_fails(heed_model_choose_alignment(model, &choice), HEED_E_INVALID, "layer = 9");
    check_fails(heed_model_predict(model, &source, 1, values), HEED_E_INVALID, "gives no labels");
    assert_null(out);
    heed_model_destroy(&model);

    model = translator("encoder.kind=gru decoder.attention=none");
    options = (heed_translate_options){.size = sizeof options, .weights = 1};
    check_fails(heed_translate(model, &source, 1, &options, &out), HEED_E_UNSUPPORTED,
                "no attention");
    heed_model_destroy(&model);
}

static void test_language_models(void **state)
{
    (void)state;
    heed_model *model = language_model();
    heed_text prompts[2] = {{"the ant", 7}, {"", 0}};
    heed_sample_options options = {
        .size = sizeof options, .samples = 3, .seed = 5, .max_length = 20, .temperature = 0.8};
    heed_translations *out = NULL, *again = NULL;
    assert_int_equal(heed_model_task(model), HEED_TASK_LANGUAGE);
    check_ok(heed_sample(model, prompts, 2, &options, &out));
    check_ok(heed_sample(model, prompts, 1, &options, &again));
    for (int64_t k = 0; k < 3; k++) {
        assert_string_equal(heed_translations_at(out, 0, k)->text,
                            heed_translations_at(again, 0, k)->text);
        assert_true(heed_translations_at(out, 0, k)->n_tokens <= 20);
        assert_true(strncmp(heed_translations_at(out, 0, k)->text, "the ant", 7) != 0);
    }
    heed_translations_destroy(&out);
    heed_translations_destroy(&again);
    check_ok(heed_score(model, NULL, prompts, 1, NULL, &out));
    assert_true(heed_translations_at(out, 0, 0)->score < 0);
    assert_int_equal(heed_translations_at(out, 0, 0)->n_tokens, 7);
    heed_translations_destroy(&out);
    check_fails(heed_translate(model, prompts, 1, NULL, &out), HEED_E_INVALID, "continues texts");
    heed_model_destroy(&model);
}

static void test_classifiers_write_nothing(void **state)
{
    (void)state;
    heed_model *model = model_of("encoder.dim=8 train.steps=2", corpus_write("data.tsv", "class"));
    heed_text source = {"ant", 3};
    heed_translations *out = NULL;
    check_fails(heed_translate(model, &source, 1, NULL, &out), HEED_E_INVALID, "labels texts");
    check_fails(heed_sample(model, &source, 1, NULL, &out), HEED_E_INVALID, "labels texts");
    check_fails(heed_score(model, &source, &source, 1, NULL, &out), HEED_E_INVALID, "labels texts");
    heed_model_destroy(&model);
}

/* A choice of layer and head is kept by the file. */
static void test_choice_is_kept(void **state)
{
    (void)state;
    char path[512];
    heed_model *model = translator("");
    heed_align_choice choice = {.layer = 2, .head = 3, .rule = HEED_ALIGN_OUTPUT};
    snprintf(path, sizeof path, "%s", files_path("chosen.heed"));
    check_ok(heed_model_choose_alignment(model, &choice));
    check_ok(heed_model_save(model, path));
    heed_model_destroy(&model);
    check_ok(heed_model_load(NULL, path, &model));
    heed_text source = {"ant bee cat", 11};
    heed_translate_options options = {.size = sizeof options, .weights = 1};
    heed_translations *own = NULL, *named = NULL;
    check_ok(heed_translate(model, &source, 1, &options, &own));
    options.align = choice;
    check_ok(heed_translate(model, &source, 1, &options, &named));
    const heed_translation *a = heed_translations_at(own, 0, 0);
    const heed_translation *b = heed_translations_at(named, 0, 0);
    assert_memory_equal(a->weights, b->weights,
                        (size_t)(a->n_tokens * a->n_source_tokens) * sizeof *a->weights);
    heed_translations_destroy(&own);
    heed_translations_destroy(&named);
    heed_model_destroy(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        corpus_test(test_unscored_writes_the_same),  corpus_test(test_prefix_is_kept),
        corpus_test(test_weights_are_shares),        corpus_test(test_empty_texts),
        corpus_test(test_what_is_refused),           corpus_test(test_language_models),
        corpus_test(test_classifiers_write_nothing), corpus_test(test_choice_is_kept),
        corpus_test(test_empty_sides_are_scored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
