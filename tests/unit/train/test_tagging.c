/* SPDX-License-Identifier: MIT */
/* Training models with a label for each word, alone and beside others: what they learn, that bits
 * do not depend on threads, batches or an interruption, and what the file keeps. */
#include "train/corpus.h"

#include "heed/evaluate.h"
#include "heed/tags.h"
#include "model/members.h"

/* Names follow "mr", of one word or two; the topic is what the last word says. */
static const char *write_tagged(const char *name, int joint)
{
    static const char *const people[] = {"ada", "grace", "alan turing", "kurt", "emmy noether"};
    const char *path = files_path(name);
    FILE *file = fopen(path, "w");
    unsigned state = 3;
    assert_non_null(file);
    fprintf(file, joint ? "text\ttopic\ttags\n" : "text\ttags\n");
    for (int i = 0; i < CORPUS_ROWS; i++) {
        char text[600] = "", tags[600] = "";
        unsigned words = 1 + corpus_next(&state) % 6;
        for (unsigned w = 0; w < words; w++) {
            strcat(strcat(text, corpus_plain[corpus_next(&state) % 10]), " ");
            strcat(tags, "O ");
            if (corpus_next(&state) % 3) continue;
            const char *who = people[corpus_next(&state) % 5];
            strcat(strcat(strcat(text, "mr "), who), " ");
            strcat(tags, strchr(who, ' ') ? "O B-who I-who " : "O B-who ");
        }
        strcat(text, i % 2 ? "fine" : "dull");
        strcat(tags, "O");
        if (joint)
            fprintf(file, "%s\t%s\t%s\n", text, i % 2 ? "praise" : "blame", tags);
        else
            fprintf(file, "%s\t%s\n", text, tags);
    }
    fclose(file);
    corpus_labels = joint ? "topic,tags" : "tags";
    return path;
}

#define SMALL                                                                                      \
    "encoder.dim=32 input.dim=16 train.batch_texts=20 train.valid_share=0.25 train.patience=0 "    \
    "train.lr=0.01 input.dropout=0.1 output.dropout=0.1 "

static heed_model *load(const char *path)
{
    heed_model *model = NULL;
    check_ok(heed_model_load(NULL, path, &model));
    return model;
}

static void check_tags(heed_model *model, int output, const char *text, const char *wanted)
{
    heed_tagged *tagged = NULL;
    char found[400] = "";
    check_ok(heed_model_tag(model, &(heed_text){text, strlen(text)}, 1, NULL, &tagged));
    for (int64_t w = 0; w < heed_tagged_words(tagged, 0); w++) {
        heed_tagged_word word = heed_tagged_word_at(tagged, 0, output, w);
        assert_true(word.probability > 0 && word.probability <= 1);
        sprintf(found + strlen(found), "%s%.*s/%s", w ? " " : "", (int)(word.end - word.begin),
                text + word.begin, word.label);
    }
    assert_string_equal(found, wanted);
    heed_tagged_destroy(&tagged);
}

static void check_learns(const char *settings, int joint)
{
    corpus_run run = {.model = files_path("m.heed"), .settings = settings};
    run.data = write_tagged("data.tsv", joint);
    check_ok(corpus_train(&run));
    assert_string_equal(run.result.metric_name, joint ? "mean score" : "span_f1");
    if (run.result.metric < 0.95) fail_msg("%s: only %g", settings, run.result.metric);
    heed_model *model = load(run.model);
    check_tags(model, joint, "it was  mr alan turing and mr kurt fine",
               "it/O was/O mr/O alan/B-who turing/I-who and/O mr/O kurt/B-who fine/O");
    heed_model_destroy(&model);
}

static void test_learns(void **state)
{
    (void)state;
    check_learns(SMALL "train.steps=90", 0);
    check_learns(SMALL "train.steps=120", 1);
    check_learns(SMALL "train.steps=90 output.crf=true", 1);
    check_learns(SMALL "train.steps=150 encoder.kind=transformer train.lr=0.002", 1);
    check_learns(SMALL "train.steps=120 input.tokenizer=characters input.ngrams=1", 0);
    check_learns(SMALL "train.steps=60 train.members=2 output.crf=true", 1);
}

