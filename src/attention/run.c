/* SPDX-License-Identifier: MIT */
/* Checks of a call, in O(sequences), before anything is written; forward and backward. */
#include "attention/run.h"

#include "attention/engine.h"
#include "base/fail.h"

heed_status heed__check_struct(const char *name, size_t size, size_t wanted)
{
    if (size != wanted)
        return heed__fail(HEED_E_INVALID,
                          "%s.size = %zu; this heed's has %zu bytes, set it with sizeof", name,
                          size, wanted);
    return HEED_OK;
}

heed_status heed__check_workspace(const heed_real *workspace, size_t wanted)
{
    if (wanted && (!workspace || (uintptr_t)workspace % HEED_ALIGNMENT))
        return heed__fail(HEED_E_INVALID,
                          "workspace is %s; it must be %zu heed_reals, aligned to %d bytes",
                          workspace ? "misaligned" : "NULL", wanted, HEED_ALIGNMENT);
    return HEED_OK;
}

heed_status heed__check_input(const char *name, const heed_attention_input *x,
                              const heed_attention_rows *rows)
{
    if (!x->data) return heed__fail(HEED_E_INVALID, "%s.data is NULL; it must be given", name);
    if ((rows->offsets || rows->starts) && x->sequence_stride)
        return heed__fail(HEED_E_INVALID,
                          "%s.sequence_stride = %lld with %s; rows take none, set 0", name,
                          (long long)x->sequence_stride, rows->offsets ? "offsets" : "starts");
    return HEED_OK;
}

heed_status heed__check_output(const char *name, const heed_attention_output *x,
                               const heed_attention_rows *rows, int64_t sequences, int64_t heads)
{
    heed_attention_input as_input = {x->data, x->sequence_stride, x->row_stride, x->head_stride};
    const char *stride = NULL;
    if (!x->data || (!rows->offsets && !rows->length)) return HEED_OK;
    HEED_TRY(heed__check_input(name, &as_input, rows));
    int by_row = rows->offsets || rows->starts;
    if (!by_row && sequences > 1 && !x->sequence_stride) stride = "sequence_stride";
    if ((by_row || rows->length > 1) && !x->row_stride) stride = "row_stride";
    if (heads > 1 && !x->head_stride) stride = "head_stride";
    if (stride)
        return heed__fail(HEED_E_INVALID,
                          "%s.%s = 0; what is written cannot be shared, give each its place", name,
                          stride);
    return HEED_OK;
}

static heed_status check_offsets(const char *side, const int64_t *offsets, int64_t sequences,
                                 int64_t room, int64_t longest)
{
    if (offsets[0] < 0)
        return heed__fail(HEED_E_INVALID, "%s.offsets[0] = %lld; it must be 0 or more", side,
                          (long long)offsets[0]);
    for (int64_t s = 0; s < sequences; s++) {
        if (offsets[s + 1] < offsets[s])
            return heed__fail(HEED_E_INVALID,
                              "%s.offsets[%lld] = %lld is less than the one before, %lld; offsets "
                              "must not decrease",
                              side, (long long)s + 1, (long long)offsets[s + 1],
                              (long long)offsets[s]);
        if (offsets[s + 1] - offsets[s] > longest)
            return heed__fail(HEED_E_INVALID,
                              "%s: sequence %lld has %lld rows; the plan's longest is %lld, plan "
                              "for more",
                              side, (long long)s, (long long)(offsets[s + 1] - offsets[s]),
                              (long long)longest);
    }
    if (offsets[sequences] - offsets[0] > room)
        return heed__fail(HEED_E_INVALID,
                          "%s has %lld rows; the plan's capacity is %lld, plan for more", side,
                          (long long)(offsets[sequences] - offsets[0]), (long long)room);
    return HEED_OK;
}

static heed_status check_lengths(const char *side, const heed_attention_rows *rows,
                                 int64_t sequences, int64_t longest)
{
    if (rows->length < 0 || rows->length > longest)
        return heed__fail(HEED_E_INVALID,
                          "%s.length = %lld; it must be 0 to the plan's longest, %lld", side,
                          (long long)rows->length, (long long)longest);
    for (int64_t s = 0; rows->lengths && s < sequences; s++)
        if (rows->lengths[s] < 0 || rows->lengths[s] > rows->length)
            return heed__fail(HEED_E_INVALID, "%s.lengths[%lld] = %lld; it must be 0 to %lld", side,
                              (long long)s, (long long)rows->lengths[s], (long long)rows->length);
    for (int64_t s = 0; rows->starts && s < sequences; s++)
        if (rows->starts[s] < 0)
            return heed__fail(HEED_E_INVALID, "%s.starts[%lld] = %lld; it must be 0 or more", side,
                              (long long)s, (long long)rows->starts[s]);
    return HEED_OK;
}

