/* SPDX-License-Identifier: MIT */
/*
 * Scheduled sampling (Bengio, Vinyals, Jaitly and Shazeer, "Scheduled sampling for sequence
 * prediction with recurrent neural networks", NIPS 2015), for all positions at once (Duckworth et
 * al., "Parallel scheduled sampling", 2019): a first pass reads the true targets; then some inputs
 * are replaced by what it predicted for their place, and the pass that learns reads those.
 */
#ifndef HEED_TRAIN_SAMPLING_H
#define HEED_TRAIN_SAMPLING_H

#include "heed/context.h"
#include "tensor/ragged.h"

typedef struct heed__sampling {
    double share;  /* probability that an input is replaced, 0 to 1 */
    int draw;      /* 0: by the likeliest token; 1: by one drawn from the prediction */
    uint64_t seed; /* what is replaced and drawn is a function of (seed, step, sequence id, */
    uint64_t step; /* position) only */
    int64_t known; /* predictions from this id on are unknown when read; 0 = there are none */
} heed__sampling;

/*
 * targets: ids, offsets and n are read. logits [targets->rows, vocabulary] of the first pass, row r
 * predicting what follows input r; inputs [targets->rows]. mixed [targets->rows] may be inputs.
 * The first input of a sequence stays, and so does one whose prediction is no token that can be
 * read in its place (unknown, or the boundary). Errors HEED_E_INVALID (share), HEED_E_NUMERIC (a
 * logit that is needed is NaN or +inf: names the sequence by its id; mixed is then unspecified).
 */
heed_status heed__sampling_mix(heed_context *context, const heed__sampling *sampling,
                               const heed__ragged *targets, int64_t vocabulary, const float *logits,
                               const int32_t *inputs, int32_t *mixed);

#endif
