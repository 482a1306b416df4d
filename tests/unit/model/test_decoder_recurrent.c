/* SPDX-License-Identifier: MIT */
/* Recurrent decoders: whole targets and single steps give the same bits; batches do not matter. */
#include "recurrent_case.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t ids[SENTENCES] = {30, 11, 52, 7, 18};
static const int64_t target_lengths[SENTENCES] = {3, 1, 5, 2, 5};
static const int64_t source_lengths[SENTENCES] = {4, 1, 2, 7, 3};

static heed__memory memory_of(heed__tape *tape, const batch *sources, const float *states)
{
    heed__memory memory = {.states = HEED_NO_VAR, .recurrent = 1, .directions = 2};
    if (!sources) return memory;
    memory.states = heed__tape_constant(tape, sources->ragged.rows, MEMORY, states);
    memory.ragged = &sources->ragged;
    return memory;
}

/* What a decoder gave, row by row. */
typedef struct given {
    float states[MOST_ROWS * 32], gates[MOST_ROWS], weights[MOST_ROWS * 8];
    int64_t pairs[MOST_ROWS + 1]; /* where each row's weights begin */
} given;

static void record(const heed__tape *tape, const heed__decoded *decoded, int64_t rows, given *out)
{
    memcpy(out->states, heed__tape_value(tape, decoded->states),
           (size_t)(rows * heed__tape_cols(tape, decoded->states)) * sizeof(float));
    if (decoded->gate != HEED_NO_VAR) {
        assert_int_equal(heed__tape_rows(tape, decoded->gate), rows);
        memcpy(out->gates, heed__tape_value(tape, decoded->gate), (size_t)rows * sizeof(float));
    }
    if (decoded->weights == HEED_NO_VAR) return;
    const heed__ragged *pairs = decoded->look->pairs;
    assert_int_equal(pairs->n, rows);
    assert_int_equal(heed__tape_rows(tape, decoded->weights), pairs->rows);
    memcpy(out->pairs, pairs->offsets, (size_t)(rows + 1) * sizeof *out->pairs);
    memcpy(out->weights, heed__tape_value(tape, decoded->weights),
           (size_t)pairs->rows * sizeof(float));
}

static void keep_all(heed__tape *tape, const heed__decoded *decoded)
{
    heed__tape_keep(tape, decoded->states);
    heed__tape_keep(tape, decoded->gate);
    heed__tape_keep(tape, decoded->weights);
}

static void check_row(const decoder_case *c, const given *have, int64_t at, const given *wanted,
                      int64_t row)
{
    assert_memory_equal(have->states + at * c->width, wanted->states + row * c->width,
                        (size_t)c->width * sizeof(float));
    assert_memory_equal(have->gates + at, wanted->gates + row, sizeof(float));
    int64_t count = have->pairs[at + 1] - have->pairs[at];
    assert_int_equal(count, wanted->pairs[row + 1] - wanted->pairs[row]);
    assert_memory_equal(have->weights + have->pairs[at], wanted->weights + wanted->pairs[row],
                        (size_t)count * sizeof(float));
}

/* Whole targets, whose embeddings are of this kind. */
static void run_whole(decoder_case *c, const batch *targets, const batch *sources, int kind,
                      heed__tape_mode mode, given *out)
{
    float states[MOST_ROWS * MEMORY], embedded[MOST_ROWS * EMBEDDED];
    if (sources) fill_rows(states, MEMORY, &sources->ragged, 0);
    fill_rows(embedded, EMBEDDED, &targets->ragged, kind);
    heed__tape_start(c->tape, mode, (heed__draw){3, 4});
    heed__pass pass = {.tape = c->tape, .ragged = &targets->ragged};
    heed__memory memory = memory_of(c->tape, sources, states);
    heed__var x = heed__tape_constant(c->tape, targets->ragged.rows, EMBEDDED, embedded);
    heed__decoded decoded = c->kind->apply(c->decoder, &pass, &memory, x, NULL);
    keep_all(c->tape, &decoded);
    check_ok(heed__tape_run(c->tape, HEED_NO_VAR));
    assert_int_equal(heed__tape_rows(c->tape, decoded.states), targets->ragged.rows);
    assert_int_equal(heed__tape_cols(c->tape, decoded.states), c->width);
    memset(out, 0, sizeof *out);
    record(c->tape, &decoded, targets->ragged.rows, out);
    for (int64_t s = 0; sources && decoded.look && s < targets->ragged.n; s++)
        for (int64_t r = targets->offsets[s]; r < targets->offsets[s + 1]; r++)
            assert_int_equal(decoded.look->starts[r], sources->offsets[s]);
}

