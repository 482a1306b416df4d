/* SPDX-License-Identifier: MIT */
/* Looking inside: the scores of chosen rows on their way to the normaliser. */
#include "attention/inspect.h"
#include "base/fail.h"

/* The keys of one tile, n of them, of each query: from raw scores to the step that is asked for. */
static void step_tile(const heed__stage *stage, const heed__queries *queries,
                      const heed__key_tile *keys, int stages, const heed__inspect_scratch *room)
{
    const heed__run *run = stage->run;
    int64_t n = keys->keys.count;
    int masked = stages < 0;
    heed__cover cover = HEED_FULL;
    if (masked) cover = heed__tile_look(stage, queries, keys, room->rows.visible);
    heed__tile_scores(stage, queries, keys, room->weights, HEED_KEY_BLOCK, room->rows.score);
    for (int64_t r = 0; r < queries->count; r++) {
        heed_real *s = room->weights + r * HEED_KEY_BLOCK;
        heed__line line = heed__line_of(stage, queries->first + r, keys->first, n,
                                        queries->data + r * queries->stride);
        if (cover == HEED_EMPTY)
            for (int64_t t = 0; t < n; t++) s[t] = -HEED_REAL(INFINITY);
        else if (masked)
            heed__stage_scores(
                stage, &line,
                cover == HEED_PARTIAL ? room->rows.visible + r * HEED_KEY_BLOCK : NULL, s);
        else
            for (int k = 0; k < stages; k++)
                if (run->plan->stage[k]->forward)
                    run->plan->stage[k]->forward(&run->stage[k], &line, s);
    }
}

static heed_status check_stages(const heed_attention_plan *plan, int stages)
{
    int most = plan->stages - (plan->normaliser->shaper != NULL);
    if (stages >= -1 && stages <= most) return HEED_OK;
    return heed__fail(HEED_E_INVALID,
                      "stages = %d; it must be 0 (raw scores) to %d (all of the plan's stages), or "
                      "-1 (what the normaliser gets)",
                      stages, most);
}

heed_status heed_attention_scores(const heed_attention_plan *plan,
                                  const heed_attention_batch *batch,
                                  const heed_attention_inspect_tensors *tensors, int stages,
                                  int64_t sequence, int64_t head, int64_t first, int64_t count,
                                  heed_real *scores, heed_real *workspace)
{
    heed__run run = {.plan = plan, .batch = batch};
    HEED_TRY(heed__check_struct("tensors", tensors->size, sizeof *tensors));
    run.q = tensors->q, run.k = tensors->k;
    HEED_TRY(heed__run_check(&run, tensors->parameters));
    HEED_TRY(heed__check_workspace(workspace, heed__inspect_workspace(plan)));
    HEED_TRY(check_stages(plan, stages));
    HEED_TRY(heed__inspect_choice(&run, HEED_SIDE_QUERY, sequence, head, first, count));
    heed__stage stage = heed__stage_of(&run, sequence, head);
    heed__inspect_scratch room = heed__inspect_scratch_at(plan, workspace, 0);
    int64_t keys = stage.place.keys;
    for (int64_t i = first; i < first + count; i += HEED_QUERY_BLOCK) {
        int64_t rows = heed__least(HEED_QUERY_BLOCK, first + count - i);
        heed__queries q = heed__tile_queries(&run, &stage.place, i, rows, room.rows.queries);
        for (int64_t j = 0; j < keys; j += HEED_KEY_BLOCK) {
            heed__key_tile tile =
                heed__tile_keys(&run, &stage.place, j, room.rows.keys, room.rows.turned, 1);
            step_tile(&stage, &q, &tile, stages, &room);
            for (int64_t r = 0; r < rows; r++)
                for (int64_t t = 0; t < tile.keys.count; t++)
                    scores[(i - first + r) * keys + j + t] = room.weights[r * HEED_KEY_BLOCK + t];
        }
    }
    return HEED_OK;
}
