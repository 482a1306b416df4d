/* SPDX-License-Identifier: MIT */
/* Where a mechanism finds its rows of an array of the batch. */
#ifndef HEED_ATTENTION_EXTRA_H
#define HEED_ATTENTION_EXTRA_H

#include "attention/run.h"

/* Row 0 of the place's sequence and head, counted in elements from the array's data. */
static inline int64_t heed__extra_start(const heed_attention_extra *extra, const heed__place *place,
                                        heed__side side)
{
    const heed_attention_batch *b = place->batch;
    return heed__start(side == HEED_SIDE_QUERY ? &b->queries : &b->keys, place->sequence,
                       extra->sequence_stride, extra->row_stride) +
           place->head * extra->head_stride;
}

static inline const int64_t *heed__extra_ids(const heed_attention_extra *extra,
                                             const heed__place *place, heed__side side)
{
    return (const int64_t *)extra->data + heed__extra_start(extra, place, side);
}

static inline const heed_real *heed__extra_reals(const heed_attention_extra *extra,
                                                 const heed__place *place, heed__side side)
{
    return (const heed_real *)extra->data + heed__extra_start(extra, place, side);
}

#endif
