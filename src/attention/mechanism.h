/* SPDX-License-Identifier: MIT */
/*
 * What a mechanism is to the engines: one row of a table. A new one is a file that defines such a
 * row and a line in tables.c.
 */
#ifndef HEED_ATTENTION_MECHANISM_H
#define HEED_ATTENTION_MECHANISM_H

#include "heed/attention.h"
#include "kernels/kernels.h"

#include <stddef.h>
#include <stdint.h>

/* Blocks of keys start at multiples of KEY_BLOCK, blocks of queries at multiples of QUERY_BLOCK,
 * for every engine: sums over keys are cut there, so the grid is part of the numbers. */
enum { HEED_KEY_BLOCK = 64, HEED_QUERY_BLOCK = 64 };

/* The learned array of a mechanism: one row of `columns` numbers a query head. */
typedef struct heed__slot {
    const char *name; /* NULL = none */
    int64_t (*columns)(const heed_attention_options *options);
} heed__slot;

/* What every row of every table begins with. */
typedef struct heed__entry {
    const char *name, *help;
    size_t record; /* sizeof its parameter record; 0 = it takes a bare heed_attention_part */
    /* NULL, or the rules of the record that its size cannot say. */
    heed_status (*check)(const void *record, const heed_attention_options *options);
    heed__slot parameter;
} heed__entry;

/* A mechanism in a run: its record and its learned array. */
typedef struct heed__self {
    const void *record;         /* NULL = defaults */
    const heed_real *parameter; /* [H, columns] */
} heed__self;

/* One (sequence, head) of a batch. */
typedef struct heed__place {
    int64_t sequence, head;
    int64_t queries, keys;
    int64_t offset; /* query i stands at key position i + offset */
} heed__place;

/* ---- scores */

typedef enum heed__side { HEED_SIDE_QUERY = 0, HEED_SIDE_KEY = 1 } heed__side;

/* A key block as rows: row t is at data + t * stride. */
typedef struct heed__keys {
    int64_t count;
    const heed_real *data;
    int64_t stride;
} heed__keys;

/*
 * s_ij = f(q~_i, k~_j), where x~ = prepare(x) (NULL: as it is). A product score is the dot product
 * of q~ and k~ and brings no more: engines have it in their tiles. Any other brings `row` and
 * `row_backward`.
 */
typedef struct heed__score {
    heed__entry entry;
    int product;
    void (*prepare[2])(const heed__self *self, const heed__kernels *kernels, int64_t head,
                       int64_t n, const heed_real *x, heed_real *out);
    /* gradient of x += the transposed derivative of prepare, times d (the gradient of x~). NULL
     * where prepare is. */
    void (*finish[2])(const heed__self *self, const heed__kernels *kernels, int64_t head, int64_t n,
                      const heed_real *x, const heed_real *d, heed_real *gradient);
    /* How many reals of scratch row and row_backward need. */
    size_t (*scratch)(int64_t n);
    void (*row)(const heed__self *self, const heed__kernels *kernels, int64_t head, int64_t n,
                const heed_real *q, const heed__keys *keys, heed_real *s, heed_real *scratch);
    /* For each key ascending: dq += ds_j ds/dq, dk_j += ds_j ds/dk, dp += ds_j ds/dparameter. Any
     * of dq, dk, dp may be NULL. A key with ds_j = 0 must not be read: it may be masked NaN. */
    void (*row_backward)(const heed__self *self, const heed__kernels *kernels, int64_t head,
                         int64_t n, const heed_real *q, const heed__keys *keys, const heed_real *ds,
                         heed_real *dq, heed_real *dk, int64_t dk_stride, heed_real *dp,
                         heed_real *scratch);
} heed__score;

/* ---- normalisers */

/*
 * A streaming normaliser sees a row's scores block by block, in ascending order, and keeps two
 * statistics a row. Later ones that need the whole row come with an engine of their own.
 */
typedef struct heed__normaliser {
    heed__entry entry;
    /* Scores to unnormalised weights, in place; masked scores are -inf and become 0. Returns the
     * factor that the output so far must be multiplied with (1 = none). */
    heed_real (*block)(const heed__kernels *kernels, int64_t n, heed_real *s, heed_real *top,
                       heed_real *sum);
    /* For `rows` rows: the factor their outputs must be multiplied with at last (into sum), and lse
     * (into top). */
    void (*finish)(const heed__kernels *kernels, int64_t rows, heed_real *top, heed_real *sum);
    /* Scores to final weights, in place, from what finish left. */
    void (*weights)(const heed__kernels *kernels, int64_t n, heed_real *s, heed_real lse);
    /* d[j] = gradient of s_j from p_j, d[j] = gradient of p_j, and delta = <do, o> - dlse. */
    void (*backward)(int64_t n, const heed_real *p, heed_real *d, heed_real delta);
} heed__normaliser;

/* ---- masks */

typedef enum heed__cover { HEED_EMPTY, HEED_PARTIAL, HEED_FULL } heed__cover;

/* Queries query to query + queries - 1 against keys key to key + keys - 1. */
typedef struct heed__block {
    int64_t query, queries, key, keys;
} heed__block;

typedef struct heed__mask heed__mask;

/* A node of a plan's mask expression. */
typedef struct heed__mask_node heed__mask_node;
struct heed__mask_node {
    const heed__mask *mask;
    const void *record;
    const heed__mask_node *children;
    size_t count;
};

struct heed__mask {
    heed__entry entry;
    int combines;       /* 1: the record is a heed_attention_masks */
    int uses_positions; /* 1: needs query_offset where Tq differs from Tk */
    heed__cover (*cover)(const heed__mask_node *node, const heed__place *place,
                         const heed__block *block);
    /* visible[t] = 1 where query i sees key j + t, else 0, for t < n <= HEED_KEY_BLOCK. */
    void (*row)(const heed__mask_node *node, const heed__place *place, int64_t i, int64_t j,
                int64_t n, unsigned char *visible);
};

/* ---- positions */

/* How positions enter the scores. "none" is the only one so far (sinusoidal and learned positions
 * are added to the model's inputs); a scheme that acts on scores adds its stage here and one call
 * in stages.c, where every engine passes. */
typedef struct heed__position {
    heed__entry entry;
} heed__position;

#endif
