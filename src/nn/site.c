/* SPDX-License-Identifier: MIT */
/* Looking at where attention happened, after a run: only the rows asked for are ever computed. */
#include "base/fail.h"
#include "base/memory.h"
#include "nn/layers.h"

void heed__site_keep(const heed__attention_site *at, heed__tape *tape)
{
    heed__tape_keep(tape, at->q);
    heed__tape_keep(tape, at->k);
    heed__tape_keep(tape, at->out);
}

heed_attention_inspect_tensors heed__site_tensors(const heed__attention_site *at,
                                                  const heed__tape *tape,
                                                  const heed_real **parameters)
{
    const heed_attention_options *o = &at->attend.attender->options;
    int single = at->attend.queries == NULL;
    heed_attention_inspect_tensors t = {.size = sizeof t, .parameters = parameters};
    parameters[0] = at->parameter == HEED_NO_VAR ? NULL : heed__tape_value(tape, at->parameter);
    t.q =
        heed__attend_input(heed__tape_value(tape, at->q), heed__tape_rows(tape, at->q),
                           heed__tape_cols(tape, at->q), at->attend.q_column, o->head_size, single);
    t.k = heed__attend_input(heed__tape_value(tape, at->k), heed__tape_rows(tape, at->k),
                             heed__tape_cols(tape, at->k), at->attend.k_column, o->head_size, 0);
    t.lse =
        (heed_attention_input){heed__tape_saved(tape, at->out), single ? o->heads : 0, o->heads, 1};
    return t;
}

/* A workspace is aligned, which heed__grow is not. */
static heed_status grow_workspace(heed__site_room *room, size_t wanted)
{
    if (room->workspace && wanted <= room->workspace_room) return HEED_OK;
    heed__free(room->workspace);
    room->workspace = NULL;
    HEED_TRY(heed__alloc(wanted, sizeof *room->workspace, "attention weights", &room->workspace));
    room->workspace_room = wanted;
    return HEED_OK;
}

heed_status heed__site_rows(const heed__attention_site *at, const heed__tape *tape,
                            const heed__site_slice *slice, heed__site_room *room,
                            heed_real *weights)
{
    const heed_real *parameters[1];
    const heed_attention_plan *plan = at->attend.attender->plan;
    heed_attention_batch batch = heed__attend_batch(&at->attend);
    heed_attention_inspect_tensors t = heed__site_tensors(at, tape, parameters);
    heed_attention_sizes sizes = {.size = sizeof sizes};
    int64_t heads = at->attend.attender->options.heads;
    int64_t first = slice->head > 0 ? slice->head - 1 : 0;
    int64_t last = slice->head > 0 ? slice->head : heads;
    size_t count = (size_t)(slice->count * slice->keys);
    if (slice->head > heads)
        return heed__fail(HEED_E_INVALID, "head = %lld; there are %lld", (long long)slice->head,
                          (long long)heads);
    HEED_TRY(heed_attention_plan_sizes(plan, &sizes));
    HEED_TRY(grow_workspace(room, sizes.inspect));
    HEED_TRY(heed__grow(&room->one, &room->one_room, count, sizeof *room->one, "weights"));
    for (size_t i = 0; i < count; i++) weights[i] = 0;
    for (int64_t head = first; head < last; head++) {
        HEED_TRY(heed_attention_weights(plan, &batch, &t, slice->sequence, head, slice->first,
                                        slice->count, room->one, room->workspace));
        heed__kernels_best()->add((int64_t)count, room->one, weights);
    }
    heed__kernels_best()->scale((int64_t)count, 1 / (heed_real)(last - first), weights, weights);
    return HEED_OK;
}
