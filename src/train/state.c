/* SPDX-License-Identifier: MIT */
/*
 * The state file, from which a run goes on to the same bits: parameters, optimiser, schedule, and
 * the cursor. Numbers that JSON would round are written as tensors.
 */
#define _POSIX_C_SOURCE 200809L /* access */
#include "base/fail.h"
#include "train/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WITHOUT_GUIDE = 2 * (HEED_HASH_SIZE - 1) + 1 }; /* of a fingerprint */
enum { COUNTERS = 10, PLANNED = 7, MEMBER = 8, GOOD = 9 };
enum { GUARD = 2 + HEED_SCHEDULE_STATE, DOUBLES = GUARD + HEED_GUARD_NUMBERS };
enum { DONE = 4 }; /* numbers of a member that is done */

static const int64_t most_steps = INT64_C(1) << 40;

static const char counters_name[] = "train.counters", doubles_name[] = "train.doubles";

/* What must be the same for a state to be of any use. */
static void fingerprint(const heed__session *s, char *out, size_t room)
{
    const char *guide = s->guide_hash, *vectors = s->vectors_hash;
    const char *arithmetic = heed__session_arithmetic(s);
    snprintf(out, room, "%s %s%s%s%s%s%s%s%s%s", s->data_hash, s->valid_hash, *guide ? " " : "",
             guide, *vectors ? " vectors " : "", vectors, arithmetic ? " " : "",
             arithmetic ? arithmetic : "", s->parent ? " from " : "", s->parent_hash);
}

static void get_numbers(const heed__session *s, int64_t *counters, double *doubles)
{
    const heed__cursor *c = &s->cursor;
    const int64_t all[COUNTERS] = {c->step,
                                   c->epoch,
                                   c->batch,
                                   c->best_step,
                                   c->waited,
                                   c->validated,
                                   (int64_t)s->optimizer->steps,
                                   s->steps,
                                   s->member,
                                   s->state_is_good};
    memcpy(counters, all, sizeof all);
    doubles[0] = c->best_metric;
    doubles[1] = c->best_loss;
    memcpy(doubles + 2, s->schedule.state, sizeof s->schedule.state);
    heed__guard_get(&s->guard, doubles + GUARD);
}

/* The checksum tells damage, not nonsense: a batch that is not there must not be asked for. */
static heed_status check_numbers(heed__session *s, const int64_t *counters)
{
    int64_t step = counters[0], epoch = counters[1], batch = counters[2];
    int64_t most = step * heed__config_integer(s->config, "train.accumulate");
    if (s->guard.rewinds > 0) most = most_steps; /* batches were passed over */
    int fits = counters[MEMBER] == s->member && step >= 0 && step <= s->steps &&
               counters[PLANNED] == s->steps && epoch >= 0 && epoch <= most && batch >= 0 &&
               batch <= most && counters[3] >= 0 && counters[3] <= step && counters[4] >= 0 &&
               counters[6] == step;
    if (fits) fits = batch < heed__batches_epoch(s->batches, epoch);
    s->laid_out = -1;
    if (fits) return HEED_OK;
    return heed__fail(HEED_E_FORMAT, "%s: its counters do not fit the data; train without --resume",
                      s->state_path);
}

static void set_numbers(heed__session *s, const int64_t *counters, const double *doubles)
{
    s->cursor = (heed__cursor){.step = counters[0],
                               .epoch = counters[1],
                               .batch = counters[2],
                               .best_step = counters[3],
                               .waited = counters[4],
                               .validated = counters[5] != 0,
                               .best_metric = doubles[0],
                               .best_loss = doubles[1]};
    memcpy(s->schedule.state, doubles + 2, sizeof s->schedule.state);
    s->state_is_good = counters[GOOD] != 0;
    heed__optimizer_resume(s->optimizer, (uint64_t)counters[6]);
}

/* One stored array: the names and shapes live as long as the list. */
typedef struct state_list {
    heed__stored *tensors;
    int64_t (*shapes)[1];
    char (*names)[192];
    void **data; /* where each array is in memory */
    size_t count;
} state_list;

