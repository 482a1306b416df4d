/* SPDX-License-Identifier: MIT */
#include "attention/grid.h"

#include <string.h>

static int64_t size_of(const heed__mask_node *node)
{
    return ((const heed__grid *)node->built)->size;
}

static int64_t block_of(int64_t position, int64_t size)
{
    return position >= 0 ? position / size : -((size - 1 - position) / size);
}

heed__cover heed__grid_cover(const heed__mask_node *node, const heed__place *place,
                             const heed__block *b)
{
    int64_t size = size_of(node);
    int64_t position = b->query + place->offset;
    int64_t last_query = block_of(position + b->queries - 1, size);
    int64_t first = b->key / size, last = (b->key + b->keys - 1) / size;
    int some = 0, all = 1;
    for (int64_t q = block_of(position, size); q <= last_query && (all || !some); q++) {
        int64_t k = node->mask->next(node, place, q, first, last), expected = first;
        for (; k <= last && k == expected; expected++)
            k = node->mask->next(node, place, q, k + 1, last);
        some |= k <= last || expected > first;
        all &= expected > last;
    }
    if (!some) return HEED_EMPTY;
    return all ? HEED_FULL : HEED_PARTIAL;
}

void heed__grid_row(const heed__mask_node *node, const heed__place *place, int64_t i, int64_t j,
                    int64_t n, unsigned char *visible)
{
    int64_t size = size_of(node);
    int64_t query = block_of(i + place->offset, size), last = (j + n - 1) / size;
    memset(visible, 0, (size_t)n);
    int64_t k = node->mask->next(node, place, query, j / size, last);
    for (; k <= last; k = node->mask->next(node, place, query, k + 1, last)) {
        int64_t from = k * size - j, to = from + size;
        if (from < 0) from = 0;
        if (to > n) to = n;
        memset(visible + from, 1, (size_t)(to - from));
    }
}

int64_t heed__grid_seek(const heed__mask_node *node, const heed__place *place, const heed__block *b,
                        heed__side side)
{
    int64_t size = size_of(node);
    int64_t position = b->query + place->offset;
    int64_t last_query = block_of(position + b->queries - 1, size);
    int64_t first = b->key / size, last = (b->key + b->keys - 1) / size;
    int64_t found = last + 1;
    for (int64_t q = block_of(position, size); q <= last_query; q++) {
        int64_t k = node->mask->next(node, place, q, first, last);
        if (k < found) found = k;
        if (k <= last && side == HEED_SIDE_QUERY) {
            int64_t query = q * size - place->offset;
            return query > b->query ? query : b->query;
        }
        if (found == first && side == HEED_SIDE_KEY) return b->key;
    }
    if (side == HEED_SIDE_QUERY) return b->query + b->queries;
    return found > last ? b->key + b->keys : found * size;
}
