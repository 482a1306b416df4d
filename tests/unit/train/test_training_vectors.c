/* SPDX-License-Identifier: MIT */
/* Runs whose embeddings begin with vectors from a file. */
#include "train/corpus.h"

#include "heed/model.h"
#include "model/model.h"

static const char words[] = "fine 1 2 3 4\ndull -1 -2 -3 -4\nelsewhere 0 0 0 0\n";
static const char settings[] = CORPUS_SMALL "encoder.dim=4 train.batch_texts=16 train.steps=6 "
                                            "train.validate_every=3 train.weight_decay=0.1 "
                                            "input.min_count=1 ";

static void check_row(const char *path, const char *word, float first, int same)
{
    heed_model *model;
    heed__encoding e = {0};
    check_ok(heed_model_load(NULL, path, &model));
    check_ok(heed__tokenizer_encode(model->tokenizer, word, strlen(word), &e));
    float value = (float)model->embedding->data[4 * e.ids[0]];
    assert_int_equal(value == first, same);
    assert_true(value * first > 0 && value * value < 16 * first * first);
    heed__encoding_free(&e);
    heed_model_destroy(&model);
}

static corpus_run run_of(const char *vectors, const char *more)
{
    static char all[512];
    snprintf(all, sizeof all, "%s%s", settings, more);
    return (corpus_run){.data = corpus_write("data.tsv", "class"),
                        .model = files_path("m.heed"),
                        .settings = all,
                        .vectors = vectors};
}

static void test_embeddings_begin_with_them_and_learn(void **state)
{
    (void)state;
    corpus_run run = run_of(files_text("v.txt", words), "");
    check_ok(corpus_train(&run));
    check_row(run.model, "fine", 1, 0);
    check_row(run.model, "dull", -1, 0);
}

static void test_frozen_ones_stay(void **state)
{
    (void)state;
    corpus_run run = run_of(files_text("v.txt", words), "input.freeze=true");
    check_ok(corpus_train(&run));
    check_row(run.model, "fine", 1, 1);
    check_row(run.model, "dull", -1, 1);
}

/* A stopped run goes on to the same bytes, with the same vectors only. */
static void test_resume(void **state)
{
    (void)state;
    corpus_run run = run_of(files_text("v.txt", words), "");
    check_ok(corpus_train(&run));
    corpus_file wanted = corpus_read(run.model);
    run.stop_at = 4;
    check_fails(corpus_train(&run), HEED_E_STOPPED, "--resume goes on");
    run.stop_at = 0;
    run.resume = 1;
    run.vectors = files_text("other.txt", "fine 1 2 3 5\n");
    check_fails(corpus_train(&run), HEED_E_INVALID, "other data or vectors");
    run.vectors = NULL;
    check_fails(corpus_train(&run), HEED_E_INVALID, "other data or vectors");
    run.vectors = files_path("v.txt");
    check_ok(corpus_train(&run));
    assert_true(corpus_same(run.model, &wanted));
    free(wanted.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {corpus_test(test_embeddings_begin_with_them_and_learn),
                                       corpus_test(test_frozen_ones_stay),
                                       corpus_test(test_resume)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
