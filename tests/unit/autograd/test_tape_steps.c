/* SPDX-License-Identifier: MIT */
/* The tape over many steps with the same parameters: unrolled networks of any number of steps, what
 * is laid out for their products, and the first of several gradients. */
#include "check.h"

#include "base/memory.h"
#include "nn/params.h"
#include "random_network.h"

enum { STEPS = 20, STEP_ROWS = 210 };

/* All parts, one below the other. */
static heed__var stack(heed__tape *tape, heed__var *parts, int64_t count)
{
    while (count > 1) {
        int64_t stacks = 0;
        for (int64_t i = 0; i < count; i += HEED_OP_INPUTS) {
            int some = (int)(count - i < HEED_OP_INPUTS ? count - i : HEED_OP_INPUTS);
            parts[stacks++] =
                heed__tape_apply(tape, &heed__op_stack_rows, parts + i, some, NULL, 0);
        }
        count = stacks;
    }
    return parts[0];
}

/* The loss of a network unrolled over steps of which each goes on with the first `alive` rows. */
static heed__var unroll(heed__tape *tape, network *n, const int64_t *alive, int64_t steps)
{
    static const float targets[STEP_ROWS * COLS];
    heed__var states[STEPS], in[2];
    heed__activation f = {HEED_TANH};
    heed__target_loss loss = {.targets = targets};
    heed__tape_start(tape, HEED_TAPE_TRAIN, (heed__draw){1, 2});
    heed__var state = heed__tape_leaf(tape, MOST_ROWS, COLS, n->x, n->dx);
    heed__var w = heed__tape_leaf(tape, COLS, COLS, n->w, n->dw);
    for (int64_t i = 0; i < steps; i++) {
        heed__slice first = {0, alive[i], 0, -1};
        heed__var x = heed__tape_apply(tape, &heed__op_slice, &state, 1, &first, sizeof first);
        in[0] = x, in[1] = w;
        in[0] = heed__tape_apply(tape, &heed__op_linear, in, 2, NULL, 0);
        in[0] = heed__tape_apply(tape, &heed__op_activation, in, 1, &f, sizeof f);
        in[1] = x;
        states[i] = state = heed__tape_apply(tape, &heed__op_add, in, 2, NULL, 0);
    }
    state = stack(tape, states, steps);
    return heed__tape_apply(tape, &heed__op_squared_error, &state, 1, &loss, sizeof loss);
}

/* Another number of steps, of rows that do not grow, no more in all than the largest batch has. */
static int64_t draw_steps(heed__random *random, int64_t *alive)
{
    int64_t steps = 1 + (int64_t)heed__random_below(random, STEPS), rows = 0, i = 0;
    for (; i < steps; i++) {
        alive[i] = (int64_t)heed__random_below(random, MOST_ROWS) + 1;
        if (i && alive[i] > alive[i - 1]) alive[i] = alive[i - 1];
        if (rows + alive[i] > STEP_ROWS) break;
        rows += alive[i];
    }
    return i;
}

/* After the largest, batches of another number of steps take memory once at most, since where rows
 * end plays a small part; and give what a tape of their own gives. */
static void test_unrolled_batches(void **state)
{
    (void)state;
    static network n, fresh;
    heed__tape *tape = NULL, *other = NULL;
    heed__random random;
    int64_t alive[STEPS];
    uint64_t taken = 0;
    heed__random_start(&random, 4, HEED_RANDOM_CHECK);
    check_ok(heed__tape_create(NULL, &tape));
    fill(&n, MOST_ROWS, 3);
    /* As many rows at first, in all, and as many steps as any batch: 4 x 40 + 16 x about 3. */
    for (int i = 0; i < STEPS; i++) alive[i] = i < 4 ? MOST_ROWS : i < 6 ? 4 : 3;
    check_ok(heed__tape_plan(tape, unroll(tape, &n, alive, STEPS)));
    for (int round = 0; round < 300; round++) {
        int64_t steps = draw_steps(&random, alive);
        fill(&n, MOST_ROWS, 3);
        fill(&fresh, MOST_ROWS, 3);
        uint64_t before = heed__alloc_count();
        check_ok(heed__tape_run(tape, unroll(tape, &n, alive, steps)));
        taken += heed__alloc_count() - before;
        check_ok(heed__tape_create(NULL, &other));
        check_ok(heed__tape_run(other, unroll(other, &fresh, alive, steps)));
        assert_memory_equal(n.dx, fresh.dx, sizeof n.dx);
        assert_memory_equal(n.dw, fresh.dw, sizeof n.dw);
        heed__tape_destroy(&other);
    }
    assert_true(taken <= 1);
    heed__tape_destroy(&tape);
}

