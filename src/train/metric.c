/* SPDX-License-Identifier: MIT */
#include "train/metric.h"

#include "base/fail.h"
#include "base/memory.h"
#include "data/utf8.h"

#include "heed/version.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const heed__metric_kind *const kinds[] = {
    &heed__metric_bleu,    &heed__metric_chrf,    &heed__metric_chrf_words, &heed__metric_rouge_1,
    &heed__metric_rouge_2, &heed__metric_rouge_l, &heed__metric_ter};

enum { N_KINDS = sizeof kinds / sizeof *kinds };

int heed_text_metric_at(size_t index, heed_text_metric_entry *out)
{
    if (index >= N_KINDS) return 0;
    *out = kinds[index]->entry;
    return 1;
}

int heed_text_metric_tokenize_at(size_t index, const char **out_name, const char **out_help)
{
    const heed__metric_tokenizer *row = heed__metric_tokenizer_at(index);
    if (!row) return 0;
    *out_name = row->name;
    *out_help = row->help;
    return 1;
}

static heed_status find_kind(const char *name, const heed__metric_kind **out)
{
    heed__buffer names = {0};
    for (size_t i = 0; i < N_KINDS; i++)
        if (strcmp(kinds[i]->entry.name, name) == 0) {
            *out = kinds[i];
            return HEED_OK;
        }
    for (size_t i = 0; i < N_KINDS; i++)
        heed__buffer_format(&names, "%s%s", i ? ", " : "", kinds[i]->entry.name);
    heed_status status = names.status;
    if (status == HEED_OK)
        status =
            heed__fail(HEED_E_INVALID, "there is no metric %s; there are %s", name, names.bytes);
    heed__buffer_free(&names);
    return status;
}

static heed_status set_smoothing(heed_text_metric *m, const heed_text_metric_options *options)
{
    static const char *const names[] = {"exp", "floor", "add-k", "none"};
    static const double initial[] = {0, 0.1, 1, 0};
    int found = options->smooth == NULL;
    for (int i = 0; i < 4 && options->smooth; i++)
        if (strcmp(names[i], options->smooth) == 0) {
            m->smoothing = (heed__smoothing)i;
            found = 1;
        }
    if (!found)
        return heed__fail(HEED_E_INVALID, "smooth = %s; it must be exp, floor, add-k or none",
                          options->smooth);
    if (!(options->smooth_value >= 0) || isinf(options->smooth_value))
        return heed__fail(HEED_E_INVALID, "smooth_value must be a number from 0");
    if (options->smooth_value > 0 && initial[m->smoothing] == 0)
        return heed__fail(HEED_E_INVALID, "smooth = %s takes no smooth_value; floor and add-k do",
                          names[m->smoothing]);
    m->smooth_value = options->smooth_value > 0 ? options->smooth_value : initial[m->smoothing];
    return HEED_OK;
}

static heed_status set_options(heed_text_metric *m, const heed_text_metric_options *options)
{
    const heed_text_metric_entry *entry = &m->kind->entry;
    if (options->tokenize && !entry->tokenize)
        return heed__fail(HEED_E_INVALID, "tokenize = %s: %s has no choice of it",
                          options->tokenize, entry->name);
    if ((options->smooth || options->smooth_value > 0 || options->effective_order) &&
        !entry->smooths)
        return heed__fail(HEED_E_INVALID, "smooth, smooth_value and effective_order are not for %s",
                          entry->name);
    m->lowercase = options->lowercase || m->kind->lowers;
    m->effective_order = options->effective_order != 0;
    if (entry->smooths) HEED_TRY(set_smoothing(m, options));
    if (!entry->tokenize) return HEED_OK;
    return heed__metric_tokenizer_find(options->tokenize ? options->tokenize : entry->tokenize,
                                       &m->tokenizer);
}

heed_status heed_text_metric_create(const char *name, const heed_text_metric_options *options,
                                    heed_text_metric **out)
{
    static const heed_text_metric_options defaults = {0};
    const heed__metric_kind *kind = NULL;
    *out = NULL;
    HEED_TRY(find_kind(name, &kind));
    HEED_TRY(heed__alloc(1, sizeof **out, "a metric", out));
    (*out)->kind = kind;
    heed_status status = set_options(*out, options ? options : &defaults);
    if (status != HEED_OK) heed_text_metric_destroy(out);
    return status;
}

static void free_side(heed__metric_side *side)
{
    heed__metric_tokens_free(&side->tokens);
    free(side->symbols);
}

void heed_text_metric_destroy(heed_text_metric **metric)
{
    if (!metric || !*metric) return;
    heed_text_metric *m = *metric;
    free_side(&m->hypothesis);
    free_side(&m->reference);
    heed__edits_free(&m->edits);
    free(m->row);
    heed__words_free(&m->words);
    heed__ngrams_free(&m->ngrams);
    heed__ngrams_free(&m->word_ngrams);
    heed__buffer_free(&m->signature);
    heed__buffer_free(&m->line);
    heed__free(m->json);
    heed__free(m);
    *metric = NULL;
}

/* ---- segments ---- */

