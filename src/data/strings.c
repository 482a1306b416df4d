/* SPDX-License-Identifier: MIT */
/* Open addressing, at most half full. */
#include "data/strings.h"

#include "base/fail.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 1024 };

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= 0x9E3779B97F4A7C15u;
    return x ^ x >> 29;
}

/* Eight bytes a step: words are short, and this is the tokenizer's inner loop. */
static uint64_t hash_of(const char *bytes, size_t size)
{
    uint64_t hash = size, word;
    for (; size >= sizeof word; bytes += sizeof word, size -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        hash = mix(hash ^ word);
    }
    for (word = 0; size; size--) word = word << 8 | (unsigned char)bytes[size - 1];
    return mix(hash ^ word) * 0xD6E8FEB86659FD93u >> 16;
}

/* The slot that holds the string, or the free one where it belongs. */
static size_t slot_of(const heed__strings *s, const char *bytes, size_t size)
{
    size_t at = (size_t)hash_of(bytes, size) & (s->slot_count - 1);
    for (;; at = (at + 1) & (s->slot_count - 1)) {
        if (!s->slots[at]) return at;
        const heed_text *item = &s->items[s->slots[at] - 1];
        if (item->size == size && memcmp(item->bytes, bytes, size) == 0) return at;
    }
}

int64_t heed__strings_find(const heed__strings *s, const char *bytes, size_t size)
{
    if (!s->slot_count) return -1;
    return (int64_t)s->slots[slot_of(s, bytes, size)] - 1;
}

static heed_status grow_slots(heed__strings *s)
{
    size_t count = s->slot_count ? s->slot_count * 2 : FIRST_SLOTS;
    uint32_t *slots = NULL;
    HEED_TRY(heed__alloc(count, sizeof *slots, "a table of words", &slots));
    heed__free(s->slots);
    s->slots = slots;
    s->slot_count = count;
    for (int64_t i = 0; i < s->n; i++)
        slots[slot_of(s, s->items[i].bytes, s->items[i].size)] = (uint32_t)i + 1;
    return HEED_OK;
}

heed_status heed__strings_add(heed__strings *s, const char *bytes, size_t size, int64_t *out)
{
    if ((size_t)s->n * 2 >= s->slot_count) HEED_TRY(grow_slots(s));
    size_t slot = slot_of(s, bytes, size);
    if (!s->slots[slot]) {
        if (s->n >= INT32_MAX)
            return heed__fail(HEED_E_DATA, "more than %d different words; use fewer texts",
                              INT32_MAX);
        HEED_TRY(heed__grow(&s->items, &s->room, (size_t)s->n + 1, sizeof *s->items, "words"));
        heed_text *item = &s->items[s->n];
        HEED_TRY(heed__arena_text(&s->arena, bytes, size, &item->bytes));
        item->size = size;
        s->slots[slot] = (uint32_t)++s->n;
    }
    *out = (int64_t)s->slots[slot] - 1;
    return HEED_OK;
}

void heed__strings_free(heed__strings *s)
{
    heed__arena_free(&s->arena);
    heed__free(s->slots);
    free(s->items);
    *s = (heed__strings){0};
}

int heed__text_compare(heed_text a, heed_text b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.bytes, b.bytes, common) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}
