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

/* Four 32-bit draws for columns 4*group .. 4*group+3 of this row. */
static inline void heed__drop_bits(const heed__drop_key *key, uint64_t row, uint32_t group,
                                   uint32_t out[4])
{
    uint32_t counter[4] = {group, (uint32_t)row, key->sequence, key->node};
    heed__philox(key->key, counter, out);
}

/* Uniform in [0, 1). */
static inline float heed__drop_uniform(const heed__drop_key *key, uint64_t row, uint32_t column)
{
    uint32_t bits[4];
    heed__drop_bits(key, row, column / 4, bits);
    return (float)(bits[column % 4] >> 8) * 0x1p-24f;
}

#endif
