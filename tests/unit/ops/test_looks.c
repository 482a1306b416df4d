/* SPDX-License-Identifier: MIT */
/* Attention of one query a sequence: many queries at one sequence, threads, edges, refusals; and
 * the labels that cross-entropy counts. */
#include "check.h"

#include "autograd/tape.h"
#include "base/random.h"
#include "ops/guide.h"
#include "ops/memory.h"
#include "ops/ops.h"

#include <math.h>
#include <string.h>

enum { SENTENCES = 9, MEMORY = 45, QUERIES = 60, MOST_PAIRS = 600, A = 70 };

static int64_t memory_offsets[SENTENCES + 1], sequences[QUERIES], offsets[QUERIES + 1],
    starts[QUERIES];
static heed__ragged memory, pairs;
static heed__look look;
static heed_real data[4][MEMORY * 2 * A], grads[2][4][MEMORY * 2 * A];
static float targets[QUERIES * A];

/* Sentences of 1 to 9 words; several hypotheses at each. */
static void fill(void)
{
    heed__random random;
    heed__random_start(&random, 5, HEED_RANDOM_CHECK);
    for (int64_t s = 0; s < SENTENCES; s++) memory_offsets[s + 1] = memory_offsets[s] + s + 1;
    memory = (heed__ragged){SENTENCES, MEMORY, SENTENCES, memory_offsets, NULL, NULL};
    for (int i = 0; i < QUERIES; i++)
        sequences[i] = (int64_t)heed__random_below(&random, SENTENCES);
    heed__look_fill(&memory, sequences, QUERIES, offsets, starts, &pairs);
    look = (heed__look){&pairs, starts};
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < MEMORY * 2 * A; i++) data[k][i] = heed__random_uniform(&random) - 0.5f;
    for (int i = 0; i < QUERIES * A; i++) targets[i] = heed__random_uniform(&random);
}

static heed__var apply(heed__tape *tape, const heed__op *op, const heed__var *in, int count,
                       const void *attributes, size_t size)
{
    return heed__tape_apply(tape, op, in, count, attributes, size);
}

static heed__var record(heed__tape *tape, heed_real (*grad)[MEMORY * 2 * A])
{
    heed__segment segment = {&pairs};
    heed__target_loss loss = {.targets = targets};
    heed__var in[3] = {heed__tape_leaf(tape, QUERIES, A, data[0], grad[0]),
                       heed__tape_leaf(tape, MEMORY, A, data[1], grad[1]),
                       heed__tape_leaf(tape, 1, A, data[2], grad[2])};
    heed__var scores = apply(tape, &heed__op_additive_scores, in, 3, &look, sizeof look);
    heed__var weights = apply(tape, &heed__op_softmax, &scores, 1, &segment, sizeof segment);
    heed__var both[2] = {weights, heed__tape_leaf(tape, MEMORY, A, data[3], grad[3])};
    heed__var y = apply(tape, &heed__op_read, both, 2, &look, sizeof look);
    return apply(tape, &heed__op_squared_error, &y, 1, &loss, sizeof loss);
}

static void test_threads(void **state)
{
    (void)state;
    fill();
    assert_true(pairs.rows <= MOST_PAIRS && pairs.longest == SENTENCES);
    for (int i = 0; i < 2; i++) {
        heed_context_options options = {.threads = i ? 3 : 1};
        heed_context *context = NULL;
        heed__tape *tape;
        check_ok(heed_context_create(&options, &context));
        check_ok(heed__tape_create(context, &tape));
        heed__tape_start(tape, HEED_TAPE_TRAIN, (heed__draw){0});
        check_ok(heed__tape_run(tape, record(tape, grads[i])));
        heed__tape_destroy(&tape);
        heed_context_destroy(&context);
    }
    assert_true(grads[0][1][(MEMORY - 1) * A] != 0 && grads[0][2][A - 1] != 0);
    assert_memory_equal(grads[0], grads[1], sizeof grads[0]);
}

/* A query's numbers do not depend on who else asks. */
static void test_a_query_alone(void **state)
{
    (void)state;
    static const int64_t at[] = {0, 9}, from[] = {36};
    static const heed__ragged one = {1, 9, 9, at, NULL, NULL};
    static heed_real all[MOST_PAIRS];
    fill();
    heed__look alone = {&one, from};
    heed__tape *tape;
    int64_t last = 0; /* a query at the longest sentence */
    while (sequences[last] != SENTENCES - 1) last++;
    check_ok(heed__tape_create(NULL, &tape));
    for (int i = 0; i < 2; i++) {
        heed__tape_start(tape, HEED_TAPE_INFER, (heed__draw){0});
        heed__var in[3] = {
            heed__tape_constant(tape, i ? 1 : QUERIES, A, data[0] + (i ? last * A : 0)),
            heed__tape_constant(tape, MEMORY, A, data[1]),
            heed__tape_constant(tape, 1, A, data[2])};
        heed__var scores =
            apply(tape, &heed__op_additive_scores, in, 3, i ? &alone : &look, sizeof look);
        heed__tape_keep(tape, scores);
        check_ok(heed__tape_run(tape, HEED_NO_VAR));
        if (!i) memcpy(all, heed__tape_value(tape, scores), (size_t)pairs.rows * sizeof *all);
        if (i)
            assert_memory_equal(all + offsets[last], heed__tape_value(tape, scores),
                                9 * sizeof *all);
    }
    heed__tape_destroy(&tape);
}