static void list_add(state_list *list, const char *name, heed__dtype dtype, int64_t count,
                     void *data)
{
    size_t i = list->count++;
    snprintf(list->names[i], sizeof list->names[i], "%s", name);
    list->shapes[i][0] = count;
    list->data[i] = data;
    list->tensors[i] = (heed__stored){
        .name = list->names[i], .dtype = dtype, .rank = 1, .shape = list->shapes[i], .data = data};
}

static void list_free(state_list *list)
{
    heed__free(list->tensors);
    heed__free(list->shapes);
    heed__free(list->names);
    heed__free(list->data);
}

/* What members that are done were at their best, and this one so far. */
static void list_members(heed__session *s, double (*done)[DONE], state_list *list)
{
    char name[192];
    if (!s->best) return;
    list_add(list, "members.best", HEED_DTYPE_F32, heed__params_total(&s->model->params), s->best);
    if (s->member) list_add(list, "members.done", HEED_DTYPE_F64, s->member * DONE, done);
    for (int m = 0; m < s->member; m++) {
        const heed__params *params = &heed__member_at(s->whole, m)->params;
        for (size_t i = 0; i < params->count; i++) {
            heed__param *p = params->items[i];
            snprintf(name, sizeof name, "member.%d.%s", m, p->name);
            list_add(list, name, HEED_DTYPE_F32, p->rows * p->cols, p->data);
        }
    }
}

static void get_done(const heed__session *s, double (*done)[DONE])
{
    for (int m = 0; m < s->member; m++) {
        const heed__cursor *c = &s->done[m];
        done[m][0] = (double)c->step;
        done[m][1] = (double)c->best_step;
        done[m][2] = c->best_metric;
        done[m][3] = c->best_loss;
    }
}

static void set_done(heed__session *s, double (*done)[DONE])
{
    for (int m = 0; m < s->member; m++)
        s->done[m] = (heed__cursor){.step = (int64_t)done[m][0],
                                    .best_step = (int64_t)done[m][1],
                                    .best_metric = done[m][2],
                                    .best_loss = done[m][3],
                                    .validated = 1};
}

static void list_averages(heed__averages *a, state_list *list)
{
    char name[64];
    if (a->moving) list_add(list, "average.moving", HEED_DTYPE_F32, a->total, a->moving);
    if (!a->wanted) return;
    list_add(list, "average.kept", HEED_DTYPE_I64, 1, &a->kept);
    list_add(list, "average.losses", HEED_DTYPE_F64, a->wanted, a->losses);
    list_add(list, "average.steps", HEED_DTYPE_I64, a->wanted, a->steps);
    for (int64_t i = 0; i < a->wanted; i++) {
        snprintf(name, sizeof name, "average.%lld", (long long)i);
        list_add(list, name, HEED_DTYPE_F32, a->total, a->checkpoints[i]);
    }
}

/* All arrays of a run: parameters as "param.<name>", the optimiser's as "optim.<slot>.<name>". */
static heed_status list_fill(heed__session *s, state_list *list, int64_t *counters, double *doubles,
                             double (*done)[DONE])
{
    size_t slots = heed__optimizer_state_count(s->optimizer);
    size_t room =
        s->model->params.count * (size_t)(1 + s->member) + slots + 2 + 4 + 2 + HEED_CHECKPOINTS;
    char name[192], state[160];
    HEED_TRY(heed__alloc(room, sizeof *list->tensors, "the state", &list->tensors));
    HEED_TRY(heed__alloc(room, sizeof *list->shapes, "the state", &list->shapes));
    HEED_TRY(heed__alloc(room, sizeof *list->names, "the state", &list->names));
    HEED_TRY(heed__alloc(room, sizeof *list->data, "the state", &list->data));
    list_add(list, counters_name, HEED_DTYPE_I64, COUNTERS, counters);
    list_add(list, doubles_name, HEED_DTYPE_F64, DOUBLES, doubles);
    for (size_t i = 0; i < s->model->params.count; i++) {
        const heed__param *p = s->model->params.items[i];
        snprintf(name, sizeof name, "param.%s", p->name);
        list_add(list, name, HEED_DTYPE_F32, p->rows * p->cols, p->data);
    }
    for (size_t i = 0; i < slots; i++) {
        const heed__trained *tensor;
        heed_real *data;
        heed__optimizer_state(s->optimizer, i, state, sizeof state, &tensor, &data);
        snprintf(name, sizeof name, "optim.%s", state);
        list_add(list, name, HEED_DTYPE_F32, tensor->count, data);
    }
    list_averages(&s->averages, list);
    list_members(s, done, list);
    return HEED_OK;
}

