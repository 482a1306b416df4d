/* SPDX-License-Identifier: MIT */
/* Looking at where attention happened, after a run: only the rows asked for are ever computed. */
#include "attention/plan.h"
#include "base/fail.h"
#include "base/memory.h"
#include "nn/layers.h"

void heed__site_keep(const heed__attention_site *at, heed__tape *tape)
{
    heed__tape_keep(tape, at->q);
    heed__tape_keep(tape, at->k);
    heed__tape_keep(tape, at->out);
    for (int i = 0; i < at->more_count; i++) heed__tape_keep(tape, at->more[i]);
}

/* What came after q, k and v: learned arrays, then arrays of queries. */
static void look_at_more(const heed__attention_site *at, const heed__tape *tape,
                         heed__site_view *view)
{
    const heed_attention_plan *plan = at->attend.attender->plan;
    heed_attention_parameter p;
    heed_attention_extra_info extra;
    const heed__var *more = at->more;
    for (size_t i = 0; heed_attention_plan_parameter(plan, i, &p); i++)
        view->parameters[i] = heed__tape_value(tape, *more++);
    view->batch.extras = view->extras;
    for (size_t i = 0; heed_attention_plan_extra(plan, i, &extra); i++) {
        const heed_real *data = extra.backward_only ? NULL : heed__tape_value(tape, *more++);
        view->extras[view->batch.extra_count++] = heed__attend_extra(&at->attend, data, NULL);
    }
}

void heed__site_look(const heed__attention_site *at, const heed__tape *tape, heed__site_view *view)
{
    const heed_attention_options *o = &at->attend.attender->options;
    int single = at->attend.queries == NULL;
    heed_attention_inspect_tensors *t = &view->tensors;
    view->batch = heed__attend_batch(&at->attend);
    *t = (heed_attention_inspect_tensors){.size = sizeof *t, .parameters = view->parameters};
    look_at_more(at, tape, view);
    t->q =
        heed__attend_input(heed__tape_value(tape, at->q), heed__tape_rows(tape, at->q),
                           heed__tape_cols(tape, at->q), at->attend.q_column, o->head_size, single);
    t->k = heed__attend_input(heed__tape_value(tape, at->k), heed__tape_rows(tape, at->k),
                              heed__tape_cols(tape, at->k), at->attend.k_column, o->head_size, 0);
    t->lse =
        (heed_attention_input){heed__tape_saved(tape, at->out), single ? o->heads : 0, o->heads, 1};
}

int heed__site_learned(const heed__attention_site *at, const heed__tape *tape, size_t index,
                       int64_t head, heed__learned *out)
{
    const heed_attention_plan *plan = at->attend.attender->plan;
    heed_attention_parameter p;
    *out = (heed__learned){.name = NULL};
    if (!heed_attention_plan_parameter(plan, index, &p)) return 0;
    if (p.columns != 1 || p.rows != plan->options.heads) return 1;
    heed_real number = heed__tape_value(tape, at->more[index])[head];
    out->name = heed__plan_reading(plan, index, number, &out->value);
    return 1;
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
    heed__site_view view;
    const heed_attention_plan *plan = at->attend.attender->plan;
    heed_attention_sizes sizes = {.size = sizeof sizes};
    int64_t heads = at->attend.attender->options.heads;
    int64_t first = slice->head > 0 ? slice->head - 1 : 0;
    int64_t last = slice->head > 0 ? slice->head : heads;
    size_t count = (size_t)(slice->count * slice->keys);
    if (slice->head > heads)
        return heed__fail(HEED_E_INVALID, "head = %lld; there are %lld", (long long)slice->head,
                          (long long)heads);
    heed__site_look(at, tape, &view);
    HEED_TRY(heed_attention_plan_sizes(plan, &sizes));
    HEED_TRY(grow_workspace(room, sizes.inspect));
    HEED_TRY(heed__grow(&room->one, &room->one_room, count, sizeof *room->one, "weights"));
    for (size_t i = 0; i < count; i++) weights[i] = 0;
    for (int64_t head = first; head < last; head++) {
        HEED_TRY(heed_attention_weights(plan, &view.batch, &view.tensors, slice->sequence, head,
                                        slice->first, slice->count, room->one, room->workspace));
        heed__kernels_best()->add((int64_t)count, room->one, weights);
    }
    heed__kernels_best()->scale((int64_t)count, 1 / (heed_real)(last - first), weights, weights);
    return HEED_OK;
}
