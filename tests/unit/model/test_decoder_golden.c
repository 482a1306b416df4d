/* SPDX-License-Identifier: MIT */
/* Whole recurrent decoders against torch's values and gradients; tests/golden/decoders.py says what
 * the numbers are. A failing number is off by more than 5e-6 x (1 + its size). */
#include "recurrent_case.h"

#include <math.h>
#include <stdio.h>

static const int64_t ids[] = {0, 1, 2}, target_lengths[] = {3, 1, 4}, source_lengths[] = {2, 5, 1};
static const double tolerance = 5e-6;

static float number(int k, int64_t i)
{
    return (float)((37 * i + 11 * k * k + 5 * k) % 23 - 11) / 16;
}

static void check_line(FILE *file, const char *name, const char *what, const float *have,
                       int64_t count)
{
    long wanted_count;
    double wanted;
    assert_int_equal(fscanf(file, "%ld", &wanted_count), 1);
    if (wanted_count != count)
        fail_msg("%s: %s has %d numbers, torch %ld", name, what, (int)count, wanted_count);
    for (int64_t i = 0; i < count; i++) {
        assert_int_equal(fscanf(file, "%lf", &wanted), 1);
        if (!(fabs((double)have[i] - wanted) <= tolerance * (1 + fabs(wanted))))
            fail_msg("%s: %s[%d] is %.9g, torch has %.9g", name, what, (int)i, (double)have[i],
                     wanted);
    }
}

typedef struct golden {
    batch targets, sources;
    float x[MOST_ROWS * EMBEDDED], dx[MOST_ROWS * EMBEDDED];
    float states[MOST_ROWS * MEMORY], d_states[MOST_ROWS * MEMORY];
    float wanted[MOST_ROWS * 32];
    heed__var out;
} golden;

static heed__var record(decoder_case *c, golden *g, heed__memory memory)
{
    heed__pass pass = {.tape = c->tape, .ragged = &g->targets.ragged};
    heed__tape_start(c->tape, HEED_TAPE_TRAIN, (heed__draw){0});
    if (memory.ragged)
        memory.states =
            heed__tape_leaf(c->tape, g->sources.ragged.rows, MEMORY, g->states, g->d_states);
    heed__var x = heed__tape_leaf(c->tape, g->targets.ragged.rows, EMBEDDED, g->x, g->dx);
    heed__decoded decoded = c->kind->apply(c->decoder, &pass, &memory, x, NULL);
    heed__var both[2] = {decoded.states, decoded.gate};
    g->out = heed__tape_apply(c->tape, &heed__op_concat, both, 2, NULL, 0);
    heed__target_loss squares = {.targets = g->wanted};
    heed__var losses[2] = {
        heed__tape_apply(c->tape, &heed__op_squared_error, &g->out, 1, &squares, sizeof squares),
        decoded.loss};
    heed__weighted_sum sum = {{1, 1}};
    return heed__tape_apply(c->tape, &heed__op_weighted_sum, losses, 2, &sum, sizeof sum);
}

static void check_case(const char *name, const heed__decoder_kind *kind,
                       const char *const *settings, heed__memory memory)
{
    static golden g;
    char found[64] = "";
    decoder_case c;
    FILE *file = fopen("tests/golden/decoders.txt", "r");
    assert_non_null(file);
    memset(&g, 0, sizeof g);
    batch_fill(&g.targets, 3, target_lengths, ids);
    batch_fill(&g.sources, 3, source_lengths, ids);
    if (memory.directions >= 0) memory.ragged = &g.sources.ragged;
    memory.states = HEED_NO_VAR;
    for (int64_t i = 0; i < MOST_ROWS * EMBEDDED; i++) g.x[i] = number(100, i);
    for (int64_t i = 0; i < MOST_ROWS * MEMORY; i++) g.states[i] = number(300, i);
    for (int64_t i = 0; i < MOST_ROWS * 32; i++) g.wanted[i] = number(200, i);
    case_open(&c, kind, settings, memory.ragged ? MEMORY : 0);
    for (size_t p = 0; p < c.params.count; p++)
        for (int64_t i = 0; i < c.params.items[p]->rows * c.params.items[p]->cols; i++)
            c.params.items[p]->data[i] = number((int)p + 1, i);
    heed__var loss = record(&c, &g, memory);
    heed__tape_keep(c.tape, g.out);
    heed__tape_keep(c.tape, loss);
    check_ok(heed__tape_run(c.tape, loss));
    while (strcmp(found, name) != 0) assert_int_equal(fscanf(file, "%63s", found), 1);
    check_line(file, name, "loss", heed__tape_value(c.tape, loss), 1);
    check_line(file, name, "output", heed__tape_value(c.tape, g.out),
               heed__tape_rows(c.tape, g.out) * heed__tape_cols(c.tape, g.out));
    check_line(file, name, "dx", g.dx, g.targets.ragged.rows * EMBEDDED);
    if (memory.ragged)
        check_line(file, name, "d source", g.d_states, g.sources.ragged.rows * MEMORY);
    for (size_t p = 0; p < c.params.count; p++) {
        const heed__param *param = c.params.items[p];
        check_line(file, name, param->name, param->grad, param->rows * param->cols);
    }
    case_close(&c);
    fclose(file);
}

