/* SPDX-License-Identifier: MIT */
/* heed translate: lines in, lines out, in order. */
#include "cli/aligning.h"
#include "cli/gather.h"
#include "cli/output.h"
#include "cli/prefixes.h"
#include "cli/reading.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/tasks.h"
#include "cli/written.h"

#include <string.h>

enum { USUAL_BEAM = 4 };

typedef struct translating {
    const options *given;
    heed_model *model;
    gathering g;
    prefixes p;
    heed_translate_options how;
    written_alignment alignment;
    int json, scores;
    long long answered;
} translating;

/* ---- what comes out ---- */

/* The row's own fields have the source. */
static void show_json(const translating *t, const heed_translations *all, int first, int i)
{
    json_t *object = json_incref(t->g.fields[first + i]), *answer = json_object();
    int64_t count = heed_translations_count(all, i);
    if (count) written_object(heed_translations_at(all, i, 0), "target", t->alignment, answer);
    if (t->how.best > 1) {
        json_t *best = json_array();
        for (int64_t k = 0; k < count; k++) {
            json_t *one = json_object();
            written_object(heed_translations_at(all, i, k), "target", t->alignment, one);
            json_array_append_new(best, one);
        }
        json_object_set_new(answer, "best", best);
    }
    json_object_set_new(object, "translation", answer);
    written_json_line(object);
}

/* "0 ||| text ||| 0-0 1-1 ||| -0.52", as Moses and Marian write them. */
static void show_best(const translating *t, const heed_translations *all, int i)
{
    for (int64_t k = 0; k < heed_translations_count(all, i); k++) {
        const heed_translation *one = heed_translations_at(all, i, k);
        output_format("%lld ||| ", t->answered);
        written_text(one->text);
        written_alignment_after(one, t->alignment);
        output_format(" ||| %.6f\n", one->normalised);
    }
}

static void show_line(const translating *t, const heed_translations *all, int first, int i)
{
    if (heed_translations_count(all, i)) {
        const heed_translation *one = heed_translations_at(all, i, 0);
        int empty = !t->g.texts[first + i].size; /* an empty line in, an empty line out */
        if (t->scores && !empty) output_format("%.6f\t", one->score);
        written_text(one->text);
        if (!empty) written_alignment_after(one, t->alignment);
    }
    output_text("\n");
}

/* Translation i of `all` is of text first + i. */
static void show(translating *t, const heed_translations *all, int first, int i)
{
    if (t->json)
        show_json(t, all, first, i);
    else if (t->how.best > 1)
        show_best(t, all, i);
    else
        show_line(t, all, first, i);
    t->answered++;
}

/* ---- asking ---- */

static heed_status ask(translating *t, int first, int n, heed_translations **out)
{
    heed_translate_options how = t->how;
    if (how.prefixes) how.prefixes += first;
    return heed_translate(t->model, t->g.texts + first, n, &how, out);
}

static heed_status answer_some(translating *t, int first, int n)
{
    heed_translations *all = NULL;
    heed_status status = ask(t, first, n, &all);
    for (int i = 0; i < n && status == HEED_OK; i++) show(t, all, first, i);
    heed_translations_destroy(&all);
    return status;
}

/* The library names a text by its index; the one that cannot be translated is found by asking one
 * by one, those before it are answered, and it is named by file and line. */
static heed_status answer_one_by_one(translating *t)
{
    for (int i = 0; i < t->g.n; i++) {
        heed_status status = answer_some(t, i, 1);
        if (status == HEED_E_DATA) return gather_blame(&t->g, i, status);
        if (status != HEED_OK) return status;
    }
    return HEED_OK;
}

static heed_status answer(translating *t)
{
    heed_status status = prefixes_next(&t->p, t->g.n, &t->how.prefixes);
    if (status != HEED_OK) return status;
    status = answer_some(t, 0, t->g.n);
    if (status == HEED_E_DATA) status = answer_one_by_one(t);
    if (status == HEED_OK && gather_waits(&t->g)) status = output_flush();
    return status == HEED_OK ? output_status() : status;
}

