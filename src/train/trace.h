/* SPDX-License-Identifier: MIT */
/* What happened between two validations, step by step, in few points: means over runs of steps,
 * which grow longer as there are more of them. */
#ifndef HEED_TRAIN_TRACE_H
#define HEED_TRAIN_TRACE_H

#include <jansson.h>
#include <stdint.h>

enum { HEED_TRACE_POINTS = 32 };

/* Sums over `count` steps, the last of which is `step`. */
typedef struct heed__trace_point {
    int64_t step, count;
    double loss, norm, rate;
} heed__trace_point;

/* Starts as {0}. */
typedef struct heed__trace {
    heed__trace_point points[HEED_TRACE_POINTS];
    int n;
    int64_t width; /* steps of a point */
} heed__trace;

/* Steps must ascend; one that does not (training went back to an earlier state) takes all later
 * ones out. */
void heed__trace_add(heed__trace *trace, int64_t step, double loss, double norm, double rate);
void heed__trace_clear(heed__trace *trace);
/* The mean norm of the gradient over all steps; NaN for none. */
double heed__trace_norm(const heed__trace *trace);
/* {"step": [...], "loss": [...], "gradient_norm": [...], "lr": [...]} */
json_t *heed__trace_json(const heed__trace *trace);

#endif
