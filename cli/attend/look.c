/* SPDX-License-Identifier: MIT */
/* What is to be seen inside: weights, scores, and sums over the weights. */
#include "cli/attend/attend.h"

#include "cli/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static heed_attention_inspect_tensors tensors_of(const attend *a)
{
    const heed_attention_output *lse = &a->out_lse;
    return (heed_attention_inspect_tensors){
        .size = sizeof(heed_attention_inspect_tensors),
        .q = a->in_q,
        .k = a->in_k,
        .lse = {lse->data, lse->sequence_stride, lse->row_stride, lse->head_stride},
        .parameters = a->parameters};
}

static int64_t length(const heed_attention_rows *rows, int64_t sequence)
{
    return rows->lengths ? rows->lengths[sequence] : rows->length;
}

heed_status attend_matrix(attend *a, int stages, int64_t sequence, int64_t head, heed_real *out)
{
    heed_attention_inspect_tensors tensors = tensors_of(a);
    int64_t rows = length(&a->batch_of.queries, sequence);
    if (stages == LOOK_WEIGHTS)
        return heed_attention_weights(a->plan, &a->batch_of, &tensors, sequence, head, 0, rows, out,
                                      a->workspace);
    return heed_attention_scores(a->plan, &a->batch_of, &tensors, stages, sequence, head, 0, rows,
                                 out, a->workspace);
}

/* All of them, [B, H, Tq, Tk]; `beyond` the lengths. */
static heed_status all_matrices(attend *a, int stages, heed_real beyond, const char *what,
                                heed_array **out)
{
    heed_status status =
        attend_made(a, REAL_KIND, a->batch, a->heads, a->queries, a->keys, what, out);
    heed_array *one;
    if (status == HEED_OK)
        status = attend_made(a, REAL_KIND, a->queries, a->keys, -1, -1, what, &one);
    if (status != HEED_OK) return status;
    heed_real *to = (*out)->data, *from = one->data;
    for (int64_t i = 0; i < (*out)->count; i++) to[i] = beyond;
    for (int64_t task = 0; task < a->batch * a->heads && status == HEED_OK; task++) {
        int64_t b = task / a->heads, rows = length(&a->batch_of.queries, b),
                keys = length(&a->batch_of.keys, b);
        status = attend_matrix(a, stages, b, task % a->heads, from);
        for (int64_t i = 0; i < rows && status == HEED_OK && keys; i++)
            memcpy(to + (task * a->queries + i) * a->keys, from + i * keys,
                   (size_t)keys * sizeof *to);
    }
    return status;
}

/* How many stages lie before the step that --scores-at names. */
static int stages_of(const attend *a)
{
    const char *at = options_text(a->given, "scores-at");
    if (strcmp(at, "mask") == 0) return -1;
    int count = 0;
    for (size_t s = 0; strcmp(at, "softcap") == 0 && s < a->options.stage_count; s++)
        if (strcmp(a->stages[s]->name, "softcap") == 0) count = (int)s + 1;
    return count;
}

static heed_status look_at_matrices(attend *a)
{
    heed_array *array;
    heed_status status = HEED_OK;
    if (options_given(a->given, "weights")) {
        status = all_matrices(a, LOOK_WEIGHTS, 0, "the weights", &array);
        if (status == HEED_OK) status = attend_write(a, "weights", array, a->kind);
    }
    if (status == HEED_OK && options_given(a->given, "scores")) {
        status = all_matrices(a, stages_of(a), -(heed_real)INFINITY, "the scores", &array);
        if (status == HEED_OK) status = attend_write(a, "scores", array, a->kind);
    }
    return status;
}

/* An array of one number for each of `rows`, as the operator addresses it. */
static heed_status sum_of(attend *a, const char *flag, int64_t rows, heed_array **array,
                          heed_attention_output *out)
{
    *array = NULL;
    if (!options_given(a->given, flag)) return HEED_OK;
    heed_status status = attend_made(a, REAL_KIND, a->batch, a->heads, rows, -1, flag, array);
    if (status == HEED_OK) *out = (heed_attention_output){(*array)->data, a->heads * rows, 1, rows};
    return status;
}

static heed_status heaviest(attend *a, heed_attention_summary *sums, heed_array **weights,
                            heed_array **keys)
{
    *weights = *keys = NULL;
    if (!options_given(a->given, "topk") && !options_given(a->given, "topk-weights"))
        return HEED_OK;
    int64_t top = options_integer(a->given, "top");
    heed_status status =
        attend_made(a, REAL_KIND, a->batch, a->heads, a->queries, top, "the top weights", weights);
    if (status == HEED_OK)
        status = attend_made(a, HEED_ARRAY_INT64, a->batch, a->heads, a->queries, top,
                             "the top keys", keys);
    if (status != HEED_OK) return status;
    for (int64_t i = 0; i < (*keys)->count; i++) ((int64_t *)(*keys)->data)[i] = -1;
    sums->top = (int)top;
    sums->top_weight = (heed_attention_output){(*weights)->data, a->heads * a->queries * top, top,
                                               a->queries * top};
    sums->top_key = (*keys)->data;
    return HEED_OK;
}

static heed_status look_at_sums(attend *a)
{
    heed_attention_inspect_tensors tensors = tensors_of(a);
    heed_attention_summary sums = {.size = sizeof sums};
    heed_array *mass, *entropy, *weights, *keys;
    heed_status status = sum_of(a, "mass", a->keys, &mass, &sums.mass);
    if (status == HEED_OK) status = sum_of(a, "entropy", a->queries, &entropy, &sums.entropy);
    if (status == HEED_OK) status = heaviest(a, &sums, &weights, &keys);
    if (status != HEED_OK || (!mass && !entropy && !keys)) return status;
    status = heed_attention_summarise(a->plan, &a->batch_of, &tensors, &sums, a->workspace);
    if (status == HEED_OK) status = attend_write(a, "mass", mass, a->exact);
    if (status == HEED_OK) status = attend_write(a, "entropy", entropy, a->exact);
    if (status == HEED_OK) status = attend_write(a, "topk", keys, HEED_ARRAY_INT64);
    return status == HEED_OK ? attend_write(a, "topk-weights", weights, a->kind) : status;
}

heed_status attend_look(attend *a)
{
    heed_status status = look_at_matrices(a);
    return status == HEED_OK ? look_at_sums(a) : status;
}
