/* SPDX-License-Identifier: MIT */
/* A recurrent layer done step by step is the layer, to the bit; gradients agree to rounding. */
#include "check.h"

#include "autograd/tape.h"
#include "base/random.h"
#include "ops/ops.h"

#include <math.h>
#include <string.h>

enum { SEQUENCES = 5, ROWS = 19, LONGEST = 8, C = 37, GATES = 4 * C };

static const int64_t offsets[] = {0, 5, 6, 9, 17, 19}, ids[] = {0, 1, 2, 3, 4};
static const int64_t order[] = {3, 0, 2, 4, 1}; /* longest first */
static const heed__ragged ragged = {SEQUENCES, ROWS, LONGEST, offsets, order, ids};

/* A leaf's numbers and gradient. */
typedef struct leaf {
    heed_real data[GATES * C], grad[GATES * C];
} leaf;

typedef struct recurrence {
    int lstm, reverse;
    leaf x, initial, weight, bias;
    float targets[ROWS * 2 * C];
    int64_t taken[LONGEST][SEQUENCES], back[ROWS], order[SEQUENCES];
} recurrence;

static recurrence whole, stepped;

static void fill(recurrence *r, int lstm, int reverse)
{
    leaf *leaves[] = {&r->x, &r->initial, &r->weight, &r->bias};
    heed__random random;
    memset(r, 0, sizeof *r);
    r->lstm = lstm;
    r->reverse = reverse;
    heed__random_start(&random, 7, HEED_RANDOM_CHECK);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < GATES * C; j++)
            leaves[i]->data[j] = heed__random_uniform(&random) - 0.5f;
    for (int j = 0; j < ROWS * 2 * C; j++) r->targets[j] = heed__random_uniform(&random);
}

static heed__var loss_of(heed__tape *tape, const recurrence *r, heed__var y)
{
    heed__target_loss loss = {.targets = r->targets};
    heed__tape_keep(tape, y);
    return heed__tape_apply(tape, &heed__op_squared_error, &y, 1, &loss, sizeof loss);
}

static heed__var leaf_of(heed__tape *tape, int64_t rows, int64_t cols, leaf *from)
{
    return heed__tape_leaf(tape, rows, cols, from->data, from->grad);
}

static heed__var record_whole(heed__tape *tape, recurrence *r)
{
    int64_t gates = (r->lstm ? 4 : 3) * C;
    heed__recurrent attributes = {&ragged, r->reverse, r->lstm};
    heed__var in[4];
    int count = 0;
    in[count++] = leaf_of(tape, ROWS, gates, &r->x);
    in[count++] = leaf_of(tape, gates, C, &r->weight);
    if (!r->lstm) in[count++] = leaf_of(tape, 1, gates, &r->bias);
    in[count++] = leaf_of(tape, SEQUENCES, r->lstm ? 2 * C : C, &r->initial);
    return heed__tape_apply(tape, r->lstm ? &heed__op_lstm : &heed__op_gru, in, count, &attributes,
                            sizeof attributes);
}

static int64_t row_of(const recurrence *r, int64_t sequence, int64_t step)
{
    return r->reverse ? offsets[sequence + 1] - 1 - step : offsets[sequence] + step;
}

static heed__var take(heed__tape *tape, heed__var x, const int64_t *index, int64_t rows)
{
    heed__take_rows attributes = {index, rows};
    return heed__tape_apply(tape, &heed__op_take_rows, &x, 1, &attributes, sizeof attributes);
}

