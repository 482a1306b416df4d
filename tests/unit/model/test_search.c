/* SPDX-License-Identifier: MIT */
/* What holds for any way of choosing: batches, prefixes, limits, weights, errors and memory. */
#include "check.h"

#include "model/fake_writer.h"
#include "out_of_memory.h"

enum { N = 7 };

static fake_writer writer;
static const int64_t sources[N] = {5, 1, 3, 2, 5, 4, 3}, names[N] = {3, 14, 15, 92, 65, 35, 89};

static heed__search *start(heed_context *context, const heed__search_options *options)
{
    heed__search *search;
    check_ok(heed__search_create(context, options, &search));
    return search;
}

static heed_status run(heed__search *search, const heed__search_batch *batch,
                       heed__search_results *results)
{
    heed__search_model model = fake_model(&writer);
    writer.names = batch->ids;
    return heed__search_run(search, &model, batch, results);
}

static heed__search_options searching(int64_t beam, int64_t best, int64_t most)
{
    heed__search_options o = heed__search_defaults();
    o.beam = beam;
    o.best = best;
    o.most = most;
    return o;
}

static void check_equal(const heed__hypothesis *a, const heed__hypothesis *b, int64_t source)
{
    assert_int_equal(a->length, b->length);
    assert_int_equal(a->finished, b->finished);
    assert_memory_equal(a->tokens, b->tokens, (size_t)a->length * sizeof *a->tokens);
    assert_memory_equal(a->log_probs, b->log_probs, (size_t)a->length * sizeof *a->log_probs);
    assert_memory_equal(&a->sum, &b->sum, sizeof a->sum);
    assert_memory_equal(&a->score, &b->score, sizeof a->score);
    assert_memory_equal(a->weights, b->weights, (size_t)(a->length * source) * sizeof *a->weights);
}

/* Beams and samples, on three threads, equal to sentences alone on one; and weights are those of
 * the steps. */
static void test_a_batch_is_its_sentences(void **state)
{
    (void)state;
    heed_context *context;
    check_ok(heed_context_create(&(heed_context_options){.threads = 3}, &context));
    for (int kind = 0; kind < 4; kind++) {
        heed__search_options o = searching(kind == 0 ? 1 : 4, kind == 0 ? 1 : 3, 8);
        heed__search_results all, one;
        o.weights = 1;
        o.coverage = kind == 1 ? 0.2 : 0;
        o.samples = kind == 3 ? 3 : 0;
        fake_start(&writer, 7, 5);
        writer.source_lengths = sources;
        heed__search *many = start(context, &o), *alone = start(NULL, &o);
        check_ok(run(many, &(heed__search_batch){N, sources, names, NULL, NULL}, &all));
        for (int64_t s = 0; s < N; s++) {
            writer.source_lengths = &sources[s];
            check_ok(
                run(alone, &(heed__search_batch){1, &sources[s], &names[s], NULL, NULL}, &one));
            int64_t count = all.offsets[s + 1] - all.offsets[s];
            assert_int_equal(count, one.offsets[1]);
            assert_int_equal(count, kind == 0 ? 1 : 3);
            for (int64_t k = 0; k < count; k++) {
                const heed__hypothesis *h = &all.hypotheses[all.offsets[s] + k];
                fake_history history = {0};
                check_equal(h, &one.hypotheses[k], sources[s]);
                for (int64_t t = 0; t < h->length; t++) {
                    float weights[FAKE_SOURCE];
                    fake_weights(&writer, names[s], &history, sources[s], weights);
                    assert_memory_equal(h->weights + t * sources[s], weights,
                                        (size_t)sources[s] * sizeof *weights);
                    history.tokens[history.length++] = h->tokens[t];
                }
            }
        }
        heed__search_destroy(&many);
        heed__search_destroy(&alone);
    }
    heed_context_destroy(&context);
}

