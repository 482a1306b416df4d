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

/* Where values come from instead of chance: a file. Called with data NULL before memory is taken,
 * to refuse what is not there or of another shape, then with data to fill it. */
typedef heed_status (*heed__param_source)(void *user, const heed__param *param, heed_real *data);

typedef struct heed__params {
    heed__param **items;
    size_t count, capacity;
    heed__arena arena;
    /* Set before declaring: */
    int trains;    /* gradients are wanted */
    int rehearses; /* parameters are declared only: no memory, no values; needs a source too */
    heed__random random;
    heed__param_source source; /* NULL = first values by chance */
    int overlays;              /* by chance first, and the source fills what it has */
    void *source_user;
} heed__params;

/* What a parameter is, beyond name and shape. */
typedef struct heed__param_options {
    heed__init init;
    float scale; /* 0 = 1 */
    int vector;  /* stored in files with one dimension (rows = 1) */
    int decay;
    float lr_scale;  /* 0 = 1 */
    int share;       /* held within 0 and 1 */
    heed_real price; /* what the loss pays for each unit of each number */
    /* NULL, or what gives the first values in the place of init; begin_user goes to it. */
    void (*begin)(const void *user, heed__random *random, heed_real *data);
    const void *begin_user;
} heed__param_options;

/* Declares, allocates and fills a parameter. The name is printf-like. */
heed_status heed__params_add(heed__params *params, int64_t rows, int64_t cols,
                             heed__param_options options, heed__param **out, const char *name, ...)
    HEED_PRINTF(6, 7);

/* Lays matrices out for many products with few rows each, as writing a translation takes, beside
 * what they are; once. Of a model that trains it does nothing, since its parameters change. */
heed_status heed__params_pack(heed__params *params, heed_context *context);

void heed__params_clear(heed__params *params);
/* HEED_E_NUMERIC names the first tensor that holds a NaN or infinity. */
heed_status heed__params_check(const heed__params *params);
/* From here on gradients count as zeros, so that what comes first is stored, not added; at the end
 * those that nothing was added to become zeros. */
void heed__params_start_grads(heed__params *params);
void heed__params_end_grads(heed__params *params);
/* What prices add to the gradients of `batches` losses. */
void heed__params_pay(heed__params *params, int64_t batches);
/* After a step: those that are shares go back to where they are held. */
void heed__params_hold(heed__params *params);
int64_t heed__params_total(const heed__params *params);
/* All values to one array [total], and back. */
void heed__params_copy_out(const heed__params *params, heed_real *to);
void heed__params_copy_in(heed__params *params, const heed_real *from);
/* No more training: gradients are given back. */
void heed__params_settle(heed__params *params);

#endif
