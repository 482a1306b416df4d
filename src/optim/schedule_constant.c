/* SPDX-License-Identifier: MIT */
#include "optim/schedule.h"

static double share(const heed__schedule *s, uint64_t step)
{
    (void)s;
    (void)step;
    return 1;
}

const heed__schedule_kind heed__schedule_constant = {
    .name = "constant",
    .help = "the same rate at every step",
    .share = share,
};
