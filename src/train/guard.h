/* SPDX-License-Identifier: MIT */
/*
 * What tells that a loss runs away: several steps in a row far above its running mean. Of ordinary
 * noise one such step is rare, and as many in a row are not seen.
 */
#ifndef HEED_TRAIN_GUARD_H
#define HEED_TRAIN_GUARD_H

#include <stdint.h>

enum { HEED_GUARD_NUMBERS = 5 };

typedef struct heed__guard {
    double mean, spread; /* of the loss, and of how far it is from that; running */
    int64_t seen, high;  /* steps they are made of; steps in a row far above */
    int64_t rewinds;     /* how often training went back: each halves the rate */
} heed__guard;

/* Nonzero: the loss has run away. What is far above does not move the mean. */
int heed__guard_watch(heed__guard *guard, double loss);
/* What the schedule's rate is multiplied by. */
double heed__guard_scale(const heed__guard *guard);

/* As numbers for a file, and back. */
void heed__guard_get(const heed__guard *guard, double numbers[HEED_GUARD_NUMBERS]);
void heed__guard_set(heed__guard *guard, const double numbers[HEED_GUARD_NUMBERS]);

#endif
