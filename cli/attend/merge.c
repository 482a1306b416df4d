/* SPDX-License-Identifier: MIT */
/* --merge-output and --merge-lse: results over other keys join that over these. All that comes
 * after (weights, sums, gradients) goes by the lse of the whole, and so is these keys' share of it.
 */
#include "cli/attend/attend.h"

#include "cli/report.h"

#include <string.h>

heed_status attend_merge_check(const attend *a)
{
    const heed_attention_part *normaliser = a->options.normaliser;
    int outputs = options_count(a->given, "merge-output"),
        parts = options_count(a->given, "merge-lse");
    if (outputs != parts)
        return report(
            HEED_E_INVALID,
            "--merge-output is given %d times and --merge-lse %d times; each part has both",
            outputs, parts);
    if (!parts) return HEED_OK;
    if (normaliser && strcmp(normaliser->name, "softmax") != 0)
        return report(
            HEED_E_INVALID,
            "--merge-output: results under \"%s\" cannot be joined by their lse; softmax's "
            "can, and a sink as one more part (o = 0, lse = its score)",
            normaliser->name);
    if (options_flag(a->given, "trace"))
        return report(HEED_E_INVALID, "--trace shows one run by itself: leave --merge-output out");
    return HEED_OK;
}

/* The nth of them, over what there is. */
static heed_status merge_one(attend *a, int nth)
{
    const char *o_path = options_nth(a->given, "merge-output", nth);
    const char *lse_path = options_nth(a->given, "merge-lse", nth);
    heed_array *o, *lse;
    heed_status status = attend_read_like(a, "merge-output", o_path, a->o, "the output", &o);
    if (status == HEED_OK) status = attend_read_like(a, "merge-lse", lse_path, a->lse, "lse", &lse);
    if (status != HEED_OK) return status;
    heed_attention_input here = attend_view(a, a->o, a->heads, a->queries, a->value_size);
    heed_attention_input there = attend_view(a, o, a->heads, a->queries, a->value_size);
    const heed_attention_partials parts = {
        .size = sizeof parts,
        .sequences = a->batch,
        .rows = a->queries,
        .heads = a->heads,
        .value_size = a->value_size,
        .o = {here, there},
        .lse = {{a->lse->data, a->heads * a->queries, 1, a->queries},
                {lse->data, a->heads * a->queries, 1, a->queries}}};
    return heed_attention_merge(a->context, &parts, &a->out_o, &a->out_lse);
}

heed_status attend_merge(attend *a)
{
    heed_status status = HEED_OK;
    for (int i = 0; i < options_count(a->given, "merge-lse") && status == HEED_OK; i++)
        status = merge_one(a, i);
    return status;
}
