/* SPDX-License-Identifier: MIT */
/*
 * Attention rollout (Abnar, Zuidema 2020) through one layer: with r the shares of its outputs,
 *
 *     r <- r / 2 + r (mean over heads of P) / 2
 *
 * are those of its inputs, which are the outputs of the layer below.
 */
#include "cli/attend/attend.h"

#include "cli/report.h"

heed_status attend_rollout_check(const attend *a)
{
    static const char why[] =
        "the residual path leads each row to itself, so there must be as many";
    if (!options_given(a->given, "rollout")) return HEED_OK;
    if (a->queries != a->keys)
        return report(HEED_E_INVALID, "--rollout: %lld queries and %lld keys; %s",
                      (long long)a->queries, (long long)a->keys, why);
    for (int64_t b = 0; b < a->batch; b++) {
        int64_t queries = attend_length(&a->batch_of.queries, b);
        int64_t keys = attend_length(&a->batch_of.keys, b);
        if (queries != keys)
            return report(HEED_E_INVALID,
                          "--rollout: sequence %lld has %lld queries and %lld keys; %s",
                          (long long)b, (long long)queries, (long long)keys, why);
    }
    return HEED_OK;
}

/* r of the outputs: as given, or all rows of a sequence alike. */
static heed_status start(attend *a, heed_array **out)
{
    const char *path = options_text(a->given, "rollout-from");
    heed_status status =
        attend_made(a, REAL_KIND, a->batch, a->queries, -1, -1, "the rollout", out);
    if (status != HEED_OK) return status;
    if (path) return attend_read_like(a, "rollout-from", path, *out, "the rows", out);
    for (int64_t b = 0; b < a->batch; b++) {
        int64_t n = attend_length(&a->batch_of.queries, b);
        for (int64_t i = 0; i < n; i++)
            ((heed_real *)(*out)->data)[b * a->queries + i] = 1 / (heed_real)n;
    }
    return HEED_OK;
}

/* r of the inputs over that of the outputs; 0 past a sequence's length. */
static void step(const attend *a, const heed_real *seen, heed_real *r)
{
    for (int64_t b = 0; b < a->batch; b++)
        for (int64_t j = 0; j < a->keys; j++) {
            heed_real sum = 0, *at = r + b * a->keys + j;
            for (int64_t h = 0; h < a->heads; h++) sum += seen[(b * a->heads + h) * a->keys + j];
            *at = j < attend_length(&a->batch_of.keys, b)
                      ? *at / 2 + sum / (heed_real)(2 * a->heads)
                      : 0;
        }
}

heed_status attend_rollout(attend *a)
{
    heed_array *r, *seen;
    if (!options_given(a->given, "rollout")) return HEED_OK;
    heed_status status = start(a, &r);
    if (status == HEED_OK)
        status = attend_made(a, REAL_KIND, a->batch, a->heads, a->keys, -1, "the rollout", &seen);
    if (status != HEED_OK) return status;
    heed_attention_inspect_tensors tensors = attend_inspect_tensors(a);
    heed_attention_product product = {.size = sizeof product,
                                      .left = 1,
                                      .x = {r->data, a->queries, 1, 0},
                                      .y = {seen->data, a->heads * a->keys, 1, a->keys}};
    status = attend_translate(
        heed_attention_multiply(a->plan, &a->batch_of, &tensors, &product, a->workspace));
    if (status != HEED_OK) return status;
    step(a, seen->data, r->data);
    return attend_write(a, "rollout", r, a->exact);
}
