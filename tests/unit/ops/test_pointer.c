/* SPDX-License-Identifier: MIT */
/* The pointer-generator's log-probabilities: a distribution over the extended vocabulary, the same
 * that its loss trains, and sound at its edges. */
#include "check.h"

#include "autograd/tape.h"
#include "base/random.h"
#include "ops/ops.h"
#include "ops/pointer.h"

#include <math.h>
#include <string.h>

enum { ROWS = 6, CLASSES = 40, EXTENDED = 43, SOURCE = 9, PAIRS = 23 };

static const int64_t starts[] = {0, 5, 5, 0, 9, 0}, offsets[] = {0, 5, 9, 13, 18, 18, 23};
static const heed__ragged pairs = {ROWS, PAIRS, 5, offsets, NULL, NULL};
static const int32_t words[SOURCE] = {3, 41, 3, 0, 40, 7, 7, 42, 39};
static heed_real logits[ROWS * CLASSES], gate[ROWS], weights[PAIRS], out[ROWS * EXTENDED];

static heed__pointer pointer_of(const int32_t *labels)
{
    return (heed__pointer){.look = {&pairs, starts}, .words = words, .labels = labels};
}

/* Weights that sum to 1; with a wide range of logits and gates. */
static void fill(heed_real wide)
{
    heed__random random;
    heed__random_start(&random, 11, HEED_RANDOM_CHECK);
    for (int i = 0; i < ROWS * CLASSES; i++)
        logits[i] = wide * (heed__random_uniform(&random) - 0.5f);
    for (int i = 0; i < ROWS; i++) gate[i] = wide * (heed__random_uniform(&random) - 0.5f);
    for (int64_t i = 0; i < ROWS; i++) {
        heed_real sum = 0;
        for (int64_t j = offsets[i]; j < offsets[i + 1]; j++)
            sum += weights[j] = heed__random_uniform(&random);
        for (int64_t j = offsets[i]; j < offsets[i + 1]; j++) weights[j] /= sum;
    }
}

static heed_real loss_of(const int32_t *labels, heed_real *d_logits, heed_real *d_gate,
                         heed_real *d_weights)
{
    heed__tape *tape;
    heed__pointer pointer = pointer_of(labels);
    check_ok(heed__tape_create(NULL, &tape));
    heed__tape_start(tape, HEED_TAPE_TRAIN, (heed__draw){0});
    heed__var in[3] = {heed__tape_leaf(tape, ROWS, CLASSES, logits, d_logits),
                       heed__tape_leaf(tape, ROWS, 1, gate, d_gate),
                       heed__tape_leaf(tape, PAIRS, 1, weights, d_weights)};
    heed__var loss =
        heed__tape_apply(tape, &heed__op_pointer_loss, in, 3, &pointer, sizeof pointer);
    heed__tape_keep(tape, loss);
    check_ok(heed__tape_run(tape, loss));
    heed_real value = *heed__tape_value(tape, loss);
    heed__tape_destroy(&tape);
    return value;
}

static void log_probs(heed_context *context)
{
    heed__pointer pointer = pointer_of(NULL);
    heed__pointer_log_probs(context, &pointer, CLASSES, logits, gate, weights, EXTENDED, out);
}

static void test_a_distribution(void **state)
{
    (void)state;
    for (int wide = 2; wide < 300; wide *= 5) {
        fill((heed_real)wide);
        log_probs(NULL);
        for (int i = 0; i < ROWS; i++) {
            double sum = 0, generated = 1 / (1 + exp(-(double)gate[i]));
            for (int w = 0; w < EXTENDED; w++) sum += exp((double)out[i * EXTENDED + w]);
            /* Row 4 looks at nothing: what it could copy is lost. */
            assert_true(fabs(sum - (i == 4 ? generated : 1)) < 3e-5);
        }
        assert_true(out[0 * EXTENDED + 42] == -INFINITY); /* not in that source */
    }
}

static void test_the_loss_is_of_it(void **state)
{
    (void)state;
    static const int32_t labels[ROWS] = {3, 42, 7, 41, 5, 40};
    fill(6);
    log_probs(NULL);
    double mean = 0;
    for (int i = 0; i < ROWS; i++) mean -= (double)out[i * EXTENDED + labels[i]] / ROWS;
    assert_true(fabs((double)loss_of(labels, NULL, NULL, NULL) - mean) < 2e-6 * mean);
}

static void test_edges(void **state)
{
    (void)state;
    static const int32_t nowhere[ROWS] = {42, 42, -1, -1, 41, -1};
    static heed_real d_logits[ROWS * CLASSES], d_gate[ROWS], d_weights[PAIRS];
    fill(2);
    gate[1] = 500; /* nothing is copied, though only the source has the word */
    weights[7] = 0;
    heed_real loss = loss_of(nowhere, d_logits, d_gate, d_weights);
    assert_true(loss > 60 && loss < 400); /* three words of a probability near nothing */
    for (int i = 0; i < ROWS; i++) assert_true(fabs((double)d_gate[i]) <= 1);
    for (int i = 0; i < ROWS * CLASSES; i++) assert_true(d_logits[i] == 0);
    for (int i = 0; i < PAIRS; i++) assert_true(d_weights[i] == 0);
    logits[0] = NAN;
    log_probs(NULL);
    assert_true(isnan(out[0]) && !isnan(out[EXTENDED]));
}

static void test_threads(void **state)
{
    (void)state;
    static heed_real first[ROWS * EXTENDED];
    heed_context_options options = {.threads = 3};
    heed_context *context = NULL;
    fill(4);
    log_probs(NULL);
    memcpy(first, out, sizeof out);
    check_ok(heed_context_create(&options, &context));
    log_probs(context);
    heed_context_destroy(&context);
    assert_memory_equal(first, out, sizeof out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_distribution), cmocka_unit_test(test_the_loss_is_of_it),
        cmocka_unit_test(test_edges), cmocka_unit_test(test_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
