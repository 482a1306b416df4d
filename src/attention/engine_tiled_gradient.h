/* SPDX-License-Identifier: MIT */
/* The tiled engine backwards: one block of queries against one block of keys. */
#ifndef HEED_ATTENTION_ENGINE_TILED_GRADIENT_H
#define HEED_ATTENTION_ENGINE_TILED_GRADIENT_H

#include "attention/engine_tiled.h"
#include "attention/narrow_back.h"

typedef struct heed__gradient_scratch {
    heed_real *queries, *d_queries; /* [rows, width]: prepared, and its gradient */
    heed_real *keys, *d_keys;       /* [key blocks, KEY_BLOCK, width]: likewise */
    /* [key blocks, width or Dv, KEY_BLOCK]: turned k and v; on AMX of one block, for a tile that is
     * float32's */
    heed_real *turned, *values;
    heed__narrow_back narrow; /* parts 0: in float32 */
    heed_real *d_rows;        /* [rows, row_columns]: the queries' own sums */
    heed__row_state *states;  /* [rows] */
    heed_real *score, *s, *d;
    unsigned char *visible;
} heed__gradient_scratch;

/* A block of queries with what belongs to its rows. */
typedef struct heed__gradient_rows {
    heed__queries queries;
    const heed_real *d_o;
    const heed__row_state *states;
    heed__narrow_rows narrow;
    heed_real *dq, *d_rows; /* NULL = not made here */
    int64_t dq_stride;
    int owner; /* makes what belongs to queries */
    /* The gradient of stage `pair_stage`'s pairs: of query `first` and key 0, pair_row apart. NULL
     * = not made here. */
    heed_real *pairs;
    int pair_stage;
    int64_t pair_row;
} heed__gradient_rows;

/* A block of keys likewise. */
typedef struct heed__gradient_keys {
    heed__key_tile keys;
    const heed_real *v, *values; /* as it lies, and turned */
    heed__narrow_columns narrow;
    heed_real *dk, *dv;
    int64_t dk_stride;
} heed__gradient_keys;

heed__gradient_scratch heed__gradient_scratch_of(heed__carver *carver,
                                                 const heed_attention_plan *plan,
                                                 int64_t query_rows, int64_t key_blocks);

/* Chooses how a sequence's products are made; on AMX the calling thread begins (and must end). */
void heed__gradient_begin(heed__gradient_scratch *room, const heed__run *run, int64_t sequence);
void heed__gradient_end(const heed__gradient_scratch *room);

/* count <= QUERY_BLOCK queries from `first`, using the scratch from row `at`. */
heed__gradient_rows heed__gradient_rows_start(const heed__stage *stage, const heed__tiled_job *job,
                                              const heed__gradient_scratch *room, int64_t first,
                                              int64_t count, int64_t at, int makes_dq);
/* Adds up dq and the learned array's partial sum. */
void heed__gradient_rows_finish(const heed__stage *stage, const heed__tiled_job *job,
                                const heed__gradient_rows *rows);

/* The key block from `first`, using the scratch of block `at`; fill 0: started before. */
heed__gradient_keys heed__gradient_keys_start(const heed__run *run,
                                              const heed__gradient_scratch *room,
                                              const heed__place *place, int64_t first, int64_t at,
                                              int makes_dk, int fill);
void heed__gradient_keys_finish(const heed__tiled_job *job, const heed__gradient_scratch *room,
                                int64_t sequence, int64_t key_head,
                                const heed__gradient_keys *keys);

/* Adds what the pair contributes to each gradient that is made. */
void heed__gradient_tile(const heed__stage *stage, const heed__gradient_scratch *room,
                         const heed__gradient_rows *rows, const heed__gradient_keys *keys);

#endif
