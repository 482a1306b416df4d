/* SPDX-License-Identifier: MIT */
/* The output layer and its loss as one operation give every bit of linear and cross_entropy one
 * after the other, at every precision and number of threads, without the logits' memory. */
#include "check.h"

#include "autograd/tape.h"
#include "base/random.h"
#include "ops/ops.h"

#include <string.h>

enum { ROWS = 1300, SIZE = 40, CLASSES = 700 };

static heed_real x[ROWS * SIZE], w[CLASSES * SIZE], b[CLASSES];
static int32_t labels[ROWS];
static float weights[CLASSES];

typedef struct result {
    heed_real loss, dx[ROWS * SIZE], dw[CLASSES * SIZE], db[CLASSES];
    heed_real each[ROWS];
    int64_t right;
    size_t bytes;
} result;

typedef struct shape {
    int64_t rows, size, classes;
    int biased, weighted;
    float smoothing;
} shape;

/* Kept whole, in one chunk, in three; without labels; nothing. */
static const shape shapes[] = {
    {ROWS, SIZE, 5, 1, 1, 0.1f},        {ROWS, SIZE, CLASSES, 1, 0, 0.1f},
    {ROWS, SIZE, CLASSES, 0, 1, 0},     {200, SIZE, CLASSES, 1, 1, 0.2f},
    {30, SIZE, CLASSES, 1, 0, 0.1f},    {1, 1, 2, 1, 0, 0},
    {ROWS, 3, CLASSES - 7, 1, 0, 0.1f}, {0, SIZE, CLASSES, 1, 0, 0.1f},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static void draw(void)
{
    heed__random r;
    heed__random_start(&r, 5, HEED_RANDOM_WEIGHTS);
    for (int i = 0; i < ROWS * SIZE; i++) x[i] = heed__random_uniform(&r) * 2 - 1;
    for (int i = 0; i < CLASSES * SIZE; i++) w[i] = heed__random_uniform(&r) * 2 - 1;
    for (int i = 0; i < CLASSES; i++) b[i] = heed__random_uniform(&r) * 4 - 2;
    for (int i = 0; i < CLASSES; i++) weights[i] = heed__random_uniform(&r);
}

static void set_labels(const shape *s, int none)
{
    heed__random r;
    heed__random_start(&r, 6, HEED_RANDOM_WEIGHTS);
    for (int64_t i = 0; i < s->rows; i++) {
        labels[i] = (int32_t)heed__random_below(&r, (uint32_t)s->classes);
        if (none || heed__random_below(&r, 9) == 0) labels[i] = -1;
    }
}

static heed__var record(heed__tape *tape, const shape *s, int fused, result *out)
{
    heed_real *each = out->each, *const *at = NULL;
    static heed_real *kept;
    kept = each, at = &kept;
    heed__class_loss loss = {labels, s->weighted ? weights : NULL, s->smoothing, &out->right, at};
    heed__tape_start(tape, HEED_TAPE_SAVE, (heed__draw){0});
    heed__var leaf = heed__tape_leaf(tape, s->rows, s->size, x, out->dx), in[3];
    heed__weighted_sum same = {{1}}; /* so that x's gradient has a place on the tape */
    in[0] = heed__tape_apply(tape, &heed__op_weighted_sum, &leaf, 1, &same, sizeof same);
    in[1] = heed__tape_leaf(tape, s->classes, s->size, w, out->dw);
    in[2] = s->biased ? heed__tape_leaf(tape, 1, s->classes, b, out->db) : HEED_NO_VAR;
    if (fused)
        return heed__tape_apply(tape, &heed__op_linear_cross_entropy, in, 3, &loss, sizeof loss);
    heed__var z = heed__tape_apply(tape, &heed__op_linear, in, 3, NULL, 0);
    return heed__tape_apply(tape, &heed__op_cross_entropy, &z, 1, &loss, sizeof loss);
}

static void run(heed_context *context, const shape *s, int fused, result *out)
{
    heed__tape *tape = NULL;
    memset(out, 0, sizeof *out);
    check_ok(heed__tape_create(context, &tape));
    heed__var loss = record(tape, s, fused, out);
    heed__tape_keep(tape, loss);
    check_ok(heed__tape_run(tape, loss));
    out->loss = *heed__tape_value(tape, loss);
    out->bytes = heed__tape_bytes(tape);
    heed__tape_destroy(&tape);
}

static void same(const char *what, int at, int64_t n, const heed_real *a, const heed_real *e)
{
    for (int64_t i = 0; i < n; i++)
        if (!(a[i] == e[i]))
            fail_msg("shape %d, %s[%d]: %a, in two operations %a", at, what, (int)i, (double)a[i],
                     (double)e[i]);
}

static void hold(heed_precision precision, int threads, int at, int none)
{
    static result one, two;
    const shape *s = &shapes[at];
    heed_context *context = NULL;
    check_ok(heed_context_create(&(heed_context_options){.threads = threads}, &context));
    check_ok(heed_context_set_precision(context, precision));
    set_labels(s, none);
    run(context, s, 1, &one);
    run(context, s, 0, &two);
    same("loss", at, 1, &one.loss, &two.loss);
    same("each", at, s->rows, one.each, two.each);
    same("dx", at, s->rows * s->size, one.dx, two.dx);
    same("dw", at, s->classes * s->size, one.dw, two.dw);
    same("db", at, s->classes, one.db, two.db);
    assert_int_equal(one.right, two.right);
    if (s->rows == ROWS && s->classes == CLASSES && !none) {
        assert_true(one.dw[3] != 0 && one.dx[3] != 0);
        assert_true(one.bytes < two.bytes * 3 / 4);
    }
    heed_context_destroy(&context);
}

static void test_gives_the_bits_of_two_operations(void **state)
{
    (void)state;
    draw();
    for (int p = HEED_PRECISION_HIGHEST; p <= HEED_PRECISION_MEDIUM; p++)
        for (int threads = 1; threads <= 3; threads++)
            for (int at = 0; at < SHAPES; at++) hold((heed_precision)p, threads, at, 0);
    hold(HEED_PRECISION_HIGHEST, 2, 1, 1);
    hold(HEED_PRECISION_HIGHEST, 2, 4, 1);
}

/* What a loss counts multiplies its gradients. */
static void test_multiplies_by_what_the_loss_counts(void **state)
{
    static result once, twice;
    (void)state;
    draw();
    for (int at = 1; at < 5; at++) {
        const shape *s = &shapes[at];
        heed__tape *tape = NULL;
        heed__weighted_sum two = {{2}};
        set_labels(s, 0);
        run(NULL, s, 1, &once);
        memset(&twice, 0, sizeof twice);
        check_ok(heed__tape_create(NULL, &tape));
        heed__var loss = record(tape, s, 1, &twice);
        loss = heed__tape_apply(tape, &heed__op_weighted_sum, &loss, 1, &two, sizeof two);
        check_ok(heed__tape_run(tape, loss));
        for (int i = 0; i < ROWS * SIZE; i++) once.dx[i] *= 2;
        for (int i = 0; i < CLASSES * SIZE; i++) once.dw[i] *= 2;
        same("dx", at, s->rows * s->size, twice.dx, once.dx);
        same("dw", at, s->classes * s->size, twice.dw, once.dw);
        size_t copies = (size_t)((s->classes + s->rows) * s->size) * sizeof(heed_real);
        if (at < 3) assert_true(once.bytes + copies < heed__tape_bytes(tape));
        heed__tape_destroy(&tape);
    }
}

/* Who asks for the loss alone gets no gradients, though forward makes them for who goes back. */
static void test_leaves_gradients_alone(void **state)
{
    static result out;
    (void)state;
    draw();
    set_labels(&shapes[1], 0);
    memset(&out, 0, sizeof out);
    heed__tape *tape = NULL;
    check_ok(heed__tape_create(NULL, &tape));
    heed__var loss = record(tape, &shapes[1], 1, &out);
    heed__tape_keep(tape, loss);
    check_ok(heed__tape_run(tape, HEED_NO_VAR));
    heed_real first = *heed__tape_value(tape, loss);
    for (int i = 0; i < CLASSES * SIZE; i++) assert_true(out.dw[i] == 0);
    for (int i = 0; i < ROWS * SIZE; i++) assert_true(out.dx[i] == 0);
    check_ok(heed__tape_run(tape, loss));
    assert_true(*heed__tape_value(tape, loss) == first && out.dw[3] != 0 && out.dx[3] != 0);
    heed__tape_destroy(&tape);
}

/* The plan of the largest batch serves all that are smaller. */
static void test_smaller_batches_fit(void **state)
{
    static result out;
    (void)state;
    heed__tape *tape = NULL;
    shape s = shapes[1];
    check_ok(heed__tape_create(NULL, &tape));
    set_labels(&s, 0);
    check_ok(heed__tape_plan(tape, record(tape, &s, 1, &out)));
    size_t bytes = heed__tape_bytes(tape);
    for (; s.rows > 0; s.rows -= s.rows > 100 ? 89 : 7) {
        check_ok(heed__tape_run(tape, record(tape, &s, 1, &out)));
        assert_int_equal(heed__tape_bytes(tape), bytes);
    }
    heed__tape_destroy(&tape);
}

static void test_refuses(void **state)
{
    static result out;
    (void)state;
    heed__tape *tape = NULL;
    shape s = shapes[3];
    check_ok(heed__tape_create(NULL, &tape));
    s.smoothing = 1;
    assert_int_equal(heed__tape_plan(tape, record(tape, &s, 1, &out)), HEED_E_INVALID);
    assert_non_null(strstr(heed_status_message(), "linear_cross_entropy: smoothing = 1"));
    heed__tape_destroy(&tape);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gives_the_bits_of_two_operations),
        cmocka_unit_test(test_multiplies_by_what_the_loss_counts),
        cmocka_unit_test(test_leaves_gradients_alone),
        cmocka_unit_test(test_smaller_batches_fit),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
