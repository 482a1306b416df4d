/* SPDX-License-Identifier: MIT */
/* The feed-forward part as one operation gives every bit of linear, activation and linear, at every
 * precision and number of threads, with matrices laid out before or not. */
#include "check.h"

#include "autograd/tape.h"
#include "base/random.h"
#include "ops/ops.h"

#include <string.h>

enum { ROWS = 1100, SIZE = 24, INSIDE = 70, PARTS = 5 };

static heed_real data[PARTS][ROWS * INSIDE], slope[ROWS * SIZE];

typedef struct result {
    heed_real y[ROWS * SIZE], grad[PARTS][ROWS * INSIDE];
    size_t bytes;
} result;

static void draw(void)
{
    heed__random r;
    heed__random_start(&r, 5, HEED_RANDOM_WEIGHTS);
    for (int p = 0; p < PARTS; p++)
        for (int i = 0; i < ROWS * INSIDE; i++) data[p][i] = heed__random_uniform(&r) * 2 - 1;
    for (int i = 0; i < ROWS * SIZE; i++) slope[i] = heed__random_uniform(&r) * 2 - 1;
}

static heed__var record(heed__tape *tape, int64_t rows, heed__activation_kind kind, int fused,
                        result *out)
{
    const int64_t shapes[PARTS][2] = {
        {rows, SIZE}, {INSIDE, SIZE}, {1, INSIDE}, {SIZE, INSIDE}, {1, SIZE}};
    heed__weighted_sum same = {{1}}; /* so that x's gradient has a place on the tape */
    heed__activation f = {kind};
    heed__var in[PARTS];
    for (int p = 0; p < PARTS; p++)
        in[p] = heed__tape_leaf(tape, shapes[p][0], shapes[p][1], data[p], out->grad[p]);
    in[0] = heed__tape_apply(tape, &heed__op_weighted_sum, in, 1, &same, sizeof same);
    if (fused) return heed__tape_apply(tape, &heed__op_feed_forward, in, PARTS, &f, sizeof f);
    heed__var z = heed__tape_apply(tape, &heed__op_linear, in, 3, NULL, 0);
    in[2] = heed__tape_apply(tape, &heed__op_activation, &z, 1, &f, sizeof f);
    heed__var last[3] = {in[2], in[3], in[4]};
    return heed__tape_apply(tape, &heed__op_linear, last, 3, NULL, 0);
}

/* The loss is the sum of y times its slope. */
static void run(heed_context *context, heed__tape_mode mode, int64_t rows,
                heed__activation_kind kind, int fused, result *out)
{
    static heed_real ones[ROWS * SIZE];
    heed__tape *tape = NULL;
    memset(out, 0, sizeof *out);
    check_ok(heed__tape_create(context, &tape));
    heed__tape_start(tape, mode, (heed__draw){0});
    heed__var y = record(tape, rows, kind, fused, out), loss = HEED_NO_VAR;
    heed__tape_keep(tape, y);
    if (mode & HEED_TAPE_SAVE) {
        for (int i = 0; i < ROWS * SIZE; i++) ones[i] = 1;
        heed__var both[2] = {y, heed__tape_constant(tape, rows, SIZE, slope)};
        heed__var weighed = heed__tape_apply(tape, &heed__op_multiply, both, 2, NULL, 0);
        heed__var row = heed__tape_constant(tape, 1, SIZE, ones), pair[2] = {weighed, row};
        heed__var sums[2] = {heed__tape_apply(tape, &heed__op_linear, pair, 2, NULL, 0),
                             HEED_NO_VAR};
        int64_t offsets[2] = {0, rows}, order[1] = {0}, ids[1] = {0};
        heed__ragged all = {1, rows, rows, offsets, order, ids};
        heed__segment mean = {&all};
        loss = heed__tape_apply(tape, &heed__op_mean, sums, 1, &mean, sizeof mean);
        check_ok(heed__tape_run(tape, loss));
    } else {
        check_ok(heed__tape_run(tape, HEED_NO_VAR));
    }
    if (rows) memcpy(out->y, heed__tape_value(tape, y), (size_t)(rows * SIZE) * sizeof *out->y);
    out->bytes = heed__tape_bytes(tape);
    heed__tape_destroy(&tape);
}

static void hold(heed_context *context, int64_t rows, heed__activation_kind kind)
{
    static result one, three, alone;
    run(context, HEED_TAPE_SAVE, rows, kind, 1, &one);
    run(context, HEED_TAPE_SAVE, rows, kind, 0, &three);
    for (int64_t i = 0; i < rows * SIZE; i++)
        if (!(one.y[i] == three.y[i])) fail_msg("%d rows, y[%d] differs", (int)rows, (int)i);
    for (int p = 0; p < PARTS; p++)
        for (int i = 0; i < ROWS * INSIDE; i++)
            if (!(one.grad[p][i] == three.grad[p][i]))
                fail_msg("%d rows, %s: gradient %d [%d] is %a, in three operations %a", (int)rows,
                         heed__activation_name(kind), p, i, (double)one.grad[p][i],
                         (double)three.grad[p][i]);
    assert_true(rows == 0 || one.grad[1][3] != 0);
    if (rows == ROWS) assert_true(one.bytes < three.bytes);
    run(context, HEED_TAPE_INFER, rows, kind, 1, &alone);
    assert_memory_equal(alone.y, one.y, sizeof one.y);
}

static void test_gives_the_bits_of_three_operations(void **state)
{
    static const int64_t rows[] = {0, 1, 40, 512, 513, ROWS};
    (void)state;
    draw();
    for (int p = HEED_PRECISION_HIGHEST; p <= HEED_PRECISION_MEDIUM; p++)
        for (int threads = 1; threads <= 3; threads++) {
            heed_context *context = NULL;
            check_ok(heed_context_create(&(heed_context_options){.threads = threads}, &context));
            check_ok(heed_context_set_precision(context, (heed_precision)p));
            for (int i = 0; i < 6; i++)
                for (int kind = 0; kind < HEED_ACTIVATIONS; kind++)
                    if (i == 5 || kind == i % HEED_ACTIVATIONS)
                        hold(context, rows[i], (heed__activation_kind)kind);
            heed_context_destroy(&context);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gives_the_bits_of_three_operations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
