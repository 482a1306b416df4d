/* SPDX-License-Identifier: MIT */
/* Several members in one model: the first is the model that a run without the others gives, all of
 * them answer by their mean, and a run that was cut anywhere ends in the same bytes. */
#include "train/corpus.h"

#include "explain/reading.h"
#include "heed/model.h"
#include "io/container.h"
#include "model/members.h"

#include <math.h>

#define MEMBERS                                                                                    \
    CORPUS_SMALL "encoder.dim=16 train.batch_texts=16 train.steps=5 train.validate_every=2 "       \
                 "encoder.kind=transformer train.members=3 "

enum { TEXTS = 3, WIDTH = 8 };
static const heed_text texts[TEXTS] = {
    {"the film was lovely", 19}, {"a dull and awful story", 22}, {"it was quite a night", 20}};

static heed_model *train(const char *kind, const char *settings, const char *name)
{
    heed_model *model;
    corpus_run run = {.data = corpus_write("data.tsv", kind), .model = files_path(name)};
    run.settings = settings;
    check_ok(corpus_train(&run));
    check_ok(heed_model_load(NULL, run.model, &model));
    return model;
}

/* What each member says alone, averaged by hand, and the temperature of the whole. */
static void check_mean(const char *kind, const char *settings)
{
    float whole[TEXTS][WIDTH], each[TEXTS][WIDTH], mean[TEXTS][WIDTH] = {{0}};
    heed_model *model = train(kind, settings, "m.heed");
    int width = (int)heed_model_width(model), members = heed_model_members(model);
    assert_int_equal(members, 3);
    for (int i = 0; i < model->n_outputs; i++) model->outputs[i].temperature = 2;
    check_ok(heed_model_predict(model, texts, TEXTS, &whole[0][0]));
    for (int m = 1; m <= members; m++) {
        check_ok(heed_model_ask_member(model, m));
        check_ok(heed_model_predict(model, texts, TEXTS, &each[0][0]));
        for (int i = 0; i < TEXTS * width; i++) (&mean[0][0])[i] += (&each[0][0])[i] / 3;
    }
    for (int t = 0; t < TEXTS; t++) {
        float *m = &mean[0][0] + t * width, *w = &whole[0][0] + t * width;
        for (int o = 0; o < heed_model_outputs(model); o++) {
            heed_output out = heed_model_output(model, o);
            float sum = 0;
            for (int j = 0; j < out.count && out.kind == HEED_OUTPUT_CLASS; j++)
                sum += sqrtf(m[out.first + j]); /* temperature 2 */
            for (int j = 0; j < out.count; j++)
                assert_float_equal(w[out.first + j],
                                   out.kind == HEED_OUTPUT_CLASS ? sqrtf(m[out.first + j]) / sum
                                                                 : m[out.first + j],
                                   1e-5f * (1 + fabsf(m[out.first + j])));
        }
    }
    check_fails(heed_model_ask_member(model, 4), HEED_E_INVALID, "0 (all) to 3");
    heed_model_destroy(&model);
}

static void test_mean(void **state)
{
    (void)state;
    check_mean("class", MEMBERS);
    check_mean("two", MEMBERS);
    check_mean("set", MEMBERS);
}

/* Parameters of the first are those of a run without --members, whose steps it shares; the others
 * differ from it and from each other. */
static void test_first_is_alone(void **state)
{
    (void)state;
    heed_model *three = train("class", MEMBERS, "three.heed");
    heed_model *one = train("class", MEMBERS "train.members=1", "one.heed");
    assert_int_equal(heed_model_members(one), 1);
    for (size_t i = 0; i < one->params.count; i++) {
        const heed__param *a = one->params.items[i], *b = three->params.items[i];
        assert_memory_equal(a->data, b->data, (size_t)(a->rows * a->cols) * sizeof *a->data);
    }
    for (int m = 0; m < 3; m++) {
        const heed__param *a = heed__member_at(three, m)->params.items[0];
        const heed__param *b = heed__member_at(three, (m + 1) % 3)->params.items[0];
        assert_memory_not_equal(a->data, b->data, (size_t)(a->rows * a->cols) * sizeof *a->data);
    }
    heed_model_destroy(&three);
    heed_model_destroy(&one);
}

static void test_same_file(void **state)
{
    (void)state;
    corpus_run run = {.data = corpus_write("data.tsv", "two"), .settings = MEMBERS};
    run.model = files_path("one.heed");
    assert_true(corpus_train_apart(&run, ""));
    corpus_file wanted = corpus_read(run.model);
    run.model = files_path("b.heed");
    run.threads = 3;
    assert_true(corpus_train_apart(&run, "scalar"));
    assert_true(corpus_same(run.model, &wanted));
    heed_model *model;
    check_ok(heed_model_load(NULL, run.model, &model));
    check_ok(heed_model_save(model, files_path("c.heed")));
    heed_model_destroy(&model);
    free(wanted.bytes);
    wanted = corpus_read(files_path("c.heed")); /* its texts stand in another order */
    check_ok(heed_model_load(NULL, files_path("c.heed"), &model));
    check_ok(heed_model_save(model, files_path("d.heed")));
    assert_true(corpus_same(files_path("d.heed"), &wanted));
    heed_model_destroy(&model);
    free(wanted.bytes);
}

