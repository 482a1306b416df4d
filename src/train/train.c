/* SPDX-License-Identifier: MIT */
/* The loop: step, validate, keep the best, stop early, save to resume. */
#define _DEFAULT_SOURCE /* clock_gettime, getrusage */
#include "base/fail.h"
#include "train/session.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { LOSSES = 50, CALIBRATION_STEPS = 30 };

static const double save_every = 60; /* seconds between states, beside those at validations */

typedef struct loop {
    heed__session *session;
    FILE *metrics;
    double started, saved; /* clock */
    int64_t first_step, first_tokens, tokens;
    int64_t done; /* steps, of all members */
    double losses[LOSSES];
    double rate;
    heed_progress progress;
} loop;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static double recent_loss(const loop *l)
{
    int64_t done = l->session->cursor.step - l->first_step;
    int64_t count = done < LOSSES ? done : LOSSES;
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += l->losses[i];
    return count ? sum / (double)count : NAN;
}

static size_t resident(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (size_t)usage.ru_maxrss * 1024 : 0;
}

static void look(loop *l, heed_train_event event)
{
    heed__session *s = l->session;
    heed_progress *p = &l->progress;
    double spent = now() - l->started;
    p->event = event;
    p->members = heed__session_members(s);
    p->member = s->member + 1;
    int64_t left = (p->members - s->member) * s->steps - s->cursor.step;
    p->step = s->cursor.step;
    p->steps = s->steps;
    p->epoch = s->cursor.epoch + (s->cursor.batch > 0 || s->cursor.epoch == 0);
    p->loss = recent_loss(l);
    p->rate = l->rate;
    /* Where the loss decides, the best model need not have the best metric. */
    p->best = s->cursor.validated && !s->job->by_loss ? s->cursor.best_metric : NAN;
    p->metric_name = s->job->metric_name(s->model);
    p->seconds = spent;
    p->tokens_per_second = spent > 0 ? (double)l->tokens / spent : NAN;
    p->seconds_left = l->done > 0 ? spent / (double)l->done * (double)left : NAN;
    p->bytes = heed__session_bytes(s);
    if (event != HEED_TRAIN_STEP) p->resident = resident();
    p->gradient_norm = event == HEED_TRAIN_STEP ? s->gradient_norm : heed__trace_norm(&s->trace);
    p->parameters = heed__params_total(&s->model->params) * p->members;
    p->model = s->whole;
    p->valid_rows = s->valid.rows;
}

static void call(loop *l)
{
    const heed_train_options *o = l->session->options;
    if (o->progress) o->progress(o->progress_user, &l->progress);
}

static void tell(loop *l, heed_train_event event)
{
    look(l, event);
    call(l);
}

/* Of several members the first is a model already; later ones wait until they are done. */
static heed_status save_model(heed__session *s, const heed__scores *scores)
{
    HEED_TRY(heed__params_check(&s->model->params));
    if (s->best) heed__params_copy_out(&s->model->params, s->best);
    if (s->member > 0) return HEED_OK;
    HEED_TRY(heed__note_metrics(s, s->cursor.step, scores));
    HEED_TRY(s->job->calibrate(s));
    heed_status status = heed_model_save(s->model, s->options->model_path);
    s->job->uncalibrate(s);
    return status;
}

/* Measures the model; a figure that is none is an end, before a better model is replaced by it. */
static heed_status measure(heed__session *s, heed__scores *scores)
{
    HEED_TRY(s->job->score(s, scores));
    if (isfinite(scores->metric) && isfinite(scores->loss)) return HEED_OK;
    HEED_TRY(heed__params_check(&s->model->params));
    return heed__fail(HEED_E_NUMERIC,
                      "step %lld: the loss on the validation data is %g; lower --lr or check the "
                      "data",
                      (long long)s->cursor.step, scores->loss);
}

/* By loss, or by the metric and among equals by loss. */
static int is_better(const heed__session *s, const heed__scores *now)
{
    const heed__cursor *c = &s->cursor;
    if (!c->validated) return 1;
    if (s->job->by_loss) return now->loss < c->best_loss;
    return now->metric > c->best_metric ||
           (!(now->metric < c->best_metric) && now->loss < c->best_loss);
}

