/* SPDX-License-Identifier: MIT */
#include "model/decoder_cache.h"

#include "base/fail.h"
#include "ops/ops.h"

#include <string.h>

heed_status heed__cache_create(int64_t layers, int64_t columns, heed__cache *cache)
{
    *cache = (heed__cache){.layers = layers};
    HEED_TRY(heed__alloc((size_t)layers, sizeof *cache->layer, "a cache", &cache->layer));
    for (int64_t i = 0; i < layers; i++) cache->layer[i].columns = columns;
    return HEED_OK;
}

static void free_rows(heed__cache *c)
{
    heed__free(c->slot);
    heed__free(c->fresh);
    heed__free(c->starts);
    heed__free(c->lengths);
    heed__free(c->newest);
    heed__free(c->target);
    heed__free(c->taken);
    c->slot = c->fresh = c->starts = c->lengths = c->newest = c->target = NULL;
    c->taken = NULL;
}

void heed__cache_free(heed__cache *c)
{
    for (int64_t i = 0; c->layer && i < c->layers; i++) heed__free(c->layer[i].data);
    heed__free(c->layer);
    free_rows(c);
    *c = (heed__cache){0};
}

void heed__cache_clear(heed__cache *c)
{
    c->rows = 0;
    if (c->taken) memset(c->taken, 0, (size_t)c->slots);
}

static heed_real *place(const heed__cache *c, int64_t layer, int64_t slot)
{
    return c->layer[layer].data + slot * c->positions * c->layer[layer].columns;
}

/* The arrays anew, with what the live slots hold at its new place. */
static heed_status lay_out(heed__cache *c, int64_t slots, int64_t positions, int64_t filled)
{
    for (int64_t i = 0; i < c->layers; i++) {
        heed_real *data = NULL;
        int64_t columns = c->layer[i].columns;
        size_t count = (size_t)(slots * positions * columns);
        HEED_TRY(heed__alloc(count, sizeof *data, "a cache of keys and values", &data));
        for (int64_t s = 0; s < c->slots && filled; s++)
            if (c->taken[s])
                memcpy(data + s * positions * columns, place(c, i, s),
                       (size_t)(filled * columns) * sizeof *data);
        heed__free(c->layer[i].data);
        c->layer[i].data = data;
        /* Layers are at one layout only when all are done: on failure the cache is cleared. */
    }
    c->positions = positions;
    return HEED_OK;
}

static heed_status grow_slots(heed__cache *c, int64_t slots)
{
    heed__cache old = *c;
    size_t n = (size_t)slots, had = (size_t)c->slots;
    c->slot = c->fresh = c->starts = c->lengths = c->newest = c->target = NULL;
    c->taken = NULL;
    heed_status status = heed__alloc(n, sizeof *c->slot, "a cache", &c->slot);
    if (status == HEED_OK) status = heed__alloc(n, sizeof *c->fresh, "a cache", &c->fresh);
    if (status == HEED_OK) status = heed__alloc(n, sizeof *c->starts, "a cache", &c->starts);
    if (status == HEED_OK) status = heed__alloc(n, sizeof *c->lengths, "a cache", &c->lengths);
    if (status == HEED_OK) status = heed__alloc(n, sizeof *c->newest, "a cache", &c->newest);
    if (status == HEED_OK) status = heed__alloc(n, sizeof *c->target, "a cache", &c->target);
    if (status == HEED_OK) status = heed__alloc(n, sizeof *c->taken, "a cache", &c->taken);
    if (status != HEED_OK) {
        free_rows(c);
        *c = old;
        return status;
    }
    if (had) memcpy(c->slot, old.slot, had * sizeof *c->slot);
    if (had) memcpy(c->taken, old.taken, had);
    free_rows(&old);
    return HEED_OK;
}

static heed_status make_room(heed__cache *c, int64_t position, int64_t rows)
{
    enum { FIRST_POSITIONS = 32 };
    /* Twice the rows: children are placed while their parents' slots are still taken. */
    int64_t slots = c->slots >= 2 * rows ? c->slots : 2 * rows;
    int64_t positions = c->positions ? c->positions : FIRST_POSITIONS;
    while (positions <= position) positions *= 2;
    if (slots == c->slots && positions == c->positions) return HEED_OK;
    if (slots > c->slots) HEED_TRY(grow_slots(c, slots));
    HEED_TRY(lay_out(c, slots, positions, position));
    c->slots = slots;
    return HEED_OK;
}

static int64_t free_slot(const heed__cache *c, int64_t from)
{
    while (c->taken[from]) from++;
    return from;
}

/* The first child of a row keeps its slot, in order of the rows. taken: 1 = a parent's, 2 = given.
 */
static void assign(heed__cache *c, int64_t position, int64_t rows, const int64_t *parents)
{
    for (int64_t i = 0; i < rows; i++) {
        int64_t slot = position ? c->slot[parents[i]] : -1;
        c->fresh[i] = slot >= 0 && c->taken[slot] == 1 ? slot : -1;
        if (c->fresh[i] >= 0) c->taken[slot] = 2;
    }
    for (int64_t i = 0, next = 0; i < rows; i++) {
        if (c->fresh[i] >= 0) continue;
        next = free_slot(c, next);
        c->taken[next] = 2;
        c->fresh[i] = next;
        for (int64_t l = 0; l < c->layers && position; l++)
            memcpy(place(c, l, next), place(c, l, c->slot[parents[i]]),
                   (size_t)(position * c->layer[l].columns) * sizeof(heed_real));
    }
    for (int64_t s = 0; s < c->slots; s++) c->taken[s] = c->taken[s] == 2;
}

heed_status heed__cache_advance(heed__cache *c, int64_t position, int64_t rows,
                                const int64_t *parents)
{
    if (position == 0) heed__cache_clear(c);
    HEED_TRY(make_room(c, position, rows));
    assign(c, position, rows, parents);
    for (int64_t i = 0; i < rows; i++) {
        c->slot[i] = c->fresh[i];
        c->starts[i] = c->slot[i] * c->positions;
        c->lengths[i] = position + 1;
        c->newest[i] = position;
        c->target[i] = c->starts[i] + position;
    }
    c->rows = rows;
    return HEED_OK;
}

void heed__cache_store(heed__cache *c, int64_t layer, heed__tape *tape, heed__var x, int64_t column)
{
    heed__store store = {c->layer[layer].data, c->target, column, c->layer[layer].columns};
    heed__tape_apply(tape, &heed__op_store, &x, 1, &store, sizeof store);
}

heed__var heed__cache_var(const heed__cache *c, int64_t layer, heed__tape *tape)
{
    return heed__tape_constant(tape, c->slots * c->positions, c->layer[layer].columns,
                               c->layer[layer].data);
}
