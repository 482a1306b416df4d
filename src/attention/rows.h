/* SPDX-License-Identifier: MIT */
/* Whole rows of scores: a block of queries against all keys. For normalisers that need them. */
#ifndef HEED_ATTENTION_ROWS_H
#define HEED_ATTENTION_ROWS_H

#include "attention/tile.h"

typedef struct heed__rows_scratch {
    heed_real *queries, *keys, *turned, *score; /* see tile.h */
    heed_real *s;           /* [QUERY_BLOCK, stride]; one tile where the normaliser streams */
    int64_t stride;         /* of s: whole key blocks */
    unsigned char *visible; /* [QUERY_BLOCK, KEY_BLOCK] */
} heed__rows_scratch;

heed__rows_scratch heed__rows_scratch_of(heed__carver *carver, const heed_attention_plan *plan);

/* Keys first to end - 1, cut at blocks: none of the others is seen by any query of a block. */
typedef struct heed__key_range {
    int64_t first, end;
} heed__key_range;

/* The queries' scores with all stages, -inf where masked, into room->s: key j's at column j, for
 * the keys in the range that it returns. */
heed__key_range heed__rows_scores(const heed__stage *stage, const heed__queries *queries,
                                  const heed__rows_scratch *room);

/* Row r of room->s, normalised in place; stats [HEED_STATS]. */
void heed__rows_normalise(const heed__stage *stage, const heed__queries *queries,
                          heed__key_range range, int64_t r, const heed__rows_scratch *room,
                          heed_real *stats);

#endif
