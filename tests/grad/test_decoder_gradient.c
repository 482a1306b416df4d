/* SPDX-License-Identifier: MIT */
/* Gradients of whole encoders and decoders in float64 against finite differences: every parameter,
 * the embeddings of both sides, with dropout, over everything that a decoder gives. */
#include "model/recurrent_case.h"

#include "model/stack.h"

#include <math.h>

/* Central differences with step 1e-5 on a loss of order 1: error near 1e-10, and after layers that
 * normalise few numbers near 1e-8. */
static const double step = 1e-5, allowed = 5e-8;

enum { SIDES = 3, ROWS = 8, COLUMNS = 32 };

static const int64_t ids[] = {30, 11, 52}, target_lengths[] = {3, 1, 2},
                     source_lengths[] = {2, 3, 1};

typedef struct work {
    decoder_case c;
    const heed__encoder_kind *encoder_kind;
    void *encoder;
    batch targets, sources;
    int64_t columns; /* of embedded targets */
    heed_real source[ROWS * MEMORY], embedded[ROWS * MEMORY];
    heed_real source_grad[ROWS * MEMORY], embedded_grad[ROWS * MEMORY];
    float wanted[ROWS * COLUMNS];
    int checked;
} work;

static heed__var distance(work *w, heed__var from)
{
    heed__target_loss squares = {.targets = w->wanted};
    assert_true(heed__tape_rows(w->c.tape, from) * heed__tape_cols(w->c.tape, from) <=
                ROWS * COLUMNS);
    return heed__tape_apply(w->c.tape, &heed__op_squared_error, &from, 1, &squares, sizeof squares);
}

/* The encoder over the sources; none in a language model. */
static heed__memory encode(work *w)
{
    heed__memory memory = {.states = HEED_NO_VAR};
    if (!w->encoder_kind) return memory;
    heed__pass pass = {.tape = w->c.tape, .ragged = &w->sources.ragged};
    heed__var x =
        heed__tape_leaf(w->c.tape, w->sources.ragged.rows, MEMORY, w->source, w->source_grad);
    memory.states = w->encoder_kind->apply(w->encoder, &pass, x, NULL);
    memory.ragged = &w->sources.ragged;
    memory.recurrent = w->encoder_kind != &heed__encoder_transformer;
    memory.directions = memory.recurrent ? 2 : 1;
    return memory;
}

/* The loss sees states, and where there are any the loss, the gate and the weights. */
static heed__var record(work *w)
{
    heed__tape *tape = w->c.tape;
    heed__tape_start(tape, HEED_TAPE_TRAIN, (heed__draw){3, 4});
    heed__memory memory = encode(w);
    heed__pass pass = {.tape = tape, .ragged = &w->targets.ragged};
    heed__var x =
        heed__tape_leaf(tape, w->targets.ragged.rows, w->columns, w->embedded, w->embedded_grad);
    heed__decoded decoded = w->c.kind->apply(w->c.decoder, &pass, &memory, x, NULL);
    heed__var losses[4] = {distance(w, decoded.states)};
    int count = 1;
    if (decoded.loss != HEED_NO_VAR) losses[count++] = decoded.loss;
    if (decoded.gate != HEED_NO_VAR) losses[count++] = distance(w, decoded.gate);
    if (decoded.weights != HEED_NO_VAR) losses[count++] = distance(w, decoded.weights);
    if (count == 1) return losses[0];
    heed__weighted_sum sum = {{1, 1, 1, 1}};
    return heed__tape_apply(tape, &heed__op_weighted_sum, losses, count, &sum, sizeof sum);
}

static double value(work *w)
{
    heed__var loss = record(w);
    heed__tape_keep(w->c.tape, loss);
    check_ok(heed__tape_run(w->c.tape, HEED_NO_VAR));
    return *heed__tape_value(w->c.tape, loss);
}

/* Every element is moved; a part that nothing depends on would check nothing. */
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
            fail_msg("%s[%lld]: %.12g, by differences %.12g", name, (long long)i, gradient[i],
                     found);
        largest = fmax(largest, fabs(found));
        w->checked++;
    }
    if (!(largest > 1e-6)) fail_msg("%s: the loss does not depend on it", name);
}

static void check_all(work *w)
{
    heed__params *params = &w->c.params;
    heed__params_start_grads(params);
    check_ok(heed__tape_run(w->c.tape, record(w)));
    heed__params_end_grads(params);
    for (size_t p = 0; p < params->count; p++) {
        heed__param *param = params->items[p];
        check_array(w, param->name, param->data, param->grad, param->rows * param->cols);
    }
    check_array(w, "targets", w->embedded, w->embedded_grad, w->targets.ragged.rows * w->columns);
    if (w->encoder_kind)
        check_array(w, "sources", w->source, w->source_grad, w->sources.ragged.rows * MEMORY);
}

/* encoder NULL: a language model. */
static void check_gradients(const heed__encoder_kind *encoder, const heed__decoder_kind *decoder,
                            const char *const *settings)
{
    static work w;
    memset(&w, 0, sizeof w);
    batch_fill(&w.targets, SIDES, target_lengths, ids);
    batch_fill(&w.sources, SIDES, source_lengths, ids);
    case_open(&w.c, decoder, settings, encoder ? MEMORY : 0);
    w.encoder_kind = encoder;
    if (encoder)
        check_ok(encoder->create(&w.c.params, w.c.config, "encoder", heed__source_dim(w.c.config),
                                 &w.encoder));
    w.columns = heed__target_dim(w.c.config);
    fill_rows(w.source, MEMORY, &w.sources.ragged, 0);
    fill_rows(w.embedded, w.columns, &w.targets.ragged, 1);
    for (int i = 0; i < ROWS * COLUMNS; i++) w.wanted[i] = (float)(i * 37 % 101) / 50 - 1;
    check_all(&w);
    assert_true(w.checked > 100);
    if (encoder) encoder->destroy(w.encoder);
    case_close(&w.c);
}

