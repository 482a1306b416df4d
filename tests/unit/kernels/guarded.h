/* SPDX-License-Identifier: MIT */
/* An array between two pages that may not be touched, pushed against one of them. */
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

static inline void guarded_close(guarded g)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    munmap(g.pages, g.size + 2 * page);
}

#endif
