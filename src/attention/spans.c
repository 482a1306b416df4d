/* SPDX-License-Identifier: MIT */
#include "attention/spans.h"

static int meets(heed__span span, int64_t first, int64_t last)
{
    return span.first <= span.last && span.first <= last && span.last >= first;
}

heed__cover heed__spans_cover(const heed__mask_node *node, const heed__place *place,
                              const heed__block *b)
{
    int64_t last = b->key + b->keys - 1;
    int some = 0, all = 1;
    for (int64_t i = b->query; i < b->query + b->queries && (all || !some); i++) {
        heed__span span = node->mask->span(node, place, i);
        some |= meets(span, b->key, last);
        all &= span.first <= b->key && span.last >= last;
    }
    if (!some) return HEED_EMPTY;
    return all ? HEED_FULL : HEED_PARTIAL;
}

void heed__spans_row(const heed__mask_node *node, const heed__place *place, int64_t i, int64_t j,
                     int64_t n, unsigned char *visible)
{
    heed__span span = node->mask->span(node, place, i);
    for (int64_t t = 0; t < n; t++) visible[t] = j + t >= span.first && j + t <= span.last;
}

int64_t heed__spans_seek(const heed__mask_node *node, const heed__place *place,
                         const heed__block *b, heed__side side)
{
    int64_t last = b->key + b->keys - 1, found = last + 1, end = b->query + b->queries;
    for (int64_t i = b->query; i < end; i++) {
        heed__span span = node->mask->span(node, place, i);
        if (!meets(span, b->key, last)) continue;
        if (side == HEED_SIDE_QUERY) return i;
        if (span.first <= b->key) return b->key;
        if (span.first < found) found = span.first;
    }
    return side == HEED_SIDE_QUERY ? end : found;
}
