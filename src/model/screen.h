/* SPDX-License-Identifier: MIT */
/*
 * The greatest logits of an output layer without all of them. A row of states alone reads every
 * weight for one multiplication, so what it costs is their bytes. A copy of the weights in a
 * quarter of them gives each logit with a bound on its error, and only those that can be the
 * greatest are then computed, with the bits that the whole product has.
 */
#ifndef HEED_MODEL_SCREEN_H
#define HEED_MODEL_SCREEN_H

#include "nn/layers.h"

typedef struct heed__screen heed__screen;

/* More rows at once are cheaper as a product. */
enum { HEED_SCREEN_ROWS = 8 };

/* Are products chains of float32, at the context's precision on this machine? */
int heed__screen_fits(const heed_context *context);
/* The weights must not change after. *out is NULL, without an error, where nothing can be bounded:
 * they are not all finite, or the precision does not fit. */
heed_status heed__screen_create(heed_context *context, const heed__linear *output,
                                heed__screen **out);
/* scores [rows, n] of x [rows, k], at most HEED_SCREEN_ROWS, where the precision still fits: exact
 * for the `apart` tokens and the greatest of all others (all that are equal to it too); the rest
 * are exact or -inf. Rows that cannot be bounded (a NaN among them) are computed whole. */
void heed__screen_run(heed__screen *screen, int64_t rows, const float *x, const int32_t *apart,
                      int64_t n_apart, float *scores);
void heed__screen_destroy(heed__screen **screen);

#endif
