/* SPDX-License-Identifier: MIT */
#include "attention/dropout.h"

#include "base/random.h"
#include "base/real.h"

/* Numbers from one Philox block: eight of 16 bits. */
enum { DRAWS = 8 };

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

void heed__dropout_row(const uint32_t key[2], uint32_t below, heed_real factor, int64_t i,
                       int64_t j, int64_t n, heed_real *keep)
{
    uint64_t row = (uint64_t)i;
    for (int64_t t = 0; t < n; t += DRAWS) {
        uint64_t block = (uint64_t)(j + t) / DRAWS;
        uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)row,
                               (uint32_t)(row >> 32)},
                 bits[4];
        heed__philox(key, counter, bits);
        for (int64_t u = 0; u < DRAWS && t + u < n; u++) {
            uint32_t drawn = bits[u / 2] >> (16 * (u % 2)) & 0xffffu;
            keep[t + u] = drawn >= below ? factor : 0;
        }
    }
}