/* Of what stands in the parameters: kept if it is the best so far. */
static heed_status judge(loop *l, heed__scores *out)
{
    heed__session *s = l->session;
    heed__cursor *c = &s->cursor;
    heed__scores scores;
    HEED_TRY(measure(s, &scores));
    *out = scores;
    int better = is_better(s, &scores);
    if (better) {
        HEED_TRY(save_model(s, &scores));
        c->validated = 1;
        c->best_metric = scores.metric;
        c->best_loss = scores.loss;
        c->best_step = c->step;
    }
    c->waited = better ? 0 : c->waited + 1;
    l->progress.valid_loss = scores.loss;
    l->progress.metric = scores.metric;
    l->progress.bleu = scores.bleu;
    l->progress.better = better;
    look(l, HEED_TRAIN_VALIDATE);
    HEED_TRY(heed__log_metrics(s, l->metrics, &l->progress));
    heed__trace_clear(&s->trace);
    call(l);
    return HEED_OK;
}

static heed_status validate(loop *l)
{
    heed__session *s = l->session;
    heed__scores scores;
    heed__averages_show(&s->averages);
    heed_status status = judge(l, &scores);
    if (status == HEED_OK) {
        heed__schedule_observe(&s->schedule, s->job->by_loss ? -scores.loss : scores.metric);
        heed__averages_keep(&s->averages, s->cursor.step, scores.loss);
    }
    heed__averages_hide(&s->averages);
    return status;
}

/* At the end the mean of the checkpoints is one more candidate. */
static heed_status try_mean(loop *l)
{
    heed__session *s = l->session;
    heed__scores scores;
    if (!heed__averages_mean(&s->averages)) return HEED_OK;
    heed__log(s->context, HEED_LOG_INFO,
              "the mean of %lld checkpoints:", (long long)s->averages.kept);
    l->progress.mean_of = s->averages.kept;
    heed_status status = judge(l, &scores);
    heed__averages_hide(&s->averages);
    return status;
}

static int patience_is_over(const heed__session *s)
{
    int64_t patience = heed__config_integer(s->config, "train.patience");
    return patience > 0 && s->cursor.waited >= patience;
}

static int time_to_validate(const heed__session *s)
{
    int64_t every = heed__config_integer(s->config, "train.validate_every");
    if (s->cursor.step == s->steps) return 1;
    return every ? s->cursor.step % every == 0 : s->epoch_ended;
}

static heed_status save_state(loop *l, int good)
{
    l->saved = now();
    return heed__state_save(l->session, good);
}

static heed_status stop_now(loop *l)
{
    heed__session *s = l->session;
    heed__scores scores;
    if (!s->cursor.validated &&
        s->member == 0) { /* leave something usable; a resume will replace it */
        HEED_TRY(measure(s, &scores));
        HEED_TRY(save_model(s, &scores));
    }
    HEED_TRY(save_state(l, 0));
    if (heed__session_members(s) == 1)
        return heed__fail(HEED_E_STOPPED,
                          "stopped at step %lld of %lld; --resume goes on from there",
                          (long long)s->cursor.step, (long long)s->steps);
    return heed__fail(
        HEED_E_STOPPED,
        "stopped at step %lld of %lld of member %d of %d; --resume goes on from there",
        (long long)s->cursor.step, (long long)s->steps, s->member + 1, heed__session_members(s));
}

/* Not a number, or far above its mean for some steps: from the last good state at half the rate,
 * with the batches that would have come now. `why` is the error that it would be. */
