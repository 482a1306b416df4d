/* SPDX-License-Identifier: MIT */
/* Training that goes on from a model: what is kept is kept, what is new is new, and the file is
 * still a function of data, settings and that model. */
#include "train/pairs.h"

#include "heed/model.h"
#include "heed/tags.h"
#include "model/members.h"

#define SMALL                                                                                      \
    CORPUS_SMALL "encoder.dim=16 encoder.kind=transformer train.batch_texts=16 "                   \
                 "train.validate_every=2 "
#define STILL "train.steps=1 train.lr=1e-9 train.weight_decay=0 train.validate_every=1 "

static char parent_path[512], child_path[512], data_path[512], log_text[4096];

static void keep_log(void *user, heed_log_level level, const char *line)
{
    (void)user;
    (void)level;
    strncat(log_text, line, sizeof log_text - strlen(log_text) - 2);
    strcat(log_text, "\n");
}

typedef struct going {
    const char *data, *from, *model, *settings;
    int64_t stop_at;
    int resume;
    volatile int stop;
} going;

static void watch(void *user, const heed_progress *p)
{
    going *g = user;
    if (g->stop_at && p->step >= g->stop_at) g->stop = 1;
}

static heed_status go_on(going *g)
{
    heed_context *context = NULL;
    heed_context_options wanted = {.threads = 1, .log = keep_log};
    heed_config *config = corpus_config(g->settings);
    heed_read_options read = {.label = corpus_labels};
    heed_train_result result;
    heed_train_options options = {.paths = &g->data,
                                  .n_paths = 1,
                                  .model_path = g->model,
                                  .from_path = g->from,
                                  .read = &read,
                                  .config = config,
                                  .resume = g->resume,
                                  .stop = &g->stop,
                                  .progress = watch,
                                  .progress_user = g};
    g->stop = 0;
    log_text[0] = 0;
    check_ok(heed_context_create(&wanted, &context));
    heed_status status = heed_train(context, &options, &result);
    heed_context_destroy(&context);
    heed_config_destroy(&config);
    return status;
}

static int setup(void **state)
{
    if (corpus_setup(state) != 0) return 1;
    snprintf(parent_path, sizeof parent_path, "%s", files_path("parent.heed"));
    snprintf(child_path, sizeof child_path, "%s", files_path("child.heed"));
    snprintf(data_path, sizeof data_path, "%s", corpus_write("data.tsv", "class"));
    return 0;
}

/* The old data with a third label, which sorts before the others. */
static void add_label(void)
{
    FILE *file = fopen(data_path, "a");
    assert_non_null(file);
    for (int i = 0; i < 16; i++) fprintf(file, "an odd zebra number%d\tanew\n", i % 3);
    fclose(file);
}

static void check_close(const heed__param *a, const heed__param *b, int64_t count)
{
    for (int64_t i = 0; i < count; i++) assert_float_equal(a->data[i], b->data[i], 1e-6);
}

static void test_labels_join(void **state)
{
    (void)state;
    going g = {.data = data_path, .model = parent_path, .settings = SMALL "train.steps=4"};
    heed_model *old, *young;
    check_ok(go_on(&g));
    add_label();
    g.from = parent_path;
    g.model = child_path;
    g.settings = STILL "train.seed=9 train.patience=0 train.new_words=false";
    check_ok(go_on(&g));
    if (!strstr(log_text, "2 kept, 1 new (anew)") || !strstr(log_text, " kept, 33 new"))
        fail_msg("%s", log_text);
    check_ok(heed_model_load(NULL, parent_path, &old));
    check_ok(heed_model_load(NULL, child_path, &young));
    assert_int_equal(heed_model_output(young, 0).count, 3);
    assert_string_equal(heed_model_label(young, 0, 0), heed_model_label(old, 0, 0));
    assert_string_equal(heed_model_label(young, 0, 2), "anew");
    assert_int_equal(old->params.count, young->params.count);
    for (size_t i = 0; i < old->params.count; i++) {
        const heed__param *a = old->params.items[i], *b = young->params.items[i];
        check_close(a, b, a->rows * a->cols);
        if (strcmp(a->name, "output.0.weight") == 0) {
            float size = 0; /* of the new row */
            assert_int_equal(b->rows, a->rows + 1);
            for (int64_t j = a->rows * a->cols; j < b->rows * b->cols; j++)
                size += b->data[j] * b->data[j];
            assert_true(size > 0.01f);
        }
    }
    assert_true(strstr(heed__model_note_find(young, "heed.data"), "parent_sha256") != NULL);
    heed_model_destroy(&old);
    heed_model_destroy(&young);
}

