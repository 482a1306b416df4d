/* SPDX-License-Identifier: MIT */
/* The model file is the same, byte for byte, for any number of threads, level and path. Every run
 * has a process of its own: a level is chosen once in each. */
#include "train/corpus.h"

typedef struct machine {
    int threads;
    const char *level;
} machine;

static const machine machines[] = {{2, ""}, {3, "avx2"}, {2, "scalar"}, {1, "avx512"}};

static void check_settings(const char *data, const char *settings)
{
    corpus_run first = {.data = data, .model = files_path("a.heed"), .settings = settings};
    assert_true(corpus_train_apart(&first, ""));
    corpus_file wanted = corpus_read(first.model);
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        corpus_run run = {.data = data, .settings = settings, .threads = machines[i].threads};
        run.model = files_path("a/folder of another/name.heed");
        if (!corpus_train_apart(&run, machines[i].level)) continue;
        if (!corpus_same(run.model, &wanted))
            fail_msg("%s: %d threads at level '%s' give other bytes", settings, run.threads,
                     machines[i].level);
    }
    free(wanted.bytes);
}

static void check_encoder(const char *encoder)
{
    static const char *const pools[] = {"mean", "cls", "attention", "attention+mean"};
    static const char *const kinds[] = {"class", "set", "number"};
    for (size_t p = 0; p < 4; p++)
        for (size_t k = 0; k < 3; k++) {
            char settings[512];
            snprintf(settings, sizeof settings,
                     CORPUS_SMALL "train.steps=4 encoder.kind=%s pool.kind=%s", encoder, pools[p]);
            check_settings(corpus_write("data.tsv", kinds[k]), settings);
        }
}

static void test_none(void **state)
{
    (void)state;
    check_encoder("none");
}

static void test_gru(void **state)
{
    (void)state;
    check_encoder("gru");
}

static void test_lstm(void **state)
{
    (void)state;
    check_encoder("lstm");
}

static void test_transformer(void **state)
{
    (void)state;
    check_encoder("transformer");
}

static void test_settings(void **state)
{
    static const char *const variants[] = {
        "input.word_dropout=0.3 output.class_weights=balanced",
        "encoder.kind=transformer encoder.positions=learned encoder.causal=true "
        "encoder.key_heads=2",
        "encoder.kind=transformer encoder.score=additive encoder.attention_dropout=0.2 "
        "encoder.norm=post",
        "encoder.kind=transformer encoder.layers=2 encoder.activation=silu encoder.norm=none "
        "encoder.residual=false encoder.projection=false encoder.ffn=0 encoder.heads=1 "
        "pool.kind=mean",
        "encoder.kind=gru encoder.layers=2 encoder.directions=1 pool.dropout=0.3",
        "input.tokenizer=characters input.ngrams=1 encoder.kind=lstm",
        "input.tokenizer=bpe input.vocabulary=80 output.consistency=2",
        "input.ngrams=4 input.characters=5 input.characters_from=2 input.ngram_dropout=0.4",
        "train.optimizer=sgd train.lr=0.1 train.schedule=plateau train.validate_every=2",
        "train.schedule=inverse_sqrt train.clip=0 output.smoothing=0 train.seed=9007199254740991"};
    (void)state;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        char settings[512];
        snprintf(settings, sizeof settings, CORPUS_SMALL "train.steps=4 %s", variants[i]);
        check_settings(corpus_write("data.tsv", i % 2 ? "two" : "class"), settings);
    }
    /* As many tokens as texts: rows of both look alike. */
    check_settings(corpus_write("data.tsv", "words"),
                   CORPUS_SMALL "train.steps=4 encoder.kind=transformer");
    check_settings(corpus_write("data.tsv", "words"),
                   CORPUS_SMALL "train.steps=4 encoder.kind=gru");
}

int main(void)
{
    const struct CMUnitTest tests[] = {corpus_test(test_none), corpus_test(test_gru),
                                       corpus_test(test_lstm), corpus_test(test_transformer),
                                       corpus_test(test_settings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
