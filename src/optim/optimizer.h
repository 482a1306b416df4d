/* SPDX-License-Identifier: MIT */
/*
 * Optimisers: what a step does to the parameters, given their gradients. A kind is one row of a
 * table and one file. Steps allocate nothing, use all threads, and give the same bits for any
 * number of them and on every level.
 */
#ifndef HEED_OPTIM_OPTIMIZER_H
#define HEED_OPTIM_OPTIMIZER_H

#include "base/parallel.h"
#include "base/real.h"
#include "optim/setting.h"

#include <stddef.h>
#include <stdint.h>

enum { HEED_OPTIMIZER_SLOTS = 2 };

/* One parameter tensor. Two tensors never share memory. */
typedef struct heed__trained {
    const char *name; /* must outlive the optimiser */
    heed_real *data;
    const heed_real *grad; /* NULL = left alone in this step; may be changed between steps */
    int64_t count;
    int decay;    /* weight decay is for it (matrices, not biases and norms) */
    double scale; /* of the learning rate; 1 = as it is */
} heed__trained;

typedef struct heed__optimizer heed__optimizer;

typedef struct heed__optimizer_kind {
    const char *name;
    const char *help;
    const heed__setting *settings;
    int setting_count;
    const char *slots[HEED_OPTIMIZER_SLOTS]; /* names of the state arrays; NULL = fewer */
    /* Once a step, before the updates; NULL = nothing to carry. */
    void (*advance)(heed__optimizer *optimizer);
    /* n elements of one tensor. gradient * grad_scale is the gradient. */
    void (*update)(const heed__optimizer *optimizer, const heed__trained *tensor, double rate,
                   heed_real grad_scale, int64_t n, const heed_real *grad, heed_real *data,
                   heed_real *const slots[HEED_OPTIMIZER_SLOTS]);
} heed__optimizer_kind;

struct heed__optimizer {
    const heed__optimizer_kind *kind;
    double settings[HEED_SETTINGS]; /* in the order of the kind's */
    uint64_t steps;                 /* done so far */
    double carried[2];              /* the kind's own, a function of settings and steps */
    heed__trained *tensors;
    size_t count;
    heed_real **slots; /* [count * HEED_OPTIMIZER_SLOTS] */
    struct heed__piece *pieces;
    double *sums; /* [piece_count] */
    size_t piece_count;
    heed_real *state; /* the memory of all slots */
};

/* The table; *count rows. */
const heed__optimizer_kind *const *heed__optimizer_kinds(size_t *count);
/* The row of that name, or NULL. */
const heed__optimizer_kind *heed__optimizer_find(const char *name);

/* settings: one value each, NULL = the kind's own. The tensors are copied (not what they point to).
 * The state starts at zero. Errors HEED_E_INVALID (a setting out of range), HEED_E_NOMEM. */
heed_status heed__optimizer_create(const heed__optimizer_kind *kind, const double *settings,
                                   const heed__trained *tensors, size_t count,
                                   heed__optimizer **out);
void heed__optimizer_destroy(heed__optimizer **optimizer);

/* The Euclidean norm of all gradients together. HEED_E_NUMERIC names the first tensor that holds a
 * NaN or infinity, the element and its value. */
heed_status heed__optimizer_norm(heed_context *context, heed__optimizer *optimizer, double *out);

/* What to multiply gradients of this norm by so that it is at most `limit`; 0 = no limit. */
heed_real heed__clip_scale(double norm, double limit);

/* One step with this learning rate. */
void heed__optimizer_step(heed_context *context, heed__optimizer *optimizer, double rate,
                          heed_real grad_scale);

/* What a checkpoint must hold, beside `steps`: arrays 0 .. heed__optimizer_state_count - 1. The
 * name is "<slot>.<tensor>", such as "mean.encoder.0.query". */
size_t heed__optimizer_state_count(const heed__optimizer *optimizer);
void heed__optimizer_state(const heed__optimizer *optimizer, size_t index, char *name, size_t room,
                           const heed__trained **tensor, heed_real **data);
/* Goes on after `steps` steps; the arrays were filled by the caller. */
void heed__optimizer_resume(heed__optimizer *optimizer, uint64_t steps);

#endif
