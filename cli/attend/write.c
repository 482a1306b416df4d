/* SPDX-License-Identifier: MIT */
/* Results: arrays to their files, the plan and what was written to standard output. */
#include "cli/attend/attend.h"

#include "cli/output.h"
#include "cli/report.h"

#include "heed/file.h"

#include <stdlib.h>
#include <string.h>

static void note(attend *a, const char *name, const char *path, const heed_array *array,
                 heed_array_kind kind)
{
    json_t *shape = json_array();
    for (int i = 0; i < array->rank; i++)
        json_array_append_new(shape, json_integer(array->shape[i]));
    json_array_append_new(a->written,
                          json_pack("{s:s, s:s, s:o, s:s}", "name", name, "file", path, "shape",
                                    shape, "kind", heed_array_kind_name(kind)));
}

heed_status attend_write_bytes(const char *path, const char *bytes, size_t size)
{
    if (strcmp(path, "-") != 0) return heed_file_write(path, bytes, size);
    output_bytes(bytes, size);
    return output_status();
}

static heed_status write_array(const char *path, const heed_array *array)
{
    char head[HEED_ARRAY_HEAD];
    size_t size = 0, data_size = 0;
    if (strcmp(path, "-") != 0) return heed_array_write(path, array);
    heed_status status = heed_array_head(array, head, &size, &data_size);
    if (status != HEED_OK) return status;
    output_bytes(head, size);
    output_bytes(array->data, data_size);
    return output_status();
}

heed_status attend_write_file(attend *a, const char *name, const char *path,
                              const heed_array *array, heed_array_kind kind)
{
    heed_array as_kind;
    heed_status status;
    if (array->kind == kind) {
        status = write_array(path, array);
    } else {
        status = heed_array_convert(array, kind, name, &as_kind);
        if (status == HEED_OK) status = write_array(path, &as_kind);
        heed_array_free(&as_kind);
    }
    if (status == HEED_OK) note(a, name, path, array, kind);
    return status;
}

heed_status attend_write(attend *a, const char *flag, const heed_array *array, heed_array_kind kind)
{
    const char *path = options_text(a->given, flag);
    return path ? attend_write_file(a, flag, path, array, kind) : HEED_OK;
}

/* The plan's own words; the caller frees them. */
static char *plan_text(const attend *a)
{
    size_t size = heed_attention_plan_describe(a->plan, NULL, 0) + 1;
    char *text = malloc(size);
    if (text) heed_attention_plan_describe(a->plan, text, size);
    return text;
}

heed_status attend_lint(attend *a)
{
    size_t length = 0;
    heed_status status =
        heed_attention_lint(a->plan, &a->batch_of, a->parameters, NULL, 0, &length);
    if (status != HEED_OK) return status;
    a->lint = malloc(length + 1);
    if (!a->lint) return report(HEED_E_NOMEM, "no memory for what is odd");
    *a->lint = 0;
    status =
        heed_attention_lint(a->plan, &a->batch_of, a->parameters, a->lint, length + 1, &length);
    if (status == HEED_OK && !options_flag(a->given, "json"))
        output_text(length ? a->lint : "nothing is odd\n");
    return status;
}

json_t *attend_blocks_json(const heed_attention_plan *plan)
{
    heed_attention_coverage blocks = {.size = sizeof blocks};
    if (heed_attention_plan_coverage(plan, &blocks) != HEED_OK) return json_null();
    return json_pack("{s:f, s:f, s:f, s:f, s:b}", "skipped", blocks.skipped, "partial",
                     blocks.partial, "full", blocks.full, "unknown", blocks.unknown, "sampled",
                     blocks.sampled);
}

static heed_status show_json(attend *a, const char *plan, const char *needs)
{
    return output_json(json_pack(
        "{s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I}, s:s, s:s, s:o, s:s, s:{s:I, s:I, s:I}, s:O, s:s?}",
        "sizes", "batch", (json_int_t)a->batch, "heads", (json_int_t)a->heads, "kv_heads",
        (json_int_t)a->key_heads, "queries", (json_int_t)a->queries, "keys", (json_int_t)a->keys,
        "head_size", (json_int_t)a->head_size, "value_size", (json_int_t)a->value_size, "kind",
        heed_array_kind_name(a->kind), "plan", plan, "blocks", attend_blocks_json(a->plan), "reads",
        needs, "workspace_bytes", "forward", (json_int_t)(a->sizes.forward * sizeof(heed_real)),
        "backward", (json_int_t)(a->sizes.backward * sizeof(heed_real)), "inspect",
        (json_int_t)(a->sizes.inspect * sizeof(heed_real)), "written", a->written, "lint",
        a->lint));
}

heed_status attend_show_plan(attend *a)
{
    char needs[4096], *plan = plan_text(a);
    heed_status status = HEED_OK;
    if (!plan) return report(HEED_E_NOMEM, "no memory for the plan's text");
    attend_say_needs(a, needs, sizeof needs);
    if (options_flag(a->given, "json")) {
        status = show_json(a, plan, needs);
    } else if (options_flag(a->given, "plan")) {
        output_text(plan);
        if (*needs) output_format("  reads\n%s", needs);
    }
    free(plan);
    return status;
}
