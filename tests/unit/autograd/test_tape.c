/* SPDX-License-Identifier: MIT */
/* The tape: reuse of memory never changes a value, plans serve smaller batches, errors stay. */
#include "check.h"

#include "autograd/tape.h"
#include "base/memory.h"
#include "base/random.h"
#include "nn/params.h"
#include "ops/ops.h"
#include "out_of_memory.h"

#include <stdlib.h>
#include <string.h>

enum { COLS = 5, MOST_ROWS = 40, DEPTH = 12 };

/* A random network of sums, activations, linears, norms and dropout over rows x COLS, down to a
 * 1 x 1 loss: all that may share places. */
typedef struct network {
    heed_real x[MOST_ROWS * COLS], dx[MOST_ROWS * COLS];
    heed_real w[COLS * COLS], dw[COLS * COLS];
    heed_real gain[2][COLS], d_gain[2][COLS];
    int32_t labels[MOST_ROWS];
    int64_t ids[MOST_ROWS];
    float targets[MOST_ROWS * COLS];
    heed__target_loss loss;
    int64_t rows;
    uint64_t seed;
    int keep, blocks; /* up to three values a block */
    heed__var kept[DEPTH], out;
} network;

static void fill(network *n, int64_t rows, uint64_t seed)
{
    heed__random random;
    memset(n, 0, sizeof *n);
    n->rows = rows;
    n->seed = seed;
    heed__random_start(&random, seed, HEED_RANDOM_CHECK);
    for (int i = 0; i < MOST_ROWS * COLS; i++) {
        n->x[i] = heed__random_uniform(&random) - 0.5f;
        n->targets[i] = heed__random_uniform(&random);
    }
    for (int i = 0; i < MOST_ROWS; i++) {
        n->labels[i] = (int32_t)heed__random_below(&random, COLS + 1) - 1;
        n->ids[i] = i;
    }
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < COLS; j++) n->gain[i][j] = heed__random_uniform(&random);
    for (int i = 0; i < COLS * COLS; i++) n->w[i] = heed__random_uniform(&random) - 0.5f;
    n->loss.targets = n->targets;
}

static heed__var apply_one(heed__tape *tape, network *n, int what, heed__var x, heed__var other,
                           heed__var w, heed__activation f)
{
    heed__var in[3] = {x, other, HEED_NO_VAR};
    heed__layer_norm norm = {1e-5f};
    heed__dropout dropout = {.rate = 0.25f, .ids = n->ids};
    switch (what) {
    case 0:
        return heed__tape_apply(tape, &heed__op_add, in, 2, NULL, 0);
    case 1:
        return heed__tape_apply(tape, &heed__op_activation, in, 1, &f, sizeof f);
    case 2:
        return heed__tape_apply(tape, &heed__op_dropout, in, 1, &dropout, sizeof dropout);
    case 3:
        for (int i = 0; i < 2; i++)
            in[1 + i] = heed__tape_leaf(tape, 1, COLS, n->gain[i], n->d_gain[i]);
        return heed__tape_apply(tape, &heed__op_layer_norm, in, 3, &norm, sizeof norm);
    default:
        in[1] = w;
        return heed__tape_apply(tape, &heed__op_linear, in, 2, NULL, 0);
    }
}

/* Half the networks end in one loss, half in another. */
static heed__var finish(heed__tape *tape, network *n, heed__var x)
{
    heed__class_loss classes = {.labels = n->labels, .smoothing = 0.1f};
    if (n->seed % 2)
        return heed__tape_apply(tape, &heed__op_squared_error, &x, 1, &n->loss, sizeof n->loss);
    return heed__tape_apply(tape, &heed__op_cross_entropy, &x, 1, &classes, sizeof classes);
}

