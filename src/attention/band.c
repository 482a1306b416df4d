/* SPDX-License-Identifier: MIT */
#include "attention/band.h"

#include <string.h>

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The largest multiple of step that is n or less. */
static int64_t multiple_below(int64_t n, int64_t step)
{
    int64_t rest = n % step;
    return n - (rest < 0 ? rest + step : rest);
}

static int64_t multiple_above(int64_t n, int64_t step)
{
    return -multiple_below(-n, step);
}

heed__band heed__band_of(int64_t left, int64_t right, int64_t step)
{
    int64_t far = heed__band_open / step;
    return (heed__band){.least = right < 0 || right > far ? -heed__band_open : -right * step,
                        .most = left < 0 || left > far ? heed__band_open : left * step,
                        .step = step};
}

heed__cover heed__band_cover(const heed__band *band, const heed__place *place, const heed__block *b)
{
    int64_t first = b->query + place->offset, last = first + b->queries - 1;
    int64_t nearest = first - (b->key + b->keys - 1), farthest = last - b->key;
    int64_t from = larger(nearest, band->least), to = smaller(farthest, band->most);
    if (from > to || multiple_above(from, band->step) > to) return HEED_EMPTY;
    if (nearest < band->least || farthest > band->most) return HEED_PARTIAL;
    if (band->step == 1) return HEED_FULL;
    return nearest == farthest ? HEED_FULL : HEED_PARTIAL;
}

void heed__band_row(const heed__band *band, const heed__place *place, int64_t i, int64_t j,
                    int64_t n, unsigned char *visible)
{
    if (band->step == 1) { /* a span of the keys */
        int64_t at = i + place->offset - j;
        int64_t first = larger(at - band->most, 0), end = smaller(at - band->least + 1, n);
        memset(visible, 0, (size_t)n);
        if (first < end) memset(visible + first, 1, (size_t)(end - first));
        return;
    }
    for (int64_t t = 0; t < n; t++) {
        int64_t distance = i + place->offset - (j + t);
        visible[t] = distance >= band->least && distance <= band->most &&
                     (band->step == 1 || distance % band->step == 0);
    }
}

int64_t heed__band_seek(const heed__band *band, const heed__place *place, const heed__block *b,
                        heed__side side)
{
    int64_t first = b->query + place->offset, last = first + b->queries - 1;
    if (side == HEED_SIDE_KEY) { /* the farthest distance that is left */
        int64_t far = multiple_below(smaller(last - b->key, band->most), band->step);
        if (far < band->least) return b->key + b->keys;
        return smaller(larger(b->key, first - far), b->key + b->keys);
    }
    int64_t near = multiple_above(larger(first - (b->key + b->keys - 1), band->least), band->step);
    if (near > band->most) return b->query + b->queries;
    return smaller(larger(b->query, near + b->key - place->offset), b->query + b->queries);
}

heed_status heed__bands_take(heed__arena *arena, const heed_attention_options *options,
                             heed__band **out)
{
    return heed__arena_take(arena, (size_t)options->heads, sizeof **out, "a mask's bands", out);
}

static const heed__band *band_of(const heed__mask_node *node, const heed__place *place)
{
    return (const heed__band *)node->built + place->head;
}

heed__cover heed__bands_cover(const heed__mask_node *node, const heed__place *place,
                              const heed__block *block)
{
    return heed__band_cover(band_of(node, place), place, block);
}

void heed__bands_row(const heed__mask_node *node, const heed__place *place, int64_t i, int64_t j,
                     int64_t n, unsigned char *visible)
{
    heed__band_row(band_of(node, place), place, i, j, n, visible);
}

int64_t heed__bands_seek(const heed__mask_node *node, const heed__place *place,
                         const heed__block *block, heed__side side)
{
    return heed__band_seek(band_of(node, place), place, block, side);
}
