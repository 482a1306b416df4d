/* SPDX-License-Identifier: MIT */
/*
 * The gradient check of an operation: each records small instances of itself through this; every
 * element of every leaf is moved by +-h and the difference quotient of sum(weights * output) is
 * held against the gradient. Meant for the float64 build.
 */
#ifndef HEED_AUTOGRAD_GRADCHECK_H
#define HEED_AUTOGRAD_GRADCHECK_H

#include "autograd/tape.h"
#include "base/random.h"

enum { HEED_CHECK_LEAVES = 12 };

typedef struct heed__gradcheck_leaf {
    heed__var var;
    int64_t count;
    heed_real *data, *grad;
} heed__gradcheck_leaf;

typedef struct heed__gradcheck {
    heed__tape *tape;
    heed__random random;
    heed__gradcheck_leaf leaves[HEED_CHECK_LEAVES];
    int leaf_count;
    heed_real worst; /* largest error so far, relative to 1 + the gradient's size */
    int instances;   /* checked so far */
} heed__gradcheck;

heed_status heed__gradcheck_create(heed_context *context, heed__gradcheck *check);
void heed__gradcheck_clear(heed__gradcheck *check);

/* A leaf with numbers uniform in [-1, 1], differentiated against. */
heed__var heed__gradcheck_input(heed__gradcheck *check, int64_t rows, int64_t cols);
/* Applies the operation to the leaves made since the last call, and to copies of them that the tape
 * owns, and checks all of them. */
heed_status heed__gradcheck_apply(heed__gradcheck *check, const heed__op *op,
                                  const heed__var *inputs, int count, const void *attributes,
                                  size_t attribute_size);

#endif
