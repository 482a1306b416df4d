/* SPDX-License-Identifier: MIT */
/* A run that was stopped or killed after any step ends in the same bytes as one that was not. */
#include "train/corpus.h"

#include "heed/model.h"
#include "io/json.h"

static const char settings[] =
    CORPUS_SMALL "encoder.dim=16 train.batch_texts=16 train.steps=9 train.validate_every=4 "
                 "encoder.kind=transformer train.schedule=plateau train.optimizer=adamw "
                 "input.ngrams=3 input.characters=4 input.ngram_dropout=0.3";

static corpus_file uninterrupted(const char *data, const char *wanted_settings)
{
    corpus_run run = {.data = data, .model = files_path("whole.heed"), .settings = wanted_settings};
    check_ok(corpus_train(&run));
    assert_int_not_equal(access(files_path("whole.heed.state"), F_OK), 0); /* done: no state */
    return corpus_read(run.model);
}

static void test_stop_anywhere(void **state)
{
    (void)state;
    const char *data = corpus_write("data.tsv", "two");
    corpus_file wanted = uninterrupted(data, settings);
    for (int64_t step = 1; step < 9; step++) {
        corpus_run run = {.data = data, .model = files_path("a.heed"), .settings = settings};
        run.stop_at = step;
        check_fails(corpus_train(&run), HEED_E_STOPPED, "--resume goes on");
        run.stop_at = 0;
        run.resume = 1;
        run.threads = 1 + (int)(step % 3);
        check_ok(corpus_train(&run));
        assert_int_equal(run.result.steps, 9);
        if (!corpus_same(run.model, &wanted)) fail_msg("other bytes after a stop at %d", (int)step);
    }
    free(wanted.bytes);
}

static void test_stop_after_every_step(void **state)
{
    (void)state;
    const char *data = corpus_write("data.tsv", "class");
    corpus_file wanted = uninterrupted(data, settings);
    corpus_run run = {.data = data, .model = files_path("a.heed"), .settings = settings};
    for (int64_t step = 1; step < 9; step++) {
        run.stop_at = step;
        check_fails(corpus_train(&run), HEED_E_STOPPED, "stopped at step");
        run.resume = 1;
    }
    run.stop_at = 0;
    check_ok(corpus_train(&run));
    assert_true(corpus_same(run.model, &wanted));
    free(wanted.bytes);
}

/* The process ends on the spot: the state is that of the last validation. */
static void test_killed(void **state)
{
    (void)state;
    const char *data = corpus_write("data.tsv", "class");
    for (int64_t step = 1; step < 9; step += 2) {
        corpus_run run = {.data = data, .model = files_path("a.heed"), .settings = settings};
        run.die_at = step;
        assert_true(corpus_train_apart(&run, ""));
        run.die_at = 0;
        run.resume = 1;
        assert_true(corpus_train_apart(&run, ""));
        corpus_run whole = {.data = data, .model = files_path("b.heed"), .settings = settings};
        assert_true(corpus_train_apart(&whole, ""));
        corpus_file wanted = corpus_read(whole.model);
        if (!corpus_same(run.model, &wanted)) fail_msg("other bytes after a kill at %d", (int)step);
        free(wanted.bytes);
    }
}

static int64_t planned_steps(const char *path)
{
    heed_model *model;
    char *text = NULL;
    json_t *info = NULL;
    check_ok(heed_model_load(NULL, path, &model));
    check_ok(heed_model_info(model, 0, &text));
    check_ok(heed__json_parse(text, strlen(text), strlen(text), "info", &info));
    json_t *steps = json_object_get(json_object_get(info, "provenance"), "planned_steps");
    int64_t count = json_integer_value(steps);
    char option[64];
    snprintf(option, sizeof option, " --steps %lld ", (long long)count);
    const char *rebuild = json_string_value(json_object_get(info, "rebuild"));
    if (!strstr(rebuild, option)) fail_msg("'%s' lacks '%s'", rebuild, option);
    json_decref(info);
    heed_text_free(text);
    heed_model_destroy(&model);
    return count;
}

