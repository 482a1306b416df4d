/* SPDX-License-Identifier: MIT */
#include "cli/metric_tags.h"

#include "cli/output.h"
#include "cli/report.h"

#include "heed/data.h"
#include "heed/metrics.h"

#include <stdlib.h>
#include <string.h>

int metric_tags_named(const char *name)
{
    return strcmp(name, "spans") == 0;
}

/* Tags of texts as they come: those given, and the true ones. */
typedef struct tag_list {
    heed_text *given, *gold;
    size_t n, room;
} tag_list;

static void free_list(tag_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free((void *)(uintptr_t)list->given[i].bytes);
        free((void *)(uintptr_t)list->gold[i].bytes);
    }
    free(list->given);
    free(list->gold);
}

static int copy_text(heed_text from, heed_text *to)
{
    char *bytes = malloc(from.size + 1);
    if (!bytes) return 0;
    if (from.size) memcpy(bytes, from.bytes, from.size);
    bytes[from.size] = 0;
    *to = (heed_text){bytes, from.size};
    return 1;
}

static heed_status add(tag_list *list, heed_text given, heed_text gold)
{
    if (list->n == list->room) {
        size_t room = list->room ? 2 * list->room : 256;
        heed_text *one = realloc(list->given, room * sizeof *one);
        if (one) list->given = one;
        heed_text *other = one ? realloc(list->gold, room * sizeof *other) : NULL;
        if (other) list->gold = other;
        if (!other) return report(HEED_E_NOMEM, "no memory for tags");
        list->room = room;
    }
    heed_text copy;
    if (!copy_text(given, &copy)) return report(HEED_E_NOMEM, "no memory for tags");
    if (!copy_text(gold, &list->gold[list->n])) {
        free((void *)(uintptr_t)copy.bytes);
        return report(HEED_E_NOMEM, "no memory for tags");
    }
    list->given[list->n++] = copy;
    return HEED_OK;
}

static heed_status open(const char *path, heed_format format, heed_reader **out)
{
    const heed_read_options read = {.format = format,
                                    .labelled = HEED_UNLABELLED,
                                    .max_bad = -1,
                                    .abreast = format == HEED_FORMAT_LINES};
    return heed_reader_open(NULL, &path, 1, &read, out);
}

/* conlleval's input: the last two columns are the true tag and the one given. */
static heed_status read_columns(const char *path, tag_list *list)
{
    heed_reader *reader = NULL;
    heed_record r;
    heed_status status = open(path, HEED_FORMAT_CONLL, &reader);
    while (status == HEED_OK) {
        status = heed_reader_next(reader, &r);
        if (status != HEED_OK || r.end) break;
        if (r.n_fields < 2)
            status = report(HEED_E_DATA,
                            "%s:%lld: one column; two are needed, the true tag and the one given",
                            path, (long long)r.line);
        else
            status = add(list, r.fields[r.n_fields - 1].value, r.fields[r.n_fields - 2].value);
    }
    heed_reader_close(&reader);
    return status;
}

static heed_status read_lines(const char *given, const char *gold, tag_list *list)
{
    heed_reader *left = NULL, *right = NULL;
    heed_record a, b;
    heed_status status = open(given, HEED_FORMAT_LINES, &left);
    if (status == HEED_OK) status = open(gold, HEED_FORMAT_LINES, &right);
    while (status == HEED_OK) {
        status = heed_reader_next(left, &a);
        if (status == HEED_OK) status = heed_reader_next(right, &b);
        if (status != HEED_OK || (a.end && b.end)) break;
        if (a.end || b.end)
            status = report(HEED_E_DATA, "%s ends before %s; they must have as many lines",
                            a.end ? given : gold, a.end ? gold : given);
        else
            status = add(list, a.text, b.text);
    }
    heed_reader_close(&left);
    heed_reader_close(&right);
    return status;
}

static heed_status show(const options *given, heed_metrics *metrics)
{
    const char *text = NULL;
    int json = options_flag(given, "json");
    heed_status status =
        json ? heed_metrics_json(metrics, 0, &text) : heed_metrics_table(metrics, &text);
    if (status != HEED_OK) return status;
    if (json) return output_json(json_loads(text, 0, NULL));
    output_text(text);
    return output_status();
}

static heed_status check_options(const options *given)
{
    static const char *const others[] = {"tokenize", "lowercase", "smooth",   "smooth-value",
                                         "sentence", "tabs",      "gold-side"};
    if (given->n_arguments > 3)
        return report(HEED_E_INVALID, "%s: spans takes one file of true tags", given->arguments[3]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (options_given(given, others[i]))
            return report(HEED_E_INVALID, "--%s has no effect on spans; leave it out", others[i]);
    return HEED_OK;
}

heed_status metric_tags(const options *given)
{
    tag_list list = {0};
    heed_metrics *metrics = NULL;
    heed_status status = check_options(given);
    if (status == HEED_OK)
        status = given->n_arguments == 2
                     ? read_columns(given->arguments[1], &list)
                     : read_lines(given->arguments[1], given->arguments[2], &list);
    if (status == HEED_OK)
        status = heed_metrics_tags((int64_t)list.n, list.gold, list.given, &metrics);
    if (status == HEED_OK) status = show(given, metrics);
    heed_metrics_destroy(&metrics);
    free_list(&list);
    return status;
}
