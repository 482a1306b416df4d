/* SPDX-License-Identifier: MIT */
/*
 * What the tape itself costs: a network unrolled over 20 to 80 steps of tiny operations, another
 * number of steps each time. Prints the processor time of each part for one node; best of several.
 */
#include "autograd/tape.h"
#include "ops/ops.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { COLS = 4, NODES = 36, ROUNDS = 50 };

static heed_real x[COLS], dx[COLS], w[COLS * COLS], dw[COLS * COLS];
static float targets[COLS];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* NODES operations a step: linears, activations and sums, some of values long past. */
static heed__var record(heed__tape *tape, int steps)
{
    heed__tape_start(tape, HEED_TAPE_TRAIN, (heed__draw){0});
    heed__var start = heed__tape_leaf(tape, 1, COLS, x, dx), state = start;
    heed__var weight = heed__tape_leaf(tape, COLS, COLS, w, dw);
    heed__activation tanh = {HEED_TANH};
    for (int step = 0; step < steps; step++) {
        heed__var entered = state;
        for (int i = 0; i < NODES / 3; i++) {
            heed__var in[2] = {state, weight};
            state = heed__tape_apply(tape, &heed__op_linear, in, 2, NULL, 0);
            in[0] = heed__tape_apply(tape, &heed__op_activation, &state, 1, &tanh, sizeof tanh);
            in[1] = entered;
            state = heed__tape_apply(tape, &heed__op_add, in, 2, NULL, 0);
        }
    }
    heed__target_loss loss = {.targets = targets};
    return heed__tape_apply(tape, &heed__op_squared_error, &state, 1, &loss, sizeof loss);
}

static void least(double *best, double took)
{
    if (took < *best) *best = took;
}

static void must(heed_status status)
{
    if (status == HEED_OK) return;
    fprintf(stderr, "%s\n", heed_status_message());
    exit(1);
}

int main(void)
{
    heed__tape *tape = NULL;
    must(heed__tape_create(NULL, &tape));
    must(heed__tape_plan(tape, record(tape, 80)));
    for (int steps = 20; steps <= 80; steps += 20) {
        double recording = 1, planning = 1, running = 1, nodes = NODES * steps;
        for (int round = 0; round < ROUNDS; round++) {
            must(heed__tape_run(tape, record(tape, steps - 1))); /* so that the plan is another */
            double start = now();
            heed__var loss = record(tape, steps);
            least(&recording, now() - start);
            start = now();
            must(heed__tape_plan(tape, loss));
            least(&planning, now() - start);
            start = now();
            must(heed__tape_run(tape, loss));
            least(&running, now() - start);
        }
        printf("%5.0f nodes: record %.0f ns a node, plan %.0f, forward and backward %.0f; "
               "the plan %.2f ms\n",
               nodes, 1e9 * recording / nodes, 1e9 * planning / nodes, 1e9 * running / nodes,
               1e3 * planning);
    }
    heed__tape_destroy(&tape);
    return 0;
}
