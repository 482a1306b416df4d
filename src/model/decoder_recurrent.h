/* SPDX-License-Identifier: MIT */
/*
 * GRU and LSTM decoders inside. One function records a step, for whole targets (training, scoring)
 * and for search alike, so both give the same bits.
 *
 * Additive attention (Bahdanau): the state before a step asks, and the context enters the step
 * beside the embedding. The others (Luong): the state after the step asks; with input feeding the
 * output's state enters the next step. What the output sees is the state or the attentional vector
 * h~ = tanh(Wc [context; state]), Luong's where nothing is said; where there is none the context is
 * what is fed. Without attention the source's summary enters each step (Cho et al., arXiv
 * 1406.1078). The first state is tanh(W summary + b), a layer's own W; without a source, zero.
 *
 * Coverage is the sum of the weights of the steps before (See, Liu, Manning, arXiv 1704.04368);
 * with it, or with copying, weights are values, a row a pair of target row and memory row.
 */
#ifndef HEED_MODEL_DECODER_RECURRENT_H
#define HEED_MODEL_DECODER_RECURRENT_H

#include "model/decoder.h"
#include "model/unroll.h"
#include "nn/steps.h"

enum { HEED_DECODER_LAYERS = 64 };

typedef struct heed__recurrent_decoder {
    int lstm;
    int64_t input, memory, size, layers; /* widths: embedding, memory (0 = no source), states */
    float dropout;                       /* between layers */
    int feeding, deep;
    int covers, weighs;   /* coverage is summed up; weights are values */
    double coverage_loss; /* its weight */
    heed__memory_attention attention;
    heed__linear combine; /* to h~; weight NULL = there is none */
    heed__linear copy;    /* to the gate; weight NULL = it does not copy */
    heed__cell_layer *cells;
    heed__linear *start; /* [layers] of the summary */
    heed_real *zeros;
    size_t zeros_room;
    /* Of the last recording by apply, until it has run: */
    heed__unroll unroll;
    heed__look look;  /* who the weights belong to */
    heed__var *steps; /* HEED_STEP_KINDS x [steps] */
    size_t steps_room;
} heed__recurrent_decoder;

/* What goes from step to step, a row a target that is alive (or more: the first ones count).
 * HEED_NO_VAR where a decoder has no such part. */
typedef struct heed__step_state {
    heed__var layers[HEED_DECODER_LAYERS];
    /* What is fed beside the embedding: h~, or the context; without attention the gates' part. */
    heed__var feed;
    heed__var summary;  /* without attention: the context */
    heed__var coverage; /* a row a pair */
} heed__step_state;

/* What a step gives; HEED_NO_VAR where a decoder has no such thing. */
enum {
    HEED_STEP_STATE,    /* what the output sees: the state or h~ */
    HEED_STEP_CONTEXT,  /* what was read of the source */
    HEED_STEP_WEIGHTS,  /* a row a pair */
    HEED_STEP_COVERAGE, /* before the step, a row a pair */
    HEED_STEP_KINDS
};

/* What a step sees beside its state. */
typedef struct heed__step_input {
    heed__var gates; /* the embedding's part of the first layer's gates, a row a target */
    heed__memory_view view;
    /* For dropout: */
    const int64_t *ids; /* of the rows' targets */
    int64_t position;   /* where they stand */
    uint32_t number;    /* each layer's node is numbered from it, the same at all steps */
} heed__step_input;

/* Records a step: changes *state and fills out[HEED_STEP_KINDS]. */
void heed__recurrent_step(heed__recurrent_decoder *decoder, const heed__pass *pass,
                          const heed__step_input *input, heed__step_state *state, heed__var *out,
                          heed__attention_site *site);

/* Which rows of a memory make the summary of n targets' sources; -1 = none. */
typedef struct heed__summary_rows {
    int64_t n;
    const int64_t *first, *last; /* [n] in the memory */
    const int64_t *sentences;    /* [n] in its ragged */
} heed__summary_rows;

/* The state before position 0, when nothing is fed or covered; memory->states may be HEED_NO_VAR.
 * The summary is the source's last state; of two directions the last forward and the first backward
 * one; the mean of states that were not made in an order. */
void heed__recurrent_start(heed__recurrent_decoder *decoder, const heed__pass *pass,
                           const heed__memory *memory, const heed__summary_rows *rows,
                           heed__step_state *state);

/* What a decoder gives from what its steps gave, put into the order of the rows of `embedded`: the
 * states that the output layer sees ([state; context; embedding] or the state alone), and the share
 * that is generated where it copies. */
heed__decoded heed__recurrent_decoded(const heed__recurrent_decoder *decoder,
                                      const heed__pass *pass, const heed__var *steps,
                                      heed__var embedded);

/* Steps of search: decoder_recurrent_search.c. */
heed_status heed__recurrent_open(void *decoder, void **state);
void heed__recurrent_begin(void *decoder, void *state, const heed__pass *pass,
                           const heed__memory *memory);
heed_status heed__recurrent_begun(void *decoder, void *state, const heed__tape *tape);
heed__decoded heed__recurrent_search_step(void *decoder, void *state, const heed__pass *pass,
                                          const heed__step *step, heed__var embedded,
                                          heed__sites *sites);
heed_status heed__recurrent_stepped(void *decoder, void *state, const heed__tape *tape);
void heed__recurrent_close(void *decoder, void *state);

#endif
