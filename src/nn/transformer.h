/* SPDX-License-Identifier: MIT */
/*
 * A stack of Transformer layers (Vaswani et al., arXiv 1706.03762), with a memory to look at or
 * without. With norm "pre" (Xiong et al., 2002.04745): x += drop(attention(norm(x))),
 * x += drop(ffn(norm(x))), and a last norm; with "post": x = norm(x + drop(attention(x))), ...;
 * with "none", neither. Every piece can be left out, down to the textbooks' single attention with
 * its three projections.
 */
#ifndef HEED_NN_TRANSFORMER_H
#define HEED_NN_TRANSFORMER_H

#include "nn/layers.h"

/* What is added to embeddings to tell positions apart: a learned table, or sinusoids. */
typedef struct heed__positions {
    heed__param *learned;
    int fixed;                     /* sinusoids; with learned NULL and this 0, nothing */
    heed_real *sinusoid;           /* [rows, size], as long as the longest text so far needs */
    int64_t rows, most_rows, size; /* most_rows: of the learned table */
    float scale;
} heed__positions;

/* kind: "none", "sinusoidal" or "learned". */
heed_status heed__positions_create(heed__params *params, const char *name, const char *kind,
                                   int64_t rows, int64_t size, float scale, heed__positions *layer);
void heed__positions_clear(heed__positions *layer);
heed__var heed__positions_apply(heed__positions *layer, const heed__pass *pass, heed__var x);
/* The same where each row of x is a text of its own whose next position is `position`. */
heed__var heed__positions_step(heed__positions *layer, const heed__pass *pass, heed__var x,
                               int64_t position);

typedef enum heed__norm_place { HEED_NORM_NONE, HEED_NORM_PRE, HEED_NORM_POST } heed__norm_place;

typedef struct heed__transformer_options {
    heed__self_attention_options attention;
    int64_t layers, ffn;         /* ffn 0 = no feed-forward part */
    int64_t memory;              /* columns of what is looked at; 0 = nothing */
    heed__mechanism_texts cross; /* how it is looked at */
    heed__norm_place place;
    int residual;
    const char *activation; /* its name, or "swiglu" (Shazeer, arXiv 2002.05202) */
    float dropout;
} heed__transformer_options;

typedef struct heed__transformer_layer {
    heed__self_attention self;
    heed__cross_attention cross;
    heed__norm norm[3]; /* of self-attention, feed-forward, cross-attention */
    heed__linear up, down;
} heed__transformer_layer;

typedef struct heed__transformer {
    heed__transformer_options options;
    heed__activation_kind activation;
    int gated;
    heed__transformer_layer *layers;
    heed__norm last;
} heed__transformer;

/* A layer's parameters are name.0.attention.qkv..., name.0.memory.query... */
heed_status heed__transformer_create(heed__params *params, const char *name,
                                     const heed__transformer_options *options,
                                     heed__transformer *stack);
void heed__transformer_clear(heed__transformer *stack);

/* What varies between a whole pass and a step over caches. */
typedef struct heed__transformer_view {
    void *user;
    /* Self-attention of layer i, its input normalised. */
    heed__var (*self)(void *user, heed__transformer_layer *layer, int64_t i, const heed__pass *pass,
                      heed__var x);
    /* Cross-attention; not called without a memory. */
    heed__var (*cross)(void *user, heed__transformer_layer *layer, int64_t i,
                       const heed__pass *pass, heed__var x);
} heed__transformer_view;

heed__var heed__transformer_apply(heed__transformer *stack, const heed__pass *pass, heed__var x,
                                  const heed__transformer_view *view);

#endif
