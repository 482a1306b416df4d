/* SPDX-License-Identifier: MIT */
/*
 * The tape: what a model's code did with values, in order. Recording computes shapes only; running
 * first gives every value, gradient, saved row and scratch its place in one block of memory (each
 * is reused as soon as it is dead), then goes forward and, when training, backward.
 *
 * A plan made for the largest batch serves every later batch of the same structure, so a training
 * step allocates nothing. Another structure (a recurrent decoder unrolled over another number of
 * steps) is planned anew, in well under a microsecond an operation, in the same memory. Errors
 * while recording are sticky: later calls do nothing, run returns it.
 */
#ifndef HEED_AUTOGRAD_TAPE_H
#define HEED_AUTOGRAD_TAPE_H

#include "autograd/op.h"

typedef struct heed__tape heed__tape;
typedef int32_t heed__var; /* a value on the tape; HEED_NO_VAR where there is none */
enum { HEED_NO_VAR = -1 };

/* A trainable matrix, owned by its model. dims are how a file stores it (1 or 2 of them). */
typedef struct heed__param {
    const char *name;
    int64_t rows, cols;
    int rank;
    heed_real *data, *grad;
    int fresh;         /* its gradient counts as zero, whatever its memory holds */
    heed_real *packed; /* see heed__matrix; NULL while it trains */
    int decay;         /* weight decay applies */
    float lr_scale;    /* its own multiple of the learning rate */
    int share;         /* held within 0 and 1 */
    heed_real price;   /* what the loss pays for each unit of each number */
} heed__param;

heed_status heed__tape_create(heed_context *context, heed__tape **out);
void heed__tape_destroy(heed__tape **tape);

/* What a recording is for. */
typedef enum heed__tape_mode {
    HEED_TAPE_INFER = 0, /* values only */
    HEED_TAPE_SAVE = 1,  /* gradients (and saved rows), without dropout */
    HEED_TAPE_DROP = 2,  /* dropout is on */
    HEED_TAPE_TRAIN = HEED_TAPE_SAVE | HEED_TAPE_DROP,
    HEED_TAPE_RECOMPUTE = 4 /* with these: blocks are run again going backward */
} heed__tape_mode;

/* Forgets what was recorded, keeps memory and plan. */
void heed__tape_start(heed__tape *tape, heed__tape_mode mode, heed__draw draw);

heed__var heed__tape_param(heed__tape *tape, heed__param *param);
/* Says before it is recorded that so many operations will multiply by the parameter that it is to
 * be laid out for them, once a run; only memory and speed depend on it. */
void heed__tape_lay_out(heed__tape *tape, const heed__param *param);
/* A constant rows x cols matrix that the caller keeps until the run is over. */
heed__var heed__tape_constant(heed__tape *tape, int64_t rows, int64_t cols, const heed_real *data);
/* The same, with a gradient to look at after the run (explanations, gradient checks). */
heed__var heed__tape_leaf(heed__tape *tape, int64_t rows, int64_t cols, const heed_real *data,
                          heed_real *grad);
/* Applies an operation; attributes are copied (at most HEED_OP_ATTRIBUTES bytes). Inputs that are
 * HEED_NO_VAR at the end of the list are left out. */
heed__var heed__tape_apply(heed__tape *tape, const heed__op *op, const heed__var *inputs, int count,
                           const void *attributes, size_t attribute_size);

/* What is drawn (dropout) depends on the number of the node that draws, which is its place unless
 * set here: code that records as many nodes as its batch wants (the steps of a decoder) numbers
 * them so that no other sequence's length is heard. Later nodes count on from `number`. */
uint32_t heed__tape_number(const heed__tape *tape); /* of the next node */
void heed__tape_renumber(heed__tape *tape, uint32_t number);

/* What is recorded between the two is a block (not within another): with HEED_TAPE_RECOMPUTE
 * nothing of it is held from forward to backward but what is read outside of it. What its backward
 * pass reads is made once more, from the same numbers by the same operations, before that begins:
 * the same bits. Else nothing. */
void heed__tape_block_begin(heed__tape *tape);
void heed__tape_block_end(heed__tape *tape);

/* The value and saved rows, or the gradient, stay readable after the run. */
void heed__tape_keep(heed__tape *tape, heed__var value);
void heed__tape_keep_grad(heed__tape *tape, heed__var value);

int64_t heed__tape_rows(const heed__tape *tape, heed__var value);
int64_t heed__tape_cols(const heed__tape *tape, heed__var value);
const heed_real *heed__tape_value(const heed__tape *tape, heed__var value);
const heed_real *heed__tape_grad(const heed__tape *tape, heed__var value);
/* The saved rows of the operation that made the value (attention's log-sum-exp). */
const heed_real *heed__tape_saved(const heed__tape *tape, heed__var value);

/* Raises a failure from code that records (a layer's own check), as if an operation had. */
void heed__tape_fail(heed__tape *tape, heed_status status);

/* Makes room for what has been recorded, without running it. */
heed_status heed__tape_plan(heed__tape *tape, heed__var loss);
/* Forward; then, when gradients are wanted, backward from the 1 x 1 loss, which must be the last
 * value recorded: gradients are added to those of the leaves. loss = HEED_NO_VAR runs forward only.
 * May be called again on the same recording after the leaves' numbers have changed. */
heed_status heed__tape_run(heed__tape *tape, heed__var loss);

/* While on, heed__tape_plan takes no memory: heed__tape_bytes says what the largest would have
 * taken. Nothing may be run meanwhile. */
void heed__tape_measure(heed__tape *tape, int on);

/* Bytes of the block and of what is laid out, and floating-point operations of one forward pass as
 * recorded. */
size_t heed__tape_bytes(const heed__tape *tape);
double heed__tape_flops(const heed__tape *tape);

#endif
