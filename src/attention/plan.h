/* SPDX-License-Identifier: MIT */
/* A plan from the inside: the descriptor resolved to table rows, and the engine. */
#ifndef HEED_ATTENTION_PLAN_H
#define HEED_ATTENTION_PLAN_H

#include "attention/tables.h"
#include "attention/thresholds.h"
#include "base/memory.h"

typedef struct heed__engine heed__engine;

enum { HEED_EXTRAS = 16 };

/* A mechanism's record, what was built from it, and where its arrays are in the plan's lists. */
typedef struct heed__fitted {
    const heed__entry *entry;
    const void *record, *built; /* NULL = defaults; nothing built */
    int slot[HEED_SELF_SLOTS];  /* of the plan's parameters; -1 = this record has none of it */
    int extra;
} heed__fitted;

/* A learned array of the plan. */
typedef struct heed__parameter {
    const heed__slot *slot;
    heed__begin begin; /* NULL = zeros */
    int decays;
    const void *record;
    int64_t heads, columns;
    int64_t at; /* its place among a query's own sums; -1 where it has none */
} heed__parameter;

struct heed_attention_plan {
    heed_context *context;
    const heed__kernels *kernels;
    heed_attention_options options;   /* defaults filled in; its pointers are not used */
    heed_attention_capacity capacity; /* defaults filled in */
    int threads;

    const heed__score *score;
    const heed__normaliser *normaliser;
    const heed__position *position;
    heed__fitted score_fit, normaliser_fit, position_fit;
    int stages; /* the normaliser's own is the last */
    const heed__shaper *stage[HEED_STAGES + 1];
    heed__fitted stage_fit[HEED_STAGES + 1];
    heed__mask_node mask_root;
    const heed__mask_node *mask; /* NULL = all keys are seen */

    int parameters, extras;
    heed__parameter parameter[HEED_SLOTS];
    heed_attention_extra_info extra[HEED_EXTRAS];
    int64_t width;       /* of prepared rows of q and k */
    int64_t row_columns; /* of a query's own sums: all parameters that need them */
    int uses_positions;
    const char *uses_lengths; /* the mechanism that does; NULL = none */
    int hides;                /* there is a mask, or a stage that hides keys */
    int sums_pairs;           /* a stage has an array of pairs with a gradient */
    int reads_values;         /* a stage adds to the values */
    int weighs;               /* a stage changes weights */

    int parts; /* bfloat16 to an operand in the tiles' products; 0 = float32 */

    uint32_t drop_below;   /* of 65536: dropout's p; 0 = none */
    heed_real keep_factor; /* 1 / (1 - p) */

    heed__thresholds thresholds;
    const heed__engine *engine;
    heed__arena records; /* copies of the descriptor's parts */
};

/* Does the backward pass need a look at whole rows before the tiles? */
static inline int heed__looks_ahead(const heed_attention_plan *plan)
{
    return plan->normaliser->whole || plan->normaliser->gather;
}

/* What a number of parameter `index`, one a head, comes to, and the name of that. */
const char *heed__plan_reading(const heed_attention_plan *plan, size_t index, heed_real number,
                               heed_real *out);

/* heed_attention_plan_begin with numbers from a stream that goes on. */
void heed__plan_begin(const heed_attention_plan *plan, size_t index, heed__random *random,
                      heed_real *out);

/* As heed_attention_plan_create, for a given table of kernels (tests hold every level to the
 * scalar one this way). */
heed_status heed__attention_plan_create_on(heed_context *context, const heed__kernels *kernels,
                                           const heed_attention_options *options,
                                           const heed_attention_capacity *capacity,
                                           heed_attention_plan **out);

#endif
