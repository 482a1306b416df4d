/* SPDX-License-Identifier: MIT */
/* Recurrent decoders: memory is taken once, plans hold, and what cannot be is refused. */
#include "recurrent_case.h"

#include "base/fail.h"
#include "base/memory.h"
#include "out_of_memory.h"

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

/* Two steps of search, each sentence alone, after the whole pass. */
static heed_status search(const heed__decoder_kind *kind, void *decoder, heed__tape *tape, work *w,
                          void **state)
{
    static const int64_t parents[] = {0, 1, 2, 3, 4}, offsets[] = {0, 1, 2, 3, 4, 5};
    heed__ragged queries = {SENTENCES, SENTENCES, 1, offsets, parents, parents};
    heed__pass pass = {.tape = tape, .ragged = &w->sources.ragged};
    heed__memory memory = {.ragged = &w->sources.ragged, .recurrent = 1, .directions = 2};
    HEED_TRY(kind->open(decoder, state));
    heed__tape_start(tape, HEED_TAPE_INFER, (heed__draw){0});
    memory.states = heed__tape_constant(tape, w->sources.ragged.rows, MEMORY, w->states);
    kind->begin(decoder, *state, &pass, &memory);
    HEED_TRY(heed__tape_run(tape, HEED_NO_VAR));
    HEED_TRY(kind->begun(decoder, *state, tape));
    for (int64_t t = 0; t < 2; t++) {
        heed__step step = {.position = t,
                           .rows = SENTENCES,
                           .parents = parents,
                           .sentences = parents,
                           .queries = &queries,
                           .starts = w->sources.offsets,
                           .lengths = source_lengths,
                           .memory_rows = w->sources.ragged.rows,
                           .longest_memory = w->sources.ragged.longest};
        pass.ragged = &queries;
        heed__tape_start(tape, HEED_TAPE_INFER, (heed__draw){0});
        heed__var x = heed__tape_constant(tape, SENTENCES, EMBEDDED, w->embedded);
        kind->step(decoder, *state, &pass, &step, x, NULL);
        HEED_TRY(heed__tape_run(tape, HEED_NO_VAR));
        HEED_TRY(kind->stepped(decoder, *state, tape));
    }
    return HEED_OK;
}

typedef struct job {
    const heed__decoder_kind *kind;
    heed_config *config;
    work *w;
} job;

static heed_status whole_and_search(job *j, heed__params *params, void **decoder, heed__tape **tape,
                                    void **state)
{
    int64_t width;
    decoder_case c = {.kind = j->kind};
    HEED_TRY(j->kind->create(params, j->config, MEMORY, decoder, &width));
    HEED_TRY(heed__tape_create(NULL, tape));
    c.decoder = *decoder;
    c.tape = *tape;
    HEED_TRY(
        heed__tape_run(c.tape, record(&c, j->w, &j->w->targets.ragged, &j->w->sources.ragged)));
    return search(j->kind, *decoder, *tape, j->w, state);
}

static heed_status do_job(void *arg)
{
    job *j = arg;
    heed__params params = {.trains = 1};
    void *decoder = NULL, *state = NULL;
    heed__tape *tape = NULL;
    heed_status status = whole_and_search(j, &params, &decoder, &tape, &state);
    if (decoder) j->kind->close(decoder, state);
    heed__tape_destroy(&tape);
    if (decoder) j->kind->destroy(decoder);
    heed__params_clear(&params);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    static work w;
    fill_work(&w);
    for (int i = 0; i < 2; i++) {
        job j = {i ? &heed__decoder_lstm : &heed__decoder_gru, NULL, &w};
        check_ok(heed_config_create(&j.config));
        check_ok(heed_config_set(j.config, "encoder.dim", "6"));
        check_ok(heed_config_set(j.config, "input.dim", "4"));
        check_ok(heed_config_set(j.config, "decoder.attention", i ? "general" : "additive"));
        check_ok(heed_config_set(j.config, "decoder.coverage", i ? "true" : "false"));
        check_out_of_memory(do_job, &j, 1000);
        heed_config_destroy(&j.config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_memory_is_taken_once),
                                       cmocka_unit_test(test_nothing_to_write),
                                       cmocka_unit_test(test_empty_sources),
                                       cmocka_unit_test(test_refusals),
                                       cmocka_unit_test(test_as_many_sources_as_targets),
                                       cmocka_unit_test(test_out_of_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
