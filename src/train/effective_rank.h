/* SPDX-License-Identifier: MIT */
#ifndef HEED_TRAIN_EFFECTIVE_RANK_H
#define HEED_TRAIN_EFFECTIVE_RANK_H

#include <stdint.h>

/* The effective rank (Roy and Vetterli 2007) of x [rows, columns]: exp of the entropy of its
 * singular values as shares; 1 where all rows are alike, 0 where all is zero. gram: scratch of n x
 * n, n the smaller of rows and columns. */
double heed__effective_rank(const float *x, int64_t rows, int64_t columns, int64_t stride,
                            double *gram);

#endif
