/* SPDX-License-Identifier: MIT */
/* Steps from a query to a line's keys, and those that share a row of a table of clipped steps. */
#ifndef HEED_ATTENTION_RELATIVE_H
#define HEED_ATTENTION_RELATIVE_H

#include "attention/mechanism.h"

/* Key `line->key` less the query's position. */
static inline int64_t heed__first_step(const heed__line *line)
{
    return line->key - (line->query + line->place->offset);
}

/* |r| as a number. */
static inline heed_real heed__distance(int64_t step)
{
    return (heed_real)(step < 0 ? -step : step);
}

/* That of each of the line's keys. */
static inline void heed__distances(const heed__line *line, heed_real *x)
{
    int64_t step = heed__first_step(line);
    if (step > -(1 << 23) && step < 1 << 23) { /* exact, and in vectors */
        int first = (int)step;
        for (int t = 0; t < (int)line->n; t++)
            x[t] = (heed_real)(first + t < 0 ? -(first + t) : first + t);
    } else {
        for (int64_t t = 0; t < line->n; t++) x[t] = heed__distance(step + t);
    }
}

/* Keys first to first + count - 1 of a line, all of table row `row`. */
typedef struct heed__steps {
    int64_t row, first, count;
} heed__steps;

/* The next such keys; begin with {0}. Returns 0 past the last. */
static inline int heed__steps_next(const heed__line *line, int64_t clip, heed__steps *x)
{
    x->first += x->count;
    int64_t left = line->n - x->first, step = heed__first_step(line) + x->first;
    if (!left) return 0;
    x->row = step < -clip ? 0 : step > clip ? 2 * clip : step + clip;
    x->count = step >= clip ? left : step < -clip ? -clip - step + 1 : 1;
    if (x->count > left) x->count = left;
    return 1;
}

/* The sum over such keys. */
static inline heed_real heed__steps_sum(const heed__steps *x, const heed_real *of)
{
    heed_real sum = 0;
    for (int64_t t = x->first; t < x->first + x->count; t++) sum += of[t];
    return sum;
}

static inline void heed__steps_add(const heed__steps *x, heed_real value, heed_real *to)
{
    for (int64_t t = x->first; t < x->first + x->count; t++) to[t] += value;
}

/* Nearest and farthest distance of a block's queries and keys. */
static inline void heed__block_distances(const heed__place *place, const heed__block *b,
                                         int64_t *nearest, int64_t *farthest)
{
    int64_t low = b->key - (b->query + b->queries - 1 + place->offset);
    int64_t high = b->key + b->keys - 1 - (b->query + place->offset);
    int64_t below = low < 0 ? -low : low, above = high < 0 ? -high : high;
    *nearest = low <= 0 && high >= 0 ? 0 : below < above ? below : above;
    *farthest = below > above ? below : above;
}

#endif
