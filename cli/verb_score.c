/* SPDX-License-Identifier: MIT */
/* heed score: how likely a model finds given translations, or given texts. */
#include "cli/gather.h"
#include "cli/output.h"
#include "cli/reading.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/tasks.h"
#include "cli/written.h"

#include "heed/text_metrics.h"

#include <math.h> /* NAN */
#include <stdio.h>

enum { AT_ONCE = 256 };

typedef struct scoring {
    const options *given;
    heed_model *model;
    gathering g;
    int json, normalise, summary, language;
    double sum;
    long long tokens, texts;
} scoring;

static long long tokens_of(const heed_translation *t)
{
    return (long long)t->n_tokens + t->finished;
}

/* ---- what comes out ---- */

static void show_json(json_t *object, const heed_translation *t)
{
    json_t *scored = json_object();
    written_object(t, NULL, ALIGNMENT_NONE, scored);
    json_object_del(scored, "normalised"); /* nothing competed */
    json_object_del(scored, "finished");   /* always */
    json_object_set_new(scored, "perplexity", json_real(heed_perplexity(t->score, tokens_of(t))));
    json_object_set_new(object, "scored", scored);
    written_json_line(object);
}

/* A blank line is no text, and without a source there is no pair: an empty line stands for it, and
 * it does not count. An empty target is what a model writes that ends at once. */
static void show(scoring *s, int i, const heed_translation *t)
{
    if (gather_empty(&s->g, i)) {
        if (!s->summary && !s->json) output_text("\n");
        if (!s->summary && s->json) written_json_line(json_incref(s->g.fields[i]));
        return;
    }
    s->sum += t->score;
    s->tokens += tokens_of(t);
    s->texts++;
    if (s->summary) return;
    if (s->json)
        show_json(json_incref(s->g.fields[i]), t);
    else
        output_format("%.6f\t%lld\n", s->normalise ? t->score / (double)tokens_of(t) : t->score,
                      tokens_of(t));
}

static heed_status show_summary(const scoring *s)
{
    double all = heed_perplexity(s->sum, s->tokens);
    double loss = s->tokens ? -s->sum / (double)s->tokens : NAN;
    if (s->summary && s->json)
        return output_json(json_pack(
            "{s:o, s:o, s:f, s:I, s:I}", "perplexity", s->tokens ? json_real(all) : json_null(),
            "loss", s->tokens ? json_real(loss) : json_null(), "score", s->sum, "tokens",
            (json_int_t)s->tokens, "texts", (json_int_t)s->texts));
    char line[160];
    snprintf(line, sizeof line, "perplexity %.4f: %.6f nats a token, %lld tokens, %lld texts\n",
             all, loss, s->tokens, s->texts);
    if (s->summary)
        output_text(line);
    else if (!options_flag(s->given, "quiet"))
        fprintf(stderr, "heed: %s", line);
    return output_status();
}

/* ---- asking ---- */

static heed_status answer_some(scoring *s, int first, int n)
{
    const heed_score_options how = {.size = sizeof how};
    const gathering *g = &s->g;
    heed_translations *all = NULL;
    heed_status status =
        s->language ? heed_score(s->model, NULL, g->texts + first, n, &how, &all)
                    : heed_score(s->model, g->texts + first, g->seconds + first, n, &how, &all);
    for (int i = 0; i < n && status == HEED_OK; i++)
        show(s, first + i, heed_translations_at(all, i, 0));
    heed_translations_destroy(&all);
    return status;
}

static heed_status answer(scoring *s)
{
    heed_status status = answer_some(s, 0, s->g.n);
    for (int i = 0; i < s->g.n && status == HEED_E_DATA; i++) { /* which one? */
        heed_status one = answer_some(s, i, 1);
        if (one != HEED_OK) return gather_blame(&s->g, i, one);
    }
    if (status == HEED_OK && gather_waits(&s->g)) status = output_flush();
    return status == HEED_OK ? output_status() : status;
}

static heed_status open_texts(scoring *s, heed_context *context)
{
    heed_read_options read;
    heed_status status = reading_for_model(s->given, s->model, &read);
    if (status != HEED_OK) return status;
    s->language = heed_model_task(s->model) == HEED_TASK_LANGUAGE;
    s->g.names[0] = s->language ? "text" : "source";
    s->g.names[1] = "target";
    if (s->language) return gather_open(&s->g, s->given, 1, context, &read);
    if (s->given->n_arguments > 3)
        return report(HEED_E_INVALID,
                      "'%s' is too much: a translator scores SOURCE and TARGET, or "
                      "one table",
                      s->given->arguments[3]);
    return gather_open_pairs(&s->g, s->given, 1, context, &read);
}

static heed_status run(const options *given)
{
    heed_context *context = NULL;
    scoring s = {.given = given,
                 .json = options_flag(given, "json"),
                 .normalise = options_flag(given, "normalise"),
                 .summary = options_flag(given, "summary")};
    s.g = (gathering){.most = AT_ONCE, .json = s.json && !s.summary, .writes_nothing = 1};
    if (s.normalise && (s.json || s.summary))
        return report(HEED_E_INVALID, "--normalise is for scores in columns; %s has them both ways",
                      s.json ? "--json" : "--summary");
    heed_status status = session_start(given, &context);
    if (status == HEED_OK)
        status = tasks_load(given, context, TASK_TRANSLATE | TASK_LANGUAGE, &s.model);
    if (status == HEED_OK) status = open_texts(&s, context);
    while (status == HEED_OK && (status = gather_next(&s.g)) == HEED_OK && s.g.n)
        status = answer(&s);
    gather_tell_empty(&s.g);
    if (status == HEED_OK) status = show_summary(&s);
    gather_close(&s.g);
    heed_model_destroy(&s.model);
    heed_context_destroy(&context);
    return status;
}

static const option_row rows[] = {
    {"normalise", .help = "write the score of a token, mean over the text, instead of the sum"},
    {"summary", .help = "write the perplexity of all texts together and nothing else"},
    {0},
};

static const verb_example examples[] = {
    {"heed score de-en.heed test.de test.en", "line by line: score and number of tokens"},
    {"heed score de-en.heed pairs.tsv --text de --label en --summary", "the perplexity of a table"},
    {"heed score poems.heed poem.txt", "a language model takes one file"},
    {NULL, NULL},
};

const verb verb_score = {
    .name = "score",
    .summary = "score given translations or texts with a model",
    .arguments = "MODEL [SOURCE TARGET | FILE...]",
    .description =
        "Reads pairs of texts (two files of lines, or a table with --text and --label; for a "
        "language model texts, one a line) and writes for each, in order, the sum of the "
        "log-probabilities of its tokens, the end included, in nats, and how many they are. The "
        "perplexity of all follows on standard error. A translation that heed translate finished "
        "scores here what it said there, where its text is cut into the same tokens again.",
    .least_arguments = 1,
    .most_arguments = -1,
    .options = rows,
    .common = COMMON_THREADS | COMMON_PRECISION | COMMON_JSON | COMMON_QUIET | COMMON_READING,
    .examples = examples,
    .run = run,
};
