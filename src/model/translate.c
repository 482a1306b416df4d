/* SPDX-License-Identifier: MIT */
/*
 * heed_translate, heed_sample and heed_score are one thing (asked.c): sources are encoded, put into
 * batches and searched; sampling is another search, and scoring one that is forced all the way.
 */
#include "base/fail.h"
#include "model/asked.h"

#include <jansson.h>

static const char *const task_names[] = {
    "labels texts (heed predict)", "translates (heed translate)", "continues texts (heed sample)"};

heed_task heed_model_task(const heed_model *model)
{
    return model->task;
}

heed_status heed__model_check_labels(const heed_model *model)
{
    if (model->task == HEED_TASK_CLASSIFY) return HEED_OK;
    return heed__fail(HEED_E_INVALID, "the model %s; it gives no labels", task_names[model->task]);
}

static heed_status check_size(size_t given, size_t own, const char *what)
{
    if (given == own) return HEED_OK;
    return heed__fail(HEED_E_INVALID, "%s: size = %zu; it must be sizeof the struct, %zu", what,
                      given, own);
}

static heed_status check_writes(const heed_model *model)
{
    if (model->task != HEED_TASK_CLASSIFY) return HEED_OK;
    return heed__fail(HEED_E_INVALID, "the model %s; it writes no text",
                      task_names[HEED_TASK_CLASSIFY]);
}

static heed_status check_translates(const heed_model *model)
{
    if (model->task == HEED_TASK_TRANSLATE) return HEED_OK;
    return heed__fail(HEED_E_INVALID, "the model %s; it does not translate",
                      task_names[model->task]);
}

/* `what` needs them. */
static heed_status want_weights(heed__asked *c, const char *what)
{
    int64_t layers, heads;
    heed_model_alignment_sites(c->model, &layers, &heads);
    c->options.weights = 1;
    if (layers > 0) return HEED_OK;
    return heed__fail(HEED_E_UNSUPPORTED,
                      "the model has no attention to its source, so there is no %s; train one with "
                      "--attention other than none",
                      what);
}

/* What no target in training had is never written. */
static void tell_replacing(heed_model *model)
{
    const char *note = heed__model_note_find(model, "heed.data");
    json_t *data = note ? json_loads(note, 0, NULL) : NULL;
    const json_t *unknown = json_object_get(data, "unknown_targets");
    if (json_is_integer(unknown) && json_integer_value(unknown) == 0 &&
        !model->writer.told_replacing) {
        model->writer.told_replacing = 1;
        heed__log(model->context, HEED_LOG_WARNING,
                  "replace_unknown has no effect: no target in training had an unknown word, and "
                  "the model writes none (--tokenizer words --min-count 2 in training makes some, "
                  "and --copy true copies them)");
    }
    json_decref(data);
}

static void tell_length(heed_model *model, int64_t asked, int64_t most)
{
    if (asked <= most || model->writer.told_length) return;
    model->writer.told_length = 1;
    heed__log(model->context, HEED_LOG_WARNING,
              "max_length = %lld: the model writes at most %lld tokens, its --max-length in "
              "training, and ends there",
              (long long)asked, (long long)most);
}

static void limit_length(heed__asked *c, int64_t asked)
{
    int64_t most = heed__asked_longest(c);
    if (c->sources) tell_length(c->model, asked, most);
    c->options.most = asked && asked < most ? asked : most;
    if (asked || !c->sources) return;
    c->options.most_per_source = 2;
    c->options.most_plus = 10;
}

heed_status heed_translate(heed_model *model, const heed_text *sources, int64_t n,
                           const heed_translate_options *options, heed_translations **out)
{
    static const int32_t unknown[1] = {HEED_TOKEN_UNKNOWN};
    heed_translate_options o = {.size = sizeof o};
    if (options) HEED_TRY(check_size(options->size, sizeof o, "heed_translate_options"));
    if (options) o = *options;
    HEED_TRY(check_writes(model));
    HEED_TRY(check_translates(model));
    heed__asked c = {.model = model,
                     .sources = sources,
                     .prefixes = o.prefixes,
                     .n = n,
                     .weights = o.weights,
                     .replace_unknown = o.replace_unknown,
                     .align = o.align,
                     .options = heed__search_defaults()};
    if (o.beam) c.options.beam = o.beam;
    if (o.best) c.options.best = o.best;
    c.options.norm = o.norm;
    if (o.alpha > 0 || o.alpha < 0) c.options.alpha = o.alpha;
    c.options.coverage = o.coverage;
    c.options.unscored = o.unscored;
    if (o.weights || o.replace_unknown || o.coverage > 0)
        HEED_TRY(want_weights(&c, o.weights           ? "alignment"
                                  : o.replace_unknown ? "word to replace unknown ones by"
                                                      : "coverage to penalise"));
    if (!o.weights && !o.replace_unknown) c.options.weights = 0;
    if (o.replace_unknown) tell_replacing(model);
    if (!o.allow_unknown && !o.replace_unknown) {
        c.options.forbidden = unknown;
        c.options.n_forbidden = 1;
    }
    limit_length(&c, o.max_length);
    return heed__asked_run(&c, out);
}