/* All sequences at once, longest first, as a decoder does it. */
static heed__var record_steps(heed__tape *tape, recurrence *r)
{
    int64_t gates = (r->lstm ? 4 : 3) * C, stacked = 0;
    heed__var x = leaf_of(tape, ROWS, gates, &r->x), state[LONGEST];
    heed__var w = leaf_of(tape, gates, C, &r->weight);
    heed__var b = r->lstm ? HEED_NO_VAR : leaf_of(tape, 1, gates, &r->bias);
    memcpy(r->order, order, sizeof order);
    heed__var before =
        take(tape, leaf_of(tape, SEQUENCES, r->lstm ? 2 * C : C, &r->initial), r->order, SEQUENCES);
    for (int64_t step = 0; step < LONGEST; step++) {
        int64_t alive = 0;
        for (int64_t i = 0; i < SEQUENCES; i++) {
            int64_t s = order[i];
            if (heed__ragged_length(&ragged, s) <= step) break;
            r->taken[step][alive++] = row_of(r, s, step);
            r->back[row_of(r, s, step)] = stacked++;
        }
        heed__var in[4] = {take(tape, x, r->taken[step], alive), before, w, b};
        before = state[step] = heed__tape_apply(
            tape, r->lstm ? &heed__op_lstm_step : &heed__op_gru_step, in, r->lstm ? 3 : 4, NULL, 0);
    }
    heed__var all = heed__tape_apply(tape, &heed__op_stack_rows, state, LONGEST, NULL, 0);
    return take(tape, all, r->back, ROWS);
}

static void check_near(const leaf *a, const leaf *b)
{
    for (int i = 0; i < GATES * C; i++)
        assert_true(fabs((double)a->grad[i] - (double)b->grad[i]) <
                    2e-6 * (1 + fabs((double)a->grad[i])));
}

static void test_steps_are_the_layer(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        heed__tape *tapes[2];
        fill(&whole, kind / 2, kind % 2);
        fill(&stepped, kind / 2, kind % 2);
        heed__var y[2];
        for (int i = 0; i < 2; i++) {
            recurrence *r = i ? &stepped : &whole;
            check_ok(heed__tape_create(NULL, &tapes[i]));
            heed__tape_start(tapes[i], HEED_TAPE_TRAIN, (heed__draw){0});
            y[i] = i ? record_steps(tapes[i], r) : record_whole(tapes[i], r);
            check_ok(heed__tape_run(tapes[i], loss_of(tapes[i], r, y[i])));
        }
        int64_t count = ROWS * heed__tape_cols(tapes[0], y[0]);
        assert_int_equal(heed__tape_cols(tapes[0], y[0]), (kind / 2 ? 2 : 1) * C);
        assert_memory_equal(heed__tape_value(tapes[0], y[0]), heed__tape_value(tapes[1], y[1]),
                            (size_t)count * sizeof(heed_real));
        check_near(&whole.x, &stepped.x);
        check_near(&whole.initial, &stepped.initial);
        check_near(&whole.weight, &stepped.weight);
        check_near(&whole.bias, &stepped.bias);
        for (int i = 0; i < 2; i++) heed__tape_destroy(&tapes[i]);
    }
}

/* The final state of each sequence starts where the layer stops. */
static void test_a_sequence_cut_in_two(void **state)
{
    (void)state;
    static const int64_t all[] = {0, 6}, first[] = {0, 4}, second[] = {0, 2}, one[] = {0};
    static const heed__ragged parts[] = {
        {1, 6, 6, all, one, one}, {1, 4, 4, first, one, one}, {1, 2, 2, second, one, one}};
    heed__tape *tape;
    fill(&whole, 1, 0);
    check_ok(heed__tape_create(NULL, &tape));
    heed__tape_start(tape, HEED_TAPE_INFER, (heed__draw){0});
    heed__var w = leaf_of(tape, GATES, C, &whole.weight), y[3], final = HEED_NO_VAR;
    for (int i = 0; i < 3; i++) {
        heed__var x = heed__tape_constant(tape, parts[i].rows, GATES,
                                          whole.x.data + (i == 2 ? 4 * GATES : 0));
        heed__var in[3] = {x, w, i == 2 ? final : HEED_NO_VAR};
        heed__recurrent attributes = {&parts[i], 0, 1};
        heed__segment segment = {&parts[i]};
        y[i] = heed__tape_apply(tape, &heed__op_lstm, in, 3, &attributes, sizeof attributes);
        final = heed__tape_apply(tape, &heed__op_last, &y[i], 1, &segment, sizeof segment);
        heed__tape_keep(tape, y[i]);
    }
    check_ok(heed__tape_run(tape, HEED_NO_VAR));
    assert_memory_equal(heed__tape_value(tape, y[0]), heed__tape_value(tape, y[1]),
                        4 * 2 * C * sizeof(heed_real));
    assert_memory_equal(heed__tape_value(tape, y[0]) + 4 * 2 * C, heed__tape_value(tape, y[2]),
                        2 * 2 * C * sizeof(heed_real));
    heed__tape_destroy(&tape);
}

