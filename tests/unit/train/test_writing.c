/* SPDX-License-Identifier: MIT */
/* Models that write: whatever way a text is asked for, the answer is the same to the bit. */
#include "train/mechanisms.h"
#include "train/pairs.h"

#include "model/vocabulary.h"
#include "model/writer.h"

#include <math.h>

enum { TEXTS = 9 };

static const char *const sources[TEXTS] = {"ant",
                                           "bee cat dog eel fox gnu hen",
                                           "dog dog",
                                           "hen gnu fox",
                                           "cat bee ant",
                                           "fox ",
                                           "eel eel eel eel eel eel",
                                           "zebra ant",
                                           "ant bee zebra cat dog zebra"};

static heed_model *trained(const char *settings)
{
    static char path[512];
    heed_model *model = NULL;
    corpus_run run = {.data = pairs_write("pairs.tsv", 'r', 96, 7, 5), .settings = settings};
    snprintf(path, sizeof path, "%s", files_path("a.heed"));
    run.model = path;
    check_ok(corpus_train(&run));
    check_ok(heed_model_load(NULL, path, &model));
    return model;
}

static void texts_of(heed_text texts[TEXTS])
{
    for (int i = 0; i < TEXTS; i++) texts[i] = (heed_text){sources[i], strlen(sources[i])};
}

static void check_equal(const heed_translation *a, const heed_translation *b)
{
    assert_string_equal(a->text, b->text);
    assert_int_equal(a->n_tokens, b->n_tokens);
    assert_int_equal(a->finished, b->finished);
    assert_memory_equal(&a->score, &b->score, sizeof a->score);
    assert_memory_equal(a->token_scores, b->token_scores,
                        (size_t)(a->n_tokens + a->finished) * sizeof *a->token_scores);
}

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

/* What the model copies: the source's words, and labels, in the extended vocabulary. */
static void extend(const heed_model *model, const char *source, const heed__encoding *s,
                   const char *target, const heed__encoding *t, int32_t *words, int32_t *labels,
                   heed__pairs_batch *batch)
{
    const heed__extender *extender = &model->writer.extender;
    heed__extension extension = {0};
    if (!model->writer.copies) return;
    check_ok(
        heed__extend_source(extender, (heed_text){source, strlen(source)}, s, &extension, words));
    heed__extend_target(extender, (heed_text){target, strlen(target)}, t, &extension, labels);
    words[s->length] = HEED_TOKEN_END;
    batch->words = words;
    batch->added = extension.n;
    heed__extension_free(&extension);
}

/* Log-probabilities of a given target by one pass over all of it, as training sees it. */
static void whole_pass(heed_model *model, const char *source, const char *target, float *out)
{
    heed__encoding s = {0}, t = {0};
    int32_t source_ids[64], inputs[64], labels[64], words[64];
    check_ok(heed__tokenizer_encode(model->tokenizer, source, strlen(source), &s));
    check_ok(heed__tokenizer_encode(model->writer.tokenizer, target, strlen(target), &t));
    memcpy(source_ids, s.ids, (size_t)s.length * sizeof *s.ids);
    memcpy(labels, t.ids, (size_t)t.length * sizeof *t.ids);
    memcpy(inputs + 1, t.ids, (size_t)t.length * sizeof *t.ids);
    source_ids[s.length] = labels[t.length] = inputs[0] = HEED_TOKEN_END;
    int64_t rows[2] = {0, s.length + 1}, target_rows[2] = {0, t.length + 1}, zero[1] = {0};
    heed__pairs_batch batch = {
        .source = {1, rows[1], rows[1], rows, zero, zero},
        .target = {1, target_rows[1], target_rows[1], target_rows, zero, zero},
        .source_tokens = source_ids,
        .inputs = inputs,
        .labels = labels};
    heed__pairs_vars vars = {.sites = NULL};
    extend(model, source, &s, target, &t, words, labels, &batch);
    heed__tape_start(model->tape, HEED_TAPE_INFER, (heed__draw){0});
    heed__writer_record(model, model->tape, &batch, &vars);
    vars.logits = heed__writer_scores(model->tape, &vars);
    heed__tape_keep(model->tape, vars.logits);
    check_ok(heed__tape_run(model->tape, HEED_NO_VAR));
    int64_t columns = heed__tape_cols(model->tape, vars.logits);
    const float *scores = heed__tape_value(model->tape, vars.logits);
    if (!model->writer.copies)
        heed__log_softmax_of(NULL, target_rows[1], columns, scores, labels, out);
    for (int64_t i = 0; model->writer.copies && i < target_rows[1]; i++)
        out[i] = scores[i * columns + labels[i]];
    heed__encoding_free(&s);
    heed__encoding_free(&t);
}

