/* SPDX-License-Identifier: MIT */
/* What the trials do not say of positions and biases: how exact angles are, what is refused, which
 * blocks a span skips. */
#include "check.h"

#include "attention/mechanism_trial.h"
#include "attention/tables.h"

#include <math.h>
#include <string.h>

enum { DIMS = 16 };

static const heed_attention_options options = {.heads = 1, .head_size = DIMS};

static heed__self rotary_of(const heed_attention_rotary *record, heed__arena *arena)
{
    heed__self self = {
        .record = record, .options = &options, .kernels = heed__kernels_best(), .width = DIMS};
    check_ok(heed__position_rotary.entry.build(arena, record, &options, &self.built));
    return self;
}

/* The angle of pair t at position p is off by at most 1e-14 p theta, and the sine by a float's last
 * bit besides. */
static void test_angles(void **state)
{
    static const int64_t places[] = {0, 1, -1, 7, 1000, -123457, 1 << 20, 77777777, 1 << 30};
    static const long double bases[] = {10000, 500000};
    (void)state;
    for (int b = 0; b < 2; b++) {
        heed__arena arena = {0};
        heed_attention_rotary record = {.part = {sizeof record, "rotary"},
                                        .base = (heed_real)bases[b]};
        heed__self self = rotary_of(&record, &arena);
        for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
            heed_real x[DIMS] = {1, 1, 1, 1, 1, 1, 1, 1};
            heed__position_rotary.turn(&self, places[p], 1, x);
            for (int t = 0; t < DIMS / 2; t++) {
                long double angle = (long double)places[p] * powl(bases[b], -2.0L * t / DIMS);
                double allowed = (double)(0x1p-24L + 1e-14L * fabsl(angle));
                assert_true(fabs((double)x[t] - (double)cosl(angle)) <= allowed);
                assert_true(fabs((double)x[t + DIMS / 2] - (double)sinl(angle)) <= allowed);
            }
        }
        heed__arena_free(&arena);
    }
}

static double product_at(const heed__self *self, int64_t i, int64_t j)
{
    heed_real q[DIMS], k[DIMS];
    double sum = 0;
    trial_fill(q, DIMS, 1, -1, 1);
    trial_fill(k, DIMS, 2, -1, 1);
    heed__position_rotary.turn(self, i, 1, q);
    heed__position_rotary.turn(self, j, 1, k);
    for (int d = 0; d < DIMS; d++) sum += (double)q[d] * (double)k[d];
    return sum;
}

/* A distance means the same at any position. */
static void test_distances(void **state)
{
    heed__arena arena = {0};
    heed_attention_rotary record = {.part = {sizeof record, "rotary"}};
    heed__self self = rotary_of(&record, &arena);
    (void)state;
    for (int64_t distance = -40; distance <= 40; distance += 8) {
        double here = product_at(&self, distance, 0);
        for (int64_t far = 1; far <= INT64_C(1) << 50; far *= 32)
            assert_true(fabs(product_at(&self, far + distance, far) - here) <= 2e-6);
    }
    heed__arena_free(&arena);
}

/* Turning back undoes it; YaRN's gain is in both directions. */
static void test_back(void **state)
{
    heed__arena arena = {0};
    heed_attention_rotary record = {
        .part = {sizeof record, "rotary"}, .yarn = 4, .original = 32, .gain = 2, .dims = 12};
    heed__self self = rotary_of(&record, &arena);
    heed_real x[DIMS], y[DIMS];
    (void)state;
    trial_fill(x, DIMS, 1, -1, 1);
    memcpy(y, x, sizeof x);
    heed__position_rotary.turn(&self, 12345, 1, y);
    heed__position_rotary.turn(&self, 12345, -1, y);
    for (int d = 0; d < DIMS; d++)
        assert_true(fabs((double)(y[d] - x[d] * (d < 12 ? 4 : 1))) <= 2e-6);
    heed__arena_free(&arena);
}

static heed_status plan_with(const char *score, const char *position, const char *stage)
{
    trial_run r = {.t = {.score = score,
                         .position = position,
                         .stages = {stage},
                         .heads = 2,
                         .key_heads = 1,
                         .size = 4,
                         .value_size = 4,
                         .sequences = 1,
                         .tq = {2},
                         .tk = {2}}};
    heed_status status = trial_plan(&r, NULL, NULL, NULL);
    heed_attention_plan_destroy(&r.plan);
    return status;
}

