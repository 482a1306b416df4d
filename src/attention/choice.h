/* SPDX-License-Identifier: MIT */
/* Rows that choose one key: what hard, straight-through and sampled attention share. */
#ifndef HEED_ATTENTION_CHOICE_H
#define HEED_ATTENTION_CHOICE_H

#include "attention/mechanism.h"

/* What a row keeps: lse (or what goes out for it), a number of the normaliser's own, and the key in
 * two parts, each exact in a float. */
enum { HEED_CHOICE_LSE, HEED_CHOICE_OWN, HEED_CHOICE_HIGH, HEED_CHOICE_LOW };

static inline void heed__choice_keep(heed_real *stats, int64_t key)
{
    stats[HEED_CHOICE_HIGH] = (heed_real)(key >> 20);
    stats[HEED_CHOICE_LOW] = (heed_real)(key & 0xfffff);
}

static inline int64_t heed__choice_key(const heed_real *stats)
{
    return (int64_t)stats[HEED_CHOICE_HIGH] * (1 << 20) + (int64_t)stats[HEED_CHOICE_LOW];
}

/* The scores of a line to weights: 1 for the key kept, 0 for others; all that is visible NaN where
 * stats[0] is. */
void heed__choice_weights(const heed__self *self, const heed__line *line, heed_real *s,
                          const heed_real *stats);

/* ln sum exp of a whole row; -inf where nothing is visible. */
heed_real heed__choice_lse(const heed__self *self, int64_t n, const heed_real *s);

/* Straight-through: the largest score's key forward, softmax's gradient backward. */
void heed__straight_row(const heed__self *self, const heed__line *line, heed_real *s,
                        heed_real *stats);
void heed__straight_gather(const heed__self *self, const heed__line *line, const heed_real *s,
                           const heed_real *p, const heed_real *d, const heed_real *stats,
                           heed_real *sums);
void heed__straight_backward(const heed__self *self, const heed__line *line, const heed_real *s,
                             const heed_real *p, heed_real *d, const heed__row_state *row);

#endif
