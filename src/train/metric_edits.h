/* SPDX-License-Identifier: MIT */
/* How many edits turn one sequence of words into another: insertions, deletions, substitutions, and
 * moves of blocks, as Tercom looks for them. */
#ifndef HEED_TRAIN_METRIC_EDITS_H
#define HEED_TRAIN_METRIC_EDITS_H

#include "heed/status.h"

#include <stddef.h>
#include <stdint.h>

/* Scratch that is kept from one pair to the next. Starts from zero. */
typedef struct heed__edits {
    const uint32_t *reference;
    size_t n, n_reference;
    uint32_t *words, *moved, *best; /* [n]: the hypothesis so far, a trial, the best trial */
    size_t words_room, moved_room, best_room;
    int32_t *cost;       /* [n + 1, n_reference + 1] */
    unsigned char *step; /* the same: how each cell was reached */
    size_t cost_room, step_room;
    int32_t *trial; /* two rows */
    size_t trial_room;
    int32_t *place;                /* [n_reference]: the hypothesis' word before or at each */
    int32_t *wrong, *wrong_before; /* [n_reference + 1], [n + 1]: errors before each place */
    size_t place_room, wrong_room, wrong_before_room;
    int tried;
} heed__edits;

/* Errors HEED_E_INVALID (too many words), HEED_E_NOMEM. */
heed_status heed__edits_count(heed__edits *edits, const uint32_t *hypothesis, size_t n,
                              const uint32_t *reference, size_t n_reference, int64_t *out);
void heed__edits_free(heed__edits *edits);

#endif