static void test_recurrent_with_additive_attention(void **state)
{
    (void)state;
    static const char *const gru[] = {"input.dim", "6", "encoder.layers", "2", NULL};
    static const char *const lstm[] = {
        "input.dim", "6", "decoder.deep_output", "false", "encoder.directions", "1", NULL};
    check_gradients(&heed__encoder_gru, &heed__decoder_gru, gru);
    check_gradients(&heed__encoder_lstm, &heed__decoder_lstm, lstm);
}

static void test_recurrent_with_multiplied_scores(void **state)
{
    (void)state;
    static const char *const dot[] = {"decoder.attention", "dot", NULL};
    static const char *const general[] = {"decoder.attention", "general", "decoder.dim", "4", NULL};
    static const char *const concat[] = {"decoder.attention", "concat", "decoder.input_feeding",
                                         "false", NULL};
    check_gradients(&heed__encoder_none, &heed__decoder_gru, dot);
    check_gradients(&heed__encoder_none, &heed__decoder_lstm, general);
    check_gradients(&heed__encoder_none, &heed__decoder_gru, concat);
}

static void test_attentional_vector(void **state)
{
    (void)state;
    static const char *const additive[] = {"decoder.attentional", "true", "input.dim", "6",
                                           "encoder.layers",      "2",    NULL};
    static const char *const covered[] = {"decoder.attentional",
                                          "true",
                                          "decoder.deep_output",
                                          "false",
                                          "decoder.copy",
                                          "true",
                                          "decoder.coverage_loss",
                                          "0.7",
                                          NULL};
    static const char *const general[] = {
        "decoder.attention", "general", "decoder.attentional", "false", "decoder.dim", "4", NULL};
    static const char *const fed[] = {"decoder.attention",
                                      "concat",
                                      "decoder.attentional",
                                      "false",
                                      "decoder.deep_output",
                                      "false",
                                      "decoder.copy",
                                      "true",
                                      "decoder.coverage",
                                      "true",
                                      NULL};
    static const char *const dot[] = {"decoder.attention",
                                      "dot",
                                      "decoder.attentional",
                                      "false",
                                      "decoder.input_feeding",
                                      "false",
                                      NULL};
    check_gradients(&heed__encoder_gru, &heed__decoder_gru, additive);
    check_gradients(&heed__encoder_none, &heed__decoder_lstm, covered);
    check_gradients(&heed__encoder_none, &heed__decoder_lstm, general);
    check_gradients(&heed__encoder_none, &heed__decoder_gru, fed);
    check_gradients(&heed__encoder_none, &heed__decoder_gru, dot);
}

static void test_coverage_and_copying(void **state)
{
    (void)state;
    static const char *const additive[] = {
        "decoder.coverage", "true", "decoder.copy", "true", "decoder.coverage_loss", "0.7", NULL};
    static const char *const general[] = {"decoder.attention",
                                          "general",
                                          "decoder.coverage",
                                          "true",
                                          "decoder.copy",
                                          "true",
                                          "decoder.coverage_loss",
                                          "0.7",
                                          NULL};
    check_gradients(&heed__encoder_none, &heed__decoder_gru, additive);
    check_gradients(&heed__encoder_none, &heed__decoder_lstm, general);
}

static void test_recurrent_without_a_source(void **state)
{
    (void)state;
    static const char *const settings[] = {"encoder.layers", "2", NULL};
    check_gradients(NULL, &heed__decoder_gru, settings);
    check_gradients(NULL, &heed__decoder_lstm, settings);
}

static void test_transformers(void **state)
{
    (void)state;
    static const char *const before[] = {"input.dim",
                                         "6",
                                         "encoder.heads",
                                         "2",
                                         "encoder.layers",
                                         "2",
                                         "encoder.ffn",
                                         "5",
                                         "encoder.positions",
                                         "learned",
                                         "input.max_length",
                                         "2",
                                         "output.kind",
                                         "translate",
                                         NULL};
    static const char *const after[] = {
        "input.dim",   "6", "encoder.heads",      "2",      "encoder.key_heads", "1",
        "encoder.ffn", "5", "encoder.activation", "swiglu", "encoder.norm",      "post",
        NULL};
    check_gradients(&heed__encoder_transformer, &heed__decoder_transformer, before);
    check_gradients(&heed__encoder_transformer, &heed__decoder_transformer, after);
    check_gradients(NULL, &heed__decoder_transformer, before);
}

static void test_mixtures(void **state)
{
    (void)state;
    static const char *const settings[] = {"input.dim", "6", "encoder.heads", "2", "encoder.ffn",
                                           "5",         NULL};
    check_gradients(&heed__encoder_gru, &heed__decoder_transformer, settings);
    check_gradients(&heed__encoder_transformer, &heed__decoder_lstm, settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recurrent_with_additive_attention),
        cmocka_unit_test(test_recurrent_with_multiplied_scores),
        cmocka_unit_test(test_attentional_vector),
        cmocka_unit_test(test_coverage_and_copying),
        cmocka_unit_test(test_recurrent_without_a_source),
        cmocka_unit_test(test_transformers),
        cmocka_unit_test(test_mixtures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
