/* SPDX-License-Identifier: MIT */
/*
 * Layers: parameters and how they are applied. Each is a plain struct; `create` declares its
 * parameters under a name, `apply` records it. Failures while recording stay on the tape.
 */
#ifndef HEED_NN_LAYERS_H
#define HEED_NN_LAYERS_H

#include "nn/mechanisms.h"
#include "nn/params.h"
#include "ops/attend.h"
#include "ops/ops.h"

/* What every layer is applied with. */
typedef struct heed__pass {
    heed__tape *tape;
    const heed__ragged *ragged;
    float dropout; /* of the layers that drop */
} heed__pass;

typedef struct heed__linear {
    heed__param *weight, *bias; /* bias NULL = none */
} heed__linear;
heed_status heed__linear_create(heed__params *params, const char *name, int64_t in, int64_t out,
                                int with_bias, heed__linear *layer);
heed__var heed__linear_apply(const heed__linear *layer, const heed__pass *pass, heed__var x);

typedef struct heed__norm {
    heed__param *gain, *bias;
} heed__norm;
heed_status heed__norm_create(heed__params *params, const char *name, int64_t size,
                              heed__norm *layer);
heed__var heed__norm_apply(const heed__norm *layer, const heed__pass *pass, heed__var x);

/* Element-wise function; dropout by the pass's rate (rate 0 records nothing), of a row a token or
 * of a row a sequence. */
heed__var heed__activate(const heed__pass *pass, heed__activation_kind kind, heed__var x);
/* f of the first half of the columns times the second. */
heed__var heed__gate(const heed__pass *pass, heed__activation_kind kind, heed__var x);
/* Two linear layers, both with a bias, and f between them, as one operation. */
heed__var heed__feed_forward(const heed__pass *pass, const heed__linear *up,
                             heed__activation_kind kind, const heed__linear *down, heed__var x);
heed__var heed__drop(const heed__pass *pass, heed__var x);
heed__var heed__drop_pooled(const heed__pass *pass, heed__var x);
heed__var heed__sum(const heed__pass *pass, heed__var a, heed__var b);
/* The sum of a and heed__drop(b), whose mask is the same, in one operation. */
heed__var heed__drop_sum(const heed__pass *pass, heed__var a, heed__var b);

/* Where attention happened in a recorded pass, for looking at its weights afterwards. */
typedef struct heed__attention_site {
    heed__attend attend;
    heed__var q, k, out;
    heed__var more[HEED_ATTEND_MORE]; /* what came after q, k and v */
    int more_count;
} heed__attention_site;

/* What must be kept of a site (heed__tape_keep) to look at it after the run. */
void heed__site_keep(const heed__attention_site *at, heed__tape *tape);
/* The operator's view of it; `batch` and `tensors` point into the struct, which must stay in place.
 */
typedef struct heed__site_view {
    heed_attention_batch batch;
    heed_attention_inspect_tensors tensors;
    const heed_real *parameters[HEED_ATTEND_MORE];
    heed_attention_extra extras[HEED_ATTEND_MORE];
} heed__site_view;
void heed__site_look(const heed__attention_site *at, const heed__tape *tape, heed__site_view *view);

/* What a head learned beside matrices, by its name: "span" in keys, "alpha". */
typedef struct heed__learned {
    const char *name; /* NULL: learned array `index` is not one number a head */
    heed_real value;
} heed__learned;
/* Returns 0 past the last array, else 1. */
int heed__site_learned(const heed__attention_site *at, const heed__tape *tape, size_t index,
                       int64_t head, heed__learned *out);

/* Rows first to first + count - 1 of one sequence, whose keys are `keys`. */
typedef struct heed__site_slice {
    int64_t sequence, first, count, keys;
    int64_t head; /* from 1; 0 = the mean of all heads */
} heed__site_slice;
/* Buffers kept from call to call; start from zero and free both. */
typedef struct heed__site_room {
    heed_real *workspace, *one;
    size_t workspace_room, one_room;
} heed__site_room;
/* weights [count, keys] are set. */
heed_status heed__site_rows(const heed__attention_site *at, const heed__tape *tape,
                            const heed__site_slice *slice, heed__site_room *room,
                            heed_real *weights);

