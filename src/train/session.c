/* SPDX-License-Identifier: MIT */
/* From options to a run that is ready for its first step. */
#include "train/session.h"

#include "base/fail.h"
#include "data/walk.h"
#include "heed/version.h"

#include <math.h> /* sqrt */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static heed__tokenizer_settings tokenizer_settings(const heed_config *config)
{
    heed__tokenizer_settings s = {0};
    s.lower = heed__config_boolean(config, "input.lowercase");
    s.min_count = heed__config_integer(config, "input.min_count");
    s.max_vocabulary = heed__config_integer(config, "input.vocabulary");
    s.ngrams = heed__config_integer(config, "input.ngrams");
    s.ngram_min_count = heed__config_integer(config, "input.ngram_min_count");
    s.ngram_max_vocabulary = heed__config_integer(config, "input.ngram_vocabulary");
    s.max_length = heed__config_integer(config, "input.max_length");
    s.start = heed__config_is(config, "pool.kind", "cls");
    return s;
}

static heed_status read_data(heed__session *s)
{
    const heed_train_options *o = s->options;
    HEED_TRY(heed_dataset_read(s->context, o->paths, o->n_paths, o->read, &s->train.rows));
    if (!o->valid_paths) {
        double share = heed__config_number(s->config, "train.valid_share");
        uint64_t seed = (uint64_t)heed__config_integer(s->config, "train.seed");
        HEED_TRY(heed_dataset_split(s->train.rows, share, seed, &s->valid.rows));
    } else {
        const heed_layout *layout = heed_dataset_layout(s->train.rows);
        heed_read_options read = o->read ? *o->read : (heed_read_options){0};
        if (*layout->text) read.text = layout->text;
        if (*layout->label) read.label = layout->label;
        HEED_TRY(
            heed_dataset_read(s->context, o->valid_paths, o->n_valid_paths, &read, &s->valid.rows));
    }
    int train = heed_dataset_layout(s->train.rows)->n_outputs;
    int valid = heed_dataset_layout(s->valid.rows)->n_outputs;
    if (train != valid)
        return heed__fail(HEED_E_DATA,
                          "the validation data has %d label columns, the training "
                          "data %d; name the same ones in both",
                          valid, train);
    if (train > HEED_MODEL_OUTPUTS)
        return heed__fail(HEED_E_DATA, "%d label columns; at most %d", train, HEED_MODEL_OUTPUTS);
    heed_dataset_hash(s->train.rows, s->data_hash);
    heed_dataset_hash(s->valid.rows, s->valid_hash);
    return HEED_OK;
}

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

static heed_status build_parts(heed__session *s, heed__model_parts *parts)
{
    heed__tokenizer_settings settings = tokenizer_settings(s->config);
    HEED_TRY(heed__config_copy(s->config, &parts->config));
    HEED_TRY(build_labels(s, parts));
    return heed__tokenizer_train_dataset(s->context, heed_config_get(s->config, "input.tokenizer"),
                                         &settings, s->train.rows, &parts->tokenizer);
}

