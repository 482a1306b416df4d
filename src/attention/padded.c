/* SPDX-License-Identifier: MIT */
/* The one-call form: contiguous [B, H, T, D] arrays. */
#include "attention/plan.h"
#include "attention/run.h"
#include "base/fail.h"
#include "base/memory.h"

static heed_status check_arrays(const heed_attention_arrays *a)
{
    const char *missing = !a->q ? "q" : !a->k ? "k" : !a->v ? "v" : !a->o ? "o" : NULL;
    HEED_TRY(heed__check_struct("arrays", a->size, sizeof *a));
    if (missing) return heed__fail(HEED_E_INVALID, "arrays.%s is NULL; it must be given", missing);
    if (!a->causal && a->causal_offset)
        return heed__fail(HEED_E_INVALID,
                          "arrays.causal_offset is given and causal is 0; set causal or leave it "
                          "NULL");
    return HEED_OK;
}

/* Rows past a query length: o = 0, lse = -inf. */
static void clear_padding(const heed_attention_arrays *a, int64_t value_size)
{
    for (int64_t b = 0; a->query_lengths && b < a->batch; b++)
        for (int64_t h = 0; h < a->heads; h++)
            for (int64_t i = a->query_lengths[b]; i < a->queries; i++) {
                int64_t row = (b * a->heads + h) * a->queries + i;
                for (int64_t d = 0; d < value_size; d++) a->o[row * value_size + d] = 0;
                if (a->lse) a->lse[row] = -HEED_REAL(INFINITY);
            }
}

heed_status heed_attention_padded(heed_context *context, const heed_attention_arrays *a)
{
    HEED_TRY(check_arrays(a));
    int64_t tq = a->queries, tk = a->keys, d = a->head_size;
    int64_t dv = a->value_size ? a->value_size : d;
    int64_t kv_heads = a->key_heads ? a->key_heads : a->heads;
    heed_attention_part causal = {sizeof causal, "causal"};
    heed_attention_options options = {.size = sizeof options,
                                      .heads = a->heads,
                                      .key_heads = kv_heads,
                                      .head_size = d,
                                      .value_size = dv,
                                      .mask = a->causal ? &causal : NULL};
    heed_attention_capacity room = {
        .size = sizeof room, .sequences = a->batch, .longest_query = tq, .longest_key = tk};
    heed_attention_batch batch = {.size = sizeof batch,
                                  .sequences = a->batch,
                                  .queries = {.lengths = a->query_lengths, .length = tq},
                                  .keys = {.lengths = a->key_lengths, .length = tk},
                                  .query_offset = a->causal_offset,
                                  .query_offset_count = a->causal_offset ? 1 : 0};
    heed_attention_forward_tensors tensors = {.size = sizeof tensors,
                                              .q = {a->q, a->heads * tq * d, d, tq * d},
                                              .k = {a->k, kv_heads * tk * d, d, tk * d},
                                              .v = {a->v, kv_heads * tk * dv, dv, tk * dv},
                                              .o = {a->o, a->heads * tq * dv, dv, tq * dv},
                                              .lse = {a->lse, a->heads * tq, 1, tq}};
    heed_attention_plan *plan = NULL;
    heed_attention_sizes sizes = {.size = sizeof sizes};
    heed_real *workspace = NULL;
    heed_status status = heed_attention_plan_create(context, &options, &room, &plan);
    if (status == HEED_OK) status = heed_attention_plan_sizes(plan, &sizes);
    if (status == HEED_OK)
        status = heed__alloc(sizes.forward, sizeof *workspace, "attention's workspace", &workspace);
    if (status == HEED_OK) status = heed_attention_forward(plan, &batch, &tensors, workspace);
    if (status == HEED_OK) clear_padding(a, dv);
    heed__free(workspace);
    heed_attention_plan_destroy(&plan);
    return status;
}