static heed_status answer_all(translating *t)
{
    heed_status status;
    while ((status = gather_next(&t->g)) == HEED_OK && t->g.n) {
        status = answer(t);
        if (status != HEED_OK) return status;
    }
    return status == HEED_OK ? prefixes_end(&t->p) : status;
}

/* ---- what is wanted ---- */

static heed_status read_search(const options *given, heed_translate_options *how)
{
    how->best = options_integer(given, "best");
    how->beam = options_integer(given, "beam");
    if (!options_given(given, "beam") && how->best > how->beam) how->beam = how->best;
    if (how->best > how->beam)
        return report(HEED_E_INVALID, "--best %lld: a beam of %lld has no more than that",
                      (long long)how->best, (long long)how->beam);
    const char *norm = options_text(given, "norm");
    how->norm = strcmp(norm, "none") == 0 ? HEED_LENGTH_NONE
                : strcmp(norm, "wu") == 0 ? HEED_LENGTH_WU
                                          : HEED_LENGTH_AVERAGE;
    how->alpha = options_number(given, "alpha");
    if (how->norm == HEED_LENGTH_NONE && options_given(given, "alpha"))
        return report(HEED_E_INVALID, "--alpha %g: --norm none has no exponent", how->alpha);
    if (how->alpha == 0) how->norm = HEED_LENGTH_NONE; /* x^0 is 1 */
    how->coverage = options_number(given, "coverage-penalty");
    how->max_length = options_integer(given, "max-length");
    return HEED_OK;
}

static heed_status read_words(const options *given, heed_translate_options *how)
{
    how->replace_unknown = options_flag(given, "replace-unknown");
    how->allow_unknown = options_flag(given, "allow-unknown");
    if (how->replace_unknown && how->allow_unknown)
        return report(HEED_E_INVALID,
                      "--replace-unknown and --allow-unknown were both given; choose one");
    return HEED_OK;
}

/* JSON tells the alignment where the model has one, unless it was asked not to. */
static heed_status read_alignment(translating *t)
{
    int64_t layers, heads;
    const char *wanted = options_text(t->given, "alignment");
    heed_model_alignment_sites(t->model, &layers, &heads);
    t->alignment = written_alignment_of(wanted ? wanted : t->json && layers ? "hard" : "none");
    t->how.weights = t->alignment != ALIGNMENT_NONE;
    t->how.unscored = !t->json && !t->scores && t->how.best == 1; /* none is written */
    if (aligning_given(t->given) && !t->how.weights && !t->how.replace_unknown)
        return report(HEED_E_INVALID, "--layer, --head and --rule say where an alignment comes "
                                      "from; ask for one with --alignment");
    heed_status status = aligning_check_links(t->given, t->alignment == ALIGNMENT_HARD ||
                                                            (t->json && t->how.weights));
    return status == HEED_OK ? aligning_choice(t->given, t->model, &t->how.align) : status;
}

static heed_status translate(translating *t, heed_context *context)
{
    heed_read_options read;
    heed_status status = read_alignment(t);
    if (status == HEED_OK) status = reading_for_model(t->given, t->model, &read);
    if (status == HEED_OK) status = prefixes_open(&t->p, t->given, context, t->g.most);
    if (status == HEED_OK) status = gather_open(&t->g, t->given, 1, context, &read);
    return status == HEED_OK ? answer_all(t) : status;
}

