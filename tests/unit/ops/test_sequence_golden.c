/* SPDX-License-Identifier: MIT */
/* Operations of sequence models against torch's values and gradients; tests/golden/sequence.py says
 * what the numbers are. A failing number is off by more than 2e-6 x (1 + its size). */
#include "check.h"

#include "autograd/tape.h"
#include "ops/guide.h"
#include "ops/memory.h"
#include "ops/ops.h"
#include "ops/pointer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { C = 5, QUERIES = 4, MEMORY = 7, PAIRS = 11, CLASSES = 6, MOST = 256, INPUTS = 6 };

static const double tolerance = 2e-6;
static const int64_t starts[] = {2, 0, 2, 6}, offsets[] = {0, 4, 6, 10, 11};
static const heed__ragged pairs = {QUERIES, PAIRS, 4, offsets, NULL, NULL};
static const heed__look look = {&pairs, starts};

static heed_real number(int k, int64_t i)
{
    return (heed_real)((37 * i + 11 * k * k + 5 * k) % 23 - 11) / 16;
}

/* The case at hand: its inputs, numbered from 1 in the order they are asked for. */
static struct {
    heed__tape *tape;
    int inputs;
    int64_t counts[INPUTS];
    heed_real data[INPUTS][MOST], grad[INPUTS][MOST];
    float targets[MOST];
} at;

static void begin(void)
{
    memset(&at, 0, sizeof at);
    check_ok(heed__tape_create(NULL, &at.tape));
    heed__tape_start(at.tape, HEED_TAPE_TRAIN, (heed__draw){0});
}

static heed__var input(int64_t rows, int64_t cols)
{
    int k = at.inputs++;
    assert_true(k < INPUTS && rows * cols <= MOST);
    at.counts[k] = rows * cols;
    for (int64_t i = 0; i < rows * cols; i++) at.data[k][i] = number(k + 1, i);
    return heed__tape_leaf(at.tape, rows, cols, at.data[k], at.grad[k]);
}

static void check_line(FILE *file, const char *name, int what, const heed_real *have, int64_t count)
{
    long wanted_count;
    double wanted;
    assert_int_equal(fscanf(file, "%ld", &wanted_count), 1);
    assert_int_equal(wanted_count, count);
    for (int64_t i = 0; i < count; i++) {
        assert_int_equal(fscanf(file, "%lf", &wanted), 1);
        if (!(fabs((double)have[i] - wanted) <= tolerance * (1 + fabs(wanted))))
            fail_msg("%s: number %d of %s %d is %.9g, torch has %.9g", name, (int)i,
                     what ? "the gradient of input" : "output", what, (double)have[i], wanted);
    }
}

/* Runs what was recorded and holds it against the case of that name. */
static void finish(const char *name, heed__var out, heed__var loss)
{
    char found[64] = "";
    FILE *file = fopen("tests/golden/sequence.txt", "r");
    assert_non_null(file);
    while (strcmp(found, name) != 0) assert_int_equal(fscanf(file, "%63s", found), 1);
    heed__tape_keep(at.tape, out);
    check_ok(heed__tape_run(at.tape, loss));
    check_line(file, name, 0, heed__tape_value(at.tape, out),
               heed__tape_rows(at.tape, out) * heed__tape_cols(at.tape, out));
    for (int k = 0; k < at.inputs; k++) check_line(file, name, k + 1, at.grad[k], at.counts[k]);
    fclose(file);
    heed__tape_destroy(&at.tape);
}

/* Half the squared distance to the targets, over the rows. */
static void finish_value(const char *name, heed__var out)
{
    heed__target_loss loss = {.targets = at.targets};
    for (int64_t i = 0; i < MOST; i++) at.targets[i] = (float)number(200, i);
    finish(name, out,
           heed__tape_apply(at.tape, &heed__op_squared_error, &out, 1, &loss, sizeof loss));
}

static void finish_loss(const char *name, heed__var loss)
{
    finish(name, loss, loss);
}

static heed__var apply(const heed__op *op, const heed__var *in, int count, const void *attributes,
                       size_t size)
{
    return heed__tape_apply(at.tape, op, in, count, attributes, size);
}

static void test_cells(void **state)
{
    (void)state;
    begin();
    heed__var gru[4] = {input(3, 3 * C), input(4, C), input(3 * C, C), input(1, 3 * C)};
    finish_value("gru_step", apply(&heed__op_gru_step, gru, 4, NULL, 0));
    begin();
    heed__var lstm[3] = {input(3, 4 * C), input(4, 2 * C), input(4 * C, C)};
    finish_value("lstm_step", apply(&heed__op_lstm_step, lstm, 3, NULL, 0));
}

