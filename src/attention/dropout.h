/* SPDX-License-Identifier: MIT */
/* Dropout of attention weights by counter: whether (i, j) is kept is a pure function of (seed,
 * step, layer, sequence id, head, i, j). */
#ifndef HEED_ATTENTION_DROPOUT_H
#define HEED_ATTENTION_DROPOUT_H

#include "heed/attention.h"

/* The key of one (seed, step, layer, sequence id, head) and purpose, a HEED_RANDOM_. */
void heed__draw_key(const heed_attention_batch *batch, int64_t sequence, int64_t head,
                    uint32_t purpose, uint32_t key[2]);

#endif
