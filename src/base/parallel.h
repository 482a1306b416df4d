/* SPDX-License-Identifier: MIT */
/* Spreading work over a context's threads, and logging through it. */
#ifndef HEED_BASE_PARALLEL_H
#define HEED_BASE_PARALLEL_H

#include "heed/context.h"

#include <stdint.h>

/* One task: `task` counts from 0; `thread` < heed_context_threads picks the task's scratch memory.
 */
typedef void (*heed__task)(void *arg, int64_t task, int thread);

/* Runs tasks 0 .. count-1 and returns when all are done. Which thread runs which task is not fixed,
 * so a task must write only what no other task writes, and cut its work by problem size alone.
 * A NULL context runs them in order on the caller. Called from inside a task, it also runs in
 * order, on that task's thread. */
void heed__parallel(heed_context *context, int64_t count, heed__task task, void *arg);

void heed__log(heed_context *context, heed_log_level level, const char *format, ...)
    HEED_PRINTF(3, 4);

#endif
