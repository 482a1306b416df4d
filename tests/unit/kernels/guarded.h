/* SPDX-License-Identifier: MIT */
/* An array between two pages that may not be touched, pushed against one of them, or among
 * canaries.
 */
#ifndef HEED_TESTS_GUARDED_H
#define HEED_TESTS_GUARDED_H

#include "base/real.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct guarded {
    char *pages;
    size_t size; /* of the pages between the guards */
} guarded;

static inline guarded guarded_open(int64_t most)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    guarded g = {.size = ((size_t)most * sizeof(heed_real) + page - 1) / page * page};
    if (!g.size) g.size = page;
    g.pages =
        mmap(NULL, g.size + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(g.pages, MAP_FAILED);
    assert_int_equal(mprotect(g.pages, page, PROT_NONE), 0);
    assert_int_equal(mprotect(g.pages + page + g.size, page, PROT_NONE), 0);
    return g;
}

/* n reals that end (or begin) at a guard; `from`, when given, is copied there. */
static inline heed_real *guarded_place(guarded g, int64_t n, int at_end, const heed_real *from)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = (size_t)n * sizeof(heed_real);
    heed_real *p = (heed_real *)(void *)(g.pages + page + (at_end ? g.size - bytes : 0));
    if (from) memcpy(p, from, bytes);
    return p;
}

enum { GUARDED_CANARIES = 64, GUARDED_CANARY = 0x5a }; /* reals; what their bytes are */

/* The bytes of the pages beside p [n] that canaries take: before it or after it. */
static inline char *guarded_beside(guarded g, const heed_real *p, int64_t n, int after,
                                   size_t *bytes)
{
    char *first = g.pages + sysconf(_SC_PAGESIZE), *at = (char *)(uintptr_t)p;
    char *end = at + (size_t)n * sizeof *p;
    size_t most = GUARDED_CANARIES * sizeof *p;
    size_t room = after ? (size_t)(first + g.size - end) : (size_t)(at - first);
    *bytes = room < most ? room : most;
    return after ? end : at - *bytes;
}

static inline void guarded_arm(guarded g, const heed_real *p, int64_t n)
{
    for (int after = 0; after < 2; after++) {
        size_t bytes;
        char *canaries = guarded_beside(g, p, n, after, &bytes);
        memset(canaries, GUARDED_CANARY, bytes);
    }
}

/* Whether all canaries are as they were. */
static inline int guarded_whole(guarded g, const heed_real *p, int64_t n)
{
    int whole = 1;
    for (int after = 0; after < 2; after++) {
        size_t bytes;
        const char *canaries = guarded_beside(g, p, n, after, &bytes);
        for (size_t i = 0; i < bytes; i++) whole &= canaries[i] == GUARDED_CANARY;
    }
    return whole;
}

static inline void guarded_close(guarded g)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    munmap(g.pages, g.size + 2 * page);
}

#endif
