/* SPDX-License-Identifier: MIT */
/*
 * At the step that needs most memory nothing is wasted by stacking what is alive. Going forward and
 * then backward, lifetimes are nested around that step, so that with the longest-lived lowest the
 * stack also grows and shrinks without holes, and what lives on one side of the step only stands on
 * top of it. Such a buffer has few contemporaries: they are found through lists by time.
 */
#include "autograd/plan.h"

#include "base/memory.h"

#include <string.h>

/* Lists of placed buffers: level l holds those of at most WIDTH << 2l steps, by their first step in
 * slots of that width; so those alive with a given one are in few slots. */
enum { WIDTH = 4, LEVELS = 16, NONE = -1 };

/* What is stacked leaves gaps where a buffer dies before one above it. Looking through them takes
 * quadratic time, and is not done for more pairs of a stacked buffer and another than these. */
enum { GAP_PAIRS = 1 << 17 };

typedef struct planner {
    heed__buffer *buffers;
    int32_t steps, peak;
    size_t *alive;          /* [steps] bytes, then the top of what is stacked at a step */
    int32_t *order, *spare; /* [count] */
    int32_t *next;          /* [count] the list's links */
    int32_t *heads;         /* of all levels, one after another */
    int32_t *levels[LEVELS];
    int32_t slots[LEVELS];
    int used; /* levels */
    int gaps; /* between what is stacked are used too */
} planner;

static size_t aligned(size_t size)
{
    return (size + HEED_ALIGNMENT - 1) / HEED_ALIGNMENT * HEED_ALIGNMENT;
}

static int64_t width_of(int level)
{
    return (int64_t)WIDTH << 2 * level;
}

static size_t slots_of(int32_t steps, int level)
{
    return (size_t)((steps + width_of(level) - 1) / width_of(level));
}

static int levels_of(int32_t steps)
{
    int used = 1;
    while (used < LEVELS && width_of(used - 1) < steps) used++;
    return used;
}

size_t heed__plan_scratch(size_t count, int32_t steps)
{
    size_t heads = 0;
    for (int level = 0; level < levels_of(steps); level++) heads += slots_of(steps, level);
    return ((size_t)steps + 1) * sizeof(size_t) + (3 * count + heads) * sizeof(int32_t);
}

static void cut_scratch(planner *p, size_t count, void *scratch)
{
    p->alive = scratch;
    p->order = (int32_t *)(void *)(p->alive + p->steps + 1);
    p->spare = p->order + count;
    p->next = p->spare + count;
    p->heads = p->next + count;
    p->used = levels_of(p->steps);
    int32_t *at = p->heads;
    for (int level = 0; level < p->used; level++) {
        p->levels[level] = at;
        p->slots[level] = (int32_t)slots_of(p->steps, level);
        at += p->slots[level];
    }
    for (int32_t *head = p->heads; head < at; head++) *head = NONE;
}

typedef int (*precedes)(const heed__buffer *buffers, int32_t a, int32_t b);

/* Equals in their own order: a plan must not depend on the sort. */
static int larger(const heed__buffer *b, int32_t x, int32_t y)
{
    return b[x].size != b[y].size ? b[x].size > b[y].size : x < y;
}

static int longer_lived(const heed__buffer *b, int32_t x, int32_t y)
{
    if (b[x].last != b[y].last) return b[x].last > b[y].last;
    return b[x].first != b[y].first ? b[x].first < b[y].first : x < y;
}

/* Merge sort, from the bottom. */
static void sort(const planner *p, int32_t *order, size_t count, precedes before)
{
    int32_t *from = order, *to = p->spare;
    for (size_t run = 1; run < count; run *= 2) {
        for (size_t begin = 0; begin < count; begin += 2 * run) {
            size_t middle = begin + run < count ? begin + run : count;
            size_t end = middle + run < count ? middle + run : count, a = begin, b = middle;
            for (size_t k = begin; k < end; k++) {
                int left = b == end || (a < middle && before(p->buffers, from[a], from[b]));
                to[k] = left ? from[a++] : from[b++];
            }
        }
        int32_t *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != order) memcpy(order, from, count * sizeof *order);
}

/* The first of the steps at which most bytes are alive. */
static int32_t find_peak(planner *p, size_t count)
{
    memset(p->alive, 0, ((size_t)p->steps + 1) * sizeof *p->alive);
    for (size_t i = 0; i < count; i++) {
        const heed__buffer *b = &p->buffers[i];
        if (!b->size || b->shares != HEED_OWN_PLACE) continue;
        p->alive[b->first] += aligned(b->size);
        p->alive[b->last + 1] -= aligned(b->size); /* wraps, and back in the sum */
    }
    int32_t peak = 0;
    for (int32_t step = 1; step < p->steps; step++) {
        p->alive[step] += p->alive[step - 1];
        if (p->alive[step] > p->alive[peak]) peak = step;
    }
    return peak;
}

