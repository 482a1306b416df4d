/* SPDX-License-Identifier: MIT */
/*
 * BLEU (Papineni et al. 2002): the geometric mean of the shares of n-grams, 1 to 4, that a
 * reference has, times a penalty for shortness. Sums of a segment: its length, the reference's,
 * matches of each order, n-grams of each order.
 */
#include "train/metric.h"

#include "base/fail.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ORDER = 4, LENGTH = 0, REFERENCE = 1, MATCHES = 2, TOTALS = MATCHES + ORDER };

static heed_status measure(heed_text_metric *m, heed_text hypothesis, const heed_text *references,
                           int n, double *sums)
{
    int64_t matched[ORDER] = {0}, nearest = -1;
    HEED_TRY(heed__metric_hypothesis(m, hypothesis));
    int64_t length = (int64_t)m->hypothesis.n;
    HEED_TRY(heed__ngrams_begin(&m->ngrams, m->hypothesis.symbols, m->hypothesis.n, ORDER));
    for (int i = 0; i < n; i++) {
        HEED_TRY(heed__metric_reference(m, references[i]));
        heed__ngrams_match(&m->ngrams, m->reference.symbols, m->reference.n, HEED_NGRAMS_TOGETHER,
                           matched);
        int64_t other = (int64_t)m->reference.n;
        int64_t distance = llabs(other - length), least = llabs(nearest - length);
        if (nearest < 0 || distance < least || (distance == least && other < nearest))
            nearest = other;
    }
    sums[LENGTH] = (double)length;
    sums[REFERENCE] = (double)nearest;
    for (int k = 0; k < ORDER; k++) {
        sums[MATCHES + k] = (double)matched[k];
        sums[TOTALS + k] = (double)heed__ngrams_count(m->hypothesis.n, k + 1);
    }
    return HEED_OK;
}

static double brevity(const double *sums)
{
    if (sums[LENGTH] >= sums[REFERENCE]) return 1;
    return sums[LENGTH] > 0 ? exp(1 - sums[REFERENCE] / sums[LENGTH]) : 0;
}

/* Percentages after smoothing; returns how many orders the score is a mean of, 0 without a match
 * (then all are 0). */
static int precisions(const heed_text_metric *m, const double *sums, double out[ORDER])
{
    double halving = 1;
    int any = 0, orders = ORDER;
    for (int k = 0; k < ORDER; k++) {
        out[k] = 0;
        any |= sums[MATCHES + k] > 0;
    }
    for (int k = 0; any && k < ORDER; k++) {
        double added = m->smoothing == HEED_SMOOTH_ADD_K && k > 0 ? m->smooth_value : 0;
        double matches = sums[MATCHES + k] + added, total = sums[TOTALS + k] + added;
        if (total <= 0) break;
        if (m->effective_order) orders = k + 1;
        if (matches > 0) {
            out[k] = 100 * matches / total;
        } else if (m->smoothing == HEED_SMOOTH_EXP) {
            halving *= 2;
            out[k] = 100 / (halving * total);
        } else if (m->smoothing == HEED_SMOOTH_FLOOR) {
            out[k] = 100 * m->smooth_value / total;
        }
    }
    return any ? orders : 0;
}

static double score(const heed_text_metric *m, const double *sums)
{
    double parts[ORDER], sum = 0;
    int orders = precisions(m, sums, parts);
    for (int k = 0; k < orders; k++) {
        if (parts[k] <= 0) return 0;
        sum += log(parts[k]);
    }
    return orders ? brevity(sums) * exp(sum / orders) : 0;
}

static void sign(const heed_text_metric *m, heed__buffer *signature)
{
    static const char *const names[] = {"exp", "floor", "add-k", "none"};
    heed__buffer_format(signature, "|eff:%s|tok:%s|smooth:%s", m->effective_order ? "yes" : "no",
                        m->tokenizer->name, names[m->smoothing]);
    if (m->smoothing != HEED_SMOOTH_FLOOR && m->smoothing != HEED_SMOOTH_ADD_K) return;
    heed__buffer_text(signature, "[");
    heed__buffer_number(signature, m->smooth_value, 2);
    heed__buffer_text(signature, "]");
}

static void show(heed_text_metric *m, heed__buffer *line)
{
    const double *sums = m->sums;
    double parts[ORDER], penalty = brevity(sums);
    double ratio = heed__metric_share(sums[LENGTH], sums[REFERENCE]);
    precisions(m, sums, parts);
    heed__metric_figure(m, "precisions", ORDER, parts);
    heed__metric_figure(m, "bp", 1, &penalty);
    heed__metric_figure(m, "ratio", 1, &ratio);
    heed__metric_count(m, "hyp_len", 1, &sums[LENGTH]);
    heed__metric_count(m, "ref_len", 1, &sums[REFERENCE]);
    heed__metric_count(m, "counts", ORDER, &sums[MATCHES]);
    heed__metric_count(m, "totals", ORDER, &sums[TOTALS]);
    for (int k = 0; k < ORDER; k++) {
        heed__buffer_text(line, k ? "/" : " ");
        heed__buffer_number(line, parts[k], 1);
    }
    heed__buffer_text(line, " (BP = ");
    heed__buffer_number(line, penalty, 3);
    heed__buffer_text(line, " ratio = ");
    heed__buffer_number(line, ratio, 3);
    heed__buffer_format(line, " hyp_len = %.0f ref_len = %.0f)", sums[LENGTH], sums[REFERENCE]);
}

const heed__metric_kind heed__metric_bleu = {
    .entry = {.name = "bleu",
              .help = "n-grams of words up to 4 that a reference has, and the length",
              .tokenize = "13a",
              .smooths = 1},
    .title = "BLEU",
    .n_sums = TOTALS + ORDER,
    .measure = measure,
    .score = score,
    .sign = sign,
    .show = show,
};

heed_status heed__corpus_bleu(int64_t n, const heed_text *hypotheses, const heed_text *references,
                              int lowercase, double *out)
{
    heed_text_metric_options options = {.lowercase = lowercase};
    heed_text_metric *m = NULL;
    const heed_text_score *total;
    heed_status status = heed_text_metric_create("bleu", &options, &m);
    for (int64_t i = 0; i < n && status == HEED_OK; i++)
        status = heed_text_metric_add(m, hypotheses[i], &references[i], 1, NULL);
    if (status == HEED_OK) status = heed_text_metric_score(m, &total);
    if (status == HEED_OK) *out = total->score;
    heed_text_metric_destroy(&m);
    return status;
}
