/* SPDX-License-Identifier: MIT */
/*
 * Every row of the attention tables where a model that writes may have it: in a Transformer decoder
 * looking at what it wrote and at the source, in a recurrent one looking at the source, and in a
 * language model. It trains, and over caches, token by token, it says to the bit what one pass over
 * the whole text says; or it is refused with a reason.
 */
#include "train/mechanisms.h"
#include "train/written.h"

#define SMALL                                                                                      \
    "input.tokenizer=words encoder.dim=16 encoder.ffn=16 encoder.heads=4 encoder.layers=1 "        \
    "input.dim=16 train.valid_share=0.25 train.patience=0 train.bleu_sample=0 train.steps=2 "

static const struct where {
    const char *key, *settings;
    int writes; /* it looks at what it writes */
    int recurrent;
} places[] = {
    {"decoder", SMALL "output.kind=translate encoder.kind=transformer decoder.layers=2", 1, 0},
    {"cross", SMALL "output.kind=translate encoder.kind=transformer decoder.layers=2", 0, 0},
    {"cross", SMALL "output.kind=translate encoder.kind=gru decoder.kind=gru", 0, 1},
    {"cross",
     SMALL "output.kind=translate encoder.kind=gru decoder.kind=lstm decoder.attention=general", 0,
     1},
};

/* More words than two blocks of keys. */
static const char *long_text(unsigned seed)
{
    enum { WORDS = 140 };
    static char texts[2][8 * WORDS];
    char *text = texts[seed % 2];
    size_t used = 0;
    for (int i = 0; i < WORDS; i++)
        used +=
            (size_t)sprintf(text + used, "%s%s", i ? " " : "", pairs_words[corpus_next(&seed) % 8]);
    return text;
}

static const char *tried; /* the settings, for the message of a failure */

/* Each token's score against one pass; a text that was not finished has no end to compare. */
static void check_tokens(heed_model *model, const char *source, const heed_translation *t)
{
    float whole[LONGEST];
    if (!t->n_tokens) return; /* no text is read as an unknown word */
    whole_pass(model, source, t->text, whole);
    for (int64_t k = 0; k < t->n_tokens + t->finished; k++)
        if (whole[k] != (float)t->token_scores[k])
            fail_msg("%s: token %lld of %lld: %.9g by steps, %.9g in one pass", tried, (long long)k,
                     (long long)t->n_tokens, t->token_scores[k], (double)whole[k]);
}

static void check_long(heed_model *model, int translates)
{
    const char *source = translates ? long_text(2) : "", *target = long_text(3);
    heed_text from = {source, strlen(source)}, to = {target, strlen(target)};
    heed_translations *scored = NULL;
    check_ok(heed_score(model, translates ? &from : NULL, &to, 1, NULL, &scored));
    assert_int_equal(heed_translations_at(scored, 0, 0)->n_tokens, 140);
    check_tokens(model, source, heed_translations_at(scored, 0, 0));
    heed_translations_destroy(&scored);
}

/* One hypothesis is the likeliest token each time, and what is said of it holds. */
static void check_greedy(heed_model *model)
{
    heed_text texts[TEXTS];
    heed_translate_options one = {.size = sizeof one, .beam = 1, .max_length = 80};
    heed_sample_options likeliest = {.size = sizeof likeliest, .top_k = 1, .max_length = 80};
    heed_translations *beam = NULL, *greedy = NULL;
    texts_of(texts);
    check_ok(heed_translate(model, texts, TEXTS, &one, &beam));
    check_ok(heed_sample(model, texts, TEXTS, &likeliest, &greedy));
    for (int i = 0; i < TEXTS; i++) {
        const heed_translation *a = heed_translations_at(beam, i, 0);
        const heed_translation *b = heed_translations_at(greedy, i, 0);
        assert_string_equal(a->text, b->text);
        assert_int_equal(a->n_tokens, b->n_tokens);
        check_tokens(model, sources[i], a);
    }
    heed_translations_destroy(&beam);
    heed_translations_destroy(&greedy);
}

/* Every hypothesis of a beam: how they share a sentence changes nothing. */
static void check_beam(heed_model *model)
{
    heed_text texts[TEXTS];
    heed_translate_options options = {
        .size = sizeof options, .beam = 3, .best = 3, .max_length = 12, .weights = 1};
    heed_translations *all = NULL;
    texts_of(texts);
    check_ok(heed_translate(model, texts, TEXTS, &options, &all));
    for (int i = 0; i < TEXTS; i++)
        for (int64_t k = 0; k < heed_translations_count(all, i); k++)
            check_tokens(model, sources[i], heed_translations_at(all, i, k));
    heed_translations_destroy(&all);
}

static void settings_of(const struct where *at, const heed_attention_entry *row, char *out,
                        size_t size)
{
    const char *text = mechanism_text(row);
    if (at->recurrent && strcmp(row->name, "windows") == 0) text = "windows:left=3,right=2";
    snprintf(out, size, "%s %s.%s%s=%s", at->settings, at->key, row->table,
             strcmp(row->table, "stage") == 0 ? "s" : "", text);
}

/* The score of a recurrent decoder is its own setting, its states are not turned. */
static int is_for(const struct where *at, const heed_attention_entry *row)
{
    int turns = strcmp(row->table, "score") == 0 || strcmp(row->table, "position") == 0;
    return mechanism_is(row) && !(at->recurrent && turns);
}

