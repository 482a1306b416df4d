/* SPDX-License-Identifier: MIT */
/* Memory: checked, 64-byte aligned blocks; an arena for what lives and dies together. */
#ifndef HEED_BASE_MEMORY_H
#define HEED_BASE_MEMORY_H

#include "heed/status.h"

#include <stddef.h>
#include <stdint.h>

enum { HEED_ALIGNMENT = 64 };

/* count x size bytes, zeroed, aligned to 64. Zero bytes give a valid pointer. `what` is named in
 * the message of HEED_E_NOMEM, which is also the answer to an overflow of the product. */
heed_status heed__alloc(size_t count, size_t size, const char *what, void *out_pointer);
void heed__free(void *pointer);

/* Room for `wanted` elements of an ordinary (malloc) growing array: doubles, keeps the content.
 * *array may be NULL when *capacity is 0. The array is freed with free(). */
heed_status heed__grow(void *array_pointer, size_t *capacity, size_t wanted, size_t size,
                       const char *what);

/* Bytes of memory in this machine; SIZE_MAX where the system does not say. A block larger than that
 * is refused: the system would grant it and end the process when it is touched. */
size_t heed__memory_there(void);

/* How many blocks heed__alloc and heed__grow have taken so far in this process (a test counts that
 * training steps take none). */
uint64_t heed__alloc_count(void);

/* Makes the n-th next allocation fail (tests); 0 switches it off. */
void heed__alloc_fail_at(uint64_t n);

/* An arena: allocations are freed together. The memory is not zeroed twice: each block is zero. */
typedef struct heed__arena_block heed__arena_block;
typedef struct heed__arena {
    heed__arena_block *blocks;
    size_t used; /* in the first block */
} heed__arena;

heed_status heed__arena_take(heed__arena *arena, size_t count, size_t size, const char *what,
                             void *out_pointer);
/* A NUL-terminated copy of length bytes. */
heed_status heed__arena_text(heed__arena *arena, const char *text, size_t length, const char **out);
void heed__arena_free(heed__arena *arena);

#endif
