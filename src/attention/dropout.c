/* SPDX-License-Identifier: MIT */
#include "attention/dropout.h"

#include "base/random.h"
#include "base/real.h"

void heed__draw_key(const heed_attention_batch *batch, int64_t sequence, int64_t head,
                    uint32_t purpose, uint32_t key[2])
{
    uint64_t id = batch->sequence_ids ? batch->sequence_ids[sequence] : (uint64_t)sequence;
    uint32_t seed[2] = {(uint32_t)batch->seed, (uint32_t)(batch->seed >> 32)}, mixed[4];
    uint32_t step[4] = {(uint32_t)batch->step, (uint32_t)(batch->step >> 32), batch->layer,
                        purpose};
    heed__philox(seed, step, mixed);
    uint32_t place[4] = {(uint32_t)id, (uint32_t)(id >> 32), (uint32_t)head, mixed[2]}, out[4];
    heed__philox(mixed, place, out);
    key[0] = out[0];
    key[1] = out[1];
}
