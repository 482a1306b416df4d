/* SPDX-License-Identifier: MIT */
#include "attention/count.h"

#include "attention/stages.h"
#include "attention/task.h"
#include "base/fail.h"

/* Which of the block's queries see a key of it; returns how many pairs are seen. */
static int64_t look_at(const heed__stage *stage, const heed__block *b, heed__cover cover,
                       unsigned char *sees)
{
    unsigned char visible[HEED_KEY_BLOCK];
    int64_t seen = 0;
    for (int64_t r = 0; r < b->queries; r++) {
        int64_t own = cover == HEED_FULL ? b->keys : 0;
        if (cover == HEED_PARTIAL) heed__visible(stage, b->query + r, b->key, b->keys, visible);
        for (int64_t t = 0; t < b->keys && cover == HEED_PARTIAL; t++) own += visible[t] != 0;
        if (own) sees[r] = 1;
        seen += own;
    }
    return seen;
}

static void count_block(const heed__stage *stage, const heed__block *b, unsigned char *sees,
                        heed_attention_counts *c)
{
    heed__cover cover = heed__cover_of(stage, b);
    if (cover == HEED_EMPTY) return;
    int64_t seen = look_at(stage, b, cover, sees);
    c->blocks++;
    c->wasted += !seen;
    c->pairs += b->queries * b->keys;
    c->seen += seen;
}

static void count_lone(const heed__place *place, int64_t query, heed_attention_counts *c)
{
    if (c->lone++) return;
    c->first_lone[0] = place->sequence;
    c->first_lone[1] = place->head;
    c->first_lone[2] = query;
}

static void count_place(const heed__stage *stage, heed_attention_counts *c)
{
    const heed__place *p = &stage->place;
    for (int64_t i = 0; i < p->queries; i += HEED_QUERY_BLOCK) {
        unsigned char sees[HEED_QUERY_BLOCK] = {0};
        heed__block b = {i, heed__least(HEED_QUERY_BLOCK, p->queries - i), 0, 0};
        int64_t j = heed__next_keys(stage, i, b.queries, 0);
        for (; j < p->keys; j = heed__next_keys(stage, i, b.queries, j + HEED_KEY_BLOCK)) {
            b.key = j;
            b.keys = heed__least(HEED_KEY_BLOCK, p->keys - j);
            count_block(stage, &b, sees, c);
        }
        c->queries += b.queries;
        for (int64_t r = 0; r < b.queries; r++)
            if (!sees[r]) count_lone(p, i + r, c);
    }
}

heed_status heed__count_start(heed__run *run, const heed_attention_plan *plan,
                              const heed_attention_batch *batch, const heed_real *const *parameters)
{
    static const heed_real nothing = 0;
    *run =
        (heed__run){.plan = plan, .batch = batch, .q = {.data = &nothing}, .k = {.data = &nothing}};
    return heed__run_check(run, parameters);
}

void heed__count(const heed__run *run, heed_attention_counts *out)
{
    *out = (heed_attention_counts){.size = sizeof *out};
    for (int64_t s = 0; s < run->batch->sequences; s++)
        for (int64_t h = 0; h < run->plan->options.heads; h++) {
            heed__stage stage = heed__stage_of(run, s, h);
            count_place(&stage, out);
        }
}

heed_status heed_attention_count(const heed_attention_plan *plan, const heed_attention_batch *batch,
                                 const heed_real *const *parameters, heed_attention_counts *counts)
{
    heed__run run;
    HEED_TRY(heed__check_struct("counts", counts->size, sizeof *counts));
    HEED_TRY(heed__count_start(&run, plan, batch, parameters));
    heed__count(&run, counts);
    return HEED_OK;
}
