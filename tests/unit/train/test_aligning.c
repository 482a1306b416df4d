/* SPDX-License-Identifier: MIT */
/* Trials of all heads at once find what asking for each one finds; and a model that is guided
 * points where the links of its training pairs say. */
#include "train/pairs.h"

#include "heed/alignment.h"

#include <math.h>

enum { PAIRS = 7 };

static const char *const sources[PAIRS] = {"ant",     "bee cat dog eel fox", "dog dog", "",
                                           "gnu fox", "cat bee ant hen",     "eel"};
static const char *const targets[PAIRS] = {"ant",     "fox eel dog cat bee", "dog dog", "ant bee",
                                           "fox gnu", "hen ant bee cat",     ""};

static void texts_of(heed_text s[PAIRS], heed_text t[PAIRS])
{
    for (int i = 0; i < PAIRS; i++) {
        s[i] = (heed_text){sources[i], strlen(sources[i])};
        t[i] = (heed_text){targets[i], strlen(targets[i])};
    }
}

/* Word i belongs to the i-th from the end; only possibly, every third time. The last pair is not
 * among them. */
static heed_links *gold_links(void)
{
    static const int lengths[PAIRS - 1] = {1, 5, 2, 0, 2, 4};
    heed_links *gold = NULL;
    check_ok(heed_links_create(&gold));
    for (int pair = 0; pair < PAIRS - 1; pair++) {
        heed_link items[8];
        unsigned char possible[8];
        for (int i = 0; i < lengths[pair]; i++) {
            items[i] = (heed_link){lengths[pair] - 1 - i, i};
            possible[i] = i % 3 == 2;
        }
        check_ok(heed_links_add(gold, items, possible, lengths[pair]));
    }
    return gold;
}

static heed_model *trained(const char *settings)
{
    static char path[512];
    heed_model *model = NULL;
    corpus_run run = {.data = pairs_write("pairs.tsv", 'r', 96, 7, 5), .settings = settings};
    snprintf(path, sizeof path, "%s", files_path("a.heed"));
    run.model = path;
    check_ok(corpus_train(&run));
    check_ok(heed_model_load(NULL, path, &model));
    return model;
}

static heed_alignment_score asked(heed_model *model, const heed_align_choice *choice,
                                  heed_links *gold)
{
    heed_text s[PAIRS], t[PAIRS];
    heed_translations *all = NULL;
    heed_links *links = NULL;
    heed_alignment_score score;
    heed_score_options options = {.size = sizeof options, .weights = 1, .align = *choice};
    texts_of(s, t);
    check_ok(heed_score(model, s, t, PAIRS - 1, &options, &all));
    check_ok(heed_links_create(&links));
    for (int i = 0; i < PAIRS - 1; i++) {
        const heed_translation *one = heed_translations_at(all, i, 0);
        check_ok(heed_links_add(links, one->links, NULL, one->n_links));
    }
    check_ok(heed_links_score(links, gold, &score));
    heed_links_destroy(&links);
    heed_translations_destroy(&all);
    return score;
}

static void check_trials(const char *settings, int64_t count)
{
    heed_model *model = trained(settings);
    heed_links *gold = gold_links();
    heed_align_trials *trials = NULL;
    heed_text s[PAIRS], t[PAIRS];
    double least = 2;
    texts_of(s, t);
    check_ok(heed_align_trials_create(model, &trials));
    assert_true(isnan(heed_align_trials_best(trials).score.error_rate));
    check_ok(heed_align_trials_add(trials, s, t, 2, gold, 0));
    check_ok(heed_align_trials_add(trials, s + 2, t + 2, PAIRS - 2, gold, 2));
    assert_int_equal(heed_align_trials_count(trials), count);
    for (int64_t i = 0; i < count; i++) {
        heed_align_trial trial = heed_align_trials_at(trials, i);
        heed_alignment_score wanted = asked(model, &trial.choice, gold);
        assert_int_equal(trial.score.links, wanted.links);
        assert_int_equal(trial.score.sure, wanted.sure);
        assert_int_equal(trial.score.links_sure, wanted.links_sure);
        assert_int_equal(trial.score.links_possible, wanted.links_possible);
        least = fmin(least, trial.score.error_rate);
    }
    assert_true(heed_align_trials_best(trials).score.error_rate == least);
    heed_align_trials_destroy(&trials);
    heed_links_destroy(&gold);
    heed_model_destroy(&model);
}

static void test_trials_find_what_each_choice_finds(void **state)
{
    (void)state;
    check_trials(PAIRS_SMALL "train.steps=6 encoder.kind=transformer decoder.kind=transformer "
                             "decoder.layers=3 decoder.heads=2",
                 3 * 3 * 2);
    check_trials(PAIRS_SMALL "train.steps=6 encoder.kind=gru decoder.kind=gru", 2);
    check_trials(PAIRS_SMALL "train.steps=6 encoder.kind=gru decoder.kind=lstm "
                             "decoder.copy=true",
                 2);
}

