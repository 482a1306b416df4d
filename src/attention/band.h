/* SPDX-License-Identifier: MIT */
/*
 * Masks that go by distance: query i, at key position i + offset, sees key j where the distance
 * i + offset - j is a multiple of `step` from `least` to `most`. All answers are exact.
 */
#ifndef HEED_ATTENTION_BAND_H
#define HEED_ATTENTION_BAND_H

#include "attention/mechanism.h"

typedef struct heed__band {
    int64_t least, most, step; /* step 1 or more */
} heed__band;

/* A side of a band that is open. Positions and offsets stay within 2^61. */
static const int64_t heed__band_open = INT64_C(1) << 61;

/* left and right of a window in keys, `step` apart; -1 = open. */
heed__band heed__band_of(int64_t left, int64_t right, int64_t step);

/* Room for one band a head, as a mask's `built`. */
heed_status heed__bands_take(heed__arena *arena, const heed_attention_options *options,
                             heed__band **out);

/* A mask whose `built` is such bands: its three functions. */
heed__cover heed__bands_cover(const heed__mask_node *node, const heed__place *place,
                              const heed__block *block);
void heed__bands_row(const heed__mask_node *node, const heed__place *place, int64_t i, int64_t j,
                     int64_t n, unsigned char *visible);
int64_t heed__bands_seek(const heed__mask_node *node, const heed__place *place,
                         const heed__block *block, heed__side side);

/* One band. */
heed__cover heed__band_cover(const heed__band *band, const heed__place *place,
                             const heed__block *block);
void heed__band_row(const heed__band *band, const heed__place *place, int64_t i, int64_t j,
                    int64_t n, unsigned char *visible);
int64_t heed__band_seek(const heed__band *band, const heed__place *place, const heed__block *block,
                        heed__side side);

#endif
