/* SPDX-License-Identifier: MIT */
/*
 * The two products of the forward tiles below `highest`: rows laid out in bfloat16 for AMX
 * (kernels/amx.h), strips of 32 queries against a block of keys.
 */
#ifndef HEED_ATTENTION_NARROW_H
#define HEED_ATTENTION_NARROW_H

#include "attention/tile.h"
#include "kernels/amx.h"

enum { HEED_STRIP = HEED_AMX_BLOCK };

/* A sequence of fewer queries stays in float32: laying its keys out would cost more than it gives.
 * By its own queries, never by those of its batch. */
enum { HEED_NARROW_QUERIES = 128 };

typedef struct heed__narrow {
    const heed__amx *amx; /* NULL = float32 is used, and nothing below is there */
    int parts;
    int64_t width, value_size;
    heed_real *queries;       /* [strips, chunks of width]: units */
    heed_real *keys;          /* [KEY_BLOCK / STRIP, chunks of width] */
    heed_real *values;        /* [strips of Dv, chunks of KEY_BLOCK] */
    heed_real *weights;       /* [chunks of KEY_BLOCK] */
    int *odd_queries;         /* [strips]: an infinity or NaN is among them */
    int odd_keys, odd_values; /* likewise */
} heed__narrow;

/* How many bfloat16 to an operand this plan's forward pass may use; 0 = float32, with the reason in
 * why. */
int heed__narrow_parts(const heed_attention_plan *plan, char *why, size_t size);

/* Carves room for so many strips of queries; for plans in float32 none. */
heed__narrow heed__narrow_of(heed__carver *carver, const heed_attention_plan *plan, int64_t strips);

/* Lays out at most STRIP queries. */
void heed__narrow_queries(heed__narrow *n, int64_t strip, const heed__queries *queries);

/* Lays out a block of keys and its values. */
void heed__narrow_keys(heed__narrow *n, const heed__keys *keys, const heed_real *v, int64_t v_row);

/* s = q k^T, [rows, keys] */
void heed__narrow_scores(const heed__narrow *n, int64_t strip, int64_t rows, int64_t keys,
                         heed_real *s, int64_t s_row);

/* o += s v. Returns 0, and has done nothing, where some of s is hidden and v has an infinity or
 * NaN, which might be hidden too. */
int heed__narrow_product(const heed__narrow *n, const heed__scores *s, int hides, heed_real *o,
                         int64_t o_row);

#endif