static heed_status save(heed__session *s, state_list *list, char **config)
{
    int64_t counters[COUNTERS];
    double doubles[DOUBLES], done[HEED_MEMBERS][DONE];
    char print[512];
    get_numbers(s, counters, doubles);
    get_done(s, done);
    fingerprint(s, print, sizeof print);
    HEED_TRY(heed_config_json(s->config, 0, config));
    HEED_TRY(list_fill(s, list, counters, doubles, done));
    heed__text texts[] = {
        {"heed.kind", "training state"}, {"heed.fingerprint", print}, {"heed.config", *config}};
    return heed__container_write(s->context, s->state_path, texts, 3, list->tensors, list->count);
}

static void good_path(const heed__session *s, char out[4200])
{
    snprintf(out, 4200, "%s.good", s->state_path);
}

heed_status heed__state_save(heed__session *s, int good)
{
    state_list list = {0};
    char *config = NULL, beside[4200];
    good_path(s, beside);
    if (!good && s->state_is_good) { /* its bytes stay under the other name */
        unlink(beside);
        if (link(s->state_path, beside) != 0)
            return heed__fail(HEED_E_IO, "%s: cannot be written: %s", beside, strerror(errno));
    }
    s->state_is_good = good;
    heed_status status = save(s, &list, &config);
    list_free(&list);
    heed_text_free(config);
    if (good && status == HEED_OK) unlink(beside);
    return status;
}

void heed__state_remove(const heed__session *s)
{
    char beside[4200];
    good_path(s, beside);
    unlink(s->state_path);
    unlink(beside);
}

/* A bound on memory made the batches what they are: they stay so. */
static heed_status take_batch(heed__session *s, const char *their_config)
{
    heed_config *theirs = NULL;
    HEED_TRY(heed_config_create(&theirs));
    heed_status status =
        heed_config_parse(theirs, their_config, strlen(their_config), s->state_path);
    if (status == HEED_OK)
        status = heed_config_set(s->config, "train.batch_tokens",
                                 heed_config_get(theirs, "train.batch_tokens"));
    heed_config_destroy(&theirs);
    return status;
}

static heed_status check_same_run(heed__session *s, const heed__safetensors *file)
{
    char print[512], *config = NULL;
    const char *theirs = heed__safetensors_text(file, "heed.fingerprint");
    const char *their_config = heed__safetensors_text(file, "heed.config");
    fingerprint(s, print, sizeof print);
    if (!theirs || !their_config)
        return heed__fail(HEED_E_FORMAT, "%s: not a training state", s->state_path);
    if (strcmp(theirs, print) != 0)
        return heed__fail(HEED_E_INVALID,
                          "%s: belongs to other data%s; give the same or train without --resume",
                          s->state_path,
                          s->parent || strstr(theirs, " from ") ? ", or goes on from another model"
                          : heed__session_arithmetic(s) || strstr(theirs, "float")
                              ? " or another precision or machine"
                          : *s->vectors_hash || strstr(theirs, "vectors")    ? " or vectors"
                          : *s->guide_hash || strlen(theirs) > WITHOUT_GUIDE ? " or links"
                                                                             : "");
    if (s->options->memory) HEED_TRY(take_batch(s, their_config));
    HEED_TRY(heed_config_json(s->config, 0, &config));
    int same = strcmp(config, their_config) == 0;
    heed_text_free(config);
    if (same) return HEED_OK;
    return heed__fail(HEED_E_INVALID,
                      "%s: belongs to another configuration; give the same or train without "
                      "--resume",
                      s->state_path);
}