static void test_initial_states(void **state)
{
    (void)state;
    static const int64_t rows[] = {0, 3, 4, 8}, order[] = {2, 0, 1};
    static const heed__ragged ragged = {3, 8, 4, rows, order, order};
    heed__recurrent plain = {.ragged = &ragged}, wide = {.ragged = &ragged, .with_state = 1};
    heed__segment segment = {&ragged};
    begin();
    heed__var gru[4] = {input(8, 3 * C), input(3 * C, C), input(1, 3 * C), input(3, C)};
    finish_value("gru_initial", apply(&heed__op_gru, gru, 4, &plain, sizeof plain));
    begin();
    heed__var lstm[3] = {input(8, 4 * C), input(4 * C, C), input(3, 2 * C)};
    heed__var all = apply(&heed__op_lstm, lstm, 3, &wide, sizeof wide);
    finish_value("lstm_final", apply(&heed__op_last, &all, 1, &segment, sizeof segment));
}

/* The weighted sum of the memory, from scores. */
static heed__var weigh(heed__var scores, heed__var memory)
{
    heed__segment segment = {&pairs};
    heed__var weights = apply(&heed__op_softmax, &scores, 1, &segment, sizeof segment);
    heed__var in[2] = {weights, memory};
    return apply(&heed__op_read, in, 2, &look, sizeof look);
}

static void test_attention(void **state)
{
    (void)state;
    begin();
    heed__var in[5] = {input(QUERIES, C), input(MEMORY, C), input(1, C), input(PAIRS, 1),
                       input(1, C)};
    heed__var memory = input(MEMORY, 3);
    finish_value("additive",
                 weigh(apply(&heed__op_additive_scores, in, 5, &look, sizeof look), memory));
    begin();
    heed__dot_look dot = {look, 0.5f};
    heed__var q_k[2] = {input(QUERIES, C), input(MEMORY, C)};
    memory = input(MEMORY, 3);
    finish_value("dot", weigh(apply(&heed__op_dot_scores, q_k, 2, &dot, sizeof dot), memory));
}

static void test_coverage(void **state)
{
    (void)state;
    heed__coverage_loss loss = {0.25f};
    begin();
    heed__var in[2] = {input(9, 1), input(11, 1)};
    finish_loss("coverage_loss", apply(&heed__op_coverage_loss, in, 2, &loss, sizeof loss));
}

static void test_pointer(void **state)
{
    (void)state;
    static const int32_t words[] = {7, 2, 5, 2, 5, 2, 1}, labels[] = {5, 7, 0, -1};
    for (int i = 0; i < 2; i++) {
        heed__pointer pointer = {look, words, labels, i ? 0.1f : 0, 0};
        heed__segment segment = {&pairs};
        begin();
        heed__var in[3] = {input(QUERIES, CLASSES), input(QUERIES, 1), input(PAIRS, 1)};
        in[2] = apply(&heed__op_softmax, &in[2], 1, &segment, sizeof segment);
        finish_loss(i ? "pointer_smoothed" : "pointer",
                    apply(&heed__op_pointer_loss, in, 3, &pointer, sizeof pointer));
    }
}

static void test_guide(void **state)
{
    (void)state;
    static const int64_t targets[] = {0, 3, 4, 5}, sources[] = {0, 3, 4, 6};
    static const heed__ragged queries = {3, 5, 3, targets, NULL, NULL};
    static const heed__ragged keys = {3, 6, 3, sources, NULL, NULL};
    static const int64_t first[] = {0, 2, 2, 3, 3, 4};
    static const int32_t items[] = {1, 2, 0, 1};
    heed__guide_dot guide = {&queries, &keys, 1, 2, 3, 0.7f, {first, items}};
    begin();
    heed__var in[2] = {input(5, 4), input(6, 5)};
    finish_loss("guide", apply(&heed__op_guide_dot, in, 2, &guide, sizeof guide));
}

static void test_glu(void **state)
{
    (void)state;
    static const heed__activation kinds[] = {{HEED_SILU}, {HEED_GELU}};
    for (int i = 0; i < 2; i++) {
        begin();
        heed__var x = input(3, 2 * C);
        finish_value(i ? "geglu" : "swiglu", apply(&heed__op_glu, &x, 1, &kinds[i], sizeof *kinds));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells),     cmocka_unit_test(test_initial_states),
        cmocka_unit_test(test_attention), cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_pointer),   cmocka_unit_test(test_guide),
        cmocka_unit_test(test_glu)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
