/* SPDX-License-Identifier: MIT */
/*
 * LSTM (Hochreiter, Schmidhuber 1997, with forget gates), gates in the order i, f, g, o:
 *   z = x + w_hh h',  i, f, o = sigmoid(z),  g = tanh(z),  c = f c' + i g,  h = o tanh(c)
 * Backward, with dc the gradient of c on top of dh's:
 *   do = dh tanh(c),  dc += dh o (1 - tanh(c)^2),  di = dc g,  df = dc c',  dg = dc i,  dc' = dc f
 * Kept a row: i, f, g, o, c, tanh(c).
 */
#include "autograd/gradcheck.h"
#include "ops/recurrent.h"
#include "ops/rows.h"

#include <string.h>

static void cell_forward(const heed__kernels *k, int64_t C, const heed_real *x,
                         const heed_real *hidden, heed_real *h, heed_real *state, heed_real *keep)
{
    heed_real *i = keep, *f = keep + C, *g = keep + 2 * C, *o = keep + 3 * C;
    heed_real *c = keep + 4 * C, *t = keep + 5 * C;
    memcpy(keep, x, (size_t)(4 * C) * sizeof *keep);
    k->add(4 * C, hidden, keep);
    k->sigmoid(2 * C, i, i);
    k->tanh(C, g, g);
    k->sigmoid(C, o, o);
    k->multiply(C, f, state, state);
    k->multiply_add(C, i, g, state);
    memcpy(c, state, (size_t)C * sizeof *c);
    k->tanh(C, c, t);
    k->multiply(C, o, t, h);
}

static void cell_backward(const heed__kernels *k, int64_t C, const heed_real *keep,
                          const heed_real *h_before, const heed_real *state_before, heed_real *dh,
                          heed_real *dstate, heed_real *dx, heed_real *dhidden)
{
    const heed_real *i = keep, *f = keep + C, *g = keep + 2 * C, *o = keep + 3 * C;
    const heed_real *t = keep + 5 * C;
    (void)k;
    (void)h_before;
    for (int64_t j = 0; j < C; j++) {
        heed_real dc = dstate[j] + dh[j] * o[j] * (1 - t[j] * t[j]);
        heed_real c = state_before ? state_before[j] : 0;
        dx[j] = dc * g[j] * i[j] * (1 - i[j]);
        dx[C + j] = dc * c * f[j] * (1 - f[j]);
        dx[2 * C + j] = dc * i[j] * (1 - g[j] * g[j]);
        dx[3 * C + j] = dh[j] * t[j] * o[j] * (1 - o[j]);
        dstate[j] = dc * f[j];
        dh[j] = 0;
    }
    memcpy(dhidden, dx, (size_t)(4 * C) * sizeof *dx);
}

const heed__cell heed__lstm_cell = {.name = "lstm",
                                    .step_name = "lstm_step",
                                    .gates = 4,
                                    .states = 2,
                                    .saved = 6,
                                    .state_at = 4,
                                    .forward = cell_forward,
                                    .backward = cell_backward};

static heed_status lstm_shape(const heed__shapes *s, heed__size *size)
{
    return heed__recurrent_shape(&heed__lstm_cell, s, size);
}

static heed_status lstm_forward(const heed__call *call)
{
    heed__recurrent_forward(&heed__lstm_cell, call);
    return HEED_OK;
}

static heed_status lstm_backward(const heed__call *call)
{
    heed__recurrent_backward(&heed__lstm_cell, call);
    return HEED_OK;
}

static heed_status lstm_check(heed__gradcheck *check)
{
    return heed__recurrent_check(check, &heed__op_lstm, &heed__lstm_cell);
}

const heed__op heed__op_lstm = {.name = "lstm",
                                .summary = "LSTM over ragged sequences",
                                .least_inputs = 2,
                                .most_inputs = 3,
                                .reads = HEED_READS(1) | HEED_READS(2) | HEED_READS_OUTPUT,
                                .stores = HEED_READS(0) | HEED_READS(1),
                                .shape = lstm_shape,
                                .forward = lstm_forward,
                                .backward = lstm_backward,
                                .flops = heed__recurrent_flops,
                                .check = lstm_check};