/* Padded rows count as long as they are: the plan's room is for what is attended. */
static heed_status check_rows(const char *side, const heed_attention_rows *rows, int64_t sequences,
                              int64_t room, int64_t longest)
{
    if (rows->offsets && (rows->lengths || rows->length || rows->starts))
        return heed__fail(HEED_E_INVALID,
                          "%s has offsets and %s; give offsets for packed rows or lengths (and "
                          "starts) for others, not both",
                          side, rows->starts ? "starts" : "lengths");
    if (rows->offsets) return check_offsets(side, rows->offsets, sequences, room, longest);
    HEED_TRY(check_lengths(side, rows, sequences, longest));
    int64_t total = 0;
    for (int64_t s = 0; s < sequences; s++) total += heed__length(rows, s);
    if (total > room)
        return heed__fail(HEED_E_INVALID,
                          "%s has %lld rows; the plan's capacity is %lld, plan for more", side,
                          (long long)total, (long long)room);
    return HEED_OK;
}

/* Below it, positions plus offsets cannot overflow. */
static const int64_t far = INT64_C(1) << 60;

static heed_status check_positions(const heed_attention_batch *b, int uses_positions)
{
    int64_t n = b->query_offset_count;
    if (b->query_offset ? n != 1 && n != b->sequences : n != 0)
        return heed__fail(HEED_E_INVALID,
                          "query_offset_count = %lld; it must be 1, or %lld (one a sequence), or 0 "
                          "where query_offset is NULL",
                          (long long)b->query_offset_count, (long long)b->sequences);
    for (int64_t s = 0; s < b->query_offset_count; s++)
        if (b->query_offset[s] < -far || b->query_offset[s] > far)
            return heed__fail(HEED_E_INVALID, "query_offset[%lld] = %lld; it must be within 2^60",
                              (long long)s, (long long)b->query_offset[s]);
    if (!uses_positions || b->query_offset) return HEED_OK;
    for (int64_t s = 0; s < b->sequences; s++) {
        int64_t queries = heed__length(&b->queries, s), keys = heed__length(&b->keys, s);
        if (queries != keys)
            return heed__fail(HEED_E_INVALID,
                              "sequence %lld has %lld queries and %lld keys, and the mask goes by "
                              "position: give query_offset (%lld puts the last query at the last "
                              "key, 0 the first at the first)",
                              (long long)s, (long long)queries, (long long)keys,
                              (long long)(keys - queries));
    }
    return HEED_OK;
}

static heed_status check_parameters(const heed_attention_plan *plan,
                                    const heed_real *const *parameters)
{
    heed_attention_parameter wanted;
    for (size_t p = 0; heed_attention_plan_parameter(plan, p, &wanted); p++)
        if (!parameters || !parameters[p])
            return heed__fail(HEED_E_INVALID,
                              "parameters[%zu] is missing; it is \"%s\" [%lld, %lld]", p,
                              wanted.name, (long long)wanted.rows, (long long)wanted.columns);
    return HEED_OK;
}

/* Tasks add to it side by side, so each query and head has a place of its own. */
static heed_status check_query_gradient(const heed_attention_plan *plan,
                                        const heed_attention_batch *b, int e)
{
    const heed_attention_extra *x = &b->extras[e];
    heed_attention_output as_output = {x->gradient, x->sequence_stride, x->row_stride,
                                       x->head_stride};
    return heed__check_output(plan->extra[e].name, &as_output, &b->queries, b->sequences,
                              plan->options.heads);
}