static heed_status load(heed__session *s, const heed__safetensors *file, state_list *list)
{
    int64_t counters[COUNTERS];
    double doubles[DOUBLES], done[HEED_MEMBERS][DONE];
    HEED_TRY(check_same_run(s, file));
    HEED_TRY(list_fill(s, list, counters, doubles, done));
    for (size_t i = 0; i < list->count; i++) {
        const heed__stored *want = &list->tensors[i];
        const heed__stored *have = heed__safetensors_tensor(file, want->name);
        if (!have || have->dtype != want->dtype || have->count != want->shape[0])
            return heed__fail(HEED_E_FORMAT, "%s: tensor %s does not fit", s->state_path,
                              want->name);
        memcpy(list->data[i], have->data, have->bytes);
    }
    if (s->averages.kept < 0 || s->averages.kept > s->averages.wanted)
        return heed__fail(HEED_E_FORMAT, "%s: average.kept = %lld; train without --resume",
                          s->state_path, (long long)s->averages.kept);
    heed__guard_set(&s->guard, doubles + GUARD);
    HEED_TRY(check_numbers(s, counters));
    set_numbers(s, counters, doubles);
    set_done(s, done);
    return HEED_OK;
}

static heed_status load_from(heed__session *s, const char *path)
{
    state_list list = {0};
    heed__safetensors *file = NULL;
    heed_status status = heed__container_read(s->context, path, &file);
    if (status == HEED_OK) status = load(s, file, &list);
    list_free(&list);
    heed__safetensors_free(&file);
    return status;
}

heed_status heed__state_load(heed__session *s)
{
    return load_from(s, s->state_path);
}

heed_status heed__state_rewind(heed__session *s)
{
    char beside[4200];
    heed__cursor now = s->cursor;
    int64_t rewinds = s->guard.rewinds;
    good_path(s, beside);
    HEED_TRY(load_from(s, s->state_is_good ? s->state_path : beside));
    s->cursor.epoch = now.epoch;
    s->cursor.batch = now.batch;
    s->guard.high = 0;
    s->guard.rewinds = rewinds + 1;
    s->laid_out = -1;
    return heed__state_save(s, 1);
}

heed_status heed__state_there(const heed__session *s)
{
    if (access(s->state_path, F_OK) == 0 || errno != ENOENT) return HEED_OK;
    if (access(s->options->model_path, F_OK) == 0)
        return heed__fail(HEED_E_INVALID,
                          "%s: its training is finished, there is nothing to resume; train without "
                          "--resume to begin anew",
                          s->options->model_path);
    return heed__fail(HEED_E_INVALID,
                      "%s: there is no such file, so no run to resume; train without --resume",
                      s->state_path);
}

heed_status heed__state_steps(heed__session *s)
{
    heed__safetensors *file = NULL;
    HEED_TRY(heed__container_read(s->context, s->state_path, &file));
    heed_status status = check_same_run(s, file);
    const heed__stored *counters = heed__safetensors_tensor(file, counters_name);
    int whole = counters && counters->dtype == HEED_DTYPE_I64 && counters->count == COUNTERS;
    int64_t member = -1;
    if (whole) memcpy(&s->steps, (const int64_t *)counters->data + PLANNED, sizeof s->steps);
    if (whole) memcpy(&member, (const int64_t *)counters->data + MEMBER, sizeof member);
    int fits = whole && s->steps >= 1 && s->steps <= most_steps && member >= 0 &&
               member < heed__session_members(s);
    s->member = fits ? (int)member : 0;
    if (status == HEED_OK && !fits)
        status = heed__fail(HEED_E_FORMAT, "%s: not a training state", s->state_path);
    heed__safetensors_free(&file);
    return status;
}
