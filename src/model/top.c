/* SPDX-License-Identifier: MIT */
/*
 * The best continuations of some rows. The greatest score of a block tells whether any of them can
 * matter; after the first few blocks hardly any does. What matters goes through a heap
 * whose first item is the worst one kept. The order is total, so the result depends on nothing
 * else.
 */
#include "kernels/kernels.h"
#include "model/vocabulary.h"

#include <math.h>

int heed__candidate_is_better(const heed__candidate *a, const heed__candidate *b)
{
    if (a->sum != b->sum) return a->sum > b->sum;
    if (a->row != b->row) return a->row < b->row;
    if (a->score != b->score) return a->score > b->score;
    return a->token < b->token;
}

/* Puts an item where the heap of n has a hole at `at`, or below. */
static void sink(heed__candidate *items, int64_t n, int64_t at, const heed__candidate *item)
{
    for (;;) {
        int64_t child = 2 * at + 1;
        if (child >= n) break;
        if (child + 1 < n && heed__candidate_is_better(&items[child], &items[child + 1])) child++;
        if (!heed__candidate_is_better(item, &items[child])) break;
        items[at] = items[child];
        at = child;
    }
    items[at] = *item;
}

static void rise(heed__candidate *items, int64_t at, const heed__candidate *item)
{
    while (at > 0 && heed__candidate_is_better(&items[(at - 1) / 2], item)) {
        items[at] = items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    items[at] = *item;
}

void heed__top_keep(heed__top *top, const heed__candidate *item)
{
    if (top->n < top->room)
        rise(top->items, top->n++, item);
    else if (heed__candidate_is_better(item, &top->items[0]))
        sink(top->items, top->n, 0, item);
}

/* Those of the block that begins at `from`. */
static void add_block(heed__top *top, const heed__scored_row *scored, int64_t from, double sum,
                      int64_t row)
{
    int64_t to = from + HEED_ROW_BLOCK < scored->n ? from + HEED_ROW_BLOCK : scored->n;
    for (int64_t i = from; i < to; i++) {
        float log_prob = heed__row_log_prob(scored, (int32_t)i);
        heed__candidate item = {sum + (double)log_prob, log_prob, scored->scores[i], (int32_t)i,
                                row};
        if (!(log_prob > -INFINITY)) continue;
        if (top->n == top->room && item.sum < top->items[0].sum) continue;
        if (!heed__row_bars(scored, item.token)) heed__top_keep(top, &item);
    }
}

int heed__top_add(heed__top *top, const heed__scored_row *scored, double sum, int64_t row)
{
    for (int64_t from = 0; from < scored->n; from += HEED_ROW_BLOCK) {
        float most = scored->most[from / HEED_ROW_BLOCK] - scored->shift[0] - scored->shift[1];
        if (!(most < INFINITY)) return 0;
        if (top->n < top->room || (top->room && sum + (double)most >= top->items[0].sum))
            add_block(top, scored, from, sum, row);
    }
    return 1;
}

void heed__top_sort(heed__top *top)
{
    for (int64_t n = top->n - 1; n > 0; n--) {
        heed__candidate worst = top->items[0], last = top->items[n];
        sink(top->items, n, 0, &last);
        top->items[n] = worst;
    }
}
