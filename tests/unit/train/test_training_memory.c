/* SPDX-License-Identifier: MIT */
/* Steps take no memory after the first; and no memory at any point is an error, not an end. */
#include "train/corpus.h"

#include "out_of_memory.h"
#include "train/session.h"

static void check_steps(const char *kind, const char *settings)
{
    enum { STEPS = 40 };
    const char *data = corpus_write("data.tsv", kind);
    heed_config *config = corpus_config(settings);
    heed_read_options read = {.label = corpus_labels};
    heed_train_options options = {.paths = &data,
                                  .n_paths = 1,
                                  .model_path = files_path("a.heed"),
                                  .read = &read,
                                  .config = config};
    heed__session session;
    double loss, rate, metric;
    check_ok(heed__session_open(NULL, &options, &session));
    check_ok(heed__session_start(&session));
    check_ok(heed__session_step(&session, &loss, &rate));
    uint64_t before = heed__alloc_count();
    for (int i = 0; i < STEPS; i++) check_ok(heed__session_step(&session, &loss, &rate));
    if (heed__alloc_count() != before)
        fail_msg("%s: %d allocations in %d steps", settings, (int)(heed__alloc_count() - before),
                 STEPS);
    check_ok(heed__score(session.model, &session.valid, session.predictions, &metric, &loss));
    before = heed__alloc_count();
    for (int i = 0; i < STEPS; i++) {
        check_ok(heed__session_step(&session, &loss, &rate));
        check_ok(heed__score(session.model, &session.valid, session.predictions, &metric, &loss));
    }
    if (heed__alloc_count() != before)
        fail_msg("%s: %d allocations in %d steps with validation", settings,
                 (int)(heed__alloc_count() - before), STEPS);
    heed__session_close(&session);
    heed_config_destroy(&config);
}

static void test_steps_take_no_memory(void **state)
{
    (void)state;
    check_steps("class", CORPUS_SMALL "train.batch_texts=8");
    check_steps("set", CORPUS_SMALL "train.batch_texts=8 encoder.kind=gru");
    check_steps("number", CORPUS_SMALL "train.batch_texts=8 encoder.kind=lstm pool.kind=cls");
    check_steps("two", CORPUS_SMALL "train.batch_texts=8 encoder.kind=transformer");
    check_steps("two", CORPUS_SMALL "train.batch_texts=8 encoder.kind=transformer "
                                    "train.recompute=layers");
    check_steps("class", CORPUS_SMALL "train.batch_texts=3 train.batch_tokens=40 "
                                      "encoder.kind=transformer encoder.score=additive "
                                      "encoder.positions=learned input.word_dropout=0.2");
}

static heed_status train_job(void *arg)
{
    return corpus_train(arg);
}

static void test_training_without_memory(void **state)
{
    (void)state;
    static const char *const settings[] = {
        CORPUS_SMALL "encoder.dim=8 train.steps=2 encoder.kind=transformer encoder.score=additive",
        CORPUS_SMALL "encoder.dim=8 train.steps=2 encoder.kind=gru output.class_weights=balanced",
        CORPUS_SMALL "encoder.dim=8 train.steps=2 encoder.kind=lstm train.optimizer=sgd"};
    static const char *const kinds[] = {"two", "set", "class"};
    for (int i = 0; i < 3; i++) {
        corpus_run run = {.data = corpus_write("data.tsv", kinds[i]),
                          .model = files_path("a.heed"),
                          .config = corpus_config(settings[i])};
        check_out_of_memory(train_job, &run, 120);
        heed_config_destroy(&run.config);
    }
}

typedef struct resumed {
    corpus_run run;
    corpus_file saved;
} resumed;

static heed_status resume_job(void *arg)
{
    resumed *r = arg;
    files_bytes("a.heed.state", r->saved.bytes, r->saved.size);
    return corpus_train(&r->run);
}

static void test_resuming_without_memory(void **state)
{
    (void)state;
    char data[160], path[160]; /* of their own: more files are written than are remembered */
    strcpy(data, corpus_write("data.tsv", "class"));
    strcpy(path, files_path("a.heed"));
    resumed r = {{.data = data,
                  .model = path,
                  .config = corpus_config(CORPUS_SMALL "encoder.dim=8 train.steps=4"),
                  .stop_at = 2},
                 {0}};
    check_fails(corpus_train(&r.run), HEED_E_STOPPED, "step 2");
    r.saved = corpus_read(files_path("a.heed.state"));
    r.run.stop_at = 0;
    r.run.resume = 1;
    check_out_of_memory(resume_job, &r, 80);
    heed_config_destroy(&r.run.config);
    free(r.saved.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {corpus_test(test_steps_take_no_memory),
                                       corpus_test(test_training_without_memory),
                                       corpus_test(test_resuming_without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
