/* SPDX-License-Identifier: MIT */
/* Bags: any number of ids for each token, beside its own. */
#ifndef HEED_DATA_BAGS_H
#define HEED_DATA_BAGS_H

#include "heed/status.h"

#include <stddef.h>
#include <stdint.h>

/* What the ids are: of n-grams of tokens, the first of which is this one; of n-grams of characters
 * within the token. */
enum { HEED_BAGS_TOKENS = 0, HEED_BAGS_CHARACTERS = 1, HEED_BAGS = 2 };

/* Token t has ids[offsets[t]] to ids[offsets[t + 1] - 1]. Starts from zero; grows as it is filled,
 * and is used again after heed__bags_empty. offsets NULL = there are none. */
typedef struct heed__bags {
    int64_t n;        /* tokens whose bags are closed */
    int64_t used;     /* ids, those of the open bag too */
    int64_t *offsets; /* [n + 1] */
    int32_t *ids;
    size_t offsets_room, ids_room;
} heed__bags;

void heed__bags_free(heed__bags *bags);

/* Room for so many tokens and ids, so that filling takes no memory up to there; empty. */
heed_status heed__bags_reserve(heed__bags *bags, int64_t tokens, int64_t ids);
heed_status heed__bags_empty(heed__bags *bags);

/* Adds an id to the bag of the token that comes next; closing it begins another. */
heed_status heed__bags_add(heed__bags *bags, int32_t id);
heed_status heed__bags_close(heed__bags *bags);

/* Adds the bags of tokens first to first + n - 1 of another, or of itself where it was emptied and
 * no more was added since than comes before `first`. */
heed_status heed__bags_append(heed__bags *bags, const heed__bags *from, int64_t first, int64_t n);

/* How many ids tokens first to last - 1 have. */
static inline int64_t heed__bags_count(const heed__bags *bags, int64_t first, int64_t last)
{
    return bags->offsets ? bags->offsets[last] - bags->offsets[first] : 0;
}

#endif
