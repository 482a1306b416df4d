/* SPDX-License-Identifier: MIT */
/* An answer depends on its text alone, to the bit; a model comes back from its file as it was. */
#include "train/corpus.h"

#include "heed/evaluate.h"
#include "heed/model.h"
#include "model/model.h"
#include "out_of_memory.h"

#include <math.h>

enum { TEXTS = 90, WIDTH = 8 };

static char words[TEXTS][400];
static heed_text texts[TEXTS];

/* Lengths from no token at all to 70, most of them 1: the same text stands in many neighbourhoods.
 */
static void make_texts(void)
{
    unsigned state = 11;
    for (int i = 0; i < TEXTS; i++) {
        unsigned count = i % 3 ? 1 : corpus_next(&state) % 70;
        words[i][0] = 0;
        for (unsigned w = 0; w < count; w++) {
            strcat(words[i],
                   w % 9 == 4 ? corpus_good[w % 4] : corpus_plain[corpus_next(&state) % 10]);
            strcat(words[i], " ");
        }
        texts[i] = (heed_text){words[i], strlen(words[i])};
    }
}

static void check_neighbours(const char *kind, const char *settings)
{
    static float together[TEXTS][WIDTH], alone[WIDTH], turned[TEXTS][WIDTH];
    corpus_run run = {.data = corpus_write("data.tsv", kind), .model = files_path("a.heed")};
    run.settings = settings;
    heed_context *threads = NULL;
    heed_context_options three = {.threads = 3};
    heed_model *model = NULL, *spread = NULL;
    check_ok(corpus_train(&run));
    check_ok(heed_context_create(&three, &threads));
    check_ok(heed_model_load(NULL, run.model, &model));
    check_ok(heed_model_load(threads, run.model, &spread));
    size_t width = (size_t)heed_model_width(model), bytes = width * sizeof(float);
    assert_true(width <= WIDTH);
    check_ok(heed_model_predict(model, texts, TEXTS, &together[0][0]));
    heed_text reversed[TEXTS];
    for (int i = 0; i < TEXTS; i++) reversed[i] = texts[TEXTS - 1 - i];
    check_ok(heed_model_predict(spread, reversed, TEXTS, &turned[0][0]));
    for (int i = 0; i < TEXTS; i++) {
        const float *here = &together[0][0] + (size_t)i * width;
        check_ok(heed_model_predict(i % 2 ? model : spread, &texts[i], 1, alone));
        assert_memory_equal(alone, here, bytes);
        assert_memory_equal(&turned[0][0] + (size_t)(TEXTS - 1 - i) * width, here, bytes);
    }
    heed_model_destroy(&model);
    heed_model_destroy(&spread);
    heed_context_destroy(&threads);
}

static void test_neighbours(void **state)
{
    (void)state;
    make_texts();
    check_neighbours("class", CORPUS_SMALL "train.steps=3");
    check_neighbours("set", CORPUS_SMALL "train.steps=3 encoder.kind=gru");
    check_neighbours("number", CORPUS_SMALL "train.steps=3 encoder.kind=lstm pool.kind=cls");
    check_neighbours("two", CORPUS_SMALL "train.steps=3 encoder.kind=transformer");
    check_neighbours("class", CORPUS_SMALL "train.steps=3 encoder.kind=transformer "
                                           "encoder.score=additive encoder.causal=true "
                                           "encoder.positions=learned encoder.key_heads=1");
    check_neighbours("class", CORPUS_SMALL "train.steps=3 encoder.kind=transformer pool.kind=mean "
                                           "input.max_length=20 encoder.norm=post");
}

