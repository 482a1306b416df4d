/* SPDX-License-Identifier: MIT */
/* Beam search against the enumeration of all sequences, and against a beam search that never stops
 * early. */
#include "check.h"

#include "model/fake_writer.h"

#include <stdlib.h>

enum { LIMIT = 4, MOST_TEXTS = 4000, BEST = 5 };

static fake_writer writer;

typedef struct text {
    fake_history tokens; /* the end included */
    double sum, score;
    float coverage[FAKE_SOURCE];
} text;

typedef struct texts {
    int n;
    text items[MOST_TEXTS];
} texts;

static texts all;

static double score_of(const heed__search_options *o, const text *t, int64_t source)
{
    double length = t->tokens.length, score = t->sum;
    if (o->norm == HEED_LENGTH_AVERAGE) score /= pow(length, o->alpha);
    if (o->norm == HEED_LENGTH_WU) score /= pow((5 + length) / 6, o->alpha);
    for (int j = 0; j < source && o->coverage > 0; j++)
        score += o->coverage * log(t->coverage[j] < 1 ? t->coverage[j] : 1);
    return score;
}

/* What becomes of t by one more token. */
static text extended(const text *t, int64_t name, int64_t source, int32_t token)
{
    float scores[FAKE_VOCABULARY], weights[FAKE_SOURCE];
    text more = *t;
    fake_scores(&writer, name, &t->tokens, scores);
    fake_weights(&writer, name, &t->tokens, source, weights);
    more.tokens.tokens[more.tokens.length++] = token;
    more.sum += scores[token];
    for (int j = 0; j < source; j++) more.coverage[j] += weights[j];
    return more;
}

static int by_score(const void *a, const void *b)
{
    double x = ((const text *)a)->score, y = ((const text *)b)->score;
    return x < y ? 1 : x > y ? -1 : 0;
}

static void enumerate(const heed__search_options *o, const text *t, int64_t name, int64_t source,
                      int least)
{
    for (int32_t token = 0; token < writer.vocabulary; token++) {
        text more = extended(t, name, source, token);
        if (token != FAKE_END) {
            if (t->tokens.length < LIMIT) enumerate(o, &more, name, source, least);
        } else if (t->tokens.length >= least) {
            more.score = score_of(o, &more, source);
            assert_true(all.n < MOST_TEXTS);
            all.items[all.n++] = more;
        }
    }
}

static void check_same(const heed__hypothesis *h, const text *t)
{
    assert_true(h->finished);
    assert_int_equal(h->length, t->tokens.length);
    assert_memory_equal(h->tokens, t->tokens.tokens, (size_t)h->length * sizeof *h->tokens);
    assert_true(fabs(h->sum - t->sum) < 1e-9);
    assert_true(fabs(h->score - t->score) < 1e-5);
}

static heed__search *start(const heed__search_options *options)
{
    heed__search *search;
    check_ok(heed__search_create(NULL, options, &search));
    return search;
}

static heed__search_results run(heed__search *search, const heed__search_batch *batch)
{
    heed__search_results results;
    heed__search_model model = fake_model(&writer);
    check_ok(heed__search_run(search, &model, batch, &results));
    return results;
}

/* A beam as wide as there are hypotheses finds the best of all texts, for each norm, and coverage.
 */
