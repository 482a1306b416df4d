/* SPDX-License-Identifier: MIT */
/* Models that read sentences: the same file for any threads, level, interruption and for layers
 * that are run again; answers that do not depend on the batch; what is refused; explanations. */
#include "train/corpus.h"

#include "heed/explain.h"
#include "train/session.h"

#define HIERARCHY CORPUS_SMALL "encoder.hierarchy=sentences train.steps=5 "

static const char *const variants[] = {
    HIERARCHY, HIERARCHY "encoder.kind=gru encoder.layers=2",
    HIERARCHY "encoder.kind=lstm pool.kind=mean input.max_sentence=3",
    HIERARCHY "encoder.kind=transformer encoder.layers=2 encoder.attention_dropout=0.2",
    HIERARCHY "encoder.kind=transformer input.dim=24 pool.heads=2 pool.normaliser=sparsemax"};

static void test_bits(void **state)
{
    (void)state;
    const char *data = corpus_sentences();
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        corpus_run first = {.data = data, .model = files_path("a.heed"), .settings = variants[i]};
        assert_true(corpus_train_apart(&first, ""));
        corpus_file wanted = corpus_read(first.model);
        static const struct {
            int threads;
            const char *level;
        } machines[] = {{3, ""}, {2, "avx2"}, {1, "scalar"}};
        for (int m = 0; m < 3; m++) {
            corpus_run run = {.data = data, .model = files_path("b.heed")};
            run.settings = variants[i];
            run.threads = machines[m].threads;
            if (!corpus_train_apart(&run, machines[m].level)) continue;
            if (!corpus_same(run.model, &wanted)) fail_msg("%s: other bytes", variants[i]);
        }
        char again[512];
        snprintf(again, sizeof again, "%s train.recompute=layers", variants[i]);
        corpus_run run = {.data = data, .model = files_path("b.heed"), .settings = again};
        assert_true(corpus_train_apart(&run, ""));
        if (!corpus_same(run.model, &wanted)) fail_msg("%s: other bytes", again);
        free(wanted.bytes);
    }
}

static void test_resume(void **state)
{
    (void)state;
    const char *data = corpus_sentences();
    corpus_run whole = {.data = data, .model = files_path("a.heed"), .settings = variants[1]};
    check_ok(corpus_train(&whole));
    corpus_file wanted = corpus_read(whole.model);
    corpus_run run = {.data = data, .model = files_path("b.heed"), .settings = variants[1]};
    run.stop_at = 2;
    check_fails(corpus_train(&run), HEED_E_STOPPED, "step 2");
    run.stop_at = 0;
    run.resume = 1;
    check_ok(corpus_train(&run));
    assert_true(corpus_same(run.model, &wanted));
    free(wanted.bytes);
}

static void test_steps_take_no_memory(void **state)
{
    (void)state;
    const char *data = corpus_sentences();
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        heed_config *config = corpus_config(variants[i]);
        check_ok(heed_config_set(config, "train.batch_texts", "5"));
        check_ok(heed_config_set(config, "train.steps", "100"));
        heed_train_options options = {
            .paths = &data, .n_paths = 1, .model_path = files_path("a.heed"), .config = config};
        heed__session session;
        double loss, rate, metric;
        check_ok(heed__session_open(NULL, &options, &session));
        check_ok(heed__session_start(&session));
        check_ok(heed__session_step(&session, &loss, &rate));
        check_ok(heed__score(session.model, &session.valid, session.predictions, &metric, &loss));
        uint64_t before = heed__alloc_count();
        size_t bytes = heed__session_bytes(&session);
        for (int step = 0; step < 40; step++) {
            check_ok(heed__session_step(&session, &loss, &rate));
            check_ok(
                heed__score(session.model, &session.valid, session.predictions, &metric, &loss));
        }
        if (heed__alloc_count() != before || heed__session_bytes(&session) != bytes)
            fail_msg("%s: %d allocations", variants[i], (int)(heed__alloc_count() - before));
        heed__session_close(&session);
        heed_config_destroy(&config);
    }
}