static heed__var record(heed__tape *tape, network *n, heed__tape_mode mode)
{
    heed__random random;
    heed__random_start(&random, n->seed, HEED_RANDOM_ORDER);
    heed__tape_start(tape, mode, (heed__draw){1, 2});
    heed__var x = heed__tape_leaf(tape, n->rows, COLS, n->x, n->dx);
    heed__var w = heed__tape_leaf(tape, COLS, COLS, n->w, n->dw), values[DEPTH + 1] = {x};
    for (int i = 0; i < DEPTH; i++) {
        heed__var a = values[heed__random_below(&random, (uint64_t)i + 1)];
        heed__activation f = {(heed__activation_kind)heed__random_below(&random, HEED_ACTIVATIONS)};
        int what = (int)heed__random_below(&random, 5);
        if (n->blocks && i % 3 == 0) heed__tape_block_begin(tape);
        values[i + 1] = apply_one(tape, n, what, values[i], a, w, f);
        if (n->blocks && (i % 3 == 2 || n->seed % 7 == 0)) heed__tape_block_end(tape);
        if (n->keep) heed__tape_keep(tape, values[i + 1]);
        if (n->keep) heed__tape_keep_grad(tape, values[i + 1]);
        n->kept[i] = values[i + 1];
    }
    heed__tape_block_end(tape);
    n->out = finish(tape, n, values[DEPTH]);
    heed__tape_keep(tape, n->out);
    return n->out;
}

/* Keeping everything gives each buffer a place of its own: the same numbers must come out. */
static void test_reuse_changes_nothing(void **state)
{
    (void)state;
    static network plain, kept;
    for (uint64_t seed = 0; seed < 200; seed++) {
        heed__tape *a = NULL, *b = NULL;
        check_ok(heed__tape_create(NULL, &a));
        check_ok(heed__tape_create(NULL, &b));
        fill(&plain, 7, seed);
        fill(&kept, 7, seed);
        kept.keep = 1;
        check_ok(heed__tape_run(a, record(a, &plain, HEED_TAPE_TRAIN)));
        check_ok(heed__tape_run(b, record(b, &kept, HEED_TAPE_TRAIN)));
        assert_memory_equal(plain.dx, kept.dx, sizeof plain.dx);
        assert_memory_equal(plain.dw, kept.dw, sizeof plain.dw);
        assert_memory_equal(plain.d_gain, kept.d_gain, sizeof plain.d_gain);
        assert_true(*heed__tape_value(a, plain.out) == *heed__tape_value(b, kept.out));
        assert_true(heed__tape_bytes(a) < heed__tape_bytes(b));
        /* Values only: the same last value without gradients. */
        check_ok(heed__tape_run(b, record(b, &kept, HEED_TAPE_SAVE)));
        heed__var loss = record(a, &plain, HEED_TAPE_INFER);
        check_ok(heed__tape_run(a, HEED_NO_VAR));
        assert_true(*heed__tape_value(a, loss) == *heed__tape_value(b, kept.out));
        heed__tape_destroy(&a);
        heed__tape_destroy(&b);
    }
}

/* Blocks that are run again: the same numbers, those that are kept too. */
static void test_recomputing_changes_nothing(void **state)
{
    (void)state;
    static network plain, again;
    heed__tape_mode mode = (heed__tape_mode)(HEED_TAPE_TRAIN | HEED_TAPE_RECOMPUTE);
    int smaller = 0;
    for (uint64_t seed = 0; seed < 400; seed++) {
        heed__tape *a = NULL, *b = NULL;
        check_ok(heed__tape_create(NULL, &a));
        check_ok(heed__tape_create(NULL, &b));
        fill(&plain, 7, seed / 2);
        fill(&again, 7, seed / 2);
        plain.keep = again.keep = seed % 2 && seed % 5 == 0;
        again.blocks = 1;
        check_ok(heed__tape_run(a, record(a, &plain, HEED_TAPE_TRAIN)));
        check_ok(heed__tape_run(b, record(b, &again, mode)));
        assert_memory_equal(plain.dx, again.dx, sizeof plain.dx);
        assert_memory_equal(plain.dw, again.dw, sizeof plain.dw);
        assert_memory_equal(plain.d_gain, again.d_gain, sizeof plain.d_gain);
        assert_true(*heed__tape_value(a, plain.out) == *heed__tape_value(b, again.out));
        for (int i = 0; plain.keep && i < DEPTH; i++)
            assert_memory_equal(heed__tape_value(a, plain.kept[i]),
                                heed__tape_value(b, again.kept[i]), 7 * COLS * sizeof(heed_real));
        smaller += heed__tape_bytes(b) < heed__tape_bytes(a);
        check_ok(
            heed__tape_run(b, record(b, &again, HEED_TAPE_SAVE))); /* and blocks that are not */
        check_ok(heed__tape_run(a, record(a, &plain, HEED_TAPE_SAVE)));
        assert_memory_equal(plain.dx, again.dx, sizeof plain.dx);
        heed__tape_destroy(&a);
        heed__tape_destroy(&b);
    }
    assert_true(smaller > 0);
}

