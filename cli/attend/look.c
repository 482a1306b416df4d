/* SPDX-License-Identifier: MIT */
/* What is to be seen inside: whole matrices of weights and scores. */
#include "cli/attend/attend.h"

#include "cli/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

heed_attention_inspect_tensors attend_inspect_tensors(const attend *a)
{
    const heed_attention_output *lse = &a->out_lse;
    return (heed_attention_inspect_tensors){
        .size = sizeof(heed_attention_inspect_tensors),
        .q = a->in_q,
        .k = a->in_k,
        .lse = {lse->data, lse->sequence_stride, lse->row_stride, lse->head_stride},
        .parameters = a->parameters};
}

int64_t attend_length(const heed_attention_rows *rows, int64_t sequence)
{
    return rows->lengths ? rows->lengths[sequence] : rows->length;
}

heed_status attend_weights(attend *a, int unweighed, int dropped, int64_t sequence, int64_t head,
                           heed_real *out)
{
    heed_attention_inspect_tensors tensors = attend_inspect_tensors(a);
    tensors.unweighed = unweighed, tensors.dropped = dropped;
    return heed_attention_weights(a->plan, &a->batch_of, &tensors, sequence, head, 0,
                                  attend_length(&a->batch_of.queries, sequence), out, a->workspace);
}

heed_status attend_matrix(attend *a, int stages, int64_t sequence, int64_t head, heed_real *out)
{
    heed_attention_inspect_tensors tensors = attend_inspect_tensors(a);
    int64_t rows = attend_length(&a->batch_of.queries, sequence);
    if (stages == LOOK_WEIGHTS) return attend_weights(a, 0, 0, sequence, head, out);
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
        int64_t b = task / a->heads, rows = attend_length(&a->batch_of.queries, b),
                keys = attend_length(&a->batch_of.keys, b);
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

heed_status attend_look(attend *a)
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
