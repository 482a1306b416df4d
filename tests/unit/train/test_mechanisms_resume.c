/* SPDX-License-Identifier: MIT */
/*
 * Models whose attention learns arrays of its own: training gives the same bytes on one thread and
 * on two, on the lowest vector level, and after a stop; the arrays are tensors of the file, they
 * learn, and what was loaded is explained by them. Watching changes nothing.
 */
#include "train/pairs.h"

#include "heed/evaluate.h"
#include "heed/explain.h"
#include "model/model.h"

#include <math.h>

enum { STEPS = 7, NAMES = 12 };

#define TEXTS                                                                                      \
    "encoder.kind=transformer encoder.dim=16 encoder.heads=4 encoder.ffn=16 encoder.layers=2 "     \
    "train.batch_texts=24 train.valid_share=0.25 train.patience=0 train.validate_every=3 "         \
    "encoder.attention_dropout=0.1 "
#define PAIRS                                                                                      \
    "output.kind=translate encoder.dim=16 encoder.heads=4 encoder.ffn=16 encoder.layers=1 "        \
    "input.dim=16 input.tokenizer=words train.batch_tokens=90 train.valid_share=0.25 "             \
    "train.patience=0 train.bleu_sample=0 train.validate_every=3 "
#define WORDS                                                                                      \
    "output.kind=language encoder.dim=16 encoder.heads=4 encoder.ffn=16 encoder.layers=1 "         \
    "input.tokenizer=words input.block=24 train.batch_tokens=96 train.valid_share=0.25 "           \
    "train.patience=0 train.validate_every=3 "

/* What is learned must move; the tensors that end so. */
static const struct combination {
    const char *settings;
    const char *learned[NAMES];
} combinations[] = {
    {TEXTS
     "encoder.score=general encoder.normaliser=sink encoder.stages=alibi_learned,t5:buckets=8 "
     "encoder.causal=true pool.normaliser=entmax15",
     {"encoder.1.attention.score.W", "encoder.1.attention.sink.score",
      "encoder.1.attention.alibi.slope", "encoder.1.attention.t5.bias"}},
    {TEXTS "encoder.score=additive_projected encoder.normaliser=entmax:alpha=1.4,learned=1 "
           "encoder.stages=span:longest=24,ramp=4,scale:learned=1,gate pool.score=additive",
     {"encoder.0.attention.score.Wq", "encoder.0.attention.entmax.alpha",
      "encoder.0.attention.span.z", "encoder.0.attention.scale.log",
      "encoder.0.attention.gate.heads", "pool.score.weight"}},
    {TEXTS "encoder.key_heads=2 encoder.position=rotary encoder.stages=dynamic_span:longest=24 "
           "encoder.mask=windows:left=1/2/4/-1,right=3 encoder.normaliser=gumbel "
           "pool.normaliser=sparsemax",
     {"encoder.0.attention.dynamic_span.z.weight"}},
    {PAIRS "encoder.kind=transformer encoder.stages=shaw:clip=4 decoder.stages=xl:clip=4 "
           "decoder.score=scaled_dot cross.score=additive cross.mask=local_p:width=3 "
           "cross.stages=gaussian:sigma=2",
     {"encoder.0.attention.shaw.keys", "decoder.0.attention.xl.keys",
      "decoder.0.memory.score.weight", "decoder.0.memory.gaussian.centre.weight"}},
    {PAIRS
     "encoder.kind=transformer encoder.score=query_bias decoder.normaliser=sink "
     "decoder.stages=alibi_learned decoder.mask=window:left=4,right=0 cross.score=general "
     "cross.normaliser=entmax:learned=1 cross.stages=t5:buckets=8 encoder.attention_dropout=0.1",
     {"encoder.0.attention.score.u", "decoder.0.attention.sink.score",
      "decoder.0.attention.alibi.slope", "decoder.0.memory.score.W",
      "decoder.0.memory.entmax.alpha", "decoder.0.memory.t5.bias"}},
    {PAIRS "encoder.kind=gru decoder.kind=lstm decoder.layers=2 decoder.attention=general "
           "cross.mask=local_p:width=2 cross.stages=gaussian:sigma=1,gate cross.normaliser=gumbel",
     {"decoder.attention.gaussian.centre.weight", "decoder.attention.gate.heads"}},
    {WORDS "decoder.layers=2 encoder.stages=span:longest=16,ramp=4,alibi_learned "
           "decoder.normaliser=sink decoder.position=rotary",
     {"decoder.1.attention.span.z", "decoder.1.attention.alibi.slope",
      "decoder.1.attention.sink.score"}},
};

static const char *data_of(const struct combination *c)
{
    if (strncmp(c->settings, TEXTS, strlen(TEXTS)) == 0) return corpus_write("data.tsv", "class");
    const char *pairs = pairs_write("pairs.tsv", 'c', 96, 7, 5);
    if (strncmp(c->settings, PAIRS, strlen(PAIRS)) == 0) return pairs;
    static char path[512];
    snprintf(path, sizeof path, "%s", files_path("text.txt"));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (unsigned i = 0, seed = 3; i < 1500; i++)
        fprintf(file, "%s%c", pairs_words[corpus_next(&seed) % 8], i % 9 ? ' ' : '\n');
    fclose(file);
    return path;
}

