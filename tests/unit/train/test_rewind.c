/* SPDX-License-Identifier: MIT */
/* A loss that runs away takes training back to its last good state, with other batches and half the
 * rate: by threads and interruptions the same bytes, and an end where it does not help. */
#include "train/corpus.h"

#include "heed/model.h"
#include "train/session.h"

#include <math.h>

/* Numbers by plain steps: at this rate they are soon past float32. */
#define WILD                                                                                       \
    CORPUS_SMALL "train.steps=24 train.optimizer=sgd train.momentum=0 train.clip=0 "               \
                 "train.batch_texts=16 train.warmup=1e-9 train.schedule=constant "                 \
                 "train.validate_every=4 train.members=1 input.word_dropout=0 "

static int count_rewinds(const char *model)
{
    char path[512];
    int count = 0;
    snprintf(path, sizeof path, "%s.metrics.jsonl", model);
    corpus_file lines = corpus_read(path);
    for (char *at = (char *)lines.bytes; (at = strstr(at, "rewound_from")); at++) count++;
    free(lines.bytes);
    return count;
}

/* The least power of two at which training goes back and still comes through. */
static double find_rate(const char *data)
{
    char settings[512];
    for (double rate = 1; rate < 100; rate *= 2) {
        corpus_run run = {.data = data, .model = files_path("try.heed"), .settings = settings};
        snprintf(settings, sizeof settings, WILD "train.rewinds=12 train.lr=%g", rate);
        check_ok(corpus_train(&run));
        if (count_rewinds(files_path("try.heed")) > 1) return rate;
    }
    fail_msg("nothing runs away");
    return 0;
}

static void test_comes_through(void **state)
{
    (void)state;
    char settings[512], data[512], model[512];
    snprintf(data, sizeof data, "%s", corpus_write("data.tsv", "number"));
    snprintf(model, sizeof model, "%s", files_path("a.heed"));
    double rate = find_rate(data);
    snprintf(settings, sizeof settings, WILD "train.rewinds=12 train.lr=%g", rate);
    corpus_run run = {.data = data, .model = files_path("whole.heed"), .settings = settings};
    check_ok(corpus_train(&run));
    assert_int_equal(run.result.steps, 24);
    corpus_file wanted = corpus_read(files_path("whole.heed"));
    run.model = model;
    run.threads = 3;
    heed_status status = HEED_E_STOPPED;
    for (int stops = 0; status == HEED_E_STOPPED; stops++) {
        run.stop_at = 1 + stops;
        status = corpus_train(&run);
        run.resume = 1;
    }
    check_ok(status);
    assert_true(corpus_same(model, &wanted));
    assert_int_equal(count_rewinds(model), count_rewinds(files_path("whole.heed")));
    char left[600];
    snprintf(left, sizeof left, "%s.state.good", model);
    assert_int_not_equal(access(left, F_OK), 0);
    free(wanted.bytes);
    snprintf(settings, sizeof settings, WILD "train.rewinds=1 train.lr=%g", rate);
    run = (corpus_run){.data = data, .model = model, .settings = settings};
    check_fails(corpus_train(&run), HEED_E_NUMERIC, "went back 1 times (--rewinds)");
    snprintf(settings, sizeof settings, WILD "train.rewinds=0 train.lr=%g", rate);
    check_fails(corpus_train(&run), HEED_E_NUMERIC, "step ");
    assert_null(strstr(heed_status_message(), "--rewinds"));
}

/* Noise is not taken for a flight; some steps far above the mean are, and do not move it. */
static void test_watch(void **state)
{
    (void)state;
    heed__guard g = {0};
    unsigned seed = 3;
    for (int i = 0; i < 5000; i++) {
        double noise = (double)(corpus_next(&seed) % 1000) / 1000;
        double loss = 0.05 + 0.1 * noise + (corpus_next(&seed) % 40 == 0 ? 3 : 0);
        assert_false(heed__guard_watch(&g, loss * (1 - (double)i / 6000)));
    }
    double mean = g.mean;
    int steps = 0;
    while (!heed__guard_watch(&g, 4)) steps++;
    assert_int_equal(steps, 5);
    assert_true(g.mean >= mean && g.mean <= mean);
    double numbers[HEED_GUARD_NUMBERS];
    heed__guard again;
    heed__guard_get(&g, numbers);
    heed__guard_set(&again, numbers);
    assert_memory_equal(&g.mean, &again.mean, sizeof g.mean);
    assert_int_equal(again.high, g.high);
    again.rewinds = 3;
    assert_true(heed__guard_scale(&again) == 0.125);
}

int main(void)
{
    const struct CMUnitTest tests[] = {corpus_test(test_watch), corpus_test(test_comes_through)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
