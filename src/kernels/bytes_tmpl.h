/* SPDX-License-Identifier: MIT */
/*
 * Products of a matrix of signed bytes with a vector of 16-bit integers, exact: 16 rows at a time,
 * two steps of k at once.
 *
 *     step pair p:             w: 16 rows x 2 bytes, row after row
 *          x[2p], x[2p + 1],   sum 0 .. sum 15    each += w[r][2p] x[2p] + w[r][2p + 1] x[2p + 1]
 *          repeated
 *
 * Registers: the sums, the widened bytes, the pair: three of 16 words each.
 */
#ifndef HEED_KERNELS_BYTES_TMPL_H
#define HEED_KERNELS_BYTES_TMPL_H

#include <string.h>

static void bytes_sums(int64_t pairs, const int8_t *w, const int16_t *x, int32_t *sums)
{
    enum { AHEAD_BYTES = 1024 };
    int32_t sum[LANES] = {0};
    for (int64_t p = 0; p < pairs; p++, w += 2 * LANES, x += 2) {
        bytes_product(w, x, sum);
        vec_prefetch((const heed_real *)(const void *)(w + AHEAD_BYTES));
    }
    memcpy(sums, sum, sizeof sum);
}

#endif
