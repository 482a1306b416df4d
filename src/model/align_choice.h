/* SPDX-License-Identifier: MIT */
/*
 * Which layer, head and rule make the best links, by pairs whose links are known. The model is run
 * on a pair (forced to write its target) and hands the weights of each layer over, all heads at
 * once; what is kept are counts only.
 */
#ifndef HEED_MODEL_ALIGN_CHOICE_H
#define HEED_MODEL_ALIGN_CHOICE_H

#include "data/aligner.h"
#include "data/links.h"

typedef struct heed__align_choosing heed__align_choosing;

/* layers, heads >= 1. Tried are each head, the mean of a layer's heads where there are several, and
 * both rules. `how` says the rest; its rule is not read. */
heed_status heed__align_choosing_create(int64_t layers, int64_t heads, const heed__align_how *how,
                                        heed__align_choosing **out);
void heed__align_choosing_destroy(heed__align_choosing **choosing);

/* One layer (from 0) of one pair: pair->weights is [heads, rows, source tokens + 1], packed (the
 * stride is not read). Every layer of every pair is to be added once. */
heed_status heed__align_choosing_add(heed__align_choosing *choosing, const heed__align_pair *pair,
                                     int64_t layer, const heed_pair_links *gold);

/* layer and head from 0; head = heads: the mean. */
typedef struct heed__align_chosen {
    int64_t layer, head;
    heed_align_rule rule;
    heed_alignment_score score;
} heed__align_chosen;

/* The least error rate; of equal ones the first layer, head (the mean last), and output before
 * input. */
heed__align_chosen heed__align_choosing_best(const heed__align_choosing *choosing);

/* The score of one choice, for a table of all. */
heed_alignment_score heed__align_choosing_score(const heed__align_choosing *choosing, int64_t layer,
                                                int64_t head, heed_align_rule rule);

#endif
