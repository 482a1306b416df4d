/* SPDX-License-Identifier: MIT */
#include "autograd/plan.h"

#include "base/memory.h"

static size_t aligned(size_t size)
{
    return (size + HEED_ALIGNMENT - 1) / HEED_ALIGNMENT * HEED_ALIGNMENT;
}

static int larger(const heed__buffer *buffers, int32_t a, int32_t b)
{
    if (buffers[a].size != buffers[b].size) return buffers[a].size > buffers[b].size;
    return a < b; /* equal sizes in their own order: a plan must not depend on the sort */
}

static void sort_by_size(const heed__buffer *buffers, int32_t *order, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        int32_t item = order[i];
        size_t j = i;
        for (; j > 0 && larger(buffers, item, order[j - 1]); j--) order[j] = order[j - 1];
        order[j] = item;
    }
}

static int meet(const heed__buffer *a, const heed__buffer *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* The lowest gap among the placed buffers that live at the same time; placed is sorted by offset.
 */
static size_t lowest_gap(const heed__buffer *buffers, const heed__buffer *wanted,
                         const int32_t *placed, size_t count)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        const heed__buffer *other = &buffers[placed[i]];
        if (!meet(wanted, other)) continue;
        if (other->offset >= at + aligned(wanted->size)) break;
        size_t end = other->offset + aligned(other->size);
        if (end > at) at = end;
    }
    return at;
}

size_t heed__plan_buffers(heed__buffer *buffers, size_t count, int32_t *order, int32_t *placed)
{
    size_t top = 0, done = 0;
    for (size_t i = 0; i < count; i++) order[i] = (int32_t)i;
    sort_by_size(buffers, order, count);
    for (size_t i = 0; i < count && buffers[order[i]].size > 0; i++) {
        heed__buffer *buffer = &buffers[order[i]];
        buffer->offset = lowest_gap(buffers, buffer, placed, done);
        size_t end = buffer->offset + aligned(buffer->size);
        if (end > top) top = end;
        size_t j = done++;
        for (; j > 0 && buffers[placed[j - 1]].offset > buffer->offset; j--)
            placed[j] = placed[j - 1];
        placed[j] = order[i];
    }
    return top;
}
