/* SPDX-License-Identifier: MIT */
/* Numbers that are none end a run and leave the last good model; data that cannot be learned from
 * is refused. */
#include "train/corpus.h"

#include "heed/model.h"
#include "train/session.h"

#include <math.h>

/* Fills a session in place: what it holds points into it. */
static void open_session(heed__session *session, const char *data, const char *settings)
{
    static heed_train_options options;
    static const char *path;
    heed_config *config = corpus_config(settings);
    path = data;
    options = (heed_train_options){
        .paths = &path, .n_paths = 1, .model_path = files_path("a.heed"), .config = config};
    check_ok(heed__session_open(NULL, &options, session));
    check_ok(heed__session_start(session));
    heed_config_destroy(&config);
}

/* Whatever a run ends with, the model on disk answers with numbers. */
static void check_model_is_sound(const char *path)
{
    heed_model *model;
    heed_text text = {"the film was lovely", 19};
    float values[8];
    check_ok(heed_model_load(NULL, path, &model));
    check_ok(heed_model_predict(model, &text, 1, values));
    for (int64_t i = 0; i < heed_model_width(model); i++) assert_true(isfinite(values[i]));
    heed_model_destroy(&model);
}

static void test_run_away(void **state)
{
    (void)state;
    corpus_run run = {.data = corpus_write("data.tsv", "number"),
                      .model = files_path("a.heed"),
                      .settings = CORPUS_SMALL
                      "train.steps=200 train.optimizer=sgd train.lr=20 train.clip=0 "
                      "train.warmup=1e-9 train.schedule=constant train.validate_every=1"};
    heed_status status = corpus_train(&run);
    assert_int_equal(status, HEED_E_NUMERIC);
    assert_non_null(strstr(heed_status_message(), "step "));
    check_model_is_sound(run.model);
}

static heed_real *parameter(heed__session *s, const char *name)
{
    for (size_t i = 0; i < s->model->params.count; i++)
        if (strcmp(s->model->params.items[i]->name, name) == 0)
            return s->model->params.items[i]->data;
    fail_msg("no parameter %s", name);
    return NULL;
}

static void test_tensor_is_named(void **state)
{
    (void)state;
    static const heed_real poisons[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        double loss, rate;
        heed__session s;
        open_session(&s, corpus_write("data.tsv", "class"), CORPUS_SMALL);
        check_ok(heed__session_step(&s, &loss, &rate));
        parameter(&s, "output.0.weight")[3] = poisons[i];
        check_fails(heed__session_step(&s, &loss, &rate), HEED_E_NUMERIC, "'output.0.weight'");
        heed__session_close(&s);
    }
}

static void test_class_weights(void **state)
{
    (void)state;
    const char *path = files_path("uneven.tsv");
    FILE *file = fopen(path, "w");
    fprintf(file, "text\tlabel\n");
    for (int i = 0; i < 60; i++)
        fprintf(file, "word%d %s\t%s\n", i % 7, i % 5 ? "x" : "y", i % 5 ? "often" : "rarely");
    fclose(file);
    heed__session s;
    open_session(&s, path, CORPUS_SMALL "output.class_weights=balanced");
    const heed__model_output *o = &s.model->outputs[0];
    int64_t total = o->labels->counts[0] + o->labels->counts[1];
    for (int j = 0; j < 2; j++)
        assert_float_equal(o->class_weights[j], (float)total / (2 * (float)o->labels->counts[j]),
                           1e-6);
    heed__session_close(&s);
    open_session(&s, path, CORPUS_SMALL);
    assert_null(s.model->outputs[0].class_weights);
    heed__session_close(&s);
}

static void test_numbers_out_of_range(void **state)
{
    (void)state;
    char text[4096] = "text\tlabel\n";
    for (int i = 0; i < 40; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "word%d\t%d.5e37\n", i, i % 30);
    corpus_run run = {.data = files_text("huge.tsv", text),
                      .model = files_path("a.heed"),
                      .settings = CORPUS_SMALL "train.steps=1"};
    check_fails(corpus_train(&run), HEED_E_DATA, "in a unit");
    assert_int_not_equal(access(run.model, F_OK), 0);
}

static void test_bad_options(void **state)
{
    (void)state;
    heed_train_result result;
    heed_train_options options = {.model_path = files_path("a.heed")};
    check_fails(heed_train(NULL, &options, &result), HEED_E_INVALID, "needs data");
    const char *data = corpus_write("data.tsv", "class");
    options = (heed_train_options){.paths = &data, .n_paths = 1};
    check_fails(heed_train(NULL, &options, &result), HEED_E_INVALID, "path for the model");
    corpus_run run = {.data = data, .model = files_path("a.heed")};
    run.settings = CORPUS_SMALL "encoder.kind=transformer encoder.heads=5";
    check_fails(corpus_train(&run), HEED_E_INVALID, "make it 30 or 35");
    run.settings = CORPUS_SMALL "encoder.kind=transformer encoder.heads=64";
    check_fails(corpus_train(&run), HEED_E_INVALID, "more than dim = 32");
    run.settings = CORPUS_SMALL "encoder.kind=gru encoder.dim=9";
    check_fails(corpus_train(&run), HEED_E_INVALID, "even for two directions");
    run.settings = CORPUS_SMALL "encoder.kind=transformer encoder.key_heads=3";
    check_fails(corpus_train(&run), HEED_E_INVALID, "key_heads = 3 does not divide");
    run.settings = CORPUS_SMALL;
    run.model = "/nonexistent folder/a.heed";
    check_fails(corpus_train(&run), HEED_E_IO, "/nonexistent folder");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        corpus_test(test_run_away), corpus_test(test_tensor_is_named),
        corpus_test(test_class_weights), corpus_test(test_numbers_out_of_range),
        corpus_test(test_bad_options)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
