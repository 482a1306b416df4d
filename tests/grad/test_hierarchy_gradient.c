/* SPDX-License-Identifier: MIT */
/* Gradients of words, sentences and what pools both, in float64 against finite differences: every
 * parameter and the input, with dropout, for every kind of encoder. */
#include "check.h"

#include "base/random.h"
#include "heed/config.h"
#include "model/hierarchy.h"
#include "model/stack.h"

#include <math.h>
#include <string.h>

static const double step = 1e-5, allowed = 5e-8;

enum { ROWS = 11, COLS = 6, TEXTS = 3 };

static const int64_t offsets[] = {0, 5, 6, 11}, order[] = {0, 2, 1}, ids[] = {30, 11, 52};
static const unsigned char begins[ROWS] = {1, 0, 1, 0, 0, 1, 1, 0, 0, 1, 1};
static const heed__ragged texts = {TEXTS, ROWS, 5, offsets, order, ids};

typedef struct work {
    heed__params params;
    heed__tape *tape;
    const heed__encoder_kind *kind;
    void *words;
    heed__hierarchy *hierarchy;
    heed_real x[ROWS * COLS], dx[ROWS * COLS];
    float wanted[ROWS * COLS];
} work;

static heed__var record(work *w)
{
    heed__target_loss squares = {.targets = w->wanted};
    heed__sentence_counts most = {0};
    heed__pass pass = {.tape = w->tape, .ragged = &texts};
    heed__tape_start(w->tape, HEED_TAPE_TRAIN, (heed__draw){3, 4});
    heed__var x = heed__tape_leaf(w->tape, ROWS, COLS, w->x, w->dx);
    x = heed__hierarchy_apply(w->hierarchy, w->words, &pass, begins, &most, x, NULL);
    return heed__tape_apply(w->tape, &heed__op_squared_error, &x, 1, &squares, sizeof squares);
}

static double value(work *w)
{
    heed__var loss = record(w);
    heed__tape_keep(w->tape, loss);
    check_ok(heed__tape_run(w->tape, HEED_NO_VAR));
    return *heed__tape_value(w->tape, loss);
}

static void check_array(work *w, const char *name, heed_real *data, const heed_real *gradient,
                        int64_t n)
{
    double largest = 0;
    for (int64_t i = 0; i < n; i++) {
        heed_real here = data[i];
        data[i] = here + step;
        double above = value(w);
        data[i] = here - step;
        double found = (above - value(w)) / (2 * step);
        data[i] = here;
        if (!(fabs(found - gradient[i]) <= allowed * (1 + fabs(found))))
            fail_msg("%s %s[%lld]: %.12g, by differences %.12g", w->kind->name, name, (long long)i,
                     gradient[i], found);
        largest = fmax(largest, fabs(found));
    }
    if (!(largest > 1e-6)) fail_msg("%s: the loss does not depend on %s", w->kind->name, name);
}

static void check_kind(const heed__encoder_kind *kind, const char *const *settings)
{
    static work w;
    heed_config *config = NULL;
    memset(&w, 0, sizeof w);
    w.kind = kind;
    w.params.trains = 1;
    heed__random_start(&w.params.random, 7, HEED_RANDOM_WEIGHTS);
    check_ok(heed_config_create(&config));
    check_ok(heed_config_set(config, "encoder.dim", "6"));
    check_ok(heed_config_set(config, "encoder.ffn", "5"));
    check_ok(heed_config_set(config, "encoder.heads", "2"));
    check_ok(heed_config_set(config, "encoder.hierarchy", "sentences"));
    for (; *settings; settings += 2) check_ok(heed_config_set(config, settings[0], settings[1]));
    check_ok(heed__tape_create(NULL, &w.tape));
    check_ok(kind->create(&w.params, config, "encoder", COLS, &w.words));
    check_ok(heed__hierarchy_create(&w.params, config, kind, &w.hierarchy));
    for (size_t p = 0; p < w.params.count; p++)
        for (int64_t i = 0; i < w.params.items[p]->rows * w.params.items[p]->cols; i++)
            w.params.items[p]->data[i] += (heed_real)((37 * i + 11 * (int64_t)p) % 23 - 11) / 40;
    for (int i = 0; i < ROWS * COLS; i++) {
        w.x[i] = (heed_real)((29 * i) % 31 - 15) / 16;
        w.wanted[i] = (float)(i * 37 % 101) / 50 - 1;
    }
    heed__params_start_grads(&w.params);
    check_ok(heed__tape_run(w.tape, record(&w)));
    heed__params_end_grads(&w.params);
    assert_int_equal(w.hierarchy->sentences.n, 6);
    for (size_t p = 0; p < w.params.count; p++) {
        heed__param *param = w.params.items[p];
        /* a bias of keys moves all scores of a row alike */
        if (strstr(param->name, "qkv.bias")) continue;
        check_array(&w, param->name, param->data, param->grad, param->rows * param->cols);
    }
    check_array(&w, "x", w.x, w.dx, ROWS * COLS);
    heed__hierarchy_destroy(&w.hierarchy);
    kind->destroy(w.words);
    heed__params_clear(&w.params);
    heed__tape_destroy(&w.tape);
    heed_config_destroy(&config);
}

static void test_gradients(void **state)
{
    (void)state;
    static const char *const plain[] = {NULL};
    static const char *const dropped[] = {"pool.dropout", "0.3", "encoder.layers", "2", NULL};
    static const char *const other[] = {"pool.normaliser", "sparsemax", NULL};
    check_kind(&heed__encoder_none, plain);
    check_kind(&heed__encoder_gru, plain);
    check_kind(&heed__encoder_lstm, dropped);
    check_kind(&heed__encoder_transformer, dropped);
    check_kind(&heed__encoder_gru, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_gradients)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
