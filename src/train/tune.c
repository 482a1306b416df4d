/* SPDX-License-Identifier: MIT */
/*
 * Successive halving. Each trial is an ordinary training run of its own number of steps, its
 * learning rate brought to its end, so that a trial's result is what heed_train would give and a
 * candidate can be held against others of its round. Nothing but the record outlives a trial.
 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime, unlink */
#include "train/tune_inside.h"

#include "base/fail.h"
#include "base/parallel.h"
#include "io/json.h"
#include "train/session.h"
#include "train/tune_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    ETA = 3,
    ROUNDS = HEED_TUNE_ROUNDS,
    TRIALS = 9,
    MOST_TRIALS = 243,
    MEASURED = 3,
    MEASURED_STEPS = 10
};
enum { LEAST_STEPS = 20, DRAWS = 20 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* ---- candidates ---- */

static heed_status draw_candidate(heed__tuning *t, heed__random *random, int64_t i)
{
    heed__tuned *c = &t->candidates[i];
    for (int draw = 0; draw < DRAWS; draw++) {
        int twice = 0;
        heed_config_destroy(&c->config);
        json_decref(c->settings);
        c->settings = NULL;
        HEED_TRY(heed__config_copy(t->base, &c->config));
        if (i) /* 0: the defaults */
            HEED_TRY(
                heed__tune_draw(random, t->task, t->base, t->train.from_path != NULL, c->config));
        c->settings = heed__tune_settings(t->task, t->base, c->config);
        for (int64_t j = 0; j < i; j++) twice |= json_equal(c->settings, t->candidates[j].settings);
        if (!twice) break;
    }
    return HEED_OK;
}

static heed_status draw_candidates(heed__tuning *t, int64_t n)
{
    heed__random random;
    uint64_t seed = (uint64_t)heed__config_integer(t->base, "train.seed");
    HEED_TRY(heed__alloc((size_t)n, sizeof *t->candidates, "candidates", &t->candidates));
    heed__random_start(&random, seed, HEED_RANDOM_TUNE);
    for (int64_t i = 0; i < n; i++) HEED_TRY(draw_candidate(t, &random, i));
    return HEED_OK;
}

static void free_candidates(heed__tuning *t, int64_t n)
{
    for (int64_t i = 0; t->candidates && i < n; i++) {
        heed_config_destroy(&t->candidates[i].config);
        json_decref(t->candidates[i].settings);
    }
    heed__free(t->candidates);
    t->candidates = NULL;
}

/* ---- how much fits into the time ---- */

typedef struct price {
    double setup, step; /* seconds: before the first step, and for each */
} price;

/* Opens a run, and does some steps and a validation to know their price. */
static heed_status measure(heed__tuning *t, const heed_config *config, int timed, price *out)
{
    heed__session s;
    heed__scores scores;
    heed_train_options options = t->train;
    double begin = now(), loss, rate, first, before;
    options.config = config;
    options.resume = 0;
    heed_status status = heed__session_open(t->quiet, &options, &s);
    if (status == HEED_OK) status = heed__session_start(&s);
    out->setup = (first = now()) - begin;
    if (status == HEED_OK) {
        t->full = t->full ? t->full : s.steps;
        t->task = s.job->task == HEED_TASK_TRANSLATE  ? "translate"
                  : s.job->task == HEED_TASK_LANGUAGE ? "language"
                                                      : "classify";
        t->by_loss = s.job->by_loss;
        snprintf(t->metric, sizeof t->metric, "%s", s.job->metric_name(s.model));
    }
    for (int i = 0; timed && status == HEED_OK && i < MEASURED_STEPS; i++)
        status = heed__session_step(&s, &loss, &rate);
    out->step = ((before = now()) - first) / MEASURED_STEPS;
    if (timed && status == HEED_OK) status = s.job->score(&s, &scores);
    if (status == HEED_OK) {
        int64_t every = heed__config_integer(config, "train.validate_every");
        if (!every) every = heed__batches_epoch(s.batches, 0);
        out->step += (now() - before) / (double)every;
    }
    heed__session_close(&s);
    return status;
}

static int64_t of_round(int64_t first, int64_t full, int round)
{
    for (; round; round--) first = first > full / ETA ? full : first * ETA;
    return first;
}

static int64_t kept(int64_t n)
{
    return (n + ETA - 1) / ETA;
}

static double price_of_search(const heed__tuning *t, int64_t trials, price p)
{
    double sum = 0;
    for (int round = 0; trials > 1 && round < ROUNDS; round++) {
        sum += (double)trials * (p.setup + p.step * (double)of_round(t->steps, t->full, round));
        if (trials <= ETA) break;
        trials = kept(trials) + 1;
    }
    return sum;
}

/* Half of the time at most is for the last training; what is left decides how many trials. */
static heed_status fit(heed__tuning *t)
{
    double begin = now();
    price mean = {0, 0}, one;
    HEED_TRY(draw_candidates(t, MEASURED));
    for (int i = 0; i < MEASURED; i++) {
        HEED_TRY(measure(t, t->candidates[i].config, 1, &one));
        mean.setup += one.setup / MEASURED;
        mean.step += one.step / MEASURED;
    }
    free_candidates(t, MEASURED);
    double most = (t->options->seconds / 2 - mean.setup) / mean.step;
    if (most < (double)t->full) t->full = most < 1 ? 1 : (int64_t)most;
    double left = t->options->seconds - (now() - begin) - mean.setup - mean.step * (double)t->full;
    for (int64_t share = ETA * ETA; share <= 81; share *= ETA) {
        t->steps = t->full / share;
        if (t->steps < LEAST_STEPS) t->steps = t->full < LEAST_STEPS ? t->full : LEAST_STEPS;
        t->trials = 1;
        while (t->trials < MOST_TRIALS && price_of_search(t, t->trials + 1, mean) <= left)
            t->trials++;
        if (t->trials >= TRIALS) break;
    }
    heed__log(t->context, HEED_LOG_INFO,
              "%.0f s are %lld trials, the first ones of %lld steps, and a training of %lld steps",
              t->options->seconds, (long long)t->trials, (long long)t->steps, (long long)t->full);
    return HEED_OK;
}

static heed_status plan(heed__tuning *t)
{
    price unused;
    HEED_TRY(measure(t, t->base, 0, &unused)); /* the task and the full number of steps */
    if (t->options->seconds > 0) return fit(t);
    t->trials = t->options->trials ? t->options->trials : TRIALS;
    t->steps = t->options->steps ? t->options->steps : t->full / (ETA * ETA);
    if (t->steps < 1) t->steps = 1;
    if (t->steps > t->full) t->steps = t->full;
    return HEED_OK;
}

/* ---- trials ---- */

static heed_status set_steps(heed_config *config, int64_t steps)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)steps);
    return heed_config_set(config, "train.steps", text);
}

