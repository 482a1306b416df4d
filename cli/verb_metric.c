/* SPDX-License-Identifier: MIT */
/* heed metric: how near texts are to their references. */
#include "cli/metric_links.h"
#include "cli/metric_tags.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/report.h"

#include "heed/text_metrics.h"

#include <stdio.h>
#include <string.h>

enum { MOST_METRICS = 16, NAME_ROOM = 32 };

typedef struct measuring {
    const options *given;
    int n;
    heed_text_metric *metrics[MOST_METRICS];
    char names[MOST_METRICS][NAME_ROOM];
    json_t *sentences[MOST_METRICS]; /* scores, with --sentence --json */
} measuring;

static int find_entry(const char *name, heed_text_metric_entry *out)
{
    for (size_t i = 0; heed_text_metric_at(i, out); i++)
        if (strcmp(out->name, name) == 0) return 1;
    return 0;
}

/* What the library has, and what stands beside it here. */
static heed_status no_metric(const char *name)
{
    char names[256] = "";
    heed_text_metric_entry entry;
    for (size_t i = 0; heed_text_metric_at(i, &entry); i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s, ", entry.name);
    return report(HEED_E_INVALID,
                  "there is no metric %s; there are %srouge (all three), for word links aer, for "
                  "tags of words "
                  "spans",
                  name, names);
}

/* Each metric gets the options that it has a use for; `used` gathers those that one had. */
static heed_status add_metric(measuring *m, const char *name, heed_text_metric_entry *used)
{
    const options *given = m->given;
    heed_text_metric_options wanted = {.lowercase = options_flag(given, "lowercase")};
    heed_text_metric_entry entry;
    if (m->n == MOST_METRICS)
        return report(HEED_E_INVALID, "more than %d metrics; name fewer", MOST_METRICS);
    if (!find_entry(name, &entry)) return no_metric(name);
    if (entry.tokenize) {
        used->tokenize = entry.tokenize;
        wanted.tokenize = options_text(given, "tokenize");
    }
    if (entry.smooths) {
        used->smooths = 1;
        wanted.smooth = options_text(given, "smooth");
        wanted.smooth_value = options_number(given, "smooth-value");
        wanted.effective_order = options_flag(given, "sentence");
    }
    heed_status status = heed_text_metric_create(name, &wanted, &m->metrics[m->n]);
    if (status != HEED_OK) return status;
    strcpy(m->names[m->n], name);
    if (options_flag(given, "sentence") && options_flag(given, "json"))
        m->sentences[m->n] = json_array();
    m->n++;
    return HEED_OK;
}

/* "bleu,chrf": one pass over the files measures them all. */
static heed_status add_metrics(measuring *m, const char *list)
{
    heed_text_metric_entry used = {0};
    for (const char *at = list, *end;; at = end + 1) {
        char name[NAME_ROOM] = {0};
        end = at + strcspn(at, ",");
        size_t size = (size_t)(end - at);
        memcpy(name, at, size < sizeof name ? size : sizeof name - 1);
        int all = strcmp(name, "rouge") == 0; /* the three that papers report together */
        heed_status status = add_metric(m, all ? "rouge1" : name, &used);
        if (all && status == HEED_OK) status = add_metric(m, "rouge2", &used);
        if (all && status == HEED_OK) status = add_metric(m, "rougeL", &used);
        if (status != HEED_OK) return status;
        if (!*end) break;
    }
    if (options_given(m->given, "tokenize") && !used.tokenize)
        return report(HEED_E_INVALID, "--tokenize: %s works on characters and has no choice of it",
                      list);
    if ((options_given(m->given, "smooth") || options_given(m->given, "smooth-value")) &&
        !used.smooths)
        return report(HEED_E_INVALID, "--smooth: %s is not smoothed; bleu is", list);
    return HEED_OK;
}

static heed_status each_segment(void *user, int64_t line, const double *scores)
{
    measuring *m = user;
    (void)line;
    for (int i = 0; i < m->n; i++)
        if (m->sentences[i])
            json_array_append_new(m->sentences[i], json_real(scores[i]));
        else
            output_format("%s%.2f", i ? "\t" : "", scores[i]);
    if (!m->sentences[0]) output_text("\n");
    return output_status();
}

static heed_status measure(measuring *m)
{
    const options *given = m->given;
    heed_text_metric_files files = {.hypotheses = given->arguments[1],
                                    .references = given->arguments + 2,
                                    .n_references = given->n_arguments - 2,
                                    .tabs = options_flag(given, "tabs"),
                                    .user = m};
    if (options_flag(given, "sentence")) files.each = each_segment;
    heed_status status = add_metrics(m, given->arguments[0]);
    return status == HEED_OK ? heed_text_metric_read(m->metrics, m->n, &files) : status;
}

/* One metric gives its figures, several an object with each one's by name. */
static heed_status show_json(measuring *m)
{
    json_t *all = json_object();
    for (int i = 0; i < m->n; i++) {
        const char *text;
        heed_status status = heed_text_metric_json(m->metrics[i], 0, &text);
        json_t *one = status == HEED_OK ? json_loads(text, 0, NULL) : NULL;
        if (m->sentences[i]) json_object_set(one, "sentences", m->sentences[i]);
        if (m->n == 1)
            json_object_update(all, one);
        else
            json_object_set(all, m->names[i], one);
        json_decref(one);
        if (status == HEED_OK) continue;
        json_decref(all);
        return status;
    }
    return output_json(all);
}

static heed_status show(measuring *m)
{
    if (options_flag(m->given, "json")) return show_json(m);
    if (options_flag(m->given, "sentence")) return HEED_OK;
    for (int i = 0; i < m->n; i++) {
        const char *line;
        heed_status status = heed_text_metric_line(m->metrics[i], &line);
        if (status != HEED_OK) return status;
        output_format("%s\n", line);
    }
    return HEED_OK;
}

static heed_status run(const options *given)
{
    measuring m = {.given = given};
    if (metric_tags_named(given->arguments[0])) return metric_tags(given);
    if (given->n_arguments < 3)
        return report(HEED_E_INVALID, "%s: the references are missing; name their file",
                      given->arguments[0]);
    if (metric_links_named(given->arguments[0])) return metric_links(given);
    if (options_given(given, "gold-side"))
        return report(HEED_E_INVALID, "--gold-side is for aer; %s compares texts",
                      given->arguments[0]);
    heed_status status = measure(&m);
    if (status == HEED_OK) status = show(&m);
    for (int i = 0; i < m.n; i++) {
        heed_text_metric_destroy(&m.metrics[i]);
        json_decref(m.sentences[i]);
    }
    return status;
}

static const option_row rows[] = {
    {"tokenize", 't', "NAME", OPTION_TEXT, NULL, NULL, 0, 0,
     "how texts are split (heed list metrics); otherwise as is usual for the metric"},
    {"lowercase", 'l', .help = "lower-case both sides first"},
    {"smooth", 0, "HOW", OPTION_CHOICE, "exp", "exp|floor|add-k|none", 0, 0,
     "BLEU: what stands for the matches of an order that has none"},
    {"smooth-value", 0, "NUMBER", OPTION_NUMBER, "0", NULL, 0, 1000,
     "the number for floor (0 = 0.1) or add-k (0 = 1)"},
    {"sentence", 's',
     .help = "a score for each line; BLEU then leaves out orders that a line is too short for"},
    {"tabs", .help = "lines of the one reference file hold several references, separated by tabs"},
    {"gold-side", 0, "SIDE", OPTION_CHOICE, "source", "source|target", 0, 0,
     "aer: whose word the first number of a known link is"},
    {0},
};

static const verb_example examples[] = {
    {"heed metric bleu output.txt reference.txt", "corpus BLEU, comparable with sacreBLEU's"},
    {"heed translate m.heed < in.de | heed metric bleu,chrf - in.en", "straight from a translator"},
    {"heed metric bleu output.txt a.txt b.txt --lowercase", "two references for each line"},
    {"heed metric aer links.pharaoh test.wa", "word links against known ones"},
    {"heed predict m.heed test.conll --conll | heed metric spans -", "tags, as conlleval"},
    {NULL, NULL},
};

const verb verb_metric = {
    .name = "metric",
    .summary = "measure texts against references: BLEU and others",
    .arguments = "NAME[,NAME...] HYPOTHESES [REFERENCES...]",
    .description =
        "Compares a file of lines with one or more files of reference lines and prints a line for "
        "each metric: the score first (0 to 100, more is better; ter is errors), then the "
        "signature that says how it was measured. BLEU, chrF and TER equal sacreBLEU's, ROUGE "
        "equals rouge_score's. Files may be compressed by gzip; - is standard input. heed list "
        "metrics shows what there is; rouge stands for rouge1, rouge2 and rougeL. aer, the "
        "alignment "
        "error rate, compares two files of word links instead: Pharaoh lines, or for the known "
        "ones "
        "also lines of `pair source target S|P`. spans compares tags of words as conlleval does: "
        "two files of lines, or one file of CoNLL columns, the last but one the true tag and the "
        "last the one given (as heed predict --conll writes them).",
    .least_arguments = 2,
    .most_arguments = -1,
    .options = rows,
    .common = COMMON_JSON,
    .examples = examples,
    .run = run,
};
