/* SPDX-License-Identifier: MIT */
/* Training a classifier: labels, their targets, and what is measured. */
#include "train/session.h"

#include "base/fail.h"

#include <math.h> /* sqrt, NAN */
#include <string.h>

/* Settings of the outputs that no output of these kinds listens to: see also heed__config_warn. */
static void warn_of_kinds(heed__session *s, const heed__model_parts *parts)
{
    int classes = 0, numbers = 0;
    for (int i = 0; i < parts->n_outputs; i++) {
        classes += parts->labels[i]->kind == HEED_LABEL_CLASS;
        numbers += parts->labels[i]->kind == HEED_LABEL_NUMBER;
    }
    if (classes == 0 && heed_config_is_set(s->config, "output.smoothing"))
        heed__log(s->context, HEED_LOG_WARNING,
                  "output.smoothing has no effect: no output has one label a row");
    if (numbers == parts->n_outputs && heed_config_is_set(s->config, "output.class_weights"))
        heed__log(s->context, HEED_LOG_WARNING,
                  "output.class_weights has no effect: the outputs are numbers");
}

static heed_status build_labels(heed__session *s, heed__model_parts *parts)
{
    heed__label_kind kind = HEED_LABEL_GUESS;
    const char *asked = heed_config_get(s->config, "output.kind");
    if (strcmp(asked, "auto") != 0) HEED_TRY(heed__label_kind_find(asked, &kind));
    parts->n_outputs = heed_dataset_layout(s->train.rows)->n_outputs;
    for (int i = 0; i < parts->n_outputs; i++)
        HEED_TRY(heed__labels_build(s->context, s->train.rows, i, kind, &parts->labels[i]));
    warn_of_kinds(s, parts);
    return HEED_OK;
}

static heed_status build(heed__session *s, heed__model_parts *parts)
{
    heed__tokenizer_settings settings = heed__session_tokenizer(s->config);
    HEED_TRY(build_labels(s, parts));
    return heed__tokenizer_train_dataset(s->context, heed_config_get(s->config, "input.tokenizer"),
                                         &settings, s->train.rows, &parts->tokenizer);
}

/* Numbers are learned with mean 0 and spread 1. */
static heed_status scale_numbers(heed__model_output *output, heed__targets *train)
{
    double sum = 0, squares = 0;
    int64_t n = train->rows;
    for (int64_t i = 0; i < n; i++) sum += (double)train->numbers[i];
    double mean = sum / (double)n;
    for (int64_t i = 0; i < n; i++) {
        double off = (double)train->numbers[i] - mean;
        squares += off * off;
    }
    double spread = squares > 0 ? sqrt(squares / (double)n) : 1;
    if (!(spread >= HEED_LEAST_SPREAD && spread <= HEED_MOST_NUMBER && mean >= -HEED_MOST_NUMBER &&
          mean <= HEED_MOST_NUMBER))
        return heed__fail(
            HEED_E_DATA,
            "label '%s': numbers with mean %g and spread %g; give them in a unit that "
            "makes them neither that large nor that close",
            output->labels->output, mean, spread);
    output->mean = (float)mean;
    output->spread = (float)spread;
    return HEED_OK;
}

/* Balanced: each label weighs as much in all as any other. */
static heed_status weigh_classes(heed__session *s, heed__model_output *output)
{
    const heed__labels *labels = output->labels;
    if (!heed__config_is(s->config, "output.class_weights", "balanced") ||
        labels->kind == HEED_LABEL_NUMBER)
        return HEED_OK;
    HEED_TRY(heed__alloc((size_t)output->count, sizeof *output->class_weights, "class weights",
                         &output->class_weights));
    double total = 0;
    for (int64_t j = 0; j < output->count; j++) total += (double)labels->counts[j];
    for (int64_t j = 0; j < output->count; j++)
        output->class_weights[j] =
            labels->counts[j] ? (float)(total / ((double)output->count * (double)labels->counts[j]))
                              : 0;
    return HEED_OK;
}

static heed_status make_targets(heed__session *s)
{
    for (int i = 0; i < s->model->n_outputs; i++) {
        heed__model_output *output = &s->model->outputs[i];
        if (!s->train.targets[i].rows)
            HEED_TRY(heed__targets_make(s->context, output->labels, s->train.rows, i,
                                        &s->train.targets[i]));
        if (!s->valid.targets[i].rows)
            HEED_TRY(heed__targets_make(s->context, output->labels, s->valid.rows, i,
                                        &s->valid.targets[i]));
        if (output->labels->kind == HEED_LABEL_NUMBER)
            HEED_TRY(scale_numbers(output, &s->train.targets[i]));
        HEED_TRY(weigh_classes(s, output));
    }
    return HEED_OK;
}

