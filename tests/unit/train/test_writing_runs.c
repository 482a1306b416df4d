/* SPDX-License-Identifier: MIT */
/* Training of models that write: the same bytes on every machine and after every stop; averages,
 * accumulation, sampled inputs and a bound on memory do what they say. */
#include "train/pairs.h"

typedef struct machine {
    int threads;
    const char *level;
} machine;

static const machine machines[] = {{2, ""}, {3, "avx2"}, {2, "scalar"}, {1, "avx512"}};

static void check_bits(const char *data, const char *settings)
{
    corpus_run first = {.data = data, .model = files_path("a.heed"), .settings = settings};
    assert_true(corpus_train_apart(&first, ""));
    corpus_file wanted = corpus_read(first.model);
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        corpus_run run = {.data = data, .settings = settings, .threads = machines[i].threads};
        run.model = files_path("b.heed");
        if (!corpus_train_apart(&run, machines[i].level)) continue;
        if (!corpus_same(run.model, &wanted))
            fail_msg("%s: %d threads at level '%s' give other bytes", settings, run.threads,
                     machines[i].level);
    }
    free(wanted.bytes);
}

static const char *const variants[] = {
    "encoder.kind=transformer",
    "encoder.kind=gru decoder.kind=gru",
    "encoder.kind=lstm decoder.kind=lstm decoder.attention=general encoder.layers=1",
    "encoder.kind=gru decoder.kind=transformer",
    "encoder.kind=transformer decoder.kind=gru decoder.coverage=true decoder.coverage_loss=1",
    "encoder.kind=gru decoder.kind=lstm decoder.copy=true train.sampling=0.3",
    ("encoder.kind=transformer train.ema=0.9 train.average=2 train.accumulate=2 "
     "train.validate_every=2"),
    "encoder.kind=gru decoder.kind=gru decoder.copy=true input.min_count=30 train.sampling=0.3",
    "encoder.kind=transformer train.sampling=0.3 encoder.attention_dropout=0.1",
};

static void test_bits(void **state)
{
    (void)state;
    const char *data = pairs_write("pairs.tsv", 'r', 96, 7, 5);
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        char settings[768];
        snprintf(settings, sizeof settings, PAIRS_SMALL "train.steps=5 %s", variants[i]);
        check_bits(data, settings);
    }
}

static void test_resume(void **state)
{
    (void)state;
    const char *data = pairs_write("pairs.tsv", 'r', 96, 7, 5);
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        char settings[768];
        snprintf(settings, sizeof settings, PAIRS_SMALL "train.steps=6 %s", variants[i]);
        corpus_run whole = {.data = data, .model = files_path("a.heed"), .settings = settings};
        check_ok(corpus_train(&whole));
        corpus_file wanted = corpus_read(whole.model);
        for (int64_t stop = 1; stop < 6; stop++) {
            corpus_run run = {.data = data, .settings = settings, .stop_at = stop};
            run.model = files_path("c.heed");
            assert_int_equal(corpus_train(&run), HEED_E_STOPPED);
            run.stop_at = 0;
            run.resume = 1;
            check_ok(corpus_train(&run));
            if (!corpus_same(run.model, &wanted))
                fail_msg("%s: stopped after step %lld, it ends otherwise", settings,
                         (long long)stop);
        }
        free(wanted.bytes);
    }
}

/* Exact match on held-out texts of lengths seen in training. */
static int right_of(heed_model *model, char rule)
{
    enum { ROWS = 50 };
    static char texts[ROWS][256], targets[ROWS][256];
    heed_text sources[ROWS];
    heed_translations *out = NULL;
    heed_translate_options options = {.size = sizeof options, .beam = 1};
    int right = 0;
    FILE *file = fopen(pairs_write("held-out.tsv", rule, ROWS, 6, 999), "r");
    char line[512];
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    for (int i = 0; i < ROWS; i++) {
        assert_int_equal(fscanf(file, "%255[^\t]\t%255[^\n]\n", texts[i], targets[i]), 2);
        sources[i] = (heed_text){texts[i], strlen(texts[i])};
    }
    fclose(file);
    check_ok(heed_translate(model, sources, ROWS, &options, &out));
    for (int i = 0; i < ROWS; i++)
        right += strcmp(heed_translations_at(out, i, 0)->text, targets[i]) == 0;
    heed_translations_destroy(&out);
    return right;
}

static void check_learns(char rule, const char *settings, int least)
{
    char all[768];
    heed_model *model = NULL;
    snprintf(all, sizeof all,
             "output.kind=translate input.tokenizer=words train.batch_tokens=400 "
             "train.bleu_sample=0 train.patience=0 input.dropout=0 output.dropout=0 "
             "encoder.dropout=0 output.smoothing=0 %s",
             settings);
    corpus_run run = {.data = pairs_write("pairs.tsv", rule, 2000, 6, 5),
                      .model = files_path("a.heed"),
                      .settings = all};
    check_ok(corpus_train(&run));
    check_ok(heed_model_load(NULL, run.model, &model));
    int right = right_of(model, rule);
    if (right < least)
        fail_msg("%s: rule %c: %d of 50 right, not %d", settings, rule, right, least);
    heed_model_destroy(&model);
}

static void test_learns(void **state)
{
    (void)state;
    check_learns('r',
                 "encoder.kind=gru input.dim=32 encoder.dim=64 decoder.dim=64 train.epochs=20 "
                 "train.lr=0.005",
                 48);
    check_learns('c',
                 "encoder.kind=transformer encoder.dim=48 encoder.ffn=96 encoder.heads=4 "
                 "encoder.layers=2 train.epochs=20 train.lr=0.003",
                 48);
}

/* A bound makes batches smaller, and the run is the one with those batches. */
static void test_memory(void **state)
{
    (void)state;
    const char *data = pairs_write("pairs.tsv", 'c', 96, 7, 5);
    corpus_run free_run = {.data = data, .model = files_path("a.heed")};
    free_run.settings = PAIRS_SMALL "train.steps=3";
    check_ok(corpus_train(&free_run));
    corpus_run bound = free_run;
    bound.model = files_path("b.heed");
    bound.memory = free_run.bytes - (free_run.bytes - 600000) / 3;
    check_ok(corpus_train(&bound));
    assert_true(bound.bytes <= bound.memory);
    corpus_run none = free_run;
    none.model = files_path("c.heed");
    none.memory = 100000;
    check_fails(corpus_train(&none), HEED_E_NOMEM, "--memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {corpus_test(test_bits), corpus_test(test_resume),
                                       corpus_test(test_learns), corpus_test(test_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
