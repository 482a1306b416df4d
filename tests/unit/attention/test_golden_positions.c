/* SPDX-License-Identifier: MIT */
/* Positions and biases against other systems: tests/golden/mechanisms_positions.py says which. */
#include "check.h"
#include "golden.h"

#include "attention/mechanism_trial.h"
#include "attention/tables.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* float32 against float64 on sums of up to 70 terms of order 1; transformers' angles are float32.
 */
static const double tolerance = 1e-5;

typedef struct shape {
    const char *name;
    trial t;
} shape;

#define ONE(offset_, queries, keys_)                                                               \
    .sequences = 1, .offset = (const int64_t[]){offset_}, .tq = {queries}, .tk = {keys_}

static const shape shapes[] = {
    {"rotary", {.position = "rotary", .heads = 2, .size = 8, ONE(2, 5, 7)}},
    {"linear", {.position = "rotary:linear=4", .heads = 2, .size = 8, ONE(67, 3, 12)}},
    {"ntk", {.position = "rotary:ntk=3", .heads = 2, .size = 8, ONE(67, 3, 12)}},
    {"yarn",
     {.position = "rotary:base=500,yarn=4,fast=8,original=64",
      .heads = 2,
      .size = 16,
      ONE(67, 3, 12)}},
    {"llama3",
     {.position = "rotary:base=500,llama3=4,fast=3,slow=0.5,original=64",
      .heads = 2,
      .size = 16,
      ONE(67, 3, 12)}},
    {"longrope",
     {.position = "rotary:factors=1.5/2/3/8,gain=1.25", .heads = 2, .size = 8, ONE(67, 3, 12)}},
    {"interleaved",
     {.position = "rotary:interleaved=1,dims=4", .heads = 2, .size = 6, ONE(2, 4, 6)}},
    {"alibi", {.stages = {"alibi"}, .mask = "causal", .heads = 8, ONE(5, 4, 9)}},
    {"alibi_six", {.stages = {"alibi"}, .mask = "causal", .heads = 6, ONE(5, 4, 9)}},
    {"alibi_learned", {.stages = {"alibi_learned"}, .mask = "causal", .heads = 3, ONE(5, 4, 9)}},
    {"t5", {.stages = {"t5"}, .score = "dot", .heads = 2, .key_heads = 1, ONE(30, 4, 40)}},
    {"t5_one_sided",
     {.stages = {"t5:buckets=8,distance=20,one_sided=1"},
      .score = "dot",
      .mask = "causal",
      .heads = 2,
      .key_heads = 1,
      ONE(30, 4, 40)}},
    {"shaw", {.stages = {"shaw:clip=3"}, .heads = 2, .value_size = 3, ONE(2, 6, 9)}},
    {"xl",
     {.score = "query_bias", .stages = {"xl:clip=8"}, .mask = "causal", .heads = 2, ONE(5, 4, 9)}},
    {"span", {.stages = {"span:longest=50,ramp=9"}, .heads = 2, ONE(60, 4, 70)}},
    {"dynamic_span", {.stages = {"dynamic_span:longest=50,ramp=9"}, .heads = 2, ONE(60, 4, 70)}},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static void expect(const char *name, const char *before, const char *what, const heed_real *x,
                   int64_t n)
{
    char full[64];
    snprintf(full, sizeof full, "%s%s", before, what);
    expect_golden("tests/golden/mechanisms_positions.txt", tolerance, name, full, x, n);
}

static void fill(heed_real *x, int64_t n, int which)
{
    for (int64_t i = 0; i < n; i++) x[i] = (heed_real)sin(0.7 * (double)i + which);
}

static void fill_all(trial_run *r)
{
    for (int a = 0; a < r->count; a++) {
        trial_array *x = &r->arrays[a];
        size_t length = strlen(x->name);
        fill(x->data, x->count, a + 1);
        if (length > 2 && strcmp(x->name + length - 2, ".z") == 0)
            for (int64_t i = 0; i < x->count; i++)
                x->data[i] = HEED_REAL(0.5) + HEED_REAL(0.4) * x->data[i];
    }
    fill(r->d_o, r->o_count, 50);
    fill(r->d_lse, r->lse_count, 60);
}

static void test_others(void **state)
{
    (void)state;
    for (int s = 0; s < SHAPES; s++) {
        trial_run r;
        const char *name = shapes[s].name;
        assert_true(trial_make(&r, &shapes[s].t, NULL, NULL, NULL));
        fill_all(&r);
        trial_forward(&r);
        trial_backward(&r);
        expect(name, "", "o", r.o, r.o_count);
        expect(name, "", "lse", r.lse, r.lse_count);
        for (int a = 0; a < r.count; a++)
            expect(name, "d_", r.arrays[a].name, r.arrays[a].gradient, r.arrays[a].count);
        trial_free(&r);
    }
}

/* The bucket of each step from -300 to 300: a bias that is the bucket's number. */
static void check_buckets(const char *name, const heed_attention_t5 *record)
{
    enum { MOST = 300, STEPS = 2 * MOST + 1 };
    heed_real bias[64], s[STEPS] = {0};
    heed__arena arena = {0};
    heed_attention_options options = {.heads = 1};
    heed__self self = {.record = record, .options = &options, .parameter = {bias}};
    heed__place place = {.offset = MOST};
    for (int b = 0; b < 64; b++) bias[b] = (heed_real)b;
    check_ok(heed__stage_t5.entry.check(record, &options));
    check_ok(heed__stage_t5.entry.build(&arena, record, &options, &self.built));
    heed__stage_t5.forward(&self, &(heed__line){.place = &place, .n = STEPS}, s);
    expect(name, "", "", s, STEPS);
    heed__arena_free(&arena);
}

static void test_buckets(void **state)
{
    heed_attention_t5 plain = {{sizeof plain, "t5"}, 0, 0, 0}, one_sided = {plain.part, 0, 0, 1};
    heed_attention_t5 few = {plain.part, 10, 50, 0}, many = {plain.part, 64, 256, 1};
    (void)state;
    check_buckets("buckets", &plain);
    check_buckets("buckets_one_sided", &one_sided);
    check_buckets("buckets_few", &few);
    check_buckets("buckets_many", &many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_others),
                                       cmocka_unit_test(test_buckets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
