/* SPDX-License-Identifier: MIT */
#include "attention/share.h"

#include "attention/run.h"
#include "attention/task.h"

/* At most so many blocks are looked at. */
static const int64_t most = INT64_C(1) << 19;

/* A cover, or UNKNOWN. */
enum { UNKNOWN = HEED_FULL + 1 };

static int look(const heed__mask_node *node, const heed__place *place, const heed__block *block);

/* A part that `decides` settles it; else all must be known and `neutral` to give neutral. */
static int combine(const heed__mask_node *node, const heed__place *place, const heed__block *block,
                   int decides, int neutral)
{
    int result = neutral;
    for (size_t c = 0; c < node->count; c++) {
        int cover = look(&node->children[c], place, block);
        if (cover == decides) return decides;
        if (cover == UNKNOWN)
            result = UNKNOWN;
        else if (cover != neutral && result != UNKNOWN)
            result = HEED_PARTIAL;
    }
    return result;
}

static int look(const heed__mask_node *node, const heed__place *place, const heed__block *block)
{
    if (node->mask == &heed__mask_all) return combine(node, place, block, HEED_EMPTY, HEED_FULL);
    if (node->mask == &heed__mask_any) return combine(node, place, block, HEED_FULL, HEED_EMPTY);
    if (node->mask->entry.extras[0].name) return UNKNOWN;
    return (int)node->mask->cover(node, place, block);
}

/* As a mask of "all": what a stage that hides keys says. */
static int look_stage(const heed_attention_plan *plan, int k, const heed__place *place,
                      const heed__block *block)
{
    const heed__fitted *fit = &plan->stage_fit[k];
    heed__self self = {.record = fit->record,
                       .built = fit->built,
                       .options = &plan->options,
                       .batch = place->batch,
                       .kernels = plan->kernels,
                       .width = plan->width};
    if (fit->entry->slots[0].name || fit->entry->extras[0].name) return UNKNOWN;
    return (int)plan->stage[k]->cover(&self, place, block);
}

static int look_all(const heed_attention_plan *plan, const heed__place *place,
                    const heed__block *block)
{
    int result = plan->mask ? look(plan->mask, place, block) : HEED_FULL;
    for (int k = 0; k < plan->stages && result != HEED_EMPTY; k++) {
        if (!plan->stage[k]->cover) continue;
        int own = look_stage(plan, k, place, block);
        if (own == HEED_EMPTY || own == UNKNOWN)
            result = own;
        else if (own == HEED_PARTIAL && result == HEED_FULL)
            result = own;
    }
    return result;
}

/* One row of blocks. */
static void add_row(const heed_attention_plan *plan, const heed__place *place, int64_t query,
                    heed__share *share)
{
    int64_t *counts[] = {&share->empty, &share->partial, &share->full, &share->unknown};
    heed__block block = {query, heed__least(HEED_QUERY_BLOCK, place->queries - query), 0, 0};
    for (; block.key < place->keys; block.key += HEED_KEY_BLOCK) {
        block.keys = heed__least(HEED_KEY_BLOCK, place->keys - block.key);
        (*counts[look_all(plan, place, &block)])++;
    }
}

heed__share heed__share_of(const heed_attention_plan *plan)
{
    const heed_attention_capacity *c = &plan->capacity;
    int64_t offset = c->longest_key - c->longest_query, heads = plan->options.heads;
    heed_attention_batch batch = {.size = sizeof batch,
                                  .sequences = 1,
                                  .queries = {.length = c->longest_query},
                                  .keys = {.length = c->longest_key},
                                  .query_offset = &offset,
                                  .query_offset_count = 1};
    heed__place place = {
        .queries = c->longest_query, .keys = c->longest_key, .offset = offset, .batch = &batch};
    int64_t rows = heads * heed__blocks(c->longest_query, HEED_QUERY_BLOCK);
    int64_t columns = heed__blocks(c->longest_key, HEED_KEY_BLOCK);
    int64_t step = heed__blocks(rows, columns < most ? most / (columns + 1) + 1 : 1);
    heed__share share = {.sampled = step > 1};
    for (int64_t row = step / 2; row < rows; row += step) {
        place.head = row % heads;
        add_row(plan, &place, row / heads * HEED_QUERY_BLOCK, &share);
    }
    return share;
}
