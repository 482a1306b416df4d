/* SPDX-License-Identifier: MIT */
/*
 * Keys and values of hypotheses in search. Each live hypothesis owns a slot with room for
 * `positions` rows in every layer's array. A hypothesis that goes on takes its parent's slot; only
 * a parent's further children are given copies.
 */
#ifndef HEED_MODEL_DECODER_CACHE_H
#define HEED_MODEL_DECODER_CACHE_H

#include "autograd/tape.h"
#include "base/memory.h"

typedef struct heed__cache_layer {
    heed_real *data; /* [slots, positions, columns] */
    int64_t columns;
} heed__cache_layer;

typedef struct heed__cache {
    int64_t layers, slots, positions; /* room */
    heed__cache_layer *layer;
    int64_t rows;              /* live hypotheses */
    int64_t *slot, *fresh;     /* [slots] slot of each row, now and while they change */
    int64_t *starts, *lengths; /* [slots] of each row: the operator's view */
    int64_t *newest;           /* [slots] the position of each row's newest key */
    int64_t *target;           /* [slots] the array row that each row's newest key goes to */
    unsigned char *taken;      /* [slots] */
} heed__cache;

heed_status heed__cache_create(int64_t layers, int64_t columns, heed__cache *cache);
void heed__cache_free(heed__cache *cache);
/* No hypotheses. */
void heed__cache_clear(heed__cache *cache);
/* Before a step at `position`: row i goes on from row parents[i] (position 0: from nothing), and
 * has position + 1 keys once the step has stored its own. */
heed_status heed__cache_advance(heed__cache *cache, int64_t position, int64_t rows,
                                const int64_t *parents);
/* Records that columns [column, column + columns) of x [rows, ..] are stored as the newest keys of
 * a layer, before what is recorded after it reads them. */
void heed__cache_store(heed__cache *cache, int64_t layer, heed__tape *tape, heed__var x,
                       int64_t column);
/* A layer's array as a constant, [slots x positions, columns]. */
heed__var heed__cache_var(const heed__cache *cache, int64_t layer, heed__tape *tape);

#endif
