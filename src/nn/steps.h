/* SPDX-License-Identifier: MIT */
/*
 * Parts of a decoder that goes step by step: rows taken and stacked, one step of a GRU or LSTM, and
 * attention over the memory with one query a live sentence (or, in search, one a hypothesis).
 */
#ifndef HEED_NN_STEPS_H
#define HEED_NN_STEPS_H

#include "nn/layers.h"
#include "ops/memory.h"

/* Row rows[i] of x for each i; -1 = zeros. The array must last until the run is over. */
heed__var heed__take(const heed__pass *pass, heed__var x, const int64_t *rows, int64_t count);
/* The first rows, or all; columns first to first + count - 1. */
heed__var heed__take_first(const heed__pass *pass, heed__var x, int64_t rows);
heed__var heed__take_columns(const heed__pass *pass, heed__var x, int64_t first, int64_t count);
/* All parts, one below the other; parts is overwritten. At least one. */
heed__var heed__stack(const heed__pass *pass, heed__var *parts, int64_t count);
heed__var heed__side_by_side(const heed__pass *pass, const heed__var *parts, int count);
/* Dropout of rows that all stand at one position of the sequences `ids`. */
heed__var heed__drop_at(const heed__pass *pass, heed__var x, const int64_t *ids, int64_t position);

/* One layer of a recurrent decoder. Its state is h, or h and c side by side in an LSTM. */
typedef struct heed__cell_layer {
    int64_t size; /* of h */
    int lstm;
    heed__linear input, feed; /* feed: of what is fed beside the input; weight NULL = nothing */
    heed__param *hidden, *hidden_bias;
} heed__cell_layer;
/* fed: columns of what is fed, 0 = nothing. */
heed_status heed__cell_layer_create(heed__params *params, const char *name, int lstm, int64_t in,
                                    int64_t fed, int64_t size, heed__cell_layer *layer);
/* The state after a step. gates: the inputs' part of the gates, [n, gates]; of the rows of `before`
 * the first n go on. */
heed__var heed__cell_layer_step(const heed__cell_layer *layer, const heed__pass *pass,
                                heed__var gates, heed__var before);
/* h of a state. */
heed__var heed__cell_layer_hidden(const heed__cell_layer *layer, const heed__pass *pass,
                                  heed__var state);

/*
 * How a state looks at the memory. Additive (Bahdanau, Cho, Bengio, arXiv 1409.0473): v . tanh(Wq q
 * + Wk k). Luong, Pham, Manning (arXiv 1508.04025): dot q . k, general q . Wk k, and concat
 * v . tanh(W [q; k]), which is the additive score with W cut in two. Keys are projected once.
 *
 * Two ways, chosen by the view: the operator, which keeps no weights and does what mechanisms are
 * named; or explicit operations, with the weights (of softmax) as a value, for coverage (See, Liu,
 * Manning, arXiv 1704.04368: + wc c inside tanh; of products, + wc c) and copying.
 */
typedef enum heed__memory_score {
    HEED_SCORE_NONE,
    HEED_SCORE_ADDITIVE,
    HEED_SCORE_DOT,
    HEED_SCORE_GENERAL,
    HEED_SCORE_CONCAT
} heed__memory_score;

typedef struct heed__memory_attention {
    heed__memory_score kind;
    heed__mechanisms mechanisms;
    heed__linear query, key; /* weight NULL = not projected */
    heed__param *weight;     /* v; NULL of products */
    heed__param *coverage;   /* wc [1, query_size] or, of products, [1, 1]; NULL = not heard */
} heed__memory_attention;

typedef struct heed__memory_options {
    heed__memory_score kind;
    int64_t query_size, memory_size;
    int covers; /* scores see the coverage */
    int values; /* weights will be wanted as values: nothing but softmax can be */
    /* What the operator does beside the score: its normaliser, mask and stages. */
    heed__mechanism_texts mechanisms;
} heed__memory_options;

heed_status heed__memory_attention_create(heed__params *params, const char *name,
                                          const heed__memory_options *options,
                                          heed__memory_attention *layer);
void heed__memory_attention_clear(heed__memory_attention *layer);

/* The memory as one step sees it. */
typedef struct heed__memory_view {
    heed__var keys, values;
    /* The operator: */
    const heed__ragged *queries; /* NULL: one row of the query a sentence */
    const heed__ragged *ragged;  /* sentences: the first rows of keys and values; or */
    const heed__slots *slots;    /* in search, where each live sentence stands among them */
    int64_t position;            /* of the queries, without slots */
    /* Explicit: */
    const heed__look *look; /* NULL = the operator */
    heed__var coverage;     /* a row a pair of `look`; HEED_NO_VAR = zeros */
} heed__memory_view;

/* What queries are held against: once for a memory. */
heed__var heed__memory_attention_keys(const heed__memory_attention *layer, const heed__pass *pass,
                                      heed__var memory);
/* The context of each row of query, [rows, memory_size]. weights receives, from explicit
 * operations, a row a pair, else HEED_NO_VAR; site is filled by the operator only. */
heed__var heed__memory_attention_apply(heed__memory_attention *layer, const heed__pass *pass,
                                       const heed__memory_view *view, heed__var query,
                                       heed__var *weights, heed__attention_site *site);

#endif