/* Stacks `count` buffers alive at the peak; alive[step] becomes the top of those that are alive at
 * the step, or between it and the peak. */
static size_t stack(planner *p, int32_t *order, size_t count)
{
    size_t top = 0;
    sort(p, order, count, longer_lived);
    memset(p->alive, 0, ((size_t)p->steps + 1) * sizeof *p->alive);
    for (size_t i = 0; i < count; i++) {
        heed__buffer *b = &p->buffers[order[i]];
        b->offset = top;
        top += aligned(b->size);
        if (top > p->alive[b->first]) p->alive[b->first] = top;
        if (top > p->alive[b->last]) p->alive[b->last] = top;
    }
    for (int32_t step = 1; step <= p->peak; step++)
        if (p->alive[step - 1] > p->alive[step]) p->alive[step] = p->alive[step - 1];
    for (int32_t step = p->steps - 2; step >= p->peak; step--)
        if (p->alive[step + 1] > p->alive[step]) p->alive[step] = p->alive[step + 1];
    return top;
}

/* If a buffer of the list is alive with this one and lies in its way, moves it behind. */
static int move_behind(const planner *p, int32_t item, heed__buffer *b)
{
    size_t size = aligned(b->size);
    int moved = 0;
    for (; item != NONE; item = p->next[item]) {
        const heed__buffer *other = &p->buffers[item];
        size_t end = other->offset + aligned(other->size);
        if (other->first > b->last || b->first > other->last) continue;
        if (other->offset >= b->offset + size || b->offset >= end) continue;
        b->offset = end;
        moved = 1;
    }
    return moved;
}

static void enlist(planner *p, int32_t item)
{
    const heed__buffer *b = &p->buffers[item];
    int level = 0;
    while (level < p->used - 1 && b->last - b->first >= width_of(level)) level++;
    int32_t *head = &p->levels[level][b->first / width_of(level)];
    p->next[item] = *head;
    *head = item;
}

/* As low as it fits: every move is forced, so the first place that is free is the lowest. */
static void place(planner *p, int32_t item)
{
    heed__buffer *b = &p->buffers[item];
    b->offset = p->gaps ? 0 : p->alive[b->last < p->peak ? b->last : b->first];
    for (int moved = 1; moved;) {
        moved = 0;
        for (int level = 0; level < p->used; level++) {
            int64_t width = width_of(level), from = (b->first - width) / width;
            for (int64_t slot = from > 0 ? from : 0; slot <= b->last / width; slot++)
                moved |= move_behind(p, p->levels[level][slot], b);
        }
    }
    enlist(p, item);
}

static size_t place_all(heed__buffer *buffers, size_t count, int32_t steps, void *scratch, int gaps)
{
    planner p = {.buffers = buffers, .steps = steps};
    cut_scratch(&p, count, scratch);
    p.peak = find_peak(&p, count);
    size_t stacked = 0, rest = count;
    for (size_t i = 0; i < count; i++) {
        const heed__buffer *b = &buffers[i];
        if (!b->size || b->shares != HEED_OWN_PLACE) continue;
        if (b->first <= p.peak && p.peak <= b->last)
            p.order[stacked++] = (int32_t)i;
        else
            p.order[--rest] = (int32_t)i;
    }
    size_t top = stack(&p, p.order, stacked);
    p.gaps = gaps && stacked * (count - rest) <= (size_t)GAP_PAIRS;
    for (size_t i = 0; p.gaps && i < stacked; i++) enlist(&p, p.order[i]);
    sort(&p, p.order + rest, count - rest, larger);
    for (size_t i = rest; i < count; i++) {
        const heed__buffer *b = &buffers[p.order[i]];
        place(&p, p.order[i]);
        if (b->offset + aligned(b->size) > top) top = b->offset + aligned(b->size);
    }
    for (size_t i = 0; i < count; i++)
        if (buffers[i].shares != HEED_OWN_PLACE)
            buffers[i].offset = buffers[buffers[i].shares].offset;
    return top;
}

size_t heed__plan_buffers(heed__buffer *buffers, size_t count, int32_t steps, size_t room,
                          void *scratch)
{
    if (steps < 1) return 0;
    size_t quick = place_all(buffers, count, steps, scratch, 0);
    if (!room || quick <= room) return quick;
    size_t tight = place_all(buffers, count, steps, scratch, 1);
    return tight <= quick ? tight : place_all(buffers, count, steps, scratch, 0);
}
