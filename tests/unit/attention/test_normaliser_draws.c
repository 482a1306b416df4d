/* SPDX-License-Identifier: MIT */
/* Normalisers that choose or draw: the exact expectation of REINFORCE's estimate, how often keys
 * are drawn, what straight-through estimators are, ties, what is refused. */
#include "check.h"

#include "attention/mechanism_trials.h"

static trial small_trial(const char *normaliser)
{
    return (trial){.normaliser = normaliser,
                   .stages = {"bias"},
                   .heads = 2,
                   .sequences = 1,
                   .tq = {2},
                   .tk = {5}};
}

static void expect_near(double found, double wanted, double allowed)
{
    if (!(fabs(found - wanted) <= allowed)) fail_msg("%.9g, wanted %.9g", found, wanted);
}

/* The weights of all rows of (sequence 0, head). */
static void weights_of(trial_run *r, int64_t head, heed_real *p)
{
    heed_attention_inspect_tensors tensors = {.size = sizeof tensors,
                                              .q = r->forward.q,
                                              .k = r->forward.k,
                                              .lse = r->backward.lse,
                                              .parameters = r->parameters};
    check_ok(heed_attention_weights(r->plan, &r->batch, &tensors, 0, head, 0, r->t.tq[0], p,
                                    r->workspace));
}

static trial_array *array_of(trial_run *r, const char *name)
{
    for (int a = 0; a < r->count; a++)
        if (strcmp(r->arrays[a].name, name) == 0) return &r->arrays[a];
    fail_msg("no array %s", name);
    return NULL;
}

/* Makes r, and s with the same scores. */
static void make_pair(trial_run *r, const char *one, trial_run *s, const char *other)
{
    trial t = small_trial(one), u = small_trial(other);
    assert_true(trial_make(r, &t, NULL, NULL, NULL));
    assert_true(trial_make(s, &u, NULL, NULL, NULL));
    trial_array *from = array_of(r, "bias.pairs"), *to = array_of(s, "bias.pairs");
    memcpy(to->data, from->data, (size_t)from->count * sizeof *from->data);
}

static int64_t heaviest(const heed_real *p, int64_t n)
{
    int64_t most = 0;
    for (int64_t j = 1; j < n; j++)
        if (p[j] > p[most]) most = j;
    return most;
}

enum { KEYS = 5, ROWS = 4 }; /* rows: head by head */

/* E[cost] - w H of one row, by its logits. */
static double objective(const double *logits, const double *cost, double w)
{
    double sum = 0, mean = 0, entropy = 0;
    for (int j = 0; j < KEYS; j++) sum += exp(logits[j]);
    for (int j = 0; j < KEYS; j++) {
        double p = exp(logits[j]) / sum;
        mean += p * cost[j];
        entropy -= p * log(p);
    }
    return mean - w * entropy;
}

static double cost_of(int row, int64_t key)
{
    return (double)((row * 3 + key * key * 2) % 7);
}

/* The gradient of scores that each drawn key leads to: draws until all have come up. */
static void enumerate(trial_run *r, double estimate[ROWS][KEYS][KEYS])
{
    trial_array *advantage = array_of(r, "sampled.advantage"), *bias = array_of(r, "bias.pairs");
    unsigned char found[ROWS][KEYS] = {{0}};
    int left = ROWS * KEYS;
    for (r->batch.seed = 0; left && r->batch.seed < 20000; r->batch.seed++) {
        heed_real p[2][2 * KEYS];
        int64_t key[ROWS];
        trial_forward(r);
        for (int row = 0; row < ROWS; row++) {
            if (row % 2 == 0) weights_of(r, row / 2, p[row / 2]);
            key[row] = heaviest(p[row / 2] + row % 2 * KEYS, KEYS);
            assert_true(p[row / 2][row % 2 * KEYS + key[row]] == 1);
            for (int64_t d = 0; d < r->t.value_size; d++) /* o is that key's value */
                assert_true(r->o[(row % 2 * 2 + row / 2) * r->t.value_size + d] ==
                            r->arrays[2].data[(key[row] * 2 + row / 2) * r->t.value_size + d]);
            advantage->data[row % 2 * 2 + row / 2] = (heed_real)(cost_of(row, key[row]) - 2.5);
        }
        trial_backward(r);
        for (int row = 0; row < ROWS; row++) {
            left -= !found[row][key[row]];
            found[row][key[row]] = 1;
            for (int j = 0; j < KEYS; j++)
                estimate[row][key[row]][j] = (double)bias->gradient[row * KEYS + j];
        }
    }
    assert_int_equal(left, 0);
}

/* The mean over all keys, each with its probability, is the gradient: exactly, whatever the
 * baseline. */
