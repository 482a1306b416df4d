/* SPDX-License-Identifier: MIT */
/* heed_attention_count beside every score that is not -inf, for every row of the tables. */
#include "check.h"

#include "attention/mechanism_trials.h"

/* What the matrices say: scores with the mask, one sequence and head after another. */
static heed_attention_counts by_scores(trial_run *r)
{
    const trial *t = &r->t;
    heed_attention_counts c = {.size = sizeof c};
    heed_attention_inspect_tensors tensors = {
        .size = sizeof tensors, .q = r->forward.q, .k = r->forward.k, .parameters = r->parameters};
    for (int64_t s = 0; s < t->sequences; s++)
        for (int64_t h = 0; h < t->heads; h++) {
            heed_real *scores = trial_reals(t->tq[s] * t->tk[s]);
            check_ok(heed_attention_scores(r->plan, &r->batch, &tensors, -1, s, h, 0, t->tq[s],
                                           scores, r->workspace));
            for (int64_t i = 0; i < t->tq[s]; i++) {
                int64_t own = 0;
                for (int64_t j = 0; j < t->tk[s]; j++)
                    own += scores[i * t->tk[s] + j] != -HEED_REAL(INFINITY);
                c.seen += own;
                c.queries++;
                if (!own && !c.lone++)
                    c.first_lone[0] = s, c.first_lone[1] = h, c.first_lone[2] = i;
            }
            heed__free(scores);
        }
    return c;
}

static void check_counts(const trial *t, const heed_attention_counts *c,
                         const heed_attention_counts *wanted)
{
    char name[512];
    if (c->seen == wanted->seen && c->queries == wanted->queries && c->lone == wanted->lone &&
        (!c->lone || memcmp(c->first_lone, wanted->first_lone, sizeof c->first_lone) == 0) &&
        c->pairs >= c->seen && c->wasted <= c->blocks)
        return;
    trial_name(t, name, sizeof name);
    fail_msg("%s: %lld pairs seen of %lld, %lld of %lld queries alone; by scores %lld seen, %lld "
             "of %lld alone",
             name, (long long)c->seen, (long long)c->pairs, (long long)c->lone,
             (long long)c->queries, (long long)wanted->seen, (long long)wanted->lone,
             (long long)wanted->queries);
}

static void test_every_mechanism(void **state)
{
    (void)state;
    for (int i = 0; i < TRIALS; i++) {
        trial_run r;
        assert_true(trial_make(&r, &trials[i], NULL, NULL, NULL));
        heed_attention_counts c = {.size = sizeof c}, wanted = by_scores(&r);
        check_ok(heed_attention_count(r.plan, &r.batch, r.parameters, &c));
        check_counts(&trials[i], &c, &wanted);
        trial_free(&r);
    }
}

/* A window of 64 keys either way over 640: per block of queries its own block and its neighbours.
 */
static void test_blocks(void **state)
{
    (void)state;
    static const int64_t offset[] = {0};
    const trial t = {.mask = "window:left=64,right=64",
                     .heads = 1,
                     .sequences = 1,
                     .tq = {640},
                     .tk = {640},
                     .offset = offset};
    trial_run r;
    assert_true(trial_make(&r, &t, NULL, NULL, NULL));
    heed_attention_counts c = {.size = sizeof c};
    check_ok(heed_attention_count(r.plan, &r.batch, r.parameters, &c));
    assert_int_equal(c.blocks, 10 + 2 * 9);
    assert_int_equal(c.pairs, c.blocks * 64 * 64);
    assert_int_equal(c.seen, 640 * 129 - 64 * 65);
    assert_int_equal(c.wasted, 0);
    assert_int_equal(c.lone, 0);
    c.size = 3;
    check_fails(heed_attention_count(r.plan, &r.batch, r.parameters, &c), HEED_E_INVALID,
                "counts.size = 3");
    r.batch.sequences = 2;
    c.size = sizeof c;
    check_fails(heed_attention_count(r.plan, &r.batch, r.parameters, &c), HEED_E_INVALID,
                "batch.sequences = 2");
    trial_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_mechanism),
                                       cmocka_unit_test(test_blocks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
