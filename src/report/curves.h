/* SPDX-License-Identifier: MIT */
/* The lines of a metrics file as columns to be drawn. */
#ifndef HEED_REPORT_CURVES_H
#define HEED_REPORT_CURVES_H

#include "base/memory.h"

#include <stddef.h>

/* What a validation and a point of the trace say; those that are not there are NaN. */
typedef enum heed__curve {
    HEED_CURVE_STEP,
    HEED_CURVE_EPOCH,
    HEED_CURVE_VALID_LOSS,
    HEED_CURVE_METRIC,
    HEED_CURVE_BLEU,
    HEED_CURVE_LOSS,
    HEED_CURVE_RATE,
    HEED_CURVE_NORM,
    HEED_CURVE_SPEED,   /* tokens a second */
    HEED_CURVE_MEMORY,  /* bytes */
    HEED_CURVE_SECONDS, /* since the run was started, or resumed */
    HEED_CURVES
} heed__curve;

typedef struct heed__columns {
    double *column[HEED_CURVES];
    size_t n, room;
} heed__columns;

/* The training of one network. */
typedef struct heed__run {
    heed__columns valid; /* a row for each validation */
    heed__columns trace; /* STEP, LOSS, NORM and RATE between them */
    double best_step;    /* of the last better one; NaN = none */
} heed__run;

enum { HEED_CURVE_RUNS = 16 };

typedef struct heed__curves {
    int n; /* runs: of several members one each, in their order */
    heed__run runs[HEED_CURVE_RUNS];
    int together;                      /* so many of them were measured as one; 0 = none */
    double together_says[HEED_CURVES]; /* what came out */
    char metric[64];                   /* what HEED_CURVE_METRIC is; "" = unknown */
} heed__curves;

/* The last finite value of a column; NaN for none. */
double heed__columns_last(const heed__columns *columns, heed__curve curve);

/* Reads a metrics file. A line that is cut (a run that is writing it, or crashed) is passed over;
 * where a run went back to an earlier step, what came after that step is left out. Errors
 * HEED_E_IO, HEED_E_NOMEM. */
heed_status heed__curves_read(const char *path, heed__curves *out);
void heed__curves_free(heed__curves *curves);

#endif
