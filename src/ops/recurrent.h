/* SPDX-License-Identifier: MIT */
/*
 * What recurrent layers share: walking ragged sequences step by step. Sequences are cut into groups
 * of sixteen, longest first; a group's states stand together, so each step is one small product,
 * and groups need nothing of each other: threads meet only at the end of the layer.
 */
#ifndef HEED_OPS_RECURRENT_H
#define HEED_OPS_RECURRENT_H

#include "ops/ops.h"

/* A cell: what it does with one row. hidden = h_before w^T (+ b), [gates * C]. */
typedef struct heed__cell {
    const char *name;
    int gates;
    int saved; /* reals kept a row, in units of C */
    /* x [gates C], hidden [gates C]; h and state [C] are updated in place; keep may be written to.
     */
    void (*forward)(const heed__kernels *k, int64_t C, const heed_real *x, const heed_real *hidden,
                    heed_real *h, heed_real *state, heed_real *keep);
    /* keep and before: this row's and the row's before it (NULL at the start); h_before [C]
     * likewise. dh and dstate: gradients of this row's h and state on entry; on exit the part of
     * the gradient of the row before that does not come through hidden. dx and dhidden [gates C]
     * are set. */
    void (*backward)(const heed__kernels *k, int64_t C, const heed_real *keep,
                     const heed_real *before, const heed_real *h_before, heed_real *dh,
                     heed_real *dstate, heed_real *dx, heed_real *dhidden);
} heed__cell;

heed_status heed__recurrent_shape(const heed__cell *cell, const heed__shapes *shapes,
                                  heed__size *size);
void heed__recurrent_forward(const heed__cell *cell, const heed__call *call);
void heed__recurrent_backward(const heed__cell *cell, const heed__call *call);
double heed__recurrent_flops(const heed__shapes *shapes);
/* Both directions, sequences of length 0 and 1 among them; inputs as the op takes them. */
heed_status heed__recurrent_check(struct heed__gradcheck *check, const heed__op *op, int gates);

#endif
