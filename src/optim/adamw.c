/* SPDX-License-Identifier: MIT */
/*
 * AdamW: moving averages of the gradient and of its square, corrected for their start at zero, and
 * weight decay apart from both. Loshchilov and Hutter, "Decoupled weight decay regularization",
 * ICLR 2019 (arXiv:1711.05101).
 */
#include "kernels/kernels.h"
#include "optim/optimizer.h"

#include <math.h>

enum { BETA1, BETA2, EPSILON, WEIGHT_DECAY, SETTINGS };

static const heed__setting settings[SETTINGS] = {
    [BETA1] = {"beta1", "how much of the gradient's average is kept at each step", 0.9, 0, 0.9999},
    [BETA2] = {"beta2", "the same for its square", 0.999, 0, 0.999999},
    [EPSILON] = {"epsilon", "added to the root of the average square", 1e-8, 1e-30, 1},
    [WEIGHT_DECAY] = {"weight_decay", "share of a weight that a step at rate 1 would take away",
                      0.01, 0, 10},
};

static void advance(heed__optimizer *o)
{
    o->carried[0] *= o->settings[BETA1]; /* beta to the power of the step, without pow() */
    o->carried[1] *= o->settings[BETA2];
}

static void update(const heed__optimizer *o, const heed__trained *tensor, double rate,
                   heed_real grad_scale, int64_t n, const heed_real *grad, heed_real *data,
                   heed_real *const slots[HEED_OPTIMIZER_SLOTS])
{
    const double *set = o->settings;
    const heed__adamw adamw = {
        .grad_scale = grad_scale,
        .keep = (heed_real)(1 - (tensor->decay ? rate * set[WEIGHT_DECAY] : 0)),
        .rate = (heed_real)(rate / (1 - o->carried[0])),
        .beta1 = (heed_real)set[BETA1],
        .rest1 = (heed_real)(1 - set[BETA1]),
        .beta2 = (heed_real)set[BETA2],
        .rest2 = (heed_real)(1 - set[BETA2]),
        .root = (heed_real)(1 / sqrt(1 - o->carried[1])),
        .epsilon = (heed_real)set[EPSILON],
    };
    heed__kernels_best()->adamw(n, &adamw, grad, data, slots[0], slots[1]);
}

const heed__optimizer_kind heed__optimizer_adamw = {
    .name = "adamw",
    .help = "Adam with decoupled weight decay: the default",
    .settings = settings,
    .setting_count = SETTINGS,
    .slots = {"mean", "square"},
    .advance = advance,
    .update = update,
};