static void test_softmax_edges(void **state)
{
    (void)state;
    static const int64_t rows[] = {0, 2, 2, 4, 7};
    static const heed__ragged ragged = {4, 7, 3, rows, NULL, NULL};
    static const heed_real x[] = {-INFINITY, -INFINITY, 1000, -1000, 0, NAN, 0};
    heed__segment segment = {&ragged};
    heed__tape *tape;
    check_ok(heed__tape_create(NULL, &tape));
    heed__tape_start(tape, HEED_TAPE_INFER, (heed__draw){0});
    heed__var in = heed__tape_constant(tape, 7, 1, x);
    heed__var y = apply(tape, &heed__op_softmax, &in, 1, &segment, sizeof segment);
    heed__tape_keep(tape, y);
    check_ok(heed__tape_run(tape, HEED_NO_VAR));
    const heed_real *p = heed__tape_value(tape, y);
    assert_true(p[0] == 0 && p[1] == 0 && p[2] == 1 && p[3] == 0 && isnan(p[4]));
    heed__tape_destroy(&tape);
}

static heed_status run_dot(heed__tape *tape, const heed__look *at)
{
    heed__dot_look dot = {*at, 1};
    heed__tape_start(tape, HEED_TAPE_INFER, (heed__draw){0});
    heed__var in[2] = {heed__tape_constant(tape, 1, A, data[0]),
                       heed__tape_constant(tape, MEMORY, A, data[1])};
    apply(tape, &heed__op_dot_scores, in, 2, &dot, sizeof dot);
    return heed__tape_run(tape, HEED_NO_VAR);
}

static heed_status run_guide(heed__tape *tape, int32_t key)
{
    static const int64_t rows[] = {0, 3}, first[] = {0, 0, 1, 1};
    static const heed__ragged three = {1, 3, 3, rows, NULL, NULL};
    heed__guide_dot guide = {&three, &three, 0, 0, A, 1, {first, &key}};
    heed__tape_start(tape, HEED_TAPE_INFER, (heed__draw){0});
    heed__var in[2] = {heed__tape_constant(tape, 3, A, data[0]),
                       heed__tape_constant(tape, 3, A, data[1])};
    apply(tape, &heed__op_guide_dot, in, 2, &guide, sizeof guide);
    return heed__tape_run(tape, HEED_NO_VAR);
}

static void test_refusals(void **state)
{
    (void)state;
    static const int64_t at[] = {0, 9}, past[] = {MEMORY - 8};
    static const heed__ragged one = {1, 9, 9, at, NULL, NULL};
    heed__tape *tape;
    fill();
    check_ok(heed__tape_create(NULL, &tape));
    heed__look beyond = {&one, past};
    check_fails(run_dot(tape, &beyond), HEED_E_INVALID, "looks at 9 rows from row 37");
    check_ok(run_guide(tape, 2));
    check_fails(run_guide(tape, 3), HEED_E_INVALID, "row 1 is linked to 3");
    heed__tape_start(tape, HEED_TAPE_INFER, (heed__draw){0});
    heed__coverage_loss loss = {1};
    heed__var in[2] = {heed__tape_constant(tape, 3, 1, data[0]),
                       heed__tape_constant(tape, 2, 1, data[1])};
    apply(tape, &heed__op_coverage_loss, in, 2, &loss, sizeof loss);
    check_fails(heed__tape_run(tape, HEED_NO_VAR), HEED_E_INVALID, "2 rows of coverage for 3");
    heed__tape_destroy(&tape);
}

static void test_labels_that_are_right(void **state)
{
    (void)state;
    static const heed_real z[] = {1, 2, 0, 5, 5, 4, 0, NAN, 0, 3, 1, 2, 0, 0, 1};
    static const int32_t labels[] = {1, 1, 1, 2, -1}; /* right, as good as any, NaN, wrong, none */
    for (int mode = 0; mode < 2; mode++) {
        int64_t right = 100;
        heed__class_loss loss = {.labels = labels, .right = &right};
        heed__tape *tape;
        check_ok(heed__tape_create(NULL, &tape));
        heed__tape_start(tape, mode ? HEED_TAPE_TRAIN : HEED_TAPE_INFER, (heed__draw){0});
        heed__var in = heed__tape_constant(tape, 5, 3, z);
        apply(tape, &heed__op_cross_entropy, &in, 1, &loss, sizeof loss);
        check_ok(heed__tape_run(tape, HEED_NO_VAR));
        assert_int_equal(right, 2);
        heed__tape_destroy(&tape);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads), cmocka_unit_test(test_a_query_alone),
        cmocka_unit_test(test_softmax_edges), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_labels_that_are_right)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
