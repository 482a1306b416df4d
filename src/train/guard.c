/* SPDX-License-Identifier: MIT */
#include "train/guard.h"

enum { SETTLED = 20, MOST_HIGH = 6 };

static const double memory = 0.98;    /* of the running mean: some fifty steps */
static const double times_mean = 2;   /* far above: so many means */
static const double times_spread = 6; /* and so many spreads */

static void follow(heed__guard *g, double loss)
{
    double off = loss > g->mean ? loss - g->mean : g->mean - loss;
    double early = (double)g->seen / (double)(g->seen + 1);
    double keep = early < memory ? early : memory;
    if (g->seen > 0) g->spread = keep * g->spread + (1 - keep) * off;
    g->mean = keep * g->mean + (1 - keep) * loss;
    g->seen++;
}

int heed__guard_watch(heed__guard *g, double loss)
{
    double size = g->mean > 0 ? g->mean : -g->mean;
    double far = g->mean + (times_mean - 1) * size + times_spread * g->spread;
    if (g->seen < SETTLED || loss <= far) {
        g->high = 0;
        follow(g, loss);
        return 0;
    }
    return ++g->high >= MOST_HIGH;
}

double heed__guard_scale(const heed__guard *g)
{
    double scale = 1;
    for (int64_t i = 0; i < g->rewinds; i++) scale *= 0.5;
    return scale;
}

void heed__guard_get(const heed__guard *g, double numbers[HEED_GUARD_NUMBERS])
{
    numbers[0] = g->mean;
    numbers[1] = g->spread;
    numbers[2] = (double)g->seen;
    numbers[3] = (double)g->high;
    numbers[4] = (double)g->rewinds;
}

void heed__guard_set(heed__guard *g, const double numbers[HEED_GUARD_NUMBERS])
{
    *g = (heed__guard){numbers[0], numbers[1], (int64_t)numbers[2], (int64_t)numbers[3],
                       (int64_t)numbers[4]};
}
