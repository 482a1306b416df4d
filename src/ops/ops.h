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
    float drop;                 /* share of tokens taken as id 0 while training */
    const heed__ragged *ragged; /* only read when drop > 0 */
} heed__embedding;
extern const heed__op heed__op_embedding;

/* y [T,C] = the sum of table[id] over a token's ids: those of token t are ids[offsets[t]] to
 * ids[offsets[t + 1] - 1]; of none, zeros */
typedef struct heed__bag {
    const int64_t *offsets; /* [rows + 1]; the first may be above 0 */
    const int32_t *ids;     /* each 0 <= id < the table's rows */
    int64_t rows;
    int mean;                   /* the sum over their number */
    float drop;                 /* share of ids left out while training */
    const heed__ragged *ragged; /* only read when drop > 0 */
} heed__bag;
extern const heed__op heed__op_bag;

/* y [Tq,C] = (keys of the row's sequence) * sigmoid(x) */
typedef struct heed__centre {
    const heed__ragged *queries;     /* NULL = one a sequence */
    const heed__ragged *keys;        /* or, for inference, */
    const struct heed__slots *slots; /* (ops/attend.h) */
} heed__centre;
extern const heed__op heed__op_centre;

/* y [T,C] = x [T,C] + table[position in the sequence]; past the table's end its last row. */
typedef struct heed__add_position {
    const heed__ragged *ragged;
} heed__add_position;
extern const heed__op heed__op_position;

/* y = a + b, same shapes */
extern const heed__op heed__op_add;

/* y = a * b element by element, same shapes */
extern const heed__op heed__op_multiply;

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

/* y [T,N] = f(x [T,K] w1[F,K]^T + b1 [1,F]) w2[N,F]^T + b2 [1,N] */
extern const heed__op heed__op_feed_forward; /* attributes: heed__activation */

/* y [T,F] = f(a) * b with x [T,2F] = a and b side by side: silu is SwiGLU, gelu GEGLU, sigmoid the
 * gated linear unit (Dauphin et al., arXiv 1612.08083; Shazeer, arXiv 2002.05202). */
extern const heed__op heed__op_glu; /* attributes: heed__activation */

/* y = x * mask / (1 - rate); the mask is a function of (seed, step, node, sequence, position,
 * column) */
typedef struct heed__dropout {
    float rate;
    const heed__ragged *ragged; /* NULL: a row is a sequence of its own, numbered by `ids` */
    const int64_t *ids;         /* [rows] when ragged is NULL */
    int64_t position;           /* of all rows in their sequences, when ragged is NULL */
} heed__dropout;
extern const heed__op heed__op_dropout;
/* y = a + dropout of b; attributes: heed__dropout */
extern const heed__op heed__op_drop_add;

/* y [T, sum of columns] = inputs side by side */
extern const heed__op heed__op_concat;

/* y [sum of rows, C] = inputs one above the other. More than HEED_OP_INPUTS of them are stacked in
 * stacks. */
extern const heed__op heed__op_stack_rows;

/* y [rows,C] = x[index[i]], zeros where index[i] is -1. Indices may repeat. */
typedef struct heed__take_rows {
    const int64_t *index; /* [rows] -1 .. x's rows - 1 */
    int64_t rows;
} heed__take_rows;
extern const heed__op heed__op_take_rows;

/* y [rows, columns] = x[row .. row + rows - 1][column .. column + columns - 1]; a count of -1 takes
 * all that follow. */
typedef struct heed__slice {
    int64_t row, rows;
    int64_t column, columns;
} heed__slice;
extern const heed__op heed__op_slice;

/* y [S,C] = mean of each sequence's rows; of an empty sequence, zeros */
typedef struct heed__segment {
    const heed__ragged *ragged;
} heed__segment;
extern const heed__op heed__op_mean;
/* y [S,C] = first row of each sequence; of an empty sequence, zeros */
extern const heed__op heed__op_first;