static heed_status rewind_to_good(loop *l, const char *why)
{
    heed__session *s = l->session;
    int64_t most = heed__config_integer(s->config, "train.rewinds"), step = s->cursor.step;
    if (most > 0 && s->guard.rewinds >= most)
        return heed__fail(HEED_E_NUMERIC,
                          "%s; training went back %lld times (--rewinds) and halved the rate each "
                          "time, in vain",
                          why, (long long)most);
    if (most == 0) return heed__fail(HEED_E_NUMERIC, "%s", why);
    HEED_TRY(heed__state_rewind(s));
    heed__trace_clear(&s->trace);
    l->first_step = s->cursor.step;
    heed__log(s->context, HEED_LOG_WARNING,
              "%s: back from step %lld to %lld, with other batches and the rate times %g (%lld of "
              "%lld times)",
              why, (long long)step, (long long)s->cursor.step, heed__guard_scale(&s->guard),
              (long long)s->guard.rewinds, (long long)most);
    return heed__log_rewind(s, l->metrics, step, why);
}

/* What a step or a validation found: numbers that are none can be gone back from. */
static heed_status after(loop *l, heed_status status)
{
    char why[400];
    if (status != HEED_E_NUMERIC) return status;
    snprintf(why, sizeof why, "%s", heed_status_message());
    return rewind_to_good(l, why);
}

/* What is much worse than the best may be running away, only too slowly to be told: no state to go
 * back to. */
static int is_good(const loop *l)
{
    const double much = 3;
    double best = l->session->cursor.best_loss;
    return l->progress.valid_loss <= much * (best > 0 ? best : 0) || l->progress.better;
}

static heed_status take_step(loop *l)
{
    heed__session *s = l->session;
    double loss;
    char why[160];
    heed_status status = heed__session_step(s, &loss, &l->rate);
    if (status != HEED_OK)
        return after(l, heed__fail_prefix(status, "step %lld: ", (long long)s->cursor.step + 1));
    int away =
        heed__config_integer(s->config, "train.rewinds") > 0 && heed__guard_watch(&s->guard, loss);
    if (away) {
        snprintf(why, sizeof why, "step %lld: the loss is %.4g, far above its mean of %.4g",
                 (long long)s->cursor.step, loss, s->guard.mean);
        return rewind_to_good(l, why);
    }
    l->losses[(s->cursor.step - 1 - l->first_step) % LOSSES] = loss;
    l->done++;
    heed__trace_add(&s->trace, s->cursor.step, loss, s->gradient_norm, l->rate);
    l->tokens = s->step_tokens - l->first_tokens;
    tell(l, HEED_TRAIN_STEP);
    if (time_to_validate(s)) {
        status = validate(l);
        return status == HEED_OK ? save_state(l, is_good(l)) : after(l, status);
    }
    return now() - l->saved > save_every ? save_state(l, 0) : HEED_OK;
}

static heed_status run_member(loop *l)
{
    heed__session *s = l->session;
    const volatile int *stop = s->options->stop;
    while (s->cursor.step < s->steps && !patience_is_over(s)) {
        if (stop && *stop) return stop_now(l);
        HEED_TRY(take_step(l));
    }
    return try_mean(l);
}

/* A member is done: all so far are measured together. */
static heed_status end_member(loop *l)
{
    heed__session *s = l->session;
    look(l, HEED_TRAIN_VALIDATE); /* while there is an optimiser to ask */
    HEED_TRY(heed__session_end_member(s));
    if (s->member == 0) return HEED_OK;
    l->progress.together = s->member + 1;
    l->progress.valid_loss = s->together.loss;
    l->progress.metric = s->together.metric;
    l->progress.bleu = s->together.bleu;
    l->progress.best = NAN;
    l->progress.better = 1;
    HEED_TRY(heed__log_metrics(s, l->metrics, &l->progress));
    call(l);
    l->progress.together = 0;
    return HEED_OK;
}

static heed_status next_member(loop *l)
{
    heed__session *s = l->session;
    HEED_TRY(heed__session_next_member(s));
    heed__trace_clear(&s->trace);
    l->first_step = 0;
    l->progress.valid_loss = l->progress.metric = l->progress.bleu = NAN;
    l->progress.mean_of = 0;
    return save_state(l, 1);
}

static heed_status run(loop *l)
{
    heed__session *s = l->session;
    int members = heed__session_members(s);
    HEED_TRY(run_member(l));
    while (members > 1) {
        HEED_TRY(end_member(l));
        if (s->member + 1 == members) break;
        HEED_TRY(next_member(l));
        HEED_TRY(run_member(l));
    }
    l->progress.event = HEED_TRAIN_END;
    if (members == 1) look(l, HEED_TRAIN_END);
    heed__session_drop_training(s); /* who is told may load the model, or more */
    call(l);
    return HEED_OK;
}

