/* SPDX-License-Identifier: MIT */
/* Hard attention that learns from what each sequence costs, on the tape. */
#include "check.h"

#include "autograd/tape.h"
#include "ops/attend.h"
#include "ops/ops.h"

#include <math.h>
#include <string.h>

/* Three sequences of 3, 1 and 4 keys; the value of a key is a row of logits. */
enum { N = 3, ROWS = 8, CLASSES = 4, HEADS = 2 };
static const int64_t offsets[] = {0, 3, 4, 8}, order[] = {0, 1, 2};
static const heed__ragged ragged = {N, ROWS, 4, offsets, order, order};
static const int32_t labels[] = {3, 0, 2};
static heed_real keys[ROWS], values[ROWS * CLASSES], query[HEADS], d_keys[ROWS], d_query[HEADS];

typedef struct drawn {
    heed_real o[N * HEADS * CLASSES], lse[N * HEADS], costs[N];
} drawn;

static void fill(void)
{
    for (int j = 0; j < ROWS; j++) {
        keys[j] = HEED_REAL(0.25) * (heed_real)((j * 5) % 7) - HEED_REAL(0.5);
        for (int c = 0; c < CLASSES; c++)
            values[j * CLASSES + c] = (heed_real)((j * 3 + c * (j + 1)) % 9) - 4;
    }
    query[0] = 1, query[1] = HEED_REAL(-0.5);
    memset(d_keys, 0, sizeof d_keys);
    memset(d_query, 0, sizeof d_query);
}

/* The loss of the first head's logits; the second's draw is taken all the same. */
static heed_status run(heed__attender *attender, heed__tape_mode mode, uint64_t step, drawn *out)
{
    heed__tape *tape;
    heed__attend attend = {.attender = attender, .keys = &ragged};
    heed__class_loss loss = {.labels = labels, .each = &attender->costs};
    heed__slice first = {0, N, 0, CLASSES};
    check_ok(heed__tape_create(NULL, &tape));
    heed__tape_start(tape, mode, (heed__draw){9, step});
    heed__var in[3] = {heed__tape_leaf(tape, 1, HEADS, query, d_query),
                       heed__tape_leaf(tape, ROWS, 1, keys, d_keys),
                       heed__tape_leaf(tape, ROWS, CLASSES, values, NULL)};
    heed__var y = heed__tape_apply(tape, &heed__op_attend, in, 3, &attend, sizeof attend);
    heed__var z = heed__tape_apply(tape, &heed__op_slice, &y, 1, &first, sizeof first);
    heed__var all = heed__tape_apply(tape, &heed__op_cross_entropy, &z, 1, &loss, sizeof loss);
    heed__tape_keep(tape, y);
    heed_status status = heed__tape_run(tape, all);
    if (status == HEED_OK) {
        memcpy(out->o, heed__tape_value(tape, y), sizeof out->o);
        memcpy(out->lse, heed__tape_saved(tape, y), sizeof out->lse);
        memcpy(out->costs, attender->costs, sizeof out->costs);
    }
    heed__tape_destroy(&tape);
    return status;
}

/* Which key of the sequence the head took. */
static int64_t taken(const drawn *d, int s, int head)
{
    const heed_real *o = d->o + (s * HEADS + head) * CLASSES;
    for (int64_t j = offsets[s]; j < offsets[s + 1]; j++)
        if (memcmp(o, values + j * CLASSES, CLASSES * sizeof *o) == 0) return j;
    fail_msg("sequence %d, head %d: no key's value", s, head);
    return -1;
}

static double cost_of(int s, int64_t key)
{
    double sum = 0;
    for (int c = 0; c < CLASSES; c++) sum += exp((double)values[key * CLASSES + c]);
    return (log(sum) - (double)values[key * CLASSES + labels[s]]) / N;
}

static heed_attention_options hard(const heed_attention_part *normaliser)
{
    static const heed_attention_part dot = {sizeof dot, "dot"};
    return (heed_attention_options){.size = sizeof(heed_attention_options),
                                    .heads = HEADS,
                                    .key_heads = 1,
                                    .head_size = 1,
                                    .value_size = CLASSES,
                                    .score = &dot,
                                    .normaliser = normaliser};
}

/* ds = A (P - p), A = the cost less the mean of the others', both heads alike. */
static void test_the_estimate(void **state)
{
    const heed_attention_sampled sampled = {{sizeof sampled, "sampled"}, 0};
    heed__attender attender = {.options = hard(&sampled.part)};
    int64_t before = -1, different = 0;
    (void)state;
    for (uint64_t step = 0; step < 20; step++) {
        drawn d;
        double total = 0, want[ROWS] = {0}, want_query[HEADS] = {0};
        fill();
        check_ok(run(&attender, HEED_TAPE_TRAIN, step, &d));
        different += taken(&d, 2, 0) != before;
        before = taken(&d, 2, 0);
        for (int s = 0; s < N; s++) total += cost_of(s, taken(&d, s, 0));
        for (int s = 0; s < N; s++) {
            double cost = cost_of(s, taken(&d, s, 0)), a = cost - (total - cost) / (N - 1);
            assert_float_equal((double)d.costs[s], cost, 1e-6);
            for (int h = 0; h < HEADS; h++)
                for (int64_t j = offsets[s]; j < offsets[s + 1]; j++) {
                    double q = (double)query[h], k = (double)keys[j];
                    double p = exp(q * k - (double)d.lse[s * HEADS + h]);
                    double slope = a * ((taken(&d, s, h) == j) - p);
                    want[j] += slope * q;
                    want_query[h] += slope * k;
                }
        }
        for (int j = 0; j < ROWS; j++) assert_float_equal((double)d_keys[j], want[j], 1e-5);
        for (int h = 0; h < HEADS; h++) assert_float_equal((double)d_query[h], want_query[h], 1e-5);
    }
    assert_true(different > 4); /* it was drawn, not chosen */
    heed__attender_clear(&attender);
}

/* Without draws the best is taken, and there is nothing to learn scores from. */
static void test_without_draws(void **state)
{
    const heed_attention_sampled sampled = {{sizeof sampled, "sampled"}, 0};
    heed__attender attender = {.options = hard(&sampled.part)};
    drawn d;
    (void)state;
    fill();
    check_ok(run(&attender, HEED_TAPE_SAVE, 0, &d));
    for (int s = 0; s < N; s++)
        for (int64_t j = offsets[s]; j < offsets[s + 1]; j++)
            assert_true(keys[j] <= keys[taken(&d, s, 0)]);
    for (int j = 0; j < ROWS; j++) assert_true(d_keys[j] == 0);
    heed__attender_clear(&attender);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_estimate),
        cmocka_unit_test(test_without_draws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
