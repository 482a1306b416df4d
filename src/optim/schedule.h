/* SPDX-License-Identifier: MIT */
/*
 * Schedules: the learning rate of each step, a pure function of the step (plateau: of the metrics
 * seen as well). All warm up linearly first, then follow their row of the table. Doubles, made of
 * IEEE operations only, so that a rate has the same bits everywhere.
 */
#ifndef HEED_OPTIM_SCHEDULE_H
#define HEED_OPTIM_SCHEDULE_H

#include "heed/status.h"
#include "optim/setting.h"

#include <stddef.h>
#include <stdint.h>

enum { HEED_SCHEDULE_STATE = 3 };

typedef struct heed__schedule heed__schedule;

typedef struct heed__schedule_kind {
    const char *name;
    const char *help;
    const heed__setting *settings;
    int setting_count;
    int needs_total;
    double state[HEED_SCHEDULE_STATE]; /* at the start */
    /* Share of the peak, 0 to 1, for a step (from 0) past the warm-up. */
    double (*share)(const heed__schedule *schedule, uint64_t step);
    /* A validation metric, larger = better; NULL = not wanted. */
    void (*observe)(heed__schedule *schedule, double metric);
} heed__schedule_kind;

struct heed__schedule {
    const heed__schedule_kind *kind;
    double settings[HEED_SETTINGS]; /* in the order of the kind's */
    double peak;
    uint64_t warmup, total;            /* steps */
    double state[HEED_SCHEDULE_STATE]; /* what a checkpoint must hold; may be infinite */
};

/* The table; *count rows. */
const heed__schedule_kind *const *heed__schedule_kinds(size_t *count);
/* The row of that name, or NULL. */
const heed__schedule_kind *heed__schedule_find(const char *name);

/* settings: one value each, NULL = the kind's own. peak: the highest rate, > 0. warmup: steps in
 * which it rises to the peak; 0 = none. total: steps of the whole training (0 = not known, which
 * some kinds refuse). Errors HEED_E_INVALID. */
heed_status heed__schedule_start(const heed__schedule_kind *kind, const double *settings,
                                 double peak, uint64_t warmup, uint64_t total, heed__schedule *out);

/* The rate of a step; the first is step 0. */
double heed__schedule_rate(const heed__schedule *schedule, uint64_t step);

/* Hands a validation metric (larger = better; not NaN) to kinds that want it. */
void heed__schedule_observe(heed__schedule *schedule, double metric);

#endif
