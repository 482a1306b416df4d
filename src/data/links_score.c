/* SPDX-License-Identifier: MIT */
/* Precision, recall and alignment error rate. */
#include "base/fail.h"
#include "data/links.h"

#include <math.h>

void heed__score_add(heed_alignment_score *score, const heed_pair_links *predicted,
                     const heed_pair_links *gold)
{
    int64_t g = 0;
    score->links += predicted->n;
    for (int64_t i = 0; i < gold->n; i++) score->sure += !gold->possible[i];
    for (int64_t i = 0; i < predicted->n; i++) { /* both are in order */
        heed_link link = predicted->items[i];
        while (g < gold->n &&
               (gold->items[g].target < link.target ||
                (gold->items[g].target == link.target && gold->items[g].source < link.source)))
            g++;
        if (g == gold->n) break;
        if (gold->items[g].target != link.target || gold->items[g].source != link.source) continue;
        score->links_possible++;
        score->links_sure += !gold->possible[g];
    }
}

static double ratio(int64_t part, int64_t whole)
{
    return whole ? (double)part / (double)whole : NAN;
}

void heed__score_finish(heed_alignment_score *score)
{
    score->precision = ratio(score->links_possible, score->links);
    score->recall = ratio(score->links_sure, score->sure);
    score->error_rate =
        1.0 - ratio(score->links_sure + score->links_possible, score->links + score->sure);
}

heed_status heed_links_score(const heed_links *predicted, const heed_links *gold,
                             heed_alignment_score *out)
{
    *out = (heed_alignment_score){0};
    if (predicted->pairs != gold->pairs)
        return heed__fail(HEED_E_INVALID,
                          "%lld predicted pairs of sentences and %lld gold ones; both must be the "
                          "same",
                          (long long)predicted->pairs, (long long)gold->pairs);
    for (int64_t pair = 0; pair < gold->pairs; pair++) {
        heed_pair_links ours = heed_links_at(predicted, pair), truth = heed_links_at(gold, pair);
        heed__score_add(out, &ours, &truth);
    }
    heed__score_finish(out);
    return HEED_OK;
}