static char data[512], settings[1024];

static void start(const struct combination *c, double rate)
{
    snprintf(data, sizeof data, "%s", data_of(c));
    snprintf(settings, sizeof settings, "%s train.steps=%d train.lr=%g", c->settings, STEPS, rate);
}

static heed_status run_to(const char *name, int threads, int64_t stop_at, int resume)
{
    static char path[512];
    snprintf(path, sizeof path, "%s", files_path(name));
    corpus_run run = {.data = data,
                      .model = path,
                      .settings = settings,
                      .threads = threads,
                      .stop_at = stop_at,
                      .resume = resume};
    return corpus_train(&run);
}

static void test_same_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof combinations / sizeof *combinations; i++) {
        start(&combinations[i], 0.01);
        check_ok(run_to("whole.heed", 1, 0, 0));
        corpus_file wanted = corpus_read(files_path("whole.heed"));
        check_ok(run_to("two.heed", 2, 0, 0));
        if (!corpus_same(files_path("two.heed"), &wanted))
            fail_msg("%s: two threads give other bytes", settings);
        for (int64_t stop = 2; stop < STEPS; stop += 3) {
            check_fails(run_to("part.heed", 2, stop, 0), HEED_E_STOPPED, "--resume goes on");
            check_ok(run_to("part.heed", 1, 0, 1));
            if (!corpus_same(files_path("part.heed"), &wanted))
                fail_msg("%s: other bytes after a stop at %d", settings, (int)stop);
        }
        free(wanted.bytes);
    }
}

/* In processes of their own: the level is chosen once. */
static void test_levels(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof combinations / sizeof *combinations; i++) {
        static char best[512], scalar[512];
        start(&combinations[i], 0.01);
        snprintf(best, sizeof best, "%s", files_path("best.heed"));
        snprintf(scalar, sizeof scalar, "%s", files_path("scalar.heed"));
        corpus_run run = {.data = data, .model = best, .settings = settings, .threads = 2};
        assert_true(corpus_train_apart(&run, ""));
        corpus_file wanted = corpus_read(best);
        run.model = scalar;
        assert_true(corpus_train_apart(&run, "scalar"));
        if (!corpus_same(scalar, &wanted)) fail_msg("%s: scalar code gives other bytes", settings);
        free(wanted.bytes);
    }
}

static const heed__param *find(const heed_model *model, const char *name)
{
    for (size_t i = 0; i < model->params.count; i++)
        if (strcmp(model->params.items[i]->name, name) == 0) return model->params.items[i];
    fail_msg("there is no tensor %s", name);
    return NULL;
}

static heed_model *trained(const struct combination *c, double rate, const char *name)
{
    heed_model *model = NULL;
    start(c, rate);
    check_ok(run_to(name, 1, 0, 0));
    check_ok(heed_model_load(NULL, files_path(name), &model));
    return model;
}

/* Held against the same model that has hardly learned. */
static void test_learned(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof combinations / sizeof *combinations; i++) {
        const struct combination *c = &combinations[i];
        heed_model *model = trained(c, 0.01, "a.heed"), *before = trained(c, 1e-9, "b.heed");
        for (int n = 0; n < NAMES && c->learned[n]; n++) {
            const heed__param *a = find(model, c->learned[n]), *b = find(before, c->learned[n]);
            float most = 0;
            for (int64_t k = 0; k < a->rows * a->cols; k++) {
                float moved = fabsf(a->data[k] - b->data[k]);
                most = moved > most ? moved : most;
            }
            if (!(most > 1e-4f)) fail_msg("%s: %s learned nothing", c->settings, c->learned[n]);
        }
        heed_model_destroy(&model);
        heed_model_destroy(&before);
    }
}

/* How heads attend is looked at beside the training, whose gradients are its own. */
static void test_watched(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof combinations / sizeof *combinations; i += 2) {
        heed_model *plain = trained(&combinations[i], 0.01, "a.heed"), *watched = NULL;
        strcat(settings, " train.watch=5");
        check_ok(run_to("w.heed", 2, 0, 0));
        check_ok(heed_model_load(NULL, files_path("w.heed"), &watched));
        for (size_t n = 0; n < plain->params.count; n++) {
            const heed__param *a = plain->params.items[n], *b = watched->params.items[n];
            assert_memory_equal(a->data, b->data, (size_t)(a->rows * a->cols) * sizeof *a->data);
        }
        heed_model_destroy(&plain);
        heed_model_destroy(&watched);
    }
}

/* Every way to explain a classifier's answer goes through what it learned. */
static void test_explained(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        heed_model *model = trained(&combinations[i], 0.01, "a.heed");
        heed_explain_options options = {.heat_maps = 1};
        heed_explainer *explainer = NULL;
        static const char text[] = "the film was superb and it was warm";
        check_ok(heed_explainer_create(model, &options, &explainer));
        check_ok(heed_explainer_add(explainer, NULL, (heed_text){text, strlen(text)}, NULL));
        heed_explainer_destroy(&explainer);
        heed_model_destroy(&model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        corpus_test(test_levels), /* first: its processes must begin without threads */
        corpus_test(test_same_bytes), corpus_test(test_learned), corpus_test(test_watched),
        corpus_test(test_explained)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