static void remove_trial(const heed__tuning *t)
{
    static const char *const ends[] = {"", ".state", ".metrics.jsonl"};
    char path[4200];
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(path, sizeof path, "%s%s", t->trial_path, ends[i]);
        unlink(path);
    }
}

/* A run that left numbers behind (NaN) is the worst there can be. */
static heed_status run_trial(heed__tuning *t, heed__tuned *c, int64_t steps, double *metric,
                             double *loss)
{
    heed_config *config = NULL;
    heed_train_result result;
    heed_train_options options = t->train;
    HEED_TRY(heed__config_copy(c->config, &config));
    heed_status status = set_steps(config, steps);
    if (status == HEED_OK) status = heed_config_set(config, "train.bleu_sample", "0");
    if (status == HEED_OK) status = heed_config_set(config, "train.watch", "0");
    options.config = config;
    options.model_path = t->trial_path;
    options.resume = 0;
    options.progress = NULL;
    if (status == HEED_OK) status = heed_train(t->quiet, &options, &result);
    heed_config_destroy(&config);
    remove_trial(t);
    *metric = status == HEED_OK ? result.metric : -INFINITY;
    *loss = status == HEED_OK ? result.loss : INFINITY;
    return status == HEED_E_NUMERIC ? HEED_OK : status;
}

