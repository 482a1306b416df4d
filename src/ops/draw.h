/* SPDX-License-Identifier: MIT */
/* The random numbers of dropout: a function of (seed, step, node, sequence id, row, column). */
#ifndef HEED_OPS_DRAW_H
#define HEED_OPS_DRAW_H

#include "autograd/op.h"
#include "base/random.h"

typedef struct heed__drop_key {
    uint32_t key[2];
    uint32_t node;
    uint32_t sequence;
} heed__drop_key;

/* The 64-bit seed and the step are mixed by one Philox round trip of their own. */
static inline heed__drop_key heed__drop_key_at(const heed__call *call, int64_t sequence_id)
{
    uint32_t seed[2] = {(uint32_t)call->draw.seed, (uint32_t)(call->draw.seed >> 32)};
    uint32_t counter[4] = {(uint32_t)call->draw.step, (uint32_t)(call->draw.step >> 32), 0,
                           HEED_RANDOM_DROPOUT};
    uint32_t mixed[4];
    heed__philox(seed, counter, mixed);
    return (heed__drop_key){{mixed[0], mixed[1]}, call->node, (uint32_t)sequence_id};
}

/* The first number of a row, uniform in [0, 1). */
static inline float heed__drop_uniform(const heed__drop_key *key, uint64_t row)
{
    uint32_t counter[4] = {0, (uint32_t)row, key->sequence, key->node}, bits[4];
    heed__philox(key->key, counter, bits);
    return (float)(bits[0] >> 8) * 0x1p-24f;
}

#endif