/* Backward, d_o is there (and is checked for it). */
static heed_status check_extras(const heed__run *run)
{
    const heed_attention_plan *plan = run->plan;
    const heed_attention_batch *b = run->batch;
    if (b->extra_count != (size_t)plan->extras)
        return heed__fail(HEED_E_INVALID,
                          "extra_count = %zu; the plan's mechanisms read %d arrays%s%s",
                          b->extra_count, plan->extras, plan->extras ? ", first " : "",
                          plan->extras ? plan->extra[0].name : "");
    for (int e = 0; e < plan->extras; e++) {
        heed_attention_extra_kind kind = plan->extra[e].kind;
        int reals = kind == HEED_ATTENTION_QUERY_REALS || kind == HEED_ATTENTION_PAIR_REALS;
        int later = plan->extra[e].backward_only && !run->d_o.data;
        if (!b->extras || (!b->extras[e].data && !later))
            return heed__fail(HEED_E_INVALID, "extras[%d], \"%s\", has no data; give the array", e,
                              plan->extra[e].name);
        if (b->extras[e].gradient && (!reals || plan->extra[e].backward_only))
            return heed__fail(HEED_E_INVALID, "extras[%d], \"%s\", has no gradient; leave it NULL",
                              e, plan->extra[e].name);
        if (kind == HEED_ATTENTION_QUERY_REALS) HEED_TRY(check_query_gradient(plan, b, e));
    }
    return HEED_OK;
}

/* The mechanism with this call's arrays. */
static heed__self self_of(const heed__run *run, const heed__fitted *fit,
                          const heed_real *const *parameters)
{
    const heed_attention_plan *plan = run->plan;
    heed__self self = {.record = fit->record,
                       .built = fit->built,
                       .options = &plan->options,
                       .batch = run->batch,
                       .kernels = plan->kernels,
                       .width = plan->width};
    for (int p = 0; fit->entry->slots[p].name; p++)
        if (fit->slot[p] >= 0) self.parameter[p] = parameters[fit->slot[p]];
    for (int e = 0; fit->entry->extras[e].name; e++)
        self.extra[e] = &run->batch->extras[fit->extra + e];
    return self;
}

static void fit_all(heed__run *run, const heed_real *const *parameters)
{
    const heed_attention_plan *plan = run->plan;
    run->score = self_of(run, &plan->score_fit, parameters);
    run->normaliser = self_of(run, &plan->normaliser_fit, parameters);
    run->position = self_of(run, &plan->position_fit, parameters);
    for (int s = 0; s < plan->stages; s++)
        run->stage[s] = self_of(run, &plan->stage_fit[s], parameters);
}

heed_status heed__run_check(heed__run *run, const heed_real *const *parameters)
{
    const heed_attention_plan *plan = run->plan;
    const heed_attention_capacity *room = &plan->capacity;
    const heed_attention_batch *b = run->batch;
    HEED_TRY(heed__check_struct("batch", b->size, sizeof *b));
    if (b->sequences < 0 || b->sequences > room->sequences)
        return heed__fail(HEED_E_INVALID,
                          "batch.sequences = %lld; the plan's capacity is %lld, plan for more",
                          (long long)b->sequences, (long long)room->sequences);
    HEED_TRY(
        check_rows("queries", &b->queries, b->sequences, room->query_rows, room->longest_query));
    HEED_TRY(check_rows("keys", &b->keys, b->sequences, room->key_rows, room->longest_key));
    HEED_TRY(check_positions(b, plan->uses_positions));
    HEED_TRY(check_parameters(plan, parameters));
    HEED_TRY(heed__check_input("q", &run->q, &b->queries));
    HEED_TRY(heed__check_input("k", &run->k, &b->keys));
    HEED_TRY(check_extras(run));
    fit_all(run, parameters);
    run->drops = plan->drop_below && !b->keep_all;
    return HEED_OK;
}

heed__place heed__place_of(const heed__run *run, int64_t sequence, int64_t head)
{
    const heed_attention_batch *b = run->batch;
    heed__place place = {.sequence = sequence,
                         .head = head,
                         .queries = heed__length(&b->queries, sequence),
                         .keys = heed__length(&b->keys, sequence),
                         .batch = b};
    if (b->query_offset) place.offset = b->query_offset[b->query_offset_count == 1 ? 0 : sequence];
    return place;
}

/* An array that is read. */
typedef struct source {
    const char *name;
    const heed_attention_input *x;
    const heed_attention_rows *rows;
} source;

/* What is written may not begin where something is read. */
static heed_status check_apart(const heed__run *run, const char *name,
                               const heed_attention_output *out, const heed_attention_rows *rows,
                               const source *sources, int count)
{
    if (!out->data || !run->batch->sequences || !heed__length(rows, 0)) return HEED_OK;
    const heed_real *first = heed__write_at(out, rows, 0, 0);
    for (const source *in = sources; in < sources + count; in++)
        if (heed__length(in->rows, 0) && heed__read_at(in->x, in->rows, 0, 0) == first)
            return heed__fail(HEED_E_INVALID,
                              "%s begins where %s does; what is written must not overlap what is "
                              "read, give it its own place",
                              name, in->name);
    return HEED_OK;
}

