/* SPDX-License-Identifier: MIT */
/* Softmax, online (Milakov, Gimelshein 2018): `top` is the largest score so far, `sum` the sum of
 * exp(s - top). */
#include "attention/softmax.h"
#include "attention/tables.h"

static heed_real exp_of(const heed__kernels *kernels, heed_real x)
{
    heed_real y;
    kernels->exp(1, &x, &y);
    return y;
}

static void clear(int64_t n, heed_real *x)
{
    for (int64_t t = 0; t < n; t++) x[t] = 0;
}

heed_real heed__softmax_block(const heed__self *self, const heed__line *line, heed_real *s,
                              heed_real *top, heed_real *sum)
{
    const heed__kernels *kernels = self->kernels;
    int64_t n = line->n;
    heed_real before = *top, largest = kernels->max(n, s);
    if (largest == -HEED_REAL(INFINITY)) { /* nothing visible here */
        clear(n, s);
        return 1;
    }
    /* A NaN, once seen, stays. */
    heed_real now = largest > before || largest != largest ? largest : before;
    heed_real added = kernels->exp_sum(n, s, now, s), factor = 1;
    if (now != before && before != -HEED_REAL(INFINITY)) factor = exp_of(kernels, before - now);
    *sum = heed__fma(*sum, factor, added);
    *top = now;
    return factor;
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

const heed__normaliser heed__normaliser_softmax = {
    .entry = {.name = "softmax", .help = "exp(s - lse)"},
    .lse_gradient = 1,
    .block = heed__softmax_block,
    .finish = heed__softmax_finish,
    .weights = heed__softmax_weights,
    .backward = heed__softmax_backward,
};