static void test_best_first_and_cut_ones_last(void **state)
{
    (void)state;
    int cut = 0;
    for (uint32_t seed = 0; seed < 40; seed++) {
        heed__search_options o = searching(5, 5, 3);
        heed__search_results r;
        fake_start(&writer, 8, seed);
        writer.end_less = 1;
        heed__search *search = start(NULL, &o);
        check_ok(run(search, &(heed__search_batch){.n = 1}, &r));
        assert_true(r.offsets[1] >= 1 && r.offsets[1] <= 5);
        for (int64_t k = 0; k < r.offsets[1]; k++) {
            const heed__hypothesis *h = &r.hypotheses[k], *before = h - 1;
            cut += !h->finished;
            assert_int_equal(h->finished, h->tokens[h->length - 1] == FAKE_END);
            assert_true(h->finished ? h->length <= 4 : h->length == 3);
            assert_true(fabs(h->score - h->sum / (double)h->length) < 1e-12);
            if (k == 0) continue;
            assert_true(before->finished >= h->finished);
            assert_true(before->finished > h->finished || before->score >= h->score);
        }
        heed__search_destroy(&search);
    }
    assert_true(cut > 0);
}

static void test_prefixes_are_followed(void **state)
{
    (void)state;
    /* None; forced; forced to its end; forced up to the limit; forbidden, yet forced. */
    const int32_t prefixes[] = {4, 2, 5, 0, 6, 1, 2, 2, 2, 2, 2, 0};
    const int64_t offsets[] = {0, 0, 2, 6, 11, 12};
    const int32_t forbidden[] = {0};
    for (int kind = 0; kind < 2; kind++) {
        heed__search_options o = searching(3, 3, 5);
        heed__search_results r;
        o.forbidden = forbidden;
        o.n_forbidden = 1;
        o.samples = kind ? 3 : 0;
        fake_start(&writer, 7, 8);
        heed__search *search = start(NULL, &o);
        check_ok(run(search, &(heed__search_batch){5, NULL, NULL, offsets, prefixes}, &r));
        for (int s = 0; s < 5; s++)
            for (int64_t k = r.offsets[s]; k < r.offsets[s + 1]; k++) {
                const heed__hypothesis *h = &r.hypotheses[k];
                int64_t n = offsets[s + 1] - offsets[s];
                fake_history history = {0};
                double sum = 0;
                assert_true(h->length >= n);
                for (int64_t t = 0; t < h->length; t++) {
                    float scores[FAKE_VOCABULARY];
                    if (t < n)
                        assert_int_equal(h->tokens[t], prefixes[offsets[s] + t]);
                    else
                        assert_int_not_equal(h->tokens[t], 0);
                    fake_scores(&writer, s, &history, scores);
                    assert_true(h->log_probs[t] == scores[h->tokens[t]]);
                    sum += h->log_probs[t];
                    history.tokens[history.length++] = h->tokens[t];
                }
                assert_true(h->sum == sum);
                if (s == 2) assert_true(h->finished && h->length == 4);
                if (s == 3) assert_true(h->length == (h->finished ? 6 : 5));
            }
        assert_int_equal(r.offsets[3] - r.offsets[2], kind ? 3 : 1); /* one text, or its samples */
        heed__search_destroy(&search);
    }
}

static void test_prefixes_that_cannot_be_followed(void **state)
{
    (void)state;
    const struct {
        int32_t tokens[5];
        int64_t n;
        const char *says;
    } cases[] = {{{2, 3, 2, 3, 2}, 5, "prefix of sentence 92 has 5 tokens, and at most 4"},
                 {{2, 1, 2}, 3, "sentence 92 goes on after its end"},
                 {{2, 7}, 2, "sentence 92 holds token 7; tokens are 0 to 6"},
                 {{-1}, 1, "holds token -1"}};
    heed__search_options o = searching(3, 1, 4);
    heed__search_results r;
    heed__search *search = start(NULL, &o);
    fake_start(&writer, 7, 8);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int64_t offsets[] = {0, 0, cases[i].n};
        heed__search_batch batch = {2, NULL, names + 2, offsets, cases[i].tokens};
        check_fails(run(search, &batch, &r), HEED_E_INVALID, cases[i].says);
        assert_int_equal(r.n, 0);
    }
    const int32_t whole[] = {2, 3, 2, 3, 1}; /* as long as may be, and its end */
    const int64_t offsets[] = {0, 5};
    check_ok(run(search, &(heed__search_batch){1, NULL, NULL, offsets, whole}, &r));
    assert_true(r.hypotheses[0].finished && r.hypotheses[0].length == 5);
    heed__search_destroy(&search);
}