static int64_t words_of(const heed_model *model)
{
    return heed__tokenizer_vocabulary(model->tokenizer);
}

/* New words begin as the unknown word, new n-grams at nothing: what the model says of any text, it
 * says until it has learned. */
static void check_same_answers(heed_model *old, heed_model *young)
{
    static const char *const texts[] = {"the film was superb", "a zebra of the night",
                                        "odd numbers of zebra"};
    heed_text asked[3];
    float a[6], b[6];
    for (int i = 0; i < 3; i++) asked[i] = (heed_text){texts[i], strlen(texts[i])};
    check_ok(heed_model_predict(old, asked, 3, a));
    check_ok(heed_model_predict(young, asked, 3, b));
    for (int i = 0; i < 6; i++) assert_float_equal(a[i], b[i], 1e-4);
}

/* The old data with words that it did not have, twice and more each. */
static void add_words(void)
{
    FILE *file = fopen(data_path, "a");
    assert_non_null(file);
    for (int i = 0; i < 16; i++)
        fprintf(file, "an odd zebra of the night\t%s\n", i % 2 ? "praise" : "blame");
    fclose(file);
}

static void test_words_join(void **state)
{
    (void)state;
    going g = {.data = data_path, .model = parent_path, .settings = SMALL "train.steps=8"};
    heed_model *old, *young;
    check_ok(go_on(&g));
    add_words();
    g.from = parent_path;
    g.model = child_path;
    g.settings = STILL "train.patience=0 input.ngram_min_count=3";
    check_ok(go_on(&g));
    if (!strstr(log_text, " kept, 3 new (an, odd, zebra); n-grams of tokens: ") ||
        !strstr(log_text, "of the new data were unknown, 0.00 % are"))
        fail_msg("%s", log_text);
    check_ok(heed_model_load(NULL, parent_path, &old));
    check_ok(heed_model_load(NULL, child_path, &young));
    assert_int_equal(words_of(young), words_of(old) + 3);
    for (int i = 0; i < HEED_BAGS; i++)
        assert_true(heed__tokenizer_ngrams(young->tokenizer, i) >
                    heed__tokenizer_ngrams(old->tokenizer, i));
    const heed__param *a = old->embedding, *b = young->embedding;
    assert_int_equal(b->rows, a->rows + 3);
    check_close(a, b, a->rows * a->cols);
    for (int64_t row = a->rows; row < b->rows; row++)
        for (int64_t i = 0; i < a->cols; i++)
            assert_float_equal(b->data[row * a->cols + i], a->data[i], 1e-6);
    check_same_answers(old, young);
    assert_string_equal(heed_config_get(young->config, "input.ngram_min_count"), "3");
    heed_model_destroy(&young);
    g.settings = "train.steps=40"; /* and they learn, each for itself */
    check_ok(go_on(&g));
    check_ok(heed_model_load(NULL, child_path, &young));
    const heed_real *one = young->embedding->data + (a->rows + 1) * a->cols, *two = one + a->cols;
    float apart = 0;
    for (int64_t i = 0; i < a->cols; i++) apart += (one[i] - two[i]) * (one[i] - two[i]);
    assert_true(apart > 1e-6f);
    heed_model_destroy(&young);
    heed_model_destroy(&old);
}

static void test_words_are_kept(void **state)
{
    (void)state;
    going g = {.data = data_path, .model = parent_path, .settings = SMALL "train.steps=4"};
    heed_model *old, *young;
    check_ok(go_on(&g));
    add_words();
    g.settings = SMALL "train.steps=1 train.new_words=false";
    check_ok(go_on(&g));
    if (!strstr(log_text, "train.new_words = false has no effect without --from"))
        fail_msg("%s", log_text);
    corpus_write("data.tsv", "class");
    g.settings = SMALL "train.steps=4";
    check_ok(go_on(&g));
    add_words();
    g.from = parent_path;
    g.model = child_path;
    g.settings = STILL "train.new_words=false";
    check_ok(go_on(&g));
    if (!strstr(log_text, "the vocabulary is kept (--new-words false); ")) fail_msg("%s", log_text);
    check_ok(heed_model_load(NULL, parent_path, &old));
    check_ok(heed_model_load(NULL, child_path, &young));
    assert_int_equal(words_of(young), words_of(old));
    assert_int_equal(heed__params_total(&young->params), heed__params_total(&old->params));
    heed_model_destroy(&old);
    heed_model_destroy(&young);
    g.settings = STILL "train.new_words=false input.min_count=3"; /* of what? */
    check_fails(go_on(&g), HEED_E_INVALID, "--min-count 3");
    g.settings = STILL "input.vocabulary=20";
    check_ok(go_on(&g));
    if (!strstr(log_text, ", and no room for more (--vocabulary)")) fail_msg("%s", log_text);
}

