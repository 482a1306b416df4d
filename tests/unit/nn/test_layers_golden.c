/* SPDX-License-Identifier: MIT */
/* Whole layers against torch's values and gradients; tests/golden/layers.py says what the numbers
 * are. A failing number is off by more than 2e-6 x (1 + its size). */
#include "check.h"

#include "heed/config.h"
#include "model/hierarchy.h"
#include "model/stack.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEQUENCES = 4, ROWS = 17, COLS = 8, LABELLED = 5, CLASSES = 3 };

static const int64_t offsets[] = {0, 5, 6, 9, 17}, order[] = {3, 0, 2, 1}, ids[] = {0, 1, 2, 3};
static const heed__ragged ragged = {SEQUENCES, ROWS, 8, offsets, order, ids};
static const double tolerance = 2e-6;

static heed_real number(int k, int64_t i)
{
    return (heed_real)((37 * i + 11 * k * k + 5 * k) % 23 - 11) / 16;
}

/* One case: its layer, the input with its gradient, and the output that was kept. */
typedef struct layer_case {
    heed__params params;
    heed__tape *tape;
    heed__pass pass;
    heed_real x[ROWS * COLS], dx[ROWS * COLS];
    float targets[ROWS * COLS];
    heed__var input, output;
} layer_case;

static void begin(layer_case *c)
{
    memset(c, 0, sizeof *c);
    c->params.trains = 1;
    check_ok(heed__tape_create(NULL, &c->tape));
    heed__tape_start(c->tape, HEED_TAPE_TRAIN, (heed__draw){0});
    c->pass = (heed__pass){.tape = c->tape, .ragged = &ragged};
}

static void fill_params(layer_case *c)
{
    for (size_t p = 0; p < c->params.count; p++) {
        heed__param *param = c->params.items[p];
        for (int64_t i = 0; i < param->rows * param->cols; i++)
            param->data[i] = number((int)p + 1, i);
    }
}

static void give_input(layer_case *c, int64_t rows, int64_t cols, heed_real scale)
{
    for (int64_t i = 0; i < rows * cols; i++) c->x[i] = scale * number(100, i);
    c->input = heed__tape_leaf(c->tape, rows, cols, c->x, c->dx);
}

static void check_line(FILE *file, const char *name, const char *what, const heed_real *have,
                       int64_t count)
{
    long wanted_count;
    double wanted;
    assert_int_equal(fscanf(file, "%ld", &wanted_count), 1);
    assert_int_equal(wanted_count, count);
    for (int64_t i = 0; i < count; i++) {
        assert_int_equal(fscanf(file, "%lf", &wanted), 1);
        if (!(fabs((double)have[i] - wanted) <= tolerance * (1 + fabs(wanted))))
            fail_msg("%s: %s[%d] is %.9g, torch has %.9g", name, what, (int)i, (double)have[i],
                     wanted);
    }
}

/* Runs what was recorded and holds it against the case of that name. */
static void finish(layer_case *c, const char *name, heed__var loss)
{
    char found[64] = "";
    FILE *file = fopen("tests/golden/layers.txt", "r");
    assert_non_null(file);
    while (strcmp(found, name) != 0) assert_int_equal(fscanf(file, "%63s", found), 1);
    heed__tape_keep(c->tape, c->output);
    check_ok(heed__tape_run(c->tape, loss));
    check_line(file, name, "output", heed__tape_value(c->tape, c->output),
               heed__tape_rows(c->tape, c->output) * heed__tape_cols(c->tape, c->output));
    check_line(file, name, "dx", c->dx,
               heed__tape_rows(c->tape, c->input) * heed__tape_cols(c->tape, c->input));
    for (size_t p = 0; p < c->params.count; p++) {
        const heed__param *param = c->params.items[p];
        check_line(file, name, param->name, param->grad, param->rows * param->cols);
    }
    fclose(file);
    heed__params_clear(&c->params);
    heed__tape_destroy(&c->tape);
}

/* Half the squared distance to the targets, over the rows. */
static void finish_layer(layer_case *c, const char *name, heed__var out)
{
    heed__target_loss loss = {.targets = c->targets};
    for (int64_t i = 0; i < ROWS * COLS; i++) c->targets[i] = (float)number(200, i);
    c->output = out;
    finish(c, name,
           heed__tape_apply(c->tape, &heed__op_squared_error, &out, 1, &loss, sizeof loss));
}

static void test_recurrent(void **state)
{
    (void)state;
    static const heed__op *const ops[] = {&heed__op_gru, &heed__op_lstm};
    for (int i = 0; i < 2; i++) {
        layer_case c;
        heed__recurrent_layer layer = {0};
        begin(&c);
        check_ok(heed__recurrent_layer_create(&c.params, "r", ops[i], COLS, COLS, 2, &layer));
        fill_params(&c);
        give_input(&c, ROWS, COLS, 1);
        finish_layer(&c, i ? "lstm" : "gru", heed__recurrent_layer_apply(&layer, &c.pass, c.input));
    }
}

static void test_norm(void **state)
{
    (void)state;
    layer_case c;
    heed__norm norm;
    begin(&c);
    check_ok(heed__norm_create(&c.params, "n", COLS, &norm));
    fill_params(&c);
    give_input(&c, ROWS, COLS, 1);
    finish_layer(&c, "norm", heed__norm_apply(&norm, &c.pass, c.input));
}

