/* SPDX-License-Identifier: MIT */
/* Layers that are run again in the backward pass: the same file with less memory, and what a bound
 * on memory makes of it. */
#include "train/pairs.h"

/* The file without and with, and the bytes of a step. */
static void check_same(const char *data, const char *settings, int threads)
{
    char again[1024];
    snprintf(again, sizeof again, "%s train.recompute=layers", settings);
    corpus_run plain = {.data = data, .model = files_path("a.heed"), .settings = settings};
    check_ok(corpus_train(&plain));
    corpus_file wanted = corpus_read(plain.model);
    corpus_run run = {
        .data = data, .model = files_path("b.heed"), .settings = again, .threads = threads};
    check_ok(corpus_train(&run));
    if (!corpus_same(run.model, &wanted)) fail_msg("%s: other bytes", again);
    if (run.bytes >= plain.bytes)
        fail_msg("%s: %zu bytes, without recomputing %zu", again, run.bytes, plain.bytes);
    free(wanted.bytes);
}

static void test_labels(void **state)
{
    static const char *const kinds[] = {"class", "set", "number", "two"};
    static const char *const variants[] = {
        "encoder.kind=transformer encoder.layers=3 encoder.attention_dropout=0.2",
        "encoder.kind=transformer encoder.layers=2 encoder.norm=post encoder.position=rotary",
        "encoder.kind=gru encoder.layers=3", "encoder.kind=lstm encoder.layers=3"};
    (void)state;
    for (int i = 0; i < 4; i++) {
        char settings[512];
        snprintf(settings, sizeof settings, CORPUS_SMALL "train.steps=5 %s", variants[i]);
        check_same(corpus_write("data.tsv", kinds[i]), settings, 1 + i % 2);
    }
}

static void test_writing(void **state)
{
    static const char *const variants[] = {
        "encoder.kind=transformer encoder.layers=3",
        "encoder.kind=transformer encoder.layers=2 train.sampling=0.5 train.accumulate=2",
        "encoder.kind=gru", "encoder.kind=lstm decoder.attention=general encoder.layers=2",
        "output.kind=language decoder.kind=transformer decoder.layers=3 input.block=8"};
    (void)state;
    const char *data = pairs_write("pairs.tsv", 'r', 96, 9, 5);
    for (int i = 0; i < 5; i++) {
        char settings[768];
        snprintf(settings, sizeof settings, PAIRS_SMALL "train.steps=5 %s", variants[i]);
        check_same(data, settings, 1 + i % 2);
    }
}

#define DEEP CORPUS_SMALL "train.steps=5 encoder.kind=transformer encoder.layers=6 "

/* As corpus_train, with a log. */
static heed_status train_logged(corpus_run *run)
{
    heed_config *config = corpus_config(run->settings);
    heed_train_options options = {.paths = &run->data,
                                  .n_paths = 1,
                                  .model_path = run->model,
                                  .config = config,
                                  .memory = run->memory,
                                  .progress = corpus_watch,
                                  .progress_user = run};
    heed_context_options logged = {.threads = 1, .log = files_remember};
    heed_context *context = NULL;
    files_log[0] = 0;
    check_ok(heed_context_create(&logged, &context));
    heed_status status = heed_train(context, &options, &run->result);
    heed_context_destroy(&context);
    heed_config_destroy(&config);
    return status;
}

/* A bound is met by recomputing where that is enough: the same file. */
static void test_a_bound_recomputes_first(void **state)
{
    (void)state;
    const char *data = corpus_write("data.tsv", "class");
    corpus_run plain = {.data = data, .model = files_path("a.heed"), .settings = DEEP};
    check_ok(corpus_train(&plain));
    corpus_file wanted = corpus_read(plain.model);
    corpus_run run = {.data = data, .model = files_path("b.heed"), .settings = DEEP};
    run.memory = plain.bytes * 3 / 4;
    check_ok(train_logged(&run));
    assert_true(run.bytes <= run.memory);
    assert_true(corpus_same(run.model, &wanted));
    check_logged("run again in the backward pass");
    run.memory = plain.bytes / 3; /* not enough by itself */
    check_ok(train_logged(&run));
    assert_true(run.bytes <= run.memory);
    check_logged("run again in the backward pass");
    check_logged("batches of at most");
    free(wanted.bytes);
}

/* Who forbids it is told what it would bring. */
static void test_a_bound_without(void **state)
{
    (void)state;
    const char *data = corpus_write("data.tsv", "class");
    corpus_run plain = {.data = data, .model = files_path("a.heed"), .settings = DEEP};
    check_ok(corpus_train(&plain));
    corpus_run run = {.data = data, .model = files_path("b.heed")};
    run.settings = DEEP "train.recompute=none";
    run.memory = plain.bytes * 3 / 4;
    check_ok(train_logged(&run));
    assert_true(run.bytes <= run.memory);
    check_logged("batches of at most");
    check_logged("--recompute layers");
    run.settings = CORPUS_SMALL "train.steps=5"; /* no layers: nothing to run again */
    corpus_run flat = {.data = data, .model = files_path("a.heed"), .settings = run.settings};
    check_ok(corpus_train(&flat));
    run.memory = flat.bytes - flat.bytes / 16;
    check_ok(train_logged(&run));
    assert_null(strstr(files_log, "run again"));
}

/* Texts of n different words in a row. */
static const char *write_long(int words)
{
    const char *path = files_path("long.tsv");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "text\tlabel\n");
    for (int i = 0; i < 8; i++) {
        for (int j = 0; j < words; j++) fprintf(file, "%s%s", j ? " " : "", corpus_plain[j % 10]);
        fprintf(file, "\t%s\n", i % 2 ? "yes" : "no");
    }
    fclose(file);
    corpus_labels = NULL;
    return path;
}

/* A step over one text takes memory in proportion to its length (pairs would be 4 to 1), with
 * windows and without. */
static void test_long_texts(void **state)
{
    static const char *const variants[] = {"train.recompute=none", "train.recompute=layers",
                                           "encoder.mask=longformer:window=16"};
    (void)state;
    for (int i = 0; i < 3; i++) {
        char settings[512];
        size_t bytes[3];
        snprintf(settings, sizeof settings,
                 CORPUS_SMALL "train.steps=1 train.batch_texts=1 input.ngrams=1 encoder.layers=2 "
                              "encoder.kind=transformer %s",
                 variants[i]);
        for (int j = 0; j < 3; j++) {
            corpus_run run = {.data = write_long(500 << j), .settings = settings};
            run.model = files_path("a.heed");
            check_ok(corpus_train(&run));
            bytes[j] = run.bytes;
        }
        size_t first = bytes[1] - bytes[0], second = bytes[2] - bytes[1];
        if (second > 2 * first + first / 2)
            fail_msg("%s: %zu, %zu and %zu bytes", settings, bytes[0], bytes[1], bytes[2]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {corpus_test(test_labels), corpus_test(test_writing),
                                       corpus_test(test_a_bound_recomputes_first),
                                       corpus_test(test_a_bound_without),
                                       corpus_test(test_long_texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
