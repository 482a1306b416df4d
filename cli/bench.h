/* SPDX-License-Identifier: MIT */
/* heed bench: what attention costs on this machine. A case is one shape. */
#ifndef HEED_CLI_BENCH_H
#define HEED_CLI_BENCH_H

#include "cli/attend/attend.h"

#include "heed/info.h"

typedef struct bench_shape {
    int64_t batch, heads, keys, head_size;
} bench_shape;

typedef enum bench_direction { BENCH_FORWARD, BENCH_BACKWARD, BENCH_DIRECTIONS } bench_direction;

typedef struct bench_pass {
    int wanted;
    int64_t bytes;          /* of the arrays that it reads and writes */
    double median, fastest; /* seconds */
    int64_t workspace;      /* bytes, as the plan says */
    int64_t measured; /* bytes of the process above its arrays, at most; -1 = the system does not
                         say */
} bench_pass;

typedef struct bench_case {
    attend a;
    heed_attention_forward_tensors forward;
    heed_attention_backward_tensors backward;
    int64_t seen;        /* pairs of a query and a key */
    double pairs;        /* of them, as operations are counted */
    int64_t array_bytes; /* of all that goes in and comes out */
    bench_pass pass[BENCH_DIRECTIONS];
    heed_info_roof roof;
} bench_case;

/* ---- bench_case.c */

/* Fills *c, all zero: a plan and arrays of a shape as the options say, filled with numbers drawn by
 * --seed; arrays that mechanisms ask for too, where no file gives them. bench_case_free is due,
 * also on error. */
heed_status bench_case_make(bench_case *c, const options *given, heed_context *context,
                            const bench_shape *shape);
void bench_case_free(bench_case *c);

/* ---- bench_measure.c */

/* Runs and times what is wanted. */
heed_status bench_measure(bench_case *c, int rounds);
heed_status bench_run(bench_case *c, bench_direction direction, heed_real *workspace);

/* ---- bench_paced.c */

/* A round for each line of standard input, which says how many seconds it lasts at least; answers
 * with the seconds of one run of all that is wanted, by the clock and of processors. */
heed_status bench_paced(bench_case *c);

/* ---- bench_show.c */

/* The plan in its own words; the caller frees it. NULL = no memory. */
char *bench_plan_text(const bench_case *c);
/* What the machine gives at most. */
void bench_show_heading(const bench_case *c);
void bench_show_columns(void);
void bench_show_rows(const bench_case *c);
json_t *bench_json(const bench_case *c);

#endif