static double number_or(const json_t *value, double otherwise)
{
    return json_is_number(value) ? json_number_value(value) : otherwise;
}

static void tell_trial(const heed__tuning *t, const heed__tuned *c, int round, int64_t number)
{
    char *settings = json_dumps(c->settings, JSON_COMPACT);
    heed__log(t->context, HEED_LOG_INFO,
              "round %d, candidate %lld, %lld steps: %s %.4f, loss %.4f %s", round + 1,
              (long long)number, (long long)c->steps[round], t->metric, c->metric[round],
              c->loss[round], settings ? settings : "");
    free(settings);
}

static heed_status try_candidate(heed__tuning *t, int64_t number, int round)
{
    heed__tuned *c = &t->candidates[number];
    const json_t *known = heed__tune_known(t, number, round);
    c->steps[round] = of_round(t->steps, t->full, round);
    if (known) {
        c->metric[round] = number_or(json_object_get(known, "metric"), -INFINITY);
        c->loss[round] = number_or(json_object_get(known, "loss"), INFINITY);
    } else {
        heed_status status = run_trial(t, c, c->steps[round], &c->metric[round], &c->loss[round]);
        if (status == HEED_E_STOPPED)
            return heed__fail(status,
                              "stopped in round %d of the search, at candidate %lld; --resume goes "
                              "on from there",
                              round + 1, (long long)number);
        if (status != HEED_OK)
            return heed__fail_prefix(status, "candidate %lld: ", (long long)number);
        HEED_TRY(heed__tune_put(
            t, json_pack("{s:I, s:i, s:I, s:o, s:o, s:O}", "candidate", (json_int_t)number, "round",
                         round, "steps", (json_int_t)c->steps[round], "metric",
                         heed__json_real(c->metric[round]), "loss", heed__json_real(c->loss[round]),
                         "settings", c->settings)));
    }
    c->rounds = round + 1;
    tell_trial(t, c, round, number);
    return HEED_OK;
}

/* Whether a did better in its last round than b did in the same; of equal ones the earlier stays.
 */
static int does_better(const heed__tuning *t, const heed__tuned *a, const heed__tuned *b)
{
    int round = a->rounds - 1;
    if (t->by_loss) return a->loss[round] < b->loss[round];
    if (a->metric[round] > b->metric[round]) return 1;
    return !(a->metric[round] < b->metric[round]) && a->loss[round] < b->loss[round];
}

/* Best first, by insertion. */
static void sort(const heed__tuning *t, int64_t *alive, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        int64_t one = alive[i], at = i;
        for (; at > 0 && does_better(t, &t->candidates[one], &t->candidates[alive[at - 1]]); at--)
            alive[at] = alive[at - 1];
        alive[at] = one;
    }
}

/* The better third goes on, and the defaults always do: few steps favour great learning rates. */
static int64_t keep(int64_t *alive, int64_t n)
{
    int64_t k = kept(n);
    for (int64_t i = 0; i < k; i++)
        if (alive[i] == 0) return k;
    alive[k] = 0;
    return k + 1;
}

static heed_status search(heed__tuning *t, int64_t *best)
{
    int64_t *alive = NULL, n = t->trials;
    HEED_TRY(heed__alloc((size_t)n, sizeof *alive, "candidates", &alive));
    for (int64_t i = 0; i < n; i++) alive[i] = i;
    heed_status status = HEED_OK;
    for (int round = 0; n > 1 && round < ROUNDS && status == HEED_OK; round++) {
        for (int64_t i = 0; i < n && status == HEED_OK; i++)
            status = try_candidate(t, alive[i], round);
        if (status == HEED_OK) sort(t, alive, n);
        if (n <= ETA) break;
        n = keep(alive, n);
    }
    *best = alive[0];
    heed__free(alive);
    return status;
}