static void test_trials_refuse(void **state)
{
    (void)state;
    heed_align_trials *trials = NULL;
    heed_model *model = trained(PAIRS_SMALL "train.steps=2 encoder.kind=gru decoder.kind=gru "
                                            "decoder.attention=none");
    check_fails(heed_align_trials_create(model, &trials), HEED_E_UNSUPPORTED, "no attention");
    assert_null(trials);
    heed_model_destroy(&model);
    model = trained(PAIRS_SMALL "train.steps=2 encoder.kind=gru decoder.kind=gru");
    heed_links *gold = NULL;
    heed_text s[PAIRS], t[PAIRS];
    texts_of(s, t);
    check_ok(heed_links_read(files_text("gold", "0-0\n4-4\n1-2\n"), NULL, &gold));
    check_ok(heed_align_trials_create(model, &trials));
    check_fails(heed_align_trials_add(trials, s, t, PAIRS, gold, 0), HEED_E_DATA,
                "gold:3: link 1-2");
    heed_align_trials_destroy(&trials);
    heed_align_trials_destroy(&trials);
    heed_links_destroy(&gold);
    heed_model_destroy(&model);
}

/* ---- guided ---- */

enum { GUIDED = 400, KNOWN = 40, LONGEST = 7 };

static const char *const other_words[] = {"Ameise", "Biene", "Katze", "Hund",
                                          "Aal",    "Fuchs", "Gnu",   "Henne"};

static void shuffle(unsigned *state, int *items, int n)
{
    for (int i = n - 1; i > 0; i--) {
        int j = (int)(corpus_next(state) % (unsigned)(i + 1)), item = items[i];
        items[i] = items[j];
        items[j] = item;
    }
}

/* Lines of different words, their translations in any order, and the links between them. */
static void write_linked(const char *const paths[3], int lines, unsigned state)
{
    FILE *files[3];
    for (int k = 0; k < 3; k++) assert_non_null(files[k] = fopen(paths[k], "w"));
    for (int line = 0; line < lines; line++) {
        int words[8] = {0, 1, 2, 3, 4, 5, 6, 7}, order[LONGEST];
        int n = 2 + (int)(corpus_next(&state) % (LONGEST - 1));
        shuffle(&state, words, 8);
        for (int i = 0; i < n; i++) order[i] = i;
        shuffle(&state, order, n);
        for (int i = 0; i < n; i++) {
            fprintf(files[0], "%s ", pairs_words[words[i]]);
            fprintf(files[1], "%s ", other_words[words[order[i]]]);
            fprintf(files[2], "%d-%d ", order[i], i);
        }
        for (int k = 0; k < 3; k++) fputc('\n', files[k]);
    }
    for (int k = 0; k < 3; k++) fclose(files[k]);
}

static void read_lines(const char *path, heed_text texts[KNOWN])
{
    static char lines[2][KNOWN][256];
    static int turn;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    turn = !turn;
    for (int i = 0; i < KNOWN; i++) {
        assert_non_null(fgets(lines[turn][i], 256, file));
        texts[i] = (heed_text){lines[turn][i], strcspn(lines[turn][i], "\n")};
        lines[turn][i][texts[i].size] = 0;
    }
    fclose(file);
}

static double error_of(const char *model_path, const char *const known[3])
{
    heed_model *model = NULL;
    heed_links *gold = NULL, *links = NULL;
    heed_translations *all = NULL;
    heed_alignment_score score;
    heed_text s[KNOWN], t[KNOWN];
    heed_score_options options = {.size = sizeof options, .weights = 1};
    read_lines(known[0], s);
    read_lines(known[1], t);
    check_ok(heed_links_read(known[2], NULL, &gold));
    check_ok(heed_links_create(&links));
    check_ok(heed_model_load(NULL, model_path, &model));
    check_ok(heed_score(model, s, t, KNOWN, &options, &all));
    for (int i = 0; i < KNOWN; i++) {
        const heed_translation *one = heed_translations_at(all, i, 0);
        check_ok(heed_links_add(links, one->links, NULL, one->n_links));
    }
    check_ok(heed_links_score(links, gold, &score));
    heed_translations_destroy(&all);
    heed_links_destroy(&links);
    heed_links_destroy(&gold);
    heed_model_destroy(&model);
    return score.error_rate;
}

static void test_a_guided_head_points_where_its_links_say(void **state)
{
    (void)state;
    const char *train[3] = {files_path("a.s"), files_path("a.t"), files_path("a.links")};
    const char *known[3] = {files_path("b.s"), files_path("b.t"), files_path("b.links")};
    const char *model = files_path("g.heed");
    heed_config *config =
        corpus_config("output.kind=translate input.tokenizer=words encoder.kind=transformer "
                      "decoder.kind=transformer encoder.dim=32 encoder.layers=2 encoder.heads=2 "
                      "encoder.ffn=48 train.batch_tokens=600 train.steps=80 train.patience=0 "
                      "train.bleu_sample=0 train.guide_weight=1");
    write_linked(train, GUIDED, 3);
    write_linked(known, KNOWN, 4);
    for (int guided = 0; guided < 2; guided++) {
        heed_train_options options = {.paths = &train[0],
                                      .n_paths = 1,
                                      .target_paths = &train[1],
                                      .n_target_paths = 1,
                                      .guide_path = guided ? train[2] : NULL,
                                      .model_path = model,
                                      .config = config};
        heed_train_result result;
        check_ok(heed_train(NULL, &options, &result));
        double error = error_of(model, known);
        if (guided ? error > 0.05 : error < 0.3)
            fail_msg("%s guide: alignment error %g", guided ? "with a" : "without", error);
    }
    heed_config_destroy(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        files_test(test_trials_find_what_each_choice_finds),
        files_test(test_trials_refuse),
        files_test(test_a_guided_head_points_where_its_links_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
