/* SPDX-License-Identifier: MIT */
/* Rollout, which is computed without a matrix, against its definition by matrices. */
#include "check.h"

#include "heed/config.h"
#include "heed/train.h"

#include "data/files.h"
#include "explain/reading.h"

#include <math.h>

static heed_model *model;

/* Two layers of two heads, hardly trained. */
static int train_model(void **state)
{
    static const char *const settings[] = {"encoder", "transformer", "layers", "2",   "heads",
                                           "2",       "pool",        "mean",   "ffn", "32",
                                           "dim",     "16",          "epochs", "1",   NULL};
    static char rows[1 << 14];
    heed_config *config;
    heed_train_result result;
    if (files_setup(state) != 0) return 1;
    strcpy(rows, "label\ttext\n");
    for (int i = 0; i < 60; i++)
        strcat(rows, i % 2 ? "fast\tsome people hurry around the city\n"
                           : "slow\t他们 wait and relax for the morning\n");
    check_ok(heed_config_create(&config));
    for (int i = 0; settings[i]; i += 2)
        check_ok(heed_config_set(config, settings[i], settings[i + 1]));
    const char *data = files_text("rows.tsv", rows), *path = files_path("model.heed");
    heed_read_options read = {.text = "text", .label = "label"};
    heed_train_options options = {
        .paths = &data, .n_paths = 1, .model_path = path, .read = &read, .config = config};
    check_ok(heed_train(files_context, &options, &result));
    heed_config_destroy(&config);
    check_ok(heed_model_load(files_context, path, &model));
    return 0;
}

static int forget_model(void **state)
{
    heed_model_destroy(&model);
    return files_teardown(state);
}

/* All weights of a text of n tokens, as matrices; then rollout as it is defined. */
typedef struct rolled {
    int64_t n;
    double *all, *next, *mean; /* [n, n] */
    float *weights;
} rolled;

static heed_status roll_layer(heed__reading *r, const heed__site *site, void *user)
{
    rolled *x = user;
    int64_t n = x->n, heads = heed__site_heads(site);
    for (int64_t i = 0; i < n * n; i++) x->mean[i] = i / n == i % n ? 0.5 : 0, x->next[i] = 0;
    for (int64_t head = 0; head < heads; head++) {
        check_ok(heed__site_weights(r, site, head, x->weights));
        for (int64_t i = 0; i < n * n; i++) x->mean[i] += 0.5 * x->weights[i] / (double)heads;
    }
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < n; k++)
            for (int64_t j = 0; j < n; j++)
                x->next[i * n + j] += x->mean[i * n + k] * x->all[k * n + j];
    memcpy(x->all, x->next, (size_t)(n * n) * sizeof *x->all);
    return HEED_OK;
}

static void test_rollout_is_that_of_the_matrices(void **state)
{
    (void)state;
    static const char text[] = "some people hurry around the city 他们 and wait for the morning";
    heed__reading r = {0};
    float scores[64], wanted[64];
    double sum = 0;
    check_ok(heed__reading_open(model, text, sizeof text - 1, &r));
    int64_t n = r.encoding.length;
    rolled x = {.n = n};
    double *rooms[3];
    for (int a = 0; a < 3; a++) rooms[a] = calloc((size_t)(n * n), sizeof(double));
    x.all = rooms[0], x.next = rooms[1], x.mean = rooms[2];
    x.weights = calloc((size_t)(n * n), sizeof(float));
    for (int64_t i = 0; i < n; i++) x.all[i * n + i] = 1;
    check_ok(heed__reading_visit(&r, roll_layer, &x)); /* its pool is the mean: no site */
    for (int64_t j = 0; j < n; j++) {
        double mass = 0;
        for (int64_t i = 0; i < n; i++) mass += x.all[i * n + j] / (double)n;
        x.weights[j] = (float)mass;
    }
    heed__words_scores(r.word_of, x.weights, (size_t)n, HEED_COMBINE_SUM, wanted, r.n_words);
    check_ok(heed__method_rollout.score(&r, 0, scores));
    for (size_t w = 0; w < r.n_words; w++) {
        assert_true(fabs((double)(scores[w] - wanted[w])) < 1e-6);
        sum += (double)scores[w];
    }
    assert_true(n > 8 && fabs(sum - 1) < 1e-5);
    for (int a = 0; a < 3; a++) free(rooms[a]);
    free(x.weights);
    heed__reading_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rollout_is_that_of_the_matrices)};
    return cmocka_run_group_tests(tests, train_model, forget_model);
}
