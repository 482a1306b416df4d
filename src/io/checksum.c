/* SPDX-License-Identifier: MIT */
#include "io/checksum.h"

#include "base/fail.h"
#include "base/memory.h"

enum { GROUP = 16 }; /* chunks a task */

typedef struct chunks {
    const unsigned char *bytes;
    size_t size, count;
    unsigned char (*digests)[HEED_SHA256_SIZE];
} chunks;

static void hash_group(void *arg, int64_t task, int thread)
{
    (void)thread;
    const chunks *all = arg;
    size_t first = (size_t)task * GROUP;
    size_t last = first + GROUP < all->count ? first + GROUP : all->count;
    for (size_t i = first; i < last; i++) {
        size_t at = i * HEED_CHECKSUM_CHUNK, left = all->size - at;
        heed__sha256_of(all->bytes + at, left < HEED_CHECKSUM_CHUNK ? left : HEED_CHECKSUM_CHUNK,
                        all->digests[i]);
    }
}

heed_status heed__checksum_add(heed_context *context, const void *bytes, size_t size,
                               heed__sha256 *hash)
{
    chunks all = {.bytes = bytes, .size = size};
    all.count = size / HEED_CHECKSUM_CHUNK + (size % HEED_CHECKSUM_CHUNK != 0);
    HEED_TRY(heed__alloc(all.count, sizeof *all.digests, "a checksum", &all.digests));
    heed__parallel(context, (int64_t)((all.count + GROUP - 1) / GROUP), hash_group, &all);
    heed__sha256_add(hash, all.digests, all.count * sizeof *all.digests);
    heed__free(all.digests);
    return HEED_OK;
}