static void test_same_bits(void **state)
{
    static const char *const settings[] = {
        SMALL "train.steps=5", SMALL "train.steps=5 output.crf=true",
        SMALL "train.steps=5 encoder.kind=transformer input.tokenizer=characters",
        SMALL "train.steps=3 output.crf=true train.members=3"};
    static const struct {
        int threads;
        const char *level;
    } machines[] = {{2, ""}, {3, "avx2"}, {2, "scalar"}};
    (void)state;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        corpus_run first = {.model = files_path("a.heed"), .settings = settings[i]};
        first.data = write_tagged("data.tsv", 1);
        assert_true(corpus_train_apart(&first, ""));
        corpus_file wanted = corpus_read(first.model);
        for (size_t k = 0; k < sizeof machines / sizeof *machines; k++) {
            corpus_run run = first;
            run.model = files_path("b.heed");
            run.threads = machines[k].threads;
            if (!corpus_train_apart(&run, machines[k].level)) continue;
            if (!corpus_same(run.model, &wanted)) fail_msg("%s: other bytes", settings[i]);
        }
        free(wanted.bytes);
    }
}

static void test_resumes(void **state)
{
    (void)state;
    corpus_run whole = {.model = files_path("a.heed"),
                        .settings = SMALL "train.steps=9 output.crf=true"};
    whole.data = write_tagged("data.tsv", 1);
    check_ok(corpus_train(&whole));
    corpus_file wanted = corpus_read(whole.model);
    corpus_run part = whole;
    part.model = files_path("b.heed");
    part.stop_at = 4;
    assert_int_equal(corpus_train(&part), HEED_E_STOPPED);
    part.stop_at = 0;
    part.resume = 1;
    check_ok(corpus_train(&part));
    assert_true(corpus_same(part.model, &wanted));
    free(wanted.bytes);
}

/* A text's tags and probabilities are the same alone and among others. */
static void test_texts_are_apart(void **state)
{
    (void)state;
    corpus_run run = {.model = files_path("m.heed"),
                      .settings = SMALL "train.steps=20 output.crf=true"};
    run.data = write_tagged("data.tsv", 1);
    check_ok(corpus_train(&run));
    heed_model *model = load(run.model);
    heed_dataset *data = NULL;
    heed_text texts[CORPUS_ROWS + 1];
    heed_tagged *all = NULL, *one = NULL;
    check_ok(heed_dataset_read(NULL, &run.data, 1,
                               &(heed_read_options){.label = "topic,tags", .text = "text"}, &data));
    for (int i = 0; i < CORPUS_ROWS; i++) texts[i] = heed_dataset_text(data, i);
    texts[CORPUS_ROWS] = (heed_text){"", 0};
    check_ok(heed_model_tag(model, texts, CORPUS_ROWS + 1, NULL, &all));
    assert_int_equal(heed_tagged_words(all, CORPUS_ROWS), 0);
    assert_int_equal(heed_tagged_spans(all, CORPUS_ROWS, 1), 0);
    for (int i = 0; i <= CORPUS_ROWS; i++) {
        check_ok(heed_model_tag(model, texts + i, 1, NULL, &one));
        assert_int_equal(heed_tagged_words(one, 0), heed_tagged_words(all, i));
        for (int64_t w = 0; w < heed_tagged_words(one, 0); w++) {
            heed_tagged_word a = heed_tagged_word_at(all, i, 1, w);
            heed_tagged_word b = heed_tagged_word_at(one, 0, 1, w);
            assert_int_equal(a.index, b.index);
            assert_memory_equal(&a.probability, &b.probability, sizeof a.probability);
        }
        heed_tagged_destroy(&one);
    }
    heed_tagged_destroy(&all);
    heed_dataset_destroy(&data);
    heed_model_destroy(&model);
}

static void scale_param(heed__param *p, float factor)
{
    for (int64_t i = 0; i < p->rows * p->cols; i++) p->data[i] *= factor;
}

/* The scores of tags, of words and of moves, times a factor. */
static void scale_tags(heed_model *model, float factor)
{
    scale_param(model->outputs[1].head.weight, factor);
    scale_param(model->outputs[1].head.bias, factor);
    scale_param(model->outputs[1].moves, factor);
}

