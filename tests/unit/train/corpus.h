/* SPDX-License-Identifier: MIT */
/* Small labelled data, and training on it, for the tests of whole runs. */
#ifndef HEED_TESTS_TRAIN_CORPUS_H
#define HEED_TESTS_TRAIN_CORPUS_H

#include "data/files.h"

#include "heed/train.h"
#include "kernels/kernels.h"

#include <sys/wait.h>

enum { CORPUS_ROWS = 96 };

static const char *corpus_labels; /* columns of the data written last; NULL = guessed */

static const char *const corpus_good[] = {"fine", "lovely", "superb", "warm"};
static const char *const corpus_bad[] = {"dull", "awful", "cold", "broken"};
static const char *const corpus_plain[] = {"the", "film",  "was",   "and", "it",
                                           "a",   "story", "quite", "of",  "night"};

/* A stream of small numbers that every machine agrees on. */
static inline unsigned corpus_next(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

/* One text of 1 to 30 words, of which some are good or bad ones as asked. */
static inline void corpus_text(FILE *file, unsigned *state, int good, int bad, int longest)
{
    unsigned spread = (unsigned)longest, words = 1 + corpus_next(state) % spread;
    if (good && bad && words == 1) words = 2;
    for (unsigned w = 0; w < words; w++) {
        const char *word = corpus_plain[corpus_next(state) % 10];
        if (good && (w % 5 == 0)) word = corpus_good[corpus_next(state) % 4];
        if (bad && (w % 5 == 1 || words == 1)) word = corpus_bad[corpus_next(state) % 4];
        fprintf(file, "%s%s", w ? " " : "", word);
    }
}

/* kind: "class", "words" (the same with texts of one word each), "set" (a|b), "number", or "two" (a
 * class and a number in two columns). */
static inline const char *corpus_write(const char *name, const char *kind)
{
    const char *path = files_path(name);
    FILE *file = fopen(path, "w");
    unsigned state = 7;
    assert_non_null(file);
    corpus_labels = *kind == 't' ? "topic,level" : NULL;
    int set = *kind == 's', two = *kind == 't', number = *kind == 'n';
    fprintf(file, two ? "text\ttopic\tlevel\n" : "text\tlabel\n");
    for (int i = 0; i < CORPUS_ROWS; i++) {
        int good = i % 2 == 0, bad = set ? i % 3 == 0 || !good : !good;
        corpus_text(file, &state, good, bad, *kind == 'w' ? 1 : 30);
        if (number)
            fprintf(file, "\t%.2f\n", 3.5 + (good ? 2 : -2) + 0.01 * (i % 7));
        else if (two)
            fprintf(file, "\t%s\t%.2f\n", good ? "praise" : "blame", 10.5 * (good ? 1 : -1));
        else
            fprintf(file, "\t%s%s%s\n", good ? "praise" : "", good && bad ? "|" : "",
                    bad ? "blame" : "");
    }
    fclose(file);
    return path;
}

/* "key=value key=value" */
static inline heed_config *corpus_config(const char *settings)
{
    char copy[1024], *rest = copy;
    heed_config *config = NULL;
    check_ok(heed_config_create(&config));
    assert_true(strlen(settings) < sizeof copy);
    strcpy(copy, settings);
    for (char *word; (word = strtok_r(rest, " ", &rest));) {
        char *equals = strchr(word, '=');
        assert_non_null(equals);
        *equals = 0;
        check_ok(heed_config_set(config, word, equals + 1));
    }
    return config;
}

/* Small, and large enough for work to be cut into several pieces. */
#define CORPUS_SMALL                                                                               \
    "encoder.dim=32 encoder.ffn=48 train.batch_texts=40 train.valid_share=0.25 train.patience=0 "

typedef struct corpus_run {
    const char *data, *model, *settings;
    heed_config *config; /* instead of settings; not freed */
    const char *vectors; /* a file of word vectors; NULL = none */
    int threads;         /* 0 = 1 */
    int resume;
    int64_t stop_at; /* the step after which to stop; 0 = never */
    int64_t die_at;  /* the step after which the process ends at once */
    double seconds;
    size_t memory; /* bound; 0 = none */
    size_t bytes;  /* what the run said it takes */
    volatile int stop;
    heed_train_result result;
} corpus_run;

static inline void corpus_watch(void *user, const heed_progress *progress)
{
    corpus_run *run = user;
    run->bytes = progress->bytes;
    if (run->stop_at && progress->step >= run->stop_at) run->stop = 1;
    if (run->die_at && progress->step >= run->die_at) _exit(42);
}

static inline heed_status corpus_train(corpus_run *run)
{
    heed_context *context = NULL;
    heed_context_options threads = {.threads = run->threads ? run->threads : 1};
    heed_config *config = run->config ? run->config : corpus_config(run->settings);
    heed_read_options read = {.label = corpus_labels};
    heed_train_options options = {.paths = &run->data,
                                  .n_paths = 1,
                                  .model_path = run->model,
                                  .read = &read,
                                  .config = config,
                                  .vectors_path = run->vectors,
                                  .seconds = run->seconds,
                                  .memory = run->memory,
                                  .resume = run->resume,
                                  .stop = &run->stop,
                                  .progress = corpus_watch,
                                  .progress_user = run};
    run->stop = 0;
    heed_status status = heed_context_create(&threads, &context);
    if (status == HEED_OK) status = heed_train(context, &options, &run->result);
    heed_context_destroy(&context);
    if (config != run->config) heed_config_destroy(&config);
    return status;
}

/* A folder, and no context: that would choose this process's level, and its children's. */
static inline int corpus_setup(void **state)
{
    (void)state;
    strcpy(files_folder, "/tmp/heed-test-XXXXXX");
    files_log[0] = 0;
    files_context = NULL;
    return !mkdtemp(files_folder);
}

#define corpus_test(function)                                                                      \
    cmocka_unit_test_setup_teardown(function, corpus_setup, files_teardown)

/* In a process of its own, at a level ("" = the best); 0 where the machine lacks it. */
static inline int corpus_train_apart(corpus_run *run, const char *level)
{
    int ended;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setenv("HEED_CPU", level, 1);
        heed_context *context = NULL;
        heed_status status = heed_context_create(NULL, &context);
        heed_context_destroy(&context);
        if (status != HEED_OK) _exit(77);
        if (*level && strcmp(heed__level_name(heed__kernels_best()->level), level) != 0) _exit(78);
        status = corpus_train(run);
        if (status != HEED_OK) fprintf(stderr, "%s\n", heed_status_message());
        _exit(status == HEED_OK ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFEXITED(ended));
    if (WEXITSTATUS(ended) == 77) return 0;
    if (WEXITSTATUS(ended) != (run->die_at ? 42 : 0))
        fail_msg("training with '%s' ended with %d", run->settings, WEXITSTATUS(ended));
    return 1;
}

/* Texts of one to six short sentences. */
static inline const char *corpus_sentences(void)
{
    static char path[512]; /* files_path's own do not stay */
    snprintf(path, sizeof path, "%s", files_path("texts.tsv"));
    FILE *file = fopen(path, "w");
    unsigned state = 3;
    assert_non_null(file);
    fprintf(file, "text\tlabel\n");
    for (int i = 0; i < CORPUS_ROWS; i++) {
        for (unsigned s = 1 + corpus_next(&state) % 6; s > 0; s--) {
            corpus_text(file, &state, i % 2, !(i % 2), 7);
            fputs(s % 2 ? " . " : "。", file);
        }
        fprintf(file, "\t%s\n", i % 2 ? "praise" : "blame");
    }
    fclose(file);
    corpus_labels = NULL;
    return path;
}

typedef struct corpus_file {
    size_t size;
    unsigned char *bytes;
} corpus_file;

static inline corpus_file corpus_read(const char *path)
{
    corpus_file out = {0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    out.size = (size_t)ftell(file);
    rewind(file);
    out.bytes = malloc(out.size + 1);
    assert_non_null(out.bytes);
    assert_int_equal(fread(out.bytes, 1, out.size, file), out.size);
    out.bytes[out.size] = 0;
    fclose(file);
    return out;
}

static inline int corpus_same(const char *path, const corpus_file *wanted)
{
    corpus_file have = corpus_read(path);
    int same = have.size == wanted->size && memcmp(have.bytes, wanted->bytes, have.size) == 0;
    free(have.bytes);
    return same;
}

#endif