/* A text is answered alike alone and among others. */
static void test_answers(void **state)
{
    (void)state;
    static const char *const said[] = {"the film was fine . and it was warm .",
                                       "dull。awful！",
                                       "",
                                       "a",
                                       "night . ! 。 ? story\n\nof it",
                                       "cold cold cold cold cold cold cold cold cold cold"};
    enum { TEXTS = 6 };
    const char *data = corpus_sentences();
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        corpus_run run = {.data = data, .model = files_path("a.heed"), .settings = variants[i]};
        heed_text texts[TEXTS];
        float together[TEXTS * 2], alone[2];
        heed_model *model = NULL;
        check_ok(corpus_train(&run));
        check_ok(heed_model_load(NULL, run.model, &model));
        for (int t = 0; t < TEXTS; t++) texts[t] = (heed_text){said[t], strlen(said[t])};
        check_ok(heed_model_predict(model, texts, TEXTS, together));
        for (int t = 0; t < TEXTS; t++) {
            check_ok(heed_model_predict(model, &texts[t], 1, alone));
            assert_memory_equal(alone, together + 2 * t, sizeof alone);
        }
        heed_model_destroy(&model);
    }
}

static void refused(const char *settings, heed_status status, const char *message)
{
    const char *data = corpus_sentences();
    char all[512];
    snprintf(all, sizeof all, HIERARCHY "%s", settings);
    corpus_run run = {.data = data, .model = files_path("a.heed"), .settings = all};
    check_fails(corpus_train(&run), status, message);
}

static void test_refused(void **state)
{
    (void)state;
    refused("pool.kind=cls", HEED_E_INVALID, "another pool");
    refused("pool.normaliser=sampled", HEED_E_UNSUPPORTED, "gumbel:hard=1");
    refused("output.kind=translate encoder.kind=gru", HEED_E_INVALID, "labels of whole texts");
    refused("train.watch=4", HEED_E_UNSUPPORTED, "sentences");
}

/* The sum of all weights from here on; *count of them. */
static double sum_weights(const char *json, int *count)
{
    static const char key[] = "\"weight\": ";
    double sum = 0;
    *count = 0;
    for (const char *at = json; (at = strstr(at, key)); ++*count) {
        at += strlen(key);
        sum += strtod(at, NULL);
    }
    return sum;
}

/* Both levels are there and sum to 1; every renderer draws them. */
static void test_explained(void **state)
{
    (void)state;
    static const char text[] = "the film was fine . a cold night。it was quite dull";
    const char *data = corpus_sentences();
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        corpus_run run = {.data = data, .model = files_path("a.heed"), .settings = variants[i]};
        heed_model *model = NULL;
        heed_explainer *explainer = NULL;
        heed_explain_options options = {.heat_maps = 1};
        char *drawn = NULL;
        size_t size;
        check_ok(corpus_train(&run));
        check_ok(heed_model_load(NULL, run.model, &model));
        check_ok(heed_explainer_create(model, &options, &explainer));
        check_ok(heed_explainer_add(explainer, NULL, (heed_text){text, strlen(text)}, NULL));
        heed_draw_options draw = {.renderer = "json"};
        check_ok(heed_explainer_draw(explainer, &draw, &drawn, &size));
        const char *sentences = strstr(drawn, "\"sentences\"");
        assert_non_null(sentences);
        /* Sentences sum to 1, and the words of each; there are 13 words. */
        int count, parts = i == 2 ? 6 : 3;
        double sum = sum_weights(sentences, &count);
        assert_int_equal(count, parts + 13);
        assert_true(sum > 1 + parts - 1e-4 && sum < 1 + parts + 1e-4);
        assert_non_null(strstr(drawn, "\"title\": \"sentences, words\""));
        heed_text_free(drawn);
        static const char *const renderers[] = {"terminal", "html", "svg"};
        for (int d = 0; d < 3; d++) {
            draw.renderer = renderers[d];
            heed_status status = heed_explainer_draw(explainer, &draw, &drawn, &size);
            if (status == HEED_E_UNSUPPORTED) continue; /* without Cairo */
            check_ok(status);
            assert_true(size > 0);
            heed_text_free(drawn);
        }
        heed_explainer_destroy(&explainer);
        heed_model_destroy(&model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {corpus_test(test_bits),
                                       corpus_test(test_resume),
                                       corpus_test(test_steps_take_no_memory),
                                       corpus_test(test_answers),
                                       corpus_test(test_refused),
                                       corpus_test(test_explained)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