/* One member's scores and three times the same: as that member alone with twice its scores. */
static void test_members_are_one_chain(void **state)
{
    static const heed_text text = {"it was mr alan turing and fine", 30};
    (void)state;
    corpus_run run = {.model = files_path("m.heed"),
                      .settings = SMALL "train.steps=12 output.crf=true train.members=2"};
    run.data = write_tagged("data.tsv", 1);
    check_ok(corpus_train(&run));
    heed_model *model = load(run.model), *other = heed__member_at(model, 1);
    heed_tagged *mean = NULL, *alone = NULL;
    for (size_t i = 0; i < model->params.count; i++) {
        const heed__param *from = model->params.items[i];
        memcpy(other->params.items[i]->data, from->data,
               (size_t)(from->rows * from->cols) * sizeof *from->data);
    }
    scale_tags(other, 3);
    check_ok(heed_model_tag(model, &text, 1, NULL, &mean));
    scale_tags(model, 2);
    check_ok(heed_model_ask_member(model, 1));
    check_ok(heed_model_tag(model, &text, 1, NULL, &alone));
    assert_int_equal(heed_tagged_words(mean, 0), 7);
    for (int64_t w = 0; w < 7; w++) {
        heed_tagged_word a = heed_tagged_word_at(mean, 0, 1, w);
        heed_tagged_word b = heed_tagged_word_at(alone, 0, 1, w);
        assert_int_equal(a.index, b.index);
        assert_float_equal(a.probability, b.probability, 1e-5f);
    }
    heed_tagged_destroy(&mean);
    heed_tagged_destroy(&alone);
    heed_model_destroy(&model);
}

static void test_evaluates(void **state)
{
    (void)state;
    corpus_run run = {.model = files_path("m.heed"), .settings = SMALL "train.steps=120"};
    run.data = write_tagged("data.tsv", 1);
    check_ok(corpus_train(&run));
    heed_model *model = load(run.model);
    heed_dataset *data = NULL;
    heed_metrics *m = NULL;
    double exact;
    check_ok(heed_dataset_read(NULL, &run.data, 1,
                               &(heed_read_options){.label = "topic,tags", .text = "text"}, &data));
    check_ok(heed_evaluate(model, data, 1, -1, &m));
    assert_int_equal(m->kind, HEED_METRICS_TAGS);
    assert_true(m->spans && m->micro_f1 > 0.9 && m->accuracy > m->micro_f1 - 0.1);
    assert_string_equal(m->labels[0].name, "who");
    double tags_right = m->exact;
    heed_metrics_destroy(&m);
    check_ok(heed_evaluate_exact(model, data, &exact));
    assert_true(exact <= tags_right && exact > 0.5);
    heed_dataset_destroy(&data);
    heed_model_destroy(&model);
}

/* Tags that follow nothing (IOB1) are learned as they are. */
static void test_older_marking(void **state)
{
    (void)state;
    const char *path = files_path("old.conll");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 60; i++) fprintf(file, "the O\n%s I-x\nthe O\n\n", i % 2 ? "ada" : "kurt");
    fclose(file);
    corpus_labels = NULL;
    corpus_run run = {
        .data = path, .model = files_path("m.heed"), .settings = SMALL "train.steps=40"};
    check_ok(corpus_train(&run));
    heed_model *model = load(run.model);
    check_tags(model, 0, "the ada the", "the/O ada/I-x the/O");
    heed_model_destroy(&model);
}

static void test_refused(void **state)
{
    (void)state;
    corpus_run run = {.model = files_path("m.heed"),
                      .settings = SMALL "train.steps=2 output.kind=tags"};
    run.data = corpus_write("data.tsv", "class");
    check_fails(corpus_train(&run), HEED_E_DATA, "no label column (label) holds a tag");
    run.settings = SMALL "train.steps=2";
    check_ok(corpus_train(&run));
    heed_model *model = load(run.model);
    heed_tagged *tagged = NULL;
    check_fails(heed_model_tag(model, &(heed_text){"a", 1}, 1, NULL, &tagged), HEED_E_INVALID,
                "no output with a label for each word");
    assert_null(tagged);
    heed_model_destroy(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        corpus_test(test_same_bits), /* first: a level is chosen once in a process */
        corpus_test(test_learns),          corpus_test(test_resumes),
        corpus_test(test_texts_are_apart), corpus_test(test_members_are_one_chain),
        corpus_test(test_evaluates),       corpus_test(test_older_marking),
        corpus_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
