/* SPDX-License-Identifier: MIT */
/* Looking inside: rows as the score compares them. */
#include "attention/inspect.h"
#include "base/fail.h"

heed_status heed_attention_prepared(const heed_attention_plan *plan,
                                    const heed_attention_batch *batch,
                                    const heed_attention_inspect_tensors *tensors, int keys,
                                    int64_t sequence, int64_t head, int64_t first, int64_t count,
                                    heed_real *out)
{
    heed__run run = {.plan = plan, .batch = batch};
    HEED_TRY(heed__check_struct("tensors", tensors->size, sizeof *tensors));
    run.q = tensors->q, run.k = tensors->k;
    HEED_TRY(heed__run_check(&run, tensors->parameters));
    HEED_TRY(heed__inspect_choice(&run, keys ? HEED_SIDE_KEY : HEED_SIDE_QUERY, sequence, head,
                                  first, count));
    heed__place place = heed__place_of(&run, sequence, head);
    heed__side side = keys ? HEED_SIDE_KEY : HEED_SIDE_QUERY;
    int64_t own = keys ? heed__key_head(plan, head) : head;
    const heed_attention_input *x = keys ? &run.k : &run.q;
    const heed_real *rows = heed__read_at(x, keys ? &batch->keys : &batch->queries, sequence, own);
    for (int64_t r = 0; r < count; r++)
        heed__prepare_row(&run, side, &place, own, first + r, rows + (first + r) * x->row_stride,
                          out + r * plan->width);
    return HEED_OK;
}