/* Multi-head self-attention (Vaswani et al., arXiv 1706.03762): one fused projection to q, k, v;
 * what its mechanisms learn; an output projection unless `bare`. */
typedef struct heed__self_attention {
    heed__mechanisms mechanisms;
    heed__linear project, output;
    int bare;
} heed__self_attention;

typedef struct heed__self_attention_options {
    int64_t size, heads, key_heads; /* key_heads 0 = heads */
    heed__mechanism_texts mechanisms;
    int causal, grows; /* of self-attention: as in heed__mechanism_use */
    float dropout;     /* of the weights */
    int bare;          /* no output projection */
} heed__self_attention_options;

heed_status heed__self_attention_create(heed__params *params, const char *name,
                                        const heed__self_attention_options *options,
                                        heed__self_attention *layer);
void heed__self_attention_clear(heed__self_attention *layer);
heed__var heed__self_attention_apply(heed__self_attention *layer, const heed__pass *pass,
                                     heed__var x, heed__attention_site *site);

/* Multi-head attention over a memory: queries from x, keys and values projected from the memory
 * once for all queries that will look at it. The i-th row of a sequence has position i. */
typedef struct heed__cross_attention {
    heed__mechanisms mechanisms;
    heed__linear query, memory, output;
    int bare;
} heed__cross_attention;

heed_status heed__cross_attention_create(heed__params *params, const char *name,
                                         const heed__self_attention_options *options,
                                         int64_t memory_width, heed__cross_attention *layer);
void heed__cross_attention_clear(heed__cross_attention *layer);
/* Keys and values of a memory, side by side. */
heed__var heed__cross_attention_keys(const heed__cross_attention *layer, const heed__pass *pass,
                                     heed__var memory);
/* x [query rows, size] looks at them; pass->ragged are the queries. view says which rows of the
 * keys each sequence has (heed__attend without its columns). */
heed__var heed__cross_attention_apply(heed__cross_attention *layer, const heed__pass *pass,
                                      heed__var x, heed__var keys, heed__attend view,
                                      heed__attention_site *site);

/* Self-attentive pooling (Yang et al. 2016, "Hierarchical attention networks"): u = tanh(W h + b),
 * weights = softmax(u . w) over the sequence, output = weighted sum of h: one learned query for
 * all. With several heads each has its query (Lin et al. 2017, "A structured self-attentive
 * sentence embedding") over the same u and h; outputs lie side by side. Other scores and
 * normalisers by name; masks, positions and stages have no meaning. */
typedef struct heed__attention_pool {
    heed__mechanisms mechanisms;
    heed__linear project;
    heed__param *query;
} heed__attention_pool;

heed_status heed__attention_pool_create(heed__params *params, const char *name, int64_t size,
                                        int64_t heads, const heed__mechanism_texts *texts,
                                        float dropout, heed__attention_pool *layer);
void heed__attention_pool_clear(heed__attention_pool *layer);
heed__var heed__attention_pool_apply(heed__attention_pool *layer, const heed__pass *pass,
                                     heed__var x, heed__attention_site *site);

/* A GRU or LSTM layer, in one direction or in both (outputs side by side, each size / 2). */
typedef struct heed__recurrent_layer {
    const heed__op *op;
    int directions;
    heed__linear input[2];
    heed__param *hidden[2], *hidden_bias[2];
} heed__recurrent_layer;

heed_status heed__recurrent_layer_create(heed__params *params, const char *name, const heed__op *op,
                                         int64_t in, int64_t size, int directions,
                                         heed__recurrent_layer *layer);
heed__var heed__recurrent_layer_apply(const heed__recurrent_layer *layer, const heed__pass *pass,
                                      heed__var x);

/* A table of fixed sinusoidal positions, [rows, size], as in arXiv 1706.03762, section 3.5. */
void heed__sinusoid_fill(int64_t rows, int64_t size, heed_real *table);

#endif