static void check_row(const struct where *at, const heed_attention_entry *row)
{
    char settings[768];
    const char *why = mechanism_refusal(row, at->writes);
    settings_of(at, row, settings, sizeof settings);
    tried = settings;
    if (why) {
        corpus_run run = {.data = pairs_write("pairs.tsv", 'r', 96, 7, 5),
                          .settings = settings,
                          .model = files_path("a.heed")};
        if (corpus_train(&run) == HEED_OK || !strstr(heed_status_message(), why))
            fail_msg("%s: %s", settings, heed_status_message());
        return;
    }
    heed_model *model = trained(settings);
    check_given(model);
    check_long(model, 1);
    check_greedy(model);
    check_beam(model);
    heed_model_destroy(&model);
}

static void test_every_row(void **state)
{
    (void)state;
    heed_attention_entry row;
    for (size_t p = 0; p < sizeof places / sizeof *places; p++)
        for (size_t i = 0; heed_attention_list(i, &row); i++)
            if (is_for(&places[p], &row)) check_row(&places[p], &row);
}

/* Luong's local attention, whole: one centre for the mask and the Gaussian; and others together. */
static void test_together(void **state)
{
    (void)state;
    static const char *const settings[] = {
        SMALL "output.kind=translate encoder.kind=gru decoder.kind=gru decoder.attention=general "
              "cross.mask=local_p:width=4 cross.stages=gaussian:sigma=2",
        SMALL
        "output.kind=translate encoder.kind=transformer cross.mask=local_p:width=4 "
        "cross.stages=gaussian:sigma=2,softcap:cap=5 decoder.position=rotary "
        "decoder.mask=window:left=5,right=0 decoder.normaliser=sink cross.normaliser=entmax15",
        SMALL
        "output.kind=translate encoder.kind=transformer encoder.normaliser=sparsemax "
        "decoder.normaliser=softmax decoder.stages=t5,softcap:cap=9 cross.mask=local_m:width=3 "
        "cross.score=general decoder.key_heads=2",
        SMALL "output.kind=translate encoder.kind=transformer decoder.stages=xl:clip=4 "
              "decoder.mask=longformer:window=9 cross.stages=shaw:clip=6 encoder.norm=post",
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        heed_model *model = trained(tried = settings[i]);
        check_given(model);
        check_long(model, 1);
        check_greedy(model);
        check_beam(model);
        heed_model_destroy(&model);
    }
}

static const char *lines_write(void)
{
    static char path[512];
    snprintf(path, sizeof path, "%s", files_path("text.txt"));
    FILE *file = fopen(path, "w");
    unsigned seed = 3;
    assert_non_null(file);
    for (int i = 0; i < 200; i++)
        for (int w = 0; w < 12; w++)
            fprintf(file, "%s%c", pairs_words[corpus_next(&seed) % 8], w < 11 ? ' ' : '\n');
    fclose(file);
    corpus_labels = NULL;
    return path;
}

/* What is written after a prompt, one token at a time, is what one pass over it says. */
static void check_continued(heed_model *model)
{
    heed_text prompt = {"ant bee cat", 11};
    heed_sample_options options = {
        .size = sizeof options, .samples = 2, .seed = 4, .max_length = 90};
    heed_translations *all = NULL, *scored = NULL;
    check_ok(heed_sample(model, &prompt, 1, &options, &all));
    for (int64_t k = 0; k < 2; k++) {
        const heed_translation *t = heed_translations_at(all, 0, k);
        char text[4096];
        snprintf(text, sizeof text, "%s%s%s", prompt.bytes, *t->text == ' ' ? "" : " ", t->text);
        heed_text target = {text, strlen(text)};
        check_ok(heed_score(model, NULL, &target, 1, NULL, &scored));
        const heed_translation *whole = heed_translations_at(scored, 0, 0);
        check_tokens(model, "", whole);
        int64_t before = whole->n_tokens - t->n_tokens;
        assert_int_equal(before, 3);
        for (int64_t i = 0; i < t->n_tokens; i++)
            assert_true(t->token_scores[i] == whole->token_scores[before + i]);
        heed_translations_destroy(&scored);
    }
    heed_translations_destroy(&all);
}

static void test_language(void **state)
{
    (void)state;
    heed_attention_entry row;
    const struct where at = {
        "decoder", SMALL "output.kind=language input.block=48 train.batch_texts=8 decoder.layers=2",
        1, 0};
    const char *data = lines_write();
    for (size_t i = 0; heed_attention_list(i, &row); i++) {
        char settings[768], path[512];
        const char *why = mechanism_refusal(&row, 1);
        heed_model *model = NULL;
        if (!is_for(&at, &row)) continue;
        settings_of(&at, &row, settings, sizeof settings);
        tried = settings;
        snprintf(path, sizeof path, "%s", files_path("l.heed"));
        corpus_run run = {.data = data, .model = path, .settings = settings};
        heed_status status = corpus_train(&run);
        if (why ? status == HEED_OK || !strstr(heed_status_message(), why) : status != HEED_OK)
            fail_msg("%s: %s", settings, heed_status_message());
        if (why) continue;
        check_ok(heed_model_load(NULL, path, &model));
        check_long(model, 0);
        check_continued(model);
        heed_model_destroy(&model);
    }
    corpus_run none = {.data = data,
                       .model = files_path("l.heed"),
                       .settings = SMALL "output.kind=language cross.mask=causal"};
    check_fails(corpus_train(&none), HEED_E_INVALID, "a language model, which has no source");
}

int main(void)
{
    const struct CMUnitTest tests[] = {corpus_test(test_every_row), corpus_test(test_together),
                                       corpus_test(test_language)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
