/* SPDX-License-Identifier: MIT */
/* A block of queries against a block of keys: what the tiled walks are made of. */
#ifndef HEED_ATTENTION_TILE_H
#define HEED_ATTENTION_TILE_H

#include "attention/stages.h"
#include "attention/task.h"

enum { HEED_TILE = HEED_QUERY_BLOCK * HEED_KEY_BLOCK };

/* Prepared queries of one (sequence, head): row r is query first + r. */
typedef struct heed__queries {
    int64_t first, count;
    const heed_real *data;
    int64_t stride;
} heed__queries;

/* Prepared keys of one (sequence, key head) from key `first`, for product scores also turned:
 * turned[d * KEY_BLOCK + t]. */
typedef struct heed__key_tile {
    int64_t first;
    heed__keys keys;
    const heed_real *turned;
} heed__key_tile;

/* Are rows of that side used otherwise than as they are? */
int heed__prepares(const heed_attention_plan *plan, heed__side side);

/* Reals that prepared rows need: 0 where they are used as they are. */
size_t heed__prepared_size(const heed_attention_plan *plan, heed__side side, size_t rows);

/* x [D], row `row` of its side, as the score wants it: out [width]. head: the side's own. */
void heed__prepare_row(const heed__run *run, heed__side side, const heed__place *place,
                       int64_t head, int64_t row, const heed_real *x, heed_real *out);

/* gradient (NULL = unwanted) of x += the transposed derivative of prepare_row times d [width],
 * which is used up; also what is learned there. */
void heed__finish_row(const heed__run *run, const heed__partials *partials, heed__side side,
                      const heed__place *place, int64_t head, int64_t row, const heed_real *x,
                      heed_real *d, heed_real *gradient);

/* The same of `count` queries from `first`, whose gradients d [count, width] are used up. */
void heed__finish_queries(const heed__run *run, const heed__partials *partials,
                          const heed__place *place, int64_t first, int64_t count, heed_real *d);

/* Rows first to first + count - 1, count <= QUERY_BLOCK. */
heed__queries heed__tile_queries(const heed__run *run, const heed__place *place, int64_t first,
                                 int64_t count, heed_real *room);

/* Keys of the key head that place->head reads. room: prepared_size(KEY, KEY_BLOCK) reals; turned:
 * [width, KEY_BLOCK], used by product scores (NULL = unwanted). fill 0: both were filled for this
 * block before. */
heed__key_tile heed__tile_keys(const heed__run *run, const heed__place *place, int64_t first,
                               heed_real *room, heed_real *turned, int fill);

/* What the block is, and if partial, visible[row * KEY_BLOCK + t] for each pair. */
heed__cover heed__tile_look(const heed__stage *stage, const heed__queries *queries,
                            const heed__key_tile *keys, unsigned char *visible);

/* s[row * s_row + t], unmasked. room: the score's scratch. */
void heed__tile_scores(const heed__stage *stage, const heed__queries *queries,
                       const heed__key_tile *keys, heed_real *s, int64_t s_row, heed_real *room);

/* c = start + a b as gemm_tile does, start being c or NULL, a being weights [query, key] (a_col 1)
 * or turned ones [key, query] (a_row 1); where visible[query * KEY_BLOCK + key] is 0 the row of b
 * is not touched. visible NULL = all. */
void heed__tile_product(const heed__kernels *kernels, const heed__tile *product,
                        const unsigned char *visible);

#endif