static void test_pieces_are_kept(void **state)
{
    (void)state;
    heed__tokenizer_settings defaults;
    if (heed__tokenizer_defaults("bpe", &defaults) == HEED_E_UNSUPPORTED) skip();
    going g = {.data = data_path, .model = parent_path};
    g.settings = SMALL "input.tokenizer=bpe input.vocabulary=60 train.steps=2";
    check_ok(go_on(&g));
    add_words();
    g.from = parent_path;
    g.model = child_path;
    g.settings = STILL;
    check_ok(go_on(&g));
    if (!strstr(log_text, "the pieces of the tokenizer are kept, since they were chosen together"))
        fail_msg("%s", log_text);
    g.settings = STILL "input.vocabulary=90";
    check_fails(go_on(&g), HEED_E_INVALID, "--vocabulary 90");
}

/* Requests with a place, and from `genre` on also with one or two words of music. */
static void write_tags(int genre)
{
    static const char *const places[] = {"oslo", "rome", "bonn"};
    FILE *file = fopen(data_path, "w");
    assert_non_null(file);
    fprintf(file, "text\ttags\n");
    for (int i = 0; i < 60; i++)
        if (i >= genre && i % 2)
            fprintf(file, "play %s\tO B-genre%s\n", i % 4 == 1 ? "hip hop" : "jazz",
                    i % 4 == 1 ? " I-genre" : "");
        else
            fprintf(file, "go to %s now\tO O B-city O\n", places[i % 3]);
    fclose(file);
}

static void check_tags(heed_model *model, const char *text, const char *wanted)
{
    heed_text asked = {text, strlen(text)};
    heed_tagged *tagged = NULL;
    char given[256] = "";
    check_ok(heed_model_tag(model, &asked, 1, NULL, &tagged));
    for (int64_t w = 0; w < heed_tagged_words(tagged, 0); w++)
        snprintf(given + strlen(given), sizeof given - strlen(given), "%s%s", w ? " " : "",
                 heed_tagged_word_at(tagged, 0, 0, w).label);
    heed_tagged_destroy(&tagged);
    assert_string_equal(given, wanted);
}

#define TAGS SMALL "output.kind=tags encoder.kind=gru input.dropout=0.1 output.dropout=0.1 "

static void check_new_tags(const char *settings)
{
    heed_model *old, *young;
    going g = {.data = data_path, .model = parent_path, .settings = settings};
    write_tags(60);
    check_ok(go_on(&g));
    write_tags(0);
    g.from = parent_path;
    g.model = child_path;
    g.settings = STILL "train.patience=0";
    check_ok(go_on(&g));
    if (!strstr(log_text, "label 'tags': 2 kept, 2 new (B-genre, I-genre)"))
        fail_msg("%s", log_text);
    check_ok(heed_model_load(NULL, parent_path, &old));
    check_ok(heed_model_load(NULL, child_path, &young));
    const heed__param *a = old->outputs[0].moves, *b = young->outputs[0].moves;
    if (a) {
        assert_int_equal(b->cols, 4);
        for (int64_t i = 0; i < 4; i++) /* O, B-city, from the beginning, to the end */
            for (int64_t j = 0; j < 4; j++)
                assert_float_equal(b->data[(i < 2 ? i : i + 2) * 4 + j],
                                   j < 2 ? a->data[i * 2 + j] : 0, 1e-6);
        assert_true(a->data[0] != 0);
    }
    check_tags(old, "go to rome now", "O O B-city O");
    heed_model_destroy(&young);
    heed_model_destroy(&old);
    g.settings = "train.steps=60 train.patience=0";
    check_ok(go_on(&g));
    check_ok(heed_model_load(NULL, child_path, &young));
    check_tags(young, "go to rome now", "O O B-city O");
    check_tags(young, "play hip hop", "O B-genre I-genre");
    heed_model_destroy(&young);
}

