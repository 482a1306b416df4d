/* SPDX-License-Identifier: MIT */
#include "train/average.h"

#include "base/fail.h"
#include "kernels/kernels.h"

#include <string.h>

static heed_status take(heed__averages *a, heed_real **out)
{
    return heed__alloc((size_t)a->total, sizeof **out, "averages of weights", out);
}

heed_status heed__averages_create(heed__params *params, double decay, int64_t checkpoints, int best,
                                  heed__averages *a)
{
    heed_status status = HEED_OK;
    *a = (heed__averages){.params = params,
                          .total = heed__params_total(params),
                          .decay = decay,
                          .wanted = checkpoints > 1 ? checkpoints : 0,
                          .best = best};
    if (decay > 0) status = take(a, &a->moving);
    for (int64_t i = 0; i < a->wanted && status == HEED_OK; i++)
        status = take(a, &a->checkpoints[i]);
    if (status == HEED_OK && (decay > 0 || a->wanted)) status = take(a, &a->spare);
    if (status != HEED_OK) heed__averages_free(a);
    return status;
}

void heed__averages_free(heed__averages *a)
{
    heed__free(a->moving);
    heed__free(a->spare);
    for (int i = 0; i < HEED_CHECKPOINTS; i++) heed__free(a->checkpoints[i]);
    *a = (heed__averages){0};
}

void heed__averages_follow(heed__averages *a, int64_t step)
{
    if (!a->moving) return;
    const heed__kernels *kernels = heed__kernels_best();
    double all = 1 - 1 / (double)step, decay = all < a->decay ? all : a->decay;
    heed_real *to = a->moving;
    kernels->scale(a->total, (heed_real)decay, to, to);
    for (size_t i = 0; i < a->params->count; i++) {
        const heed__param *p = a->params->items[i];
        kernels->axpy(p->rows * p->cols, (heed_real)(1 - decay), p->data, to);
        to += p->rows * p->cols;
    }
}

void heed__averages_show(heed__averages *a)
{
    if (!a->moving) return;
    heed__params_copy_out(a->params, a->spare);
    heed__params_copy_in(a->params, a->moving);
    a->shown = 1;
}

void heed__averages_hide(heed__averages *a)
{
    if (a->shown) heed__params_copy_in(a->params, a->spare);
    a->shown = 0;
}

/* The slot that the next checkpoint takes: a free one, the oldest, or the worst if it is worse. */
static int64_t slot_for(const heed__averages *a, double loss)
{
    int64_t slot = 0;
    if (a->kept < a->wanted) return a->kept;
    for (int64_t i = 1; i < a->wanted; i++)
        if (a->best ? a->losses[i] > a->losses[slot] : a->steps[i] < a->steps[slot]) slot = i;
    return a->best && loss >= a->losses[slot] ? -1 : slot;
}

void heed__averages_keep(heed__averages *a, int64_t step, double loss)
{
    int64_t slot = a->wanted ? slot_for(a, loss) : -1;
    if (slot < 0) return;
    heed__params_copy_out(a->params, a->checkpoints[slot]);
    a->losses[slot] = loss;
    a->steps[slot] = step;
    if (slot == a->kept) a->kept++;
}

/* In the order of their steps, so that slots do not matter. */
static int64_t next_after(const heed__averages *a, int64_t step)
{
    int64_t found = -1;
    for (int64_t i = 0; i < a->kept; i++)
        if (a->steps[i] > step && (found < 0 || a->steps[i] < a->steps[found])) found = i;
    return found;
}

int heed__averages_mean(heed__averages *a)
{
    const heed__kernels *kernels = heed__kernels_best();
    heed_real share = 1 / (heed_real)(a->kept ? a->kept : 1);
    if (a->kept < 2) return 0;
    heed__params_copy_out(a->params, a->spare);
    a->shown = 1;
    for (size_t i = 0, at = 0; i < a->params->count; i++) {
        heed__param *p = a->params->items[i];
        int64_t count = p->rows * p->cols;
        memset(p->data, 0, (size_t)count * sizeof *p->data);
        for (int64_t step = -1, slot; (slot = next_after(a, step)) >= 0; step = a->steps[slot])
            kernels->axpy(count, share, a->checkpoints[slot] + at, p->data);
        at += (size_t)count;
    }
    return 1;
}
