/* SPDX-License-Identifier: MIT */
/* Where a model comes from: data, settings, and the command that makes it again. */
#include "report/chart.h"
#include "report/page.h"

#include "heed/config.h"

#include <stdint.h>
#include <stdlib.h>

static void open_row(heed__buffer *out, const char *name)
{
    heed__buffer_text(out, "<tr><th scope=\"row\">");
    heed__report_text(out, name);
    heed__buffer_text(out, "</th><td>");
}

static void close_row(heed__buffer *out)
{
    heed__buffer_text(out, "</td></tr>\n");
}

static void put_row(heed__buffer *out, const char *name, const json_t *value)
{
    if (!value || json_is_null(value)) return;
    open_row(out, name);
    if (json_is_string(value))
        heed__report_text(out, json_string_value(value));
    else if (json_is_integer(value))
        heed__chart_count(out, (double)json_integer_value(value));
    else if (json_is_real(value))
        heed__chart_number(out, json_real_value(value));
    else
        heed__report_text(out, json_is_true(value) ? "yes" : "no");
    close_row(out);
}

/* "topic: 5 labels; priority: 3 labels" */
static void put_outputs(heed__buffer *out, const json_t *outputs)
{
    size_t i;
    json_t *output;
    if (!json_array_size(outputs)) return;
    open_row(out, json_array_size(outputs) > 1 ? "outputs" : "output");
    json_array_foreach((json_t *)(uintptr_t)outputs, i, output)
    {
        size_t labels = json_array_size(json_object_get(output, "labels"));
        const char *name = json_string_value(json_object_get(output, "name"));
        const char *kind = json_string_value(json_object_get(output, "kind"));
        if (i) heed__buffer_text(out, "; ");
        heed__report_text(out, name ? name : "");
        heed__buffer_text(out, ": ");
        heed__report_text(out, kind ? kind : "");
        if (labels) heed__buffer_format(out, " of %zu labels", labels);
    }
    close_row(out);
}

static void put_facts(heed__report *r)
{
    const json_t *data = json_object_get(r->info, "provenance");
    const json_t *tokenizer = json_object_get(r->info, "tokenizer");
    heed__buffer_text(r->out, "<table class=\"plain\"><tbody>\n");
    put_row(r->out, "rows to train on", json_object_get(data, "rows"));
    put_row(r->out, "rows to validate on", json_object_get(data, "valid_rows"));
    put_outputs(r->out, json_object_get(r->info, "outputs"));
    put_row(r->out, "parameters", json_object_get(r->info, "parameters"));
    put_row(r->out, "tokenizer", json_object_get(tokenizer, "kind"));
    put_row(r->out, "tokens known", json_object_get(tokenizer, "tokens"));
    put_row(r->out, "seed", json_object_get(data, "seed"));
    put_row(r->out, "steps planned", json_object_get(data, "planned_steps"));
    put_row(r->out, "arithmetic", json_object_get(data, "arithmetic"));
    put_row(r->out, "SHA-256 of the data", json_object_get(data, "data_sha256"));
    put_row(r->out, "of the validation data", json_object_get(data, "valid_sha256"));
    put_row(r->out, "of the model", json_object_get(r->info, "hash"));
    put_row(r->out, "heed", json_object_get(r->info, "written_by"));
    heed__buffer_text(r->out, "</tbody></table>\n");
}

/* Those that do not come by themselves; then all, folded. */
static void put_settings(heed__report *r)
{
    const char *key;
    json_t *value;
    json_t *set = json_object_get(r->info, "settings"), *all = json_object_get(r->info, "config");
    if (json_object_size(set)) {
        heed__buffer_text(r->out, "<table class=\"plain\"><thead><tr><th>setting that was given"
                                  "</th><th>value</th></tr></thead><tbody>\n");
        json_object_foreach(set, key, value) put_row(r->out, key, value);
        heed__buffer_text(r->out, "</tbody></table>\n");
    }
    heed__buffer_text(r->out, "<details><summary>all settings</summary><pre>");
    char *text = json_dumps(all, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    heed__report_text(r->out, text ? text : "");
    free(text);
    heed__buffer_text(r->out, "</pre></details>\n");
}

void heed__report_origin(heed__report *r)
{
    const char *rebuild = json_string_value(json_object_get(r->info, "rebuild"));
    if (!r->info) return;
    heed__report_heading(r->out, "What was trained");
    put_facts(r);
    put_settings(r);
    if (!rebuild) return;
    heed__report_note(r->out, "The command that makes the same file again, byte for byte:");
    heed__buffer_text(r->out, "<pre>");
    heed__report_text(r->out, rebuild);
    heed__buffer_text(r->out, "</pre>\n");
}
