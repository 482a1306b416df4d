/* SPDX-License-Identifier: MIT */
/* heed list: prints the library's tables. A table is one row below. */
#include "cli/nearest.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/report.h"

#include "heed/attention.h"
#include "heed/config.h"
#include "heed/info.h"
#include "heed/text_metrics.h"

#include <string.h>

typedef struct entry {
    const char *group; /* NULL = the table has no groups */
    const char *name, *help;
} entry;

static int attention_at(size_t index, entry *out)
{
    heed_attention_entry row;
    if (!heed_attention_list(index, &row)) return 0;
    *out = (entry){row.table, row.name, row.help};
    return 1;
}

static const char *form_of(heed_attention_field_kind kind)
{
    static const char *const forms[] = {[HEED_ATTENTION_REAL] = "REAL",
                                        [HEED_ATTENTION_INTEGER] = "INTEGER",
                                        [HEED_ATTENTION_REALS] = "REAL/REAL/...",
                                        [HEED_ATTENTION_INTEGERS] = "INTEGER/INTEGER/..."};
    return forms[kind];
}

static void show_settings(const entry *row)
{
    heed_attention_field field;
    for (size_t i = 0; heed_attention_field_at(row->group, row->name, i, &field); i++)
        output_format("      %s=%s  %s\n", field.name, form_of(field.kind), field.help);
}

static json_t *settings_json(const entry *row)
{
    heed_attention_field field;
    json_t *all = json_array();
    for (size_t i = 0; heed_attention_field_at(row->group, row->name, i, &field); i++)
        json_array_append_new(all, json_pack("{s:s, s:s, s:s}", "setting", field.name, "form",
                                             form_of(field.kind), "help", field.help));
    return all;
}

static int operations_at(size_t index, entry *out)
{
    heed_info_operation row;
    if (!heed_info_operation_at(index, &row)) return 0;
    *out = (entry){NULL, row.name, row.help};
    return 1;
}

/* Named as in the JSON file; the help of `train` has their flags and ranges. */
static int settings_at(size_t index, entry *out)
{
    const heed_setting *row = heed_setting_at(index);
    if (row) *out = (entry){NULL, row->key, row->help};
    return row != NULL;
}

static int verbs_at(size_t index, entry *out)
{
    const verb *v = verb_at(index);
    if (v) *out = (entry){NULL, v->name, v->summary};
    return v != NULL;
}

static int libraries_at(size_t index, entry *out)
{
    heed_info_library row;
    if (!heed_info_library_at(index, &row)) return 0;
    *out = (entry){row.version ? "built in" : "not built in", row.name, row.use};
    return 1;
}

static int metrics_at(size_t index, entry *out)
{
    heed_text_metric_entry row;
    size_t metrics = 0;
    while (metrics < index && heed_text_metric_at(metrics, &row)) metrics++;
    if (heed_text_metric_at(index, &row)) {
        *out = (entry){"metrics", row.name, row.help};
        return 1;
    }
    if (index == metrics) {
        *out = (entry){"metrics", "aer", "alignment error rate of word links, less is better"};
        return 1;
    }
    if (index == metrics + 1) {
        *out = (entry){"metrics", "spans", "F1 of spans that tags of words mark, as conlleval"};
        return 1;
    }
    *out = (entry){.group = "tokenisations"};
    return heed_text_metric_tokenize_at(index - metrics - 2, &out->name, &out->help);
}

static const struct table {
    const char *name, *summary;
    int (*at)(size_t index, entry *out);
} tables[] = {
    {"attention", "what attention is put together from, with the settings of each", attention_at},
    {"libraries", "libraries of others, and what they are for", libraries_at},
    {"metrics", "what texts are measured by, and how they are split for it", metrics_at},
    {"ops", "differentiable operations", operations_at},
    {"settings", "what a configuration sets", settings_at},
    {"verbs", "what the command can do", verbs_at},
};

enum { N_TABLES = sizeof tables / sizeof *tables };

static int tables_at(size_t index, entry *out)
{
    if (index < N_TABLES) *out = (entry){NULL, tables[index].name, tables[index].summary};
    return index < N_TABLES;
}

static const char *table_name(size_t index, const void *unused)
{
    (void)unused;
    return index < N_TABLES ? tables[index].name : NULL;
}

static heed_status find_table(const char *name, int (**out)(size_t, entry *))
{
    for (size_t i = 0; i < N_TABLES; i++)
        if (strcmp(tables[i].name, name) == 0) {
            *out = tables[i].at;
            return HEED_OK;
        }
    const char *near = nearest(name, table_name, NULL);
    return report(HEED_E_INVALID, "there is no table %s;%s%s%s heed list shows them", name,
                  near ? " the nearest is " : "", near ? near : "", near ? "," : "");
}

static void show_text(int (*at)(size_t, entry *))
{
    entry row;
    const char *group = "";
    int width = 0;
    for (size_t i = 0; at(i, &row); i++)
        if ((int)strlen(row.name) > width) width = (int)strlen(row.name);
    for (size_t i = 0; at(i, &row); i++) {
        if (row.group && strcmp(group, row.group) != 0) {
            output_format("%s%s\n", i ? "\n" : "", row.group);
            group = row.group;
        }
        output_format("%s%-*s  %s\n", row.group ? "  " : "", width, row.name, row.help);
        if (at == attention_at) show_settings(&row);
    }
}

static heed_status show_json(int (*at)(size_t, entry *))
{
    entry row;
    json_t *rows = json_array();
    for (size_t i = 0; at(i, &row); i++) {
        json_t *one =
            json_pack("{s:s?, s:s, s:s}", "group", row.group, "name", row.name, "help", row.help);
        if (at == attention_at) json_object_set_new(one, "settings", settings_json(&row));
        json_array_append_new(rows, one);
    }
    return output_json(rows);
}

static heed_status run(const options *given)
{
    int (*at)(size_t, entry *) = tables_at;
    if (given->n_arguments > 0) {
        heed_status status = find_table(given->arguments[0], &at);
        if (status != HEED_OK) return status;
    }
    if (options_flag(given, "json")) return show_json(at);
    show_text(at);
    return HEED_OK;
}

static const verb_example examples[] = {
    {"heed list", "the tables there are"},
    {"heed list attention", "what attention can be put together from"},
    {NULL, NULL},
};

const verb verb_list = {
    .name = "list",
    .summary = "show what there is to choose from",
    .arguments = "[TABLE]",
    .description = "Prints one of heed's tables: a name and a line of help for each row. Without a "
                   "table it lists the tables.",
    .most_arguments = 1,
    .common = COMMON_JSON,
    .examples = examples,
    .run = run,
};
