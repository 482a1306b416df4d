/* SPDX-License-Identifier: MIT */
/* True labels beside texts to be explained: the columns that the model was trained on, or those of
 * --label, where the input has them. */
#include "cli/explaining.h"
#include "cli/report.h"

#include <stdlib.h>
#include <string.h>

struct truths {
    const heed_model *model;
    char *list, *texts; /* columns, separated by commas */
    int asked;          /* --label: they must be there */
    int n;
    const char **names; /* [n], within list */
    char **labels;      /* [n] of the record at hand */
};

void truths_free(truths *t)
{
    if (!t) return;
    for (int i = 0; t->labels && i < t->n; i++) free(t->labels[i]);
    free(t->labels);
    free(t->names);
    free(t->list);
    free(t->texts);
    free(t);
}

static char *copy_of(const char *text, size_t size)
{
    char *copy = malloc(size + 1);
    if (copy && size) memcpy(copy, text, size);
    if (copy) copy[size] = 0;
    return copy;
}

static void cut_list(truths *t)
{
    int n = 0;
    for (char *at = t->list; at && *at; n++) {
        char *comma = strchr(at, ',');
        if (n < t->n) t->names[n] = at;
        if (comma) *comma = 0;
        at = comma ? comma + 1 : NULL;
    }
    if (n != t->n) t->n = 0; /* not this model's */
}

heed_status truths_create(const options *given, const heed_model *model, truths **out)
{
    const char *text, *label;
    truths *t = calloc(1, sizeof *t);
    *out = t;
    if (!t) return report(HEED_E_NOMEM, "no memory for labels");
    heed_model_columns(model, &text, &label);
    t->asked = options_given(given, "label");
    if (t->asked) label = options_text(given, "label");
    t->model = model;
    t->n = heed_model_outputs(model);
    t->list = copy_of(label, strlen(label));
    t->names = calloc((size_t)t->n, sizeof *t->names);
    t->labels = calloc((size_t)t->n, sizeof *t->labels);
    if (!t->list || !t->names || !t->labels) return report(HEED_E_NOMEM, "no memory for labels");
    int n = t->n;
    cut_list(t);
    if (t->asked && t->n != n)
        return report(HEED_E_INVALID, "--label %s: the model has %d outputs; name as many columns",
                      options_text(given, "label"), n);
    return HEED_OK;
}

static int is_text_column(const heed_layout *layout, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = layout->text; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strcspn(at, ",") == size && strncmp(at, name, size) == 0) return 1;
    return 0;
}

/* A column by its name, or by its number where names are numbers. */
static const heed_field *find_field(const heed_record *record, const char *name)
{
    for (int f = 0; f < record->n_fields; f++)
        if (record->fields[f].name.size == strlen(name) &&
            memcmp(record->fields[f].name.bytes, name, strlen(name)) == 0)
            return &record->fields[f];
    char *end;
    long number = strtol(name, &end, 10);
    if (*name && !*end && number >= 1 && number <= record->n_fields)
        return &record->fields[number - 1];
    return NULL;
}

/* As the reader of labelled data takes it: a list of strings is joined, by '|' or, of tags, by a
 * blank. NULL: none. */
static char *label_of(const heed_field *field, const char *between)
{
    heed_text value = field->value;
    json_t *list = field->is_json ? json_loadb(value.bytes, value.size, 0, NULL) : NULL;
    if (json_is_array(list)) {
        char *joined = copy_of("", value.size); /* a list is longer than its strings */
        size_t i;
        json_t *item;
        if (joined) *joined = 0;
        json_array_foreach(list, i, item)
        {
            if (joined && json_is_string(item)) {
                if (*joined) strcat(joined, between);
                strcat(joined, json_string_value(item));
            }
        }
        json_decref(list);
        return joined;
    }
    json_decref(list);
    while (value.size && strchr(" \t\r\n", value.bytes[0])) value.bytes++, value.size--;
    while (value.size && strchr(" \t\r\n", value.bytes[value.size - 1])) value.size--;
    if (!value.size || (field->is_json && strncmp(value.bytes, "null", value.size) == 0))
        return NULL;
    return copy_of(value.bytes, value.size);
}

heed_status truths_find(truths *t, const heed_reader *reader, const heed_record *record,
                        const char *const **out)
{
    *out = NULL;
    for (int i = 0; i < t->n; i++) {
        const char *name = t->names[i];
        int is_text = is_text_column(heed_reader_layout(reader), name);
        const heed_field *field = is_text ? NULL : find_field(record, name);
        free(t->labels[i]);
        int tags = heed_model_output(t->model, i).kind == HEED_OUTPUT_TAGS;
        t->labels[i] = field ? label_of(field, tags ? " " : "|") : NULL;
        if (!field && t->asked)
            return report(HEED_E_INVALID, "--label: there is no column %s in %s", name,
                          record->path);
        if (t->labels[i]) *out = (const char *const *)t->labels;
    }
    return HEED_OK;
}