static void test_tags_join(void **state)
{
    (void)state;
    check_new_tags(TAGS "train.steps=60 train.lr=0.01 output.crf=true");
    check_new_tags(TAGS "train.steps=60 train.lr=0.01 output.crf=false");
}

static void test_settings(void **state)
{
    (void)state;
    going g = {.data = data_path, .model = parent_path, .settings = SMALL "train.steps=4"};
    check_ok(go_on(&g));
    g.from = parent_path;
    g.model = child_path;
    g.settings = "encoder.dim=24";
    check_fails(go_on(&g), HEED_E_INVALID, "has 16, which its parameters were trained for; leave");
    g.settings = "input.tokenizer=characters";
    check_fails(go_on(&g), HEED_E_INVALID, "--tokenizer characters");
    g.settings = "output.kind=translate";
    check_fails(go_on(&g), HEED_E_INVALID, "another task");
    g.settings = STILL "encoder.dim=16 encoder.dropout=0.4"; /* said again; may be another */
    check_ok(go_on(&g));
    heed_model *young;
    check_ok(heed_model_load(NULL, child_path, &young));
    assert_string_equal(heed_config_get(young->config, "encoder.kind"), "transformer");
    assert_string_equal(heed_config_get(young->config, "encoder.dropout"), "0.4");
    heed_model_destroy(&young);
    g.from = data_path;
    check_fails(go_on(&g), HEED_E_FORMAT, "data.tsv");
}

/* Stopped after each step and resumed: the same bytes. Another parent is another run. */
static void test_resume(void **state)
{
    (void)state;
    char whole[512];
    snprintf(whole, sizeof whole, "%s", files_path("whole.heed"));
    going g = {.data = data_path, .model = parent_path, .settings = SMALL "train.steps=4"};
    check_ok(go_on(&g));
    g.from = parent_path;
    g.settings = "train.steps=5 train.members=2";
    add_label();
    add_words();
    g.model = whole;
    check_ok(go_on(&g));
    corpus_file wanted = corpus_read(whole);
    g.model = child_path;
    heed_status status = HEED_E_STOPPED;
    for (int stops = 0; status == HEED_E_STOPPED; stops++) {
        g.stop_at = 1 + stops % 6;
        status = go_on(&g);
        g.resume = 1;
    }
    assert_true(corpus_same(child_path, &wanted));
    g.resume = 0;
    g.stop_at = 2;
    check_fails(go_on(&g), HEED_E_STOPPED, "");
    g.resume = 1;
    g.from = whole;
    check_fails(go_on(&g), HEED_E_INVALID, "another");
    free(wanted.bytes);
}

static void test_translator(void **state)
{
    (void)state;
    char data[512];
    snprintf(data, sizeof data, "%s", pairs_write("pairs.tsv", 'r', 96, 5, 5));
    going g = {.data = data, .model = parent_path};
    g.settings = PAIRS_SMALL "encoder.kind=gru decoder.kind=gru train.steps=4";
    check_ok(go_on(&g));
    snprintf(data, sizeof data, "%s", pairs_write("more.tsv", 'c', 64, 5, 9));
    g.from = parent_path;
    g.model = child_path;
    g.settings = STILL;
    check_ok(go_on(&g));
    if (!strstr(log_text, "the vocabulary is kept, since the model writes with it; "))
        fail_msg("%s", log_text);
    heed_model *old, *young;
    check_ok(heed_model_load(NULL, parent_path, &old));
    check_ok(heed_model_load(NULL, child_path, &young));
    for (size_t i = 0; i < old->params.count; i++)
        check_close(old->params.items[i], young->params.items[i],
                    old->params.items[i]->rows * old->params.items[i]->cols);
    heed_model_destroy(&old);
    heed_model_destroy(&young);
}

#define from_test(function) cmocka_unit_test_setup_teardown(function, setup, files_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        from_test(test_labels_join),     from_test(test_words_join), from_test(test_words_are_kept),
        from_test(test_pieces_are_kept), from_test(test_tags_join),  from_test(test_settings),
        from_test(test_resume),          from_test(test_translator)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