static void test_lengths_are_kept(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 30; seed++) {
        heed__search_options o = searching(3, 3, 9);
        heed__search_results r;
        o.most_per_source = 1.5;
        o.most_plus = 1;
        o.least_per_source = 0.8;
        o.least = 1;
        o.samples = seed % 2 ? 4 : 0;
        fake_start(&writer, 6, seed);
        writer.end_less = seed % 3 ? -2 : 2;
        heed__search *search = start(NULL, &o);
        check_ok(run(search, &(heed__search_batch){N, sources, NULL, NULL, NULL}, &r));
        for (int s = 0; s < N; s++)
            for (int64_t k = r.offsets[s]; k < r.offsets[s + 1]; k++) {
                int64_t written = r.hypotheses[k].length - r.hypotheses[k].finished;
                int64_t most = sources[s] * 3 / 2 + 1, least = sources[s] * 8 / 10;
                assert_true(written <= most && written <= 9);
                assert_true(written >= (least > 1 ? least : 1));
                assert_true(r.hypotheses[k].finished || written == most);
            }
        heed__search_destroy(&search);
    }
}

static void test_finished_sentences_leave(void **state)
{
    (void)state;
    heed__search_options o = searching(2, 1, 9);
    heed__search_results r;
    o.least_per_source = 0;
    o.most = 0;
    o.most_per_source = 1;
    fake_start(&writer, 6, 1);
    writer.end_less = 30; /* nothing ends by itself: a sentence is as long as its source */
    heed__search *search = start(NULL, &o);
    check_ok(run(search, &(heed__search_batch){N, sources, NULL, NULL, NULL}, &r));
    assert_int_equal(writer.steps, 6);
    assert_int_equal(writer.rows, 4); /* the last step has the two longest only */
    for (int s = 0; s < N; s++) assert_int_equal(r.hypotheses[r.offsets[s]].length, sources[s]);
    heed__search_destroy(&search);
}

/* Without scores greedy decoding writes the same tokens, from a model that gives no others, and
 * does not take a step for what its limit cuts. */
static void test_unscored_tokens_are_the_same(void **state)
{
    (void)state;
    static const int32_t prefixes[] = {2, FAKE_END, 3, 3}, forbidden = 4;
    static const int64_t prefix_offsets[] = {0, 2, 2, 4, 4, 4};
    for (uint32_t seed = 0; seed < 40; seed++) {
        heed__search_options o = searching(1, 1, seed % 2 ? 5 : 9);
        heed__search_batch batch = {N, sources, NULL, NULL, NULL};
        heed__search_results scored, r;
        o.least = seed % 3;
        o.weights = seed % 5 == 0;
        o.forbidden = &forbidden;
        o.n_forbidden = seed % 4 ? 1 : 0;
        if (seed % 7 == 0) batch.prefix_offsets = prefix_offsets, batch.prefixes = prefixes;
        fake_start(&writer, 7, seed);
        writer.source_lengths = sources;
        writer.end_less = seed % 8 ? 0.5 : 30;
        writer.hides = 1;
        heed__search *whole = start(NULL, &o);
        check_ok(run(whole, &batch, &scored));
        int64_t steps = writer.steps;
        o.unscored = 1;
        heed__search *bare = start(NULL, &o);
        check_ok(run(bare, &batch, &r));
        for (int64_t s = 0; s < N; s++) {
            const heed__hypothesis *a = &r.hypotheses[s], *b = &scored.hypotheses[s];
            int64_t written = b->length - b->finished;
            assert_int_equal(a->length - a->finished, written);
            if (written)
                assert_memory_equal(a->tokens, b->tokens, (size_t)written * sizeof *a->tokens);
            if (written < o.most) assert_int_equal(a->finished, b->finished);
        }
        if (seed % 8 == 0) assert_int_equal(writer.steps - steps, steps - 1);
        heed__search_destroy(&bare);
        heed__search_destroy(&whole);
    }
}

/* Scores that differ by less than their log-probabilities can: the greater one is chosen, whether
 * probabilities are found or not. */
