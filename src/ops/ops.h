/* SPDX-License-Identifier: MIT */
/* The differentiable operations and their attributes. T = tokens, S = sequences. */
#ifndef HEED_OPS_OPS_H
#define HEED_OPS_OPS_H

#include "autograd/op.h"
#include "tensor/ragged.h"

/* All operations, in the order of `heed list ops`; the last is NULL. */
extern const heed__op *const heed__ops[];

/* y [T,N] = x [T,K] w[N,K]^T (+ b [1,N]) */
extern const heed__op heed__op_linear;

/* y [T,C] = table[ids[t]] */
typedef struct heed__embedding {
    const int32_t *ids; /* [rows], each 0 <= id < the table's rows */
    int64_t rows;
    int zero_is_nothing;        /* id 0 gives zeros and learns nothing */
    float drop;                 /* share of tokens taken as id 0 while training */
    const heed__ragged *ragged; /* only read when drop > 0 */
} heed__embedding;
extern const heed__op heed__op_embedding;

/* y [T,C] = x [T,C] + table[position in the sequence]; past the table's end its last row. */
typedef struct heed__position {
    const heed__ragged *ragged;
} heed__position;
extern const heed__op heed__op_position;

/* y = a + b, same shapes */
extern const heed__op heed__op_add;

/* y = (x - mean) / sqrt(variance + epsilon) * gain [1,C] + bias [1,C], a row at a time */
typedef struct heed__layer_norm {
    float epsilon;
} heed__layer_norm;
extern const heed__op heed__op_layer_norm;

/* y = f(x) */
typedef enum heed__activation_kind {
    HEED_RELU,
    HEED_GELU,
    HEED_SILU,
    HEED_TANH,
    HEED_SIGMOID,
    HEED_ACTIVATIONS
} heed__activation_kind;
typedef struct heed__activation {
    heed__activation_kind kind;
} heed__activation;
extern const heed__op heed__op_activation;
/* The kind's name, as configurations spell it. */
const char *heed__activation_name(heed__activation_kind kind);

/* y = x * mask / (1 - rate); the mask is a function of (seed, step, node, sequence, position,
 * column) */
typedef struct heed__dropout {
    float rate;
    const heed__ragged *ragged; /* NULL: a row is a sequence of its own, numbered by `ids` */
    const int64_t *ids;         /* [rows] when ragged is NULL */
} heed__dropout;
extern const heed__op heed__op_dropout;

/* y [T, sum of columns] = inputs side by side */
extern const heed__op heed__op_concat;

/* y [S,C] = mean of each sequence's rows; of an empty sequence, zeros */
typedef struct heed__segment {
    const heed__ragged *ragged;
} heed__segment;
extern const heed__op heed__op_mean;
/* y [S,C] = first row of each sequence; of an empty sequence, zeros */
extern const heed__op heed__op_first;

/* Recurrent layers over whole sequences, from the input's part of the gates, x [T, gates*C]:
 * GRU: order reset, update, new; inputs x, w_hh [3C,C], b_hh [1,3C].
 * LSTM: order input, forget, cell, output; inputs x, w_hh [4C,C]. */
typedef struct heed__recurrent {
    const heed__ragged *ragged;
    int reverse; /* from the last token to the first */
} heed__recurrent;
extern const heed__op heed__op_gru;
extern const heed__op heed__op_lstm;

/* Losses, all 1 x 1 and a mean over rows that have a label. */
typedef struct heed__class_loss {
    const int32_t *labels; /* [rows], -1 = none */
    const float *weights;  /* [classes] or NULL: the mean is then over the weights' sum */
    float smoothing;       /* label smoothing in [0, 1) */
} heed__class_loss;
extern const heed__op heed__op_cross_entropy;

typedef struct heed__target_loss {
    const float *targets; /* [rows, cols]; NaN in the first column = the row has no label */
    const float *weights; /* [cols] or NULL */
} heed__target_loss;
/* Sigmoid and binary cross-entropy of each column, summed over columns */
extern const heed__op heed__op_binary_cross_entropy;
/* Half the squared difference, summed over columns */
extern const heed__op heed__op_squared_error;

/* y = sum of weights[i] * inputs[i], all of one shape */
typedef struct heed__weighted_sum {
    float weights[HEED_OP_INPUTS];
} heed__weighted_sum;
extern const heed__op heed__op_weighted_sum;

#endif