static void check_block(const char *name, const char *const settings[][2], size_t count)
{
    layer_case c;
    heed_config *config = NULL;
    void *encoder = NULL;
    const heed__encoder_kind *kind = heed__encoder_find("transformer");
    check_ok(heed_config_create(&config));
    check_ok(heed_config_set(config, "encoder.dim", "8"));
    check_ok(heed_config_set(config, "encoder.ffn", "12"));
    check_ok(heed_config_set(config, "encoder.dropout", "0"));
    for (size_t i = 0; i < count; i++)
        check_ok(heed_config_set(config, settings[i][0], settings[i][1]));
    begin(&c);
    check_ok(kind->create(&c.params, config, "encoder", heed__source_dim(config), &encoder));
    fill_params(&c);
    give_input(&c, ROWS, COLS, 1);
    finish_layer(&c, name, kind->apply(encoder, &c.pass, c.input, NULL));
    kind->destroy(encoder);
    heed_config_destroy(&config);
}

static void test_transformer(void **state)
{
    (void)state;
    static const char *const pre[][2] = {
        {"encoder.heads", "2"}, {"encoder.norm", "pre"}, {"encoder.positions", "none"}};
    static const char *const post[][2] = {
        {"encoder.heads", "2"}, {"encoder.norm", "post"}, {"input.init", "0.5"}};
    static const char *const grouped[][2] = {{"encoder.heads", "4"},
                                             {"encoder.key_heads", "2"},
                                             {"encoder.causal", "true"},
                                             {"input.init", "0.5"}};
    check_block("pre", pre, 3);
    check_block("post", post, 3);
    check_block("grouped", grouped, 4);
}

static void test_pool(void **state)
{
    (void)state;
    layer_case c;
    heed__attention_pool pool = {0};
    heed__mechanism_texts texts = {.score = "dot"};
    begin(&c);
    check_ok(heed__attention_pool_create(&c.params, "pool", COLS, 1, &texts, 0, &pool));
    fill_params(&c);
    give_input(&c, ROWS, COLS, 1);
    finish_layer(&c, "pool", heed__attention_pool_apply(&pool, &c.pass, c.input, NULL));
    heed__attention_pool_clear(&pool);
}

/* A GRU over the words of sentences, and over the sentences of texts. */
static void test_hierarchy(void **state)
{
    (void)state;
    static const unsigned char begins[ROWS] = {1, 0, 0, 1, 0, 1, 1, 1, 0, 1, 0, 0, 0, 1, 1, 0, 0};
    layer_case c;
    heed_config *config = NULL;
    heed__hierarchy *hierarchy = NULL;
    void *words = NULL;
    check_ok(heed_config_create(&config));
    check_ok(heed_config_set(config, "encoder.dim", "8"));
    check_ok(heed_config_set(config, "encoder.dropout", "0"));
    check_ok(heed_config_set(config, "encoder.hierarchy", "sentences"));
    begin(&c);
    check_ok(heed__encoder_gru.create(&c.params, config, "encoder", COLS, &words));
    check_ok(heed__hierarchy_create(&c.params, config, &heed__encoder_gru, &hierarchy));
    fill_params(&c);
    give_input(&c, ROWS, COLS, 1);
    heed__sentence_counts most = {0};
    finish_layer(&c, "hierarchy",
                 heed__hierarchy_apply(hierarchy, words, &c.pass, begins, &most, c.input, NULL));
    assert_int_equal(hierarchy->texts.n, SEQUENCES);
    assert_int_equal(hierarchy->sentences.n, 8);
    heed__hierarchy_destroy(&hierarchy);
    heed__encoder_gru.destroy(words);
    heed_config_destroy(&config);
}

static void check_loss(const char *name, const heed__op *op, const void *attributes, size_t size)
{
    layer_case c;
    begin(&c);
    give_input(&c, LABELLED, CLASSES, 3);
    c.output = heed__tape_apply(c.tape, op, &c.input, 1, attributes, size);
    finish(&c, name, c.output);
}

static void test_losses(void **state)
{
    (void)state;
    static const int32_t labels[] = {1, -1, 2, 0, 2};
    static const float weights[] = {1, 2, 0.5f};
    float targets[LABELLED * CLASSES];
    for (int64_t i = 0; i < LABELLED * CLASSES; i++) targets[i] = number(200, i) > 0;
    heed__class_loss smoothed = {.labels = labels, .smoothing = 0.1f};
    heed__class_loss weighted = {.labels = labels, .weights = weights};
    heed__class_loss both = {.labels = labels, .weights = weights, .smoothing = 0.2f};
    heed__target_loss binary = {targets, weights};
    check_loss("smoothed", &heed__op_cross_entropy, &smoothed, sizeof smoothed);
    check_loss("weighted", &heed__op_cross_entropy, &weighted, sizeof weighted);
    check_loss("smoothed_and_weighted", &heed__op_cross_entropy, &both, sizeof both);
    check_loss("binary", &heed__op_binary_cross_entropy, &binary, sizeof binary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recurrent),   cmocka_unit_test(test_norm),
        cmocka_unit_test(test_transformer), cmocka_unit_test(test_pool),
        cmocka_unit_test(test_hierarchy),   cmocka_unit_test(test_losses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
