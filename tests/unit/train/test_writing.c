/* SPDX-License-Identifier: MIT */
/* Models that write: whatever way a text is asked for, the answer is the same to the bit. */
#include "train/written.h"

/* A batch gives what its texts give one by one, for every beam. */
static void check_batch(heed_model *model)
{
    heed_text texts[TEXTS];
    texts_of(texts);
    for (int64_t beam = 1; beam <= 4; beam += 3) {
        heed_translate_options options = {.size = sizeof options, .beam = beam, .best = beam};
        heed_translations *all = NULL, *one = NULL;
        check_ok(heed_translate(model, texts, TEXTS, &options, &all));
        for (int i = 0; i < TEXTS; i++) {
            check_ok(heed_translate(model, &texts[i], 1, &options, &one));
            assert_int_equal(heed_translations_count(all, i), heed_translations_count(one, 0));
            for (int64_t k = 0; k < heed_translations_count(one, 0); k++)
                check_equal(heed_translations_at(all, i, k), heed_translations_at(one, 0, k));
            heed_translations_destroy(&one);
        }
        heed_translations_destroy(&all);
    }
}

/* Samples too, and every draw is the text's own. */
static void check_samples(heed_model *model)
{
    heed_text texts[TEXTS];
    heed_sample_options options = {.size = sizeof options, .samples = 3, .seed = 4};
    heed_translations *all = NULL, *one = NULL;
    texts_of(texts);
    check_ok(heed_sample(model, texts, TEXTS, &options, &all));
    for (int i = 0; i < TEXTS; i++) {
        check_ok(heed_sample(model, &texts[i], 1, &options, &one));
        for (int64_t k = 0; k < options.samples; k++)
            check_equal(heed_translations_at(all, i, k), heed_translations_at(one, 0, k));
        heed_translations_destroy(&one);
    }
    heed_translations_destroy(&all);
}

/* Whether weights are made by the operator or are values, each token's are shares of its source. */
static void check_weights(heed_model *model)
{
    heed_text texts[TEXTS];
    heed_translate_options options = {.size = sizeof options, .beam = 2, .weights = 1};
    heed_translations *written = NULL;
    int64_t layers, heads;
    heed_model_alignment_sites(model, &layers, &heads);
    texts_of(texts);
    if (layers == 0) {
        check_fails(heed_translate(model, texts, TEXTS, &options, &written), HEED_E_UNSUPPORTED,
                    "");
        return;
    }
    check_ok(heed_translate(model, texts, TEXTS, &options, &written));
    for (int i = 0; i < TEXTS; i++) {
        const heed_translation *t = heed_translations_at(written, i, 0);
        for (int64_t k = 0; k < t->n_tokens; k++) {
            float sum = 0; /* the boundary's share is not among them */
            for (int64_t j = 0; j < t->n_source_tokens; j++) {
                float share = t->weights[k * t->n_source_tokens + j];
                assert_true(share >= 0);
                sum += share;
            }
            assert_true(sum > 0 && sum < 1 + 1e-5f);
        }
    }
    heed_translations_destroy(&written);
}

static void check_model(const char *settings)
{
    heed_model *model = trained(settings);
    check_weights(model);
    assert_int_equal(heed_model_task(model), HEED_TASK_TRANSLATE);
    check_batch(model);
    check_samples(model);
    check_scores(model);
    check_given(model);
    heed_model_destroy(&model);
}

static void test_pairs_of_kinds(void **state)
{
    (void)state;
    static const char *const kinds[] = {"gru", "lstm", "transformer"};
    for (int e = 0; e < 3; e++)
        for (int d = 0; d < 3; d++) {
            char settings[512];
            snprintf(settings, sizeof settings,
                     PAIRS_SMALL "train.steps=6 encoder.kind=%s decoder.kind=%s", kinds[e],
                     kinds[d]);
            check_model(settings);
        }
}

static void test_settings(void **state)
{
    static const char *const variants[] = {
        "decoder.kind=gru encoder.kind=gru decoder.attention=none",
        "decoder.kind=gru encoder.kind=gru decoder.attention=dot",
        "decoder.kind=lstm encoder.kind=gru decoder.attention=general decoder.input_feeding=false",
        "decoder.kind=gru encoder.kind=lstm decoder.attention=concat decoder.deep_output=false",
        "decoder.kind=gru encoder.kind=gru decoder.attentional=true",
        "decoder.kind=lstm encoder.kind=gru decoder.attentional=true decoder.deep_output=false "
        "decoder.copy=true decoder.coverage=true",
        "decoder.kind=gru encoder.kind=lstm decoder.attention=general decoder.attentional=false",
        "decoder.kind=lstm encoder.kind=gru decoder.attention=dot decoder.attentional=false "
        "decoder.deep_output=false decoder.coverage_loss=0.5",
        "decoder.kind=gru encoder.kind=none decoder.tie=output",
        "decoder.kind=gru encoder.kind=gru decoder.coverage=true",
        "decoder.kind=lstm encoder.kind=gru decoder.attention=general decoder.coverage_loss=0.5",
        "decoder.kind=gru encoder.kind=gru decoder.copy=true",
        "decoder.kind=lstm encoder.kind=lstm decoder.copy=true input.joint=false "
        "input.min_count=20",
        "decoder.kind=gru encoder.kind=transformer decoder.copy=true decoder.attention=dot "
        "decoder.coverage=true decoder.coverage_loss=1 input.tokenizer=characters",
        "decoder.kind=gru encoder.kind=transformer decoder.coverage=true decoder.layers=2",
        "encoder.kind=transformer encoder.norm=post encoder.positions=learned input.max_length=32",
        "encoder.kind=transformer encoder.activation=gelu encoder.key_heads=2 decoder.key_heads=1 "
        "decoder.layers=1 decoder.heads=2",
        "encoder.kind=transformer encoder.activation=swiglu",
        "encoder.kind=transformer input.joint=false",
        "encoder.kind=transformer input.target_tokenizer=characters",
        "encoder.kind=transformer input.joint=false decoder.tie=none input.dim=24",
        "encoder.kind=transformer encoder.score=additive input.tokenizer=characters",
        "encoder.kind=transformer input.tokenizer=bpe input.vocabulary=40",
    };
    (void)state;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        char settings[768];
        snprintf(settings, sizeof settings, PAIRS_SMALL "train.steps=6 %s", variants[i]);
        check_model(settings);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {corpus_test(test_pairs_of_kinds),
                                       corpus_test(test_settings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