/* Loaded and saved again: the same file; and the same answers. */
static void test_round_trip(void **state)
{
    (void)state;
    static const char *const kinds[] = {"class", "set", "number", "two"};
    make_texts();
    for (int k = 0; k < 4; k++) {
        float first[WIDTH * TEXTS], second[WIDTH * TEXTS];
        corpus_run run = {.data = corpus_write("data.tsv", kinds[k]),
                          .model = files_path("a.heed")};
        run.settings = CORPUS_SMALL "train.steps=3 encoder.kind=transformer";
        heed_model *model = NULL, *again = NULL;
        check_ok(corpus_train(&run));
        check_ok(heed_model_load(NULL, run.model, &model));
        check_ok(heed_model_predict(model, texts, TEXTS, first));
        /* The checksum is the file's own business, and not a note to keep. */
        for (int i = 0; i < model->n_notes; i++)
            if (strcmp(model->notes[i].key, HEED_CONTAINER_CHECKSUM_KEY) == 0) {
                heed__free(model->notes[i].value);
                model->notes[i] = model->notes[--model->n_notes];
            }
        const char *copy = files_path("b.heed");
        check_ok(heed_model_save(model, copy));
        check_ok(heed_model_load(NULL, copy, &again));
        check_ok(heed_model_predict(again, texts, TEXTS, second));
        size_t bytes = (size_t)(heed_model_width(model) * TEXTS) * sizeof(float);
        assert_memory_equal(first, second, bytes);
        assert_int_equal(heed_model_outputs(model), heed_model_outputs(again));
        for (int o = 0; o < heed_model_outputs(model); o++) {
            heed_output a = heed_model_output(model, o), b = heed_model_output(again, o);
            assert_string_equal(a.name, b.name);
            assert_int_equal(a.kind, b.kind);
            assert_int_equal(a.first, b.first);
            for (int64_t l = 0; a.kind != HEED_OUTPUT_NUMBER && l < a.count; l++)
                assert_string_equal(heed_model_label(model, o, l), heed_model_label(again, o, l));
        }
        heed_model_destroy(&model);
        heed_model_destroy(&again);
    }
}

/* What the values are: probabilities that sum to one, probabilities, or a number in its unit. */
static void test_values(void **state)
{
    (void)state;
    float values[WIDTH];
    heed_model *model = NULL;
    heed_text text = {"the film was lovely and warm", 28};
    corpus_run run = {.data = corpus_write("data.tsv", "two"),
                      .model = files_path("a.heed"),
                      .settings = CORPUS_SMALL "train.steps=60 encoder.kind=gru"};
    check_ok(corpus_train(&run));
    check_ok(heed_model_load(NULL, run.model, &model));
    assert_int_equal(heed_model_outputs(model), 2);
    assert_int_equal(heed_model_output(model, 0).kind, HEED_OUTPUT_CLASS);
    assert_int_equal(heed_model_output(model, 1).kind, HEED_OUTPUT_NUMBER);
    check_ok(heed_model_predict(model, &text, 1, values));
    assert_true(fabsf(values[0] + values[1] - 1) < 1e-6f);
    heed_answer topic, level;
    heed_model_best(model, 0, values, &topic);
    heed_model_best(model, 1, values, &level);
    assert_string_equal(topic.label, "praise");
    assert_true(topic.value > 0.5f);
    assert_null(level.label);
    assert_true(level.value > 3); /* of -10.5 and 10.5 */
    check_fails(heed_model_predict(model, &text, -1, values), HEED_E_INVALID, "negative");
    check_ok(heed_model_predict(model, NULL, 0, values));
    heed_text bad = {"\xff", 1};
    check_fails(heed_model_predict(model, &bad, 1, values), HEED_E_DATA, "UTF-8");
    heed_model_destroy(&model);
}

typedef struct loaded {
    const char *path;
} loaded;

static heed_status load_job(void *arg)
{
    float values[WIDTH * 3];
    heed_model *model = NULL;
    char *info = NULL;
    heed_status status = heed_model_load(NULL, arg, &model);
    if (status == HEED_OK) status = heed_model_predict(model, texts, 3, values);
    if (status == HEED_OK) status = heed_model_info(model, 0, &info);
    heed_text_free(info);
    heed_model_destroy(&model);
    return status;
}

static void test_without_memory(void **state)
{
    (void)state;
    static const char *const encoders[] = {"none", "gru", "transformer"};
    make_texts();
    for (int i = 0; i < 3; i++) {
        char settings[256], path[160];
        strcpy(path, files_path("a.heed"));
        snprintf(settings, sizeof settings, CORPUS_SMALL "train.steps=2 encoder.kind=%s",
                 encoders[i]);
        corpus_run run = {.data = corpus_write("data.tsv", "two"), .model = path};
        run.settings = settings;
        check_ok(corpus_train(&run));
        check_out_of_memory(load_job, path, 150);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {corpus_test(test_neighbours), corpus_test(test_round_trip),
                                       corpus_test(test_values), corpus_test(test_without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
