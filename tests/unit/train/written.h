/* SPDX-License-Identifier: MIT */
/* Models that write, held against one pass over whole texts: what search and scoring say of a text,
 * token by token over caches, is what training would see. */
#ifndef HEED_TESTS_TRAIN_WRITTEN_H
#define HEED_TESTS_TRAIN_WRITTEN_H

#include "train/pairs.h"

#include "model/vocabulary.h"
#include "model/writer.h"

#include <math.h>

enum { TEXTS = 9, LONGEST = 600 };

static const char *const sources[TEXTS] = {"ant",
                                           "bee cat dog eel fox gnu hen",
                                           "dog dog",
                                           "hen gnu fox",
                                           "cat bee ant",
                                           "fox ",
                                           "eel eel eel eel eel eel",
                                           "zebra ant",
                                           "ant bee zebra cat dog zebra"};

static inline heed_model *trained(const char *settings)
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

static inline void texts_of(heed_text texts[TEXTS])
{
    for (int i = 0; i < TEXTS; i++) texts[i] = (heed_text){sources[i], strlen(sources[i])};
}

static inline void check_equal(const heed_translation *a, const heed_translation *b)
{
    assert_string_equal(a->text, b->text);
    assert_int_equal(a->n_tokens, b->n_tokens);
    assert_int_equal(a->finished, b->finished);
    assert_memory_equal(&a->score, &b->score, sizeof a->score);
    assert_memory_equal(a->token_scores, b->token_scores,
                        (size_t)(a->n_tokens + a->finished) * sizeof *a->token_scores);
}

/* What the model copies: the source's words, and labels, in the extended vocabulary. */
static inline void extend(const heed_model *model, const char *source, const heed__encoding *s,
                          const char *target, const heed__encoding *t, int32_t *words,
                          int32_t *labels, heed__pairs_batch *batch)
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
static inline void whole_pass(heed_model *model, const char *source, const char *target, float *out)
{
    heed__encoding s = {0}, t = {0};
    int32_t source_ids[LONGEST], inputs[LONGEST], labels[LONGEST], words[LONGEST];
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
    heed__var written = heed__writer_scores(model, model->tape, &vars);
    heed__tape_keep(model->tape, written);
    check_ok(heed__tape_run(model->tape, HEED_NO_VAR));
    int64_t columns = heed__tape_cols(model->tape, written);
    const float *scores = heed__tape_value(model->tape, written);
    if (!model->writer.copies)
        heed__log_softmax_of(NULL, target_rows[1], columns, scores, labels, out);
    for (int64_t i = 0; model->writer.copies && i < target_rows[1]; i++)
        out[i] = scores[i * columns + labels[i]];
    heed__encoding_free(&s);
    heed__encoding_free(&t);
}

/* What a translation says of itself is what scoring it says, and what training would see. */
static inline void check_scores(heed_model *model)
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
        float whole[LONGEST];
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

/* The same of targets that were not written by the model, with words that it does not know. */
static inline void check_given(heed_model *model)
{
    heed_text texts[TEXTS], targets[TEXTS];
    heed_translations *scored = NULL;
    texts_of(texts);
    for (int i = 0; i < TEXTS; i++) targets[i] = texts[(i + 1) % TEXTS];
    targets[8] = texts[8];
    check_ok(heed_score(model, texts, targets, TEXTS, NULL, &scored));
    for (int i = 0; i < TEXTS; i++) {
        const heed_translation *t = heed_translations_at(scored, i, 0);
        float whole[LONGEST];
        whole_pass(model, sources[i], targets[i].bytes, whole);
        for (int64_t k = 0; k <= t->n_tokens; k++)
            assert_true(whole[k] == (float)t->token_scores[k]);
    }
    heed_translations_destroy(&scored);
}

#endif
