/* SPDX-License-Identifier: MIT */
/* Models that copy write words that they have never seen; and coverage costs what it says. */
#include "train/pairs.h"

#include "out_of_memory.h"

#include "model/config.h"
#include "model/writer.h"
#include "train/session.h"

#include <math.h>

enum { WORDS = 8, ROOM = 128, HELD_OUT = 50 };

typedef struct pair {
    char source[ROOM], target[ROOM];
} pair;

/* Six letters: hardly ever twice, and no word of the list. */
static void make_up(unsigned *state, char *word)
{
    for (int i = 0; i < 6; i++) word[i] = (char)('a' + (int)(corpus_next(state) % 26));
    word[6] = 0;
}

/* Known words become the one after them in the list, others stay; one at least is made up, so that
 * no pair can be right without copying. */
static pair make_pair(unsigned *state)
{
    pair p = {"", ""};
    int n = 2 + (int)(corpus_next(state) % 3), first = (int)(corpus_next(state) % (unsigned)n);
    for (int i = 0; i < n; i++) {
        char made[8];
        int word = (int)(corpus_next(state) % WORDS);
        int known = i != first && corpus_next(state) % 2;
        make_up(state, made);
        const char *space = i ? " " : "";
        size_t s = strlen(p.source), t = strlen(p.target);
        snprintf(p.source + s, ROOM - s, "%s%s", space, known ? pairs_words[word] : made);
        snprintf(p.target + t, ROOM - t, "%s%s", space,
                 known ? pairs_words[(word + 1) % WORDS] : made);
    }
    return p;
}

static const char *write_pairs(int rows, unsigned seed)
{
    static char path[512];
    snprintf(path, sizeof path, "%s", files_path("copies.tsv"));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "source\ttarget\n");
    for (int i = 0; i < rows; i++) {
        pair p = make_pair(&seed);
        fprintf(file, "%s\t%s\n", p.source, p.target);
    }
    fclose(file);
    corpus_labels = NULL;
    return path;
}

static heed_model *train(const char *settings, int rows)
{
    static char path[512];
    heed_model *model = NULL;
    corpus_run run = {.data = write_pairs(rows, 5), .settings = settings};
    snprintf(path, sizeof path, "%s", files_path("a.heed"));
    run.model = path;
    check_ok(corpus_train(&run));
    check_ok(heed_model_load(NULL, path, &model));
    return model;
}

/* Exact matches on pairs of words that were never seen. */
static int count_right(heed_model *model)
{
    unsigned seed = 999;
    pair pairs[HELD_OUT];
    heed_text sources[HELD_OUT];
    heed_translations *out = NULL;
    heed_translate_options options = {.size = sizeof options, .beam = 2};
    int right = 0;
    for (int i = 0; i < HELD_OUT; i++) {
        pairs[i] = make_pair(&seed);
        sources[i] = (heed_text){pairs[i].source, strlen(pairs[i].source)};
    }
    check_ok(heed_translate(model, sources, HELD_OUT, &options, &out));
    for (int i = 0; i < HELD_OUT; i++)
        right += strcmp(heed_translations_at(out, i, 0)->text, pairs[i].target) == 0;
    heed_translations_destroy(&out);
    return right;
}

#define LEARNS                                                                                     \
    "output.kind=translate input.tokenizer=words input.min_count=3 encoder.kind=gru "              \
    "decoder.kind=gru input.dim=24 encoder.dim=48 decoder.dim=48 train.batch_tokens=300 "          \
    "train.bleu_sample=0 train.patience=0 input.dropout=0 output.dropout=0 encoder.dropout=0 "     \
    "output.smoothing=0 decoder.copy=true train.lr=0.005 "

static void test_learns_to_copy(void **state)
{
    (void)state;
    static const char *const settings[] = {LEARNS "train.epochs=20", LEARNS
                                           "train.epochs=20 input.joint=false "
                                           "decoder.coverage=true decoder.coverage_loss=0.2"};
    for (int i = 0; i < 2; i++) {
        heed_model *model = train(settings[i], 1500);
        int right = count_right(model);
        heed_model_destroy(&model);
        if (right < 45) fail_msg("%s: %d of %d right", settings[i], right, HELD_OUT);
    }
}

