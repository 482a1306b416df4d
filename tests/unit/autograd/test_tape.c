/* SPDX-License-Identifier: MIT */
/* The tape: reuse of memory never changes a value, plans serve smaller batches, errors stay. */
#include "check.h"

#include "base/memory.h"
#include "out_of_memory.h"
#include "random_network.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_reuse_changes_nothing),
                                       cmocka_unit_test(test_recomputing_changes_nothing),
                                       cmocka_unit_test(test_recomputing_holds_borders),
                                       cmocka_unit_test(test_a_plan_serves_smaller_batches),
                                       cmocka_unit_test(test_growing),
                                       cmocka_unit_test(test_errors_stay),
                                       cmocka_unit_test(test_without_memory),
                                       cmocka_unit_test(test_after_running_out_of_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
