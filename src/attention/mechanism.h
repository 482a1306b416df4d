/* SPDX-License-Identifier: MIT */
/*
 * What a mechanism is to the engines: one row of a table. A new one is a file that defines such a
 * row and a line in tables.c.
 */
#ifndef HEED_ATTENTION_MECHANISM_H
#define HEED_ATTENTION_MECHANISM_H

#include "base/memory.h"
#include "base/random.h"
#include "heed/attention.h"
#include "kernels/kernels.h"

#include <stddef.h>
#include <stdint.h>

/* Blocks of keys start at multiples of KEY_BLOCK, blocks of queries at multiples of QUERY_BLOCK,
 * for every engine: sums over keys are cut there, so the grid is part of the numbers. */
enum { HEED_KEY_BLOCK = 64, HEED_QUERY_BLOCK = 64 };

/* Bounds of a descriptor: stages, arrays of one mechanism, learned arrays of all. */
enum { HEED_STAGES = 8, HEED_SELF_SLOTS = 4, HEED_SELF_EXTRAS = 2, HEED_SLOTS = 24 };

typedef enum heed__side { HEED_SIDE_QUERY = 0, HEED_SIDE_KEY = 1 } heed__side;

/* A learned array of a mechanism: one row of `columns` numbers a query head (HEED_SIDE_QUERY), or a
 * key head. */
typedef struct heed__slot {
    const char *name; /* such as "score.weight"; NULL ends the list */
    /* 0 = with this record there is no such array: its `parameter` is NULL. */
    int64_t (*columns)(const heed_attention_options *options, const void *record);
    heed__side side;
    /* 1: its gradient comes from `finish` alone (of a score), a row at a time; no row of its own is
     * kept for each query of a block. Slots of the key side must have it. */
    int from_finish;
    heed_attention_range range; /* who learns it holds it within */
    /* NULL, or what the loss pays for each unit of each number, as the record says: who learns it
     * adds that to the gradient. */
    heed_real (*price)(const heed_attention_options *options, const void *record);
    /* Of slots with one number a head: what it comes to, and that one's name. NULL = the number. */
    const char *reads;
    heed_real (*reading)(const void *record, heed_real number);
} heed__slot;

/* First values of a learned array, where a model begins to learn it. */
typedef struct heed__beginning {
    const heed_attention_options *options;
    const void *record;
    int64_t heads, columns; /* of the array */
    heed__random *random;
} heed__beginning;

/* Row `head` of it, which is zeros. heed__begin_glorot: uniform, by the shape of the array. */
typedef void (*heed__begin)(const heed__beginning *b, int64_t head, heed_real *row);
void heed__begin_ones(const heed__beginning *b, int64_t head, heed_real *row);
void heed__begin_glorot(const heed__beginning *b, int64_t head, heed_real *row);
/* n numbers in [-limit, limit), limit = sqrt(6 / (in + out)): a matrix within a row. */
void heed__begin_matrix(const heed__beginning *b, int64_t in, int64_t out, int64_t n,
                        heed_real *row);

/* What an array of the batch looks like: see heed_attention_extra. */
typedef struct heed__extra {
    const char *name; /* NULL ends the list */
    heed_attention_extra_kind kind;
} heed__extra;

/* A setting of a record. */
typedef struct heed__field {
    const char *name; /* NULL ends the list */
    heed_attention_field_kind kind;
    size_t offset;
    const char *help; /* range and default */
} heed__field;