static heed_status close_step(void *user, const heed__search_step *step, heed__search_scores *out)
{
    static const float scores[] = {1.0f, -9.0f, 16.0f - 0x1p-20f, 16.0f, 15.0f};
    (void)user;
    assert_int_equal(step->rows, 1);
    *out = (heed__search_scores){.scores = scores, .logits = 1};
    return HEED_OK;
}

static void test_close_scores(void **state)
{
    (void)state;
    heed__search_model model = {NULL, 5, close_step};
    for (int unscored = 0; unscored < 2; unscored++) {
        heed__search_options o = heed__search_defaults();
        heed__search_results r;
        o.beam = 1;
        o.most = 3;
        o.unscored = unscored;
        heed__search *search = start(NULL, &o);
        check_ok(heed__search_run(search, &model, &(heed__search_batch){.n = 1}, &r));
        assert_int_equal(r.hypotheses->length, 3);
        for (int i = 0; i < 3; i++) assert_int_equal(r.hypotheses->tokens[i], 3);
        heed__search_destroy(&search);
    }
}

static void test_nothing_to_do_and_nothing_possible(void **state)
{
    (void)state;
    heed__search_options o = searching(3, 2, 5);
    heed__search_results r;
    for (int kind = 0; kind < 2; kind++) {
        o.samples = kind ? 2 : 0;
        heed__search *search = start(NULL, &o);
        fake_start(&writer, 6, 1);
        check_ok(run(search, &(heed__search_batch){.n = 0}, &r));
        assert_int_equal(r.n, 0);
        assert_int_equal(r.offsets[0], 0);
        assert_int_equal(writer.steps, 0);
        writer.impossible_after = 0; /* an empty hypothesis, cut */
        check_ok(run(search, &(heed__search_batch){.n = 2}, &r));
        assert_true(r.offsets[1] >= 1 && !r.hypotheses[0].finished);
        assert_int_equal(r.hypotheses[0].length, 0);
        assert_true(r.hypotheses[0].score == 0);
        writer.impossible_after = 2;
        writer.end_less = 30;
        check_ok(run(search, &(heed__search_batch){.n = 2}, &r));
        assert_int_equal(r.offsets[2], 4);
        assert_true(!r.hypotheses[3].finished && r.hypotheses[3].length == 2);
        const int32_t forced[] = {2, 3, 4}; /* followed into the impossible */
        const int64_t offsets[] = {0, 3};
        check_ok(run(search, &(heed__search_batch){1, NULL, NULL, offsets, forced}, &r));
        assert_true(r.hypotheses[0].length == 3 && r.hypotheses[0].sum == -INFINITY);
        heed__search_destroy(&search);
    }
}

static void test_broken_scores(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        heed__search_options o = searching(3, 1, 5);
        heed__search_results r;
        o.samples = kind ? 2 : 0;
        heed__search *search = start(NULL, &o);
        fake_start(&writer, 6, 1);
        writer.end_less = 30;
        writer.broken_sentence = 4;
        writer.broken_position = 2;
        heed__search_batch batch = {N, NULL, names, NULL, NULL};
        const float broken[] = {NAN, INFINITY, 0.5f};
        for (int i = 0; i < 3; i++) {
            writer.broken = broken[i];
            check_fails(run(search, &batch, &r), HEED_E_NUMERIC, "sentence 65 at token 3 is NaN");
        }
        fake_start(&writer, 6, 1);
        writer.fails = HEED_E_STOPPED;
        assert_int_equal(run(search, &batch, &r), HEED_E_STOPPED);
        fake_start(&writer, 6, 1);
        check_ok(run(search, &batch, &r)); /* and it goes on serving */
        heed__search_destroy(&search);
    }
}

