/* SPDX-License-Identifier: MIT */
/* Makes every single allocation of a job fail, one run after the other: each run must end with
 * HEED_E_NOMEM, and leave nothing behind (the address sanitizer's build sees leaks). */
#ifndef HEED_TESTS_OUT_OF_MEMORY_H
#define HEED_TESTS_OUT_OF_MEMORY_H

#include "check.h"

#include "base/memory.h"

/* The job must do the same each time: make what it needs, free all of it, report the first failure.
 * At most `most` allocations are tried, evenly spread when the job takes more. */
static inline void check_out_of_memory(heed_status (*job)(void *), void *arg, uint64_t most)
{
    uint64_t before = heed__alloc_count();
    check_ok(job(arg));
    uint64_t taken = heed__alloc_count() - before;
    assert_true(taken > 0);
    uint64_t step = taken > most ? taken / most : 1;
    for (uint64_t n = 1; n <= taken; n += step) {
        heed__alloc_fail_at(n);
        heed_status status = job(arg);
        heed__alloc_fail_at(0);
        if (status != HEED_E_NOMEM)
            fail_msg("allocation %d of %d failed, yet the job ended with %s: %s", (int)n,
                     (int)taken, heed_status_name(status), heed_status_message());
    }
    check_ok(job(arg)); /* and it still works */
}

#endif
