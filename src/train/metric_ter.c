/* SPDX-License-Identifier: MIT */
/*
 * TER (Snover et al. 2006): edits for each word of the reference, in percent. With several
 * references, the fewest edits for their mean length. Sums of a segment: edits and that length.
 */
#include "train/metric.h"

#include "base/fail.h"

enum { EDITS, LENGTH, N_SUMS };

static heed_status measure(heed_text_metric *m, heed_text hypothesis, const heed_text *references,
                           int n, double *sums)
{
    int64_t fewest = 0, length = 0;
    HEED_TRY(heed__metric_hypothesis(m, hypothesis));
    for (int i = 0; i < n; i++) {
        int64_t edits;
        HEED_TRY(heed__metric_reference(m, references[i]));
        HEED_TRY(heed__edits_count(&m->edits, m->hypothesis.symbols, m->hypothesis.n,
                                   m->reference.symbols, m->reference.n, &edits));
        length += (int64_t)m->reference.n;
        if (i == 0 || edits < fewest) fewest = edits;
    }
    sums[EDITS] = (double)fewest;
    sums[LENGTH] = (double)length / n;
    return HEED_OK;
}

static double score(const heed_text_metric *m, const double *sums)
{
    (void)m;
    if (sums[LENGTH] > 0) return 100 * (sums[EDITS] / sums[LENGTH]);
    return sums[EDITS] > 0 ? 100 : 0;
}

static void sign(const heed_text_metric *m, heed__buffer *signature)
{
    (void)m;
    heed__buffer_text(signature, "|tok:tercom|norm:no|punct:yes|asian:no");
}

static void show(heed_text_metric *m, heed__buffer *line)
{
    heed__metric_count(m, "edits", 1, &m->sums[EDITS]);
    heed__metric_figure(m, "ref_len", 1, &m->sums[LENGTH]);
    heed__buffer_format(line, " (edits = %.0f ref_len = ", m->sums[EDITS]);
    heed__buffer_number(line, m->sums[LENGTH], 1);
    heed__buffer_text(line, ")");
}

const heed__metric_kind heed__metric_ter = {
    .entry = {.name = "ter",
              .help = "edits and moves of blocks for each word of the reference: less is better"},
    .title = "TER",
    .lowers = 1,
    .n_sums = N_SUMS,
    .measure = measure,
    .score = score,
    .sign = sign,
    .show = show,
};