/* How many steps fit into the time: a few are done for measuring, then all starts afresh. */
static heed_status calibrate(heed__session *s)
{
    double begin = now(), loss, rate;
    heed__scores scores;
    int64_t done = 0;
    s->steps = 0;
    HEED_TRY(heed__session_start(s));
    double setup = now() - begin, first = now();
    while (done < CALIBRATION_STEPS && (done < 3 || now() - first < s->options->seconds / 20)) {
        HEED_TRY(heed__session_step(s, &loss, &rate));
        done++;
    }
    double each = (now() - first) / (double)done, before = now();
    HEED_TRY(s->job->score(s, &scores));
    double validation = now() - before;
    int64_t every = heed__config_integer(s->config, "train.validate_every");
    if (!every) every = heed__batches_epoch(s->batches, 0);
    double left = s->options->seconds - 2 * setup - (before - first) - validation;
    double steps = left / (each + validation / (double)every) / (double)heed__session_members(s);
    s->steps = steps < 1 ? 1 : steps > 1e9 ? 1000000000 : (int64_t)steps;
    heed__log(s->context, HEED_LOG_INFO, "%.0f s are %lld steps of %.1f ms", s->options->seconds,
              (long long)s->steps, 1e3 * each);
    return HEED_OK;
}

static heed_status start(loop *l)
{
    heed__session *s = l->session;
    if (s->options->resume)
        HEED_TRY(heed__state_steps(s)); /* what was planned stays planned, a time budget too */
    else if (s->options->seconds > 0)
        HEED_TRY(calibrate(s));
    HEED_TRY(heed__session_start(s));
    HEED_TRY(heed__session_lock(s, 1));
    if (s->options->resume) HEED_TRY(heed__state_load(s));
    l->metrics = fopen(s->metrics_path, s->options->resume ? "a" : "w");
    if (!l->metrics)
        return heed__fail(HEED_E_IO, "%s: cannot be written: %s", s->metrics_path, strerror(errno));
    l->first_step = s->cursor.step;
    l->first_tokens = s->step_tokens;
    l->started = now();
    l->progress.valid_loss = l->progress.metric = l->progress.bleu = NAN;
    l->rate = NAN;
    tell(l, HEED_TRAIN_START);
    return save_state(l, s->options->resume ? s->state_is_good : 1);
}

static heed_train_result result_of(const heed__session *s)
{
    heed_train_result r = {.steps = s->cursor.step,
                           .best_step = s->cursor.best_step,
                           .rows = heed_dataset_rows(s->train.rows),
                           .valid_rows = heed_dataset_rows(s->valid.rows),
                           .metric = s->cursor.best_metric,
                           .loss = s->cursor.best_loss,
                           .members = s->member + 1,
                           .metric_name = s->job->metric_name(s->whole),
                           .stopped_early = s->cursor.step < s->steps};
    if (r.members == 1) return r;
    r.metric = s->together.metric;
    r.loss = s->together.loss;
    for (int i = 0; i < r.members; i++) {
        r.each[i] = s->done[i].best_metric;
        r.stopped_early |= s->done[i].step < s->steps;
    }
    return r;
}

heed_status heed_train(heed_context *context, const heed_train_options *options,
                       heed_train_result *result)
{
    heed__session session;
    loop l = {.session = &session};
    *result = (heed_train_result){0};
    heed_status status = heed__session_open(context, options, &session);
    if (status == HEED_OK) status = start(&l);
    if (status == HEED_OK) status = run(&l);
    if (l.metrics && fclose(l.metrics) != 0 && status == HEED_OK)
        status = heed__fail(HEED_E_IO, "%s: cannot be written: %s", session.metrics_path,
                            strerror(errno));
    if (status == HEED_OK) {
        *result = result_of(&session);
        heed__state_remove(&session);
    }
    heed__session_close(&session);
    return status;
}