/* Rows are added in order whatever the threads. */
static void test_repeated_rows(void **state)
{
    (void)state;
    enum { TAKEN = 4000, WIDE = 64, FROM = 100 };
    static int64_t index[TAKEN];
    static heed_real x[FROM * WIDE], grads[2][FROM * WIDE];
    static float targets[TAKEN * WIDE];
    heed__random random;
    heed__random_start(&random, 3, HEED_RANDOM_CHECK);
    for (int i = 0; i < TAKEN; i++) index[i] = (int64_t)heed__random_below(&random, FROM + 1) - 1;
    for (int i = 0; i < TAKEN * WIDE; i++) targets[i] = heed__random_uniform(&random);
    for (int i = 0; i < 2; i++) {
        heed_context *context = NULL;
        heed__tape *tape;
        heed_context_options options = {.threads = i ? 3 : 1};
        check_ok(heed_context_create(&options, &context));
        check_ok(heed__tape_create(context, &tape));
        heed__tape_start(tape, HEED_TAPE_TRAIN, (heed__draw){0});
        heed__target_loss loss = {.targets = targets};
        heed__var y = take(tape, heed__tape_leaf(tape, FROM, WIDE, x, grads[i]), index, TAKEN);
        check_ok(heed__tape_run(
            tape, heed__tape_apply(tape, &heed__op_squared_error, &y, 1, &loss, sizeof loss)));
        heed__tape_destroy(&tape);
        heed_context_destroy(&context);
    }
    assert_true(grads[0][0] != 0);
    assert_memory_equal(grads[0], grads[1], sizeof grads[0]);
}

static void test_refusals(void **state)
{
    (void)state;
    static const int64_t index[] = {0, 5};
    static const heed_real x[3 * 3] = {0};
    heed__tape *tape;
    check_ok(heed__tape_create(NULL, &tape));
    heed__tape_start(tape, HEED_TAPE_INFER, (heed__draw){0});
    take(tape, heed__tape_constant(tape, 3, 3, x), index, 2);
    check_fails(heed__tape_run(tape, HEED_NO_VAR), HEED_E_INVALID, "index[1] = 5");
    heed__slice wide = {0, -1, 2, 2};
    heed__tape_start(tape, HEED_TAPE_INFER, (heed__draw){0});
    heed__var from = heed__tape_constant(tape, 3, 3, x);
    heed__tape_apply(tape, &heed__op_slice, &from, 1, &wide, sizeof wide);
    check_fails(heed__tape_run(tape, HEED_NO_VAR), HEED_E_INVALID, "slice");
    heed__activation silu = {HEED_SILU};
    heed__tape_start(tape, HEED_TAPE_INFER, (heed__draw){0});
    from = heed__tape_constant(tape, 3, 3, x);
    heed__tape_apply(tape, &heed__op_glu, &from, 1, &silu, sizeof silu);
    check_fails(heed__tape_run(tape, HEED_NO_VAR), HEED_E_INVALID, "glu: 3 columns");
    heed__tape_destroy(&tape);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps_are_the_layer), cmocka_unit_test(test_a_sequence_cut_in_two),
        cmocka_unit_test(test_repeated_rows), cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
