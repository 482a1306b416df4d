/* SPDX-License-Identifier: MIT */
/* Softmax, for normalisers that are nearly one: see heed__normaliser. */
#ifndef HEED_ATTENTION_SOFTMAX_H
#define HEED_ATTENTION_SOFTMAX_H

#include "attention/mechanism.h"

/* top: the largest score so far; sum: of exp(s - top). */
void heed__softmax_block(const heed__self *self, int64_t head, const heed__scores *scores,
                         heed_real *top, heed_real *sum, heed_real *factor);
/* 1 / sum, and lse. */
void heed__softmax_finish(const heed__self *self, int64_t head, int64_t rows, heed_real *top,
                          heed_real *sum);
/* exp(s - stats[0]) */
void heed__softmax_weights(const heed__self *self, const heed__line *line, heed_real *s,
                           const heed_real *stats);
/* p (d - delta) */
void heed__softmax_backward(const heed__self *self, const heed__line *line, const heed_real *s,
                            const heed_real *p, heed_real *d, const heed__row_state *row);
/* Both. */
void heed__softmax_weights_and_backward(const heed__self *self, int64_t n, heed_real *s,
                                        heed_real *d, const heed__row_state *row);

#endif
