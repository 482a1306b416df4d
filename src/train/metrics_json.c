/* SPDX-License-Identifier: MIT */
#include "train/metrics.h"

#include "base/fail.h"
#include "io/json.h"

enum { DIGITS = 9 };

static heed_status no_memory(void)
{
    return heed__fail(HEED_E_NOMEM, "no memory for metrics");
}

/* Jansson's setters refuse NULL values, so a failed number shows at the setter. */
static int set_number(json_t *object, const char *key, double value)
{
    return json_object_set_new(object, key, heed__json_real(value));
}

static int set_count(json_t *object, const char *key, int64_t value)
{
    return json_object_set_new(object, key, json_integer(value));
}

static heed_status add_labels(const heed_metrics *m, const char *name, json_t *root)
{
    json_t *all = json_object();
    if (json_object_set_new(root, name, all) != 0) return no_memory();
    for (int64_t i = 0; i < m->n_labels; i++) {
        const heed_label_metrics *label = &m->labels[i];
        json_t *one = json_object();
        if (!one) return no_memory();
        int failed = json_object_get(all, label->name) != NULL;
        failed |= json_object_set_new(all, label->name, one);
        if (failed)
            return heed__fail(HEED_E_INVALID, "label '%s' is there twice or is not UTF-8",
                              label->name);
        failed |= set_number(one, "precision", label->precision);
        failed |= set_number(one, "recall", label->recall);
        failed |= set_number(one, "f1", label->f1);
        failed |= set_count(one, "count", label->count);
        failed |= set_count(one, "predicted", label->predicted);
        if (failed) return no_memory();
    }
    return HEED_OK;
}

static heed_status add_confusion(const heed_metrics *m, json_t *root)
{
    json_t *confusion = json_object(), *names = json_array(), *counts = json_array();
    int failed = json_object_set_new(root, "confusion", confusion);
    failed |= json_object_set_new(confusion, "labels", names);
    failed |= json_object_set_new(confusion, "counts", counts);
    for (int64_t i = 0; i < m->n_labels && !failed; i++) {
        json_t *row = json_array();
        failed |= json_array_append_new(names, json_string(m->labels[i].name));
        failed |= json_array_append_new(counts, row);
        for (int64_t j = 0; j < m->n_labels && !failed; j++)
            failed |= json_array_append_new(row, json_integer(m->confusion[i * m->n_labels + j]));
    }
    return failed ? no_memory() : HEED_OK;
}

static heed_status add_tags(const heed_metrics *m, json_t *root, int failed)
{
    failed |= set_count(root, "words", m->words);
    failed |= set_number(root, "accuracy", m->accuracy);
    failed |= set_number(root, "exact", m->exact);
    failed |= set_number(root, "precision", m->precision);
    failed |= set_number(root, "recall", m->recall);
    failed |= set_number(root, "f1", m->micro_f1);
    failed |= set_number(root, "macro_f1", m->macro_f1);
    failed |= set_count(root, "count", m->count);
    failed |= set_count(root, "predicted", m->found);
    return failed ? no_memory() : add_labels(m, "types", root);
}

static heed_status add_all(const heed_metrics *m, json_t *root)
{
    int failed = set_count(root, "rows", m->rows);
    if (m->kind == HEED_METRICS_NUMBER) {
        failed |= set_number(root, "mse", m->mse);
        failed |= set_number(root, "rmse", m->rmse);
        failed |= set_number(root, "mae", m->mae);
        failed |= set_number(root, "r2", m->r2);
        failed |= set_number(root, "pearson", m->pearson);
        failed |= set_number(root, "spearman", m->spearman);
        return failed ? no_memory() : HEED_OK;
    }
    if (m->kind == HEED_METRICS_TAGS) return add_tags(m, root, failed);
    failed |= set_number(root, "accuracy", m->accuracy);
    failed |= set_number(root, "macro_f1", m->macro_f1);
    failed |= set_number(root, "micro_f1", m->micro_f1);
    if (m->kind == HEED_METRICS_CLASS) failed |= set_number(root, "ece", m->ece);
    if (m->temperature == m->temperature) { /* there is a model */
        failed |= set_number(root, "ece_before", m->ece_before);
        failed |= set_number(root, "temperature", m->temperature);
    }
    if (m->kind == HEED_METRICS_SET) failed |= set_number(root, "hamming", m->hamming);
    failed |= set_count(root, "unknown", m->unknown);
    if (failed) return no_memory();
    HEED_TRY(add_labels(m, "labels", root));
    return m->confusion ? add_confusion(m, root) : HEED_OK;
}

heed_status heed_metrics_json(heed_metrics *metrics, int indent, const char **out)
{
    heed__metrics *m = (heed__metrics *)(void *)metrics;
    *out = NULL;
    heed__free(m->json);
    m->json = NULL;
    json_t *root = json_object();
    heed_status status = root ? add_all(metrics, root) : no_memory();
    if (status == HEED_OK) status = heed__json_text(root, DIGITS, indent, &m->json);
    json_decref(root);
    *out = m->json;
    return status;
}