static const heed__memory two_ways = {.recurrent = 1, .directions = 2},
                          one_way = {.recurrent = 1, .directions = 1},
                          unordered = {.directions = 1}, no_source = {.directions = -1};

static void test_bahdanau(void **state)
{
    (void)state;
    static const char *const one[] = {"decoder.dim", "5", NULL};
    static const char *const two[] = {"decoder.dim",
                                      "5",
                                      "decoder.attention",
                                      "additive",
                                      "decoder.layers",
                                      "2",
                                      "encoder.dropout",
                                      "0",
                                      NULL};
    check_case("bahdanau", &heed__decoder_gru, one, two_ways);
    check_case("bahdanau_lstm", &heed__decoder_lstm, two, one_way);
}

static void test_luong(void **state)
{
    (void)state;
    static const char *const general[] = {"decoder.dim",
                                          "5",
                                          "decoder.attention",
                                          "general",
                                          "decoder.layers",
                                          "2",
                                          "decoder.deep_output",
                                          "false",
                                          "encoder.dropout",
                                          "0",
                                          NULL};
    static const char *const dot[] = {"decoder.attention", "dot", "decoder.input_feeding", "false",
                                      NULL};
    check_case("luong", &heed__decoder_lstm, general, one_way);
    check_case("luong_dot", &heed__decoder_gru, dot, unordered);
}

/* The other way round: with Bahdanau's score, and not with Luong's. */
static void test_attentional(void **state)
{
    (void)state;
    static const char *const with[] = {
        "decoder.dim", "5", "decoder.attentional", "true", "decoder.deep_output", "false", NULL};
    static const char *const without[] = {"decoder.dim",
                                          "5",
                                          "decoder.attention",
                                          "general",
                                          "decoder.layers",
                                          "2",
                                          "decoder.attentional",
                                          "false",
                                          "encoder.dropout",
                                          "0",
                                          NULL};
    check_case("bahdanau_vector", &heed__decoder_gru, with, two_ways);
    check_case("luong_context", &heed__decoder_lstm, without, two_ways);
}

static void test_coverage_and_copying(void **state)
{
    (void)state;
    static const char *const pointer[] = {"decoder.dim",
                                          "5",
                                          "decoder.attention",
                                          "concat",
                                          "decoder.coverage",
                                          "true",
                                          "decoder.coverage_loss",
                                          "0.5",
                                          "decoder.copy",
                                          "true",
                                          "decoder.deep_output",
                                          "false",
                                          NULL};
    static const char *const dot[] = {"decoder.attention",
                                      "dot",
                                      "decoder.coverage",
                                      "true",
                                      "decoder.coverage_loss",
                                      "0.25",
                                      "decoder.deep_output",
                                      "false",
                                      NULL};
    check_case("pointer", &heed__decoder_gru, pointer, two_ways);
    check_case("covered_dot", &heed__decoder_lstm, dot, two_ways);
}

static void test_without_attention(void **state)
{
    (void)state;
    static const char *const summary[] = {
        "decoder.dim", "5", "decoder.attention", "none", "decoder.layers", "2", "encoder.dropout",
        "0",           NULL};
    static const char *const language[] = {"decoder.dim",
                                           "5",
                                           "decoder.layers",
                                           "2",
                                           "decoder.deep_output",
                                           "false",
                                           "encoder.dropout",
                                           "0",
                                           NULL};
    check_case("summary", &heed__decoder_gru, summary, two_ways);
    check_case("language", &heed__decoder_gru, language, no_source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bahdanau), cmocka_unit_test(test_luong),
        cmocka_unit_test(test_attentional), cmocka_unit_test(test_coverage_and_copying),
        cmocka_unit_test(test_without_attention)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
