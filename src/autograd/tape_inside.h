/* SPDX-License-Identifier: MIT */
/*
 * What a tape holds, shared by its files: tape.c records and answers, tape_blocks.c says what is
 * run again and when, tape_plan.c gives every buffer its place, tape_run.c goes forward and
 * backward, tape_laid.c lays parameters out.
 *
 * Time in a run: node i works at step i going forward, and going backward at a step of its own,
 * 2N-1-i where no block is run again. A value lives from its own step to the last step that reads
 * it; a gradient from the first backward step that adds to it to its node's own; saved rows from
 * forward to backward; scratch for one step. What is run again has second buffers, which live from
 * then on, and its first ones serve the forward pass only. A loss that goes back at once does so at
 * its own step.
 */
#ifndef HEED_AUTOGRAD_TAPE_INSIDE_H
#define HEED_AUTOGRAD_TAPE_INSIDE_H

#include "autograd/plan.h"
#include "autograd/tape.h"

typedef struct heed__node {
    const heed__op *op; /* NULL for a leaf */
    int inputs;
    heed__var input[HEED_OP_INPUTS];
    int64_t rows, cols;
    int64_t saved, forward_workspace, backward_workspace;
    unsigned reads;  /* of backward */
    heed_real *data; /* a leaf's own memory */
    heed_real *grad;
    int *fresh; /* a parameter's own; NULL for other leaves */
    const heed_real *packed;
    int laid; /* which of the tape's it is, from 1 on; 0 = none */
    int wants_grad;
    int leads; /* to the loss */
    int keep, keep_grad;
    uint32_t number; /* for what is drawn */
    int32_t block;   /* of those that are run again, from 1; 0 = none */
    _Alignas(16) unsigned char attributes[HEED_OP_ATTRIBUTES];
} heed__node;

/* The buffers of a node, in the plan's array at KINDS * node + kind. */
enum { VALUE, GRAD, SAVED, FORWARD_SCRATCH, BACKWARD_SCRATCH, VALUE_AGAIN, SCRATCH_AGAIN, KINDS };

/* What a plan was made for: a later recording of the same structure and no larger fits it. */
typedef struct heed__planned {
    const heed__op *op;
    int inputs, wants_grad, keep, keep_grad;
    unsigned reads;
    heed__var input[HEED_OP_INPUTS];
    int32_t block;
    /* And what it found: */
    int at_once;               /* goes back as it goes forward */
    int border, again;         /* read outside its block; run again */
    int32_t again_at, back_at; /* steps */
} heed__planned;

typedef struct heed__laid {
    const heed__param *param;
    size_t place[2]; /* of w^T and of w, in the block */
} heed__laid;

/* When a node reads a value. */
typedef enum heed__when { HEED_FORWARD, HEED_AGAIN, HEED_BACKWARD } heed__when;

struct heed__tape {
    heed_context *context;
    heed__node *nodes;
    size_t count, capacity;
    heed__tape_mode mode;
    heed__draw draw;
    heed_status status; /* the first failure while recording */
    uint32_t ahead;     /* of a node's place is its number, modulo 2^32 */
    int32_t blocks;     /* begun so far; */
    int32_t inside;     /* the one that is recorded, or 0 */

    heed__planned *plan;
    size_t plan_count, plan_capacity;
    int plan_mode, plan_backward;
    int32_t plan_steps;
    heed__buffer *buffers;
    size_t buffers_capacity;
    void *scratch; /* of planning */
    size_t scratch_capacity;
    unsigned char *block;
    size_t block_size, block_used;
    size_t measured; /* the most that plans would have taken */
    int measures;    /* plans take no memory */

    heed__laid *laid;
    size_t laid_count, laid_capacity;
    heed_real *laid_block;
    size_t laid_size, laid_used; /* reals: there, and wanted by this recording */
};

/* Where a node's buffer of a kind is; NULL when it has none. */
heed_real *heed__tape_buffer(const heed__tape *tape, heed__var value, int kind);
heed_real *heed__tape_value_of(const heed__tape *tape, heed__var value);
heed_real *heed__tape_grad_of(const heed__tape *tape, heed__var value);
/* Which buffer of `value` node `reader` reads (its own: value = reader). */
int heed__tape_kind(const heed__tape *tape, heed__var reader, heed__var value, heed__when when);

/* Fills in the plan, whose nodes are set, what is run again, and all times. */
void heed__tape_time(heed__tape *tape, int backward);
/* Node `at` is the last of a block. */
int heed__tape_ends_block(const heed__tape *tape, heed__var at);
/* 0 = it is not laid out. */
int heed__tape_find_laid(const heed__tape *tape, const heed__param *param);
/* Gives all that is laid out its place in the block, which make_laid sees to. */
void heed__tape_place_laid(heed__tape *tape, int backward);
heed_status heed__tape_make_laid(heed__tape *tape);
void heed__tape_fill_laid(heed__tape *tape, int backward);

#endif
