/* SPDX-License-Identifier: MIT */
/* heed align --choose: which layer, head and rule come nearest to known links. */
#include "cli/align.h"
#include "cli/output.h"
#include "cli/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static json_t *trial_object(const heed_align_trial *one)
{
    json_t *object = align_score_object(&one->score);
    json_object_set_new(object, "layer", json_integer(one->choice.layer));
    json_object_set_new(object, "head", json_integer(one->choice.head));
    json_object_set_new(object, "rule", json_string(heed_align_rule_name(one->choice.rule)));
    return object;
}

static int same_choice(const heed_align_choice *a, const heed_align_choice *b)
{
    return a->layer == b->layer && a->head == b->head && a->rule == b->rule;
}

static void show_row(const heed_align_trial *one, const heed_align_trial *best)
{
    char head[24] = "mean";
    if (one->choice.head) snprintf(head, sizeof head, "%lld", (long long)one->choice.head);
    output_format("%5lld %5s %-7s %9.2f %8.2f %8.2f%s\n", (long long)one->choice.layer, head,
                  heed_align_rule_name(one->choice.rule), 100 * one->score.precision,
                  100 * one->score.recall, 100 * one->score.error_rate,
                  same_choice(&one->choice, &best->choice) ? "  kept" : "");
}

static heed_status show(const aligning *a, const heed_align_trials *trials)
{
    heed_align_trial best = heed_align_trials_best(trials);
    int64_t count = heed_align_trials_count(trials);
    json_t *all = a->json ? json_array() : NULL;
    if (!a->json) output_text("layer  head rule    precision   recall      AER   (%)\n");
    for (int64_t i = 0; i < count; i++) {
        heed_align_trial one = heed_align_trials_at(trials, i);
        if (a->json)
            json_array_append_new(all, trial_object(&one));
        else
            show_row(&one, &best);
    }
    if (!a->json) return output_status();
    return output_json(json_pack("{s:o, s:o, s:s, s:I}", "choices", all, "best",
                                 trial_object(&best), "model", a->given->arguments[0], "pairs",
                                 (json_int_t)a->pairs));
}

static heed_status keep(aligning *a, const heed_align_trials *trials)
{
    heed_align_trial best = heed_align_trials_best(trials);
    if (isnan(best.score.error_rate))
        return report(HEED_E_DATA, "--gold %s: has no links to choose by",
                      options_text(a->given, "gold"));
    heed_status status = heed_model_choose_alignment(a->model, &best.choice);
    return status == HEED_OK ? heed_model_save(a->model, a->given->arguments[0]) : status;
}

static heed_status try_all(aligning *a, heed_align_trials *trials)
{
    heed_status status = HEED_OK;
    while (status == HEED_OK && (status = gather_next(&a->g)) == HEED_OK && a->g.n) {
        status = heed_align_trials_add(trials, a->g.texts, a->g.seconds, a->g.n, a->gold, a->pairs);
        if (status == HEED_E_DATA) return align_blame(a, &a->choice);
        a->pairs += a->g.n;
    }
    return status;
}

heed_status align_choose(aligning *a)
{
    heed_align_trials *trials = NULL;
    heed_status status = heed_align_trials_create(a->model, &trials);
    if (status == HEED_OK) status = try_all(a, trials);
    if (status == HEED_OK) status = align_end_gold(a);
    if (status == HEED_OK) status = keep(a, trials);
    if (status == HEED_OK) status = show(a, trials);
    heed_align_trials_destroy(&trials);
    return status;
}