/* A chain of blocks holds what stands between them, and one of them whole. */
static void test_recomputing_holds_borders(void **state)
{
    (void)state;
    enum { BLOCKS = 10, INSIDE = 10, ROWS = 32 };
    static heed_real x[ROWS * COLS], dx[ROWS * COLS];
    static float targets[ROWS * COLS];
    heed__target_loss loss = {.targets = targets};
    size_t value = sizeof x, bytes[2];
    for (int again = 0; again < 2; again++) {
        heed__tape *tape = NULL;
        check_ok(heed__tape_create(NULL, &tape));
        heed__tape_start(tape,
                         (heed__tape_mode)(HEED_TAPE_TRAIN | (again ? HEED_TAPE_RECOMPUTE : 0)),
                         (heed__draw){1, 2});
        heed__var y = heed__tape_leaf(tape, ROWS, COLS, x, dx);
        heed__activation f = {HEED_TANH};
        for (int i = 0; i < BLOCKS; i++) {
            heed__tape_block_begin(tape);
            for (int j = 0; j < INSIDE; j++)
                y = heed__tape_apply(tape, &heed__op_activation, &y, 1, &f, sizeof f);
            heed__tape_block_end(tape);
        }
        y = heed__tape_apply(tape, &heed__op_squared_error, &y, 1, &loss, sizeof loss);
        check_ok(heed__tape_run(tape, y));
        bytes[again] = heed__tape_bytes(tape);
        heed__tape_destroy(&tape);
    }
    assert_true(bytes[0] >= BLOCKS * INSIDE * value);
    assert_true(bytes[1] <= (BLOCKS + INSIDE + 3) * value);
}

static void test_a_plan_serves_smaller_batches(void **state)
{
    (void)state;
    static network n, fresh;
    heed__tape *tape = NULL, *other = NULL;
    check_ok(heed__tape_create(NULL, &tape));
    fill(&n, MOST_ROWS, 5);
    check_ok(heed__tape_plan(tape, record(tape, &n, HEED_TAPE_TRAIN)));
    uint64_t before = heed__alloc_count();
    for (int64_t rows = MOST_ROWS; rows >= 0; rows--) {
        fill(&n, rows, 5);
        check_ok(heed__tape_run(tape, record(tape, &n, HEED_TAPE_TRAIN)));
        uint64_t after = heed__alloc_count();
        assert_int_equal(after, before);
        fill(&fresh, rows, 5);
        check_ok(heed__tape_create(NULL, &other));
        check_ok(heed__tape_run(other, record(other, &fresh, HEED_TAPE_TRAIN)));
        assert_memory_equal(n.dx, fresh.dx, sizeof n.dx);
        assert_memory_equal(n.dw, fresh.dw, sizeof n.dw);
        heed__tape_destroy(&other);
        before = heed__alloc_count();
    }
    heed__tape_destroy(&tape);
}

/* A larger batch is planned anew; then both sizes run in that place. */
static void test_growing(void **state)
{
    (void)state;
    static network n;
    heed__tape *tape = NULL;
    check_ok(heed__tape_create(NULL, &tape));
    fill(&n, 3, 9);
    check_ok(heed__tape_run(tape, record(tape, &n, HEED_TAPE_TRAIN)));
    size_t small = heed__tape_bytes(tape);
    fill(&n, 30, 9);
    check_ok(heed__tape_run(tape, record(tape, &n, HEED_TAPE_TRAIN)));
    assert_true(heed__tape_bytes(tape) > small);
    uint64_t before = heed__alloc_count();
    for (int64_t rows = 1; rows <= 30; rows++) {
        fill(&n, rows, 9);
        check_ok(heed__tape_run(tape, record(tape, &n, HEED_TAPE_TRAIN)));
    }
    assert_int_equal(heed__alloc_count(), before);
    fill(&n, 4, 10); /* another structure */
    check_ok(heed__tape_run(tape, record(tape, &n, HEED_TAPE_TRAIN)));
    heed__tape_destroy(&tape);
}

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