/* A budget in time becomes a number of steps, and that number gives the same file. */
static void test_time_is_steps(void **state)
{
    (void)state;
    static const char timed[] = CORPUS_SMALL "encoder.dim=16 train.validate_every=1000";
    const char *data = corpus_write("data.tsv", "class");
    corpus_run run = {.data = data, .model = files_path("a.heed"), .settings = timed};
    run.seconds = 0.3;
    run.stop_at = 2;
    check_fails(corpus_train(&run), HEED_E_STOPPED, "stopped at step 2");
    run.stop_at = 0;
    run.resume = 1; /* with the budget: the steps that were planned, not a new measurement */
    check_ok(corpus_train(&run));
    int64_t steps = planned_steps(run.model);
    assert_true(steps > 2);
    assert_int_equal(run.result.steps, steps);
    corpus_file wanted = corpus_read(run.model);
    char again[512];
    snprintf(again, sizeof again, "%s train.steps=%lld", timed, (long long)steps);
    corpus_run rebuilt = {.data = data, .model = files_path("b.heed"), .settings = again};
    check_ok(corpus_train(&rebuilt));
    assert_true(corpus_same(rebuilt.model, &wanted));
    free(wanted.bytes);
}

/* Epochs and the steps they amount to are the same run. */
static void test_epochs_are_steps(void **state)
{
    (void)state;
    const char *data = corpus_write("data.tsv", "class");
    corpus_file wanted = uninterrupted(data, CORPUS_SMALL "train.epochs=3 train.batch_texts=16");
    int64_t steps = planned_steps(files_path("whole.heed"));
    char again[512];
    snprintf(again, sizeof again, CORPUS_SMALL "train.epochs=3 train.batch_texts=16 train.steps=%d",
             (int)steps);
    corpus_run rebuilt = {.data = data, .model = files_path("b.heed"), .settings = again};
    check_ok(corpus_train(&rebuilt));
    assert_true(corpus_same(rebuilt.model, &wanted));
    free(wanted.bytes);
}

static void test_refusals(void **state)
{
    (void)state;
    const char *data = corpus_write("data.tsv", "class"), *other = corpus_write("o.tsv", "number");
    corpus_run run = {.data = data, .model = files_path("a.heed"), .settings = settings};
    run.resume = 1;
    check_fails(corpus_train(&run), HEED_E_INVALID, "there is no such file, so no run to resume");
    run.resume = 0;
    run.stop_at = 3;
    check_fails(corpus_train(&run), HEED_E_STOPPED, "step 3 of 9");
    run.resume = 1;
    run.settings = CORPUS_SMALL "train.steps=9";
    check_fails(corpus_train(&run), HEED_E_INVALID, "another configuration");
    run.settings = settings;
    run.data = other;
    check_fails(corpus_train(&run), HEED_E_INVALID, "other data");
    run.data = data;
    run.stop_at = 0;
    check_ok(corpus_train(&run));
    check_fails(corpus_train(&run), HEED_E_INVALID, "there is nothing to resume");
}

/* A state cut or changed anywhere is refused, and the model is left as it was. */
static void test_damaged_state(void **state)
{
    (void)state;
    char data[160], path[160]; /* of its own: more files are written below than are remembered */
    strcpy(data, corpus_write("data.tsv", "class"));
    strcpy(path, files_path("a.heed"));
    corpus_run run = {.data = data, .model = path, .settings = settings};
    run.stop_at = 5;
    check_fails(corpus_train(&run), HEED_E_STOPPED, "step 5");
    corpus_file whole = corpus_read(files_path("a.heed.state")), model = corpus_read(run.model);
    run.resume = 1;
    for (size_t at = 0; at < whole.size; at += whole.size / 12) {
        files_bytes("a.heed.state", whole.bytes, at);
        check_fails(corpus_train(&run), HEED_E_FORMAT, "a.heed.state");
        whole.bytes[at] ^= 4;
        files_bytes("a.heed.state", whole.bytes, whole.size);
        check_fails(corpus_train(&run), HEED_E_FORMAT, "a.heed.state");
        whole.bytes[at] ^= 4;
    }
    assert_true(corpus_same(run.model, &model));
    free(whole.bytes);
    free(model.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        corpus_test(test_killed), /* first: its processes must begin without threads */
        corpus_test(test_stop_anywhere), corpus_test(test_stop_after_every_step),
        corpus_test(test_time_is_steps), corpus_test(test_epochs_are_steps),
        corpus_test(test_refusals),      corpus_test(test_damaged_state)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
