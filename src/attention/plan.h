/* SPDX-License-Identifier: MIT */
/* A plan from the inside: the descriptor resolved to table rows, and the engine. */
#ifndef HEED_ATTENTION_PLAN_H
#define HEED_ATTENTION_PLAN_H

#include "attention/tables.h"
#include "base/memory.h"

typedef struct heed__engine heed__engine;

struct heed_attention_plan {
    heed_context *context;
    const heed__kernels *kernels;
    heed_attention_options options;   /* defaults filled in; its pointers are not used */
    heed_attention_capacity capacity; /* defaults filled in */
    int threads;

    const heed__score *score;
    const heed__normaliser *normaliser;
    const heed__position *position;
    heed__mask_node mask_root;
    const heed__mask_node *mask; /* NULL = all keys are seen */
    const void *score_record;    /* NULL = defaults */
    int uses_positions;

    uint32_t drop_below;   /* of 65536: dropout's p; 0 = none */
    heed_real keep_factor; /* 1 / (1 - p) */

    const heed__engine *engine;
    heed__arena records; /* copies of the descriptor's parts */
};

/* As heed_attention_plan_create, for a given table of kernels (tests hold every level to the
 * scalar one this way). */
heed_status heed__attention_plan_create_on(heed_context *context, const heed__kernels *kernels,
                                           const heed_attention_options *options,
                                           const heed_attention_capacity *capacity,
                                           heed_attention_plan **out);

#endif
