/* SPDX-License-Identifier: MIT */
/* heed align: which words of given pairs belong together. */
#include "cli/align.h"
#include "cli/aligning.h"
#include "cli/output.h"
#include "cli/reading.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/tasks.h"
#include "cli/written.h"

#include <string.h>

enum { AT_ONCE = 128 };

/* ---- what comes out ---- */

static void show_json(const aligning *a, int i, const heed_translation *t)
{
    json_t *object = json_incref(a->g.fields[i]), *aligned = json_object();
    written_object(t, NULL, a->soft ? ALIGNMENT_SOFT : ALIGNMENT_HARD, aligned);
    json_object_del(aligned, "normalised");
    json_object_del(aligned, "finished");
    json_object_set_new(object, "aligned", aligned);
    written_json_line(object);
}

static void show(const aligning *a, int i, const heed_translation *t)
{
    if (a->json && gather_empty(&a->g, i)) {
        written_json_line(json_incref(a->g.fields[i])); /* there is nothing to align */
        return;
    }
    if (a->json) {
        show_json(a, i, t);
        return;
    }
    if (a->soft)
        written_weights(t);
    else
        written_links(t);
    output_text("\n");
}

/* One pair: the model's own, with its links replaced by those that were put together. */
static heed_status answer_pair(aligning *a, int i, const heed_translation *found,
                               const heed_links *links)
{
    heed_translation t = *found;
    heed_pair_links pair = heed_links_at(links, i);
    t.links = pair.items;
    t.n_links = pair.n;
    heed_status status = align_check_gold(a, i, &t);
    if (status != HEED_OK) return status;
    if (a->gold) return heed_links_add(a->predicted, t.links, NULL, t.n_links);
    show(a, i, &t);
    return HEED_OK;
}

static heed_status answer_found(aligning *a, const heed_translations *all)
{
    heed_links *links = NULL;
    heed_status status = heed_links_create(&links);
    for (int i = 0; i < a->g.n && status == HEED_OK; i++) {
        const heed_translation *t = heed_translations_at(all, i, 0);
        status = heed_links_add(links, t->links, NULL, t->n_links);
    }
    if (status == HEED_OK) status = align_symmetrise(a, &links);
    for (int i = 0; i < a->g.n && status == HEED_OK; i++)
        status = answer_pair(a, i, heed_translations_at(all, i, 0), links);
    heed_links_destroy(&links);
    return status;
}

static heed_status answer(aligning *a)
{
    heed_translations *all = NULL;
    heed_status status = align_ask(a, &a->choice, 0, a->g.n, &all);
    if (status == HEED_E_DATA) return align_blame(a, &a->choice);
    if (status == HEED_OK) status = answer_found(a, all);
    heed_translations_destroy(&all);
    a->pairs += a->g.n;
    if (status == HEED_OK && gather_waits(&a->g)) status = output_flush();
    return status == HEED_OK ? output_status() : status;
}

static heed_status show_score(aligning *a)
{
    heed_alignment_score score;
    heed_status status = align_end_gold(a);
    if (status == HEED_OK) status = heed_links_score(a->predicted, a->gold, &score);
    if (status != HEED_OK) return status;
    if (a->json) {
        json_t *object = align_score_object(&score);
        json_object_set_new(object, "pairs", json_integer(a->pairs));
        return output_json(object);
    }
    output_format("AER %.2f %%: precision %.2f %%, recall %.2f %%, %lld links, %lld sure ones, "
                  "%lld pairs\n",
                  100 * score.error_rate, 100 * score.precision, 100 * score.recall,
                  (long long)score.links, (long long)score.sure, (long long)a->pairs);
    return output_status();
}

static heed_status answer_all(aligning *a)
{
    heed_status status;
    while ((status = gather_next(&a->g)) == HEED_OK && a->g.n) {
        status = answer(a);
        if (status != HEED_OK) return status;
    }
    if (status == HEED_OK && a->reverse_links && heed_links_pairs(a->reverse_links) > a->pairs)
        return report(HEED_E_DATA, "--reverse-links %s: has %lld lines, and there are %lld pairs",
                      options_text(a->given, "reverse-links"),
                      (long long)heed_links_pairs(a->reverse_links), (long long)a->pairs);
    return status == HEED_OK && a->gold ? show_score(a) : status;
}

/* ---- what is wanted ---- */

static heed_status only_with(const options *given, const char *flag, const char *needed)
{
    if (!options_given(given, flag) || options_given(given, needed)) return HEED_OK;
    return report(HEED_E_INVALID, "--%s goes with --%s", flag, needed);
}

static heed_status not_with(const options *given, const char *flag, const char *other)
{
    if (!options_given(given, flag) || !options_given(given, other)) return HEED_OK;
    return report(HEED_E_INVALID, "--%s and --%s do not go together", flag, other);
}

