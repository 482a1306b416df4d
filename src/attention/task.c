/* SPDX-License-Identifier: MIT */
#include "attention/task.h"

#include "base/parallel.h"

enum { REALS_A_LINE = HEED_ALIGNMENT / (int)sizeof(heed_real) };

heed_real *heed__carve(heed__carver *carver, size_t count)
{
    heed_real *part = carver->base ? carver->base + carver->used : NULL;
    carver->used += (count + REALS_A_LINE - 1) / REALS_A_LINE * REALS_A_LINE;
    return part;
}

int64_t *heed__carve_integers(heed__carver *carver, size_t count)
{
    size_t reals = (count * sizeof(int64_t) + sizeof(heed_real) - 1) / sizeof(heed_real);
    return (int64_t *)(void *)heed__carve(carver, reals);
}

void heed__pieces_cut(heed__pieces *pieces, const heed_attention_rows *rows, int64_t sequences,
                      int64_t size)
{
    pieces->size = size;
    pieces->count = 0;
    for (int64_t s = 0; s < sequences; s++) {
        pieces->first[s] = pieces->count;
        pieces->count += heed__blocks(heed__length(rows, s), size);
    }
    pieces->first[sequences] = pieces->count;
}

void heed__piece_at(const heed__pieces *pieces, int64_t sequences, int64_t piece, int64_t *sequence,
                    int64_t *row)
{
    int64_t low = 0, high = sequences; /* first[low] <= piece < first[high] */
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (pieces->first[middle] <= piece)
            low = middle;
        else
            high = middle;
    }
    *sequence = low;
    *row = (piece - pieces->first[low]) * pieces->size;
}

static size_t partial_size(const heed__parameter *p)
{
    return (size_t)(p->heads * p->columns);
}

static void cut_side(heed__partials *partials, const heed__run *run, heed__side side)
{
    const heed_attention_batch *b = run->batch;
    heed__pieces_cut(&partials->pieces[side], side == HEED_SIDE_KEY ? &b->keys : &b->queries,
                     b->sequences, HEED_QUERY_BLOCK);
}

void heed__partials_start(heed__partials *partials, heed__carver *carver,
                          const heed_attention_plan *plan, const heed__run *run)
{
    const heed_attention_capacity *c = &plan->capacity;
    int64_t most[2] = {c->query_rows / HEED_QUERY_BLOCK + c->sequences,
                       c->key_rows / HEED_QUERY_BLOCK + c->sequences};
    *partials = (heed__partials){.sums = {NULL}};
    if (!plan->parameters) return;
    for (int side = 0; side < 2; side++)
        partials->pieces[side].first = heed__carve_integers(carver, (size_t)c->sequences + 1);
    for (int p = 0; p < plan->parameters; p++)
        partials->sums[p] = heed__carve(carver, (size_t)most[plan->parameter[p].slot->side] *
                                                    partial_size(&plan->parameter[p]));
    if (!run) return;
    cut_side(partials, run, HEED_SIDE_QUERY);
    cut_side(partials, run, HEED_SIDE_KEY);
    for (int p = 0; p < plan->parameters; p++) {
        int64_t pieces = partials->pieces[plan->parameter[p].slot->side].count;
        size_t used = heed__wants(run, p) ? (size_t)pieces * partial_size(&plan->parameter[p]) : 0;
        for (size_t i = 0; i < used; i++) partials->sums[p][i] = 0;
    }
}

int heed__learns_at_finish(const heed__run *run, heed__side side)
{
    for (int p = 0; p < run->plan->parameters; p++) {
        const heed__slot *slot = run->plan->parameter[p].slot;
        if (slot->from_finish && slot->side == side && heed__wants(run, p)) return 1;
    }
    return 0;
}

int heed__wants_row_sums(const heed__run *run)
{
    for (int p = 0; p < run->plan->parameters; p++)
        if (run->plan->parameter[p].at >= 0 && heed__wants(run, p)) return 1;
    return 0;
}

void heed__row_sums(const heed__run *run, const heed__fitted *fit, heed_real *row,
                    heed_real *dp[HEED_SELF_SLOTS])
{
    for (int p = 0; p < HEED_SELF_SLOTS; p++) dp[p] = NULL;
    for (int p = 0; row && fit->entry->slots[p].name; p++) {
        int index = fit->slot[p];
        int64_t at = index >= 0 ? run->plan->parameter[index].at : -1;
        if (at >= 0 && heed__wants(run, index)) dp[p] = row + at;
    }
}

static heed_real *partial_at(const heed__partials *partials, const heed__run *run, int index,
                             int64_t sequence, int64_t head, int64_t row)
{
    const heed__parameter *p = &run->plan->parameter[index];
    int64_t piece = partials->pieces[p->slot->side].first[sequence] + row / HEED_QUERY_BLOCK;
    return partials->sums[index] + (piece * p->heads + head) * p->columns;
}

void heed__row_sums_add(const heed__partials *partials, const heed__run *run,
                        const heed__place *place, int64_t row, const heed_real *sums)
{
    for (int p = 0; p < run->plan->parameters; p++) {
        const heed__parameter *parameter = &run->plan->parameter[p];
        if (parameter->at < 0 || !heed__wants(run, p)) continue;
        run->plan->kernels->add(parameter->columns, sums + parameter->at,
                                partial_at(partials, run, p, place->sequence, place->head, row));
    }
}

void heed__finish_sums(const heed__partials *partials, const heed__run *run, heed__side side,
                       int64_t sequence, int64_t head, int64_t row, heed_real *dp[HEED_SELF_SLOTS])
{
    const heed__fitted *fit = &run->plan->score_fit;
    for (int p = 0; p < HEED_SELF_SLOTS; p++) dp[p] = NULL;
    for (int p = 0; fit->entry->slots[p].name; p++)
        if (fit->entry->slots[p].from_finish && fit->entry->slots[p].side == side &&
            fit->slot[p] >= 0 && heed__wants(run, fit->slot[p]))
            dp[p] = partial_at(partials, run, fit->slot[p], sequence, head, row);
}

typedef struct reduction {
    const heed__partials *partials;
    const heed__run *run;
    int index;
} reduction;

static void reduce_head(void *arg, int64_t head, int thread)
{
    const reduction *r = arg;
    const heed__run *run = r->run;
    const heed__parameter *p = &run->plan->parameter[r->index];
    const heed_real *sums = r->partials->sums[r->index];
    heed_real *gradient = run->d_parameters[r->index] + head * p->columns;
    (void)thread;
    for (int64_t piece = 0; piece < r->partials->pieces[p->slot->side].count; piece++)
        run->plan->kernels->add(p->columns, sums + (piece * p->heads + head) * p->columns,
                                gradient);
}

void heed__partials_finish(const heed__partials *partials, const heed__run *run)
{
    for (int p = 0; p < run->plan->parameters; p++) {
        reduction r = {partials, run, p};
        if (heed__wants(run, p))
            heed__parallel(run->plan->context, run->plan->parameter[p].heads, reduce_head, &r);
    }
}
