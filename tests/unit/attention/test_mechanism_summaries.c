/* SPDX-License-Identifier: MIT */
/* Summaries and products without the matrix, to 1e-5 of the matrix's; what is hidden, and what is
 * refused. */
#include "check.h"

#include "attention/summary_trial.h"

static void test_summaries(void **state)
{
    (void)state;
    summary_check_all();
}

static summary_run summed(const trial *t, heed_context *context, heed__level level, trial_run *r)
{
    assert_true(trial_make(r, t, context, heed__kernels_at(level), NULL));
    trial_forward(r);
    summary_run x = summary_make(r);
    summary_fill(&x);
    return x;
}

/* On every level, and on threads. */
static void test_same_bits(void **state)
{
    heed_context *context = NULL;
    (void)state;
    check_ok(heed_context_create(&(heed_context_options){.threads = 3}, &context));
    for (int t = 0; t < SUMMARY_TRIALS; t++) {
        trial_run plain, r;
        summary_run x = summed(&summary_trials[t], NULL, HEED_LEVEL_SCALAR, &plain);
        size_t keys = (size_t)(plain.k_offsets[2] * plain.t.heads) * sizeof(heed_real);
        size_t queries = (size_t)(plain.q_offsets[2] * plain.t.heads) * sizeof(heed_real);
        for (heed__level level = 0; level <= HEED_LEVEL_AVX512; level++) {
            if (!heed__kernels_at(level)) continue;
            summary_run y = summed(&summary_trials[t], context, level, &r);
            assert_memory_equal(x.mass, y.mass, keys);
            assert_memory_equal(x.value_mass, y.value_mass, keys);
            assert_memory_equal(x.gradient_mass, y.gradient_mass, keys);
            assert_memory_equal(x.entropy, y.entropy, queries);
            assert_memory_equal(x.distance, y.distance, queries);
            assert_memory_equal(x.variance, y.variance, queries);
            assert_memory_equal(x.group, y.group, queries * SUMMARY_GROUPS);
            assert_memory_equal(x.top, y.top, queries * SUMMARY_TOP);
            summary_free(&y);
            trial_free(&r);
        }
        summary_free(&x);
        trial_free(&plain);
    }
    heed_context_destroy(&context);
}

/* Room does not grow with the matrix: not at all where the normaliser streams, with the keys where
 * it needs whole rows. */
static void test_room(void **state)
{
    (void)state;
    for (int whole = 0; whole < 2; whole++) {
        size_t room[2];
        for (int k = 0; k < 2; k++) {
            heed_attention_part normaliser = {sizeof normaliser, whole ? "sparsemax" : "softmax"};
            heed_attention_options options = {
                .size = sizeof options, .heads = 2, .head_size = 4, .normaliser = &normaliser};
            int64_t n = k ? 65536 : 1024;
            heed_attention_capacity capacity = {
                .size = sizeof capacity, .sequences = 1, .longest_query = n, .longest_key = n};
            heed_attention_plan *plan = NULL;
            heed_attention_sizes sizes = {.size = sizeof sizes};
            check_ok(heed_attention_plan_create(NULL, &options, &capacity, &plan));
            check_ok(heed_attention_plan_sizes(plan, &sizes));
            room[k] = sizes.inspect;
            heed_attention_plan_destroy(&plan);
        }
        assert_true(whole ? room[1] <= 64 * room[0] : room[1] == room[0]);
    }
}

/* One query, two keys and a third that it does not see: NaN there never shows; NaN in view does. */
static void test_hidden_and_nan(void **state)
{
    (void)state;
    static const int64_t offset[] = {1};
    const trial t = {.mask = "causal",
                     .heads = 1,
                     .size = 2,
                     .sequences = 1,
                     .tq = {1},
                     .tk = {3},
                     .offset = offset};
    trial_run r;
    assert_true(trial_make(&r, &t, NULL, NULL, NULL));
    for (int d = 0; d < 2; d++) r.arrays[1].data[4 + d] = r.arrays[2].data[4 + d] = (heed_real)NAN;
    trial_forward(&r);
    summary_run x = summary_make(&r);
    summary_fill(&x);
    assert_true(x.mass[2] == 0 && x.value_mass[2] == 0 && x.gradient_mass[2] == 0);
    assert_true(x.value_mass[0] > 0 && x.distance[0] > 0 && x.entropy[0] > 0);
    heed_real vector[] = {1, 2, (heed_real)NAN}, y[3] = {7, 7, 7};
    heed_attention_product product = {
        .size = sizeof product, .x = {vector, 0, 1, 0}, .y = {y, 0, 1, 1}};
    check_ok(heed_attention_multiply(r.plan, &r.batch, &x.tensors, &product, r.workspace));
    assert_true(fabs((double)(y[0] - (x.mass[0] + 2 * x.mass[1]))) < 1e-6);
    vector[0] = (heed_real)NAN, product.left = 1;
    check_ok(heed_attention_multiply(r.plan, &r.batch, &x.tensors, &product, r.workspace));
    assert_true(isnan(y[0]) && isnan(y[1]) && y[2] == 0);
    r.arrays[1].data[0] = (heed_real)NAN;
    trial_forward(&r);
    summary_fill(&x);
    assert_true(isnan(x.mass[0]) && isnan(x.mass[1]) && x.mass[2] == 0 && isnan(x.distance[0]));
    summary_free(&x);
    trial_free(&r);
}

