/* SPDX-License-Identifier: MIT */
/* Several members that each read sentences: one file for any threads, level and interruption;
 * answers, figures and both levels of an explanation are the mean of what each member gives. */
#include "train/corpus.h"

#include "explain/levels.h"
#include "heed/evaluate.h"
#include "heed/explain.h"
#include "model/members.h"
#include "train/evaluate.h"

#include <stdlib.h>

enum { MEMBERS = 3, TEXTS = 4, WIDTH = 2 };

#define HIERARCHY                                                                                  \
    CORPUS_SMALL                                                                                   \
    "encoder.hierarchy=sentences encoder.dim=16 train.steps=6 train.validate_every=3 "             \
    "train.members=3 "

static const char *const variants[] = {HIERARCHY, HIERARCHY "encoder.kind=gru",
                                       HIERARCHY "encoder.kind=transformer pool.heads=2"};
enum { VARIANTS = sizeof variants / sizeof *variants };

static heed_model *train(const char *settings)
{
    heed_model *model;
    corpus_run run = {.data = corpus_sentences(), .settings = settings};
    run.model = files_path("m.heed");
    check_ok(corpus_train(&run));
    check_ok(heed_model_load(NULL, run.model, &model));
    assert_int_equal(heed_model_members(model), MEMBERS);
    return model;
}

static void test_bits(void **state)
{
    (void)state;
    for (int i = 0; i < VARIANTS; i++) {
        corpus_run run = {.data = corpus_sentences(), .settings = variants[i]};
        run.model = files_path("a.heed");
        assert_true(corpus_train_apart(&run, ""));
        corpus_file wanted = corpus_read(run.model);
        run.model = files_path("b.heed");
        run.threads = 3;
        assert_true(corpus_train_apart(&run, "scalar"));
        if (!corpus_same(run.model, &wanted)) fail_msg("%s: other bytes", variants[i]);
        free(wanted.bytes);
    }
}

static void test_resume(void **state)
{
    (void)state;
    corpus_run run = {.data = corpus_sentences(), .settings = variants[1]};
    run.model = files_path("a.heed");
    check_ok(corpus_train(&run));
    corpus_file wanted = corpus_read(run.model);
    run.model = files_path("b.heed");
    int stops = 0;
    for (heed_status status = HEED_E_STOPPED; status == HEED_E_STOPPED; stops++) {
        run.stop_at = 1 + stops % 6;
        status = corpus_train(&run);
        if (status != HEED_OK) check_fails(status, HEED_E_STOPPED, "--resume goes on");
        run.resume = 1;
    }
    assert_true(stops > MEMBERS);
    assert_true(corpus_same(run.model, &wanted));
    free(wanted.bytes);
}

static heed_text text_at(const void *user, int64_t i)
{
    static const char *const texts[TEXTS] = {"the film was lovely . it was quite a night .",
                                             "a dull and awful story", "",
                                             "fine . cold . warm . broken and broken"};
    (void)user;
    return (heed_text){texts[i], strlen(texts[i])};
}

/* What the members asked say of the texts, before any temperature. */
static void opinions_of(heed_model *model, int asked, float *out)
{
    heed__examples x = {0};
    check_ok(heed_model_ask_member(model, asked));
    check_ok(heed__examples_encode_words(NULL, model->tokenizer, TEXTS, text_at, NULL, 0, &x));
    check_ok(heed__model_opinions(model, &x, out, NULL));
    heed__examples_free(&x);
}

/* To the bit: their sum in their order, times a third. */
static void test_answers_are_the_mean(void **state)
{
    (void)state;
    for (int v = 0; v < VARIANTS; v++) {
        heed_model *model = train(variants[v]);
        float whole[TEXTS * WIDTH], each[TEXTS * WIDTH], mean[TEXTS * WIDTH] = {0};
        float alone[WIDTH], together[TEXTS * WIDTH];
        heed_text texts[TEXTS];
        for (int i = 0; i < TEXTS; i++) texts[i] = text_at(NULL, i);
        opinions_of(model, 0, whole);
        for (int m = 1; m <= MEMBERS; m++) {
            opinions_of(model, m, each);
            for (int i = 0; i < TEXTS * WIDTH; i++) mean[i] += each[i];
            assert_memory_not_equal(each, whole, sizeof whole);
        }
        for (int i = 0; i < TEXTS * WIDTH; i++) mean[i] *= 1 / (float)MEMBERS;
        assert_memory_equal(whole, mean, sizeof whole);
        check_ok(heed_model_ask_member(model, 0));
        check_ok(heed_model_predict(model, texts, TEXTS, together));
        for (int i = 0; i < TEXTS; i++) { /* whatever stands beside it */
            check_ok(heed_model_predict(model, &texts[i], 1, alone));
            assert_memory_equal(alone, together + i * WIDTH, sizeof alone);
        }
        heed_model_destroy(&model);
    }
}

