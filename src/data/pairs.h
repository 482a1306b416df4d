/* SPDX-License-Identifier: MIT */
/* A set of pairs of ids, numbered from 0 in the order they came. */
#ifndef HEED_DATA_PAIRS_H
#define HEED_DATA_PAIRS_H

#include "heed/status.h"

#include <stddef.h>
#include <stdint.h>

/* Starts from zero. */
typedef struct heed__pairs {
    int64_t n;
    uint64_t *items; /* [n] */
    size_t room;
    uint32_t *slots; /* number + 1 of the item, 0 = free */
    size_t slot_count;
} heed__pairs;

static inline uint64_t heed__pair(int64_t first, int64_t second)
{
    return (uint64_t)first << 32 | (uint32_t)second;
}

/* Number of the pair, -1 when it is not there. */
int64_t heed__pairs_find(const heed__pairs *pairs, uint64_t pair);
heed_status heed__pairs_add(heed__pairs *pairs, uint64_t pair, int64_t *out);
void heed__pairs_free(heed__pairs *pairs);

#endif