/* Equal weights on 20,000 keys: sums of float32 stay within 1e-6. */
static void test_long_sums(void **state)
{
    (void)state;
    enum { N = 20000 };
    const trial t = {.heads = 1,
                     .size = 1,
                     .sequences = 1,
                     .tq = {1},
                     .tk = {N},
                     .offset = (const int64_t[]){0}};
    trial_run r;
    assert_true(trial_make(&r, &t, NULL, NULL, NULL));
    r.arrays[0].data[0] = 0;
    trial_forward(&r);
    summary_run x = summary_make(&r);
    for (int64_t j = 0; j < N; j++) x.ids[j] = j % 3;
    summary_fill(&x);
    double mean = (N - 1) / 2.0, variance = ((double)N * N - 1) / 12;
    assert_true(fabs((double)x.distance[0] / mean - 1) < 1e-5);
    assert_true(fabs((double)x.variance[0] / variance - 1) < 1e-5);
    assert_true(fabs((double)x.entropy[0] / log(N) - 1) < 1e-5);
    assert_true(fabs((double)x.group[1] * 3 - 1) < 1e-4); /* 6667 of 20000 */
    assert_true(fabs((double)(x.group[0] + x.group[1] + x.group[2]) - 1) < 1e-5);
    summary_free(&x);
    trial_free(&r);
}

static void test_refusals(void **state)
{
    (void)state;
    const trial t = {.heads = 2, .size = 2, .sequences = 1, .tq = {2}, .tk = {3}};
    trial_run r;
    assert_true(trial_make(&r, &t, NULL, NULL, NULL));
    trial_forward(&r);
    summary_run x = summary_make(&r);
    heed_attention_summary summary = {.size = sizeof summary, .distance = {x.distance, 0, 2, 1}};
#define REFUSED(text)                                                                              \
    check_fails(heed_attention_summarise(r.plan, &r.batch, &x.tensors, &summary, r.workspace),     \
                HEED_E_INVALID, text)
    REFUSED("give query_offset");
    summary = (heed_attention_summary){.size = sizeof summary, .groups = 2};
    REFUSED("groups = 2 with key_groups NULL");
    summary = (heed_attention_summary){.size = sizeof summary, .value_mass = {x.mass, 0, 2, 1}};
    x.tensors.v.data = NULL;
    REFUSED("v.data is NULL");
    x.tensors.v = r.forward.v, x.tensors.d_o.data = NULL;
    summary.gradient_mass = summary.value_mass;
    REFUSED("d_o.data is NULL");
    summary.gradient_mass.data = NULL, summary.value_mass.head_stride = 0;
    REFUSED("value_mass.head_stride = 0");
    heed_attention_product product = {.size = sizeof product};
    check_fails(heed_attention_multiply(r.plan, &r.batch, &x.tensors, &product, r.workspace),
                HEED_E_INVALID, "x.data is NULL");
    product.x = (heed_attention_input){x.mass, 0, 1, 0};
    check_fails(heed_attention_multiply(r.plan, &r.batch, &x.tensors, &product, r.workspace),
                HEED_E_INVALID, "y.data is NULL");
    product.y = (heed_attention_output){x.entropy, 0, 1, 0};
    check_fails(heed_attention_multiply(r.plan, &r.batch, &x.tensors, &product, r.workspace),
                HEED_E_INVALID, "y.head_stride = 0");
    summary_free(&x);
    trial_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_summaries), cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_room),      cmocka_unit_test(test_hidden_and_nan),
        cmocka_unit_test(test_long_sums), cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
