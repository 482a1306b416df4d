/* SPDX-License-Identifier: MIT */
/*
 * ROUGE (Lin 2004) without stemming: the F score of the n-grams, or of the longest common
 * subsequence, of a hypothesis and a reference. Of a corpus it is the mean over the segments. Sums
 * of a segment: precision, recall, F, and 1.
 */
#include "train/metric.h"

#include "base/fail.h"
#include "base/memory.h"

#include <string.h>

enum { MOST_ORDER = 2, PRECISION = 0, RECALL, F, COUNT, N_SUMS };

/* Length of the longest common subsequence; row[k] is that of the part of the reference seen so far
 * and the first k words of the hypothesis. */
static heed_status common(heed_text_metric *m, int64_t *out)
{
    const heed__metric_side *h = &m->hypothesis, *r = &m->reference;
    HEED_TRY(heed__grow(&m->row, &m->row_room, h->n + 1, sizeof *m->row, "a segment"));
    memset(m->row, 0, (h->n + 1) * sizeof *m->row);
    for (size_t i = 0; i < r->n; i++) {
        uint32_t corner = 0; /* row[k] before this word */
        if (r->symbols[i] == (uint32_t)HEED_NO_WORD) continue;
        for (size_t k = 0; k < h->n; k++) {
            uint32_t above = m->row[k + 1], left = m->row[k];
            m->row[k + 1] = h->symbols[k] == r->symbols[i] ? corner + 1
                            : above > left                 ? above
                                                           : left;
            corner = above;
        }
    }
    *out = m->row[h->n];
    return HEED_OK;
}

static heed_status compare(heed_text_metric *m, double *sums)
{
    int order = m->kind->variant;
    int64_t matched[MOST_ORDER] = {0}, same;
    double of_hypothesis = (double)m->hypothesis.n, of_reference = (double)m->reference.n;
    if (order) {
        heed__ngrams_match(&m->ngrams, m->reference.symbols, m->reference.n, HEED_NGRAMS_ALONE,
                           matched);
        same = matched[order - 1];
        of_hypothesis = (double)heed__ngrams_count(m->hypothesis.n, order);
        of_reference = (double)heed__ngrams_count(m->reference.n, order);
    } else {
        HEED_TRY(common(m, &same));
    }
    sums[PRECISION] = heed__metric_share((double)same, of_hypothesis);
    sums[RECALL] = heed__metric_share((double)same, of_reference);
    sums[F] =
        heed__metric_share(2 * sums[PRECISION] * sums[RECALL], sums[PRECISION] + sums[RECALL]);
    sums[COUNT] = 1;
    return HEED_OK;
}

static heed_status measure(heed_text_metric *m, heed_text hypothesis, const heed_text *references,
                           int n, double *sums)
{
    int order = m->kind->variant;
    HEED_TRY(heed__metric_hypothesis(m, hypothesis));
    if (order)
        HEED_TRY(heed__ngrams_begin(&m->ngrams, m->hypothesis.symbols, m->hypothesis.n, order));
    for (int i = 0; i < n; i++) {
        double these[N_SUMS];
        HEED_TRY(heed__metric_reference(m, references[i]));
        HEED_TRY(compare(m, these));
        if (i == 0 || these[F] > sums[F]) memcpy(sums, these, sizeof these);
    }
    return HEED_OK;
}

static double score(const heed_text_metric *m, const double *sums)
{
    (void)m;
    return 100 * heed__metric_share(sums[F], sums[COUNT]);
}

static void sign(const heed_text_metric *m, heed__buffer *signature)
{
    heed__buffer_format(signature, "|tok:%s|stem:no", m->tokenizer->name);
}

static void show(heed_text_metric *m, heed__buffer *line)
{
    double precision = 100 * heed__metric_share(m->sums[PRECISION], m->sums[COUNT]);
    double recall = 100 * heed__metric_share(m->sums[RECALL], m->sums[COUNT]);
    heed__metric_figure(m, "precision", 1, &precision);
    heed__metric_figure(m, "recall", 1, &recall);
    heed__buffer_text(line, " (precision = ");
    heed__buffer_number(line, precision, 2);
    heed__buffer_text(line, " recall = ");
    heed__buffer_number(line, recall, 2);
    heed__buffer_text(line, ")");
}

const heed__metric_kind heed__metric_rouge_1 = {
    .entry = {.name = "rouge1", .help = "words in common", .tokenize = "rouge"},
    .title = "ROUGE-1",
    .variant = 1,
    .n_sums = N_SUMS,
    .measure = measure,
    .score = score,
    .sign = sign,
    .show = show,
};

const heed__metric_kind heed__metric_rouge_2 = {
    .entry = {.name = "rouge2", .help = "pairs of words in common", .tokenize = "rouge"},
    .title = "ROUGE-2",
    .variant = 2,
    .n_sums = N_SUMS,
    .measure = measure,
    .score = score,
    .sign = sign,
    .show = show,
};

const heed__metric_kind heed__metric_rouge_l = {
    .entry = {.name = "rougeL",
              .help = "the longest sequence of words in common, gaps allowed",
              .tokenize = "rouge"},
    .title = "ROUGE-L",
    .variant = 0,
    .n_sums = N_SUMS,
    .measure = measure,
    .score = score,
    .sign = sign,
    .show = show,
};
