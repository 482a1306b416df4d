/* SPDX-License-Identifier: MIT */
/* Models of several members that write: each token by the mean of the members' probabilities. */
#include "train/written.h"

#include "model/members.h"

#define MEMBERS PAIRS_SMALL "train.members=3 train.steps=4 train.validate_every=2 "

enum { MOST = 64 };

/* Probabilities of each token of one given pair. */
static int given(heed_model *model, heed_text source, heed_text target, double out[MOST])
{
    heed_translations *scored;
    int language = heed_model_task(model) == HEED_TASK_LANGUAGE;
    check_ok(heed_score(model, language ? NULL : &source, &target, 1, NULL, &scored));
    const heed_translation *t = heed_translations_at(scored, 0, 0);
    int n = (int)t->n_tokens + t->finished;
    assert_true(n > 0 && n <= MOST);
    for (int i = 0; i < n; i++) out[i] = exp(t->token_scores[i]);
    heed_translations_destroy(&scored);
    return n;
}

static void check_mean(heed_model *model)
{
    heed_text source = {"bee cat dog zebra", 17}, target = {"dog cat bee", 11};
    double whole[MOST], each[MOST], mean[MOST] = {0};
    assert_int_equal(heed_model_members(model), 3);
    int n = given(model, source, target, whole), differs = 0;
    for (int m = 1; m <= 3; m++) {
        check_ok(heed_model_ask_member(model, m));
        assert_int_equal(given(model, source, target, each), n);
        for (int i = 0; i < n; i++) mean[i] += each[i] / 3;
        differs += fabs(each[0] - whole[0]) > 1e-6;
    }
    check_ok(heed_model_ask_member(model, 0));
    for (int i = 0; i < n; i++) assert_float_equal(whole[i], mean[i], 1e-5);
    assert_true(differs > 0);
}

/* The same alone and in a batch, and what was written scores again as it said. */
static void check_answers(heed_model *model)
{
    heed_text texts[TEXTS];
    texts_of(texts);
    heed_translate_options options = {.size = sizeof options, .beam = 3};
    heed_translations *all, *one;
    check_ok(heed_translate(model, texts, TEXTS, &options, &all));
    for (int i = 0; i < TEXTS; i++) {
        check_ok(heed_translate(model, &texts[i], 1, &options, &one));
        check_equal(heed_translations_at(all, i, 0), heed_translations_at(one, 0, 0));
        heed_translations_destroy(&one);
    }
    heed_translations_destroy(&all);
}

/* Where they look is the mean too: shares of the source. */
static void check_weights(heed_model *model)
{
    heed_text texts[TEXTS];
    texts_of(texts);
    heed_translate_options options = {.size = sizeof options, .beam = 2, .weights = 1};
    heed_translations *written;
    check_ok(heed_translate(model, texts, TEXTS, &options, &written));
    for (int i = 0; i < TEXTS; i++) {
        const heed_translation *t = heed_translations_at(written, i, 0);
        for (int64_t k = 0; k < t->n_tokens; k++) {
            float sum = 0;
            for (int64_t j = 0; j < t->n_source_tokens; j++)
                sum += t->weights[k * t->n_source_tokens + j];
            assert_true(sum > 0 && sum < 1 + 1e-5f);
        }
    }
    heed_translations_destroy(&written);
}

static void test_kinds(void **state)
{
    (void)state;
    static const char *const kinds[] = {MEMBERS "encoder.kind=gru decoder.kind=gru",
                                        MEMBERS "encoder.kind=transformer decoder.kind=transformer",
                                        MEMBERS
                                        "encoder.kind=gru decoder.kind=lstm decoder.copy=true"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        heed_model *model = trained(kinds[i]);
        check_mean(model);
        check_answers(model);
        check_weights(model);
        heed_model_destroy(&model);
    }
}

static void test_language(void **state)
{
    (void)state;
    heed_model *model;
    static char text[16000];
    for (int i = 0; i < 700; i++)
        strcat(text, i % 3 ? "the cat saw a dog\n\n" : "a dog sat down\n\n");
    char data[512]; /* files_path's own do not stay */
    snprintf(data, sizeof data, "%s", files_text("plain.txt", text));
    corpus_run run = {.data = data, .model = files_path("l.heed")};
    run.settings =
        "output.kind=language input.tokenizer=words encoder.dim=16 decoder.kind=gru input.block=8 "
        "train.valid_share=0.25 train.steps=4 train.members=3";
    corpus_labels = NULL;
    check_ok(corpus_train(&run));
    check_ok(heed_model_load(NULL, files_path("l.heed"), &model));
    check_mean(model);
    heed_model_destroy(&model);
}

/* Stopped and resumed in each member: the same bytes. What the file says of all together is what
 * they say. */
static void test_resume(void **state)
{
    (void)state;
    static const char settings[] = MEMBERS "encoder.kind=gru decoder.kind=gru";
    char whole[512];
    corpus_run run = {.data = pairs_write("pairs.tsv", 'r', 96, 7, 5), .settings = settings};
    snprintf(whole, sizeof whole, "%s", files_path("whole.heed"));
    run.model = whole;
    check_ok(corpus_train(&run));
    corpus_file wanted = corpus_read(whole);
    char cut[512];
    snprintf(cut, sizeof cut, "%s", files_path("cut.heed"));
    run.model = cut;
    int stops = 0;
    for (heed_status status = HEED_E_STOPPED; status == HEED_E_STOPPED; stops++) {
        run.stop_at = 1 + stops % 5;
        status = corpus_train(&run);
        run.resume = 1;
    }
    assert_true(stops > 3);
    assert_true(corpus_same(cut, &wanted));
    free(wanted.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {corpus_test(test_kinds), corpus_test(test_language),
                                       corpus_test(test_resume)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