static void test_errors_stay(void **state)
{
    (void)state;
    static network n;
    heed__tape *tape = NULL;
    check_ok(heed__tape_create(NULL, &tape));
    fill(&n, 4, 1);
    heed__tape_start(tape, HEED_TAPE_TRAIN, (heed__draw){0});
    heed__var x = heed__tape_leaf(tape, 4, COLS, n.x, n.dx);
    heed__var odd = heed__tape_leaf(tape, 2, 3, n.w, NULL), pair[2] = {x, odd};
    assert_int_equal(heed__tape_apply(tape, &heed__op_add, pair, 2, NULL, 0), HEED_NO_VAR);
    pair[1] = x;
    heed__var after = heed__tape_apply(tape, &heed__op_add, pair, 2, NULL, 0);
    assert_int_equal(after, HEED_NO_VAR);
    assert_int_equal(heed__tape_rows(tape, after), 0);
    assert_null(heed__tape_value(tape, after));
    heed__tape_keep(tape, after);
    check_fails(heed__tape_run(tape, after), HEED_E_INVALID, "add");

    heed__tape_start(tape, HEED_TAPE_TRAIN, (heed__draw){0}); /* begins with a clean sheet */
    x = heed__tape_leaf(tape, 4, COLS, n.x, n.dx);
    check_fails(heed__tape_run(tape, x), HEED_E_INVALID, "must be 1 x 1");
    heed__var loss = record(tape, &n, HEED_TAPE_TRAIN);
    heed__tape_apply(tape, &heed__op_weighted_sum, &loss, 1, &(heed__weighted_sum){{1}},
                     sizeof(heed__weighted_sum));
    check_fails(heed__tape_run(tape, loss), HEED_E_INVALID, "must be the last");
    heed__tape_destroy(&tape);
}

static heed_status run_job(void *arg)
{
    network *n = arg;
    heed__tape *tape = NULL;
    heed_status status = heed__tape_create(NULL, &tape);
    if (status == HEED_OK) status = heed__tape_run(tape, record(tape, n, HEED_TAPE_TRAIN));
    heed__tape_destroy(&tape);
    return status;
}

static void test_without_memory(void **state)
{
    (void)state;
    static network n;
    fill(&n, 6, 2);
    check_out_of_memory(run_job, &n, 100);
}

/* A plan that could not be made leaves a tape that can be used again. */
static void test_after_running_out_of_memory(void **state)
{
    (void)state;
    static network n, fresh;
    heed__tape *tape = NULL;
    check_ok(heed__tape_create(NULL, &tape));
    fill(&n, 3, 9);
    check_ok(heed__tape_run(tape, record(tape, &n, HEED_TAPE_TRAIN)));
    n.rows = 30;
    heed__var loss = record(tape, &n, HEED_TAPE_TRAIN);
    heed__alloc_fail_at(1);
    assert_int_equal(heed__tape_run(tape, loss), HEED_E_NOMEM);
    heed__alloc_fail_at(0);
    fill(&n, 3, 9);
    fill(&fresh, 3, 9);
    check_ok(heed__tape_run(tape, record(tape, &n, HEED_TAPE_TRAIN)));
    check_ok(run_job(&fresh));
    assert_memory_equal(n.dx, fresh.dx, sizeof n.dx);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_reuse_changes_nothing),
                                       cmocka_unit_test(test_recomputing_changes_nothing),
                                       cmocka_unit_test(test_recomputing_holds_borders),
                                       cmocka_unit_test(test_a_plan_serves_smaller_batches),
                                       cmocka_unit_test(test_growing),
                                       cmocka_unit_test(test_unrolled_batches),
                                       cmocka_unit_test(test_laid_out),
                                       cmocka_unit_test(test_gradients_of_a_step),
                                       cmocka_unit_test(test_errors_stay),
                                       cmocka_unit_test(test_without_memory),
                                       cmocka_unit_test(test_after_running_out_of_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
