/* SPDX-License-Identifier: MIT */
/* Open addressing, at most half full. */
#include "data/pairs.h"

#include "base/fail.h"
#include "base/memory.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 1024 };

static size_t slot_of(const heed__pairs *p, uint64_t pair)
{
    uint64_t hash = pair * 0x9E3779B97F4A7C15u;
    size_t at = (size_t)((hash ^ hash >> 32) * 0xD6E8FEB86659FD93u >> 20) & (p->slot_count - 1);
    while (p->slots[at] && p->items[p->slots[at] - 1] != pair) at = (at + 1) & (p->slot_count - 1);
    return at;
}

int64_t heed__pairs_find(const heed__pairs *p, uint64_t pair)
{
    return p->slot_count ? (int64_t)p->slots[slot_of(p, pair)] - 1 : -1;
}

static heed_status grow_slots(heed__pairs *p)
{
    size_t count = p->slot_count ? p->slot_count * 2 : FIRST_SLOTS;
    uint32_t *slots = NULL;
    HEED_TRY(heed__alloc(count, sizeof *slots, "a table of pairs", &slots));
    heed__free(p->slots);
    p->slots = slots;
    p->slot_count = count;
    for (int64_t i = 0; i < p->n; i++) slots[slot_of(p, p->items[i])] = (uint32_t)i + 1;
    return HEED_OK;
}

heed_status heed__pairs_add(heed__pairs *p, uint64_t pair, int64_t *out)
{
    if ((size_t)p->n * 2 >= p->slot_count) HEED_TRY(grow_slots(p));
    size_t slot = slot_of(p, pair);
    if (!p->slots[slot]) {
        if (p->n >= INT32_MAX - 1)
            return heed__fail(HEED_E_DATA, "more than %d different pairs of tokens; use ngrams = 1",
                              INT32_MAX - 1);
        HEED_TRY(heed__grow(&p->items, &p->room, (size_t)p->n + 1, sizeof *p->items, "pairs"));
        p->items[p->n++] = pair;
        p->slots[slot] = (uint32_t)p->n;
    }
    *out = (int64_t)p->slots[slot] - 1;
    return HEED_OK;
}

void heed__pairs_free(heed__pairs *p)
{
    heed__free(p->slots);
    free(p->items);
    *p = (heed__pairs){0};
}