/* What a translation says of itself is what scoring it says, and what training would see. */
static void check_scores(heed_model *model)
{
    heed_text texts[TEXTS], targets[TEXTS];
    heed_translate_options options = {.size = sizeof options, .beam = 3};
    heed_translations *written = NULL, *scored = NULL;
    texts_of(texts);
    check_ok(heed_translate(model, texts, TEXTS, &options, &written));
    for (int i = 0; i < TEXTS; i++) {
        const char *text = heed_translations_at(written, i, 0)->text;
        targets[i] = (heed_text){text, strlen(text)};
    }
    check_ok(heed_score(model, texts, targets, TEXTS, NULL, &scored));
    for (int i = 0; i < TEXTS; i++) {
        const heed_translation *a = heed_translations_at(written, i, 0);
        const heed_translation *b = heed_translations_at(scored, i, 0);
        float whole[64];
        if (!a->finished || a->n_tokens == 0) continue;
        check_equal(a, b);
        whole_pass(model, sources[i], a->text, whole);
        for (int64_t k = 0; k <= a->n_tokens; k++)
            if (whole[k] != (float)a->token_scores[k])
                fail_msg("text %d, token %lld: %.9g by steps, %.9g in one pass", i, (long long)k,
                         a->token_scores[k], (double)whole[k]);
    }
    heed_translations_destroy(&written);
    heed_translations_destroy(&scored);
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

/* The same of targets that were not written by the model, with words that it does not know. */
static void check_given(heed_model *model)
{
    heed_text texts[TEXTS], targets[TEXTS];
    heed_translations *scored = NULL;
    texts_of(texts);
    for (int i = 0; i < TEXTS; i++) targets[i] = texts[(i + 1) % TEXTS];
    targets[8] = texts[8];
    check_ok(heed_score(model, texts, targets, TEXTS, NULL, &scored));
    for (int i = 0; i < TEXTS; i++) {
        const heed_translation *t = heed_translations_at(scored, i, 0);
        float whole[64];
        whole_pass(model, sources[i], targets[i].bytes, whole);
        for (int64_t k = 0; k <= t->n_tokens; k++)
            assert_true(whole[k] == (float)t->token_scores[k]);
    }
    heed_translations_destroy(&scored);
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

/* Every mechanism writes a token at a time what it would in one pass; or a decoder refuses it. */
static void test_every_mechanism(void **state)
{
    (void)state;
    heed_attention_entry row;
    for (size_t i = 0; heed_attention_list(i, &row); i++) {
        char settings[768];
        const char *why = mechanism_refusal(&row, 1);
        if (!mechanism_is(&row)) continue;
        snprintf(settings, sizeof settings,
                 PAIRS_SMALL "train.steps=3 encoder.kind=transformer encoder.%s%s=%s", row.table,
                 strcmp(row.table, "stage") == 0 ? "s" : "", mechanism_text(&row));
        if (why) {
            corpus_run run = {.data = pairs_write("pairs.tsv", 'r', 96, 7, 5),
                              .settings = settings,
                              .model = files_path("a.heed")};
            assert_true(corpus_train(&run) != HEED_OK);
            assert_non_null(strstr(heed_status_message(), why));
            continue;
        }
        heed_model *model = trained(settings);
        check_given(model);
        check_scores(model);
        heed_model_destroy(&model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {corpus_test(test_pairs_of_kinds), corpus_test(test_settings),
                                       corpus_test(test_every_mechanism)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
