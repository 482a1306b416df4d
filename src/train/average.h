/* SPDX-License-Identifier: MIT */
/*
 * Averages of a run's weights: an exponential moving one after each step (Polyak and Juditsky
 * 1992), and the mean of some checkpoints, the weights at validations (Vaswani et al. 2017,
 * section 6.1).
 */
#ifndef HEED_TRAIN_AVERAGE_H
#define HEED_TRAIN_AVERAGE_H

#include "nn/params.h"

enum { HEED_CHECKPOINTS = 32 };

typedef struct heed__averages {
    heed__params *params;
    int64_t total;     /* numbers in all parameters */
    double decay;      /* of the moving average; 0 = none */
    heed_real *moving; /* [total] or NULL */
    int64_t wanted;    /* checkpoints; 0 = none */
    int best;          /* those of the least loss, not the last ones */
    int64_t kept;
    heed_real *checkpoints[HEED_CHECKPOINTS];
    double losses[HEED_CHECKPOINTS]; /* of each; a free slot has none below */
    int64_t steps[HEED_CHECKPOINTS]; /* after which each was taken */
    heed_real *spare;                /* [total] the weights themselves while others stand in */
    int shown;                       /* others stand in */
} heed__averages;

/* All memory is taken here. */
heed_status heed__averages_create(heed__params *params, double decay, int64_t checkpoints, int best,
                                  heed__averages *averages);
void heed__averages_free(heed__averages *averages);

/* After step number `step` (from 1): early on the average is that of all steps so far. */
void heed__averages_follow(heed__averages *averages, int64_t step);
/* The moving average stands in for the weights, until they are put back; without one, nothing. */
void heed__averages_show(heed__averages *averages);
void heed__averages_hide(heed__averages *averages);
/* Keeps what stands in the parameters as a checkpoint. */
void heed__averages_keep(heed__averages *averages, int64_t step, double loss);
/* The mean of the checkpoints stands in for the weights (hide puts them back). 0: there are fewer
 * than two. */
int heed__averages_mean(heed__averages *averages);

#endif