/* The figures are those of what all say together, or of the one that is asked. */
static void test_figures(void **state)
{
    (void)state;
    heed_model *model = train(variants[1]);
    heed_dataset *rows = NULL;
    const char *path = corpus_sentences();
    check_ok(heed_dataset_read(NULL, &path, 1, NULL, &rows));
    for (int asked = 0; asked <= MEMBERS; asked++) {
        heed_metrics *metrics = NULL;
        int64_t right = 0;
        check_ok(heed_model_ask_member(model, asked));
        check_ok(heed_evaluate(model, rows, 0, -1, &metrics));
        for (int64_t i = 0; i < CORPUS_ROWS; i++) {
            float values[WIDTH];
            heed_answer answer;
            heed_text text = heed_dataset_text(rows, i);
            check_ok(heed_model_predict(model, &text, 1, values));
            heed_model_best(model, 0, values, &answer);
            right += strcmp(answer.label, heed_dataset_label(rows, i, 0).bytes) == 0;
        }
        assert_float_equal(metrics->accuracy, (double)right / CORPUS_ROWS, 1e-12);
        heed_metrics_destroy(&metrics);
    }
    heed_dataset_destroy(&rows);
    heed_model_destroy(&model);
}

enum { LENGTH = 32 };

/* Weights of sentences and of words in them, as they are drawn. */
static size_t shown_weights(heed_model *model, int asked, float *weights)
{
    heed__arena arena = {0};
    heed__explanation shown = {0};
    heed__reading r;
    heed_text text = text_at(NULL, 3);
    size_t n = 0;
    check_ok(heed_model_ask_member(model, asked));
    check_ok(heed__reading_open(model, text.bytes, text.size, &r));
    check_ok(heed__levels_show(&r, &arena, &shown));
    assert_int_equal(shown.n_sentences, 4);
    for (size_t s = 0; s < shown.n_sentences; s++) {
        weights[n++] = shown.sentences[s].weight;
        for (size_t w = 0; w < shown.sentences[s].part.n_words; w++)
            weights[n++] = shown.sentences[s].words.scores[w];
    }
    assert_true(n < LENGTH);
    heed__reading_close(&r);
    heed__arena_free(&arena);
    return n;
}

static void test_levels_are_the_mean(void **state)
{
    (void)state;
    for (int v = 0; v < VARIANTS; v++) {
        heed_model *model = train(variants[v]);
        float whole[LENGTH], each[LENGTH], mean[LENGTH] = {0};
        size_t n = shown_weights(model, 0, whole);
        for (int m = 1; m <= MEMBERS; m++) {
            assert_int_equal(shown_weights(model, m, each), n);
            assert_memory_not_equal(each, whole, n * sizeof *each); /* its own */
            for (size_t i = 0; i < n; i++) mean[i] += each[i] / MEMBERS;
        }
        for (size_t i = 0; i < n; i++) assert_float_equal(whole[i], mean[i], 1e-6);
        heed_model_destroy(&model);
    }
}

/* Every method that looks inside gives the mean of what it gives of each member. */
static void test_scores_are_the_mean(void **state)
{
    (void)state;
    const heed__method *method;
    for (int v = 0; v < VARIANTS; v++) {
        heed_model *model = train(variants[v]);
        heed_text text = text_at(NULL, 3);
        heed__reading r;
        check_ok(heed__reading_open(model, text.bytes, text.size, &r));
        assert_true(r.n_words > 3 && r.n_words < LENGTH);
        for (size_t i = 0; (method = heed__method_at(i)); i++) {
            float whole[LENGTH], each[LENGTH], mean[LENGTH] = {0};
            if (!method->supports(model)) continue;
            check_ok(heed__reading_score(&r, method, 0, whole));
            for (int m = 0; m < MEMBERS && !method->answers; m++) {
                r.model = heed__member_at(model, m);
                check_ok(method->score(&r, 0, each));
                for (size_t w = 0; w < r.n_words; w++) mean[w] += each[w] / MEMBERS;
            }
            r.model = model;
            for (size_t w = 0; w < r.n_words && !method->answers; w++)
                assert_float_equal(whole[w], mean[w], 1e-5);
        }
        heed__reading_close(&r);
        heed_model_destroy(&model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        corpus_test(test_bits), /* first: a level is chosen once a process */
        corpus_test(test_resume),
        corpus_test(test_answers_are_the_mean),
        corpus_test(test_figures),
        corpus_test(test_levels_are_the_mean),
        corpus_test(test_scores_are_the_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
