/* SPDX-License-Identifier: MIT */
/*
 * A task owns a column of key blocks of one array, for the sequence and head it belongs to where
 * the array has one each; it goes through all that share the column in order (sequences, heads,
 * queries ascending) and adds what each pair contributes. So sums have one order, whatever is
 * shared and however many threads there are.
 */
#include "attention/pairs.h"

#include "attention/engine_tiled_gradient.h"

typedef struct job {
    const heed__tiled_job *tiled;
    int stage;
    const heed_attention_extra *array;
    int64_t sequences, heads; /* that own a part each; 1 = all share it */
    int64_t blocks;
} job;

static heed__gradient_scratch scratch_of(heed__carver *carver, const heed_attention_plan *plan)
{
    return heed__gradient_scratch_of(carver, plan, HEED_QUERY_BLOCK, 1);
}

size_t heed__pairs_scratch(const heed_attention_plan *plan)
{
    heed__carver carver = {NULL, 0};
    if (!plan->sums_pairs) return 0;
    scratch_of(&carver, plan);
    return carver.used;
}

static void add_head(const job *j, const heed__gradient_scratch *room, int64_t sequence,
                     int64_t head, int64_t key)
{
    const heed__run *run = j->tiled->run;
    const heed_attention_extra *array = j->array;
    heed__stage stage = heed__stage_of(run, sequence, head);
    if (key >= stage.place.keys) return;
    heed_real *gradient =
        array->gradient + sequence * array->sequence_stride + head * array->head_stride;
    heed__gradient_keys keys = heed__gradient_keys_start(run, room, &stage.place, key, 0, 0, 1);
    int64_t n = heed__least(HEED_KEY_BLOCK, stage.place.keys - key);
    int64_t i = heed__next_queries(&stage, 0, key, n);
    for (; i < stage.place.queries; i = heed__next_queries(&stage, i + HEED_QUERY_BLOCK, key, n)) {
        int64_t count = heed__least(HEED_QUERY_BLOCK, stage.place.queries - i);
        heed__gradient_rows rows =
            heed__gradient_rows_start(&stage, j->tiled, room, i, count, 0, 0);
        rows.pairs = gradient + i * array->row_stride;
        rows.pair_row = array->row_stride;
        rows.pair_stage = j->stage;
        heed__gradient_tile(&stage, room, &rows, &keys);
    }
}

static void pairs_task(void *arg, int64_t task, int thread)
{
    const job *j = arg;
    const heed__run *run = j->tiled->run;
    heed__carver carver = {j->tiled->workspace + (size_t)thread * j->tiled->a_thread, 0};
    heed__gradient_scratch room = scratch_of(&carver, run->plan);
    room.narrow.parts = 0;
    int64_t key = task % j->blocks * HEED_KEY_BLOCK, owner = task / j->blocks;
    int64_t all_s = run->batch->sequences, all_h = run->plan->options.heads;
    int64_t s0 = j->sequences == 1 ? 0 : owner / j->heads;
    int64_t h0 = j->heads == 1 ? 0 : owner % j->heads;
    for (int64_t s = s0; s < (j->sequences == 1 ? all_s : s0 + 1); s++)
        for (int64_t h = h0; h < (j->heads == 1 ? all_h : h0 + 1); h++)
            add_head(j, &room, s, h, key);
}

int heed__pairs_in_tiles(const heed__run *run)
{
    const heed_attention_plan *plan = run->plan;
    for (int k = 0; k < plan->stages; k++) {
        const heed_attention_extra *x = plan->stage[k]->pairs ? run->stage[k].extra[0] : NULL;
        if (x && x->gradient && x->row_stride && (x->head_stride || plan->options.heads == 1) &&
            (x->sequence_stride || run->batch->sequences == 1))
            return k + 1;
    }
    return 0;
}

void heed__pairs_backward(const heed__tiled_job *tiled)
{
    const heed__run *run = tiled->run;
    const heed_attention_plan *plan = run->plan;
    for (int k = 0; k < plan->stages; k++) {
        if (!plan->stage[k]->pairs || !run->stage[k].extra[0]->gradient) continue;
        if (tiled->pairs_in_tiles == k + 1) continue;
        job j = {.tiled = tiled, .stage = k, .array = run->stage[k].extra[0]};
        j.sequences = j.array->sequence_stride ? run->batch->sequences : 1;
        j.heads = j.array->head_stride ? plan->options.heads : 1;
        j.blocks = heed__blocks(plan->capacity.longest_key, HEED_KEY_BLOCK);
        heed__parallel(plan->context, j.sequences * j.heads * j.blocks, pairs_task, &j);
    }
}