/* What every row of every table begins with. */
typedef struct heed__entry {
    const char *name, *help;
    size_t record;             /* sizeof its parameter record; 0 = a bare heed_attention_part */
    const heed__field *fields; /* NULL = none */
    /* NULL, or the rules of the record that its size cannot say. record NULL = all defaults. */
    heed_status (*check)(const void *record, const heed_attention_options *options);
    /* NULL, or what is computed once a plan (tables of angles and the like), in the plan's arena.
     */
    heed_status (*build)(heed__arena *arena, const void *record,
                         const heed_attention_options *options, const void **out);
    heed__slot slots[HEED_SELF_SLOTS + 1];
    heed__begin begin[HEED_SELF_SLOTS]; /* of each slot; NULL = zeros */
    int decays; /* 1: its learned arrays are weights, which weight decay may shrink */
    heed__extra extras[HEED_SELF_EXTRAS + 1];
    heed_attention_range ranges[HEED_SELF_EXTRAS];
    int uses_lengths;   /* 1: what a query sees depends on how many keys there are in all, so that a
                           text that grows changes what was */
    int late_extras;    /* 1: backward alone reads them, and they have no gradient */
    int uses_positions; /* 1: needs query_offset where Tq differs from Tk */
    int (*by_position)(const void *record); /* NULL, or likewise, as this record says */
} heed__entry;

/* A mechanism in a run. */
typedef struct heed__self {
    const void *record, *built; /* NULL = defaults; nothing built */
    const heed_attention_options *options;
    const heed_attention_batch *batch;
    const heed__kernels *kernels;
    int64_t width;                               /* of prepared rows */
    const heed_real *parameter[HEED_SELF_SLOTS]; /* [H or Hkv, columns] */
    const heed_attention_extra *extra[HEED_SELF_EXTRAS];
} heed__self;

/* One (sequence, head) of a batch. */
typedef struct heed__place {
    int64_t sequence, head;
    int64_t queries, keys;
    int64_t offset; /* query i stands at key position i + offset */
    const heed_attention_batch *batch;
} heed__place;

/* Query `query` against the n <= KEY_BLOCK keys from `key` (whole rows: against all keys, or all
 * but blocks at either end that are hidden, which must not change a bit). */
typedef struct heed__line {
    const heed__place *place;
    int64_t query, key, n;
    const heed_real *q;    /* prepared, [width] */
    const heed_real *keep; /* dropout's [n], where it has been drawn already; or NULL */
    /* backward, NULL where not wanted: gradient of q, and of each learned array (a row's own sum)
     */
    heed_real *dq;
    heed_real *dp[HEED_SELF_SLOTS];
    int owner; /* backward: this call adds to gradients of the batch's arrays of this query */
    /* backward: where the stage of that number adds the gradient of its pairs; NULL elsewhere */
    heed_real *pairs;
    int pair_stage;
} heed__line;

/* ---- scores */

/* A key block as rows: row t is at data + t * stride. */
typedef struct heed__keys {
    int64_t count;
    const heed_real *data;
    int64_t stride;
} heed__keys;

/*
 * s_ij = f(q~_i, k~_j), where x~ = prepare(x) (NULL: as it is). A product score is the dot product
 * of q~ and k~ and brings no more: engines have it in their tiles. Any other brings `row` and
 * `row_backward`. head: the query head, for keys the key head.
 */
typedef struct heed__score heed__score;
struct heed__score {
    heed__entry entry;
    const heed__score *like; /* NULL, or whose functions these are: only the entry is its own */
    int product;
    /* Length of prepared rows; NULL = D. */
    int64_t (*width)(const heed_attention_options *options, const void *record);
    void (*prepare[2])(const heed__self *self, int64_t head, const heed_real *x, heed_real *out);
    /* gradient of x += the transposed derivative of prepare, times d (the gradient of x~); dp[slot]
     * likewise, for from_finish slots of that side. gradient and dp[slot] NULL: not wanted. NULL
     * where prepare is. */
    void (*finish[2])(const heed__self *self, int64_t head, const heed_real *x, const heed_real *d,
                      heed_real *gradient, heed_real *const *dp);
    /* NULL, or prepare and finish of queries are products with this number. */
    heed_real (*query_factor)(const heed__self *self);
    /* How many reals of scratch row and row_backward need. */
    size_t (*scratch)(int64_t width);
    void (*row)(const heed__self *self, int64_t head, const heed_real *q, const heed__keys *keys,
                heed_real *s, heed_real *scratch);
    /* For each key ascending: dq += ds_j ds/dq, dk_j += ds_j ds/dk, dp += ds_j ds/dparameter. Any
     * of dq, dk, dp[slot] may be NULL. A key with ds_j = 0 must not be read: it may be masked NaN.
     */
    void (*row_backward)(const heed__self *self, int64_t head, const heed_real *q,
                         const heed__keys *keys, const heed_real *ds, heed_real *dq, heed_real *dk,
                         int64_t dk_stride, heed_real *const *dp, heed_real *scratch);
};