static void test_expectation(void **state)
{
    double estimate[ROWS][KEYS][KEYS];
    trial_run r, s;
    (void)state;
    make_pair(&r, "sampled:entropy=0.25", &s, NULL);
    r.backward.d_lse.data = NULL;
    enumerate(&r, estimate);
    trial_forward(&s);
    for (int row = 0; row < ROWS; row++) {
        heed_real p[2 * KEYS];
        double logits[KEYS], cost[KEYS];
        weights_of(&s, row / 2, p);
        for (int j = 0; j < KEYS; j++) {
            logits[j] = log((double)p[row % 2 * KEYS + j]);
            cost[j] = cost_of(row, j);
        }
        for (int j = 0; j < KEYS; j++) {
            double here = logits[j], side[2], mean = 0;
            for (int k = 0; k < 2; k++) {
                logits[j] = here + (k ? -1e-5 : 1e-5);
                side[k] = objective(logits, cost, 0.25);
            }
            logits[j] = here;
            for (int k = 0; k < KEYS; k++) mean += exp(logits[k]) * estimate[row][k][j];
            expect_near(mean, (side[0] - side[1]) / 2e-5, 1e-5);
        }
    }
    trial_free(&r);
    trial_free(&s);
}

/* 4,000 draws of each row against softmax: within five standard deviations. */
static void test_frequencies(void **state)
{
    double count[ROWS][KEYS] = {{0}};
    const int draws = 4000;
    heed_real p[2 * KEYS];
    trial_run r, s;
    (void)state;
    make_pair(&r, "sampled", &s, NULL);
    trial_forward(&s);
    for (r.batch.step = 0; r.batch.step < (uint64_t)draws; r.batch.step++)
        for (int row = 0; row < ROWS; row++) {
            if (row % 2 == 0) weights_of(&r, row / 2, p);
            count[row][heaviest(p + row % 2 * KEYS, KEYS)]++;
        }
    for (int row = 0; row < ROWS; row++) {
        if (row % 2 == 0) weights_of(&s, row / 2, p);
        for (int j = 0; j < KEYS; j++) {
            double wanted = (double)p[row % 2 * KEYS + j];
            double spread = sqrt(draws * wanted * (1 - wanted));
            expect_near(count[row][j], draws * wanted, 5 * spread);
        }
    }
    trial_free(&r);
    trial_free(&s);
}

/* At evaluation: the largest score. */
static void test_evaluation(void **state)
{
    trial_run r, s;
    (void)state;
    make_pair(&r, "sampled", &s, "hard");
    r.batch.keep_all = 1;
    trial_forward(&r);
    trial_forward(&s);
    assert_memory_equal(r.o, s.o, (size_t)r.o_count * sizeof *r.o);
    trial_free(&r);
    trial_free(&s);
}

static void expect_close(const heed_real *x, const heed_real *y, int64_t n)
{
    for (int64_t i = 0; i < n; i++) expect_near((double)x[i], (double)y[i], 2e-5);
}

/* The gradients of scores are those of the soft one; o is the heaviest key's value. */
static void check_straight(const char *straight, const char *soft)
{
    trial t = {.normaliser = straight, .mask = "causal", LENGTHS}, u = t;
    trial_run r, s;
    u.normaliser = soft;
    assert_true(trial_make(&r, &t, NULL, NULL, NULL));
    assert_true(trial_make(&s, &u, NULL, NULL, NULL));
    trial_forward(&r), trial_backward(&r);
    trial_forward(&s), trial_backward(&s);
    expect_close(r.lse, s.lse, 1);
    for (int a = 0; a < 2; a++)
        expect_close(r.arrays[a].gradient, s.arrays[a].gradient, r.arrays[a].count);
    int64_t tk = r.t.tk[0], tq = r.t.tq[0];
    heed_real *p = trial_reals(tq * tk), *whole = trial_reals(tq * tk);
    weights_of(&s, 1, p);
    weights_of(&r, 1, whole);
    for (int64_t i = 0; i < tq; i++)
        for (int64_t j = 0; j < tk; j++)
            assert_true(whole[i * tk + j] == (j == heaviest(p + i * tk, tk) ? 1 : 0));
    heed__free(p), heed__free(whole);
    trial_free(&r);
    trial_free(&s);
}

static void test_straight_through(void **state)
{
    (void)state;
    check_straight("straight_through", NULL);
    check_straight("gumbel:tau=0.6,hard=1", "gumbel:tau=0.6");
}

/* The noise of a sequence is its id's: alone it is the same as among others. */
static void test_sequence_ids(void **state)
{
    trial two = {.normaliser = "gumbel", .sequences = 2, .tq = {3, 3}, .tk = {70, 70}};
    trial one = {.normaliser = "gumbel", .sequences = 1, .tq = {3}, .tk = {70}};
    uint64_t ids[] = {7, UINT64_C(1) << 40}, id = ids[1];
    trial_run r, s;
    (void)state;
    assert_true(trial_make(&r, &two, NULL, NULL, NULL));
    assert_true(trial_make(&s, &one, NULL, NULL, NULL));
    for (int a = 0; a < 3; a++)
        memcpy(s.arrays[a].data, r.arrays[a].data + s.arrays[a].count,
               (size_t)s.arrays[a].count * sizeof(heed_real));
    r.batch.sequence_ids = ids;
    s.batch.sequence_ids = &id;
    trial_forward(&r);
    trial_forward(&s);
    assert_memory_equal(s.o, r.o + s.o_count, (size_t)s.o_count * sizeof *s.o);
    id++; /* others' noise is another's */
    trial_forward(&s);
    assert_memory_not_equal(s.o, r.o + s.o_count, (size_t)s.o_count * sizeof *s.o);
    trial_free(&r);
    trial_free(&s);
}

