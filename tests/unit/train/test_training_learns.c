/* SPDX-License-Identifier: MIT */
/* Every part of a model learns what is there to be learned: held-out rows come out right. */
#include "train/corpus.h"

#include "heed/evaluate.h"
#include "heed/model.h"

#include <math.h>

#define QUICK                                                                                      \
    "encoder.dim=16 encoder.ffn=24 train.batch_texts=12 train.valid_share=0.25 train.epochs=40 "   \
    "train.patience=0 train.lr=0.01 input.dropout=0.2 output.dropout=0.2 input.ngrams=1 "

static void check_learns(const char *kind, double least, const char *settings)
{
    corpus_run run = {.data = corpus_write("data.tsv", kind), .model = files_path("a.heed")};
    run.settings = settings;
    check_ok(corpus_train(&run));
    if (!(run.result.metric >= least))
        fail_msg("%s: %s is %.3f, less than %.3f", settings, run.result.metric_name,
                 run.result.metric, least);
    assert_true(isfinite(run.result.loss));
    assert_int_equal(run.result.rows + run.result.valid_rows, CORPUS_ROWS);
}

static void test_encoders(void **state)
{
    (void)state;
    static const char *const encoders[] = {"none", "gru", "lstm", "transformer"};
    static const char *const kinds[] = {"class", "set", "number", "two"};
    for (int e = 0; e < 4; e++)
        for (int k = 0; k < 4; k++) {
            char settings[512];
            snprintf(settings, sizeof settings, QUICK "encoder.kind=%s", encoders[e]);
            check_learns(kinds[k], 0.85, settings);
        }
}

static void test_settings(void **state)
{
    static const char *const variants[] = {
        "input.word_dropout=0.2",
        "output.class_weights=balanced",
        "output.smoothing=0.3",
        "pool.kind=mean",
        "pool.kind=attention pool.dropout=0.2",
        "encoder.kind=gru encoder.layers=2 encoder.directions=1",
        "encoder.kind=lstm pool.kind=cls encoder.directions=2",
        "encoder.kind=transformer pool.kind=cls encoder.layers=2",
        "encoder.kind=transformer encoder.positions=learned",
        "encoder.kind=transformer encoder.causal=true encoder.key_heads=1",
        "encoder.kind=transformer encoder.score=additive",
        "encoder.kind=transformer encoder.score=dot encoder.norm=post "
        "encoder.attention_dropout=0.1",
        "encoder.kind=transformer encoder.norm=none encoder.residual=false encoder.ffn=0 "
        "encoder.projection=false encoder.heads=1 encoder.positions=none pool.kind=mean",
        "input.tokenizer=characters input.ngrams=2 encoder.kind=gru",
        "input.tokenizer=bpe input.vocabulary=100",
        "input.tokenizer=unigram input.vocabulary=60",
        "train.optimizer=sgd train.lr=0.3",
        "train.schedule=plateau train.warmup=0",
        "train.schedule=inverse_sqrt train.clip=0"};
    (void)state;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        char settings[512];
        snprintf(settings, sizeof settings, QUICK "%s", variants[i]);
        check_learns("class", 0.85, settings);
    }
}

static heed_metrics *evaluate(const char *path, const char *model_path)
{
    heed_dataset *dataset = NULL;
    heed_model *model = NULL;
    heed_metrics *metrics = NULL;
    heed_read_options read = {.label = corpus_labels};
    check_ok(heed_dataset_read(NULL, &path, 1, &read, &dataset));
    check_ok(heed_model_load(NULL, model_path, &model));
    check_fails(heed_evaluate(model, dataset, 7, -1, &metrics), HEED_E_INVALID, "output = 7");
    assert_null(metrics);
    check_ok(heed_evaluate(model, dataset, 0, -1, &metrics));
    heed_dataset_destroy(&dataset);
    heed_model_destroy(&model);
    return metrics;
}

/* Rare labels are found more often when all weigh the same. */
static void test_balance(void **state)
{
    (void)state;
    const char *path = files_path("uneven.tsv"), *model = files_path("a.heed");
    FILE *file = fopen(path, "w");
    unsigned next = 5;
    corpus_labels = NULL;
    fprintf(file, "text\tlabel\n");
    for (int i = 0; i < 200; i++) { /* one in ten is rare; half of the common ones look the same */
        int rare = i % 10 == 0, alike = rare || i % 10 == 5;
        for (int w = 0; w < 5; w++) fprintf(file, "%s ", corpus_plain[corpus_next(&next) % 10]);
        fprintf(file, "%s\t%s\n", alike ? "odd" : "plain", rare ? "rare" : "common");
    }
    fclose(file);
    double found[2];
    for (int balanced = 0; balanced < 2; balanced++) {
        corpus_run run = {.data = path, .model = model};
        run.settings = balanced ? QUICK "train.epochs=4 output.class_weights=balanced train.seed=2"
                                : QUICK "train.epochs=4 train.seed=2";
        check_ok(corpus_train(&run));
        heed_metrics *metrics = evaluate(path, model);
        assert_string_equal(metrics->labels[1].name, "rare");
        found[balanced] = metrics->labels[1].recall;
        heed_metrics_destroy(&metrics);
    }
    if (!(found[1] > found[0] + 0.3))
        fail_msg("recall of the rare label: %.3f, balanced %.3f", found[0], found[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {corpus_test(test_encoders), corpus_test(test_settings),
                                       corpus_test(test_balance)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
