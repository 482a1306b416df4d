/* SPDX-License-Identifier: MIT */
#include "io/checksum.h"

#include "base/fail.h"
#include "base/memory.h"
#include "kernels/kernels.h"

enum { GROUP = 16 /* chunks a task */, BLOCK = 64 };

typedef struct chunks {
    const unsigned char *bytes;
    size_t size, count;
    unsigned char (*digests)[HEED_SHA256_SIZE];
} chunks;

/* The block that ends every message of HEED_CHECKSUM_CHUNK bytes: a bit and the length in bits. */
static const unsigned char last_block[BLOCK] = {[0] = 0x80,
                                                [BLOCK - 3] = HEED_CHECKSUM_CHUNK * 8 >> 16 & 0xff,
                                                [BLOCK - 2] = HEED_CHECKSUM_CHUNK * 8 >> 8 & 0xff};

/* 1 to 16 whole chunks side by side; lanes without one repeat the first. */
static void hash_whole(const unsigned char *bytes, size_t count,
                       unsigned char (*digests)[HEED_SHA256_SIZE])
{
    const unsigned char *from[GROUP], *last[GROUP];
    uint32_t state[8][GROUP];
    for (size_t lane = 0; lane < GROUP; lane++) {
        from[lane] = bytes + (lane < count ? lane : 0) * HEED_CHECKSUM_CHUNK;
        last[lane] = last_block;
        for (int word = 0; word < 8; word++) state[word][lane] = heed__sha256_initial[word];
    }
    heed__kernels_best()->sha256(HEED_CHECKSUM_CHUNK / BLOCK, from, state);
    heed__kernels_best()->sha256(1, last, state);
    for (size_t lane = 0; lane < count; lane++)
        for (int i = 0; i < HEED_SHA256_SIZE; i++)
            digests[lane][i] = (unsigned char)(state[i / 4][lane] >> (24 - 8 * (i % 4)));
}

static void hash_group(void *arg, int64_t task, int thread)
{
    (void)thread;
    const chunks *all = arg;
    size_t first = (size_t)task * GROUP, whole = all->size / HEED_CHECKSUM_CHUNK - first;
    const unsigned char *bytes = all->bytes + first * HEED_CHECKSUM_CHUNK;
    if (whole > GROUP) whole = GROUP;
    if (whole) hash_whole(bytes, whole, all->digests + first);
    size_t done = (first + whole) * HEED_CHECKSUM_CHUNK;
    if (whole < GROUP && done < all->size)
        heed__sha256_of(all->bytes + done, all->size - done, all->digests[first + whole]);
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
