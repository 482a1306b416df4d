/* SPDX-License-Identifier: MIT */
/*
 * What recurrent layers share: walking ragged sequences step by step. Sequences are cut into
 * groups, longest first; a group's states stand together, so each step is one small product, and
 * groups need nothing of each other: threads meet only at the end of the layer.
 */
#ifndef HEED_OPS_RECURRENT_H
#define HEED_OPS_RECURRENT_H

#include "ops/ops.h"

/* A cell: what it does with one row. hidden = h_before w^T (+ b), [gates * C]. */
typedef struct heed__cell {
    const char *name, *step_name;
    int gates;
    int bias;     /* the hidden product has a bias, b_hh */
    int states;   /* 1: h; 2: h and a state beside it */
    int saved;    /* reals kept a row, in units of C */
    int state_at; /* of these, where the row's state is */
    /* x [gates C], hidden [gates C]; h and state [C] are updated in place; keep may be written to.
     */
    void (*forward)(const heed__kernels *k, int64_t C, const heed_real *x, const heed_real *hidden,
                    heed_real *h, heed_real *state, heed_real *keep);
    /* h_before and state_before [C]: of the row before; NULL = zeros. dh and dstate: gradients of
     * this row's h and state on entry; on exit the part of the gradient of the row before that does
     * not come through hidden. dx and dhidden [gates C] are set. A cell of one state touches
     * neither state_before nor dstate. */
    void (*backward)(const heed__kernels *k, int64_t C, const heed_real *keep,
                     const heed_real *h_before, const heed_real *state_before, heed_real *dh,
                     heed_real *dstate, heed_real *dx, heed_real *dhidden);
} heed__cell;

extern const heed__cell heed__gru_cell, heed__lstm_cell;

heed_status heed__recurrent_shape(const heed__cell *cell, const heed__shapes *shapes,
                                  heed__size *size);
void heed__recurrent_forward(const heed__cell *cell, const heed__call *call);
void heed__recurrent_backward(const heed__cell *cell, const heed__call *call);
double heed__recurrent_flops(const heed__shapes *shapes);
/* Both directions, with and without an initial state, sequences of length 0 and 1 among them. */
heed_status heed__recurrent_check(struct heed__gradcheck *check, const heed__op *op,
                                  const heed__cell *cell);

#endif