static heed_status check_results_apart(const heed__run *run)
{
    const heed_attention_rows *queries = &run->batch->queries, *keys = &run->batch->keys;
    const source in[] = {{"q", &run->q, queries}, {"k", &run->k, keys}, {"v", &run->v, keys}};
    HEED_TRY(check_apart(run, "o", &run->out, queries, in, 3));
    return check_apart(run, "lse", &run->out_lse, queries, in, 3);
}

static heed_status check_gradients_apart(const heed__run *run)
{
    const heed_attention_rows *queries = &run->batch->queries, *keys = &run->batch->keys;
    const source in[] = {{"q", &run->q, queries},     {"k", &run->k, keys},
                         {"v", &run->v, keys},        {"o", &run->o, queries},
                         {"lse", &run->lse, queries}, {"d_o", &run->d_o, queries}};
    HEED_TRY(check_apart(run, "dq", &run->dq, queries, in, 6));
    HEED_TRY(check_apart(run, "dk", &run->dk, keys, in, 6));
    return check_apart(run, "dv", &run->dv, keys, in, 6);
}

heed_status heed_attention_forward(const heed_attention_plan *plan,
                                   const heed_attention_batch *batch,
                                   const heed_attention_forward_tensors *t, heed_real *workspace)
{
    heed__run run = {.plan = plan, .batch = batch};
    int64_t heads = plan->options.heads;
    HEED_TRY(heed__check_struct("tensors", t->size, sizeof *t));
    run.q = t->q, run.k = t->k, run.v = t->v;
    run.out = t->o, run.out_lse = t->lse;
    HEED_TRY(heed__run_check(&run, t->parameters));
    HEED_TRY(heed__check_input("v", &run.v, &batch->keys));
    if (!run.out.data) return heed__fail(HEED_E_INVALID, "o.data is NULL; it must be given");
    HEED_TRY(heed__check_output("o", &run.out, &batch->queries, batch->sequences, heads));
    HEED_TRY(heed__check_output("lse", &run.out_lse, &batch->queries, batch->sequences, heads));
    HEED_TRY(check_results_apart(&run));
    HEED_TRY(heed__check_workspace(workspace, plan->engine->workspace(plan, 0)));
    plan->engine->forward(&run, workspace);
    return HEED_OK;
}

heed_status heed_attention_backward(const heed_attention_plan *plan,
                                    const heed_attention_batch *batch,
                                    const heed_attention_backward_tensors *t, heed_real *workspace)
{
    heed__run run = {.plan = plan, .batch = batch};
    const heed_attention_options *o = &plan->options;
    int64_t sequences = batch->sequences;
    HEED_TRY(heed__check_struct("tensors", t->size, sizeof *t));
    run.q = t->q, run.k = t->k, run.v = t->v, run.o = t->o, run.lse = t->lse;
    run.d_o = t->d_o, run.d_lse = t->d_lse, run.dq = t->dq, run.dk = t->dk, run.dv = t->dv;
    run.d_parameters = t->d_parameters;
    HEED_TRY(heed__run_check(&run, t->parameters));
    HEED_TRY(heed__check_input("v", &run.v, &batch->keys));
    HEED_TRY(heed__check_input("o", &run.o, &batch->queries));
    HEED_TRY(heed__check_input("lse", &run.lse, &batch->queries));
    HEED_TRY(heed__check_input("d_o", &run.d_o, &batch->queries));
    if (run.d_lse.data) {
        if (!plan->normaliser->lse_gradient)
            return heed__fail(HEED_E_UNSUPPORTED,
                              "d_lse is given; normaliser \"%s\" has no gradient for its lse, "
                              "leave d_lse.data NULL",
                              plan->normaliser->entry.name);
        HEED_TRY(heed__check_input("d_lse", &run.d_lse, &batch->queries));
    }
    HEED_TRY(heed__check_output("dq", &run.dq, &batch->queries, sequences, o->heads));
    HEED_TRY(heed__check_output("dk", &run.dk, &batch->keys, sequences, o->key_heads));
    HEED_TRY(heed__check_output("dv", &run.dv, &batch->keys, sequences, o->key_heads));
    HEED_TRY(check_gradients_apart(&run));
    HEED_TRY(heed__check_workspace(workspace, plan->engine->workspace(plan, 1)));
    plan->engine->backward(&run, workspace);
    return HEED_OK;
}
