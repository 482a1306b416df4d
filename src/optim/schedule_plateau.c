/* SPDX-License-Identifier: MIT */
#include "optim/schedule.h"

#include <math.h>

enum { FACTOR, PATIENCE, GAIN, LEAST, SETTINGS };
enum { SHARE, BEST, WAITED }; /* state: share of the peak; best metric; evaluations without gain */

static const heed__setting settings[SETTINGS] = {
    [FACTOR] = {"factor", "what the rate is multiplied by", 0.5, 0.01, 0.99},
    [PATIENCE] = {"patience", "evaluations without gain that are waited for", 2, 0, 1e6},
    [GAIN] = {"gain", "how much better the metric must get to count", 0, 0, 1e6},
    [LEAST] = {"least", "share of the peak rate that it never falls below", 0.001, 0, 1},
};

static double share(const heed__schedule *s, uint64_t step)
{
    (void)step;
    return s->state[SHARE];
}

static void observe(heed__schedule *s, double metric)
{
    double *state = s->state;
    if (metric > state[BEST] + s->settings[GAIN]) {
        state[BEST] = metric;
        state[WAITED] = 0;
        return;
    }
    state[WAITED] += 1;
    if (state[WAITED] <= s->settings[PATIENCE]) return;
    double lower = state[SHARE] * s->settings[FACTOR];
    state[SHARE] = lower > s->settings[LEAST] ? lower : s->settings[LEAST];
    state[WAITED] = 0;
}

const heed__schedule_kind heed__schedule_plateau = {
    .name = "plateau",
    .help = "lower whenever the validation metric has stopped getting better",
    .settings = settings,
    .setting_count = SETTINGS,
    .state = {[SHARE] = 1, [BEST] = -INFINITY},
    .share = share,
    .observe = observe,
};