static void test_refused(void **state)
{
    static const struct {
        const char *position, *stage, *message;
    } wrong[] = {
        {"rotary:base=1", NULL, "base = 1; it must be above 1"},
        {"rotary:dims=3", NULL, "dims = 3; it must be even"},
        {"rotary:dims=6", NULL, "2 to head_size = 4"},
        {"rotary:interleaved=2", NULL, "interleaved = 2; it must be 0 or 1"},
        {"rotary:linear=0.5", NULL, "linear = 0.5; it must be 1 or more"},
        {"rotary:linear=2,ntk=2", NULL, "2 of linear, ntk, yarn, llama3 and factors are given"},
        {"rotary:yarn=2", NULL, "yarn needs the length that the model was trained on"},
        {"rotary:original=2", NULL, "are settings of yarn"},
        {"rotary:llama3=2", NULL, "needs the length that the model was trained on"},
        {"rotary:llama3=2,original=9,gain=2", NULL, "gain is a setting of yarn and factors"},
        {"rotary:factors=1/2/3", NULL, "it must have dims / 2 = 2, one a pair"},
        {"rotary:factors=1/0", NULL, "factors = 0; each must be above 0"},
        {"rotary:factors=1/2,linear=2", NULL, "2 of linear"},
        {"rotary:yarn=2,original=9,fast=1", NULL, "it must be above slow"},
        {"rotary:yarn=2,original=9,gain=-1", NULL, "gain = -1"},
        {NULL, "alibi:slopes=1/2/3", "3 slopes for 2 heads"},
        {NULL, "t5:buckets=5", "buckets = 5; it must be even, 4 to"},
        {NULL, "t5:buckets=1,one_sided=1", "it must be 2 to"},
        {NULL, "t5:distance=8", "distance = 8; it must be above the 8 distances"},
        {NULL, "t5:one_sided=3", "one_sided = 3"},
        {NULL, "shaw:clip=-1", "stage \"shaw\": clip = -1"},
        {NULL, "xl:clip=70000", "stage \"xl\": clip = 70000"},
        {NULL, "span:longest=-4", "longest = -4"},
        {NULL, "span:price=-1", "price = -1; it must be 0 or more"},
        {NULL, "dynamic_span:ramp=-4", "stage \"dynamic_span\": ramp = -4"},
    };
    (void)state;
    for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++)
        check_fails(plan_with(NULL, wrong[w].position, wrong[w].stage), HEED_E_INVALID,
                    wrong[w].message);
    check_fails(plan_with(NULL, "rotary:ntk=2,dims=2", NULL), HEED_E_UNSUPPORTED,
                "ntk with dims = 2");
    check_fails(plan_with(NULL, "rotary", "shaw"), HEED_E_UNSUPPORTED,
                "stage \"shaw\" multiplies the query itself; position \"rotary\"");
}

/* Gradients of z must not meet in one place. */
static void test_shared_gradient(void **state)
{
    trial t = {.stages = {"dynamic_span"}, .sequences = 1, .tq = {2}, .tk = {2}};
    trial_run r;
    (void)state;
    assert_true(trial_make(&r, &t, NULL, NULL, NULL));
    trial_forward(&r);
    r.extras[0].head_stride = 0;
    check_fails(heed_attention_backward(r.plan, &r.batch, &r.backward, r.workspace), HEED_E_INVALID,
                "dynamic_span.z.head_stride = 0");
    trial_free(&r);
}

/* Slopes of one's own. */
static void test_slopes(void **state)
{
    heed_real slopes[] = {HEED_REAL(0.5), 2}, s[4] = {0};
    heed__arena arena = {0};
    heed_attention_alibi record = {{sizeof record, "alibi"}, {slopes, 2}};
    heed__self self = {.record = &record, .kernels = heed__kernels_best()};
    heed__place place = {.head = 1, .offset = 5};
    (void)state;
    check_ok(heed__stage_alibi.entry.build(&arena, &record, &(heed_attention_options){.heads = 2},
                                           &self.built));
    heed__stage_alibi.forward(&self, &(heed__line){.place = &place, .key = 4, .n = 4}, s);
    for (int t = 0; t < 4; t++) assert_true(s[t] == -2 * (heed_real)abs(t - 1));
    heed__arena_free(&arena);
}

/* Blocks out of reach are empty, those within the flat part full of visible keys. */
static void test_cover(void **state)
{
    heed_attention_span record = {.part = {sizeof record, "span"}, .longest = 100, .ramp = 10};
    heed_real z = HEED_REAL(0.5); /* fades from distance 50 to 60 */
    heed__self self = {.record = &record, .parameter = {&z}};
    heed__place place = {.queries = 64, .keys = 512, .offset = 256};
    (void)state;
    for (int64_t key = 0; key < 512; key += HEED_KEY_BLOCK) {
        heed__block block = {0, 4, key, HEED_KEY_BLOCK};
        int seen = 0;
        for (int64_t i = 0; i < 4; i++) {
            unsigned char visible[HEED_KEY_BLOCK];
            heed__stage_span.row(&self, &place, i, key, HEED_KEY_BLOCK, visible);
            for (int t = 0; t < HEED_KEY_BLOCK; t++) {
                int64_t distance = llabs(key + t - (i + 256));
                assert_int_equal(visible[t], distance < 60);
                seen += visible[t];
            }
        }
        heed__cover wanted = !seen                        ? HEED_EMPTY
                             : seen == 4 * HEED_KEY_BLOCK ? HEED_FULL
                                                          : HEED_PARTIAL;
        assert_int_equal(heed__stage_span.cover(&self, &place, &block), wanted);
    }
}

/* What a learner must know of z. */
static void test_price(void **state)
{
    trial t = {.stages = {"span:longest=100,price=0.5", "dynamic_span"},
               .heads = 4,
               .sequences = 1,
               .tq = {2},
               .tk = {2}};
    trial_run r;
    heed_attention_parameter z;
    heed_attention_spec *spec;
    (void)state;
    assert_true(trial_make(&r, &t, NULL, NULL, NULL));
    assert_true(heed_attention_plan_parameter(r.plan, 0, &z));
    assert_string_equal(z.name, "span.z");
    assert_int_equal(z.range, HEED_ATTENTION_SHARES);
    assert_true(z.price == HEED_REAL(12.5)); /* 0.5 a key of the mean span of 4 heads */
    assert_false(heed_attention_plan_parameter(r.plan, 1, &z));
    trial_free(&r);
    check_fails(heed_attention_spec_parse("stage", "dynamic_span:price=1", &spec), HEED_E_INVALID,
                "no setting \"price\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_angles),
                                       cmocka_unit_test(test_distances),
                                       cmocka_unit_test(test_back),
                                       cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_shared_gradient),
                                       cmocka_unit_test(test_slopes),
                                       cmocka_unit_test(test_price),
                                       cmocka_unit_test(test_cover)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