enum { BEAM = 2 };

/* One step of search that is recorded: live sentences with BEAM hypotheses each, which change
 * places at every step; hypothesis h of a sentence is the target of kind h + 1. */
typedef struct search_step {
    heed__step step;
    heed__ragged queries;
    int64_t parents[SENTENCES * BEAM], offsets[SENTENCES + 1];
    int64_t starts[SENTENCES], lengths[SENTENCES];
    int64_t sentence[SENTENCES * BEAM];
    int hypothesis[SENTENCES * BEAM];
    float embedded[SENTENCES * BEAM * EMBEDDED];
} search_step;

static void next_step(search_step *now, const search_step *before, int64_t position,
                      const batch *targets, const batch *sources)
{
    int64_t rows = 0, live = 0;
    for (int64_t s = 0; s < targets->ragged.n; s++) {
        if (heed__ragged_length(&targets->ragged, s) <= position) continue;
        now->starts[live] = sources ? sources->offsets[s] : 0;
        now->lengths[live] = sources ? heed__ragged_length(&sources->ragged, s) : 0;
        now->offsets[live++] = rows;
        for (int i = 0; i < BEAM; i++, rows++) {
            now->sentence[rows] = s;
            now->hypothesis[rows] = (int)((i + position) % BEAM);
            fill_row(now->embedded + rows * EMBEDDED, EMBEDDED,
                     (uint64_t)((now->hypothesis[rows] + 1) * 100000 + targets->ids[s] * 100 +
                                position));
            for (int64_t p = 0; position > 0 && p < before->step.rows; p++)
                if (before->sentence[p] == s && before->hypothesis[p] == now->hypothesis[rows])
                    now->parents[rows] = p;
        }
    }
    now->offsets[live] = rows;
    now->queries = (heed__ragged){live, rows, BEAM, now->offsets, NULL, NULL};
    now->step = (heed__step){.position = position,
                             .rows = rows,
                             .parents = position ? now->parents : NULL,
                             .sentences = now->sentence,
                             .queries = &now->queries,
                             .starts = now->starts,
                             .lengths = now->lengths};
    now->step.memory_rows = sources ? sources->ragged.rows : 0;
    now->step.longest_memory = sources ? sources->ragged.longest : 0;
}

static void begin_search(decoder_case *c, void *state, const batch *targets, const batch *sources,
                         const float *states)
{
    heed__tape_start(c->tape, HEED_TAPE_INFER, (heed__draw){0});
    heed__pass pass = {.tape = c->tape, .ragged = sources ? &sources->ragged : &targets->ragged};
    heed__memory memory = memory_of(c->tape, sources, states);
    c->kind->begin(c->decoder, state, &pass, &memory);
    check_ok(heed__tape_run(c->tape, HEED_NO_VAR));
    check_ok(c->kind->begun(c->decoder, state, c->tape));
}

/* Runs a step and holds its rows against those of the whole pass, per hypothesis. */
static void check_step(decoder_case *c, void *state, const search_step *now, const batch *targets,
                       const given wanted[BEAM])
{
    heed__tape_start(c->tape, HEED_TAPE_INFER, (heed__draw){0});
    heed__pass pass = {.tape = c->tape, .ragged = &now->queries};
    heed__var x = heed__tape_constant(c->tape, now->step.rows, EMBEDDED, now->embedded);
    heed__decoded decoded = c->kind->step(c->decoder, state, &pass, &now->step, x, NULL);
    keep_all(c->tape, &decoded);
    check_ok(heed__tape_run(c->tape, HEED_NO_VAR));
    check_ok(c->kind->stepped(c->decoder, state, c->tape));
    static given have;
    memset(&have, 0, sizeof have);
    record(c->tape, &decoded, now->step.rows, &have);
    for (int64_t r = 0; r < now->step.rows; r++)
        check_row(c, &have, r, &wanted[now->hypothesis[r]],
                  targets->offsets[now->sentence[r]] + now->step.position);
}

