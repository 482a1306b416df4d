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

void heed__partials_start(heed__partials *partials, heed__carver *carver,
                          const heed_attention_plan *plan, const heed__run *run)
{
    const heed_attention_capacity *c = &plan->capacity;
    heed_attention_parameter parameter;
    *partials = (heed__partials){.columns = 0};
    if (!heed_attention_plan_parameter(plan, 0, &parameter)) return;
    int64_t most = c->query_rows / HEED_QUERY_BLOCK + c->sequences;
    size_t a_piece = (size_t)(plan->options.heads * parameter.columns);
    partials->columns = parameter.columns;
    partials->pieces.first = heed__carve_integers(carver, (size_t)c->sequences + 1);
    partials->sums = heed__carve(carver, (size_t)most * a_piece);
    if (!run) return;
    heed__pieces_cut(&partials->pieces, &run->batch->queries, run->batch->sequences,
                     HEED_QUERY_BLOCK);
    size_t used = (size_t)partials->pieces.count * a_piece;
    for (size_t i = 0; i < used; i++) partials->sums[i] = 0;
}

static int wanted(const heed__partials *partials, const heed__run *run)
{
    return partials->columns && run->d_parameters && run->d_parameters[0];
}

heed_real *heed__partial_at(const heed__partials *partials, const heed__run *run, int64_t sequence,
                            int64_t head, int64_t row)
{
    if (!wanted(partials, run)) return NULL;
    int64_t piece = partials->pieces.first[sequence] + row / HEED_QUERY_BLOCK;
    return partials->sums + (piece * run->plan->options.heads + head) * partials->columns;
}

typedef struct reduction {
    const heed__partials *partials;
    const heed__run *run;
} reduction;

static void reduce_head(void *arg, int64_t head, int thread)
{
    const reduction *r = arg;
    const heed__partials *p = r->partials;
    const heed__run *run = r->run;
    int64_t heads = run->plan->options.heads;
    heed_real *gradient = run->d_parameters[0] + head * p->columns;
    (void)thread;
    for (int64_t piece = 0; piece < p->pieces.count; piece++)
        run->plan->kernels->add(p->columns, p->sums + (piece * heads + head) * p->columns,
                                gradient);
}

void heed__partials_finish(const heed__partials *partials, const heed__run *run)
{
    reduction r = {partials, run};
    if (wanted(partials, run))
        heed__parallel(run->plan->context, run->plan->options.heads, reduce_head, &r);
}