static heed_status create_model(heed__session *s)
{
    heed__model_parts parts = {.trains = 1};
    heed_status status = build_parts(s, &parts);
    if (status == HEED_OK) return heed__model_create(s->context, &parts, &s->model);
    heed_config_destroy(&parts.config);
    heed__tokenizer_destroy(&parts.tokenizer);
    for (int i = 0; i < HEED_MODEL_OUTPUTS; i++) heed__labels_destroy(&parts.labels[i]);
    return status;
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

static heed_status make_batches(heed__session *s)
{
    heed__batch_options options = {
        .max_tokens = heed__config_integer(s->config, "train.batch_tokens"),
        .max_sequences = heed__config_integer(s->config, "train.batch_texts"),
        .shuffle = 1,
        .seed = (uint64_t)heed__config_integer(s->config, "train.seed")};
    HEED_TRY(heed__batches_create(&s->train.examples, NULL, &options, &s->batches));
    HEED_TRY(heed__batch_create(s->batches, &s->batch));
    heed__batch_capacity most = heed__batches_capacity(s->batches);
    size_t n = (size_t)most.sequences;
    HEED_TRY(heed__alloc(n, sizeof *s->order, "a batch", &s->order));
    HEED_TRY(heed__alloc((size_t)most.longest + 2, sizeof *s->count, "a batch", &s->count));
    for (int i = 0; i < s->model->n_outputs; i++) {
        size_t columns = (size_t)s->model->outputs[i].count;
        HEED_TRY(heed__alloc(n, sizeof *s->classes[i], "a batch", &s->classes[i]));
        HEED_TRY(heed__alloc(n * columns, sizeof *s->values[i], "a batch", &s->values[i]));
    }
    size_t rows = (size_t)s->valid.examples.n, width = (size_t)heed_model_width(s->model);
    return heed__alloc(rows * width, sizeof *s->predictions, "predictions", &s->predictions);
}

static heed_status fill_optimizer_settings(const heed_config *config,
                                           const heed__optimizer_kind *kind, double *settings)
{
    HEED_TRY(heed__settings_fill(kind->name, kind->settings, kind->setting_count, NULL, settings));
    static const char *const names[] = {"weight_decay", "momentum"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char key[64];
        int at = heed__setting_find(kind->settings, kind->setting_count, names[i]);
        snprintf(key, sizeof key, "train.%s", names[i]);
        if (at >= 0) settings[at] = heed__config_number(config, key);
    }
    return HEED_OK;
}

static heed_status create_optimizer(heed__session *s)
{
    const heed__optimizer_kind *kind =
        heed__optimizer_find(heed_config_get(s->config, "train.optimizer"));
    double settings[HEED_SETTINGS];
    heed__trained *tensors = NULL;
    size_t count = s->model->params.count;
    HEED_TRY(fill_optimizer_settings(s->config, kind, settings));
    HEED_TRY(heed__alloc(count, sizeof *tensors, "the optimiser", &tensors));
    for (size_t i = 0; i < count; i++) {
        const heed__param *p = s->model->params.items[i];
        tensors[i] = (heed__trained){p->name,           p->data,  p->grad,
                                     p->rows * p->cols, p->decay, (double)p->lr_scale};
    }
    heed_status status = heed__optimizer_create(kind, settings, tensors, count, &s->optimizer);
    heed__free(tensors);
    return status;
}

/* A model of few rows needs about as many steps as one of thousands to leave its first weights. */
static int64_t steps_of_epochs(const heed__session *s)
{
    enum { LEAST_EPOCHS = 6, MOST_EPOCHS = 100, LEAST_STEPS = 900 };
    int64_t each = heed__batches_epoch(s->batches, 0);
    int64_t epochs = heed__config_integer(s->config, "train.epochs");
    if (epochs) return epochs * each;
    epochs = (LEAST_STEPS + each - 1) / each;
    if (epochs < LEAST_EPOCHS) epochs = LEAST_EPOCHS;
    return (epochs < MOST_EPOCHS ? epochs : MOST_EPOCHS) * each;
}

static heed_status start_schedule(heed__session *s)
{
    if (!s->steps) s->steps = heed__config_integer(s->config, "train.steps");
    if (!s->steps) s->steps = steps_of_epochs(s);
    const heed__schedule_kind *kind =
        heed__schedule_find(heed_config_get(s->config, "train.schedule"));
    double warmup = heed__config_number(s->config, "train.warmup") * (double)s->steps;
    return heed__schedule_start(kind, NULL, heed__config_number(s->config, "train.lr"),
                                (uint64_t)warmup, (uint64_t)s->steps, &s->schedule);
}

static void record(heed__session *s, const heed__model_batch *batch, heed__var *loss)
{
    heed__model_vars vars = {0};
    heed__model_targets targets = {{0}, {0}};
    heed__draw draw = {(uint64_t)heed__config_integer(s->config, "train.seed"),
                       (uint64_t)s->cursor.step};
    for (int i = 0; i < s->model->n_outputs; i++) {
        targets.classes[i] = s->classes[i];
        targets.values[i] = s->values[i];
    }
    heed__tape_start(s->tape, HEED_TAPE_TRAIN, draw);
    heed__model_record(s->model, s->tape, batch, &vars);
    *loss = heed__model_loss(s->model, s->tape, &vars, &targets);
    heed__tape_keep(s->tape, *loss);
}

/* The largest batch is planned before the first step, so that no step allocates. */
static heed_status plan_largest(heed__session *s)
{
    heed__batch_capacity most = heed__batches_capacity(s->batches);
    heed__model_batch batch = {
        .ragged = {.n = most.sequences, .rows = most.rows, .longest = most.longest}};
    heed__var loss;
    record(s, &batch, &loss);
    return heed__tape_plan(s->tape, loss);
}

/* What the file says about where the model came from; no clock, no host, no path. The steps are
 * part of the configuration, however they were found, so that they rebuild the same file. */
static heed_status note_provenance(heed__session *s)
{
    char text[512], steps[32];
    snprintf(steps, sizeof steps, "%lld", (long long)s->steps);
    HEED_TRY(heed_config_set(s->model->config, "train.steps", steps));
    snprintf(text, sizeof text,
             "{\"data_sha256\": \"%s\", \"rows\": %lld, \"valid_sha256\": \"%s\", "
             "\"valid_rows\": %lld, \"valid_is_share\": %s, \"seed\": %s, "
             "\"planned_steps\": %lld}",
             s->data_hash, (long long)heed_dataset_rows(s->train.rows), s->valid_hash,
             (long long)heed_dataset_rows(s->valid.rows),
             s->options->valid_paths ? "false" : "true", heed_config_get(s->config, "train.seed"),
             (long long)s->steps);
    const heed_layout *layout = heed_dataset_layout(s->train.rows);
    HEED_TRY(heed__model_note(s->model, "heed.version", heed_version()));
    HEED_TRY(heed__model_note(s->model, "heed.text_columns", layout->text));
    HEED_TRY(heed__model_note(s->model, "heed.label_columns", layout->label));
    return heed__model_note(s->model, "heed.data", text);
}

static void drop_model(heed__session *s)
{
    heed__tape_destroy(&s->tape);
    heed__optimizer_destroy(&s->optimizer);
    heed_model_destroy(&s->model);
}

static void drop_batches(heed__session *s)
{
    for (int i = 0; i < HEED_MODEL_OUTPUTS; i++) {
        heed__free(s->classes[i]);
        heed__free(s->values[i]);
        s->classes[i] = NULL;
        s->values[i] = NULL;
    }
    heed__free(s->order);
    heed__free(s->count);
    heed__free(s->predictions);
    s->order = s->count = NULL;
    s->predictions = NULL;
    heed__batch_free(&s->batch);
    heed__batches_destroy(&s->batches);
}

heed_status heed__session_start(heed__session *s)
{
    drop_model(s);
    drop_batches(s);
    s->cursor = (heed__cursor){0};
    s->laid_out = -1;
    HEED_TRY(create_model(s));
    if (!s->train.examples.n) {
        const heed__tokenizer *tokenizer = s->model->tokenizer;
        HEED_TRY(heed__examples_encode_dataset(s->context, tokenizer, s->train.rows,
                                               &s->train.examples));
        HEED_TRY(heed__examples_encode_dataset(s->context, tokenizer, s->valid.rows,
                                               &s->valid.examples));
    }
    HEED_TRY(make_targets(s));
    HEED_TRY(make_batches(s));
    HEED_TRY(create_optimizer(s));
    HEED_TRY(start_schedule(s));
    HEED_TRY(note_provenance(s));
    HEED_TRY(heed__tape_create(s->context, &s->tape));
    /* Layers keep one plan for training and validation: the second must not outgrow the first. */
    HEED_TRY(heed__model_plan(s->model, &s->valid.examples));
    return plan_largest(s);
}

heed_status heed__session_open(heed_context *context, const heed_train_options *options,
                               heed__session *s)
{
    memset(s, 0, sizeof *s);
    s->context = context;
    s->options = options;
    if (!options->model_path || !*options->model_path || !options->paths || options->n_paths < 1)
        return heed__fail(HEED_E_INVALID, "training needs data and a path for the model");
    if (heed__walk_is_folder(options->model_path)) /* before anything is written beside it */
        return heed__fail(HEED_E_IO, "%s: is a folder; name a file in it", options->model_path);
    size_t room = sizeof s->state_path;
    if ((size_t)snprintf(s->state_path, room, "%s.state", options->model_path) >= room ||
        (size_t)snprintf(s->metrics_path, room, "%s.metrics.jsonl", options->model_path) >= room)
        return heed__fail(HEED_E_INVALID, "the model's path is longer than %zu bytes", room - 16);
    if (options->config)
        HEED_TRY(heed__config_copy(options->config, &s->config));
    else
        HEED_TRY(heed_config_create(&s->config));
    HEED_TRY(heed__config_settle(s->config));
    heed__config_warn(s->context, s->config);
    if (options->resume) HEED_TRY(heed__state_there(s));
    return read_data(s);
}

static void free_split(heed__split *split)
{
    for (int i = 0; i < HEED_MODEL_OUTPUTS; i++) heed__targets_free(&split->targets[i]);
    heed__examples_free(&split->examples);
    heed_dataset_destroy(&split->rows);
}

void heed__session_close(heed__session *s)
{
    drop_model(s);
    drop_batches(s);
    free_split(&s->train);
    free_split(&s->valid);
    heed_config_destroy(&s->config);
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

static void next_batch(heed__session *s, heed__model_batch *batch)
{
    if (s->laid_out != s->cursor.epoch)
        s->epoch_batches = heed__batches_epoch(s->batches, s->cursor.epoch);
    s->laid_out = s->cursor.epoch;
    heed__batches_fill(s->batches, s->cursor.batch, &s->batch);
    if (++s->cursor.batch >= s->epoch_batches) {
        s->cursor.batch = 0;
        s->cursor.epoch++;
    }
    *batch = (heed__model_batch){.ragged = {.n = s->batch.n,
                                            .rows = s->batch.rows,
                                            .longest = s->batch.longest,
                                            .offsets = s->batch.offsets,
                                            .order = s->order,
                                            .ids = s->batch.examples},
                                 .tokens = s->batch.tokens,
                                 .ngrams = s->batch.ngrams};
    heed__order_fill(&batch->ragged, s->order, s->count);
    gather_targets(s);
}

heed_status heed__session_step(heed__session *s, double *loss, double *rate)
{
    heed__model_batch batch;
    heed__var loss_var;
    double norm;
    next_batch(s, &batch);
    record(s, &batch, &loss_var);
    heed__params_zero_grads(&s->model->params);
    HEED_TRY(heed__tape_run(s->tape, loss_var));
    *loss = (double)*heed__tape_value(s->tape, loss_var);
    if (!isfinite(*loss)) {
        HEED_TRY(heed__params_check(&s->model->params));
        return heed__fail(HEED_E_NUMERIC, "the loss is %g; lower --lr or check the data", *loss);
    }
    HEED_TRY(heed__optimizer_norm(s->context, s->optimizer, &norm));
    heed_real scale = heed__clip_scale(norm, heed__config_number(s->config, "train.clip"));
    *rate = heed__schedule_rate(&s->schedule, (uint64_t)s->cursor.step);
    heed__optimizer_step(s->context, s->optimizer, *rate, scale);
    s->cursor.step++;
    return HEED_OK;
}