static void test_options_out_of_range(void **state)
{
    (void)state;
    heed__search *search = NULL;
    const int32_t negative = -1;
    const heed__search_options good = heed__search_defaults();
#define REFUSED(field, value, text)                                                                \
    do {                                                                                           \
        heed__search_options o = good;                                                             \
        o.field = value;                                                                           \
        check_fails(heed__search_create(NULL, &o, &search), HEED_E_INVALID, text);                 \
        assert_null(search);                                                                       \
    } while (0)
    REFUSED(beam, 0, "beam = 0");
    REFUSED(best, 5, "best = 5; it must be 1 to 4");
    REFUSED(samples, -1, "samples = -1");
    REFUSED(temperature, 0, "temperature = 0");
    REFUSED(temperature, NAN, "temperature = nan");
    REFUSED(top_k, -1, "top_k");
    REFUSED(top_p, 0, "top_p = 0");
    REFUSED(top_p, 1.5, "top_p = 1.5");
    REFUSED(alpha, -0.5, "alpha = -0.5");
    REFUSED(coverage, NAN, "coverage");
    REFUSED(patience, 0.5, "patience");
    REFUSED(most, 0, "neither most nor most_per_source");
    REFUSED(least, 300, "least = 300 is above most = 256");
#undef REFUSED
    heed__search_options o = good;
    o.forbidden = &negative;
    o.n_forbidden = 1;
    check_fails(heed__search_create(NULL, &o, &search), HEED_E_INVALID, "forbidden token = -1");
}

static void test_options_that_do_not_fit_the_model(void **state)
{
    (void)state;
    heed__search_results r;
    const int32_t large = 6;
    heed__search_options o = searching(2, 1, 5);
    o.forbidden = &large;
    o.n_forbidden = 1;
    fake_start(&writer, 6, 1);
    heed__search *search = start(NULL, &o);
    heed__search_batch batch = {N, sources, NULL, NULL, NULL}, without = {.n = N};
    check_fails(run(search, &batch, &r), HEED_E_INVALID, "forbidden token 6 is beyond");
    heed__search_destroy(&search);
    o = searching(2, 1, 5);
    o.coverage = 1;
    search = start(NULL, &o);
    check_fails(run(search, &without, &r), HEED_E_INVALID, "there are no sources");
    check_fails(run(search, &batch, &r), HEED_E_UNSUPPORTED, "the model has no attention");
    heed__search_destroy(&search);
    o.start = 6;
    search = start(NULL, &o);
    check_fails(run(search, &batch, &r), HEED_E_INVALID, "beyond the vocabulary of 6");
    heed__search_destroy(&search);
}

static void test_a_second_run_takes_no_memory(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        heed__search_options o = searching(4, 3, 8);
        heed__search_results r;
        o.weights = 1;
        o.coverage = 0.1;
        o.samples = kind ? 5 : 0;
        o.top_p = 0.8;
        fake_start(&writer, 7, 5);
        writer.source_lengths = sources;
        heed__search *search = start(NULL, &o);
        heed__search_batch batch = {N, sources, names, NULL, NULL};
        check_ok(run(search, &batch, &r));
        uint64_t before = heed__alloc_count();
        check_ok(run(search, &batch, &r));
        assert_int_equal(heed__alloc_count(), before);
        heed__search_destroy(&search);
    }
}

static heed_status whole_life(void *arg)
{
    const heed__search_options *o = arg;
    heed__search *search;
    heed__search_results r;
    heed_status status = heed__search_create(NULL, o, &search);
    if (status == HEED_OK)
        status = run(search, &(heed__search_batch){N, sources, names, NULL, NULL}, &r);
    heed__search_destroy(&search);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    const int32_t forbidden = 3;
    for (int kind = 0; kind < 2; kind++) {
        heed__search_options o = searching(4, 3, 8);
        o.weights = 1;
        o.coverage = 0.1;
        o.top_k = 3;
        o.samples = kind ? 5 : 0;
        o.forbidden = &forbidden;
        o.n_forbidden = 1;
        fake_start(&writer, 7, 5);
        writer.source_lengths = sources;
        check_out_of_memory(whole_life, &o, 200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_batch_is_its_sentences),
        cmocka_unit_test(test_best_first_and_cut_ones_last),
        cmocka_unit_test(test_prefixes_are_followed),
        cmocka_unit_test(test_prefixes_that_cannot_be_followed),
        cmocka_unit_test(test_lengths_are_kept),
        cmocka_unit_test(test_finished_sentences_leave),
        cmocka_unit_test(test_unscored_tokens_are_the_same),
        cmocka_unit_test(test_close_scores),
        cmocka_unit_test(test_nothing_to_do_and_nothing_possible),
        cmocka_unit_test(test_broken_scores),
        cmocka_unit_test(test_options_out_of_range),
        cmocka_unit_test(test_options_that_do_not_fit_the_model),
        cmocka_unit_test(test_a_second_run_takes_no_memory),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
