/* SPDX-License-Identifier: MIT */
/*
 * Stochastic gradient descent with momentum. Weight decay is part of the gradient: g + decay x p.
 * Nesterov's form (Sutskever et al., "On the importance of initialization and momentum in deep
 * learning", ICML 2013) looks one step ahead.
 */
#include "kernels/kernels.h"
#include "optim/optimizer.h"

enum { MOMENTUM, WEIGHT_DECAY, NESTEROV, SETTINGS };

static const heed__setting settings[SETTINGS] = {
    [MOMENTUM] = {"momentum", "how much of the velocity is kept at each step", 0.9, 0, 0.9999},
    [WEIGHT_DECAY] = {"weight_decay", "share of the weight added to its gradient", 0, 0, 10},
    [NESTEROV] = {"nesterov", "1 = look one step ahead, 0 = do not", 0, 0, 1},
};

static void update(const heed__optimizer *o, const heed__trained *tensor, double rate,
                   heed_real grad_scale, int64_t n, const heed_real *grad, heed_real *data,
                   heed_real *const slots[HEED_OPTIMIZER_SLOTS])
{
    const heed__sgd sgd = {
        .grad_scale = grad_scale,
        .rate = (heed_real)rate,
        .momentum = (heed_real)o->settings[MOMENTUM],
        .decay = tensor->decay ? (heed_real)o->settings[WEIGHT_DECAY] : 0,
        .nesterov = o->settings[NESTEROV] != 0,
    };
    heed__kernels_best()->sgd(n, &sgd, grad, data, slots[0]);
}

const heed__optimizer_kind heed__optimizer_sgd = {
    .name = "sgd",
    .help = "gradient descent with momentum",
    .settings = settings,
    .setting_count = SETTINGS,
    .slots = {"velocity"},
    .update = update,
};
