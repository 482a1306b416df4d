/* SPDX-License-Identifier: MIT */
/* Pairs that would only disturb training are left out. */
#ifndef HEED_DATA_PAIR_FILTER_H
#define HEED_DATA_PAIR_FILTER_H

#include "data/batches.h"

typedef struct heed__pair_limits {
    int64_t max_source, max_target; /* tokens of a side, the boundary not counted; 0 = any number */
    double max_ratio;               /* tokens of the longer side for each of the shorter one; 0 =
                                       any. Sides of up to HEED_PAIR_SHORT tokens are excused */
    int drop_unknown;               /* 1: pairs go of which a side is nothing but unknown tokens */
    int drop_identical;             /* 1: pairs go whose two texts are equal */
} heed__pair_limits;

enum { HEED_PAIR_SHORT = 10 };

/*
 * Leaves pairs out, in the dataset (whose rows say where a pair stood) and in both examples alike;
 * the order is kept. A side that is too long is not cut, the pair goes. A log line says how many
 * went for what, each with the place of the first. Errors HEED_E_DATA (none is left), HEED_E_NOMEM;
 * on error nothing has changed.
 */
heed_status heed__pairs_filter(heed_context *context, const heed__pair_limits *limits,
                               heed_dataset *dataset, heed__examples *sources,
                               heed__examples *targets);

#endif