/* ---- positions that turn rows */

typedef struct heed__position {
    heed__entry entry;
    /* A prepared row at position `at`, in place; sign -1 undoes it (it is orthogonal, up to a
     * factor that both directions have). NULL = rows stay as they are. */
    void (*turn)(const heed__self *self, int64_t at, int sign, heed_real *x);
} heed__position;

/* ---- stages: what happens to scores, and to weights */

typedef enum heed__cover { HEED_EMPTY, HEED_PARTIAL, HEED_FULL } heed__cover;

/* Queries query to query + queries - 1 against keys key to key + keys - 1. */
typedef struct heed__block {
    int64_t query, queries, key, keys;
} heed__block;

/*
 * A mask's `seek`, NULL or where a walk over blocks may go on: the first key of the block (side
 * KEY) that one of its queries may see, or the first query (side QUERY) that may see one of its
 * keys; the block's end where there is none. Too early a place is only slow, too late is wrong.
 *
 * Any function may be NULL. Of masked pairs, s may hold anything, d holds 0 and must keep it.
 */
typedef struct heed__shaper {
    heed__entry entry;
    /* Scores, in place. backward: d = gradient of the result, becomes that of s, the scores that
     * came in (0 where masked). */
    void (*forward)(const heed__self *self, const heed__line *line, heed_real *s);
    void (*backward)(const heed__self *self, const heed__line *line, const heed_real *s,
                     heed_real *d);
    /* Weights after the normaliser, in place; p came in. */
    void (*weigh)(const heed__self *self, const heed__line *line, heed_real *p);
    void (*weigh_back)(const heed__self *self, const heed__line *line, const heed_real *p,
                       heed_real *d);
    /* What the values get from positions: o [Dv] += sum_t w_t a_t; backward: d_t += <do, a_t> and
     * the gradient of a. */
    void (*values)(const heed__self *self, const heed__line *line, const heed_real *w,
                   heed_real *o);
    void (*values_back)(const heed__self *self, const heed__line *line, const heed_real *w,
                        const heed_real *d_o, heed_real *d);
    /* As a mask's: a stage may hide keys. */
    heed__cover (*cover)(const heed__self *self, const heed__place *place,
                         const heed__block *block);
    void (*row)(const heed__self *self, const heed__place *place, int64_t i, int64_t j, int64_t n,
                unsigned char *visible);
    int64_t (*seek)(const heed__self *self, const heed__place *place, const heed__block *block,
                    heed__side side);
    /* 1: it reads line->q as D numbers that no position has turned; refused with others. */
    int reads_query;
    /* 1: its extra 0 is an array of pairs with a gradient: backward adds to line->pairs. A pass of
     * its own sums it over the sequences, heads and queries that share it, in order. */
    int pairs;
} heed__shaper;

/* ---- normalisers */

/* What a normaliser keeps of a row: stats[0] goes out as lse. In the backward pass sums come from
 * `gather`, and delta is <do, o> - d_lse. */
enum { HEED_STATS = 4, HEED_SUMS = 3 };
typedef struct heed__row_state {
    heed_real stats[HEED_STATS], sums[HEED_SUMS], delta, d_lse;
} heed__row_state;

/*
 * Either it streams: sees a row's scores block by block, in ascending order, keeps two numbers a
 * row and ends with lse alone; or it takes `whole` rows. Masked scores are -inf; their weight must
 * be 0.
 */
/* Scores of consecutive queries against one block of keys: rows x n. */
typedef struct heed__scores {
    int64_t rows, n;
    heed_real *s;
    int64_t row; /* stride */
} heed__scores;

