/* SPDX-License-Identifier: MIT */
/* Sampling: frequencies against probabilities, and what a draw depends on. */
#include "check.h"

#include "model/fake_writer.h"

#include <stdlib.h>

enum { DRAWS = 10000, VOCABULARY = 8 };

static fake_writer writer;

static heed__search_options sampling(int64_t samples, int64_t most)
{
    heed__search_options o = heed__search_defaults();
    o.samples = samples;
    o.most = most;
    o.seed = 11;
    return o;
}

static heed__search_results run(const heed__search_options *options, heed__search **search,
                                const heed__search_batch *batch)
{
    heed__search_results results;
    heed__search_model model = fake_model(&writer);
    check_ok(heed__search_create(NULL, options, search));
    check_ok(heed__search_run(*search, &model, batch, &results));
    return results;
}

/* The distribution that temperature, top-k and top-p leave, by the book. */
static void expected(const heed__search_options *o, const fake_history *history, double *p)
{
    float scores[VOCABULARY];
    int order[VOCABULARY], kept = o->top_k && o->top_k < VOCABULARY ? (int)o->top_k : VOCABULARY;
    double total = 0, share = 0, left = 0;
    fake_scores(&writer, 0, history, scores);
    for (int i = 0; i < VOCABULARY; i++) {
        int at = i;
        while (at > 0 && scores[i] > scores[order[at - 1]]) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
        p[i] = exp(scores[i] / o->temperature);
    }
    for (int i = 0; i < kept; i++) total += p[order[i]];
    for (int i = 0; i < VOCABULARY; i++) {
        if (i >= kept || share >= o->top_p * total) p[order[i]] = 0;
        share += p[order[i]];
        left += p[order[i]];
    }
    for (int i = 0; i < VOCABULARY; i++) p[i] /= left;
}

/* Below the value that a chi-square of so many degrees passes once in 10,000 (degrees 1 to 7). */
static void check_frequencies(const int *counts, const double *p, int n)
{
    static const double most[] = {0, 15.1, 18.4, 21.1, 23.5, 25.7, 27.9, 29.9};
    double chi = 0;
    int degrees = -1;
    for (int i = 0; i < VOCABULARY; i++) {
        if (p[i] == 0) {
            assert_int_equal(counts[i], 0);
            continue;
        }
        degrees++;
        chi += (counts[i] - n * p[i]) * (counts[i] - n * p[i]) / (n * p[i]);
    }
    if (degrees && chi > most[degrees]) fail_msg("chi-square %g, %d degrees", chi, degrees);
}

static void test_frequencies_are_the_probabilities(void **state)
{
    (void)state;
    const struct {
        double temperature, top_p;
        int64_t top_k;
    } cases[] = {{1, 1, 0},   {0.6, 1, 0}, {2.5, 1, 0},   {1, 1, 3},   {1, 0.7, 0},
                 {0.8, 1, 1}, {1, 1, 8},   {1.5, 0.8, 5}, {1, 1e-9, 0}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heed__search *search;
        heed__search_options o = sampling(DRAWS, 2);
        int first[VOCABULARY] = {0}, second[VOCABULARY] = {0}, n = 0;
        double p[VOCABULARY];
        o.temperature = cases[k].temperature;
        o.top_p = cases[k].top_p;
        o.top_k = cases[k].top_k;
        fake_start(&writer, VOCABULARY, 5);
        heed__search_results r = run(&o, &search, &(heed__search_batch){.n = 1});
        assert_int_equal(r.offsets[1], DRAWS);
        int32_t likely = 0;
        for (int64_t i = 0; i < DRAWS; i++) first[r.hypotheses[i].tokens[0]]++;
        for (int32_t i = 0; i < VOCABULARY; i++)
            if (i != FAKE_END && first[i] > first[likely]) likely = i;
        for (int64_t i = 0; i < DRAWS; i++) {
            if (r.hypotheses[i].tokens[0] != likely) continue;
            second[r.hypotheses[i].tokens[1]]++;
            n++;
        }
        fake_history history = {0};
        expected(&o, &history, p);
        check_frequencies(first, p, DRAWS);
        history.tokens[history.length++] = likely;
        expected(&o, &history, p);
        check_frequencies(second, p, n);
        heed__search_destroy(&search);
    }
}

/* What is reported is the model's, whatever the draw was narrowed to. */
static void test_log_probs_are_the_models(void **state)
{
    (void)state;
    heed__search *search;
    heed__search_options o = sampling(50, 6);
    o.temperature = 3;
    o.top_k = 4;
    fake_start(&writer, VOCABULARY, 9);
    heed__search_results r = run(&o, &search, &(heed__search_batch){.n = 1});
    for (int64_t i = 0; i < 50; i++) {
        const heed__hypothesis *h = &r.hypotheses[i];
        fake_history history = {0};
        double sum = 0;
        for (int64_t t = 0; t < h->length; t++) {
            float scores[VOCABULARY];
            fake_scores(&writer, 0, &history, scores);
            assert_true(h->log_probs[t] == scores[h->tokens[t]]);
            sum += h->log_probs[t];
            history.tokens[history.length++] = h->tokens[t];
        }
        assert_true(h->sum == sum);
        assert_int_equal(h->finished, h->length > 0 && h->tokens[h->length - 1] == FAKE_END);
        assert_true(h->finished || h->length == 6);
    }
    heed__search_destroy(&search);
}

