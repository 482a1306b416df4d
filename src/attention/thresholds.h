/* SPDX-License-Identifier: MIT */
/*
 * What is chosen by shape, and from where on. A plan copies heed__thresholds_found when it is made;
 * ./dev bench tune times each choice around the number there and says what it would put there
 * instead. None changes a bit of a result at `highest`.
 */
#ifndef HEED_ATTENTION_THRESHOLDS_H
#define HEED_ATTENTION_THRESHOLDS_H

#include <stdint.h>

typedef struct heed__thresholds {
    /* A sequence of fewer queries stays in float32 at `high` and `medium`: laying its keys out
     * would cost more than it gives. By its own queries, never by those of its batch. */
    int64_t narrow_queries;
    /* Sequences of so many queries at most take the keys of several heads in a task, in float32;
     * and how many reals of keys that task reads, or one head's. */
    int64_t few_queries, few_keys;
    /* Tasks are halved for threads' sake; where a thread has so many, their size is no matter. */
    int64_t piece_rounds;
    /* Blocks of queries, of all heads of a group, that a forward task takes at most: in float32,
     * and on AMX, which is so fast that laying keys out would be felt (of heads of 64; fewer of
     * wider ones, whose rows fill the second cache sooner). Tasks are smaller where there would be
     * fewer than two a thread. */
    int64_t forward_blocks, narrow_blocks;
    /* Backward in one pass is a task a (sequence, key head); in two it recomputes scores, which
     * takes so many hundredths of that time, but a head is cut among threads. The way is taken that
     * is done first. */
    int64_t halves_cost;
    /* Blocks of keys, or of queries, of a task of those two; at most HEED_HALF_BLOCKS. */
    int64_t half_blocks;
} heed__thresholds;

enum { HEED_HALF_BLOCKS = 16 };

extern const heed__thresholds heed__thresholds_found;

#endif
