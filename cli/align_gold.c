/* SPDX-License-Identifier: MIT */
/* heed align: pairs asked about, and what is known about them. */
#include "cli/align.h"
#include "cli/report.h"

#include <math.h>
#include <stdio.h>

heed_status align_ask(aligning *a, const heed_align_choice *choice, int first, int n,
                      heed_translations **out)
{
    const heed_score_options how = {.size = sizeof how, .weights = 1, .align = *choice};
    return heed_score(a->model, a->g.texts + first, a->g.seconds + first, n, &how, out);
}

heed_status align_blame(aligning *a, const heed_align_choice *choice)
{
    for (int i = 0; i < a->g.n; i++) {
        heed_translations *one = NULL;
        heed_status status = align_ask(a, choice, i, 1, &one);
        heed_translations_destroy(&one);
        if (status != HEED_OK) return gather_blame(&a->g, i, status);
    }
    return HEED_E_DATA;
}

heed_status align_check_gold(const aligning *a, int i, const heed_translation *t)
{
    if (!a->gold || a->pairs + i >= heed_links_pairs(a->gold)) return HEED_OK;
    return heed_links_check(a->gold, a->pairs + i, t->n_source_words, t->n_words);
}

heed_status align_end_gold(aligning *a)
{
    int64_t known = heed_links_pairs(a->gold);
    if (known > a->pairs)
        return report(HEED_E_DATA, "--gold %s: has links of pair %lld, and there are %lld pairs",
                      options_text(a->given, "gold"), (long long)known, (long long)a->pairs);
    int64_t without = a->pairs - known;
    for (int64_t i = 0; i < known; i++) without += !heed_links_at(a->gold, i).n;
    if (without)
        fprintf(stderr,
                "heed: warning: --gold %s: has no link of %lld of %lld pairs; all that is found "
                "there counts as wrong\n",
                options_text(a->given, "gold"), (long long)without, (long long)a->pairs);
    heed_status status = HEED_OK;
    for (; known < a->pairs && status == HEED_OK; known++) /* the last ones have no link */
        status = heed_links_add(a->gold, NULL, NULL, 0);
    return status;
}

static json_t *share(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

json_t *align_score_object(const heed_alignment_score *score)
{
    return json_pack("{s:o, s:o, s:o, s:I, s:I}", "precision", share(score->precision), "recall",
                     share(score->recall), "aer", share(score->error_rate), "links",
                     (json_int_t)score->links, "sure", (json_int_t)score->sure);
}
