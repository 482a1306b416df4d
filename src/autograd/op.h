/* SPDX-License-Identifier: MIT */
/*
 * An operation: one const record with its shape rule, forward, backward, and what it costs. Every
 * value is a matrix of rows x cols (rows are tokens, sequences, or a parameter's output features).
 */
#ifndef HEED_AUTOGRAD_OP_H
#define HEED_AUTOGRAD_OP_H

#include "base/parallel.h"
#include "base/real.h"
#include "heed/status.h"
#include "kernels/kernels.h"

#include <stddef.h>
#include <stdint.h>

enum { HEED_OP_INPUTS = 28, HEED_OP_ATTRIBUTES = 256 };

typedef struct heed__matrix {
    int64_t rows, cols;
    heed_real *data;
    heed_real *grad; /* NULL = no gradient wanted; backward adds to it, or if */
    int fresh;       /* writes it: nothing is there yet (only where the op says `stores`) */
    /* Of a parameter w, where many products want it: w^T and w as heed__gemm_pack leaves them, the
     * latter for backward only; else NULL. */
    const heed_real *packed, *packed_back;
} heed__matrix;

/* Where random numbers of this run come from: a mask is a function of these and of what is masked.
 */
typedef struct heed__draw {
    uint64_t seed;
    uint64_t step;
} heed__draw;

/* What forward and backward see. */
typedef struct heed__call {
    heed_context *context;
    const heed__kernels *kernels;
    const void *attributes; /* the op's own struct, as given when recorded */
    int inputs;
    heed__matrix in[HEED_OP_INPUTS];
    heed__matrix out;
    heed_real *saved;     /* what forward leaves for backward; NULL when nothing is saved */
    heed_real *workspace; /* scratch of this call, 64-byte aligned, */
    int64_t room;         /* and its reals */
    int drops;            /* dropout is on */
    int at_once;          /* forward is to make the gradients too (see heed__op) */
    uint32_t node;        /* its number on the tape: makes dropout differ from layer to layer */
    heed__draw draw;
} heed__call;

/* What the shape rule answers, counted in heed_reals. */
typedef struct heed__size {
    int64_t rows, cols;
    int64_t saved;
    int64_t forward_workspace;
    int64_t backward_workspace;
    unsigned reads; /* the op's own, which the rule may narrow by its attributes */
} heed__size;

/* What the shape rule sees. */
typedef struct heed__shapes {
    heed_context *context;
    const void *attributes;
    int inputs;
    heed__matrix in[HEED_OP_INPUTS]; /* rows and cols only */
} heed__shapes;

/* Bits of heed__op.reads: which values backward reads, so that the others are reused early. The
 * bits of inputs also serve stores and the three below it. */
enum { HEED_READS_OUTPUT = 1 << HEED_OP_INPUTS, HEED_READS_ALL = (1 << HEED_OP_INPUTS) - 1 };
#define HEED_READS(input) (1u << (input))

struct heed__gradcheck;

typedef struct heed__op {
    const char *name;
    const char *summary; /* one line for `heed list ops` */
    int least_inputs, most_inputs;
    unsigned reads;
    /* Gradients of inputs that backward writes whole where they are fresh, in the order of inputs
     * should one value be two of them. */
    unsigned stores;
    /* Where a value or gradient of an input may share its place, both being equally large and the
     * other not needed any more: forward's output may lie over the input; the input's gradient
     * (fresh, so stored) may lie over the output's gradient, or over the input's value. */
    unsigned output_over_input, grad_over_grad, grad_over_value;
    /* Where its value is the loss that a run goes back from, forward makes the gradients of inputs
     * as backward would, which is not called then, and saves nothing (call->at_once). */
    int at_once;
    /* Refuses wrong shapes with a message; fills *size. */
    heed_status (*shape)(const heed__shapes *shapes, heed__size *size);
    heed_status (*forward)(const heed__call *call);
    heed_status (*backward)(const heed__call *call);
    /* Multiply-adds count as two; NULL = not worth counting. */
    double (*flops)(const heed__shapes *shapes);
    /* Records one or more small instances of the operation for the gradient check. */
    heed_status (*check)(struct heed__gradcheck *check);
} heed__op;

#endif
