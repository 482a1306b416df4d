/* SPDX-License-Identifier: MIT */
/* A model's parameters, in the order in which they were declared: by name, with their first values.
 */
#ifndef HEED_NN_PARAMS_H
#define HEED_NN_PARAMS_H

#include "autograd/tape.h"
#include "base/memory.h"
#include "base/random.h"

typedef enum heed__init {
    HEED_INIT_ZERO,
    HEED_INIT_ONE,
    HEED_INIT_NORMAL, /* mean 0, standard deviation `scale` */
    HEED_INIT_XAVIER, /* uniform, limit scale * sqrt(6 / (rows + cols)): Glorot, Bengio 2010 */
    HEED_INIT_UNIFORM /* uniform in [-scale, scale] */
} heed__init;

typedef struct heed__params {
    heed__param **items;
    size_t count, capacity;
    heed__arena arena;
    heed__random random; /* set before declaring */
} heed__params;

/* What a parameter is, beyond name and shape. */
typedef struct heed__param_options {
    heed__init init;
    float scale; /* 0 = 1 */
    int vector;  /* stored in files with one dimension (rows = 1) */
    int decay;
    float lr_scale; /* 0 = 1 */
} heed__param_options;

/* Declares, allocates and fills a parameter. The name is printf-like. */
heed_status heed__params_add(heed__params *params, int64_t rows, int64_t cols,
                             heed__param_options options, heed__param **out, const char *name, ...)
    HEED_PRINTF(6, 7);

void heed__params_clear(heed__params *params);
void heed__params_zero_grads(heed__params *params);
int64_t heed__params_total(const heed__params *params);

#endif
