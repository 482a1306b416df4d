/* SPDX-License-Identifier: MIT */
/* Recurrent decoders: memory is taken once, plans hold, and what cannot be is refused. */
#include "recurrent_case.h"

#include "base/memory.h"

static const int64_t ids[] = {4, 2, 9, 3, 1}, target_lengths[] = {3, 1, 5, 2, 5},
                     source_lengths[] = {4, 1, 2, 7, 3};

typedef struct work {
    batch targets, sources;
    float states[MOST_ROWS * MEMORY], embedded[MOST_ROWS * EMBEDDED], wanted[MOST_ROWS * 32];
} work;

static heed__var record(decoder_case *c, work *w, const heed__ragged *targets,
                        const heed__ragged *sources)
{
    heed__tape_start(c->tape, HEED_TAPE_TRAIN, (heed__draw){1, 1});
    heed__pass pass = {.tape = c->tape, .ragged = targets};
    heed__memory memory = {.ragged = sources, .recurrent = 1, .directions = 2};
    memory.states = heed__tape_constant(c->tape, sources->rows, MEMORY, w->states);
    heed__var x = heed__tape_constant(c->tape, targets->rows, EMBEDDED, w->embedded);
    heed__decoded decoded = c->kind->apply(c->decoder, &pass, &memory, x, NULL);
    heed__target_loss squares = {.targets = w->wanted};
    heed__var losses[2] = {heed__tape_apply(c->tape, &heed__op_squared_error, &decoded.states, 1,
                                            &squares, sizeof squares),
                           decoded.loss};
    heed__weighted_sum sum = {{1, 1}};
    return heed__tape_apply(c->tape, &heed__op_weighted_sum, losses, 2, &sum, sizeof sum);
}

static void fill_work(work *w)
{
    memset(w, 0, sizeof *w);
    batch_fill(&w->targets, SENTENCES, target_lengths, ids);
    batch_fill(&w->sources, SENTENCES, source_lengths, ids);
    fill_rows(w->states, MEMORY, &w->sources.ragged, 0);
    fill_rows(w->embedded, EMBEDDED, &w->targets.ragged, 1);
}

static const char *const plain[] = {"encoder.layers", "2", NULL}, *const covered[] = {
                                                                      "decoder.attention",
                                                                      "general",
                                                                      "decoder.coverage",
                                                                      "true",
                                                                      "decoder.coverage_loss",
                                                                      "1",
                                                                      "decoder.copy",
                                                                      "true",
                                                                      NULL};

/* A plan made for the largest batch, whose lengths are not known, serves a real one. */
static void check_memory(const heed__decoder_kind *kind, const char *const *settings)
{
    static work w;
    decoder_case c;
    fill_work(&w);
    case_open(&c, kind, settings, MEMORY);
    heed__ragged targets = w.targets.ragged, sources = w.sources.ragged;
    targets.offsets = targets.order = targets.ids = NULL;
    sources.offsets = sources.order = sources.ids = NULL;
    check_ok(heed__tape_plan(c.tape, record(&c, &w, &targets, &sources)));
    uint64_t before = heed__alloc_count();
    for (int i = 0; i < 3; i++)
        check_ok(heed__tape_run(c.tape, record(&c, &w, &w.targets.ragged, &w.sources.ragged)));
    assert_int_equal(heed__alloc_count(), before);
    case_close(&c);
}

static void test_memory_is_taken_once(void **state)
{
    (void)state;
    check_memory(&heed__decoder_gru, plain);
    check_memory(&heed__decoder_lstm, plain);
    check_memory(&heed__decoder_gru, covered);
    check_memory(&heed__decoder_lstm, covered);
}

static void test_nothing_to_write(void **state)
{
    (void)state;
    static work w;
    static const int64_t none[] = {0, 0, 0, 0, 0};
    decoder_case c;
    fill_work(&w);
    batch_fill(&w.targets, SENTENCES, none, ids);
    case_open(&c, &heed__decoder_gru, covered, MEMORY);
    check_ok(heed__tape_run(c.tape, record(&c, &w, &w.targets.ragged, &w.sources.ragged)));
    batch_fill(&w.targets, 0, none, ids);
    batch_fill(&w.sources, 0, none, ids);
    check_ok(heed__tape_run(c.tape, record(&c, &w, &w.targets.ragged, &w.sources.ragged)));
    case_close(&c);
}

/* A sentence without a source reads zeros. */
static void test_empty_sources(void **state)
{
    (void)state;
    static work w;
    static const int64_t some[] = {4, 0, 2, 0, 3};
    decoder_case c;
    fill_work(&w);
    batch_fill(&w.sources, SENTENCES, some, ids);
    for (int i = 0; i < 2; i++) {
        case_open(&c, &heed__decoder_gru, i ? covered : plain, MEMORY);
        heed__var loss = record(&c, &w, &w.targets.ragged, &w.sources.ragged);
        heed__tape_keep(c.tape, loss);
        check_ok(heed__tape_run(c.tape, loss));
        assert_true(*heed__tape_value(c.tape, loss) < 1e6f);
        case_close(&c);
    }
}

static void check_refused(const char *const *settings, int64_t memory, const char *text)
{
    heed__params params = {0};
    heed_config *config = NULL;
    void *decoder = NULL;
    int64_t width;
    check_ok(heed_config_create(&config));
    for (; *settings; settings += 2) check_ok(heed_config_set(config, settings[0], settings[1]));
    check_fails(heed__decoder_gru.create(&params, config, memory, &decoder, &width), HEED_E_INVALID,
                text);
    assert_null(decoder);
    heed__params_clear(&params);
    heed_config_destroy(&config);
}

static void test_refusals(void **state)
{
    (void)state;
    static const char *const dot[] = {"decoder.attention", "dot", "decoder.dim", "32", NULL};
    static const char *const copy[] = {"decoder.copy", "true", NULL};
    static const char *const cover[] = {"decoder.coverage", "true", "decoder.attention", "none",
                                        NULL};
    static const char *const loss[] = {"decoder.coverage_loss", "1", "decoder.attention", "none",
                                       NULL};
    check_refused(dot, 64, "make decoder.dim 64, or use 'general'");
    check_refused(copy, 0, "decoder.copy needs attention over a source");
    check_refused(cover, 64, "decoder.coverage needs attention");
    check_refused(loss, 64, "decoder.coverage_loss needs attention");
}

static void test_as_many_sources_as_targets(void **state)
{
    (void)state;
    static work w;
    decoder_case c;
    fill_work(&w);
    batch_fill(&w.sources, 3, source_lengths, ids);
    case_open(&c, &heed__decoder_gru, plain, MEMORY);
    check_fails(heed__tape_run(c.tape, record(&c, &w, &w.targets.ragged, &w.sources.ragged)),
                HEED_E_INVALID, "3 sources and 5 targets");
    case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_taken_once), cmocka_unit_test(test_nothing_to_write),
        cmocka_unit_test(test_empty_sources), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_as_many_sources_as_targets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
