/* SPDX-License-Identifier: MIT */
#include "train/metric.h"

#include "base/fail.h"
#include "base/memory.h"
#include "io/json.h"

enum { DIGITS = 12 };

static json_t *number(const heed_text_figure *figure, int i)
{
    double value = figure->values[i];
    return figure->whole ? json_integer((json_int_t)value) : heed__json_real(value);
}

/* A single figure is a number, several are a list. */
static json_t *figure_value(const heed_text_figure *figure)
{
    if (figure->n == 1) return number(figure, 0);
    json_t *list = json_array();
    for (int i = 0; i < figure->n; i++)
        if (json_array_append_new(list, number(figure, i)) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

heed_status heed_text_metric_json(heed_text_metric *m, int indent, const char **out)
{
    const heed_text_score *score;
    *out = NULL;
    HEED_TRY(heed_text_metric_score(m, &score));
    heed__free(m->json);
    m->json = NULL;
    json_t *root = json_pack("{s:s, s:o, s:s, s:I}", "name", score->name, "score",
                             heed__json_real(score->score), "signature", score->signature,
                             "segments", (json_int_t)score->segments);
    int failed = root == NULL;
    for (int i = 0; i < score->n_figures && !failed; i++)
        failed =
            json_object_set_new(root, score->figures[i].name, figure_value(&score->figures[i]));
    heed_status status = failed ? heed__fail(HEED_E_NOMEM, "no memory for a score")
                                : heed__json_text(root, DIGITS, indent, &m->json);
    json_decref(root);
    *out = m->json;
    return status;
}
