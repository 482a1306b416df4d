/* SPDX-License-Identifier: MIT */
/*
 * Open addressing, at most half full. A slot belongs to the current segment where its `round` is
 * the current one, so that forgetting costs nothing; only as much of the table is used as the
 * segment needs, so that a long one does not slow down those after it.
 *
 * An n-gram is its first n - 1 symbols' slot and its last symbol: a key of 64 bits that is exact.
 * What the hypothesis lacks, no longer n-gram from there can match: looking stops.
 */
#include "train/metric_ngrams.h"

#include "base/fail.h"
#include "base/memory.h"

#include <string.h>

struct heed__word_slot {
    heed_text word;
    uint32_t round, hash, number;
};

struct heed__ngram_slot {
    uint64_t key;
    uint32_t round;
    uint32_t reference;           /* that `seen` belongs to */
    int32_t count, seen, highest; /* in the hypothesis, this reference, any reference so far */
};

static size_t power_above(size_t n, unsigned *out_bits)
{
    unsigned bits = 6;
    while (((size_t)1 << bits) < n) bits++;
    if (out_bits) *out_bits = bits;
    return (size_t)1 << bits;
}

/* Zeroed slots: no round has number 0. */
static heed_status make_slots(size_t count, size_t size, void *inout_slots, size_t *room,
                              uint32_t *round)
{
    void **slots = inout_slots;
    if (count > *room) {
        heed__free(*slots);
        *slots = NULL;
        *room = 0;
        HEED_TRY(heed__alloc(count, size, "a segment's n-grams", slots));
        *room = count;
        *round = 0;
    }
    if (++*round == 0) { /* all numbers are used up */
        memset(*slots, 0, *room * size);
        *round = 1;
    }
    return HEED_OK;
}

/* ---- words ---- */

static uint32_t hash_of(heed_text word)
{
    uint64_t hash = word.size;
    for (size_t i = 0; i < word.size; i++)
        hash = (hash ^ (unsigned char)word.bytes[i]) * 0x9E3779B97F4A7C15u;
    return (uint32_t)(hash >> 32);
}

heed_status heed__words_begin(heed__words *w, size_t most)
{
    size_t count = power_above(most * 2, NULL);
    HEED_TRY(make_slots(count, sizeof *w->slots, &w->slots, &w->room, &w->round));
    w->mask = count - 1;
    w->n = 0;
    return HEED_OK;
}

/* The word's slot, or the free one where it belongs. */
static struct heed__word_slot *word_slot(const heed__words *w, heed_text word, uint32_t hash)
{
    for (size_t at = hash & w->mask;; at = (at + 1) & w->mask) {
        struct heed__word_slot *slot = &w->slots[at];
        if (slot->round != w->round) return slot;
        if (slot->hash == hash && slot->word.size == word.size &&
            memcmp(slot->word.bytes, word.bytes, word.size) == 0)
            return slot;
    }
}

uint32_t heed__words_add(heed__words *w, heed_text word)
{
    uint32_t hash = hash_of(word);
    struct heed__word_slot *slot = word_slot(w, word, hash);
    if (slot->round != w->round)
        *slot = (struct heed__word_slot){
            .word = word, .round = w->round, .hash = hash, .number = w->n++};
    return slot->number;
}

uint32_t heed__words_find(const heed__words *w, heed_text word)
{
    const struct heed__word_slot *slot = word_slot(w, word, hash_of(word));
    return slot->round == w->round ? slot->number : (uint32_t)HEED_NO_WORD;
}

void heed__words_free(heed__words *w)
{
    heed__free(w->slots);
    *w = (heed__words){0};
}

/* ---- n-grams ---- */

/* `before` is the slot of the n-gram without its last symbol, 0 for none: slots count from 1. */
static size_t ngram_slot(const heed__ngrams *g, size_t before, uint32_t symbol)
{
    uint64_t key = (uint64_t)before << 32 | symbol;
    size_t at = (size_t)(key * 0x9E3779B97F4A7C15u >> g->shift);
    for (;; at = (at + 1) & g->mask) {
        struct heed__ngram_slot *slot = &g->slots[at];
        if (slot->round != g->round) {
            slot->key = key;
            return at;
        }
        if (slot->key == key) return at;
    }
}

heed_status heed__ngrams_begin(heed__ngrams *g, const uint32_t *symbols, size_t n, int order)
{
    unsigned bits;
    size_t count = power_above(n * (size_t)order * 2, &bits);
    HEED_TRY(make_slots(count, sizeof *g->slots, &g->slots, &g->room, &g->round));
    g->mask = count - 1;
    g->shift = 64 - bits;
    g->order = order;
    g->reference = 0;
    for (size_t i = 0; i < n; i++) {
        size_t before = 0;
        for (size_t k = 0; k < (size_t)order && i + k < n; k++) {
            size_t at = ngram_slot(g, before, symbols[i + k]);
            struct heed__ngram_slot *slot = &g->slots[at];
            if (slot->round != g->round)
                *slot = (struct heed__ngram_slot){.key = slot->key, .round = g->round};
            slot->count++;
            before = at + 1;
        }
    }
    return HEED_OK;
}

/* One more of it in this reference: nonzero when that makes a match. */
static int use_up(struct heed__ngram_slot *slot, uint32_t reference, heed__ngrams_scope scope)
{
    if (slot->reference != reference) {
        slot->reference = reference;
        slot->seen = 0;
    }
    slot->seen++;
    if (scope == HEED_NGRAMS_TOGETHER) {
        if (slot->seen <= slot->highest) return 0;
        slot->highest = slot->seen;
    }
    return slot->seen <= slot->count;
}

void heed__ngrams_match(heed__ngrams *g, const uint32_t *symbols, size_t n,
                        heed__ngrams_scope scope, int64_t *matched)
{
    g->reference++;
    for (size_t i = 0; i < n; i++) {
        size_t before = 0;
        for (size_t k = 0; k < (size_t)g->order && i + k < n; k++) {
            size_t at = ngram_slot(g, before, symbols[i + k]);
            if (g->slots[at].round != g->round) break;
            matched[k] += use_up(&g->slots[at], g->reference, scope);
            before = at + 1;
        }
    }
}

void heed__ngrams_free(heed__ngrams *g)
{
    heed__free(g->slots);
    *g = (heed__ngrams){0};
}