static void check_equal(const heed__hypothesis *a, const heed__hypothesis *b)
{
    assert_int_equal(a->length, b->length);
    assert_memory_equal(a->tokens, b->tokens, (size_t)a->length * sizeof *a->tokens);
    assert_true(a->sum == b->sum);
}

/* Alone, beside others, with fewer samples: sample k of sentence 42 is the same. */
static void test_a_draw_depends_on_its_name_only(void **state)
{
    (void)state;
    const int64_t names[] = {9, 42, (int64_t)1 << 40, 42 + ((int64_t)1 << 32)}, one[] = {42};
    heed__search *many, *alone;
    heed__search_options o = sampling(20, 8), few = sampling(3, 8);
    fake_start(&writer, VOCABULARY, 2);
    writer.names = names;
    heed__search_results r = run(&o, &many, &(heed__search_batch){.n = 4, .ids = names});
    writer.names = one;
    heed__search_results s = run(&few, &alone, &(heed__search_batch){.n = 1, .ids = one});
    for (int64_t i = 0; i < 3; i++) check_equal(&r.hypotheses[r.offsets[1] + i], &s.hypotheses[i]);
    heed__search_destroy(&alone);

    few.seed = 12; /* another seed, other draws */
    int differ = 0;
    s = run(&few, &alone, &(heed__search_batch){.n = 1, .ids = one});
    for (int64_t i = 0; i < 3; i++)
        differ += s.hypotheses[i].tokens[0] != r.hypotheses[r.offsets[1] + i].tokens[0] ||
                  s.hypotheses[i].sum != r.hypotheses[r.offsets[1] + i].sum;
    assert_true(differ > 0);
    heed__search_destroy(&alone);
    heed__search_destroy(&many);
}

/* A vocabulary of many chunks, flat or with one peak. */
enum { LARGE = 3000, PEAK = 2900, LARGE_SAMPLES = 200 };

static heed_status large_step(void *user, const heed__search_step *step, heed__search_scores *out)
{
    static float scores[LARGE_SAMPLES * LARGE];
    const int *peaked = user;
    for (int64_t i = 0; i < step->rows * LARGE; i++) {
        float other = *peaked ? 0.5f / (LARGE - 1) : 1.0f / LARGE;
        scores[i] = logf(*peaked && i % LARGE == PEAK ? 0.5f : other);
    }
    *out = (heed__search_scores){.scores = scores};
    return HEED_OK;
}

/* Counts of the first tokens, the peak in the last bin, the others in ten of equal width. */
static void draw_large(int peaked, double top_p, int n, int counts[11])
{
    heed__search *search;
    heed__search_options o = sampling(LARGE_SAMPLES, 1);
    heed__search_model model = {&peaked, LARGE, large_step};
    o.top_p = top_p;
    check_ok(heed__search_create(NULL, &o, &search));
    memset(counts, 0, 11 * sizeof *counts);
    for (int64_t id = 0; id < n / LARGE_SAMPLES; id++) {
        heed__search_results r;
        heed__search_batch batch = {.n = 1, .ids = &id};
        check_ok(heed__search_run(search, &model, &batch, &r));
        for (int i = 0; i < LARGE_SAMPLES; i++) {
            const heed__hypothesis *h = &r.hypotheses[i];
            int32_t token = h->tokens[0];
            counts[peaked && token == PEAK ? 10 : token / (LARGE / 10)]++;
        }
    }
    heed__search_destroy(&search);
}

static void check_share(int count, double p, int n)
{
    if (fabs(count - n * p) > 4 * sqrt(n * p * (1 - p)) + 1e-9)
        fail_msg("%d of %d, for a probability of %g", count, n, p);
}

/* Among equals the nucleus keeps the lower tokens: 0.75 of the flat one is 2250 of them; of the
 * peaked one, the peak and 1500 others. */
static void test_large_vocabularies(void **state)
{
    (void)state;
    enum { N = 1000 };
    int counts[11];
    draw_large(0, 1, N, counts);
    for (int i = 0; i < 10; i++) check_share(counts[i], 0.1, N);
    draw_large(1, 1, N, counts);
    for (int i = 0; i < 10; i++) check_share(counts[i], 0.05, N);
    check_share(counts[10], 0.5, N);
    draw_large(0, 0.75, N, counts);
    for (int i = 0; i < 10; i++)
        check_share(counts[i], i < 7 ? 300 / 2250.0 : i < 8 ? 150 / 2250.0 : 0, N);
    draw_large(1, 0.75, N, counts);
    for (int i = 0; i < 10; i++) check_share(counts[i], i < 5 ? 1 / 15.0 : 0, N);
    check_share(counts[10], 2 / 3.0, N);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frequencies_are_the_probabilities),
        cmocka_unit_test(test_log_probs_are_the_models),
        cmocka_unit_test(test_a_draw_depends_on_its_name_only),
        cmocka_unit_test(test_large_vocabularies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