/* ---- the end ---- */

static heed_status train_best(heed__tuning *t, int64_t best, heed_train_result *result)
{
    heed_train_options options = t->train;
    char state[4200];
    snprintf(state, sizeof state, "%s.state", t->train.model_path);
    options.config = t->candidates[best].config;
    options.resume = t->train.resume && heed__tune_final_begun(t) && access(state, F_OK) == 0;
    HEED_TRY(set_steps(t->candidates[best].config, t->full));
    HEED_TRY(heed__tune_put(t, json_pack("{s:I}", "final", (json_int_t)best)));
    return heed_train(t->context, &options, result);
}

static heed_status run(heed__tuning *t, heed_train_result *result, char **record)
{
    int64_t best = 0;
    price unused;
    if (t->train.resume) HEED_TRY(heed__tune_read(t));
    if (t->known)
        HEED_TRY(measure(t, t->base, 0, &unused)); /* the task */
    else
        HEED_TRY(plan(t));
    HEED_TRY(draw_candidates(t, t->trials));
    HEED_TRY(heed__tune_open(t));
    HEED_TRY(search(t, &best));
    HEED_TRY(train_best(t, best, result));
    return record ? heed__tune_record(t, best, record) : HEED_OK;
}

static heed_status check(const heed_tune_options *o)
{
    if (!o->train || !o->train->model_path)
        return heed__fail(HEED_E_INVALID, "a search needs what training needs");
    if (o->train->seconds > 0)
        return heed__fail(HEED_E_INVALID,
                          "a search has a time of its own: train->seconds must be 0");
    for (int i = 0; i < o->train->n_paths; i++)
        if (strcmp(o->train->paths[i], "-") == 0)
            return heed__fail(
                HEED_E_INVALID,
                "a search reads its data many times, standard input can be read once");
    if (!(o->seconds >= 0) || o->trials < 0 || o->trials > 1000000 || o->steps < 0)
        return heed__fail(HEED_E_INVALID,
                          "tune: seconds = %g, trials = %lld, steps = %lld; none may be negative, "
                          "and at most 1000000 trials",
                          o->seconds, (long long)o->trials, (long long)o->steps);
    return HEED_OK;
}

heed_status heed_tune(heed_context *context, const heed_tune_options *options,
                      heed_train_result *result, char **record)
{
    heed__tuning t = {.context = context, .options = options};
    *result = (heed_train_result){0};
    if (record) *record = NULL;
    HEED_TRY(check(options));
    t.train = *options->train;
    size_t room = sizeof t.trial_path;
    if ((size_t)snprintf(t.trial_path, room, "%s.trial", t.train.model_path) >= room ||
        (size_t)snprintf(t.record_path, room, "%s.tune.jsonl", t.train.model_path) >= room)
        return heed__fail(HEED_E_INVALID, "the model's path is longer than %zu bytes", room - 16);
    heed_context_options quiet = {.threads = context ? heed_context_threads(context) : 1};
    heed_status status = heed_context_create(&quiet, &t.quiet);
    if (status == HEED_OK)
        status = t.train.config ? heed__config_copy(t.train.config, &t.base)
                                : heed_config_create(&t.base);
    if (status == HEED_OK) status = run(&t, result, record);
    if (t.record && fclose(t.record) != 0 && status == HEED_OK)
        status = heed__fail(HEED_E_IO, "%s: cannot be written", t.record_path);
    free_candidates(&t, t.trials);
    json_decref(t.known);
    heed_config_destroy(&t.base);
    heed_context_destroy(&t.quiet);
    return status;
}
