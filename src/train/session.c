/* SPDX-License-Identifier: MIT */
/* From options to a run that is ready for its first step. */
#include "train/session.h"

#include "base/fail.h"
#include "base/file.h"
#include "heed/info.h"

#include <math.h> /* isfinite, NAN */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static heed_status create_model(heed__session *s)
{
    heed__model_parts parts = {.trains = s->member == 0};
    parts.task = s->job->task;
    parts.source = heed__from_source(s, 0, &parts.source_user);
    parts.overlays = 1;
    heed_status status = heed__config_copy(s->config, &parts.config);
    /* it changes no number, so the model does not say it */
    if (status == HEED_OK) status = heed_config_set(parts.config, "train.recompute", "auto");
    if (status == HEED_OK) status = s->job->build(s, &parts);
    if (status == HEED_OK) return heed__model_create(s->context, &parts, &s->whole);
    heed_config_destroy(&parts.config);
    heed__tokenizer_destroy(&parts.tokenizer);
    heed__tokenizer_destroy(&parts.target_tokenizer);
    for (int i = 0; i < HEED_MODEL_OUTPUTS; i++) heed__labels_destroy(&parts.labels[i]);
    return status;
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
        int frozen = p == s->model->embedding && heed__config_boolean(s->config, "input.freeze");
        tensors[i] = (heed__trained){p->name,           p->data,  frozen ? NULL : p->grad,
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
    int64_t batches = heed__config_integer(s->config, "train.accumulate");
    int64_t each = (heed__batches_epoch(s->batches, 0) + batches - 1) / batches;
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

void heed__session_drop_training(heed__session *s)
{
    heed__averages_free(&s->averages);
    heed__tape_destroy(&s->tape);
    heed__optimizer_destroy(&s->optimizer);
    heed__free(s->best);
    s->best = NULL;
}

static void drop_model(heed__session *s)
{
    heed__session_drop_training(s);
    heed_model_destroy(&s->whole);
    s->model = NULL;
}

/* All that the training of s->model needs, as before its first step. */
static heed_status begin(heed__session *s)
{
    s->cursor = (heed__cursor){0};
    s->guard = (heed__guard){0};
    s->laid_out = -1;
    HEED_TRY(heed__session_vectors(s));
    HEED_TRY(heed__session_make_batches(s));
    HEED_TRY(create_optimizer(s));
    HEED_TRY(heed__averages_create(&s->model->params, heed__config_number(s->config, "train.ema"),
                                   heed__config_integer(s->config, "train.average"),
                                   heed__config_is(s->config, "train.average_of", "best"),
                                   &s->averages));
    if (heed__session_members(s) > 1)
        HEED_TRY(heed__alloc((size_t)heed__params_total(&s->model->params), sizeof *s->best,
                             "the best weights", &s->best));
    HEED_TRY(heed__tape_create(s->context, &s->tape));
    s->recomputes = heed__config_is(s->config, "train.recompute", "layers");
    if (s->options->memory) HEED_TRY(heed__session_fit(s));
    HEED_TRY(start_schedule(s));
    HEED_TRY(heed__session_note(s));
    return heed__session_plan(s);
}

/* Those before the one that is trained are filled from the state. */
static heed_status add_member(heed__session *s, int member)
{
    void *user = NULL;
    heed__param_source source = heed__from_source(s, member, &user);
    return heed__model_add_member(s->whole, member == s->member, source, user, &s->model);
}

heed_status heed__session_start(heed__session *s)
{
    drop_model(s);
    HEED_TRY(create_model(s));
    s->model = s->whole;
    HEED_TRY(s->job->encode(s));
    heed__from_say(s);
    for (int i = 1; i <= s->member; i++) HEED_TRY(add_member(s, i));
    return begin(s);
}

heed_status heed__session_next_member(heed__session *s)
{
    s->member++;
    HEED_TRY(add_member(s, s->member));
    return begin(s);
}

/* Measured as one, and saved so. */
static heed_status save_together(heed__session *s)
{
    s->model = s->whole;
    HEED_TRY(s->job->plan_scoring(s));
    HEED_TRY(s->job->score(s, &s->together));
    HEED_TRY(heed__note_metrics(s, s->cursor.step, &s->together));
    HEED_TRY(s->job->calibrate(s));
    heed_status status = heed_model_save(s->whole, s->options->model_path);
    s->job->uncalibrate(s);
    return status;
}

heed_status heed__session_end_member(heed__session *s)
{
    heed__params_copy_in(&s->model->params, s->best);
    HEED_TRY(heed__params_check(&s->model->params));
    heed__session_drop_training(s);
    heed__params_settle(&s->model->params);
    s->done[s->member] = s->cursor;
    if (s->member > 0) return save_together(s);
    s->together = (heed__scores){s->cursor.best_metric, s->cursor.best_loss, NAN};
    return HEED_OK;
}

int heed__session_members(const heed__session *s)
{
    return (int)heed__config_integer(s->config, "train.members");
}

uint64_t heed__session_seed(const heed__session *s)
{
    return heed__member_seed((uint64_t)heed__config_integer(s->config, "train.seed"), s->member);
}

/* What will not do is refused before anything is read, and a tokenizer trained. */
static heed_status check(heed__session *s)
{
    HEED_TRY(heed__file_probe(s->options->model_path));
    HEED_TRY(heed__model_rehearse(s->config, s->job->task));
    if (!s->options->guide_path || s->job->task != HEED_TASK_TRANSLATE) return HEED_OK;
    return heed__guidance_check(s);
}

/* The task that the options ask for; from here on the configuration says it. */
static heed_status find_task(heed__session *s)
{
    int written = heed__config_is(s->config, "output.kind", "auto") &&
                  heed_config_is_set(s->config, "decoder.kind") &&
                  !heed__config_is(s->config, "decoder.kind", "none"); /* to write with */
    if (s->options->target_paths || written)
        HEED_TRY(heed_config_set(s->config, "output.kind", "translate"));
    s->job = heed__config_is(s->config, "output.kind", "translate")  ? &heed__job_translate
             : heed__config_is(s->config, "output.kind", "language") ? &heed__job_language
                                                                     : &heed__job_classify;
    return HEED_OK;
}

static heed_precision precision_of(const heed__session *s, heed_info_precision *row)
{
    size_t i = 0;
    while (heed_info_precision_at(i, row) &&
           !heed__config_is(s->config, "train.precision", row->name))
        i++;
    return (heed_precision)i;
}

const char *heed__session_arithmetic(const heed__session *s)
{
    heed_info_precision row;
    return precision_of(s, &row) == HEED_PRECISION_HIGHEST ? NULL : row.arithmetic;
}

/* The configuration's precision is the context's while training lasts. */
static heed_status set_precision(heed__session *s)
{
    heed_info_precision row, highest;
    heed_precision precision = precision_of(s, &row);
    heed_info_precision_at(HEED_PRECISION_HIGHEST, &highest);
    if (precision != HEED_PRECISION_HIGHEST)
        heed__log(s->context, HEED_LOG_INFO, "precision %s: products are %s%s", row.name,
                  row.arithmetic,
                  strcmp(row.arithmetic, highest.arithmetic) == 0
                      ? ", as at highest: the processor has no AMX, or HEED_CPU forbids it"
                      : "");
    return s->context ? heed_context_set_precision(s->context, precision) : HEED_OK;
}

/* Data with tags, which is seen once it is read, settles what else was left open. */
static heed_status find_tags(heed__session *s)
{
    int asked = heed__config_is(s->config, "output.kind", "tags"), some = 0, one;
    if (!asked && !heed__config_is(s->config, "output.kind", "auto")) return HEED_OK;
    const heed_layout *layout = heed_dataset_layout(s->train.rows);
    for (int i = 0; i < layout->n_outputs; i++) {
        HEED_TRY(heed__labels_are_tags(s->train.rows, i, &one));
        some |= one;
    }
    if (asked && !some)
        return heed__fail(HEED_E_DATA,
                          "--task tags: no label column (%s) holds a tag for each word of the "
                          "text, what stands between white space; name it with --label",
                          layout->label);
    if (!some) return HEED_OK;
    HEED_TRY(heed__config_default(s->config, "output.kind", "tags"));
    return heed__config_settle(s->config);
}

heed_status heed__session_open(heed_context *context, const heed_train_options *options,
                               heed__session *s)
{
    memset(s, 0, sizeof *s);
    s->context = context;
    s->options = options;
    s->lock = -1;
    s->before = heed_context_precision(context);
    if (!options->model_path || !*options->model_path || !options->paths || options->n_paths < 1)
        return heed__fail(HEED_E_INVALID, "training needs data and a path for the model");
    size_t room = sizeof s->state_path;
    if ((size_t)snprintf(s->state_path, room, "%s.state", options->model_path) >= room ||
        (size_t)snprintf(s->metrics_path, room, "%s.metrics.jsonl", options->model_path) >= room)
        return heed__fail(HEED_E_INVALID, "the model's path is longer than %zu bytes", room - 16);
    if (options->config)
        HEED_TRY(heed__config_copy(options->config, &s->config));
    else
        HEED_TRY(heed_config_create(&s->config));
    HEED_TRY(heed__from_open(s));
    HEED_TRY(find_task(s));
    if (!s->parent) HEED_TRY(heed__config_settle(s->config));
    HEED_TRY(heed__config_check_source(s->config));
    heed__config_warn(s->context, s->config);
    HEED_TRY(check(s));
    HEED_TRY(set_precision(s));
    HEED_TRY(heed__session_lock(s, 0));
    if (options->resume) HEED_TRY(heed__state_there(s));
    HEED_TRY(heed__session_read(s));
    return s->job == &heed__job_classify && !s->parent ? find_tags(s) : HEED_OK;
}

static void free_split(heed__split *split)
{
    for (int i = 0; i < HEED_MODEL_OUTPUTS; i++) heed__targets_free(&split->targets[i]);
    heed__examples_free(&split->examples);
    heed__examples_free(&split->written);
    heed__copies_free(&split->copies);
    heed__tagging_free(&split->tagging);
    heed_dataset_destroy(&split->rows);
}

void heed__session_close(heed__session *s)
{
    drop_model(s);
    heed__session_drop_batches(s);
    free_split(&s->train);
    free_split(&s->valid);
    heed_model_destroy(&s->parent);
    heed__guide_free(&s->guide);
    heed__guide_files_destroy(&s->guide_files);
    heed_config_destroy(&s->config);
    heed__session_unlock(s);
    heed_status restored = s->context ? heed_context_set_precision(s->context, s->before) : HEED_OK;
    (void)restored; /* it was one before */
}

heed__ragged heed__session_ragged(heed__session *s, int64_t n, int64_t rows, int64_t longest,
                                  const int64_t *offsets, const int64_t *ids, int64_t *order)
{
    heed__ragged ragged = {n, rows, longest, offsets, order, ids};
    heed__order_fill(&ragged, order, s->count);
    return ragged;
}

static void next_batch(heed__session *s)
{
    const heed__batch *b = &s->batch;
    if (s->laid_out != s->cursor.epoch)
        s->epoch_batches = heed__batches_epoch(s->batches, s->cursor.epoch);
    s->laid_out = s->cursor.epoch;
    heed__batches_fill(s->batches, s->cursor.batch, &s->batch);
    if (++s->cursor.batch >= s->epoch_batches) {
        s->cursor.batch = 0;
        s->cursor.epoch++;
        s->epoch_ended = 1;
    }
    s->texts = s->targets = (heed__ragged){0};
    if (b->offsets)
        s->texts =
            heed__session_ragged(s, b->n, b->rows, b->longest, b->offsets, b->examples, s->order);
    if (b->target_offsets)
        s->targets = heed__session_ragged(s, b->n, b->target_rows, b->target_longest,
                                          b->target_offsets, b->examples, s->target_order);
}

/* One batch's gradients, added to those that are there. */
static heed_status run_batch(heed__session *s, double *loss)
{
    heed__var loss_var;
    next_batch(s);
    if (s->job->prepare) HEED_TRY(s->job->prepare(s));
    s->job->record(s, 0, &loss_var);
    HEED_TRY(heed__tape_run(s->tape, loss_var));
    *loss = (double)*heed__tape_value(s->tape, loss_var);
    if (isfinite(*loss)) return HEED_OK;
    HEED_TRY(heed__params_check(&s->model->params));
    return heed__fail(HEED_E_NUMERIC, "the loss is %g; lower --lr or check the data", *loss);
}

/* The gradient is the mean over the batches of a step. */
heed_status heed__session_step(heed__session *s, double *loss, double *rate)
{
    int64_t batches = heed__config_integer(s->config, "train.accumulate");
    double norm, one, share = 1 / (double)batches;
    *loss = 0;
    s->epoch_ended = 0;
    heed__params_start_grads(&s->model->params);
    for (s->micro = 0; s->micro < batches; s->micro++) {
        HEED_TRY(run_batch(s, &one));
        *loss += share * one;
        s->step_tokens += s->batch.target_rows ? s->batch.target_rows : s->batch.rows;
    }
    heed__params_end_grads(&s->model->params);
    heed__params_pay(&s->model->params, batches);
    HEED_TRY(heed__optimizer_norm(s->context, s->optimizer, &norm));
    s->gradient_norm = share * norm;
    heed_real scale =
        heed__clip_scale(s->gradient_norm, heed__config_number(s->config, "train.clip"));
    *rate =
        heed__guard_scale(&s->guard) * heed__schedule_rate(&s->schedule, (uint64_t)s->cursor.step);
    heed__optimizer_step(s->context, s->optimizer, *rate, (heed_real)share * scale);
    heed__params_hold(&s->model->params);
    s->cursor.step++;
    heed__averages_follow(&s->averages, s->cursor.step);
    return HEED_OK;
}

heed__tape_mode heed__session_mode(const heed__session *s)
{
    return (heed__tape_mode)(HEED_TAPE_TRAIN | (s->recomputes ? HEED_TAPE_RECOMPUTE : 0));
}

heed__draw heed__session_draw(const heed__session *s)
{
    uint64_t batches = (uint64_t)heed__config_integer(s->config, "train.accumulate");
    return (heed__draw){heed__session_seed(s),
                        (uint64_t)s->cursor.step * batches + (uint64_t)s->micro};
}
