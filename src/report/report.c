/* SPDX-License-Identifier: MIT */
/* The page of a report: opens it, puts the sections below each other, closes it. */
#include "report/page.h"

#include "base/fail.h"
#include "base/memory.h"
#include "explain/html.h"
#include "heed/config.h"
#include "heed/translate.h"
#include "report/chart.h"
#include "report/spans.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { EXAMPLES = 6 };

const char heed__report_style[] =
    "h2{font-size:1.15em;color:var(--ink);margin:1.8em 0 .2em}\n"
    "article h2{font-size:1em;color:var(--soft);margin:0;font-weight:normal}\n"
    ".lead{font-size:1.05em;margin:.2em 0 1em}\n"
    ".cards{display:flex;flex-wrap:wrap;gap:.5em 2.2em;margin:1em 0}\n"
    ".cards b{display:block;font-size:1.5em;font-weight:600;line-height:1.25}\n"
    ".cards span{color:var(--soft);font-size:.85em}\n"
    ".running{border:1px solid var(--ca);border-radius:6px;padding:.3em .8em}\n"
    ".running progress{width:100%;accent-color:var(--ca)}\n"
    "table.plain{font-size:.85em;border-collapse:collapse;margin:.6em 0}\n"
    "table.plain th,table.plain td{text-align:left;padding:.15em 1.2em .15em 0;border:0;width:auto;"
    "min-width:0;max-width:none;height:auto;outline:0;vertical-align:top;white-space:normal;"
    "overflow-wrap:anywhere}\n"
    "table.plain tr{border-bottom:1px solid var(--line)}\n"
    "table.plain .r{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}\n"
    "table.plain thead th{color:var(--soft);font-weight:normal}\n"
    "table.plain th[scope=row]{white-space:nowrap;font-weight:normal}\n"
    "td.count{text-align:center;font-size:.9em;line-height:1.4;font-variant-numeric:tabular-nums}\n"
    "table.matrix tbody td{width:3.1em;min-width:3.1em;max-width:3.1em;height:2em}\n"
    "table.matrix thead th{padding:0 .2em .3em;font-size:.9em;max-width:6em;overflow:hidden;"
    "text-overflow:ellipsis}\n"
    ".bar{display:inline-block;height:.7em;background:var(--ca);vertical-align:middle;"
    "border-radius:2px}\n"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.85em;line-height:1.5;"
    "border:1px solid var(--line);border-radius:6px;padding:.6em .8em;margin:.4em 0}\n"
    "summary{cursor:pointer;color:var(--soft);margin:.6em 0}\n";

void heed__report_text(heed__buffer *out, const char *text)
{
    heed__html_escaped(out, text, strlen(text));
}

void heed__report_heading(heed__buffer *out, const char *title)
{
    heed__buffer_text(out, "<h2>");
    heed__report_text(out, title);
    heed__buffer_text(out, "</h2>\n");
}

void heed__report_note(heed__buffer *out, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    heed__buffer_text(out, "<p class=\"note\">");
    heed__report_text(out, text);
    heed__buffer_text(out, "</p>\n");
}

static heed_status read_all(heed__report *r)
{
    const heed_report_options *o = r->options;
    char *text = NULL;
    if (o->metrics_path) HEED_TRY(heed__curves_read(o->metrics_path, &r->curves));
    if (!o->model) return HEED_OK;
    HEED_TRY(heed_model_info(o->model, 0, &text));
    r->info = json_loads(text, 0, NULL);
    heed_text_free(text);
    return r->info ? HEED_OK : heed__fail(HEED_E_NOMEM, "no memory for a report");
}

static heed_status put_rows(heed__report *r)
{
    if (!r->options->rows) return HEED_OK;
    return heed_model_task(r->model) == HEED_TASK_CLASSIFY ? heed__report_labels(r)
                                                           : heed__report_written(r);
}

static heed_status put_page(heed__report *r)
{
    const char *title = r->options->title ? r->options->title : "model";
    heed__buffer light = {0}, dark = {0};
    heed__buffer_text(&light, heed__chart_style);
    heed__buffer_text(&light, heed__report_style);
    heed__buffer_text(&light, heed__report_spans_style);
    heed__buffer_text(&dark, heed__chart_dark);
    heed__buffer_text(&dark, heed__report_spans_dark);
    heed__html_head(r->out, title, r->options->again, light.bytes ? light.bytes : "",
                    dark.bytes ? dark.bytes : "");
    if (light.status != HEED_OK) r->out->status = light.status;
    if (dark.status != HEED_OK) r->out->status = dark.status;
    heed__buffer_free(&light);
    heed__buffer_free(&dark);
    heed__buffer_text(r->out, "<h1>");
    heed__report_text(r->out, title);
    heed__buffer_text(r->out, "</h1>\n");
    heed__report_summary(r);
    heed__report_curves(r);
    HEED_TRY(put_rows(r));
    heed__report_origin(r);
    heed__html_end(r->out);
    return r->out->status;
}

heed_status heed_report(const heed_report_options *options, char **out, size_t *size)
{
    heed__buffer page = {0};
    heed__report r = {.out = &page, .options = options};
    *out = NULL;
    *size = 0;
    if (options->rows && !options->model)
        return heed__fail(HEED_E_INVALID, "a report on rows needs the model that is asked");
    r.model = (heed_model *)(uintptr_t)options->model; /* asked only where rows were given */
    r.rows_name = options->rows_name ? options->rows_name : "held-out rows";
    r.examples = options->examples ? options->examples : EXAMPLES;
    heed_status status = read_all(&r);
    if (status == HEED_OK) status = put_page(&r);
    if (status == HEED_OK) status = heed__alloc(page.size + 1, 1, "a report", out);
    if (status == HEED_OK) {
        memcpy(*out, page.bytes, page.size);
        *size = page.size;
    }
    heed__curves_free(&r.curves);
    json_decref(r.info);
    heed__buffer_free(&page);
    return status;
}
