/* SPDX-License-Identifier: MIT */
/* The best time of a call, in cache: what ./dev bench kernels prints. */
#ifndef HEED_TESTS_FASTEST_H
#define HEED_TESTS_FASTEST_H

#include <stddef.h>
#include <time.h>

static inline double fastest_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Seconds of one call at best, of many rounds of a few; `prepare` (NULL: nothing) begins a round.
 */
static inline double fastest(void (*prepare)(void *), void (*call)(void *), void *with)
{
    enum { ROUNDS = 200, FEW = 8 };
    double best = 1e9, spent = 0;
    for (int round = 0; round < ROUNDS && (spent < 0.1 || round < 5); round++) {
        if (prepare) prepare(with);
        double start = fastest_now();
        for (int i = 0; i < FEW; i++) call(with);
        double took = (fastest_now() - start) / FEW;
        spent += took * FEW;
        if (took < best) best = took;
    }
    return best;
}

#endif
