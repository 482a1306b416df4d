/* SPDX-License-Identifier: MIT */
/* Inputs mixed with predictions. */
#include "check.h"

#include "base/random.h"
#include "train/sampling.h"

#include <math.h>
#include <string.h>

enum { N = 40, ROWS = 2000, V = 9 };

static int64_t offsets[N + 1], ids[N];
static int32_t inputs[ROWS], mixed[ROWS], again[ROWS];
static float logits[ROWS * V];
static heed__ragged targets;

/* Sequences of 20 to 80 rows, an empty one among them; the true tokens are 7 and 8, which the model
 * never predicts. */
static void make(void)
{
    heed__random random;
    heed__random_start(&random, 3, HEED_RANDOM_CHECK);
    for (int s = 0; s < N; s++) {
        int64_t length = s == 5 ? 0 : 20 + (int64_t)(s % 7) * 10;
        ids[s] = 1000 - 3 * s;
        if (offsets[s] + length > ROWS) length = ROWS - offsets[s];
        offsets[s + 1] = offsets[s] + length;
    }
    for (int64_t i = 0; i < offsets[N]; i++) {
        inputs[i] = 7 + (int32_t)heed__random_below(&random, 2);
        for (int j = 0; j < V; j++)
            logits[i * V + j] = j >= 7 ? -INFINITY : 3 * heed__random_uniform(&random);
    }
    targets = (heed__ragged){.n = N, .rows = offsets[N], .offsets = offsets, .ids = ids};
}

static int32_t likeliest(int64_t row)
{
    int32_t best = 0;
    for (int32_t j = 1; j < V; j++)
        if (logits[row * V + j] > logits[row * V + best]) best = j;
    return best;
}

static int first_of_its_sequence(int64_t row)
{
    for (int s = 0; s < N; s++)
        if (offsets[s] == row) return 1;
    return 0;
}

static void test_shares_of_nothing_and_of_all(void **state)
{
    (void)state;
    heed__sampling sampling = {.share = 0, .seed = 1, .step = 2};
    int kept = 0;
    make();
    check_ok(heed__sampling_mix(NULL, &sampling, &targets, V, logits, inputs, mixed));
    assert_memory_equal(mixed, inputs, (size_t)targets.rows * sizeof *mixed);
    sampling.share = 1;
    check_ok(heed__sampling_mix(NULL, &sampling, &targets, V, logits, inputs, mixed));
    for (int64_t i = 0; i < targets.rows; i++) {
        int32_t wanted = first_of_its_sequence(i) ? inputs[i] : likeliest(i - 1);
        if (wanted < 2) { /* unknown and the boundary are not read */
            wanted = inputs[i];
            kept++;
        }
        assert_int_equal(mixed[i], wanted);
    }
    assert_true(kept > 100 && kept < 1000);
}

/* Which are replaced: independent coins, the same in any company, others at another step. */
static void test_half(void **state)
{
    (void)state;
    heed__sampling sampling = {.share = 0.3, .seed = 1, .step = 2};
    heed_context *context;
    int replaced = 0, could = 0, differ = 0;
    make();
    check_ok(heed_context_create(&(heed_context_options){.threads = 3}, &context));
    check_ok(heed__sampling_mix(context, &sampling, &targets, V, logits, inputs, mixed));
    heed_context_destroy(&context);
    for (int64_t i = 0; i < targets.rows; i++) {
        if (first_of_its_sequence(i) || likeliest(i - 1) < 2) continue;
        could++;
        replaced += mixed[i] != inputs[i];
    }
    assert_true(fabs(replaced - 0.3 * could) < 4 * sqrt(could * 0.3 * 0.7));

    for (int s = N - 1; s >= 0; s--) { /* each alone, in place */
        int64_t own[] = {0, offsets[s + 1] - offsets[s]};
        heed__ragged one = {.n = 1, .rows = own[1], .offsets = own, .ids = &ids[s]};
        memcpy(again, inputs + offsets[s], (size_t)own[1] * sizeof *again);
        check_ok(
            heed__sampling_mix(NULL, &sampling, &one, V, logits + offsets[s] * V, again, again));
        assert_memory_equal(again, mixed + offsets[s], (size_t)own[1] * sizeof *again);
    }
    sampling.step = 3;
    check_ok(heed__sampling_mix(NULL, &sampling, &targets, V, logits, inputs, again));
    for (int64_t i = 0; i < targets.rows; i++) differ += again[i] != mixed[i];
    assert_true(differ > replaced / 2);
}

/* Drawn tokens follow the softmax of the row before. */
static void test_drawn(void **state)
{
    (void)state;
    heed__sampling sampling = {.share = 1, .draw = 1, .seed = 5};
    int counts[V] = {0}, n = 0;
    double p[V], sum = 0, chi = 0;
    make();
    for (int64_t i = 1; i < targets.rows; i++) memcpy(logits + i * V, logits, V * sizeof *logits);
    for (sampling.step = 0; sampling.step < 10; sampling.step++) {
        check_ok(heed__sampling_mix(NULL, &sampling, &targets, V, logits, inputs, mixed));
        for (int64_t i = 0; i < targets.rows; i++) {
            if (first_of_its_sequence(i)) continue;
            n++;
            counts[mixed[i] >= 7 ? 0 : mixed[i]]++; /* kept: unknown or the boundary was drawn */
        }
    }
    for (int j = 0; j < V; j++) sum += exp(logits[j]);
    for (int j = 0; j < V; j++) p[j] = exp(logits[j]) / sum;
    p[0] += p[1];
    for (int j = 0; j < 7; j++)
        if (j != 1) chi += (counts[j] - n * p[j]) * (counts[j] - n * p[j]) / (n * p[j]);
    if (chi > 25.7) fail_msg("chi-square %g, 5 degrees", chi);
}

static void test_refused(void **state)
{
    (void)state;
    heed__sampling sampling = {.share = 1.5};
    make();
    check_fails(heed__sampling_mix(NULL, &sampling, &targets, V, logits, inputs, mixed),
                HEED_E_INVALID, "share = 1.5");
    sampling.share = NAN;
    check_fails(heed__sampling_mix(NULL, &sampling, &targets, V, logits, inputs, mixed),
                HEED_E_INVALID, "share");
    sampling.share = 1;
    logits[offsets[3] * V + 4] = NAN;
    check_fails(heed__sampling_mix(NULL, &sampling, &targets, V, logits, inputs, mixed),
                HEED_E_NUMERIC, "sequence 991");
    targets.n = 0;
    check_ok(heed__sampling_mix(NULL, &sampling, &targets, V, logits, inputs, mixed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares_of_nothing_and_of_all),
        cmocka_unit_test(test_half),
        cmocka_unit_test(test_drawn),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