static heed_status run(const options *given)
{
    heed_context *context = NULL;
    translating t = {.given = given,
                     .json = options_flag(given, "json"),
                     .scores = options_flag(given, "scores"),
                     .how.size = sizeof t.how};
    int stream = options_flag(given, "stream");
    t.g = (gathering){.most = stream ? 1 : (int)options_integer(given, "batch"),
                      .json = t.json,
                      .names = {"source", NULL}};
    if (t.scores && (t.json || options_integer(given, "best") > 1))
        return report(HEED_E_INVALID, "--scores is for one translation a line; --json and --best "
                                      "have scores of their own");
    if (stream && options_given(given, "batch"))
        return report(HEED_E_INVALID, "--stream is --batch 1; give one of them");
    heed_status status = read_search(given, &t.how);
    if (status == HEED_OK) status = read_words(given, &t.how);
    if (status == HEED_OK) status = session_start(given, &context);
    if (status == HEED_OK) status = tasks_load(given, context, TASK_TRANSLATE, &t.model);
    if (status == HEED_OK) status = translate(&t, context);
    gather_close(&t.g);
    prefixes_close(&t.p);
    heed_model_destroy(&t.model);
    heed_context_destroy(&context);
    return status;
}

static const option_row rows[] = {
    {"beam", 'b', "N", OPTION_INTEGER, "4", NULL, 1, 1024, "hypotheses kept, 1 = greedy"},
    {"best", 'k', "N", OPTION_INTEGER, "1", NULL, 1, 1024,
     "show the N best, each as `number ||| text ||| score`; the beam is at least N"},
    {"norm", 0, "KIND", OPTION_CHOICE, "average", "average|wu|none", 0, 0,
     "by what scores are divided, L tokens: L^alpha, ((5 + L) / 6)^alpha, or 1"},
    {"alpha", 0, "X", OPTION_NUMBER, "1", NULL, 0, 10, "the exponent"},
    {"coverage-penalty", 0, "X", OPTION_NUMBER, "0", NULL, 0, 100,
     "weight of what scores lose for source tokens that were hardly attended to"},
    {"max-length", 0, "N", OPTION_INTEGER, "0", NULL, 0, 1048576,
     "most tokens of a translation; 0 = twice the source's and 10"},
    {"replace-unknown", .help = "write the source word attended to most for an unknown one"},
    {"allow-unknown", .help = "unknown words may be written"},
    {"prefix", 'p', "TEXT", OPTION_TEXT, NULL, NULL, 0, 0, "how every translation begins"},
    {"prefixes", 0, "FILE", OPTION_TEXT, NULL, NULL, 0, 0, "how each begins, a line for each text"},
    {"alignment", 'a', "KIND", OPTION_CHOICE, NULL, "none|hard|soft", 0, 0,
     "write ` ||| ` and the alignment after each text: hard = word pairs (0-0 1-2), soft = for "
     "each "
     "word its weights over the source's words"},
    {"scores", .help = "write the sum of the tokens' log-probabilities and a tab before each text"},
    {"batch", 0, "N", OPTION_INTEGER, "256", NULL, 1, 65536,
     "texts read before they are translated together; from a pipe those that are there"},
    {"stream", .help = "answer each text before the next is read, whatever is there"},
    {0},
};

static const verb_example examples[] = {
    {"echo 'ein Hund schläft' | heed translate de-en.heed", "one line in, one line out"},
    {"heed translate de-en.heed news.de --alignment hard >news.en",
     "each line's word pairs after it"},
    {"heed translate de-en.heed news.de --beam 8 -k 3 --json", "the three best of each, as data"},
    {NULL, NULL},
};

const verb verb_translate = {
    .name = "translate",
    .summary = "translate texts with a model",
    .arguments = "MODEL [FILE...]",
    .description =
        "Reads texts from files or standard input (one text a line, or the column that --text "
        "names) and writes the translation of each, in order, an empty line for an empty one. From "
        "standard input the lines that are there are translated together, and answered before more "
        "is waited for. A translation depends on its own text only, to the bit: not on what else "
        "is asked, the number of threads or the processor. Beam search; --beam 1 is greedy.",
    .least_arguments = 1,
    .most_arguments = -1,
    .options = rows,
    .common = COMMON_ALIGNING | COMMON_THREADS | COMMON_PRECISION | COMMON_JSON | COMMON_QUIET |
              COMMON_READING,
    .examples = examples,
    .run = run,
};