static heed_status check_options(const options *given)
{
    static const char *const pairs[][3] = {
        {"+", "gold-side", "gold"},        {"+", "choose", "gold"},
        {"-", "choose", "reverse"},        {"-", "choose", "reverse-links"},
        {"-", "choose", "layer"},          {"-", "choose", "head"},
        {"-", "choose", "rule"},           {"-", "choose", "threshold"},
        {"-", "choose", "boundary"},       {"-", "soft", "gold"},
        {"-", "soft", "reverse"},          {"-", "soft", "reverse-links"},
        {"-", "reverse", "reverse-links"},
    };
    heed_status status = HEED_OK;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs && status == HEED_OK; i++)
        status = pairs[i][0][0] == '+' ? only_with(given, pairs[i][1], pairs[i][2])
                                       : not_with(given, pairs[i][1], pairs[i][2]);
    if (status == HEED_OK && !options_given(given, "reverse-links"))
        status = only_with(given, "symmetrise", "reverse");
    if (status == HEED_OK)
        status = aligning_check_links(given,
                                      !options_flag(given, "soft") || options_flag(given, "json"));
    return status;
}

static heed_status read_gold(aligning *a)
{
    const char *path = options_text(a->given, "gold");
    const heed_links_options how = {.reversed =
                                        strcmp(options_text(a->given, "gold-side"), "target") == 0};
    if (!path) return HEED_OK;
    heed_status status = heed_links_read(path, &how, &a->gold);
    if (status == HEED_OK && !heed_links_pairs(a->gold))
        return report(HEED_E_DATA, "--gold %s: holds no links; there is nothing to measure by",
                      path);
    return status == HEED_OK ? heed_links_create(&a->predicted) : status;
}

static heed_status align(aligning *a)
{
    heed_read_options read;
    heed_status status = reading_for_model(a->given, a->model, &read);
    if (status == HEED_OK) status = aligning_choice(a->given, a->model, &a->choice);
    if (status == HEED_OK) status = read_gold(a);
    if (status == HEED_OK) status = align_read_reverse(a);
    if (status == HEED_OK) status = gather_open_pairs(&a->g, a->given, 1, a->context, &read);
    if (status != HEED_OK) return status;
    return options_flag(a->given, "choose") ? align_choose(a) : answer_all(a);
}

static heed_status run(const options *given)
{
    aligning a = {
        .given = given, .json = options_flag(given, "json"), .soft = options_flag(given, "soft")};
    a.g = (gathering){.most = AT_ONCE,
                      .json = a.json && !options_given(given, "gold"),
                      .names = {"source", "target"}};
    heed_status status = check_options(given);
    if (status == HEED_OK) status = session_start(given, &a.context);
    if (status == HEED_OK) status = tasks_load(given, a.context, TASK_TRANSLATE, &a.model);
    if (status == HEED_OK) status = align(&a);
    gather_tell_empty(&a.g);
    gather_close(&a.g);
    heed_links_destroy(&a.gold);
    heed_links_destroy(&a.predicted);
    heed_links_destroy(&a.reverse_links);
    heed_model_destroy(&a.reverse);
    heed_model_destroy(&a.model);
    heed_context_destroy(&a.context);
    return status;
}

static const option_row rows[] = {
    {"soft",
     .help = "write for each target word its weights over the source's words, joined by commas"},
    {"gold", 'g', "FILE", OPTION_TEXT, NULL, NULL, 0, 0,
     "known links (`pair source target S|P` from 1, or Pharaoh lines): write precision, recall and "
     "alignment error rate instead of links"},
    {"gold-side", 0, "SIDE", OPTION_CHOICE, "source", "source|target", 0, 0,
     "whose word the first number of a gold link is"},
    {"choose",
     .help =
         "try every layer, head and rule against the gold links, and keep the best in the model's "
         "file"},
    {"reverse", 'r', "MODEL", OPTION_TEXT, NULL, NULL, 0, 0,
     "a model of the other direction, whose links are put to these"},
    {"reverse-links", 0, "FILE", OPTION_TEXT, NULL, NULL, 0, 0,
     "or its links, Pharaoh lines with the source's word first"},
    {"symmetrise", 0, "WAY", OPTION_CHOICE, "grow-diag",
     "intersection|union|grow-diag|grow-diag-final-and", 0, 0, "how both directions become one"},
    {0},
};

static const verb_example examples[] = {
    {"heed align de-en.heed text.de text.en >links", "Pharaoh lines: 0-0 1-2"},
    {"heed align de-en.heed trial.de trial.en --gold trial.wa --choose",
     "the best layer and head by known links, kept in the model"},
    {"heed align de-en.heed text.de text.en --reverse en-de.heed", "both directions put together"},
    {NULL, NULL},
};

const verb verb_align = {
    .name = "align",
    .summary = "link the words of given pairs",
    .arguments = "MODEL [SOURCE TARGET | FILE]",
    .description =
        "Reads pairs of texts (two files of lines, or a table with --text and --label), makes the "
        "model write the given target, and writes which words of the source it looked at for each "
        "word: Pharaoh pairs, source-target, counted from 0, one line for each pair in order. "
        "Words are what stands between white space, Chinese characters one by one, whatever the "
        "tokenizer makes of them.",
    .least_arguments = 1,
    .most_arguments = 3,
    .options = rows,
    .common = COMMON_ALIGNING | COMMON_THREADS | COMMON_PRECISION | COMMON_JSON | COMMON_QUIET |
              COMMON_READING,
    .examples = examples,
    .run = run,
};