static heed_status limit_positions(heed__asked *c, int64_t asked)
{
    int64_t most = heed__asked_longest(c);
    int learned = heed__config_learned_positions(c->model->config);
    c->options.most = learned ? most : 0;
    if (!learned || asked <= most) return HEED_OK;
    return heed__fail(HEED_E_INVALID,
                      "max_length = %lld; the model's learned positions end after %lld tokens, "
                      "those of the prompt included: ask for fewer, or train with a greater "
                      "--block or with --positions sinusoidal",
                      (long long)asked, (long long)most);
}

heed_status heed_sample(heed_model *model, const heed_text *texts, int64_t n,
                        const heed_sample_options *options, heed_translations **out)
{
    enum { DEFAULT_LENGTH = 256 };
    static const int32_t unknown[1] = {HEED_TOKEN_UNKNOWN};
    heed_sample_options o = {.size = sizeof o};
    if (options) HEED_TRY(check_size(options->size, sizeof o, "heed_sample_options"));
    if (options) o = *options;
    HEED_TRY(check_writes(model));
    int language = model->task == HEED_TASK_LANGUAGE;
    heed__asked c = {.model = model,
                     .sources = language ? NULL : texts,
                     .prefixes = language ? texts : o.prefixes,
                     .n = n,
                     .options = heed__search_defaults()};
    if (language && o.prefixes)
        return heed__fail(HEED_E_INVALID, "prefixes: a language model goes on from its texts; give "
                                          "them there");
    c.options.samples = o.samples ? o.samples : 1;
    if (o.temperature > 0 || o.temperature < 0) c.options.temperature = o.temperature;
    c.options.top_k = o.top_k;
    if (o.top_p > 0 || o.top_p < 0) c.options.top_p = o.top_p;
    c.options.seed = o.seed;
    c.options.forbidden = unknown;
    c.options.n_forbidden = 1;
    limit_length(&c, o.max_length);
    if (language) { /* so many tokens after each prompt, as far as there are positions */
        c.options.most_per_source = 1;
        c.options.most_plus = o.max_length ? o.max_length : DEFAULT_LENGTH;
        HEED_TRY(limit_positions(&c, o.max_length));
    }
    return heed__asked_run(&c, out);
}

/* Targets are given, whole. */
static heed__asked forced(heed_model *model, const heed_text *sources, const heed_text *targets,
                          int64_t n)
{
    heed__asked c = {.model = model,
                     .sources = sources,
                     .prefixes = targets,
                     .n = n,
                     .scoring = 1,
                     .options = heed__search_defaults()};
    c.options.beam = c.options.best = 1;
    c.options.most = heed__asked_longest(&c) + 1;
    return c;
}

heed_status heed_score(heed_model *model, const heed_text *sources, const heed_text *targets,
                       int64_t n, const heed_score_options *options, heed_translations **out)
{
    heed_score_options o = {.size = sizeof o};
    if (options) HEED_TRY(check_size(options->size, sizeof o, "heed_score_options"));
    if (options) o = *options;
    HEED_TRY(check_writes(model));
    int language = model->task == HEED_TASK_LANGUAGE;
    if (language == (sources != NULL))
        return heed__fail(HEED_E_INVALID, "the model %s; it scores %s", task_names[model->task],
                          language ? "texts alone: leave the sources out"
                                   : "pairs: give a source for each target");
    heed__asked c = forced(model, sources, targets, n);
    c.weights = o.weights;
    c.align = o.align;
    if (o.weights) HEED_TRY(want_weights(&c, "alignment"));
    return heed__asked_run(&c, out);
}

heed_status heed__translations_visit(heed_model *model, const heed_text *sources,
                                     const heed_text *targets, int64_t n,
                                     heed__forced_visitor visit, void *user)
{
    heed_translations *none = NULL;
    HEED_TRY(check_writes(model));
    HEED_TRY(check_translates(model));
    heed__asked c = forced(model, sources, targets, n);
    c.weights = 1;
    c.visit = visit;
    c.user = user;
    HEED_TRY(want_weights(&c, "alignment"));
    heed_status status = heed__asked_run(&c, &none);
    heed_translations_destroy(&none);
    return status;
}
