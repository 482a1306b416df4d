/* SPDX-License-Identifier: MIT */
#include "model/unroll.h"

#include "base/fail.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void heed__unroll_clear(heed__unroll *unroll)
{
    free(unroll->block);
    free(unroll->pair_block);
    memset(unroll, 0, sizeof *unroll);
}

/* What stands for any batch: all rows in as many steps of all targets as they allow, while one
 * target alone is as long as any. What steps keep goes by their rows, so no batch keeps more; a
 * step of all targets beyond that is room for what one needs while it is done, which may be the
 * last. */
static int64_t count_standing(const heed__ragged *targets, int64_t step)
{
    int64_t more = targets->n - 1, longest = targets->longest;
    int64_t spread = targets->rows - longest; /* rows beyond the one target's */
    int64_t whole = more > 0 && spread > 0 ? spread / more + 1 : 0;
    if (step < whole) return targets->n;
    return step == whole && whole > 0 ? 1 + spread % more : 1;
}

/* Targets longer than the step. */
static int64_t count_alive(const heed__ragged *targets, int64_t step, int64_t before)
{
    if (!targets->offsets) return count_standing(targets, step);
    while (before > 0 && heed__ragged_length(targets, targets->order[before - 1]) <= step) before--;
    return before;
}

/* Rows that all steps have together. */
static int64_t walked_rows(const heed__ragged *targets)
{
    if (targets->offsets) return targets->rows;
    int64_t rows = 0, alive = targets->n;
    for (int64_t step = 0; step < targets->longest; step++)
        rows += alive = count_alive(targets, step, alive);
    return rows;
}

static int64_t *take(int64_t **at, int64_t count)
{
    int64_t *out = *at;
    *at += count;
    return out;
}

/* Cuts one block, kept from fill to fill, into all arrays. */
static heed_status make_room(heed__unroll *u, const heed__ragged *targets, int64_t memory_rows)
{
    int64_t n = targets->n, steps = targets->longest, walked = walked_rows(targets);
    int64_t views = steps * (int64_t)(sizeof *u->views / sizeof(int64_t));
    int64_t total = 2 * steps + 1 + walked + targets->rows + 6 * n + 1 + memory_rows + views;
    HEED_TRY(heed__grow(&u->block, &u->capacity, (size_t)total, sizeof(int64_t), "a batch"));
    int64_t *at = u->block;
    u->views = (heed__ragged *)(void *)take(&at, views);
    u->alive = take(&at, steps);
    u->first = take(&at, steps + 1);
    u->forth = take(&at, walked);
    u->back = take(&at, targets->rows);
    u->prefix = take(&at, n);
    u->ids = take(&at, n);
    u->sentences = take(&at, n);
    u->first_rows = take(&at, n);
    u->last_rows = take(&at, n);
    u->offsets = take(&at, n + 1);
    u->memory = take(&at, memory_rows);
    return HEED_OK;
}

static void fill_targets(heed__unroll *u, const heed__ragged *targets)
{
    int64_t alive = targets->n;
    u->first[0] = 0;
    for (int64_t i = 0; targets->offsets && i < targets->n; i++) {
        u->prefix[i] = i;
        u->sentences[i] = targets->order[i];
        u->ids[i] = targets->ids ? targets->ids[targets->order[i]] : targets->order[i];
    }
    for (int64_t step = 0; step < u->steps; step++) {
        u->alive[step] = alive = count_alive(targets, step, alive);
        u->first[step + 1] = u->first[step] + alive;
        for (int64_t i = 0; targets->offsets && i < alive; i++) {
            int64_t row = targets->offsets[targets->order[i]] + step;
            u->forth[u->first[step] + i] = row;
            u->back[row] = u->first[step] + i;
        }
    }
}

static void fill_memory(heed__unroll *u, const heed__ragged *memory, int64_t n)
{
    int64_t at = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t from = memory->offsets[u->sentences[i]];
        int64_t end = memory->offsets[u->sentences[i] + 1];
        u->offsets[i] = at;
        u->first_rows[i] = end > from ? from : -1;
        u->last_rows[i] = end > from ? end - 1 : -1;
        for (int64_t row = from; row < end; row++) u->memory[at++] = row;
    }
    u->offsets[n] = at;
}

/* The sources of those alive are the first ones. */
static void fill_views(heed__unroll *u, const heed__ragged *memory, int64_t n)
{
    int known = memory->offsets != NULL;
    u->whole = (heed__ragged){
        n, memory->rows, memory->longest, known ? u->offsets : NULL, NULL, known ? u->ids : NULL};
    for (int64_t step = 0; step < u->steps; step++) {
        heed__ragged *view = &u->views[step];
        int64_t alive = u->alive[step], most = alive * memory->longest;
        *view = u->whole;
        view->n = alive;
        view->rows = known ? u->offsets[alive] : most < memory->rows ? most : memory->rows;
    }
}

heed_status heed__unroll_fill(heed__unroll *u, const heed__ragged *targets,
                              const heed__ragged *memory)
{
    if (memory && memory->n != targets->n)
        return heed__fail(HEED_E_INVALID, "%lld sources and %lld targets; each target has one",
                          (long long)memory->n, (long long)targets->n);
    HEED_TRY(make_room(u, targets, memory ? memory->rows : 0));
    u->steps = targets->longest;
    fill_targets(u, targets);
    if (!memory) return HEED_OK;
    if (memory->offsets && targets->offsets) fill_memory(u, memory, targets->n);
    fill_views(u, memory, targets->n);
    return HEED_OK;
}

/* The pairs of the step's target at place i, in the order of walking, begin at `from`. */
static void fill_pairs(heed__unroll *u, const heed__ragged *memory, int64_t row, int64_t i,
                       int64_t from)
{
    int64_t *offsets = (int64_t *)u->pairs.offsets, length = u->offsets[i + 1] - u->offsets[i];
    u->pair_starts[row] = memory->offsets[u->sentences[i]];
    for (int64_t j = 0; j < length; j++) u->pair_back[offsets[row] + j] = from + j;
}

heed_status heed__unroll_pairs(heed__unroll *u, const heed__ragged *targets,
                               const heed__ragged *memory)
{
    int64_t rows = 0, known = targets->offsets && memory->offsets, base = 0;
    for (int64_t t = 0; t < u->steps; t++) rows += u->views[t].rows;
    size_t room = (size_t)(2 * targets->rows + 1 + rows);
    HEED_TRY(heed__grow(&u->pair_block, &u->pair_capacity, room, sizeof(int64_t), "a batch"));
    int64_t *at = u->pair_block, *offsets = take(&at, targets->rows + 1);
    u->pair_starts = take(&at, targets->rows);
    u->pair_back = take(&at, rows);
    u->pairs = (heed__ragged){.n = targets->rows, .rows = rows, .longest = memory->longest};
    if (!known) return HEED_OK;
    u->pairs.offsets = offsets;
    offsets[0] = 0;
    for (int64_t s = 0; s < targets->n; s++)
        for (int64_t row = targets->offsets[s]; row < targets->offsets[s + 1]; row++)
            offsets[row + 1] = offsets[row] + heed__ragged_length(memory, s);
    for (int64_t t = 0; t < u->steps; base += u->views[t++].rows)
        for (int64_t i = 0; i < u->alive[t]; i++)
            fill_pairs(u, memory, u->forth[u->first[t] + i], i, base + u->offsets[i]);
    return HEED_OK;
}