/* Stopped after each of the fifteen steps, again and again; and killed in the second member. */
static void test_resume(void **state)
{
    (void)state;
    corpus_run run = {.data = corpus_write("data.tsv", "class"), .settings = MEMBERS};
    run.model = files_path("whole.heed");
    check_ok(corpus_train(&run));
    assert_int_equal(run.result.members, 3);
    corpus_file wanted = corpus_read(run.model);
    run.model = files_path("a.heed");
    int stops = 0;
    for (heed_status status = HEED_E_STOPPED; status == HEED_E_STOPPED; stops++) {
        run.stop_at = 1 + stops % 5;
        status = corpus_train(&run);
        if (status != HEED_OK) check_fails(status, HEED_E_STOPPED, "--resume goes on");
        run.resume = 1;
    }
    assert_true(stops > 3);
    assert_true(corpus_same(run.model, &wanted));
    free(wanted.bytes);
}

static void watch_second(void *user, const heed_progress *p)
{
    (void)user;
    if (p->member == 2 && p->step == 3) _exit(42);
}

static void test_killed(void **state)
{
    (void)state;
    corpus_run run = {.data = corpus_write("data.tsv", "class"), .settings = MEMBERS};
    run.model = files_path("whole.heed");
    assert_true(corpus_train_apart(&run, ""));
    corpus_file wanted = corpus_read(run.model);
    run.model = files_path("a.heed");
    pid_t child = fork();
    if (child == 0) {
        heed_config *config = corpus_config(run.settings);
        heed_read_options read = {.label = corpus_labels};
        heed_train_result result;
        heed_train_options options = {.paths = &run.data,
                                      .n_paths = 1,
                                      .model_path = run.model,
                                      .read = &read,
                                      .config = config,
                                      .progress = watch_second};
        _exit(heed_train(NULL, &options, &result) == HEED_OK);
    }
    int ended;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 42);
    heed_model *first; /* what is there is a model of one */
    check_ok(heed_model_load(NULL, run.model, &first));
    assert_int_equal(heed_model_members(first), 1);
    heed_model_destroy(&first);
    run.resume = 1;
    assert_true(corpus_train_apart(&run, ""));
    assert_true(corpus_same(run.model, &wanted));
    free(wanted.bytes);
}

/* Scores of a method that looks inside are the mean of each member's, for the label that all of
 * them gave; those of occlusion are of what all say together. */
static void test_explained(void **state)
{
    (void)state;
    heed_model *model = train("class", MEMBERS, "m.heed");
    const heed__method *method;
    for (size_t i = 0; (method = heed__method_at(i)); i++) {
        float whole[16], mean[16] = {0}, each[16];
        heed__reading r;
        check_ok(heed__reading_open(model, texts[1].bytes, texts[1].size, &r));
        assert_true(r.n_words > 2 && r.n_words < 16);
        check_ok(heed__reading_score(&r, method, 0, whole));
        for (int m = 0; m < 3; m++) {
            r.model = heed__member_at(model, m);
            check_ok(method->score(&r, 0, each));
            for (size_t w = 0; w < r.n_words; w++) mean[w] += each[w] / 3;
        }
        for (size_t w = 0; w < r.n_words && i; w++) assert_float_equal(whole[w], mean[w], 1e-5);
        r.model = model;
        const unsigned char mask[16] = {0, 1};
        const unsigned char *without = mask;
        float values[WIDTH];
        check_ok(heed__reading_without(&r, 1, &without, values));
        if (i == 0)
            assert_float_equal(whole[1],
                               heed__reading_strength(&r, r.values, 0) -
                                   heed__reading_strength(&r, values, 0),
                               1e-6);
        heed__reading_close(&r);
    }
    heed_model_destroy(&model);
}

/* A reader that knows no members must not take the first for all. */
static void test_file_says_so(void **state)
{
    (void)state;
    heed__safetensors *file;
    heed_model_destroy(&(heed_model *){train("class", MEMBERS, "m.heed")});
    check_ok(heed__container_read(NULL, files_path("m.heed"), &file));
    assert_string_equal(heed__safetensors_text(file, "heed.format"), "2");
    assert_string_equal(heed__safetensors_text(file, "heed.members"), "3");
    assert_non_null(heed__safetensors_tensor(file, "member.2.embedding.weight"));
    assert_null(heed__safetensors_tensor(file, "member.3.embedding.weight"));
    heed__safetensors_free(&file);
    heed_model_destroy(&(heed_model *){train("class", MEMBERS "train.members=1", "m.heed")});
    check_ok(heed__container_read(NULL, files_path("m.heed"), &file));
    assert_string_equal(heed__safetensors_text(file, "heed.format"), "1");
    assert_null(heed__safetensors_text(file, "heed.members"));
    heed__safetensors_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        corpus_test(test_same_file), /* first: a level is chosen once a process */
        corpus_test(test_killed),    corpus_test(test_mean),      corpus_test(test_first_is_alone),
        corpus_test(test_resume),    corpus_test(test_explained), corpus_test(test_file_says_so)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