static void check_steps(decoder_case *c, const batch *targets, const batch *sources)
{
    static given wanted[BEAM];
    float states[MOST_ROWS * MEMORY];
    void *state = NULL;
    search_step steps[2];
    for (int h = 0; h < BEAM; h++)
        run_whole(c, targets, sources, h + 1, HEED_TAPE_INFER, &wanted[h]);
    if (sources) fill_rows(states, MEMORY, &sources->ragged, 0);
    check_ok(c->kind->open(c->decoder, &state));
    for (int round = 0; round < 2; round++) { /* a state serves one batch after the other */
        begin_search(c, state, targets, sources, states);
        for (int64_t t = 0; t < targets->ragged.longest; t++) {
            next_step(&steps[t % 2], &steps[(t + 1) % 2], t, targets, sources);
            check_step(c, state, &steps[t % 2], targets, wanted);
        }
    }
    c->kind->close(c->decoder, state);
}

/* All kinds of decoders: calls `check` with each. */
static void for_all(void (*check)(decoder_case *c, int64_t memory))
{
    static const char *const scores[] = {"none", "additive", "dot", "general", "concat"};
    static const char *const extras[][2] = {{"decoder.copy", "false"},
                                            {"decoder.copy", "true"},
                                            {"decoder.coverage", "true"},
                                            {"decoder.coverage_loss", "1"}};
    const heed__decoder_kind *const kinds[] = {&heed__decoder_gru, &heed__decoder_lstm};
    for (int i = 0; i < 2 * 6 * 2 * 2 * 2 * 4 * 2; i++) {
        int score = i / 2 % 6, feeding = i / 12 % 2, deep = i / 24 % 2, layers = i / 48 % 2 + 1;
        int turned = i / 384; /* the attentional vector is where it is not by itself */
        const char *const *extra = extras[i / 96 % 4];
        const char *settings[] = {"decoder.attention",
                                  scores[score % 5],
                                  "decoder.input_feeding",
                                  feeding ? "true" : "false",
                                  "decoder.deep_output",
                                  deep ? "true" : "false",
                                  "decoder.layers",
                                  layers == 1 ? "1" : "2",
                                  "decoder.dim",
                                  score == 2 ? "6" : "5",
                                  "encoder.dropout",
                                  "0.4",
                                  extra[0],
                                  extra[1],
                                  "decoder.attentional",
                                  !turned      ? "auto"
                                  : score == 1 ? "true"
                                               : "false",
                                  NULL};
        decoder_case c;
        int64_t memory = score == 5 ? 0 : MEMORY;
        if (score % 5 == 0 && i >= 96) continue;                /* no weights without attention */
        if (turned && score > 1 && !feeding && !deep) continue; /* refused */
        case_open(&c, kinds[i % 2], settings, memory);
        check(&c, memory);
        case_close(&c);
    }
}

static void steps_of(decoder_case *c, int64_t memory)
{
    batch targets, sources;
    batch_fill(&targets, SENTENCES, target_lengths, ids);
    batch_fill(&sources, SENTENCES, source_lengths, ids);
    check_steps(c, &targets, memory ? &sources : NULL);
}

static void test_steps_equal_the_whole(void **state)
{
    (void)state;
    for_all(steps_of);
}

