/* SPDX-License-Identifier: MIT */
/* A random network on a tape, for tests of the tape. */
#ifndef HEED_RANDOM_NETWORK_H
#define HEED_RANDOM_NETWORK_H

#include "autograd/tape.h"
#include "base/random.h"
#include "ops/ops.h"

#include <string.h>

enum { COLS = 5, MOST_ROWS = 40, DEPTH = 12 };

/* A random network of sums, activations, linears, norms and dropout over rows x COLS, down to a
 * 1 x 1 loss: all that may share places. */
typedef struct network {
    heed_real x[MOST_ROWS * COLS], dx[MOST_ROWS * COLS];
    heed_real w[COLS * COLS], dw[COLS * COLS];
    heed_real gain[2][COLS], d_gain[2][COLS];
    int32_t labels[MOST_ROWS];
    int64_t ids[MOST_ROWS];
    float targets[MOST_ROWS * COLS];
    heed__target_loss loss;
    int64_t rows;
    uint64_t seed;
    int keep, blocks; /* up to three values a block */
    heed__var kept[DEPTH], out;
} network;

static inline void fill(network *n, int64_t rows, uint64_t seed)
{
    heed__random random;
    memset(n, 0, sizeof *n);
    n->rows = rows;
    n->seed = seed;
    heed__random_start(&random, seed, HEED_RANDOM_CHECK);
    for (int i = 0; i < MOST_ROWS * COLS; i++) {
        n->x[i] = heed__random_uniform(&random) - 0.5f;
        n->targets[i] = heed__random_uniform(&random);
    }
    for (int i = 0; i < MOST_ROWS; i++) {
        n->labels[i] = (int32_t)heed__random_below(&random, COLS + 1) - 1;
        n->ids[i] = i;
    }
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < COLS; j++) n->gain[i][j] = heed__random_uniform(&random);
    for (int i = 0; i < COLS * COLS; i++) n->w[i] = heed__random_uniform(&random) - 0.5f;
    n->loss.targets = n->targets;
}

static inline heed__var apply_one(heed__tape *tape, network *n, int what, heed__var x,
                                  heed__var other, heed__var w, heed__activation f)
{
    heed__var in[3] = {x, other, HEED_NO_VAR};
    heed__layer_norm norm = {1e-5f};
    heed__dropout dropout = {.rate = 0.25f, .ids = n->ids};
    switch (what) {
    case 0:
        return heed__tape_apply(tape, &heed__op_add, in, 2, NULL, 0);
    case 1:
        return heed__tape_apply(tape, &heed__op_activation, in, 1, &f, sizeof f);
    case 2:
        return heed__tape_apply(tape, &heed__op_dropout, in, 1, &dropout, sizeof dropout);
    case 3:
        for (int i = 0; i < 2; i++)
            in[1 + i] = heed__tape_leaf(tape, 1, COLS, n->gain[i], n->d_gain[i]);
        return heed__tape_apply(tape, &heed__op_layer_norm, in, 3, &norm, sizeof norm);
    default:
        in[1] = w;
        return heed__tape_apply(tape, &heed__op_linear, in, 2, NULL, 0);
    }
}

/* Half the networks end in one loss, half in another. */
static inline heed__var finish(heed__tape *tape, network *n, heed__var x)
{
    heed__class_loss classes = {.labels = n->labels, .smoothing = 0.1f};
    if (n->seed % 2)
        return heed__tape_apply(tape, &heed__op_squared_error, &x, 1, &n->loss, sizeof n->loss);
    return heed__tape_apply(tape, &heed__op_cross_entropy, &x, 1, &classes, sizeof classes);
}

static inline heed__var record(heed__tape *tape, network *n, heed__tape_mode mode)
{
    heed__random random;
    heed__random_start(&random, n->seed, HEED_RANDOM_ORDER);
    heed__tape_start(tape, mode, (heed__draw){1, 2});
    heed__var x = heed__tape_leaf(tape, n->rows, COLS, n->x, n->dx);
    heed__var w = heed__tape_leaf(tape, COLS, COLS, n->w, n->dw), values[DEPTH + 1] = {x};
    for (int i = 0; i < DEPTH; i++) {
        heed__var a = values[heed__random_below(&random, (uint64_t)i + 1)];
        heed__activation f = {(heed__activation_kind)heed__random_below(&random, HEED_ACTIVATIONS)};
        int what = (int)heed__random_below(&random, 5);
        if (n->blocks && i % 3 == 0) heed__tape_block_begin(tape);
        values[i + 1] = apply_one(tape, n, what, values[i], a, w, f);
        if (n->blocks && (i % 3 == 2 || n->seed % 7 == 0)) heed__tape_block_end(tape);
        if (n->keep) heed__tape_keep(tape, values[i + 1]);
        if (n->keep) heed__tape_keep_grad(tape, values[i + 1]);
        n->kept[i] = values[i + 1];
    }
    heed__tape_block_end(tape);
    n->out = finish(tape, n, values[DEPTH]);
    heed__tape_keep(tape, n->out);
    return n->out;
}

#endif
