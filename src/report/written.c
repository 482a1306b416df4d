/* SPDX-License-Identifier: MIT */
/* What a model writes: translations beside their references, with alignments; samples of text. */
#include "base/fail.h"
#include "explain/html.h"
#include "heed/translate.h"
#include "report/page.h"

#include <string.h>

enum { DRAWN = 2, DRAWN_WORDS = 32, SAMPLE_TOKENS = 240 };

/* ---- translations ---- */

static void put_part(heed__buffer *out, const char *name, const char *text, size_t size)
{
    heed__buffer_text(out, "<tr><th scope=\"row\">");
    heed__report_text(out, name);
    heed__buffer_text(out, "</th><td dir=\"auto\">");
    heed__html_escaped(out, text, size);
    heed__buffer_text(out, "</td></tr>\n");
}

static heed_status put_alignment(heed__report *r, const heed_translation *t)
{
    heed__arena arena = {0};
    unsigned char *marks = NULL;
    int64_t rows = t->n_words, columns = t->n_source_words;
    HEED_TRY(heed__arena_take(&arena, (size_t)(rows * columns), 1, "an alignment", &marks));
    for (int64_t i = 0; i < t->n_links; i++)
        marks[t->links[i].target * columns + t->links[i].source] = HEED_MARK_LINK;
    heed__heat_map map = {.rows = (size_t)rows,
                          .columns = (size_t)columns,
                          .weights = t->word_weights,
                          .row_labels = t->words,
                          .column_labels = t->source_words,
                          .row_axis = "written",
                          .column_axis = "source",
                          .marks = marks};
    heed__html_heat_map(r->out, NULL, &map);
    heed__arena_free(&arena);
    return HEED_OK;
}

static heed_status translate(heed__report *r, const heed_text *sources, int n,
                             heed_translations **out)
{
    int64_t layers, heads;
    heed_model_alignment_sites(r->model, &layers, &heads);
    const heed_translate_options how = {.size = sizeof how, .weights = layers > 0};
    return heed_translate(r->model, sources, n, &how, out);
}

/* Rows spread over all, the same ones each time. */
static int64_t row_of(const heed__report *r, int i, int n)
{
    return heed_dataset_rows(r->options->rows) * i / n;
}

static heed_status put_translations(heed__report *r)
{
    const heed_dataset *rows = r->options->rows;
    heed_text *sources = NULL;
    heed_translations *all = NULL;
    int n = r->examples, drawn = 0;
    if (n > heed_dataset_rows(rows)) n = (int)heed_dataset_rows(rows);
    HEED_TRY(heed__alloc((size_t)n, sizeof *sources, "a report", &sources));
    for (int i = 0; i < n; i++) sources[i] = heed_dataset_text(rows, row_of(r, i, n));
    heed_status status = translate(r, sources, n, &all);
    heed__free(sources);
    HEED_TRY(status);
    heed__report_heading(r->out, "Translations");
    heed__report_note(r->out, "Of %d %s, by beam search, with the word each word looked at most.",
                      n, r->rows_name);
    for (int i = 0; i < n && status == HEED_OK; i++) {
        if (!heed_translations_count(all, i)) continue;
        const heed_translation *t = heed_translations_at(all, i, 0);
        heed_text source = heed_dataset_text(rows, row_of(r, i, n));
        heed_text target = heed_dataset_label(rows, row_of(r, i, n), 0);
        heed__buffer_text(r->out, "<table class=\"plain\"><tbody>\n");
        put_part(r->out, "source", source.bytes, source.size);
        put_part(r->out, "reference", target.bytes, target.size);
        put_part(r->out, "written", t->text, strlen(t->text));
        heed__buffer_text(r->out, "</tbody></table>\n");
        if (drawn == DRAWN || !t->word_weights || t->n_words < 1 || t->n_words > DRAWN_WORDS ||
            t->n_source_words < 1 || t->n_source_words > DRAWN_WORDS)
            continue;
        drawn++;
        status = put_alignment(r, t);
    }
    heed_translations_destroy(&all);
    return status;
}

/* ---- samples ---- */

static heed_status put_samples(heed__report *r)
{
    static const double temperatures[] = {0.5, 0.8, 1};
    enum { KINDS = sizeof temperatures / sizeof *temperatures };
    const heed_text begin = {"", 0};
    heed__report_heading(r->out, "Samples");
    for (int k = 0; k < KINDS; k++) {
        heed_translations *all = NULL;
        const heed_sample_options how = {.size = sizeof how,
                                         .temperature = temperatures[k],
                                         .seed = 1,
                                         .samples = (r->examples + KINDS - 1) / KINDS,
                                         .max_length = SAMPLE_TOKENS};
        HEED_TRY(heed_sample(r->model, &begin, 1, &how, &all));
        heed__buffer_text(r->out, "<p class=\"note\">drawn at temperature ");
        heed__buffer_number(r->out, temperatures[k], 1);
        heed__buffer_text(r->out, "</p>\n");
        for (int64_t i = 0; i < heed_translations_count(all, 0); i++) {
            heed__buffer_text(r->out, "<pre dir=\"auto\">");
            heed__report_text(r->out, heed_translations_at(all, 0, i)->text);
            heed__buffer_text(r->out, "</pre>\n");
        }
        heed_translations_destroy(&all);
    }
    return HEED_OK;
}

heed_status heed__report_written(heed__report *r)
{
    if (heed_model_task(r->model) == HEED_TASK_LANGUAGE) return put_samples(r);
    if (heed_dataset_layout(r->options->rows)->kind != HEED_READ_PAIRS)
        return heed__fail(HEED_E_INVALID, "a report on a translator needs pairs of texts");
    return put_translations(r);
}