/* Two products with one parameter and a norm with another; a third is in none. */
static heed__var record_parameters(heed__tape *tape, network *n, heed__param *const params[3])
{
    heed__layer_norm norm = {1e-5f};
    heed__tape_start(tape, HEED_TAPE_TRAIN, (heed__draw){1, 2});
    heed__var x = heed__tape_leaf(tape, n->rows, COLS, n->x, n->dx);
    for (int i = 0; i < 2; i++) {
        heed__var in[3] = {x, heed__tape_param(tape, params[0]), HEED_NO_VAR};
        x = heed__tape_apply(tape, &heed__op_linear, in, 2, NULL, 0);
    }
    heed__var in[3] = {x, heed__tape_param(tape, params[1]), heed__tape_param(tape, params[1])};
    return finish(tape, n, heed__tape_apply(tape, &heed__op_layer_norm, in, 3, &norm, sizeof norm));
}

/* A step's first gradient of a parameter takes the place of what there was, later ones are added,
 * and nothing leaves zeros: the same numbers as with zeros to begin with. */
static void test_gradients_of_a_step(void **state)
{
    (void)state;
    heed__tape *tape = NULL;
    network n;
    heed_real gradients[3][COLS * COLS], expected[3][COLS * COLS] = {0};
    heed__param w = {.rows = COLS, .cols = COLS}, gain = {.rows = 1, .cols = COLS}, unused = w;
    heed__param *items[3] = {&w, &gain, &unused};
    heed__params params = {.items = items, .count = 3};
    check_ok(heed__tape_create(NULL, &tape));
    fill(&n, 9, 3);
    w.data = unused.data = n.w, gain.data = n.gain[0];
    for (int runs = 1; runs <= 2; runs++) {
        memset(expected, 0, sizeof expected);
        memset(gradients, 0xff, sizeof gradients); /* NaN */
        for (int i = 0; i < 3; i++) items[i]->grad = expected[i];
        for (int run = 0; run < runs; run++)
            check_ok(heed__tape_run(tape, record_parameters(tape, &n, items)));
        for (int i = 0; i < 3; i++) items[i]->grad = gradients[i];
        heed__params_start_grads(&params);
        for (int run = 0; run < runs; run++)
            check_ok(heed__tape_run(tape, record_parameters(tape, &n, items)));
        heed__params_end_grads(&params);
        for (int i = 0; i < 3; i++)
            assert_memory_equal(gradients[i], expected[i],
                                (size_t)(items[i]->rows * COLS) * sizeof(heed_real));
    }
    heed__tape_destroy(&tape);
}

/* Some rows multiplied by one parameter again and again; `laid`: which is laid out. */
static heed__var multiply_often(heed__tape *tape, heed__param *w, int laid, network *n)
{
    heed__tape_start(tape, HEED_TAPE_TRAIN, (heed__draw){1, 1});
    if (laid) heed__tape_lay_out(tape, w);
    heed__var x = heed__tape_leaf(tape, n->rows, COLS, n->x, n->dx);
    for (int i = 0; i < 3; i++) {
        heed__var in[2] = {x, heed__tape_param(tape, w)};
        x = heed__tape_apply(tape, &heed__op_linear, in, 2, NULL, 0);
    }
    n->kept[0] = x;
    heed__tape_keep(tape, x);
    return heed__tape_apply(tape, &heed__op_squared_error, &x, 1, &n->loss, sizeof n->loss);
}

/* What is laid out changes no bit, is laid out anew when the parameter has changed, counts as
 * memory, and is forgotten by the next recording. */
static void test_laid_out(void **state)
{
    static network n[2];
    size_t bytes[2];
    heed_context *context;
    (void)state;
    check_ok(heed_context_create(&(heed_context_options){.threads = 2}, &context));
    for (int p = HEED_PRECISION_HIGHEST; p <= HEED_PRECISION_MEDIUM; p++) {
        check_ok(heed_context_set_precision(context, (heed_precision)p));
        for (int laid = 0; laid < 2; laid++) {
            heed__tape *tape;
            fill(&n[laid], 7, 3);
            heed__param w = {.name = "w", .rows = COLS, .cols = COLS, .rank = 2};
            w.data = n[laid].w, w.grad = n[laid].dw;
            check_ok(heed__tape_create(context, &tape));
            heed__var loss = multiply_often(tape, &w, laid, &n[laid]);
            check_ok(heed__tape_run(tape, loss));
            for (int i = 0; i < COLS * COLS; i++) w.data[i] *= 2;
            check_ok(heed__tape_run(tape, loss));
            memcpy(n[laid].targets, heed__tape_value(tape, n[laid].kept[0]),
                   (size_t)(n[laid].rows * COLS) * sizeof(heed_real));
            bytes[laid] = heed__tape_bytes(tape);
            for (int i = 0; i < COLS * COLS; i++) w.data[i] += 1;
            n[laid].loss.targets = n[laid].x;
            check_ok(heed__tape_run(tape, multiply_often(tape, &w, 0, &n[laid])));
            heed__tape_destroy(&tape);
        }
        assert_memory_equal(n[0].targets, n[1].targets, sizeof n[0].targets);
        assert_memory_equal(n[0].dx, n[1].dx, sizeof n[0].dx);
        assert_memory_equal(n[0].dw, n[1].dw, sizeof n[0].dw);
        assert_true(bytes[1] > bytes[0]);
    }
    heed_context_destroy(&context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_unrolled_batches),
                                       cmocka_unit_test(test_laid_out),
                                       cmocka_unit_test(test_gradients_of_a_step)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