heed_status heed__metric_hypothesis(heed_text_metric *m, heed_text text)
{
    heed__metric_side *side = &m->hypothesis;
    HEED_TRY(heed__metric_tokens_of(m->tokenizer, m->lowercase, text, &side->tokens));
    side->n = side->tokens.n;
    HEED_TRY(heed__grow(&side->symbols, &side->room, side->n, sizeof *side->symbols, "words"));
    HEED_TRY(heed__words_begin(&m->words, side->n));
    for (size_t i = 0; i < side->n; i++)
        side->symbols[i] = heed__words_add(&m->words, side->tokens.items[i]);
    return HEED_OK;
}

heed_status heed__metric_reference(heed_text_metric *m, heed_text text)
{
    heed__metric_side *side = &m->reference;
    HEED_TRY(heed__metric_tokens_of(m->tokenizer, m->lowercase, text, &side->tokens));
    side->n = side->tokens.n;
    HEED_TRY(heed__grow(&side->symbols, &side->room, side->n, sizeof *side->symbols, "words"));
    for (size_t i = 0; i < side->n; i++)
        side->symbols[i] = heed__words_find(&m->words, side->tokens.items[i]);
    return HEED_OK;
}

static heed_status check_text(heed_text text, const char *what)
{
    if (text.size > HEED_TEXT_METRIC_LONGEST)
        return heed__fail(HEED_E_INVALID, "%s: %zu bytes; a segment has at most %d", what,
                          text.size, HEED_TEXT_METRIC_LONGEST);
    size_t valid = heed__utf8_valid(text.bytes, text.size);
    if (valid == text.size) return HEED_OK;
    return heed__fail(HEED_E_DATA, "%s: byte %zu is not UTF-8; convert it with iconv", what,
                      valid + 1);
}

heed_status heed_text_metric_add(heed_text_metric *m, heed_text hypothesis,
                                 const heed_text *references, int n, double *out_score)
{
    double sums[HEED_METRIC_SUMS] = {0};
    if (n < 1) return heed__fail(HEED_E_INVALID, "n_references = %d; there must be one", n);
    HEED_TRY(check_text(hypothesis, "hypothesis"));
    for (int i = 0; i < n; i++) HEED_TRY(check_text(references[i], "reference"));
    HEED_TRY(m->kind->measure(m, hypothesis, references, n, sums));
    for (int i = 0; i < m->kind->n_sums; i++) m->sums[i] += sums[i];
    m->n_references = m->segments && m->n_references != n ? -1 : n;
    m->segments++;
    if (out_score) *out_score = m->kind->score(m, sums);
    return HEED_OK;
}

/* ---- results ---- */

double heed__metric_share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

void heed__metric_figure(heed_text_metric *m, const char *name, int n, const double *values)
{
    heed_text_figure *figure = &m->figures[m->shown.n_figures++];
    *figure = (heed_text_figure){.name = name, .n = n};
    for (int i = 0; i < n; i++) figure->values[i] = values[i];
}

void heed__metric_count(heed_text_metric *m, const char *name, int n, const double *values)
{
    heed__metric_figure(m, name, n, values);
    m->figures[m->shown.n_figures - 1].whole = 1;
}

static void write_signature(heed_text_metric *m, heed__buffer *out)
{
    int lower = m->lowercase || (m->tokenizer && m->tokenizer->lowers);
    out->size = 0;
    out->status = HEED_OK; /* what failed once may be tried again */
    if (m->n_references < 0)
        heed__buffer_text(out, "nrefs:var");
    else
        heed__buffer_format(out, "nrefs:%d", m->n_references);
    heed__buffer_format(out, "|case:%s", lower ? "lc" : "mixed");
    m->kind->sign(m, out);
    heed__buffer_format(out, "|version:heed-%s", heed_version());
}

heed_status heed_text_metric_score(heed_text_metric *m, const heed_text_score **out)
{
    *out = NULL;
    if (!m->segments)
        return heed__fail(HEED_E_INVALID, "%s of no segment; add one first", m->kind->title);
    double score = m->kind->score(m, m->sums);
    write_signature(m, &m->signature);
    m->shown = (heed_text_score){.name = m->kind->title,
                                 .score = score,
                                 .segments = m->segments,
                                 .signature = m->signature.bytes,
                                 .figures = m->figures};
    m->line.size = 0;
    m->line.status = HEED_OK;
    heed__buffer_number(&m->line, score, 2);
    heed__buffer_format(&m->line, " %s|%s", m->kind->title, m->signature.bytes);
    if (m->kind->show) m->kind->show(m, &m->line);
    HEED_TRY(m->signature.status);
    HEED_TRY(m->line.status);
    *out = &m->shown;
    return HEED_OK;
}

heed_status heed_text_metric_line(heed_text_metric *m, const char **out)
{
    const heed_text_score *score;
    *out = NULL;
    HEED_TRY(heed_text_metric_score(m, &score));
    *out = m->line.bytes;
    return HEED_OK;
}

double heed_perplexity(double log_probability, int64_t tokens)
{
    return tokens < 1 ? NAN : exp(-log_probability / (double)tokens);
}
