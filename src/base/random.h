/* SPDX-License-Identifier: MIT */
/*
 * Counter-based random numbers: Philox 4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011). A number is a function of (key, counter) only, so it is
 * the same for any thread, tile or machine, and nothing is stored to draw it again.
 */
#ifndef HEED_BASE_RANDOM_H
#define HEED_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* out = Philox(key, counter). */
void heed__philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4]);

/* A stream for code that draws one number after another (initial weights, shuffles). Streams with
 * different (seed, purpose) are independent. */
typedef struct heed__random {
    uint32_t key[2];
    uint32_t purpose;
    uint64_t drawn; /* 32-bit words drawn so far: the whole state, saved in checkpoints */
    uint32_t block[4];
    uint64_t made; /* which block that is, plus one; 0 = none yet */
} heed__random;

void heed__random_start(heed__random *random, uint64_t seed, uint32_t purpose);
uint32_t heed__random_bits(heed__random *random);
/* Uniform in [0, 1), 24 bits. */
float heed__random_uniform(heed__random *random);
/* Uniform in 0 .. n-1, n > 0, without bias. */
uint64_t heed__random_below(heed__random *random, uint64_t n);
/* Fisher-Yates. */
void heed__random_shuffle(heed__random *random, int64_t *items, size_t n);

/* What the streams are for; each has its own number so that none overlaps another. */
enum {
    HEED_RANDOM_WEIGHTS = 1,
    HEED_RANDOM_SPLIT = 2,
    HEED_RANDOM_ORDER = 3,
    HEED_RANDOM_DROPOUT = 4,
    HEED_RANDOM_EXPLAIN = 5,
    HEED_RANDOM_CHECK = 6,
    HEED_RANDOM_SAMPLE = 7,
    HEED_RANDOM_MIX = 8,
    HEED_RANDOM_GUMBEL = 9,
    HEED_RANDOM_TUNE = 20
};

#endif
