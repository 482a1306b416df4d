/* SPDX-License-Identifier: MIT */
#include "ops/look.h"

#include "ops/rows.h"

void heed__look_pairs(const heed__ragged *memory, const int64_t *sequences, int64_t n,
                      int64_t *offsets, heed__ragged *pairs)
{
    *pairs = (heed__ragged){.n = n, .offsets = offsets};
    offsets[0] = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t length = heed__ragged_length(memory, sequences[i]);
        offsets[i + 1] = offsets[i] + length;
        if (length > pairs->longest) pairs->longest = length;
    }
    pairs->rows = offsets[n];
}

heed_status heed__look_check(const heed__shapes *s, const char *op, const heed__look *look,
                             int queries, int memory)
{
    if (queries) HEED_TRY(heed__want_shape(s, op, 0, "q", look->pairs->n, -1));
    return heed__want_shape(s, op, memory, "the memory", look->memory->rows, -1);
}

typedef struct lookers {
    const heed__look *look;
    heed__glance_task task;
    void *extra;
} lookers;

static void one(const heed__call *call, const lookers *l, int64_t i)
{
    const heed__ragged *pairs = l->look->pairs;
    heed__glance glance = {i, pairs->offsets[i], heed__ragged_length(pairs, i),
                           l->look->memory->offsets[l->look->sequences[i]]};
    l->task(call, &glance, l->extra);
}

static void some_queries(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    for (int64_t i = begin; i < end; i++) one(call, extra, i);
}

static void some_sequences(const heed__call *call, int64_t begin, int64_t end, void *extra)
{
    const lookers *l = extra;
    for (int64_t i = 0; i < l->look->pairs->n; i++)
        if (l->look->sequences[i] >= begin && l->look->sequences[i] < end) one(call, l, i);
}

void heed__for_queries(const heed__call *call, const heed__look *look, int64_t cost,
                       heed__glance_task task, void *extra)
{
    int64_t n = look->pairs->n ? look->pairs->n : 1;
    lookers l = {look, task, extra};
    heed__for_rows(call, look->pairs->n, (look->pairs->rows / n + 1) * cost, some_queries, &l);
}

void heed__for_lookers(const heed__call *call, const heed__look *look, int64_t cost,
                       heed__glance_task task, void *extra)
{
    lookers l = {look, task, extra};
    heed__for_owners(call, look->memory->n, look->pairs->rows * cost, some_sequences, &l);
}

const heed__look *heed__look_example(void)
{
    static const int64_t memory_offsets[] = {0, 2, 2, 6, HEED_CHECK_MEMORY};
    static const int64_t sequences[] = {2, 0, 2, 1, 0};
    static const int64_t pair_offsets[] = {0, 4, 6, 10, 10, 12};
    static const heed__ragged memory = {4, HEED_CHECK_MEMORY, 4, memory_offsets, NULL, NULL};
    static const heed__ragged pairs = {
        HEED_CHECK_QUERIES, HEED_CHECK_PAIRS, 4, pair_offsets, NULL, NULL};
    static const heed__look look = {&memory, &pairs, sequences};
    return &look;
}
