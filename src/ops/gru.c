/* SPDX-License-Identifier: MIT */
/*
 * GRU (Cho et al., arXiv 1406.1078; the reset gate acts after the product), gates r, z, n:
 *   u = w_hh h' + b_hh,  r, z = sigmoid(x + u),  n = tanh(x_n + r u_n),  h = (1 - z) n + z h'
 * Backward: dn = dh (1 - z) (1 - n^2),  dz = dh (h' - n) z (1 - z),  dr = dn u_n r (1 - r),
 *   du_n = dn r,  dh' = dh z + (through u).  Kept a row: r, z, n, u_n.
 */
#include "autograd/gradcheck.h"
#include "ops/recurrent.h"
#include "ops/rows.h"

#include <string.h>

static void cell_forward(const heed__kernels *k, int64_t C, const heed_real *x,
                         const heed_real *hidden, heed_real *h, heed_real *state, heed_real *keep)
{
    heed_real *r = keep, *z = keep + C, *n = keep + 2 * C, *u = keep + 3 * C;
    (void)state;
    memcpy(keep, x, (size_t)(3 * C) * sizeof *keep);
    memcpy(u, hidden + 2 * C, (size_t)C * sizeof *u);
    k->add(2 * C, hidden, keep);
    k->sigmoid(2 * C, r, r);
    k->multiply_add(C, r, u, n);
    k->tanh(C, n, n);
    for (int64_t j = 0; j < C; j++) h[j] = (1 - z[j]) * n[j] + z[j] * h[j];
}

static void cell_backward(const heed__kernels *k, int64_t C, const heed_real *keep,
                          const heed_real *h_before, const heed_real *state_before, heed_real *dh,
                          heed_real *dstate, heed_real *dx, heed_real *dhidden)
{
    const heed_real *r = keep, *z = keep + C, *n = keep + 2 * C, *u = keep + 3 * C;
    (void)k;
    (void)state_before;
    (void)dstate;
    for (int64_t j = 0; j < C; j++) {
        heed_real h = h_before ? h_before[j] : 0;
        heed_real dn = dh[j] * (1 - z[j]) * (1 - n[j] * n[j]);
        dx[j] = dhidden[j] = dn * u[j] * r[j] * (1 - r[j]);
        dx[C + j] = dhidden[C + j] = dh[j] * (h - n[j]) * z[j] * (1 - z[j]);
        dx[2 * C + j] = dn;
        dhidden[2 * C + j] = dn * r[j];
        dh[j] *= z[j];
    }
}

const heed__cell heed__gru_cell = {.name = "gru",
                                   .step_name = "gru_step",
                                   .gates = 3,
                                   .bias = 1,
                                   .states = 1,
                                   .saved = 4,
                                   .forward = cell_forward,
                                   .backward = cell_backward};

static heed_status gru_shape(const heed__shapes *s, heed__size *size)
{
    return heed__recurrent_shape(&heed__gru_cell, s, size);
}

static heed_status gru_forward(const heed__call *call)
{
    heed__recurrent_forward(&heed__gru_cell, call);
    return HEED_OK;
}

static heed_status gru_backward(const heed__call *call)
{
    heed__recurrent_backward(&heed__gru_cell, call);
    return HEED_OK;
}

static heed_status gru_check(heed__gradcheck *check)
{
    return heed__recurrent_check(check, &heed__op_gru, &heed__gru_cell);
}

const heed__op heed__op_gru = {.name = "gru",
                               .summary = "GRU over ragged sequences",
                               .least_inputs = 3,
                               .most_inputs = 4,
                               .reads = HEED_READS(1) | HEED_READS(3) | HEED_READS_OUTPUT,
                               .stores = HEED_READS(0) | HEED_READS(1),
                               .shape = gru_shape,
                               .forward = gru_forward,
                               .backward = gru_backward,
                               .flops = heed__recurrent_flops,
                               .check = gru_check};
