/* SPDX-License-Identifier: MIT */
/* Half a cosine wave from the peak down to a last share of it (Loshchilov and Hutter, "SGDR",
 * ICLR 2017, without restarts). */
#include "optim/schedule.h"

enum { LAST, SETTINGS, TERMS = 12 };

static const heed__setting settings[SETTINGS] = {
    [LAST] = {"last", "share of the peak rate at the last step", 0, 0, 1},
};

/* cos(x) for x in [0, pi/2] by its Taylor series, summed from the small end: the first term left
 * out, x^24/24!, is below 1e-18. libm's differs from machine to machine. */
static double cosine(double x)
{
    double square = x * x, sum = 1;
    for (int i = TERMS - 1; i >= 1; i--) sum = 1 - square / (double)(2 * i * (2 * i - 1)) * sum;
    return sum;
}

static double share(const heed__schedule *s, uint64_t step)
{
    const double half_pi = 0x1.921fb54442d18p+0;
    if (step >= s->total) return s->settings[LAST];
    double gone = (double)(step - s->warmup) / (double)(s->total - s->warmup);
    double wave = cosine(half_pi * gone); /* (1 + cos(2 x)) / 2 = cos(x)^2 */
    return s->settings[LAST] + (1 - s->settings[LAST]) * (wave * wave);
}

const heed__schedule_kind heed__schedule_cosine = {
    .name = "cosine",
    .help = "down half a cosine wave over the whole training",
    .settings = settings,
    .setting_count = SETTINGS,
    .needs_total = 1,
    .share = share,
};
