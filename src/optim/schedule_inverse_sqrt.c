/* SPDX-License-Identifier: MIT */
/* Vaswani et al., "Attention is all you need", NeurIPS 2017, section 5.3, scaled so that the rate
 * at the end of the warm-up is the peak. */
#include "optim/schedule.h"

#include <math.h>

static double share(const heed__schedule *s, uint64_t step)
{
    double warmup = s->warmup ? (double)s->warmup : 1;
    return sqrt(warmup / (double)(step + 1)); /* IEEE: correctly rounded */
}

const heed__schedule_kind heed__schedule_inverse_sqrt = {
    .name = "inverse_sqrt",
    .help = "down with one over the square root of the step",
    .share = share,
};