/* With q = 0 all scores are equal. */
static void check_ties(const char *normaliser, int64_t taken)
{
    trial t = {.normaliser = normaliser, .sequences = 1, .tq = {2}, .tk = {130}};
    heed_real p[2 * 130];
    trial_run r;
    assert_true(trial_make(&r, &t, NULL, NULL, NULL));
    memset(r.arrays[0].data, 0, (size_t)r.arrays[0].count * sizeof(heed_real));
    trial_forward(&r);
    weights_of(&r, 3, p);
    for (int64_t j = 0; j < 130; j++)
        expect_near((double)p[130 + j], j < taken ? 1.0 / (double)taken : 0, 1e-6);
    trial_free(&r);
}

static void test_ties(void **state)
{
    (void)state;
    check_ties("hard", 1);
    check_ties("straight_through", 1);
    check_ties("topk:k=3", 3);
    check_ties("topk:k=67", 67);
    check_ties("topk:k=500", 130);
    check_ties("entmax15", 130);
    check_ties("entmax:alpha=1.01", 130);
}

/* A row's weights are a distribution, however many keys and whatever alpha. */
static void test_sums(void **state)
{
    static const char *const texts[] = {"sparsemax",        "entmax15",         "entmax:alpha=1.01",
                                        "entmax:alpha=1.1", "entmax:alpha=1.5", "entmax:alpha=1.9",
                                        "entmax:alpha=2",   "topk:k=300"};
    enum { MANY = 3000 };
    heed_real *p = trial_reals(MANY);
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        for (double scale = 1e-3; scale < 2000; scale *= 100) {
            char score[64];
            trial_run r;
            snprintf(score, sizeof score, "scaled_dot:scale=%g", scale);
            trial t = {
                .score = score, .normaliser = texts[i], .sequences = 1, .tq = {1}, .tk = {MANY}};
            assert_true(trial_make(&r, &t, NULL, NULL, NULL));
            trial_forward(&r);
            weights_of(&r, 0, p);
            double sum = 0;
            for (int64_t j = 0; j < MANY; j++) sum += (double)p[j];
            if (!(fabs(sum - 1) < 2e-5)) fail_msg("%s, %s: sum P = %.9g", texts[i], score, sum);
            trial_free(&r);
        }
    heed__free(p);
}

static void expect_refused(const char *text)
{
    trial t = small_trial(text);
    trial_run r = {.t = t};
    r.t.key_heads = 2, r.t.size = r.t.value_size = 4;
    assert_int_equal(trial_plan(&r, NULL, NULL, NULL), HEED_E_INVALID);
    assert_null(r.plan);
}

static void test_settings(void **state)
{
    (void)state;
    expect_refused("entmax:alpha=1");
    expect_refused("entmax:alpha=1.005");
    expect_refused("entmax:alpha=2.5");
    expect_refused("entmax:alpha=2,learned=1");
    expect_refused("topk:k=-1");
    expect_refused("relu2:divide=2");
    expect_refused("gumbel:tau=-1");
    expect_refused("gumbel:hard=2");
    expect_refused("sampled:entropy=-0.1");
}

static heed_status backward(trial_run *r)
{
    return heed_attention_backward(r->plan, &r->batch, &r->backward, r->workspace);
}

static void test_refused(void **state)
{
    trial t = small_trial("entmax15"), u = small_trial("sampled");
    trial_run r;
    (void)state;
    assert_true(trial_make(&r, &t, NULL, NULL, NULL));
    trial_forward(&r);
    r.backward.d_lse.data = r.d_lse;
    assert_int_equal(backward(&r), HEED_E_UNSUPPORTED);
    trial_free(&r);
    assert_true(trial_make(&r, &u, NULL, NULL, NULL));
    int at = 0;
    while (r.extras[at].data != array_of(&r, "sampled.advantage")->data) at++;
    r.extras[at].data = NULL; /* forward does without */
    trial_forward(&r);
    assert_int_equal(backward(&r), HEED_E_INVALID);
    r.extras[at].data = r.extras[at].gradient = array_of(&r, "sampled.advantage")->gradient;
    assert_int_equal(backward(&r), HEED_E_INVALID); /* there is no such gradient */
    r.extras[at].gradient = NULL;
    check_ok(backward(&r));
    trial_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expectation),  cmocka_unit_test(test_frequencies),
        cmocka_unit_test(test_evaluation),   cmocka_unit_test(test_straight_through),
        cmocka_unit_test(test_sequence_ids), cmocka_unit_test(test_ties),
        cmocka_unit_test(test_sums),         cmocka_unit_test(test_settings),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
