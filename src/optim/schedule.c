/* SPDX-License-Identifier: MIT */
#include "optim/schedule.h"

#include "base/fail.h"

#include <math.h>
#include <string.h>

extern const heed__schedule_kind heed__schedule_constant, heed__schedule_cosine,
    heed__schedule_inverse_sqrt, heed__schedule_plateau;

static const heed__schedule_kind *const kinds[] = {
    &heed__schedule_constant,
    &heed__schedule_cosine,
    &heed__schedule_inverse_sqrt,
    &heed__schedule_plateau,
};

const heed__schedule_kind *const *heed__schedule_kinds(size_t *count)
{
    *count = sizeof kinds / sizeof *kinds;
    return kinds;
}

const heed__schedule_kind *heed__schedule_find(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i]->name, name) == 0) return kinds[i];
    return NULL;
}

heed_status heed__schedule_start(const heed__schedule_kind *kind, const double *settings,
                                 double peak, uint64_t warmup, uint64_t total, heed__schedule *out)
{
    *out = (heed__schedule){.kind = kind, .peak = peak, .warmup = warmup, .total = total};
    memcpy(out->state, kind->state, sizeof out->state);
    if (!(peak > 0) || !isfinite(peak))
        return heed__fail(HEED_E_INVALID, "learning rate %g; it must be above 0", peak);
    if (kind->needs_total && total <= warmup)
        return heed__fail(HEED_E_INVALID,
                          "schedule %s: %llu steps in all, of which %llu warm up; it needs to know "
                          "the number of steps, and more than warm up",
                          kind->name, (unsigned long long)total, (unsigned long long)warmup);
    return heed__settings_fill(kind->name, kind->settings, kind->setting_count, settings,
                               out->settings);
}

double heed__schedule_rate(const heed__schedule *s, uint64_t step)
{
    if (step < s->warmup) return s->peak * ((double)(step + 1) / (double)s->warmup);
    return s->peak * s->kind->share(s, step);
}

void heed__schedule_observe(heed__schedule *s, double metric)
{
    if (s->kind->observe) s->kind->observe(s, metric);
}
