/* SPDX-License-Identifier: MIT */
/*
 * The tile of the backward pass below `highest`: all five products on AMX.
 *
 *     s = q k^T          q by rows,      k by columns
 *     d = do v^T         do by rows,     v by columns
 *     dq   += d k        d by rows,      k as it lies
 *     dk^T += q^T d      q^T by rows,    d by columns: no pass turns d
 *     dv^T += do^T p     do^T by rows,   p by columns
 *
 * dk^T and dv^T of a block of keys are summed beside their place, their columns in the order of
 * heed__amx_key, and added at last.
 */
#ifndef HEED_ATTENTION_NARROW_BACK_H
#define HEED_ATTENTION_NARROW_BACK_H

#include "attention/narrow.h"

enum { HEED_STRIPS = HEED_QUERY_BLOCK / HEED_STRIP };

/* A block of queries, laid out. */
typedef struct heed__narrow_rows {
    heed_real *q, *d_o;               /* [STRIPS, chunks of width or Dv] */
    heed_real *q_turned, *d_o_turned; /* [strips of width or Dv, chunks of the queries] */
    heed_real *lse, *delta;           /* [QUERY_BLOCK] */
    int64_t count;
    int odd;
} heed__narrow_rows;

/* A block of keys, laid out, and what is summed for it. */
typedef struct heed__narrow_columns {
    heed_real *k, *v;   /* [KEY_BLOCK / STRIP, chunks of width or Dv] */
    heed_real *k_down;  /* [strips of width, chunks of the keys] */
    heed_real *dk, *dv; /* [strips of width or Dv times STRIP, KEY_BLOCK] */
    int *odd;
    int64_t count;
} heed__narrow_columns;

typedef struct heed__narrow_back {
    const heed__amx *amx;
    const heed__amx_softmax *softmax;
    int parts; /* 0 = float32 is used, and nothing below is there */
    int fuses; /* between the products there is softmax's own derivative, and nothing more */
    int64_t width, value_size;
    heed_real *rows, *columns;       /* of all blocks */
    int64_t rows_size, columns_size; /* of one block */
    heed_real *weights, *d_by_query, *d_by_key, *turned;
    heed_real *one_k, *one_v; /* [width or Dv, KEY_BLOCK]: for a tile that is float32's */
} heed__narrow_back;

heed__narrow_back heed__narrow_back_of(heed__carver *carver, const heed_attention_plan *plan,
                                       int64_t query_blocks, int64_t key_blocks);

/* Block `at` of queries: their rows and those of do. states: theirs. */
heed__narrow_rows heed__narrow_rows_start(const heed__narrow_back *n, int64_t at,
                                          const heed__queries *q, const heed_real *d_o,
                                          int64_t d_o_row, const heed__row_state *states);

/* Block `at` of keys; fill 0: started before. */
heed__narrow_columns heed__narrow_columns_start(const heed__narrow_back *n, int64_t at,
                                                const heed__keys *k, const heed_real *v,
                                                int64_t v_row, int fill);

/* s = q k^T and d = do v^T, [queries, keys]. Returns 0 where the tile is float32's. */
int heed__narrow_back_scores(const heed__narrow_back *n, const heed__narrow_rows *rows,
                             const heed__narrow_columns *columns, heed_real *s, heed_real *d);

/* Lays out p and the gradient of s from shaped scores and d or, if `given`, as they are. Returns 0
 * where the products are float32's. */
int heed__narrow_back_weights(const heed__narrow_back *n, const heed__narrow_rows *rows,
                              int64_t keys, const heed_real *s, const heed_real *d, int given);

/* The three sums; dq NULL, makes_dk 0, makes_dv 0 = unwanted. */
void heed__narrow_back_sums(const heed__narrow_back *n, const heed__narrow_rows *rows,
                            const heed__narrow_columns *columns, heed_real *dq, int64_t dq_row,
                            int makes_dk, int makes_dv);

/* dk and dv += what was summed; NULL = unwanted. */
void heed__narrow_back_finish(const heed__narrow_back *n, const heed__narrow_columns *columns,
                              const heed__kernels *kernels, heed_real *dk, int64_t dk_row,
                              heed_real *dv, int64_t dv_row);

#endif
