/* SPDX-License-Identifier: MIT */
/* Models that write: steps take no memory after the first, translating none after the first of its
 * size but for its results; and no memory at any point is an error, not an end. */
#include "train/pairs.h"

#include "out_of_memory.h"
#include "train/session.h"

static void check_steps(const char *settings)
{
    enum { STEPS = 40 };
    char all[768];
    snprintf(all, sizeof all, PAIRS_SMALL "train.steps=100 %s", settings);
    const char *data = pairs_write("pairs.tsv", 'r', 96, 7, 5);
    heed_config *config = corpus_config(all);
    heed_train_options options = {
        .paths = &data, .n_paths = 1, .model_path = files_path("a.heed"), .config = config};
    heed__session session;
    double loss, rate;
    check_ok(heed__session_open(NULL, &options, &session));
    check_ok(heed__session_start(&session));
    check_ok(heed__session_step(&session, &loss, &rate));
    uint64_t before = heed__alloc_count();
    size_t bytes = heed__session_bytes(&session);
    for (int i = 0; i < STEPS; i++) check_ok(heed__session_step(&session, &loss, &rate));
    if (heed__alloc_count() != before)
        fail_msg("%s: %d allocations in %d steps", settings, (int)(heed__alloc_count() - before),
                 STEPS);
    assert_int_equal(heed__session_bytes(&session), bytes);
    heed__session_close(&session);
    heed_config_destroy(&config);
}

static void test_steps_take_no_memory(void **state)
{
    (void)state;
    check_steps("encoder.kind=transformer");
    check_steps("encoder.kind=gru");
    check_steps("encoder.kind=lstm decoder.attention=general encoder.layers=2");
    check_steps("encoder.kind=transformer train.accumulate=2 train.ema=0.9 train.average=3");
    check_steps("encoder.kind=transformer train.sampling=0.5");
    check_steps("encoder.kind=transformer train.recompute=layers");
    check_steps("encoder.kind=gru train.recompute=layers");
}

static heed_status train_job(void *arg)
{
    return corpus_train(arg);
}

static heed_status translate_job(void *arg)
{
    heed_text text = {"ant bee cat", 11};
    heed_translate_options options = {.size = sizeof options, .beam = 2, .weights = 1};
    heed_translations *out = NULL;
    heed_model *model = NULL;
    heed_status status = heed_model_load(NULL, arg, &model);
    if (status == HEED_OK) status = heed_translate(model, &text, 1, &options, &out);
    heed_translations_destroy(&out);
    heed_model_destroy(&model);
    return status;
}

static void test_without_memory(void **state)
{
    (void)state;
    static const char *const settings[] = {
        PAIRS_SMALL "encoder.dim=8 encoder.layers=1 encoder.ffn=8 train.steps=2 "
                    "encoder.kind=transformer train.average=2 train.validate_every=1",
        PAIRS_SMALL "input.dim=8 encoder.dim=8 decoder.dim=8 encoder.layers=1 train.steps=2 "
                    "encoder.kind=gru"};
    for (int i = 0; i < 2; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s", files_path("a.heed"));
        corpus_run run = {.data = pairs_write("pairs.tsv", 'c', 40, 5, 5),
                          .model = path,
                          .config = corpus_config(settings[i])};
        check_out_of_memory(train_job, &run, 120);
        check_out_of_memory(translate_job, path, 60);
        heed_config_destroy(&run.config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {corpus_test(test_steps_take_no_memory),
                                       corpus_test(test_without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
