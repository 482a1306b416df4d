/* SPDX-License-Identifier: MIT */
/*
 * The products of the tiles below `highest`: rows laid out in bfloat16 for AMX (kernels/amx.h),
 * strips of 32 queries against a block of keys. Where an infinity or a NaN is among them, the tile
 * is float32's.
 */
#ifndef HEED_ATTENTION_NARROW_H
#define HEED_ATTENTION_NARROW_H

#include "attention/tile.h"
#include "kernels/amx_softmax.h"

enum { HEED_STRIP = HEED_AMX_BLOCK };

typedef struct heed__narrow {
    const heed__amx *amx; /* NULL = float32 is used, and nothing below is there */
    const heed__amx_softmax *softmax;
    int parts;
    int fuses; /* between the products there is softmax, and nothing more but on scores */
    int64_t width, value_size;
    heed_real *queries;      /* [strips, chunks of width]: units */
    heed_real *keys;         /* [KEY_BLOCK / STRIP, chunks of width] */
    heed_real *values;       /* [strips of Dv, chunks of KEY_BLOCK] */
    heed__amx_block *blocks; /* of one strip's product and another's scores */
    int *odd_queries;        /* [strips]: an infinity or NaN is among them */
    int odd_query, odd;      /* in any strip; among the keys and values */
} heed__narrow;

/* How many bfloat16 to an operand this plan's products may use; 0 = float32, with the reason in
 * why. */
int heed__narrow_parts(const heed_attention_plan *plan, char *why, size_t size);

/* How many they use now: those of the plan, unless its context has come to ask for more than they
 * give. */
int heed__narrow_now(const heed_attention_plan *plan);

/* Carves room for so many strips of queries; for plans in float32 none. */
heed__narrow heed__narrow_of(heed__carver *carver, const heed_attention_plan *plan, int64_t strips);

/* Lays out at most STRIP queries. */
void heed__narrow_queries(heed__narrow *n, int64_t strip, const heed__queries *queries);

/* Lays out a block of keys and its values. Returns 0 where some tile of it will be float32's. */
int heed__narrow_keys(heed__narrow *n, const heed__keys *keys, const heed_real *v, int64_t v_row);

/* A strip of queries against the block of keys: its own laid-out queries, whole strips of scores
 * [STRIP, KEY_BLOCK], of weights (chunks of KEY_BLOCK) and of the output, whose rows have room for
 * whole strips of Dv. */
typedef struct heed__narrow_strip {
    int64_t strip, rows, keys;
    heed_real *s, *weights, *o;
    int64_t o_row;
} heed__narrow_strip;

/* Is the tile not float32's? */
static inline int heed__narrow_can(const heed__narrow *n, int64_t strip)
{
    return !n->odd && !n->odd_queries[strip];
}

/* s = q k^T */
void heed__narrow_scores(const heed__narrow *n, const heed__narrow_strip *x);

/* o += weights v */
void heed__narrow_product(const heed__narrow *n, const heed__narrow_strip *x);

/* Shaped scores become weights, as heed__softmax_block has them; meanwhile the product of one other
 * strip and the scores of another are made (NULL = none). */
void heed__narrow_softmax(const heed__narrow *n, const heed__narrow_strip *x, heed_real *top,
                          heed_real *sum, heed_real *factor, const heed__narrow_strip *product,
                          const heed__narrow_strip *scores);

/* The weights that stand in s are laid out. Returns 0 where some of them are odd. */
int heed__narrow_weights(const heed__narrow *n, const heed__narrow_strip *x);

#endif