typedef struct heed__normaliser heed__normaliser;
struct heed__normaliser {
    heed__entry entry;
    /* NULL, or which functions these settings need (the entry stays this one). */
    const heed__normaliser *(*choose)(const void *record);
    const heed__shaper *shaper; /* NULL, or a last stage with the normaliser's own settings */
    int whole;
    int lse_gradient; /* lse has a gradient */
    /* Streaming: scores to unnormalised weights, in place. factor: what the output so far of each
     * row must be multiplied with (1 = nothing). */
    void (*block)(const heed__self *self, int64_t head, const heed__scores *scores, heed_real *top,
                  heed_real *sum, heed_real *factor);
    /* Streaming: for `rows` rows of one head: the factor their outputs must be multiplied with at
     * last (into sum), and lse (into top). */
    void (*finish)(const heed__self *self, int64_t head, int64_t rows, heed_real *top,
                   heed_real *sum);
    /* Whole: scores of all keys to weights, in place; stats. A row without a visible key: weights
     * 0, stats[0] = -inf. */
    void (*row)(const heed__self *self, const heed__line *line, heed_real *s, heed_real *stats);
    /* Scores of a block to final weights, in place, from stats. Never NULL. */
    void (*weights)(const heed__self *self, const heed__line *line, heed_real *s,
                    const heed_real *stats);
    /* Adds a block's part to sums (s as before weights, p the weights, d their gradient); NULL =
     * backward needs delta alone. */
    void (*gather)(const heed__self *self, const heed__line *line, const heed_real *s,
                   const heed_real *p, const heed_real *d, const heed_real *stats, heed_real *sums);
    /* d = gradient of s from d = gradient of p. line->dp: a parameter's. */
    void (*backward)(const heed__self *self, const heed__line *line, const heed_real *s,
                     const heed_real *p, heed_real *d, const heed__row_state *row);
    /* NULL, or `weights` on s and then `backward` on d at once, where P is what v is
     * multiplied with. */
    void (*weights_and_backward)(const heed__self *self, int64_t n, heed_real *s, heed_real *d,
                                 const heed__row_state *row);
    /* NULL, or what a row gives to a parameter's gradient once (line->n = 0). */
    void (*row_backward)(const heed__self *self, const heed__line *line,
                         const heed__row_state *row);
};

/* ---- masks */

typedef struct heed__mask heed__mask;

/* Keys first to last; last < first = none. */
typedef struct heed__span {
    int64_t first, last;
} heed__span;

/* A node of a plan's mask expression. */
typedef struct heed__mask_node heed__mask_node;
struct heed__mask_node {
    const heed__mask *mask;
    const void *record, *built;
    const heed__mask_node *children;
    size_t count;
    int extra; /* index of its first array among the batch's */
};

struct heed__mask {
    heed__entry entry;
    int combines; /* 1: the record is a heed_attention_masks */
    heed__cover (*cover)(const heed__mask_node *node, const heed__place *place,
                         const heed__block *block);
    /* visible[t] = 1 where query i sees key j + t, else 0, for t < n <= HEED_KEY_BLOCK. */
    void (*row)(const heed__mask_node *node, const heed__place *place, int64_t i, int64_t j,
                int64_t n, unsigned char *visible);
    int64_t (*seek)(const heed__mask_node *node, const heed__place *place, const heed__block *block,
                    heed__side side); /* see heed__shaper */
    /* What these three go by, where they are heed__spans_ (spans.h) or heed__grid_ (grid.h). */
    heed__span (*span)(const heed__mask_node *node, const heed__place *place, int64_t query);
    int64_t (*next)(const heed__mask_node *node, const heed__place *place, int64_t query,
                    int64_t key, int64_t last);
};

/* The rows of an array of the batch. */
static inline const heed_attention_extra *heed__mask_extra(const heed__mask_node *node,
                                                           const heed__place *place, int index)
{
    return &place->batch->extras[node->extra + index];
}

#endif