/* The same sentences in another order, and alone: dropout is on. */
static void batches_of(decoder_case *c, int64_t memory)
{
    static given all, other;
    batch targets, sources;
    batch_fill(&targets, SENTENCES, target_lengths, ids);
    batch_fill(&sources, SENTENCES, source_lengths, ids);
    run_whole(c, &targets, memory ? &sources : NULL, 1, HEED_TAPE_DROP, &all);
    for (int64_t first = 0; first < SENTENCES; first++)
        for (int64_t count = 1; count <= SENTENCES; count += 2) {
            int64_t lengths[2][SENTENCES], names[SENTENCES];
            for (int64_t i = 0; i < count; i++) {
                int64_t s = (first + 3 * i) % SENTENCES;
                lengths[0][i] = target_lengths[s];
                lengths[1][i] = source_lengths[s];
                names[i] = ids[s];
            }
            batch some, some_sources;
            batch_fill(&some, count, lengths[0], names);
            batch_fill(&some_sources, count, lengths[1], names);
            run_whole(c, &some, memory ? &some_sources : NULL, 1, HEED_TAPE_DROP, &other);
            for (int64_t i = 0; i < count; i++) {
                int64_t s = (first + 3 * i) % SENTENCES;
                for (int64_t t = 0; t < target_lengths[s]; t++)
                    check_row(c, &other, some.offsets[i] + t, &all, targets.offsets[s] + t);
            }
        }
}

static void test_batches_do_not_matter(void **state)
{
    (void)state;
    for_all(batches_of);
}

static void copy_params(decoder_case *to, const decoder_case *from)
{
    for (size_t i = 0; i < to->params.count; i++)
        for (size_t j = 0; j < from->params.count; j++) {
            heed__param *t = to->params.items[i], *f = from->params.items[j];
            if (strcmp(t->name, f->name) == 0)
                memcpy(t->data, f->data, (size_t)(t->rows * t->cols) * sizeof *t->data);
        }
}

/* Weights as values and the operator are two ways to the same states. */
static void test_both_ways_agree(void **state)
{
    (void)state;
    static const char *const scores[] = {"additive", "dot", "general", "concat"};
    static given wanted, have;
    batch targets, sources;
    batch_fill(&targets, SENTENCES, target_lengths, ids);
    batch_fill(&sources, SENTENCES, source_lengths, ids);
    for (int i = 0; i < 4; i++) {
        const char *settings[] = {"decoder.attention", scores[i], "decoder.copy", "false", NULL};
        decoder_case with_operator, with_values;
        case_open(&with_operator, &heed__decoder_gru, settings, MEMORY);
        settings[3] = "true";
        case_open(&with_values, &heed__decoder_gru, settings, MEMORY);
        copy_params(&with_values, &with_operator);
        run_whole(&with_operator, &targets, &sources, 1, HEED_TAPE_INFER, &wanted);
        run_whole(&with_values, &targets, &sources, 1, HEED_TAPE_INFER, &have);
        for (int64_t j = 0; j < targets.ragged.rows * with_values.width; j++)
            assert_true(fabsf(have.states[j] - wanted.states[j]) < 1e-6f);
        for (int64_t row = 0; row < targets.ragged.rows; row++) {
            float sum = 0;
            for (int64_t j = have.pairs[row]; j < have.pairs[row + 1]; j++) sum += have.weights[j];
            assert_true(fabsf(sum - 1) < 1e-6f);
        }
        case_close(&with_operator);
        case_close(&with_values);
    }
}

static void check_refused(const char *score, const char *attentional, int64_t memory,
                          const char *message)
{
    const char *settings[] = {"decoder.attention",
                              score,
                              "decoder.attentional",
                              attentional,
                              "decoder.deep_output",
                              "false",
                              "decoder.input_feeding",
                              "false",
                              NULL};
    heed__params params = {.trains = 1};
    heed_config *config = NULL;
    void *decoder = NULL;
    int64_t width;
    check_ok(heed_config_create(&config));
    for (int i = 0; settings[i]; i += 2)
        check_ok(heed_config_set(config, settings[i], settings[i + 1]));
    check_fails(heed__decoder_gru.create(&params, config, memory, &decoder, &width), HEED_E_INVALID,
                message);
    heed__params_clear(&params);
    heed_config_destroy(&config);
}

static void test_refused(void **state)
{
    (void)state;
    check_refused("none", "true", MEMORY, "decoder.attentional needs attention over a source");
    check_refused("auto", "true", 0, "train with a source");
    check_refused("general", "false", MEMORY, "let one of them be true");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused), cmocka_unit_test(test_steps_equal_the_whole),
        cmocka_unit_test(test_batches_do_not_matter), cmocka_unit_test(test_both_ways_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
