/* SPDX-License-Identifier: MIT */
/* Softmax, online (Milakov, Gimelshein 2018): `top` is the largest score so far, `sum` the sum of
 * exp(s - top). */
#include "attention/softmax.h"
#include "attention/tables.h"

static void clear(int64_t n, heed_real *x)
{
    for (int64_t t = 0; t < n; t++) x[t] = 0;
}

void heed__softmax_block(const heed__self *self, int64_t head, const heed__scores *x,
                         heed_real *top, heed_real *sum, heed_real *factor)
{
    (void)head;
    self->kernels->softmax_online(x->rows, x->n, x->s, x->row, top, sum, factor);
}

void heed__softmax_finish(const heed__self *self, int64_t head, int64_t rows, heed_real *top,
                          heed_real *sum)
{
    heed_real logs[HEED_QUERY_BLOCK];
    (void)head;
    for (int64_t done = 0; done < rows; done += HEED_QUERY_BLOCK) {
        int64_t n = rows - done < HEED_QUERY_BLOCK ? rows - done : HEED_QUERY_BLOCK;
        self->kernels->log(n, sum + done, logs);
        for (int64_t i = 0; i < n; i++) {
            heed_real *t = top + done + i, *s = sum + done + i;
            int empty = *s == 0;
            *t = empty ? -HEED_REAL(INFINITY) : *t + logs[i];
            *s = empty ? 0 : 1 / *s;
        }
    }
}

void heed__softmax_weights(const heed__self *self, const heed__line *line, heed_real *s,
                           const heed_real *stats)
{
    if (stats[0] == -HEED_REAL(INFINITY))
        clear(line->n, s);
    else
        self->kernels->exp_sum(line->n, s, stats[0], s);
}

void heed__softmax_backward(const heed__self *self, const heed__line *line, const heed_real *s,
                            const heed_real *p, heed_real *d, const heed__row_state *row)
{
    (void)self, (void)s;
    for (int64_t t = 0; t < line->n; t++) d[t] = p[t] * (d[t] - row->delta);
}

void heed__softmax_weights_and_backward(const heed__self *self, int64_t n, heed_real *s,
                                        heed_real *d, const heed__row_state *row)
{
    self->kernels->softmax_back(n, s, d, row->stats[0], row->delta);
}

const heed__normaliser heed__normaliser_softmax = {
    .entry = {.name = "softmax", .help = "exp(s - lse)"},
    .lse_gradient = 1,
    .block = heed__softmax_block,
    .finish = heed__softmax_finish,
    .weights = heed__softmax_weights,
    .backward = heed__softmax_backward,
    .weights_and_backward = heed__softmax_weights_and_backward,
};
