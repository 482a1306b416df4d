/* SPDX-License-Identifier: MIT */
#include "ops/look.h"

#include "ops/rows.h"

void heed__look_fill(const heed__ragged *memory, const int64_t *sequences, int64_t n,
                     int64_t *offsets, int64_t *starts, heed__ragged *pairs)
{
    *pairs = (heed__ragged){.n = n, .offsets = offsets};
    offsets[0] = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t length = heed__ragged_length(memory, sequences[i]);
        starts[i] = memory->offsets[sequences[i]];
        offsets[i + 1] = offsets[i] + length;
        if (length > pairs->longest) pairs->longest = length;
    }
    pairs->rows = offsets[n];
}

heed_status heed__look_check(const char *op, const heed__look *look, int64_t memory_rows)
{
    for (int64_t i = 0; look->starts && i < look->pairs->n; i++) {
        int64_t start = look->starts[i], length = heed__ragged_length(look->pairs, i);
        if (start < 0 || start > memory_rows - length)
            return heed__fail(
                HEED_E_INVALID,
                "%s: query %lld looks at %lld rows from row %lld; the memory has %lld", op,
                (long long)i, (long long)length, (long long)start, (long long)memory_rows);
    }
    return HEED_OK;
}

typedef struct lookers {
    const heed__look *look;
    heed__glance_task task;
    void *extra;
} lookers;

static void one(const heed__call *call, const lookers *l, int64_t i)
{
    const heed__ragged *pairs = l->look->pairs;
    heed__glance glance = {i, pairs->offsets[i], heed__ragged_length(pairs, i), l->look->starts[i]};
    l->task(call, &glance, l->extra);
}

static void some_queries(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    for (int64_t i = begin; i < end; i++) one(call, extra, i);
}

/* A sequence is its first row's. */
static void some_rows(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    const lookers *l = extra;
    for (int64_t i = 0; i < l->look->pairs->n; i++)
        if (l->look->starts[i] >= begin && l->look->starts[i] < end) one(call, l, i);
}

void heed__for_queries(const heed__call *call, const heed__look *look, int64_t cost,
                       heed__glance_task task, void *extra)
{
    int64_t n = look->pairs->n ? look->pairs->n : 1;
    lookers l = {look, task, extra};
    heed__for_rows(call, look->pairs->n, (look->pairs->rows / n + 1) * cost, some_queries, &l);
}

void heed__for_lookers(const heed__call *call, const heed__look *look, int64_t memory_rows,
                       int64_t cost, heed__glance_task task, void *extra)
{
    lookers l = {look, task, extra};
    heed__for_owners(call, memory_rows, look->pairs->rows * cost, some_rows, &l);
}

const heed__look *heed__look_example(void)
{
    static const int64_t pair_offsets[] = {0, 4, 6, 10, 10, 11}, starts[] = {2, 0, 2, 7, 6};
    static const heed__ragged pairs = {
        HEED_CHECK_QUERIES, HEED_CHECK_PAIRS, 4, pair_offsets, NULL, NULL};
    static const heed__look look = {&pairs, starts};
    return &look;
}
