/* SPDX-License-Identifier: MIT */
/* heed align --choose: which layer, head and rule come nearest to known links. */
#include "cli/align.h"
#include "cli/output.h"
#include "cli/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct trial {
    heed_align_choice choice;
    heed_links *links;
    heed_alignment_score score;
} trial;

/* Each head, the mean of a layer's heads where there are several, both rules. */
static heed_status make_trials(const aligning *a, trial **out, int *count)
{
    int64_t layers, heads;
    heed_model_alignment_sites(a->model, &layers, &heads);
    if (!layers)
        return report(HEED_E_UNSUPPORTED, "%s: has no attention over the source to choose from",
                      a->given->arguments[0]);
    int64_t sites = layers * (heads + (heads > 1));
    trial *trials = calloc((size_t)sites * 2, sizeof *trials);
    if (!trials) return report(HEED_E_NOMEM, "no memory for the trials");
    *out = trials;
    for (int64_t layer = 1; layer <= layers; layer++)
        for (int64_t head = heads > 1 ? 0 : 1; head <= heads; head++)
            for (int rule = HEED_ALIGN_OUTPUT; rule <= HEED_ALIGN_INPUT; rule++) {
                trial *one = &trials[(*count)++];
                one->choice = (heed_align_choice){layer, head, (heed_align_rule)rule};
                heed_status status = heed_links_create(&one->links);
                if (status != HEED_OK) return status;
            }
    return HEED_OK;
}

static heed_status try_batch(aligning *a, trial *one)
{
    heed_translations *all = NULL;
    heed_status status = align_ask(a, &one->choice, 0, a->g.n, &all);
    if (status == HEED_E_DATA) return align_blame(a, &one->choice);
    for (int i = 0; i < a->g.n && status == HEED_OK; i++) {
        const heed_translation *t = heed_translations_at(all, i, 0);
        status = align_check_gold(a, i, t);
        if (status == HEED_OK) status = heed_links_add(one->links, t->links, NULL, t->n_links);
    }
    heed_translations_destroy(&all);
    return status;
}

static const trial *best_of(const trial *trials, int count)
{
    const trial *best = trials;
    for (int i = 1; i < count; i++)
        if (trials[i].score.error_rate < best->score.error_rate) best = trials + i;
    return best;
}

/* ---- what comes out ---- */

static json_t *trial_object(const trial *one)
{
    json_t *object = align_score_object(&one->score);
    json_object_set_new(object, "layer", json_integer(one->choice.layer));
    json_object_set_new(object, "head", json_integer(one->choice.head));
    json_object_set_new(object, "rule", json_string(heed_align_rule_name(one->choice.rule)));
    return object;
}

static void show_row(const trial *one, const char *mark)
{
    char head[24] = "mean";
    if (one->choice.head) snprintf(head, sizeof head, "%lld", (long long)one->choice.head);
    output_format("%5lld %5s %-7s %9.2f %8.2f %8.2f%s\n", (long long)one->choice.layer, head,
                  heed_align_rule_name(one->choice.rule), 100 * one->score.precision,
                  100 * one->score.recall, 100 * one->score.error_rate, mark);
}

static heed_status show(const aligning *a, const trial *trials, int count)
{
    const trial *best = best_of(trials, count);
    if (a->json) {
        json_t *all = json_array();
        for (int i = 0; i < count; i++) json_array_append_new(all, trial_object(trials + i));
        return output_json(json_pack("{s:o, s:o, s:s, s:I}", "choices", all, "best",
                                     trial_object(best), "model", a->given->arguments[0], "pairs",
                                     (json_int_t)a->pairs));
    }
    output_text("layer  head rule    precision   recall      AER   (%)\n");
    for (int i = 0; i < count; i++) show_row(trials + i, trials + i == best ? "  kept" : "");
    return output_status();
}

static heed_status keep(aligning *a, const trial *best)
{
    if (isnan(best->score.error_rate))
        return report(HEED_E_DATA, "--gold %s: has no links to choose by",
                      options_text(a->given, "gold"));
    heed_status status = heed_model_choose_alignment(a->model, &best->choice);
    return status == HEED_OK ? heed_model_save(a->model, a->given->arguments[0]) : status;
}

heed_status align_choose(aligning *a)
{
    trial *trials = NULL;
    int count = 0;
    heed_status status = make_trials(a, &trials, &count);
    while (status == HEED_OK && (status = gather_next(&a->g)) == HEED_OK && a->g.n) {
        for (int i = 0; i < count && status == HEED_OK; i++) status = try_batch(a, trials + i);
        a->pairs += a->g.n;
    }
    if (status == HEED_OK) status = align_end_gold(a);
    for (int i = 0; i < count && status == HEED_OK; i++)
        status = heed_links_score(trials[i].links, a->gold, &trials[i].score);
    if (status == HEED_OK) status = keep(a, best_of(trials, count));
    if (status == HEED_OK) status = show(a, trials, count);
    for (int i = 0; i < count; i++) heed_links_destroy(&trials[i].links);
    free(trials);
    return status;
}
