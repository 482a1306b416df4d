/* SPDX-License-Identifier: MIT */
#include "base/random.h"

enum { ROUNDS = 10 };

void heed__philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4])
{
    uint32_t k0 = key[0], k1 = key[1];
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        uint32_t n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u; /* golden ratio */
        k1 += 0xBB67AE85u; /* sqrt(3) - 1 */
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

void heed__random_start(heed__random *random, uint64_t seed, uint32_t purpose)
{
    *random = (heed__random){.key = {(uint32_t)seed, (uint32_t)(seed >> 32)}, .purpose = purpose};
}

uint32_t heed__random_bits(heed__random *random)
{
    uint64_t at = random->drawn++, block = at / 4;
    if (random->made != block + 1) { /* also when a checkpoint resumed inside a block */
        uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), random->purpose, 0};
        heed__philox(random->key, counter, random->block);
        random->made = block + 1;
    }
    return random->block[at % 4];
}

float heed__random_uniform(heed__random *random)
{
    return (float)(heed__random_bits(random) >> 8) * 0x1p-24f;
}

uint64_t heed__random_below(heed__random *random, uint64_t n)
{
    uint64_t limit = UINT64_MAX - UINT64_MAX % n; /* above it, the remainder would be biased */
    for (;;) {
        uint64_t high = heed__random_bits(random);
        uint64_t drawn = high << 32 | heed__random_bits(random);
        if (drawn < limit) return drawn % n;
    }
}

void heed__random_shuffle(heed__random *random, int64_t *items, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)heed__random_below(random, i);
        int64_t item = items[i - 1];
        items[i - 1] = items[j];
        items[j] = item;
    }
}
