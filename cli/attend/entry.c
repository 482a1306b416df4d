/* SPDX-License-Identifier: MIT */
/* The steps of one run. */
#include "cli/attend/attend.h"

#include "cli/report.h"
#include "cli/session.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 };

heed_status attend_plan(attend *a)
{
    heed_attention_capacity room = {.size = sizeof room,
                                    .sequences = a->batch,
                                    .longest_query = a->queries,
                                    .longest_key = a->keys};
    heed_status status = heed_attention_plan_create(a->context, &a->options, &room, &a->plan);
    a->sizes.size = sizeof a->sizes;
    if (status == HEED_OK) status = heed_attention_plan_sizes(a->plan, &a->sizes);
    return status;
}

static heed_status take_workspace(attend *a)
{
    size_t count = a->sizes.forward;
    if (attend_wants_gradients(a->given) && a->sizes.backward > count) count = a->sizes.backward;
    if (a->sizes.inspect > count) count = a->sizes.inspect;
    a->workspace_block = malloc(count * sizeof(heed_real) + ALIGNMENT);
    if (!a->workspace_block) return report(HEED_E_NOMEM, "no memory for the workspace");
    uintptr_t start = (uintptr_t)a->workspace_block;
    a->workspace = (heed_real *)((start + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    return HEED_OK;
}

/* o and lse, cleared to what rows past a length have. */
static heed_status take_outputs(attend *a)
{
    heed_status status = a->flat ? attend_made(a, REAL_KIND, a->batch, a->queries,
                                               a->heads * a->value_size, -1, "o", &a->o)
                                 : attend_made(a, REAL_KIND, a->batch, a->heads, a->queries,
                                               a->value_size, "o", &a->o);
    if (status == HEED_OK)
        status = attend_made(a, REAL_KIND, a->batch, a->heads, a->queries, -1, "lse", &a->lse);
    if (status != HEED_OK) return status;
    heed_real *lse = a->lse->data;
    for (int64_t i = 0; i < a->lse->count; i++) lse[i] = -(heed_real)INFINITY;
    heed_attention_input o = attend_view(a, a->o, a->heads, a->queries, a->value_size);
    a->out_o = (heed_attention_output){a->o->data, o.sequence_stride, o.row_stride, o.head_stride};
    a->out_lse = (heed_attention_output){lse, a->heads * a->queries, 1, a->queries};
    return HEED_OK;
}

heed_status attend_translate(heed_status status)
{
    const char *message = heed_status_message();
    if (status == HEED_OK || !strstr(message, "give query_offset")) return status;
    return report(status, "%s; here it is --causal-offset", message);
}

static heed_status forward(attend *a)
{
    heed_status status = take_workspace(a);
    if (status == HEED_OK) status = take_outputs(a);
    if (status != HEED_OK) return status;
    heed_attention_forward_tensors tensors = {.size = sizeof tensors,
                                              .q = a->in_q,
                                              .k = a->in_k,
                                              .v = a->in_v,
                                              .o = a->out_o,
                                              .lse = a->out_lse,
                                              .parameters = a->parameters};
    status =
        attend_translate(heed_attention_forward(a->plan, &a->batch_of, &tensors, a->workspace));
    if (status == HEED_OK) status = attend_merge(a);
    if (status == HEED_OK) status = attend_write(a, "output", a->o, a->kind);
    return status == HEED_OK ? attend_write(a, "lse", a->lse, a->exact) : status;
}

static heed_status compute(attend *a)
{
    heed_status status = attend_take_extras(a);
    if (status == HEED_OK) status = attend_take_parameters(a);
    if (status == HEED_OK && options_flag(a->given, "lint")) status = attend_lint(a);
    if (status == HEED_OK) status = forward(a);
    if (status == HEED_OK) status = attend_read_gradients(a);
    if (status == HEED_OK) status = attend_look(a);
    if (status == HEED_OK) status = attend_sums(a);
    if (status == HEED_OK) status = attend_rollout(a);
    if (status == HEED_OK) status = attend_picture(a);
    if (status == HEED_OK && attend_wants_gradients(a->given)) status = attend_backward(a);
    if (status == HEED_OK && options_flag(a->given, "trace")) status = attend_trace(a);
    return status;
}

static heed_status run_all(attend *a)
{
    int numbers = attend_wants_numbers(a->given);
    heed_status status = attend_load(a);
    if (status == HEED_OK) status = attend_rows(a);
    if (status == HEED_OK) status = attend_named(a);
    if (status == HEED_OK) status = attend_describe(a);
    if (status == HEED_OK) status = attend_plan(a);
    if (status == HEED_OK && options_flag(a->given, "trace")) status = attend_trace_check(a);
    if (status == HEED_OK && attend_wants_picture(a->given)) status = attend_picture_check(a);
    if (status == HEED_OK) status = attend_merge_check(a);
    if (status == HEED_OK) status = attend_rollout_check(a);
    if (status == HEED_OK && numbers) status = compute(a);
    return status == HEED_OK ? attend_show_plan(a) : status;
}

void attend_end(attend *a)
{
    heed_attention_plan_destroy(&a->plan);
    for (int i = 0; i < a->n_specs; i++) heed_attention_spec_destroy(&a->specs[i]);
    for (int i = 0; i < a->n_arrays; i++) heed_array_free(&a->arrays[i]);
    a->n_specs = a->n_arrays = 0;
}

heed_status attend_run(const options *given, const heed_array *q)
{
    attend *a = calloc(1, sizeof *a);
    if (!a) return report(HEED_E_NOMEM, "no memory");
    a->given = given;
    a->q_file = q;
    a->kind = q->kind;
    a->exact = q->kind == HEED_ARRAY_FLOAT64 ? HEED_ARRAY_FLOAT64 : HEED_ARRAY_FLOAT32;
    a->written = json_array();
    heed_status status = session_start(given, &a->context);
    if (status == HEED_OK) status = run_all(a);
    attend_end(a);
    heed_context_destroy(&a->context);
    free(a->workspace_block);
    free(a->lint);
    json_decref(a->written);
    free(a);
    return status;
}
