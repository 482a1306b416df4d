/* SPDX-License-Identifier: MIT */
/*
 * All pairs of mechanisms, and random combinations of them (of the texts in the list of trials),
 * shapes and options: in float64, the derivative along one random direction of all arrays together
 * against differences, and equal bits of the engine that the plan takes and the reference.
 *
 *     test_mechanism_random          all pairs, and 2,000 random ones
 *     test_mechanism_random 1234     that one of these, as a failure names it
 */
#include "check.h"

#include "attention/mechanism_pairs.h"

#include <stdio.h>

enum { COMBINATIONS = 2000 };

static int64_t only = -1; /* the one combination asked for */

static const char *any_score(dice *d)
{
    return trials[roll(d, TRIALS)].score;
}
static const char *any_normaliser(dice *d)
{
    return trials[roll(d, TRIALS)].normaliser;
}
static const char *any_mask(dice *d)
{
    return trials[roll(d, TRIALS)].mask;
}
static const char *any_position(dice *d)
{
    return trials[roll(d, TRIALS)].position;
}
static const char *any_stage(dice *d)
{
    return trials[roll(d, TRIALS)].stages[roll(d, 2)];
}

/* Some of those that are rare in the list come up more often than their share. */
static const char *often(dice *d, const char *(*any)(dice *))
{
    const char *text = NULL;
    for (int tries = roll(d, 2) ? 12 : 1; tries > 0 && !text; tries--) text = any(d);
    return text;
}

static trial combine(dice *d, int64_t offset[TRIAL_SEQUENCES])
{
    static const int64_t groups[][2] = {{1, 1}, {4, 4}, {4, 1}, {4, 2}, {7, 1}, {3, 3}};
    static const int64_t lengths[] = {0, 1, 2, 5, 9, 63, 64, 65, 100, 128, 130};
    int64_t group = roll(d, 6);
    trial t = {.score = often(d, any_score),
               .normaliser = often(d, any_normaliser),
               .mask = often(d, any_mask),
               .position = often(d, any_position),
               .heads = groups[group][0],
               .key_heads = groups[group][1],
               .size = 2 * (1 + roll(d, 9)),
               .value_size = 1 + roll(d, 9),
               .dropout = roll(d, 3) ? 0 : 0.25,
               .sequences = 1 + roll(d, 3),
               .offset = offset,
               .low = 1,
               .high = 4};
    for (int s = 0; s < 2; s++)
        if (!t.stages[0])
            t.stages[0] = often(d, any_stage);
        else
            t.stages[1] = often(d, any_stage);
    for (int64_t s = 0; s < t.sequences; s++) {
        t.tq[s] = lengths[roll(d, 6)];
        t.tk[s] = lengths[roll(d, 11)];
        offset[s] = t.tk[s] - t.tq[s] + roll(d, 3) - 1;
    }
    if (t.mask && strstr(t.mask, "1/2/3/-1")) t.heads = t.key_heads = 4; /* one item a head */
    t.rough = is_rough(t.normaliser);
    return t;
}

static double loss(trial_run *r)
{
    double sum = 0;
    trial_forward(r);
    for (int64_t i = 0; i < r->o_count; i++) sum += r->o[i] * r->d_o[i];
    for (int64_t i = 0; r->backward.d_lse.data && i < r->lse_count; i++)
        if (!isinf(r->lse[i])) sum += r->lse[i] * r->d_lse[i];
    return sum;
}

/* The direction of element i of an array. */
static double toward(int a, int64_t i)
{
    return (double)((i * 7919 + a * 104729) % 2001 - 1000) / 1000;
}

static void move(trial_run *r, double step)
{
    for (int a = 0; a < r->count; a++)
        for (int64_t i = 0; i < r->arrays[a].count && (!r->t.rough || a == 2); i++)
            r->arrays[a].data[i] += (heed_real)(step * toward(a, i));
}

static double slope(trial_run *r, double step)
{
    move(r, step);
    double up = loss(r);
    move(r, -2 * step);
    double down = loss(r);
    move(r, step);
    return (up - down) / (2 * step);
}

/* Kinks (a support that changes within the step) spoil one step size, not all. */
static int agrees(trial_run *r, double wanted)
{
    static const double steps[] = {1e-5, 1e-6, 1e-7, 3e-5};
    double size = 1;
    for (int64_t i = 0; i < r->o_count; i++) size += fabs((double)r->o[i]);
    for (int k = 0; k < 4; k++)
        if (fabs(slope(r, steps[k]) - wanted) <= 3e-8 * (1e-5 / steps[k]) * (size + fabs(wanted)))
            return 1;
    return 0;
}

static void complain(const trial *t, int64_t number, const char *what)
{
    char name[512];
    trial_name(t, name, sizeof name);
    if (number < 0) fail_msg("pair: %s: %s", name, what);
    fail_msg("combination %lld (run test_mechanism_random %lld): %s: %s", (long long)number,
             (long long)number, name, what);
}

static void check_bits(const trial_run *r, int64_t number)
{
    trial_run plain;
    char who[80];
    snprintf(who, sizeof who, "%s %lld, against the reference", number < 0 ? "pair" : "combination",
             (long long)number);
    assert_true(trial_make(&plain, &r->t, NULL, NULL, "reference"));
    trial_forward(&plain);
    trial_backward(&plain);
    trial_compare(r, &plain, who);
    trial_free(&plain);
}

/* 0 where the plan refuses it. number < 0: a pair. */
static int check_trial(const trial *t, int64_t number, heed_context *context)
{
    double wanted = 0;
    trial_run r;
    if (!trial_make(&r, t, context, NULL, NULL)) {
        trial_free(&r);
        return 0;
    }
    trial_forward(&r);
    trial_backward(&r);
    for (int a = 0; a < r.count; a++)
        for (int64_t i = 0; i < r.arrays[a].count && (!t->rough || a == 2); i++)
            wanted += (double)r.arrays[a].gradient[i] * toward(a, i);
    if (!(wanted - wanted == 0)) complain(t, number, "a gradient is not finite");
    check_bits(&r, number);
    if (!agrees(&r, wanted)) complain(t, number, "gradients are not what differences say");
    trial_free(&r);
    return 1;
}

static int check_one(int64_t number, heed_context *context)
{
    dice d = {.key = {2024, (uint32_t)number}};
    int64_t offset[TRIAL_SEQUENCES];
    trial t = combine(&d, offset);
    return check_trial(&t, number, number % 2 ? context : NULL);
}

static void check_pair(const pair *p, void *arg)
{
    int64_t *done = arg;
    *done += check_trial(&p->t, -1, NULL);
}

static void test_pairs(void **state)
{
    int64_t done = 0, count = only < 0 ? pairs_each(check_pair, &done) : 0;
    (void)state;
    print_message("%lld pairs run, %lld refused\n", (long long)done, (long long)(count - done));
    assert_true(only >= 0 || done > count * 9 / 10);
}

static void test_combinations(void **state)
{
    heed_context *context = NULL;
    int64_t done = 0, last = only < 0 ? COMBINATIONS : only + 1;
    (void)state;
    check_ok(heed_context_create(&(heed_context_options){.threads = 3}, &context));
    for (int64_t n = only < 0 ? 0 : only; n < last; n++) done += check_one(n, context);
    heed_context_destroy(&context);
    print_message("%lld combinations run, %lld refused\n", (long long)done,
                  (long long)((only < 0 ? COMBINATIONS : 1) - done));
    assert_true(only >= 0 || done > COMBINATIONS / 2);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pairs),
                                       cmocka_unit_test(test_combinations)};
    if (argc > 1) only = strtoll(argv[1], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