static void test_a_wide_beam_is_exhaustive(void **state)
{
    (void)state;
    const int64_t sources[] = {5, 3};
    const struct {
        heed_length_norm norm;
        double alpha, coverage;
        int least;
    } cases[] = {{HEED_LENGTH_NONE, 1, 0, 0},      {HEED_LENGTH_AVERAGE, 1, 0, 0},
                 {HEED_LENGTH_AVERAGE, 0.5, 0, 0}, {HEED_LENGTH_WU, 0.6, 0, 0},
                 {HEED_LENGTH_WU, 1, 0.4, 0},      {HEED_LENGTH_AVERAGE, 1, 0.2, 2},
                 {HEED_LENGTH_NONE, 1, 0, 3},      {HEED_LENGTH_WU, 0, 0, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (uint32_t seed = 0; seed < 6; seed++) {
            heed__search_options o = heed__search_defaults();
            o.norm = cases[i].norm;
            o.alpha = cases[i].alpha;
            o.coverage = cases[i].coverage;
            o.least = cases[i].least;
            o.most = LIMIT;
            o.beam = MOST_TEXTS;
            o.best = BEST;
            fake_start(&writer, 5, seed);
            writer.source_lengths = sources;
            heed__search *search = start(&o);
            heed__search_results r =
                run(search, &(heed__search_batch){.n = 2, .source_lengths = sources});
            for (int64_t s = 0; s < 2; s++) {
                all.n = 0;
                enumerate(&o, &(text){0}, s, sources[s], cases[i].least);
                qsort(all.items, (size_t)all.n, sizeof *all.items, by_score);
                assert_int_equal(r.offsets[s + 1] - r.offsets[s], BEST);
                for (int k = 0; k < BEST; k++)
                    check_same(&r.hypotheses[r.offsets[s] + k], &all.items[k]);
            }
            heed__search_destroy(&search);
        }
}

/* The rules of search.h written down plainly: everything sorted, nothing bounded. */
typedef struct plain_candidate {
    text text;
    int row, ends;
} plain_candidate;

static int by_rank(const void *a, const void *b)
{
    const plain_candidate *x = a, *y = b;
    if (x->text.sum != y->text.sum) return x->text.sum < y->text.sum ? 1 : -1;
    if (x->row != y->row) return x->row - y->row;
    return x->text.tokens.tokens[x->text.tokens.length - 1] -
           y->text.tokens.tokens[y->text.tokens.length - 1];
}

static void plain_beam(const heed__search_options *o, int64_t name, int64_t source)
{
    static plain_candidate candidates[64 * FAKE_VOCABULARY];
    text live[64] = {{.sum = 0}};
    int n_live = 1, finished = 0;
    all.n = 0;
    for (int position = 0; position <= o->most && n_live; position++) {
        int n = 0, next = 0;
        for (int row = 0; row < n_live; row++)
            for (int32_t token = 0; token < writer.vocabulary; token++)
                candidates[n++] = (plain_candidate){extended(&live[row], name, source, token), row,
                                                    token == FAKE_END};
        qsort(candidates, (size_t)n, sizeof *candidates, by_rank);
        for (int i = 0; i < n; i++) {
            if (candidates[i].ends && i < o->beam) {
                all.items[all.n] = candidates[i].text;
                all.items[all.n].score = score_of(o, &candidates[i].text, source);
                all.n++;
                finished++;
            } else if (!candidates[i].ends && next < o->beam) {
                live[next++] = candidates[i].text;
            }
        }
        n_live = next;
        if (finished >= o->patience * (double)o->beam) break;
    }
    qsort(all.items, (size_t)all.n, sizeof *all.items, by_score);
}

static void test_stopping_early_changes_nothing(void **state)
{
    (void)state;
    const int64_t source = 4;
    const heed_length_norm norms[] = {HEED_LENGTH_NONE, HEED_LENGTH_AVERAGE, HEED_LENGTH_WU};
    int64_t bounded = 0;
    for (uint32_t seed = 0; seed < 360; seed++) {
        heed__search_options o = heed__search_defaults();
        o.norm = norms[seed % 3];
        o.alpha = seed % 2 ? 1 : 0.7;
        o.coverage = seed % 5 == 0 ? 0.3 : 0;
        o.most = 9;
        o.beam = 1 + seed % 7;
        o.best = 1 + (seed / 7) % o.beam;
        o.patience = seed % 8 == 0 ? 2.5 : seed % 8 == 1 ? 1 : 1000;
        fake_start(&writer, 6, seed);
        writer.source_lengths = &source;
        writer.sharpness = seed % 5 < 3 ? 12 : 3;
        writer.end_less = seed % 3 - 1.0;
        heed__search *search = start(&o);
        heed__search_results r =
            run(search, &(heed__search_batch){.n = 1, .source_lengths = &source});
        bounded += o.patience == 1000 && writer.steps < o.most + 1;
        plain_beam(&o, 0, source);
        int64_t n = r.offsets[1];
        assert_true(n >= 1 && n <= o.best);
        for (int64_t k = 0; k < n; k++) {
            if (!r.hypotheses[k].finished) {
                assert_true(k >= all.n && r.hypotheses[k].length == o.most);
                continue;
            }
            assert_true(k < all.n);
            check_same(&r.hypotheses[k], &all.items[k]);
        }
        assert_true(n == o.best || all.n < o.best);
        heed__search_destroy(&search);
    }
    assert_true(bounded > 50);
}

static void test_beam_1_is_greedy(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 50; seed++) {
        heed__search_options o = heed__search_defaults();
        fake_history history = {0};
        double sum = 0;
        o.beam = 1;
        o.most = 8;
        fake_start(&writer, 8, seed);
        heed__search *search = start(&o);
        heed__search_results r = run(search, &(heed__search_batch){.n = 1});
        const heed__hypothesis *h = r.hypotheses;
        for (int64_t i = 0; i < h->length; i++) {
            float scores[FAKE_VOCABULARY];
            int best = 0;
            fake_scores(&writer, 0, &history, scores);
            for (int t = 1; t < 8; t++)
                if (scores[t] > scores[best]) best = t;
            assert_int_equal(h->tokens[i], best);
            assert_true(h->log_probs[i] == scores[best]);
            sum += scores[best];
            history.tokens[history.length++] = best;
        }
        assert_true(h->sum == sum);
        assert_int_equal(h->finished, h->tokens[h->length - 1] == FAKE_END);
        assert_true(h->finished || h->length == 8);
        heed__search_destroy(&search);
    }
}

/* All tokens are equally likely everywhere: the order is that of rows and tokens. */
static void test_equal_scores_go_by_row_then_token(void **state)
{
    (void)state;
    heed__search_options o = heed__search_defaults();
    o.beam = o.best = 3;
    o.most = 2;
    o.norm = HEED_LENGTH_NONE;
    fake_start(&writer, 4, 1);
    writer.sharpness = 0;
    heed__search *search = start(&o);
    heed__search_results r = run(search, &(heed__search_batch){.n = 1});
    /* Step 1: 0, end, 2 | 3: the end finishes. Step 2: 0 0, 0 end, 0 2 | 0 3. Step 3: 0 0 0,
     * 0 0 end, 0 0 2. */
    const int32_t wanted[3][3] = {{1}, {0, 1}, {0, 0, 1}};
    assert_int_equal(r.offsets[1], 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(r.hypotheses[i].length, i + 1);
        assert_memory_equal(r.hypotheses[i].tokens, wanted[i], (size_t)(i + 1) * 4);
    }
    heed__search_destroy(&search);
}

/* Two source tokens, weights (0.75, 0.25) at one step and beta 2: the first token ends with the
 * logarithms of 0.75 and 0.25; covered twice, of 1 and 0.5. */
static heed_status even_step(void *user, const heed__search_step *step, heed__search_scores *out)
{
    static float scores[3], weights[2];
    (void)user;
    scores[0] = logf(0.5f);
    scores[1] = logf(0.25f);
    scores[2] = logf(0.25f);
    weights[0] = 0.75f;
    weights[1] = 0.25f;
    assert_true(step->weights && step->rows == 1);
    *out = (heed__search_scores){scores, 0, weights, 2};
    return HEED_OK;
}

static void test_coverage_by_hand(void **state)
{
    (void)state;
    const int64_t source = 2, offsets[] = {0, 2};
    const int32_t prefix[] = {0, 1};
    heed__search_options o = heed__search_defaults();
    heed__search_model model = {NULL, 3, even_step};
    heed__search_results r;
    o.coverage = 2;
    o.norm = HEED_LENGTH_WU;
    heed__search *search = start(&o);
    heed__search_batch batch = {.n = 1, .source_lengths = &source};
    batch.prefix_offsets = offsets;
    batch.prefixes = prefix;
    check_ok(heed__search_run(search, &model, &batch, &r));
    double sum = log(0.5) + log(0.25), score = sum / (7.0 / 6) + 2 * (log(1.0) + log(0.5));
    assert_true(fabs(r.hypotheses[0].sum - sum) < 1e-6);
    assert_true(fabs(r.hypotheses[0].score - score) < 1e-6);
    heed__search_destroy(&search);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_wide_beam_is_exhaustive),
        cmocka_unit_test(test_stopping_early_changes_nothing),
        cmocka_unit_test(test_beam_1_is_greedy),
        cmocka_unit_test(test_equal_scores_go_by_row_then_token),
        cmocka_unit_test(test_coverage_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
