/* SPDX-License-Identifier: MIT */
/* What the masks of a batch let through, counted. */
#ifndef HEED_ATTENTION_COUNT_H
#define HEED_ATTENTION_COUNT_H

#include "attention/run.h"

/* A run of a batch whose q and k nobody reads. Errors as forward. */
heed_status heed__count_start(heed__run *run, const heed_attention_plan *plan,
                              const heed_attention_batch *batch,
                              const heed_real *const *parameters);

void heed__count(const heed__run *run, heed_attention_counts *out);

#endif
