/* SPDX-License-Identifier: MIT */
#include "data/bags.h"

#include "base/fail.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void heed__bags_free(heed__bags *bags)
{
    free(bags->offsets);
    free(bags->ids);
    *bags = (heed__bags){0};
}

static heed_status make_room(heed__bags *b, int64_t tokens, int64_t ids)
{
    HEED_TRY(heed__grow(&b->offsets, &b->offsets_room, (size_t)tokens + 1, sizeof *b->offsets,
                        "bags of ids"));
    return heed__grow(&b->ids, &b->ids_room, (size_t)ids + 1, sizeof *b->ids, "bags of ids");
}

heed_status heed__bags_reserve(heed__bags *bags, int64_t tokens, int64_t ids)
{
    HEED_TRY(make_room(bags, tokens, ids));
    return heed__bags_empty(bags);
}

heed_status heed__bags_empty(heed__bags *bags)
{
    HEED_TRY(make_room(bags, 0, 0));
    bags->n = bags->used = bags->offsets[0] = 0;
    return HEED_OK;
}

heed_status heed__bags_add(heed__bags *b, int32_t id)
{
    HEED_TRY(make_room(b, b->n, b->used + 1));
    b->ids[b->used++] = id;
    return HEED_OK;
}

heed_status heed__bags_close(heed__bags *b)
{
    HEED_TRY(make_room(b, b->n + 1, b->used));
    b->offsets[++b->n] = b->used;
    return HEED_OK;
}

heed_status heed__bags_append(heed__bags *b, const heed__bags *from, int64_t first, int64_t n)
{
    if (!b->offsets) HEED_TRY(heed__bags_empty(b));
    int64_t begin = from->offsets[first], count = heed__bags_count(from, first, first + n);
    HEED_TRY(make_room(b, b->n + n, b->used + count));
    if (count > 0) memmove(b->ids + b->used, from->ids + begin, (size_t)count * sizeof *b->ids);
    for (int64_t t = 1; t <= n; t++)
        b->offsets[b->n + t] = b->used + from->offsets[first + t] - begin;
    b->n += n;
    b->used += count;
    return HEED_OK;
}