/* A copied word is written as the source has it, and its token says so. */
static void test_copies_text(void **state)
{
    (void)state;
    heed_model *model = train(LEARNS "train.epochs=20", 1500);
    const char *text = "cat QwErTy dog";
    heed_text source = {text, strlen(text)};
    heed_translate_options options = {.size = sizeof options, .beam = 1};
    heed_translations *out = NULL, *scored = NULL;
    check_ok(heed_translate(model, &source, 1, &options, &out));
    const heed_translation *t = heed_translations_at(out, 0, 0);
    assert_string_equal(t->text, "dog QwErTy eel");
    assert_int_equal(t->n_tokens, 3);
    assert_string_equal(t->tokens[1], "QwErTy");
    heed_text target = {t->text, strlen(t->text)};
    check_ok(heed_score(model, &source, &target, 1, NULL, &scored));
    assert_true(heed_translations_at(scored, 0, 0)->score == t->score);
    heed_translations_destroy(&scored);
    heed_text stranger = {"dog other eel", 13}; /* an unknown word that the source does not have */
    check_ok(heed_score(model, &source, &stranger, 1, NULL, &scored));
    assert_true(heed_translations_at(scored, 0, 0)->token_scores[1] < t->token_scores[1] - 1);
    heed_translations_destroy(&scored);
    heed_translations_destroy(&out);
    heed_model_destroy(&model);
}

static heed_status try(const char *settings)
{
    corpus_run run = {.data = write_pairs(30, 5), .model = files_path("a.heed")};
    run.settings = settings;
    return corpus_train(&run);
}

static void test_refused(void **state)
{
    (void)state;
    check_fails(try("output.kind=translate decoder.kind=transformer decoder.copy=true"),
                HEED_E_INVALID, "decoder.kind be gru or lstm");
    check_fails(try("output.kind=translate decoder.kind=transformer decoder.coverage_loss=1"),
                HEED_E_INVALID, "decoder.coverage_loss = 1");
    check_fails(try("output.kind=language decoder.kind=gru decoder.copy=true"), HEED_E_INVALID,
                "language model");
    check_fails(try("output.kind=translate decoder.kind=gru decoder.attention=none "
                    "input.tokenizer=words decoder.copy=true"),
                HEED_E_INVALID, "decoder.copy needs attention");
}

/* With all words of the training data known, nothing would teach what to do with unknown ones. */
static void test_rare_words_are_unknown(void **state)
{
    (void)state;
    static const char *const settings[] = {
        "decoder.copy=true input.tokenizer=words", "decoder.copy=true input.tokenizer=bpe",
        "decoder.copy=true input.min_count=5", "input.tokenizer=words"};
    static const int64_t wanted[] = {2, 1, 5, 1};
    for (int i = 0; i < 4; i++) {
        char all[256];
        snprintf(all, sizeof all, "output.kind=translate decoder.kind=gru %s", settings[i]);
        heed_config *config = corpus_config(all);
        check_ok(heed__config_settle(config));
        assert_int_equal(heed__config_integer(config, "input.min_count"), wanted[i]);
        heed_config_destroy(&config);
    }
}

typedef struct opened {
    heed__session session;
    heed_config *config;
    const char *data;
    heed_read_options read;
    heed_train_options options;
} opened;

static void open_session(opened *o, const char *settings)
{
    *o = (opened){.data = write_pairs(200, 5), .config = corpus_config(settings)};
    o->options = (heed_train_options){.paths = &o->data,
                                      .n_paths = 1,
                                      .model_path = files_path("a.heed"),
                                      .read = &o->read,
                                      .config = o->config};
    check_ok(heed__session_open(NULL, &o->options, &o->session));
    check_ok(heed__session_start(&o->session));
}

static void close_session(opened *o)
{
    heed__session_close(&o->session);
    heed_config_destroy(&o->config);
}