static heed_status encode(heed__session *s)
{
    const heed__tokenizer *tokenizer = s->model->tokenizer;
    if (!s->train.examples.n) {
        HEED_TRY(heed__examples_encode_dataset(s->context, tokenizer, s->train.rows,
                                               &s->train.examples));
        HEED_TRY(heed__examples_encode_dataset(s->context, tokenizer, s->valid.rows,
                                               &s->valid.examples));
    }
    return make_targets(s);
}

static heed_status make_batches(heed__session *s)
{
    heed__batch_options options = {
        .max_tokens = heed__config_integer(s->config, "train.batch_tokens"),
        .max_sequences = heed__config_integer(s->config, "train.batch_texts"),
        .shuffle = 1,
        .seed = (uint64_t)heed__config_integer(s->config, "train.seed")};
    HEED_TRY(heed__batches_create(&s->train.examples, NULL, &options, &s->batches));
    size_t n = (size_t)heed__batches_capacity(s->batches).sequences;
    for (int i = 0; i < s->model->n_outputs; i++) {
        size_t columns = (size_t)s->model->outputs[i].count;
        HEED_TRY(heed__alloc(n, sizeof *s->classes[i], "a batch", &s->classes[i]));
        HEED_TRY(heed__alloc(n * columns, sizeof *s->values[i], "a batch", &s->values[i]));
    }
    size_t rows = (size_t)s->valid.examples.n, width = (size_t)heed_model_width(s->model);
    return heed__alloc(rows * width, sizeof *s->predictions, "predictions", &s->predictions);
}

/* The batch's targets, in its order. */
static void gather_targets(heed__session *s)
{
    for (int i = 0; i < s->model->n_outputs; i++) {
        const heed__targets *t = &s->train.targets[i];
        const heed__model_output *o = &s->model->outputs[i];
        for (int64_t b = 0; b < s->batch.n; b++) {
            int64_t row = s->batch.examples[b];
            if (t->classes) s->classes[i][b] = t->classes[row];
            if (t->numbers) s->values[i][b] = (t->numbers[row] - o->mean) / o->spread;
            if (t->set)
                memcpy(s->values[i] + b * t->n, t->set + row * t->n, (size_t)t->n * sizeof(float));
        }
    }
}

static void record(heed__session *s, int largest, heed__var *loss)
{
    heed__model_vars vars = {0};
    heed__model_targets targets = {{0}, {0}};
    heed__batch_capacity most = heed__batches_capacity(s->batches);
    s->labelled = (heed__model_batch){s->texts, s->batch.tokens, s->batch.ngrams};
    if (largest)
        s->labelled.ragged =
            (heed__ragged){.n = most.sequences, .rows = most.rows, .longest = most.longest};
    else
        gather_targets(s);
    for (int i = 0; i < s->model->n_outputs; i++) {
        targets.classes[i] = s->classes[i];
        targets.values[i] = s->values[i];
    }
    heed__tape_start(s->tape, heed__session_mode(s), heed__session_draw(s));
    heed__model_record(s->model, s->tape, &s->labelled, &vars);
    *loss = heed__model_loss(s->model, s->tape, &vars, &targets);
    heed__tape_keep(s->tape, *loss);
}

static heed_status plan_scoring(heed__session *s)
{
    return heed__model_plan(s->model, &s->valid.examples);
}

static heed_status score(heed__session *s, heed__scores *out)
{
    out->bleu = NAN;
    return heed__score(s->model, &s->valid, s->predictions, &out->metric, &out->loss);
}

static heed_status calibrate(heed__session *s)
{
    return heed__calibrate(s->model, &s->valid, s->predictions);
}

/* Training measures at temperature 1. */
static void uncalibrate(heed__session *s)
{
    for (int i = 0; i < s->model->n_outputs; i++) s->model->outputs[i].temperature = 1;
}

const heed__job heed__job_classify = {.task = HEED_TASK_CLASSIFY,
                                      .build = build,
                                      .encode = encode,
                                      .make_batches = make_batches,
                                      .record = record,
                                      .plan_scoring = plan_scoring,
                                      .score = score,
                                      .calibrate = calibrate,
                                      .uncalibrate = uncalibrate,
                                      .metric_name = heed__score_name};
