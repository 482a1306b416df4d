/* SPDX-License-Identifier: MIT */
/* Gumbel noise by counter: a number for each pair, a pure function of (seed, step, layer, sequence
 * id, head, query, key). */
#ifndef HEED_ATTENTION_GUMBEL_H
#define HEED_ATTENTION_GUMBEL_H

#include "attention/mechanism.h"

/* noise[t] = -ln(-ln U) of query line->query and key `key` + t, t < n <= HEED_KEY_BLOCK; `key` is a
 * multiple of 4. All 0 where the batch says keep_all. */
void heed__gumbel(const heed__self *self, const heed__line *line, int64_t key, int64_t n,
                  heed_real *noise);

#endif