#define STEPS                                                                                      \
    "output.kind=translate input.tokenizer=words input.min_count=3 encoder.kind=gru "              \
    "decoder.kind=gru encoder.dim=16 train.batch_texts=8 train.bleu_sample=0 train.steps=50 "

/* The loss of the same first batch grows by the weight times what is covered twice. */
static void test_coverage_loss(void **state)
{
    (void)state;
    static const char *const copies[] = {"decoder.copy=false ", "decoder.copy=true "};
    for (int i = 0; i < 2; i++) {
        double loss[3], rate;
        for (int k = 0; k < 3; k++) {
            char settings[512];
            snprintf(settings, sizeof settings,
                     "%s%sdecoder.coverage=true decoder.coverage_loss=%d",
                     STEPS "encoder.dropout=0 input.dropout=0 output.dropout=0 ", copies[i], k);
            opened o;
            open_session(&o, settings);
            check_ok(heed__session_step(&o.session, &loss[k], &rate));
            close_session(&o);
        }
        assert_true(loss[1] - loss[0] > 0.05 && loss[1] - loss[0] < 1);
        assert_true(fabs(loss[2] - 2 * loss[1] + loss[0]) < 1e-5);
    }
}

/* Neither a step nor a validation takes memory once one of each was done. */
static void test_steps_take_no_memory(void **state)
{
    (void)state;
    opened o;
    double loss, rate;
    heed__scores scores;
    open_session(&o, STEPS "decoder.copy=true decoder.coverage=true");
    check_ok(heed__session_step(&o.session, &loss, &rate));
    check_ok(o.session.job->score(&o.session, &scores));
    uint64_t before = heed__alloc_count();
    for (int i = 0; i < 40; i++) {
        check_ok(heed__session_step(&o.session, &loss, &rate));
        check_ok(o.session.job->score(&o.session, &scores));
    }
    assert_int_equal(heed__alloc_count(), before);
    assert_true(isfinite(scores.loss) && scores.metric > 0 && scores.metric <= 1);
    close_session(&o);
}

static heed_status train_job(void *arg)
{
    return corpus_train(arg);
}

static void test_no_memory_is_an_error(void **state)
{
    (void)state;
    corpus_run run = {.data = write_pairs(40, 5), .model = files_path("a.heed")};
    run.config = corpus_config(STEPS "decoder.copy=true encoder.dim=8 train.steps=2");
    check_out_of_memory(train_job, &run, 200);
    heed_config_destroy(&run.config);
}

/* Validation measures what is trained: on the same rows, without dropout or smoothing, the same. */
static void test_validation_is_of_the_mixture(void **state)
{
    (void)state;
    opened o;
    heed__scores scores;
    double loss, rate;
    open_session(&o, STEPS "decoder.copy=true encoder.dropout=0 input.dropout=0 output.dropout=0 "
                           "output.smoothing=0 train.batch_texts=1000 train.valid_share=0.25");
    heed__session *s = &o.session;
    assert_true(s->valid.examples.tokens < s->train.examples.tokens / 2); /* there is room */
    heed__batches_destroy(&s->batches); /* train on the validation rows */
    heed__copies copies = s->train.copies;
    heed__batch_options options = {.max_tokens = 1000000};
    check_ok(heed__batches_create(&s->valid.examples, &s->valid.written, &options, &s->batches));
    s->train.copies = s->valid.copies;
    check_ok(s->job->score(s, &scores));
    check_ok(heed__session_step(s, &loss, &rate));
    s->train.copies = copies;
    assert_true(fabs(loss - scores.loss) < 1e-5 * loss);
    close_session(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {corpus_test(test_learns_to_copy),
                                       corpus_test(test_copies_text),
                                       corpus_test(test_refused),
                                       corpus_test(test_rare_words_are_unknown),
                                       corpus_test(test_coverage_loss),
                                       corpus_test(test_steps_take_no_memory),
                                       corpus_test(test_no_memory_is_an_error),
                                       corpus_test(test_validation_is_of_the_mixture)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
