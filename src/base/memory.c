/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* madvise */
#include "base/memory.h"

#include "base/fail.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    HUGE_PAGE = 1 << 21,
    LARGE = 2 * HUGE_PAGE /* bytes from which a block asks for huge pages */
};

static _Atomic uint64_t allocations;
static _Atomic uint64_t fail_at; /* the count at which an allocation fails; 0 = never */

uint64_t heed__alloc_count(void)
{
    return atomic_load(&allocations);
}

void heed__alloc_fail_at(uint64_t n)
{
    atomic_store(&fail_at, n ? atomic_load(&allocations) + n : 0);
}

static int allocation_refused(void)
{
    uint64_t count = atomic_fetch_add(&allocations, 1) + 1;
    return count == atomic_load(&fail_at);
}

static heed_status out_of_memory(size_t count, size_t size, const char *what)
{
    return heed__fail(HEED_E_NOMEM,
                      "no memory for %s (%zu items of %zu bytes); use a smaller batch or model",
                      what, count, size);
}

size_t heed__memory_there(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (size_t)pages * (size_t)size : SIZE_MAX;
}

static int more_than_there(size_t bytes)
{
    const size_t small = (size_t)1 << 28; /* below a quarter of a gigabyte nobody asks */
    return bytes > small && bytes > heed__memory_there();
}

/* Matrices are read along rows a page and more apart: with huge pages a translation of addresses
 * covers many. A block takes no more memory for it, since the last, unfilled page is not huge. */
static void *take(size_t bytes)
{
    if (bytes < LARGE) return aligned_alloc(HEED_ALIGNMENT, bytes);
    void *block = NULL; /* aligned_alloc would want whole pages */
    if (posix_memalign(&block, HUGE_PAGE, bytes) != 0) return NULL;
#ifdef MADV_HUGEPAGE
    madvise(block, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
    return block;
}

heed_status heed__alloc(size_t count, size_t size, const char *what, void *out_pointer)
{
    void **out = out_pointer;
    *out = NULL;
    if (size && count > (SIZE_MAX - HEED_ALIGNMENT) / size) return out_of_memory(count, size, what);
    size_t bytes = count * size;
    bytes = (bytes + HEED_ALIGNMENT - 1) / HEED_ALIGNMENT * HEED_ALIGNMENT;
    if (!bytes) bytes = HEED_ALIGNMENT;
    if (more_than_there(bytes)) return out_of_memory(count, size, what);
    void *block = allocation_refused() ? NULL : take(bytes);
    if (!block) return out_of_memory(count, size, what);
    memset(block, 0, bytes);
    *out = block;
    return HEED_OK;
}

void heed__free(void *pointer)
{
    free(pointer);
}

heed_status heed__grow(void *array_pointer, size_t *capacity, size_t wanted, size_t size,
                       const char *what)
{
    void **array = array_pointer;
    if (wanted <= *capacity) return HEED_OK;
    size_t room = *capacity ? *capacity : 16;
    while (room < wanted) {
        if (room > SIZE_MAX / 2) return out_of_memory(wanted, size, what);
        room *= 2;
    }
    if (room > SIZE_MAX / size) return out_of_memory(wanted, size, what);
    void *grown = allocation_refused() ? NULL : realloc(*array, room * size);
    if (!grown) return out_of_memory(wanted, size, what);
    *array = grown;
    *capacity = room;
    return HEED_OK;
}

struct heed__arena_block {
    heed__arena_block *next;
    size_t size;
    _Alignas(HEED_ALIGNMENT) unsigned char bytes[];
};

enum { ARENA_BLOCK = 64 * 1024 };

heed_status heed__arena_take(heed__arena *arena, size_t count, size_t size, const char *what,
                             void *out_pointer)
{
    void **out = out_pointer;
    *out = NULL;
    if (size && count > (SIZE_MAX / 2) / size) return out_of_memory(count, size, what);
    size_t bytes = (count * size + 15) / 16 * 16;
    if (!arena->blocks || arena->blocks->size - arena->used < bytes) {
        size_t room = bytes > ARENA_BLOCK ? bytes : ARENA_BLOCK;
        heed__arena_block *block = NULL;
        HEED_TRY(heed__alloc(1, sizeof *block + room, what, &block));
        block->next = arena->blocks;
        block->size = room;
        arena->blocks = block;
        arena->used = 0;
    }
    *out = arena->blocks->bytes + arena->used;
    arena->used += bytes;
    return HEED_OK;
}

heed_status heed__arena_text(heed__arena *arena, const char *text, size_t length, const char **out)
{
    char *copy = NULL;
    HEED_TRY(heed__arena_take(arena, length + 1, 1, "text", &copy));
    memcpy(copy, text, length);
    *out = copy;
    return HEED_OK;
}

void heed__arena_free(heed__arena *arena)
{
    while (arena->blocks) {
        heed__arena_block *next = arena->blocks->next;
        heed__free(arena->blocks);
        arena->blocks = next;
    }
    arena->used = 0;
}