/* y [S,C] = last row of each sequence; of an empty sequence, zeros. (The final state of a recurrent
 * layer is its last row, or its first if it goes from the last token to the first.) */
extern const heed__op heed__op_last;
/* Columns [column, column + columns) of row i go to row rows[i] of `to` [.., columns], outside of
 * the tape. No gradient; the value, 1 x 1, means nothing. Not in the list above. */
typedef struct heed__store {
    heed_real *to;
    const int64_t *rows;
    int64_t column, columns;
} heed__store;
extern const heed__op heed__op_store;

/* Recurrent layers over whole sequences, from the input's part of the gates, x [T, gates*C]:
 * GRU: order reset, update, new; inputs x, w_hh [3C,C], b_hh [1,3C], (the initial state [S,C]).
 *      y [T,C] = h.
 * LSTM: order input, forget, cell, output; inputs x, w_hh [4C,C], (the initial state [S,2C], h and
 *      c side by side). y [T,C] = h, or [T,2C] with c beside it.
 * No initial state means zeros. */
typedef struct heed__recurrent {
    const heed__ragged *ragged;
    int reverse;    /* from the last token to the first */
    int with_state; /* LSTM: y has c beside h */
} heed__recurrent;
extern const heed__op heed__op_gru;
extern const heed__op heed__op_lstm;

/* One step of the same cells for n rows, equal to the layers bit for bit: x [n, gates*C] is the
 * input's part of the gates, `before` has m >= n rows, of which those past n are of ended sequences
 * and not looked at.
 * GRU: x, before [m,C], w_hh [3C,C], b_hh [1,3C]; y [n,C] = h.
 * LSTM: x, before [m,2C] (h and c side by side), w_hh [4C,C]; y [n,2C] = h and c side by side. */
extern const heed__op heed__op_gru_step;
extern const heed__op heed__op_lstm_step;

/* Losses, all 1 x 1 and a mean over rows that have a label. */
typedef struct heed__class_loss {
    const int32_t *labels; /* [rows], -1 = none */
    const float *weights;  /* [classes] or NULL: the mean is then over the weights' sum */
    float smoothing;       /* label smoothing in [0, 1) */
    int64_t *right; /* receives how many labels have the greatest logit of their row; or NULL */
    heed_real *const *each; /* points to where each row's share of the loss goes [rows]; or NULL */
} heed__class_loss;
extern const heed__op heed__op_cross_entropy;
/* The same of logits x [T,K] w[N,K]^T (+ b [1,N]), of which a chunk of rows is there at a time. */
extern const heed__op heed__op_linear_cross_entropy; /* attributes: heed__class_loss */

/* Negative log-likelihood of label sequences under a linear chain, over the rows of those: logits
 * [T,K], moves [K + 2,K] (ops/chain.h). */
typedef struct heed__chain_loss {
    const heed__ragged *ragged;
    const int32_t *labels; /* [T]; a sequence with -1 in it is left out */
} heed__chain_loss;
extern const heed__op heed__op_chain_loss;

typedef struct heed__target_loss {
    const float *targets; /* [rows, cols]; NaN in the first column = the row has no label */
    const float *weights; /* [cols] or NULL */
} heed__target_loss;
/* Sigmoid and binary cross-entropy of each column, summed over columns */
extern const heed__op heed__op_binary_cross_entropy;
/* Half the squared difference, summed over columns */
extern const heed__op heed__op_squared_error;

/* How far the logits a [rows, cols] and b of the same shape say different things: half the sum of
 * the Kullback-Leibler divergences both ways, mean over rows */
typedef struct heed__divergence {
    int sets; /* a column is a label of its own (sigmoid); 0 = a row is one choice (softmax) */
} heed__divergence;
extern const heed__op heed__op_divergence;

/* y = sum of weights[i] * inputs[i], all of one shape */
typedef struct heed__weighted_sum {
    float weights[HEED_OP_INPUTS];
} heed__weighted_sum;
extern const heed__op heed__op_weighted_sum;

#endif
